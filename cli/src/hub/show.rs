//! What was read.

use std::fmt::Write as _;

use ::hub::{Backlog, Claim, Drained, Global, IssueId, Leaderboard, LoggedIn, Seen};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::words;
use crate::outcome::Done;
use crate::table::{listing, moment, table};

pub(super) fn login(logged_in: &LoggedIn, drained: &Drained, now: Timestamp) -> Done {
    let user = logged_in
        .forge_user
        .as_deref()
        .unwrap_or("a user of the forge");
    let text = format!(
        "{} lets you in as {}; this client is {}.\n",
        words::said(&logged_in.hub_url),
        words::said(user),
        words::said(&logged_in.client_name),
    );
    let mut json = json!(logged_in);
    json["queue"] = words::queue(drained);
    Done::new(
        text + &words::drained(drained, now) + &words::waiting(drained),
        &json,
    )
}

pub(super) fn claim(
    seen: &Seen<Option<Claim>>,
    issue: &IssueId,
    me: Option<&str>,
    now: Timestamp,
) -> Done {
    let text = match &seen.value {
        None => format!("{} is not claimed.\n", words::said(issue.as_str())),
        Some(claim) => {
            let text = |text: &Option<String>| text.as_deref().map(words::said);
            listing(&[
                ("Issue", Some(words::said(&claim.issue))),
                ("Title", text(&claim.title)),
                ("Address", text(&claim.url)),
                ("Status", claim.status.as_deref().map(words::status)),
                ("Claimed by", by(claim, me)),
                ("Since (UTC)", claim.claimed_at.map(moment)),
                ("Until (UTC)", claim.expires_at.map(moment)),
                ("Pull request", pull_request(claim)),
            ])
        }
    };
    whole(seen, &text, "claim", json!(seen.value), now)
}

pub(super) fn claims(seen: &Seen<Vec<Claim>>, me: Option<&str>, now: Timestamp) -> Done {
    let rows = seen.value.iter().map(|claim| {
        [
            words::said(&claim.issue),
            claim
                .status
                .as_deref()
                .map(words::status)
                .unwrap_or_default(),
            by(claim, me).unwrap_or_default(),
            claim.claimed_at.map(moment).unwrap_or_default(),
            claim.expires_at.map(moment).unwrap_or_default(),
            pull_request(claim).unwrap_or_default(),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let head = [
        "ISSUE",
        "STATUS",
        "CLAIMED BY",
        "SINCE (UTC)",
        "UNTIL (UTC)",
        "PULL REQUEST",
    ];
    let text = table(head, &rows, "Nothing is claimed.");
    whole(seen, &text, "claims", json!(seen.value), now)
}

pub(super) fn board(seen: &Seen<Leaderboard>, now: Timestamp) -> Done {
    let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
    let rows = seen.value.entries.iter().map(|entry| {
        let name = entry.client_name.as_deref().or(entry.client_id.as_deref());
        [
            number(entry.rank),
            name.map(words::said).unwrap_or_default(),
            entry
                .score
                .map(|score| score.to_string())
                .unwrap_or_default(),
            number(entry.issues_completed),
            number(entry.prs_submitted),
            number(entry.prs_merged),
            number(entry.current_streak),
            number(entry.longest_streak),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let head = [
        "RANK",
        "NAME",
        "SCORE",
        "COMPLETED",
        "SUBMITTED",
        "MERGED",
        "STREAK",
        "LONGEST",
    ];
    let mut text = table(head, &rows, "Nobody has done anything yet.");
    if let Some(all) = seen
        .value
        .total_participants
        .filter(|all| *all > rows.len() as u64)
    {
        let _ = writeln!(text, "{} of {all} are shown.", rows.len());
    }
    whole(seen, &text, "leaderboard", json!(seen.value), now)
}

pub(super) fn stats(seen: &Seen<Global>, now: Timestamp) -> Done {
    let global = &seen.value;
    let number = |n: Option<u64>| n.map(|n| n.to_string());
    let text = listing(&[
        ("Participants", number(global.total_participants)),
        ("Active participants", number(global.active_participants)),
        ("Issues available", number(global.issues_available)),
        ("Issues attempted", number(global.total_issues_attempted)),
        ("Issues completed", number(global.total_issues_completed)),
        ("Pull requests", number(global.total_prs_submitted)),
        ("Merged", number(global.total_prs_merged)),
        ("Claims", number(global.total_claims)),
        ("Active claims", number(global.active_claims)),
        ("Completed claims", number(global.completed_claims)),
    ]);
    whole(seen, &text, "stats", json!(global), now)
}

pub(super) fn backlog(backlog: &Backlog, now: Timestamp) -> Done {
    let waited = |at: Timestamp| words::span(now.duration_since(at));
    let rows = backlog.pending.iter().zip(1..).map(|(entry, n): (_, u32)| {
        [
            n.to_string(),
            words::said(&entry.to_string()),
            moment(entry.created_at),
            waited(entry.created_at),
        ]
    });
    let rows: Vec<_> = rows.collect();
    let mut text = table(
        ["", "WAITS TO BE SENT", "SINCE (UTC)", "FOR"],
        &rows,
        "Nothing waits to be sent.",
    );
    if let Some(until) = backlog.retry_at {
        let until = moment(until);
        let _ = writeln!(text, "The hub asks to be left alone until {until} UTC.");
    }
    if !backlog.refused.is_empty() {
        let rows = backlog.refused.iter().map(|refused| {
            let entry = words::said(&refused.entry.to_string());
            [
                entry,
                moment(refused.at),
                refused.status.to_string(),
                words::said(&refused.message),
            ]
        });
        let rows: Vec<_> = rows.collect();
        text.push('\n');
        text += &table(["WAS REFUSED", "AT (UTC)", "STATUS", "BECAUSE"], &rows, "");
    }
    let json = json!({
        "pending": backlog.pending, "refused": backlog.refused, "retryAt": backlog.retry_at,
    });
    Done::new(text, &json)
}

fn by(claim: &Claim, me: Option<&str>) -> Option<String> {
    if claim.client_id.is_some() && claim.client_id.as_deref() == me {
        return Some("you".to_owned());
    }
    claim.holder().map(words::said)
}

fn pull_request(claim: &Claim) -> Option<String> {
    let number = claim.pr_number.map(|number| format!("#{number}"));
    claim.pr_url.as_deref().map(words::said).or(number)
}

/// What was read, what was sent on the way, and how old it is.
fn whole<T>(seen: &Seen<T>, text: &str, name: &str, value: Value, now: Timestamp) -> Done {
    let age = words::age(seen.cached.as_ref());
    let before = words::drained(&seen.drained, now);
    let after = age + &words::waiting(&seen.drained);
    let mut json = json!({
        "cached": words::cached(seen.cached.as_ref()),
        "queue": words::queue(&seen.drained),
    });
    json[name] = value;
    Done::new(before + text + &after, &json)
}
