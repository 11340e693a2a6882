//! What came of a write.

use ::hub::{Answer, Claimed, IssueId, Sent, Totals, Trouble};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::words;
use crate::outcome::{Done, Exit};
use crate::table::{listing, moment};

/// A write whose answer says nothing more than that it is done.
pub(super) fn plain(sent: &Sent<()>, done: &str, now: Timestamp) -> Done {
    shown(sent, now, |()| {
        let text = format!("{}\n", words::said(done));
        (text, json!({"outcome": "done"}), Exit::Done)
    })
}

pub(super) fn claim(sent: &Sent<Claimed>, issue: &IssueId, now: Timestamp) -> Done {
    shown(sent, now, |claimed| match claimed {
        Claimed::Ours(claim) => {
            let expires = claim.as_ref().and_then(|claim| claim.expires_at);
            let until = expires.map_or_else(String::new, |at| {
                let left = words::span(at.duration_since(now));
                format!(
                    " until {} UTC ({left}), and longer with heartbeats",
                    moment(at)
                )
            });
            let text = format!("{} is yours{until}.\n", words::said(issue.as_str()));
            (text, json!({"outcome": "done", "claim": claim}), Exit::Done)
        }
        Claimed::Taken(claim) => {
            let holder = words::holder(claim.as_ref());
            let text = format!(
                "{} is already claimed by {holder}.\n",
                words::said(issue.as_str())
            );
            let json = json!({"outcome": "taken", "claim": claim});
            (text, json, Exit::NotPossible)
        }
    })
}

pub(super) fn totals(totals: &Totals, sent: &Sent<()>, now: Timestamp) -> Done {
    let number = |n: u64| Some(n.to_string());
    let requests = format!(
        "{} submitted, {} merged, {} rejected",
        totals.prs_submitted, totals.prs_merged, totals.prs_rejected
    );
    let streak = format!(
        "{}, the longest {}",
        days(totals.current_streak),
        days(totals.longest_streak)
    );
    let list = listing(&[
        ("Attempted", number(totals.issues_attempted)),
        ("Completed", number(totals.issues_completed)),
        ("Skipped", number(totals.issues_skipped)),
        ("Pull requests", Some(requests)),
        ("Streak", Some(streak)),
        ("Minutes", number(totals.total_time_minutes)),
    ]);
    let mut done = shown(sent, now, |()| {
        let text = "The hub has your totals.\n".to_owned();
        (text, json!({"outcome": "done"}), Exit::Done)
    });
    done.text.push_str(&list);
    done.json["totals"] = json!(totals);
    done
}

fn days(n: u64) -> String {
    match n {
        1 => "1 day".to_owned(),
        n => format!("{n} days"),
    }
}

/// What was on the way, then what came of the write itself.
fn shown<T>(sent: &Sent<T>, now: Timestamp, of: impl FnOnce(&T) -> (String, Value, Exit)) -> Done {
    let (text, mut json, exit) = match &sent.answer {
        Answer::Done(answer) => of(answer),
        Answer::Queued(why) => queued(why, sent.drained.waiting),
        Answer::Refused { status, message } => {
            let exit = match status {
                403 => Exit::Refused,
                _ => Exit::NotPossible,
            };
            let text = format!(
                "The hub refused it ({status}): {}\n",
                words::sentence(message)
            );
            let json = json!({"outcome": "refused", "status": status, "message": message});
            (text, json, exit)
        }
    };
    json["queue"] = words::queue(&sent.drained);
    let before = words::drained(&sent.drained, now);
    Done::new(before + &text, &json).with_exit(exit)
}

fn queued(why: &Trouble, waiting: usize) -> (String, Value, Exit) {
    let how_many = match waiting {
        1 => "It waits to be sent".to_owned(),
        n => format!("It waits to be sent, the last of {n}"),
    };
    let (next, exit) = match why {
        Trouble::LockedOut(_) => ("log in with `bugbot hub login`", Exit::Refused),
        _ => (
            "the next `bugbot hub` that gets through sends it",
            Exit::Queued,
        ),
    };
    let why = words::said(&why.to_string());
    let said = words::sentence(&why);
    let text = format!("Not done yet: {said}\n{how_many}: {next}.\n");
    (text, json!({"outcome": "queued", "why": why}), exit)
}
