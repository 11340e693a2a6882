//! A volunteer's program, as far as the wire: every call, and what came back.

use std::time::Duration;

use http::{HeaderMap, Method};
use serde_json::{Value, json};
use shared::http::{Http, Request};

use super::FORGE;

/// What came back.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Value,
}

impl Reply {
    /// A header that counts something.
    pub fn number(&self, header: &str) -> Option<u64> {
        self.headers.get(header)?.to_str().ok()?.parse().ok()
    }
}

/// A client of the hub.
#[derive(Debug, Clone)]
pub struct Volunteer<H> {
    http: H,
    base: String,
    /// Its id.
    pub id: String,
    /// Its key, once it has one.
    pub key: Option<String>,
    /// Where it logs in.
    pub forge: String,
}

impl<H: Http> Volunteer<H> {
    /// A client that has no key yet. `origin` is where the hub is.
    pub fn new(http: H, origin: &str, id: &str) -> Self {
        Self {
            http,
            base: format!("{origin}/api/bugseti"),
            id: id.to_owned(),
            key: None,
            forge: FORGE.to_owned(),
        }
    }

    /// The same with the key that it gets for this token of its forge.
    pub async fn logged_in(mut self, token: &str) -> Self {
        let reply = self.log_in(token).await;
        assert_eq!(reply.status, 201, "{reply:?}");
        let key = reply.body["api_key"].as_str().expect("a key is a text");
        self.key = Some(key.to_owned());
        self
    }

    /// `POST /auth/forge`
    pub async fn log_in(&self, token: &str) -> Reply {
        let body = json!({
            "forge_url": self.forge, "forge_token": token, "client_id": self.id,
        });
        self.call(Method::POST, "/auth/forge", Some(body)).await
    }

    /// `POST /register`
    pub async fn register(&self, name: &str) -> Reply {
        let body = json!({
            "client_id": self.id, "name": name, "version": "0.1.0", "os": "linux", "arch": "amd64",
        });
        self.call(Method::POST, "/register", Some(body)).await
    }

    /// `POST /heartbeat`
    pub async fn heartbeat(&self) -> Reply {
        let body = json!({"client_id": self.id});
        self.call(Method::POST, "/heartbeat", Some(body)).await
    }

    /// `POST /issues/claim`
    pub async fn claim(&self, issue: &str) -> Reply {
        let (repo, number) = issue.rsplit_once('#').unwrap_or(("acme/web", "1"));
        let body = json!({
            "client_id": self.id,
            "issue_id": issue,
            "repo": repo,
            "issue_number": number.parse::<u64>().unwrap_or(1),
            "title": "Save is dead",
            "url": format!("https://github.com/{repo}/issues/{number}"),
        });
        self.call(Method::POST, "/issues/claim", Some(body)).await
    }

    /// `PATCH /issues/{id}/status`
    pub async fn say(&self, issue: &str, status: &str) -> Reply {
        let body = json!({"client_id": self.id, "status": status});
        self.say_with(issue, body).await
    }

    /// The same with a pull request.
    pub async fn complete(&self, issue: &str, number: u64) -> Reply {
        let body = json!({
            "client_id": self.id, "status": "completed", "pr_number": number,
            "pr_url": format!("https://github.com/acme/web/pull/{number}"),
        });
        self.say_with(issue, body).await
    }

    async fn say_with(&self, issue: &str, body: Value) -> Reply {
        let path = format!("/issues/{}/status", escaped(issue));
        self.call(Method::PATCH, &path, Some(body)).await
    }

    /// `DELETE /issues/{id}/claim`
    pub async fn release(&self, issue: &str) -> Reply {
        let path = format!("/issues/{}/claim", escaped(issue));
        let body = json!({"client_id": self.id});
        self.call(Method::DELETE, &path, Some(body)).await
    }

    /// `GET /issues/{id}`
    pub async fn show(&self, issue: &str) -> Reply {
        self.get(&format!("/issues/{}", escaped(issue))).await
    }

    /// `POST /stats/sync`
    pub async fn sync(&self, stats: Value) -> Reply {
        let body = json!({"client_id": self.id, "stats": stats});
        self.call(Method::POST, "/stats/sync", Some(body)).await
    }

    /// Any `GET`.
    pub async fn get(&self, path: &str) -> Reply {
        self.call(Method::GET, path, None).await
    }

    /// Any call.
    pub async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("accept", "application/json")
            .header("content-type", "application/json");
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {key}"));
        }
        let body = body.map(|body| body.to_string().into_bytes());
        let request: Request = request
            .body(body.unwrap_or_default())
            .expect("the path is good");
        let response = self.http.send(request, Duration::from_secs(30)).await;
        let response = response.expect("the hub answers");
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(response.body()).unwrap_or(Value::Null),
        }
    }
}

/// One segment of a path, as the clients write it.
fn escaped(issue: &str) -> String {
    issue
        .replace('%', "%25")
        .replace('/', "%2F")
        .replace('#', "%23")
}
