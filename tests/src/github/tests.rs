//! The fake, held to what GitHub is documented and known to do.

mod app;
mod client;
mod commit;
mod git;
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

#[tokio::test]
async fn a_repository_tells_its_default_branch_and_what_the_token_may() {
    let bench = Bench::new();
    let (status, body) = bench.get("/repos/Acme/SHOP").await;
    assert_eq!(status, 200);
    assert_eq!(body["full_name"], REPO);
    assert_eq!(body["default_branch"], "main");
    assert_eq!(body["permissions"]["push"], true);
    assert_eq!(bench.get("/repos/acme/other").await.0, 404);
    bench.github.finish();
}

#[tokio::test]
async fn a_bad_credential_is_401_and_none_is_another_401() {
    let mut bench = Bench::new();
    bench.token = "nonsense".to_owned();
    let (status, body) = bench.get("/repos/acme/shop").await;
    assert_eq!(
        (status, body["message"].as_str()),
        (401, Some("Bad credentials"))
    );
    let mut request = bench.request("GET", "/repos/acme/shop", &Value::Null);
    request.headers_mut().remove("authorization");
    assert_eq!(bench.send(request).await.status(), 401);
}

#[tokio::test]
async fn a_missing_permission_is_403_in_githubs_words() {
    let mut bench = Bench::new();
    bench.github = bench
        .github
        .with_narrow_token("reader", permissions([("contents", Level::Read)]));
    bench.token = "reader".to_owned();
    assert_eq!(
        bench.get("/repos/acme/shop/git/ref/heads/main").await.0,
        200
    );
    let new = json!({ "ref": "refs/heads/x", "sha": bench.head("main") });
    let (status, body) = bench.call("POST", "/repos/acme/shop/git/refs", new).await;
    assert_eq!(status, 403);
    assert_eq!(
        body["message"],
        "Resource not accessible by personal access token"
    );
    assert_eq!(bench.github.branches(REPO), ["main"]);
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_refused_and_noted() {
    let bench = Bench::new();
    let mut request = bench.request("GET", "/repos/acme/shop", &Value::Null);
    request.headers_mut().remove("user-agent");
    assert_eq!(bench.send(request).await.status(), 403);
    assert_eq!(
        bench.github.take_violations(),
        ["GET /repos/acme/shop: no User-Agent"]
    );
}

#[tokio::test]
async fn the_limit_counts_down_in_the_headers_and_then_refuses() {
    let bench = Bench::new();
    bench.github.set_limit(Resource::Core, 2);
    let get = || bench.send(bench.request("GET", "/repos/acme/shop", &Value::Null));
    let first = get().await;
    assert_eq!(first.headers()["x-ratelimit-remaining"], "1");
    assert_eq!(first.headers()["x-ratelimit-resource"], "core");
    assert_eq!(get().await.status(), 200);
    let third = get().await;
    assert_eq!(third.status(), 403);
    assert_eq!(third.headers()["x-ratelimit-remaining"], "0");
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(get().await.status(), 200);
}

#[tokio::test]
async fn a_secondary_limit_is_403_with_retry_after() {
    let bench = Bench::new();
    let fault = crate::fault::Fault::RateLimit {
        retry_after: Duration::from_secs(61),
    };
    bench.github.fail_next("GET /repos/**", fault, 1);
    let response = bench
        .send(bench.request("GET", "/repos/acme/shop", &Value::Null))
        .await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["retry-after"], "61");
    bench.github.finish();
}

#[tokio::test]
async fn a_ref_is_made_once_and_only_of_what_exists() {
    let bench = Bench::new();
    let new = |name: &str, sha: &str| json!({ "ref": name, "sha": sha });
    let head = bench.head("main");
    let (status, body) = bench
        .call(
            "POST",
            "/repos/acme/shop/git/refs",
            new("refs/heads/bugbot/eng-1", &head),
        )
        .await;
    assert_eq!((status, &body["object"]["sha"]), (201, &json!(head)));
    let (status, body) = bench
        .call(
            "POST",
            "/repos/acme/shop/git/refs",
            new("refs/heads/bugbot/eng-1", &head),
        )
        .await;
    assert_eq!(
        (status, body["message"].as_str()),
        (422, Some("Reference already exists"))
    );
    let (status, body) = bench
        .call(
            "POST",
            "/repos/acme/shop/git/refs",
            new("refs/heads/x", &"1".repeat(40)),
        )
        .await;
    assert_eq!(
        (status, body["message"].as_str()),
        (422, Some("Object does not exist"))
    );
    assert_eq!(
        bench
            .call(
                "POST",
                "/repos/acme/shop/git/refs",
                new("refs/heads/a..b", &head)
            )
            .await
            .0,
        422
    );
    assert_eq!(
        bench
            .get("/repos/acme/shop/git/ref/heads/bugbot/eng-1")
            .await
            .0,
        200
    );
    assert_eq!(
        bench.get("/repos/acme/shop/branches/bugbot/eng-1").await.0,
        200
    );
    assert_eq!(bench.get("/repos/acme/shop/git/ref/heads/x").await.0, 404);
    assert_eq!(
        bench
            .call(
                "DELETE",
                "/repos/acme/shop/git/refs/heads/bugbot/eng-1",
                Value::Null
            )
            .await
            .0,
        204
    );
    assert_eq!(bench.github.branches(REPO), ["main"]);
    bench.github.finish();
}

#[tokio::test]
async fn contents_come_in_wrapped_base64_raw_or_as_a_listing() {
    let bench = Bench::new();
    let (_, file) = bench
        .get("/repos/acme/shop/contents/src/cart.ts?ref=main")
        .await;
    assert_eq!(
        (&file["type"], &file["encoding"]),
        (&json!("file"), &json!("base64"))
    );
    assert!(file["content"].as_str().unwrap().trim_end().contains('\n'));
    let (_, folder) = bench.get("/repos/acme/shop/contents/src").await;
    let names: Vec<_> = folder
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cart.ts", "checkout.ts"]);
    assert_eq!(
        bench
            .get("/repos/acme/shop/contents")
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let mut raw = bench.request("GET", "/repos/acme/shop/contents/README.md", &Value::Null);
    raw.headers_mut()
        .insert("accept", "application/vnd.github.raw+json".parse().unwrap());
    assert_eq!(bench.send(raw).await.body(), b"# Shop\n");
    assert_eq!(bench.get("/repos/acme/shop/contents/nothing").await.0, 404);
    assert_eq!(
        bench
            .get("/repos/acme/shop/contents/src?ref=nowhere")
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn continuous_integration_speaks_through_check_runs_and_statuses() {
    let bench = Bench::new();
    let head = bench.head("main");
    let (_, none) = bench
        .get(&format!("/repos/acme/shop/commits/{head}/status"))
        .await;
    assert_eq!(
        (&none["state"], &none["total_count"]),
        (&json!("pending"), &json!(0))
    );
    bench.github.set_status(REPO, &head, "ci/old", "success");
    bench
        .github
        .set_check(REPO, &head, "test", ("completed", Some("failure")));
    let (_, status) = bench
        .get(&format!("/repos/acme/shop/commits/{head}/status"))
        .await;
    assert_eq!(status["state"], "success");
    let (_, runs) = bench.get("/repos/acme/shop/commits/main/check-runs").await;
    assert_eq!(runs["check_runs"][0]["conclusion"], "failure");
}

#[tokio::test]
async fn comments_and_labels_go_to_issues_and_to_pull_requests() {
    let bench = Bench::new();
    let issue = bench
        .github
        .open_issue(REPO, "Total is wrong", "It counts.");
    let path = format!("/repos/acme/shop/issues/{issue}/comments");
    assert_eq!(
        bench
            .call("POST", &path, json!({ "body": "Seen." }))
            .await
            .0,
        201
    );
    assert_eq!(
        bench.call("POST", &path, json!({ "body": " " })).await.0,
        422
    );
    assert_eq!(bench.get(&path).await.1.as_array().unwrap().len(), 1);
    assert_eq!(bench.github.comments(REPO, issue)[0].body, "Seen.");
    let labels = format!("/repos/acme/shop/issues/{issue}/labels");
    assert_eq!(
        bench
            .call("POST", &labels, json!({ "labels": ["bug"] }))
            .await
            .1[0]["name"],
        "bug"
    );
    assert_eq!(bench.get("/repos/acme/shop/issues/77").await.0, 404);
}

#[tokio::test]
async fn a_slip_in_a_body_is_noted() {
    let bench = Bench::new();
    let issue = bench.github.open_issue(REPO, "Total is wrong", "");
    let slip = json!({ "body": "Seen.", "boddy": "" });
    assert_eq!(
        bench
            .call(
                "POST",
                &format!("/repos/acme/shop/issues/{issue}/comments"),
                slip
            )
            .await
            .0,
        422
    );
    assert!(bench.github.take_violations()[0].contains("unknown field `boddy`"));
    assert_eq!(bench.github.comments(REPO, issue), []);
}
