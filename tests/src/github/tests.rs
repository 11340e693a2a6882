//! The fake, held to what GitHub is documented and known to do.

mod app;
mod client;
mod commit;
mod content;
mod front;
mod git;
mod memory;
mod pulls;
mod search;

use std::time::Duration;

use serde_json::{Value, json};
use shared::http::{Http as _, Request, Response};

use super::*;
use crate::clock::TestClock;
use crate::fake::Wired;

const REPO: &str = "acme/shop";
const TOKEN: &str = "github_pat_of_the_tests";

/// A GitHub with one small repository, and a way to call it.
struct Bench {
    github: GitHub,
    clock: TestClock,
    wired: Wired,
    token: String,
}

impl Bench {
    fn new() -> Self {
        let clock = TestClock::story();
        let github = GitHub::new(clock.clone())
            .with_token(TOKEN)
            .with_repository(
                REPO,
                &[
                    ("README.md", "# Shop\n"),
                    (
                        "src/cart.ts",
                        "export function total(items: Item[]) {\n  return items.length;\n}\n",
                    ),
                    ("src/checkout.ts", "import { total } from './cart';\n"),
                    ("server/total.go", "func Total() int { return 0 }\n"),
                ],
            );
        let wired = Wired::new().at("https://api.github.com", github.router());
        Self {
            github,
            clock,
            wired,
            token: TOKEN.to_owned(),
        }
    }

    async fn send(&self, request: Request) -> Response {
        self.wired
            .send(request, Duration::from_secs(20))
            .await
            .unwrap()
    }

    fn request(&self, method: &str, path: &str, body: &Value) -> Request {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        http::Request::builder()
            .method(method)
            .uri(format!("https://api.github.com{path}"))
            .header("user-agent", "bugbot-tests")
            .header("x-github-api-version", "2022-11-28")
            .header("authorization", format!("Bearer {}", self.token))
            .body(body)
            .unwrap()
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let response = self.send(self.request(method, path, &body)).await;
        (
            response.status().as_u16(),
            serde_json::from_slice(response.body()).unwrap_or_default(),
        )
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    async fn graphql(&self, query: &str, variables: Value) -> Value {
        let (status, body) = self
            .call(
                "POST",
                "/graphql",
                json!({ "query": query, "variables": variables }),
            )
            .await;
        assert_eq!(status, 200, "{body}");
        body
    }

    fn head(&self, branch: &str) -> String {
        self.github.repository(REPO).head(branch).unwrap()
    }

    /// A branch with one commit of its own.
    fn branch(&self, name: &str) {
        let git = self.github.repository(REPO);
        git.move_ref(&format!("refs/heads/{name}"), &self.head("main"), None)
            .unwrap();
        self.github
            .push(REPO, name, "src/cart.ts", "export const total = 1;\n");
    }
}
