//! git over HTTP: `git http-backend`, run as the CGI program that it is, behind GitHub's rules on
//! who may fetch and push.
//! <https://git-scm.com/docs/git-http-backend>

use std::path::Path as FilePath;
use std::process::Stdio;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Request, State as Shared};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::AsyncWriteExt as _;

use super::Service;
use super::access::Level;
use super::repository::isolated_git;

/// The user name that goes with a token of an App.
const USER: &str = "x-access-token";

pub(super) fn routes() -> Router<Service> {
    Router::new().route("/{owner}/{repo}/{*rest}", any(serve))
}

async fn serve(
    Shared(fake): Shared<Service>,
    Path((owner, repo, rest)): Path<(String, String, String)>,
    request: Request,
) -> Response {
    let Some(repo) = repo.strip_suffix(".git") else {
        let (method, uri) = (request.method().clone(), request.uri().clone());
        return super::unknown(Shared(fake), method, uri)
            .await
            .into_response();
    };
    let is_push = rest == "git-receive-pack"
        || request
            .uri()
            .query()
            .is_some_and(|query| query.contains("service=git-receive-pack"));
    let level = if is_push { Level::Write } else { Level::Read };
    let git_dir = match admit(&fake, &request, &format!("{owner}/{repo}"), level) {
        Ok(git_dir) => git_dir,
        Err(refused) => return *refused,
    };
    backend(&git_dir, &rest, request)
        .await
        .unwrap_or_else(|error| {
            fake.violation(format!("git http-backend: {error}"));
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        })
}

/// The repository's directory, if the request's token may do this there.
fn admit(
    fake: &Service,
    request: &Request,
    full_name: &str,
    level: Level,
) -> Result<std::path::PathBuf, Box<Response>> {
    let unauthorized = |text: &'static str| {
        let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"GitHub\"")];
        Box::new((StatusCode::UNAUTHORIZED, challenge, text).into_response())
    };
    let (user, token) = basic(request).ok_or_else(|| unauthorized("Repository not found."))?;
    if user != USER {
        fake.violation(format!(
            "git: the user name with a token is {USER}, not {user:?}"
        ));
    }
    let mut state = fake.lock();
    let now = state.now();
    let grant = state.access.grant(&token, now).cloned();
    let grant = grant.ok_or_else(|| unauthorized("Invalid username or token."))?;
    let login = grant.login.clone();
    let not_found = || Box::new((StatusCode::NOT_FOUND, "Repository not found.").into_response());
    state
        .open(&grant, full_name, ("contents", Level::Read))
        .map_err(|_| not_found())?;
    let hosted = state
        .open(&grant, full_name, ("contents", level))
        .map_err(|_| {
            let message = format!("Permission to {full_name}.git denied to {login}.");
            Box::new((StatusCode::FORBIDDEN, message).into_response())
        })?;
    Ok(hosted.git.path().to_owned())
}

fn basic(request: &Request) -> Option<(String, String)> {
    let value = request
        .headers()
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    let credential = STANDARD
        .decode(credential.trim())
        .ok()
        .filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let credential = String::from_utf8(credential).ok()?;
    credential
        .split_once(':')
        .map(|(user, password)| (user.to_owned(), password.to_owned()))
}

/// Runs the CGI program on one request.
async fn backend(git_dir: &FilePath, rest: &str, request: Request) -> std::io::Result<Response> {
    let mut command = tokio::process::Command::from(isolated_git());
    let headers = request.headers();
    let text = |name: &str| {
        headers
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
    };
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", git_dir)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", format!("/{rest}"))
        .env("REQUEST_METHOD", request.method().as_str())
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("CONTENT_TYPE", text("content-type"))
        .env("HTTP_CONTENT_ENCODING", text("content-encoding"))
        .env("GIT_PROTOCOL", text("git-protocol"))
        .env("REMOTE_USER", USER)
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let body = axum::body::to_bytes(request.into_body(), usize::MAX)
        .await
        .map_err(std::io::Error::other)?;
    command.env("CONTENT_LENGTH", body.len().to_string());
    let mut child = command.spawn()?;
    let mut stdin = child
        .stdin
        .take()
        .ok_or_else(|| std::io::Error::other("stdin is not piped"))?;
    let feed = async move {
        // The program may answer without reading all; its answer tells why.
        let _ = stdin.write_all(&body).await;
    };
    let ((), output) = tokio::join!(feed, child.wait_with_output());
    parse_cgi(&output?.stdout.into()).ok_or_else(|| std::io::Error::other("no CGI answer"))
}

/// Headers, an empty line, the body. `Status: 404 Not Found` is the status.
fn parse_cgi(output: &Bytes) -> Option<Response> {
    let end = output.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&output[..end]).ok()?;
    let mut response = Response::new(Body::from(output.slice(end + 4..)));
    for line in head.lines() {
        let (name, value) = line.split_once(": ")?;
        if name.eq_ignore_ascii_case("status") {
            *response.status_mut() = value.split(' ').next()?.parse().ok()?;
        } else {
            let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
            response
                .headers_mut()
                .append(name, HeaderValue::from_str(value).ok()?);
        }
    }
    Some(response)
}
