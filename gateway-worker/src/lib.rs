//! The Discord interactions endpoint.

use worker::{Context, Env, Request, Response, Result, event};

#[event(fetch)]
async fn fetch(request: Request, _env: Env, _context: Context) -> Result<Response> {
    match request.path().as_str() {
        "/health" => Response::ok("ok"),
        _ => Response::error("not found", 404),
    }
}
