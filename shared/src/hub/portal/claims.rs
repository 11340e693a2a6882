//! The calls about issues.

use serde_json::{Value, json};

use super::answer::{self, Problem};
use super::body::{Fields, parameter};
use super::{Desk, Ports, wire};
use crate::http::{Request, Response, uncached_json};
use crate::hub::Shard;
use crate::hub::claim::{NotYours, Owner, PullRequestRef, Status, Wanted};
use crate::hub::claims::{self, Cursor, Filter, MAX_LISTED};
use crate::hub::clients::Admitted;
use crate::hub::issue::{IssueRef, MAX_ISSUE_BYTES};
use crate::hub::numbers::listed;

const MAX_REPO_CHARS: usize = 200;
const MAX_TITLE_CHARS: usize = 500;
const MAX_URL_CHARS: usize = 500;

impl<P: Ports> Desk<'_, P> {
    pub(super) async fn claim(
        &self,
        request: &Request,
        by: &Admitted,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::read(request.body())?;
        let client = fields.client(by)?;
        let named = fields.text("issue_id", MAX_ISSUE_BYTES);
        let issue = (!named.is_empty()).then(|| IssueRef::parse(&named));
        if let Some(Err(bad)) = &issue {
            fields.wrong("issue_id", bad);
        }
        let issue = issue.and_then(Result::ok);
        // An id of a repository says more than a field beside it could.
        let named_repo = issue.as_ref().and_then(IssueRef::repo);
        let repo = match fields.maybe_text("repo", MAX_REPO_CHARS) {
            Some(repo) if named_repo.is_none_or(|it| it.eq_ignore_ascii_case(&repo)) => repo,
            Some(_) => {
                fields.wrong("repo", "is not the one of issue_id");
                String::new()
            }
            None => named_repo.unwrap_or_default().to_owned(),
        };
        let number = fields.maybe_number("issue_number");
        let named_number = issue.as_ref().and_then(IssueRef::number);
        if number.is_some() && named_number.is_some() && number != named_number {
            fields.wrong("issue_number", "is not the one of issue_id");
        }
        let title = fields.maybe_text("title", MAX_TITLE_CHARS);
        let url = fields.maybe_url("url", MAX_URL_CHARS);
        fields.done()?;
        let issue = issue.ok_or_else(|| Problem::invalid("issue_id", "is required"))?;
        let wanted = Wanted {
            repo,
            number: named_number.or(number),
            title: title.unwrap_or_default(),
            url: url.unwrap_or_default(),
            owner: Owner::of(client),
            client_name: by.name.clone(),
            ttl: self.settings.ttl,
            issue,
        };
        let shard = Shard::of_issue(&wanted.issue);
        match self.ask(shard, claims::Request::Claim(wanted)).await? {
            claims::Response::Yours(claim) => Ok(uncached_json(201, &wire::claim_answer(&claim))),
            claims::Response::Others(claim) => Err(Problem::Claimed(Box::new(claim))),
            other => Err(answer::odd(&other)),
        }
    }

    pub(super) async fn set_status(
        &self,
        issue: &IssueRef,
        request: &Request,
        by: &Admitted,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::read(request.body())?;
        let client = fields.client(by)?;
        let status = fields.text("status", 20);
        let parsed = Status::parse(&status);
        if !status.is_empty() && parsed.is_none() {
            fields.wrong(
                "status",
                "must be claimed, in_progress, completed or skipped",
            );
        }
        let pull_request = PullRequestRef {
            url: fields.maybe_url("pr_url", MAX_URL_CHARS),
            number: fields.maybe_number("pr_number"),
        };
        fields.done()?;
        let status = parsed.ok_or_else(|| Problem::invalid("status", "is required"))?;
        let change = claims::Request::Change {
            issue: issue.clone(),
            owner: Owner::of(client),
            status,
            pull_request,
            ttl: self.settings.ttl,
        };
        match self.ask(Shard::of_issue(issue), change).await? {
            claims::Response::Yours(claim) => Ok(uncached_json(200, &wire::claim_answer(&claim))),
            claims::Response::NotYours(why) => Err(not_yours(why)),
            other => Err(answer::odd(&other)),
        }
    }

    /// To give back what one no longer has is done already: a repeat is no mistake.
    pub(super) async fn release(
        &self,
        issue: &IssueRef,
        request: &Request,
        by: &Admitted,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::read(request.body())?;
        let owner = Owner::of(fields.client(by)?);
        fields.done()?;
        let issue_id = issue.as_str();
        let done = |released| json!({"ok": true, "released": released, "issue_id": issue_id});
        let release = claims::Request::Release {
            issue: issue.clone(),
            owner,
        };
        match self.ask(Shard::of_issue(issue), release).await? {
            claims::Response::Released => Ok(uncached_json(200, &done(true))),
            claims::Response::NotYours(NotYours::Nobodys) => Ok(uncached_json(200, &done(false))),
            claims::Response::NotYours(why) => Err(not_yours(why)),
            other => Err(answer::odd(&other)),
        }
    }

    pub(super) async fn show(&self, issue: &IssueRef) -> Result<Response, Problem> {
        let find = claims::Request::Find {
            issue: issue.clone(),
        };
        match self.ask(Shard::of_issue(issue), find).await? {
            claims::Response::Found(Some(claim)) => {
                Ok(uncached_json(200, &wire::claim_answer(&claim)))
            }
            claims::Response::Found(None) => Err(Problem::NotClaimed),
            other => Err(answer::odd(&other)),
        }
    }

    /// An array, which the shipped client reads; in an envelope where `?envelope=1` asks for it.
    pub(super) async fn list(&self, request: &Request) -> Result<Response, Problem> {
        let filter = filter(request)?;
        let (page, next) = listed(self.ports.hubs(), &filter).await?;
        let page: Vec<Value> = page.iter().map(wire::claim).collect();
        let next = next.map(|cursor| cursor.to_string());
        let in_envelope = parameter(request, "envelope").is_some_and(|it| it != "0");
        let body = if in_envelope {
            json!({"claims": page, "next": next})
        } else {
            Value::Array(page)
        };
        let mut response = uncached_json(200, &body);
        if let Some(next) = next {
            let name = ::http::HeaderName::from_static("x-next-after");
            answer::set(&mut response, name, &next);
        }
        Ok(response)
    }

    async fn ask(
        &self,
        shard: Shard,
        request: claims::Request,
    ) -> Result<claims::Response, Problem> {
        Ok(claims::ask(self.ports.hubs(), shard, request).await?)
    }
}

fn filter(request: &Request) -> Result<Filter, Problem> {
    let status = match parameter(request, "status") {
        None => None,
        Some(name) => Some(Status::parse(&name).ok_or_else(|| {
            Problem::invalid(
                "status",
                "must be claimed, in_progress, completed or skipped",
            )
        })?),
    };
    let after = match parameter(request, "after") {
        None => None,
        Some(text) => Some(
            Cursor::parse(&text)
                .ok_or_else(|| Problem::invalid("after", "is not from an earlier answer"))?,
        ),
    };
    let limit = match parameter(request, "limit") {
        None => MAX_LISTED,
        Some(text) => match text.parse() {
            Ok(limit) if (1..=MAX_LISTED).contains(&limit) => limit,
            _ => {
                let what = format!("must be a number from 1 to {MAX_LISTED}");
                return Err(Problem::invalid("limit", what));
            }
        },
    };
    Ok(Filter {
        status,
        repo: parameter(request, "repo"),
        after,
        limit,
    })
}

fn not_yours(why: NotYours) -> Problem {
    match why {
        NotYours::Others => Problem::Forbidden("Somebody else has this issue."),
        NotYours::Nobodys => Problem::NotClaimed,
    }
}
