//! What goes over the wire: each object carries what either generation of clients reads, flat in
//! camelCase and in `snake_case`, where envelopes need it once more inside.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::hub::Claim;
use crate::hub::claims;
use crate::hub::clients::{self, Client};
use crate::hub::score::Entry;

/// RFC 3339, to the second, in UTC.
pub(super) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

pub(super) fn claim(claim: &Claim) -> Value {
    let (claimed_at, expires_at) = (time(claim.claimed_at), time(claim.expires_at));
    let mut object = json!({
        "id": claim.id,
        "status": claim.status.as_str(),
        "issueId": claim.issue.as_str(),
        "issue_id": claim.issue.as_str(),
        "issueUrl": claim.url,
        "issue_url": claim.url,
        "issue_title": claim.title,
        "repo": claim.repo,
        "issue_number": claim.number,
        "clientId": claim.owner.client.as_str(),
        "client_id": claim.owner.client.as_str(),
        "clientName": claim.client_name,
        "client_name": claim.client_name,
        "claimedAt": claimed_at,
        "claimed_at": claimed_at,
        "expiresAt": expires_at,
        "expires_at": expires_at,
    });
    if let Some(url) = &claim.pull_request.url {
        object["pr_url"] = json!(url);
    }
    if let Some(number) = claim.pull_request.number {
        object["pr_number"] = json!(number);
    }
    object
}

/// The claim at the top and in its envelope.
pub(super) fn claim_answer(it: &Claim) -> Value {
    let mut object = claim(it);
    object["claim"] = object.clone();
    object
}

pub(super) fn client(client: &Client) -> Value {
    let profile = &client.profile;
    let object = json!({
        "clientId": client.id.as_str(),
        "client_id": client.id.as_str(),
        "name": profile.name,
        "version": profile.version,
        "os": profile.os,
        "arch": profile.arch,
        "registeredAt": time(client.known_since),
        "registered_at": time(client.known_since),
        "last_seen_at": time(client.heard_at),
    });
    json!({"client": object})
}

pub(super) fn leaderboard(entries: &[Entry], participants: u64) -> Value {
    let both = |(at, entry): (usize, &Entry)| {
        let rank = at + 1;
        let (s, p) = (of_shipped(rank, entry), of_planned(rank, entry));
        (s, p)
    };
    let (shipped, planned): (Vec<_>, Vec<_>) = entries.iter().enumerate().map(both).unzip();
    json!({
        "entries": shipped,
        "totalParticipants": participants,
        "leaderboard": planned,
        "total_participants": participants,
    })
}

fn of_shipped(rank: usize, entry: &Entry) -> Value {
    json!({
        "clientId": entry.client.as_str(),
        "clientName": entry.name,
        "score": entry.score,
        "prsMerged": entry.counted.merged,
        "rank": rank,
    })
}

fn of_planned(rank: usize, entry: &Entry) -> Value {
    let mut object = json!({
        "rank": rank,
        "client_name": entry.name,
        "score": entry.score,
        "issues_completed": entry.counted.completed,
        "prs_submitted": entry.counted.submitted,
        "prs_merged": entry.counted.merged,
        "current_streak": entry.streaks.current,
        "longest_streak": entry.streaks.longest,
    });
    if let Some(version) = &entry.version {
        object["client_version"] = json!(version);
    }
    object
}

pub(super) fn stats(clients: &clients::Counts, claims: &claims::Counts) -> Value {
    json!({
        "totalClients": clients.clients,
        "totalClaims": claims.total,
        "totalPrsMerged": clients.merged,
        "activeClaims": claims.active,
        "issuesAvailable": claims.available,
        "global": {
            "total_participants": clients.clients,
            "active_participants": clients.active,
            "total_issues_attempted": clients.attempted,
            "total_issues_completed": clients.completed,
            "total_prs_submitted": clients.submitted,
            "total_prs_merged": clients.merged,
            "active_claims": claims.active,
            "completed_claims": claims.completed,
        },
    })
}
