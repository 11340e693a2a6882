//! Answers in the words of either generation.

use axum::response::{IntoResponse, Response};
use axum::{Json, http::StatusCode};
use serde_json::{Value, json};

use super::state::{Claim, State};

/// Which clients the portal was made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Flat objects in camelCase.
    Flat,
    /// Objects in `snake_case`, in envelopes.
    Enveloped,
    /// One object that is both.
    Both,
}

pub(super) fn answer(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).expect("a status");
    (status, Json(body)).into_response()
}

pub(super) fn refusal(status: u16, error: &str) -> Response {
    answer(status, &json!({"error": error, "message": error}))
}

impl State {
    /// One object of two.
    fn worded(&self, flat: Value, enveloped: Value) -> Value {
        match (self.generation, flat, enveloped) {
            (Generation::Enveloped, _, enveloped) => enveloped,
            (Generation::Both, Value::Object(mut both), Value::Object(more)) => {
                both.extend(more);
                both.into()
            }
            (Generation::Flat | Generation::Both, flat, _) => flat,
        }
    }

    pub(super) fn words_of(&self, issue: &str, claim: &Claim) -> Value {
        self.worded(
            flat(issue, claim),
            json!({"claim": enveloped(issue, claim)}),
        )
    }

    pub(super) fn words_of_all<'a>(
        &self,
        claims: impl Iterator<Item = (&'a String, &'a Claim)>,
    ) -> Value {
        let claims: Vec<_> = claims.collect();
        match self.generation {
            Generation::Enveloped => {
                let all: Vec<_> = claims.iter().map(|(id, it)| enveloped(id, it)).collect();
                json!({"claims": all})
            }
            _ => claims.iter().map(|(id, it)| flat(id, it)).collect(),
        }
    }

    /// The leaderboard: by merged pull requests, and by id where these are equal.
    pub(super) fn board(&self, limit: usize) -> Value {
        let number = |totals: &Value, name: &str| totals[name].as_u64().unwrap_or(0);
        let mut lines: Vec<_> = self.totals.iter().collect();
        lines.sort_by_key(|(id, totals)| (u64::MAX - number(totals, "prs_merged"), *id));
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (rank, (id, totals)) in (1..).zip(lines).take(limit) {
            let name = self.clients.get(id);
            old.push(json!({
                "clientId": id, "clientName": name, "score": number(totals, "issues_completed") * 10,
                "prsMerged": number(totals, "prs_merged"), "rank": rank,
            }));
            new.push(json!({
                "rank": rank, "client_name": name, "issues_completed": totals["issues_completed"],
                "prs_submitted": totals["prs_submitted"], "prs_merged": totals["prs_merged"],
                "current_streak": totals["current_streak"], "longest_streak": totals["longest_streak"],
            }));
        }
        let all = self.totals.len();
        self.worded(
            json!({"entries": old, "totalParticipants": all}),
            json!({"leaderboard": new, "total_participants": all}),
        )
    }

    pub(super) fn numbers(&self) -> Value {
        let live = self.claims.keys().filter(|id| self.live(id).is_some());
        let live = live.count();
        let sum = |name: &str| -> u64 {
            let totals = self.totals.values();
            totals.filter_map(|totals| totals[name].as_u64()).sum()
        };
        self.worded(
            json!({
                "totalClients": self.clients.len(), "totalClaims": self.claims.len(),
                "totalPrsMerged": sum("prs_merged"), "activeClaims": live, "issuesAvailable": 0,
            }),
            json!({"global": {
                "total_participants": self.clients.len(), "active_participants": self.totals.len(),
                "total_issues_attempted": sum("issues_attempted"),
                "total_issues_completed": sum("issues_completed"),
                "total_prs_submitted": sum("prs_submitted"), "total_prs_merged": sum("prs_merged"),
                "active_claims": live, "completed_claims": sum("issues_completed"),
            }}),
        )
    }
}

fn flat(issue: &str, claim: &Claim) -> Value {
    json!({
        "id": issue, "issueUrl": claim.request["url"], "clientId": claim.client,
        "claimedAt": claim.claimed_at.to_string(), "expiresAt": claim.expires_at.to_string(),
        "status": claim.status,
    })
}

fn enveloped(issue: &str, claim: &Claim) -> Value {
    json!({
        "issue_id": issue, "repo": claim.request["repo"], "issue_number": claim.request["issue_number"],
        "issue_title": claim.request["title"], "issue_url": claim.request["url"],
        "status": claim.status, "claimed_at": claim.claimed_at.to_string(),
        "pr_url": claim.pr["pr_url"], "pr_number": claim.pr["pr_number"],
    })
}
