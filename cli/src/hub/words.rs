//! What all that is shown has in common: spans of time, and what became of the queue.

use std::fmt::Write as _;

use ::hub::{Cached, Claim, Drained, Outcome, Settled};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::table::line;

/// The longest text of the hub that is shown on a line, in characters.
const MAX: usize = 300;

/// A text of the hub, harmless for a terminal.
pub(super) fn said(text: &str) -> String {
    line(text, MAX)
}

/// The same at the end of a sentence, which may have its full stop already.
pub(super) fn sentence(text: &str) -> String {
    let said = said(text);
    format!("{}.", said.trim_end_matches('.'))
}

/// A status as people say it.
pub(super) fn status(word: &str) -> String {
    said(&word.replace('_', " "))
}

/// A span to the unit that matters.
pub(super) fn span(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match (seconds / 86_400, seconds / 3_600, seconds / 60) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, minutes) => format!("{hours} h {} min", minutes % 60),
        (1, hours, _) => format!("1 day {} h", hours % 24),
        (days, ..) => format!("{days} days"),
    }
}

/// Whose a claim is.
pub(super) fn holder(claim: Option<&Claim>) -> String {
    let holder = claim.and_then(Claim::holder);
    holder.map_or_else(|| "somebody else".to_owned(), said)
}

/// What became of writes that waited, line by line.
pub(super) fn drained(drained: &Drained, now: Timestamp) -> String {
    let mut text = String::new();
    for Settled { entry, outcome } in &drained.settled {
        let waited = span(now.duration_since(entry.created_at));
        let entry = said(&entry.to_string());
        let _ = match outcome {
            Outcome::Done(_) => writeln!(text, "Sent, having waited {waited}: {entry}"),
            Outcome::Taken(claim) => {
                let holder = holder(claim.as_ref());
                writeln!(
                    text,
                    "Dropped, having waited {waited}: {entry}, already claimed by {holder}"
                )
            }
            Outcome::Refused { status, message } => {
                let message = said(message);
                writeln!(
                    text,
                    "Dropped, having waited {waited}: {entry}, refused ({status}): {message}"
                )
            }
        };
    }
    text
}

/// How many wait, where the text has not said so yet.
pub(super) fn waiting(drained: &Drained) -> String {
    match (&drained.stopped, drained.waiting) {
        (Some(_), 1) => "1 write waits to be sent.\n".to_owned(),
        (Some(_), n) => format!("{n} writes wait to be sent.\n"),
        (None, _) => String::new(),
    }
}

/// That an answer is not of now.
pub(super) fn age(cached: Option<&Cached>) -> String {
    cached.map_or_else(String::new, |cached| {
        let why = said(&cached.why.to_string());
        format!("This is {} old: {}\n", span(cached.age), sentence(&why))
    })
}

/// The queue as programs read it.
pub(super) fn queue(drained: &Drained) -> Value {
    let settled = drained.settled.iter().map(|Settled { entry, outcome }| {
        let (word, message) = match outcome {
            Outcome::Done(_) => ("sent", None),
            Outcome::Taken(claim) => (
                "taken",
                claim.as_ref().and_then(Claim::holder).map(str::to_owned),
            ),
            Outcome::Refused { message, .. } => ("refused", Some(message.clone())),
        };
        json!({"entry": entry, "what": entry.to_string(), "outcome": word, "message": message})
    });
    json!({
        "settled": settled.collect::<Vec<_>>(),
        "waiting": drained.waiting,
        "stopped": drained.stopped.as_ref().map(ToString::to_string),
    })
}

/// The age as programs read it.
pub(super) fn cached(cached: Option<&Cached>) -> Value {
    cached.map_or(Value::Null, |cached| {
        json!({"at": cached.at, "ageSeconds": cached.age.as_secs(), "why": cached.why.to_string()})
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_has_one_full_stop() {
        assert_eq!(sentence("Nobody has this issue."), "Nobody has this issue.");
        assert_eq!(sentence("status 500"), "status 500.");
    }

    #[test]
    fn a_span_is_shown_to_the_unit_that_matters() {
        let shown = |seconds| span(SignedDuration::from_secs(seconds));
        assert_eq!(shown(-5), "0 s");
        assert_eq!(shown(59), "59 s");
        assert_eq!(shown(60), "1 min");
        assert_eq!(shown(3_661), "1 h 1 min");
        assert_eq!(shown(90_000), "1 day 1 h");
        assert_eq!(shown(200_000), "2 days");
    }
}
