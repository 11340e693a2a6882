//! GitHub's side of the webhook: what happens to pull requests is told to an endpoint, signed.
//!
//! Payloads have the form of GitHub's own examples, as far as anybody may read them.
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads>

use std::time::Duration;

use http::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};
use shared::github::webhook::signature::{SIGNATURE_HEADER, sign};
use shared::github::webhook::{DELIVERY_HEADER, EVENT_HEADER};
use shared::http::{Http, Request, Response, Unreachable};
use shared::secret::Secret;

use super::state::Remark;
use super::{GitHub, render};

/// How long GitHub waits for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Something that the webhook tells.
#[derive(Debug, Clone)]
pub struct Told {
    event: &'static str,
    payload: Value,
}

/// A delivery that was made.
#[derive(Debug)]
pub struct Delivery {
    /// As it was sent, to be sent again.
    pub request: Request,
    /// What came back.
    pub response: Result<Response, Unreachable>,
}

impl Delivery {
    /// The status of the answer.
    pub fn status(&self) -> u16 {
        self.response
            .as_ref()
            .map_or(0, |answer| answer.status().as_u16())
    }
}

/// A webhook that the repository's owner has set up.
#[derive(Debug)]
pub struct Webhook<H> {
    github: GitHub,
    http: H,
    url: String,
    secret: Secret,
}

impl GitHub {
    /// The webhook that tells the endpoint at `url`, reached by `http`.
    pub fn webhook<H: Http>(&self, http: H, url: &str, secret: &str) -> Webhook<H> {
        Webhook {
            github: self.clone(),
            http,
            url: url.to_owned(),
            secret: Secret::new(secret),
        }
    }

    /// A pull request was `closed` (merged or not), `reopened` or pushed to (`synchronize`).
    pub fn tells_pull_request(&self, repo: &str, number: u64, action: &str) -> Told {
        let payload = json!({
            "action": action,
            "number": number,
            "pull_request": self.pull_json(repo, number),
        });
        Self::told("pull_request", repo, payload)
    }

    /// A check run of a branch's head has ended.
    pub fn tells_check(&self, repo: &str, branch: &str, conclusion: &str) -> Told {
        let sha = self
            .repository(repo)
            .head(branch)
            .expect("the branch exists");
        let suite = json!({
            "id": 5, "head_branch": branch, "head_sha": sha, "status": "completed",
            "conclusion": conclusion, "pull_requests": [],
        });
        let run = json!({
            "id": 4, "name": "test", "head_sha": sha, "status": "completed",
            "conclusion": conclusion, "check_suite": suite, "pull_requests": [],
        });
        Self::told(
            "check_run",
            repo,
            json!({"action": "completed", "check_run": run}),
        )
    }

    /// A status of a branch's head has changed.
    pub fn tells_status(&self, repo: &str, branch: &str, state: &str) -> Told {
        let sha = self
            .repository(repo)
            .head(branch)
            .expect("the branch exists");
        let branches = json!([{"name": branch, "commit": {"sha": sha}, "protected": false}]);
        let payload = json!({
            "id": 6, "sha": sha, "name": repo, "context": "ci/test", "state": state,
            "description": null, "target_url": null, "branches": branches,
        });
        Self::told("status", repo, payload)
    }

    /// Somebody of this `association` writes below a pull request.
    pub fn tells_comment(&self, repo: &str, number: u64, by: (&str, &str), body: &str) -> Told {
        let (login, association) = by;
        let id = self.fake.lock().fresh_id();
        let url = format!("https://github.com/{repo}/pull/{number}");
        let comment = json!({
            "id": id, "user": render::user(login), "author_association": association, "body": body,
            "html_url": format!("{url}#issuecomment-{id}"),
        });
        let issue = json!({"number": number, "pull_request": {"html_url": url}});
        let payload = json!({"action": "created", "issue": issue, "comment": comment});
        Self::told("issue_comment", repo, payload)
    }

    /// Somebody remarks on a line, and GitHub keeps it.
    pub fn remark(
        &self,
        repo: &str,
        number: u64,
        by: (&str, &str),
        line: &str,
        body: &str,
    ) -> Told {
        let id = self.fake.lock().fresh_id();
        let (path, line) = line.split_once(':').expect("path:line");
        let remark = Remark {
            id,
            number,
            login: by.0.to_owned(),
            association: by.1.to_owned(),
            path: Some((path.to_owned(), line.parse().expect("a line"))),
            body: body.to_owned(),
        };
        let comment = self.with(repo, |hosted| {
            let comment = render::remark(hosted, &remark);
            hosted.remarks.push(remark);
            comment
        });
        let payload = json!({
            "action": "created", "comment": comment, "pull_request": self.pull_json(repo, number),
        });
        Self::told("pull_request_review_comment", repo, payload)
    }

    /// A deployment of a branch can be looked at.
    pub fn tells_deployment(&self, repo: &str, branch: &str, url: &str, by_commit: bool) -> Told {
        let sha = self
            .repository(repo)
            .head(branch)
            .expect("the branch exists");
        let now = self.fake.lock().now();
        let payload = json!({
            "action": "created",
            "deployment_status": {
                "id": 9, "state": "success", "environment": "Preview", "environment_url": url,
                "created_at": now, "updated_at": now,
            },
            "deployment": {
                "id": 8, "sha": sha, "ref": if by_commit { sha.as_str() } else { branch },
                "task": "deploy", "environment": "Preview",
            },
        });
        Self::told("deployment_status", repo, payload)
    }

    fn pull_json(&self, repo: &str, number: u64) -> Value {
        self.with(repo, |hosted| {
            render::whole_pull(hosted, &hosted.pulls[&number].clone())
        })
    }

    fn told(event: &'static str, repo: &str, mut payload: Value) -> Told {
        let (owner, name) = repo.split_once('/').expect("owner/name");
        payload["repository"] = json!({
            "name": name, "full_name": repo, "private": true, "owner": render::user(owner),
        });
        payload["sender"] = render::user("ada");
        Told { event, payload }
    }
}

impl<H: Http> Webhook<H> {
    /// Tells the endpoint.
    pub async fn tell(&self, told: &Told) -> Delivery {
        let nth = self.github.fake.lock().fresh_id();
        let body = serde_json::to_vec(&told.payload).expect("JSON values serialise");
        let request = http::Request::post(&self.url)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, "GitHub-Hookshot/044aadd")
            .header(EVENT_HEADER, told.event)
            .header(
                DELIVERY_HEADER,
                format!("72d3162e-cc78-11e3-81ab-{nth:012}"),
            )
            .header(SIGNATURE_HEADER, sign(&self.secret, &body))
            .body(body)
            .expect("the endpoint's URL is valid");
        self.send(request).await
    }

    /// The same bytes once more, under the same id.
    pub async fn redeliver(&self, delivery: &Delivery) -> Delivery {
        self.send(delivery.request.clone()).await
    }

    async fn send(&self, request: Request) -> Delivery {
        let response = self.http.send(request.clone(), ANSWER_WITHIN).await;
        Delivery { request, response }
    }
}
