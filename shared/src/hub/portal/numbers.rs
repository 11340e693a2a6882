//! `stats/sync`, `leaderboard` and `stats`.

use serde_json::json;

use super::answer::{self, Problem};
use super::body::{Fields, parameter};
use super::{Desk, Ports, wire};
use crate::http::{Request, Response, uncached_json};
use crate::hub::Shard;
use crate::hub::clients::{self, Admitted};
use crate::hub::numbers::{claim_counts, client_counts, leaders};
use crate::hub::score::{ENTRIES, MAX_ENTRIES};
use crate::hub::stats::Reported;

impl<P: Ports> Desk<'_, P> {
    pub(super) async fn sync(&self, request: &Request, by: &Admitted) -> Result<Response, Problem> {
        let mut fields = Fields::read(request.body())?;
        let client = fields.client(by)?;
        let mut below = Fields::of(fields.object("stats"));
        let reported = reported(&mut below);
        if let Some((name, what)) = reported.problem() {
            below.wrong(&name, what);
        }
        fields.adopt("stats", below);
        fields.done()?;
        let home = Shard::of_client(&client);
        let report = clients::Request::Report { client, reported };
        match clients::ask(self.ports.hubs(), home, report).await? {
            clients::Response::Noted => Ok(uncached_json(200, &json!({"synced": true}))),
            other => Err(answer::odd(&other)),
        }
    }

    pub(super) async fn leaderboard(&self, request: &Request) -> Result<Response, Problem> {
        let limit = match parameter(request, "limit") {
            None => ENTRIES,
            Some(text) => match text.parse() {
                Ok(limit) if limit >= 1 => MAX_ENTRIES.min(limit),
                _ => return Err(Problem::invalid("limit", "must be a number from 1")),
            },
        };
        let entries = leaders(self.ports.hubs(), limit).await?;
        let counts = client_counts(self.ports.hubs()).await?;
        let body = wire::leaderboard(&entries, counts.clients);
        Ok(uncached_json(200, &body))
    }

    pub(super) async fn stats(&self) -> Result<Response, Problem> {
        let clients = client_counts(self.ports.hubs()).await?;
        let claims = claim_counts(self.ports.hubs()).await?;
        Ok(uncached_json(200, &wire::stats(&clients, &claims)))
    }
}

fn reported(fields: &mut Fields) -> Reported {
    let mut number = |name| fields.maybe_number(name).unwrap_or_default();
    Reported {
        issues_attempted: number("issues_attempted"),
        issues_completed: number("issues_completed"),
        issues_skipped: number("issues_skipped"),
        prs_submitted: number("prs_submitted"),
        prs_merged: number("prs_merged"),
        prs_rejected: number("prs_rejected"),
        current_streak: number("current_streak"),
        longest_streak: number("longest_streak"),
        total_time_minutes: number("total_time_minutes"),
        repos_contributed: fields.maybe_texts("repos_contributed").unwrap_or_default(),
    }
}
