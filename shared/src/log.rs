//! Log lines: one JSON object each, on one line.
//!
//! Invariants: a message is constant, so that it can be searched for and counted; what differs
//! from line to line is in its fields. A line names what it is about ([`Trace`]) in the same
//! three fields everywhere. A failure is logged once: where it is handled, not where it is passed
//! on.
//!
//! What is never in a line is listed in `docs/logs.md` and held by tests: [`Event`]s take ids,
//! numbers, our own words, and errors by way of [`Said`].

mod event;

use serde::Serialize;

pub use event::{Entry, Event, TABLE};

use crate::ports::Level;
use crate::redact::{Kinds, redact};
use crate::trace::Trace;

/// The names of every line, which no event may use for a field of its own.
pub const RESERVED: [&str; 5] = ["level", "message", "trace", "job", "thread"];

/// The most characters of an error in a line.
const MAX_SAID_CHARS: usize = 600;

/// The line of an event: a JSON object without a line break.
pub fn line(trace: &Trace, event: &Event<'_>) -> String {
    render(event.level(), event.message(), trace, event)
}

pub(crate) fn render(
    level: Level,
    message: &str,
    trace: &Trace,
    fields: &impl Serialize,
) -> String {
    #[derive(Serialize)]
    struct Line<'a, F> {
        level: Level,
        message: &'a str,
        #[serde(flatten)]
        trace: &'a Trace,
        #[serde(flatten)]
        fields: &'a F,
    }
    let line = Line {
        level,
        message,
        trace,
        fields,
    };
    serde_json::to_string(&line).expect("ids, numbers and texts under names are JSON")
}

/// What an error says, fit for a line: shortened, and without the values that it quotes.
///
/// Decoders quote what they did not expect, and services what they were sent: that may be
/// anybody's words. What stands between double quotes is therefore left out, and secrets and
/// addresses wherever they stand, whatever the settings are.
#[derive(Clone, Copy)]
pub struct Said<'a>(pub &'a dyn std::fmt::Display);

impl std::fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&crate::shorten::shorten(
            &without_quoted(&redact(&self.0.to_string(), Kinds::ALL)),
            MAX_SAID_CHARS,
        ))
    }
}

impl std::fmt::Debug for Said<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}

impl Serialize for Said<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn without_quoted(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('"') {
        let (before, quoted) = rest.split_at(at);
        shown.push_str(before);
        shown.push_str("\"…\"");
        rest = after_closing(&quoted[1..]);
    }
    shown + rest
}

/// What follows the closing quote; a backslash takes the meaning from the character after it.
fn after_closing(quoted: &str) -> &str {
    let mut escaped = false;
    for (at, c) in quoted.char_indices() {
        match c {
            '"' if !escaped => return &quoted[at + 1..],
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    ""
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{JobId, ThreadId};

    #[test]
    fn a_line_names_what_it_is_about_and_then_what_happened() {
        let trace = Trace::of_job(&JobId::new("1001")).in_thread(&ThreadId::new("77"));
        let event = Event::DeliveryRetries {
            attempt: 2,
            retry_in_s: 4,
            error: Said(&"Linear: no response\nwithin 10s"),
        };
        insta::assert_snapshot!(line(&trace, &event), @r#"{"level":"warn","message":"delivery failed, will retry","trace":"c0b637e0d49b6a86ea306d419cc29675","job":"1001","thread":"77","attempt":2,"retry_in_s":4,"error":"Linear: no response\nwithin 10s"}"#);
        insta::assert_snapshot!(line(&Trace::none(), &Event::JobLost {}), @r#"{"level":"error","message":"a job was lost"}"#);
    }

    #[test]
    fn no_event_has_a_field_that_poses_as_one_of_the_line() {
        for entry in TABLE {
            for field in entry.fields {
                assert!(!RESERVED.contains(field), "{}: {field}", entry.message);
            }
        }
    }

    #[test]
    fn every_message_is_one_events_own() {
        let mut messages: Vec<_> = TABLE.iter().map(|entry| entry.message).collect();
        messages.sort_unstable();
        messages.dedup();
        assert_eq!(messages.len(), TABLE.len());
    }

    #[test]
    fn what_an_error_quotes_is_left_out() {
        let said = |text: &str| Said(&text).to_string();
        let wrong = serde_json::from_str::<u32>(r#""a \"secret\" word""#).unwrap_err();
        assert_eq!(
            said(&wrong.to_string()),
            "invalid type: string \"…\", expected u32 at line 1 column 19"
        );
        assert_eq!(said("the word \"cut in the middle"), "the word \"…\"");
        assert_eq!(said(r#"a "b\\" c "d" e"#), "a \"…\" c \"…\" e");
        assert_eq!(said("nothing quoted"), "nothing quoted");
        assert!(said(&"long ".repeat(1_000)).chars().count() <= MAX_SAID_CHARS);
    }

    #[test]
    fn an_error_names_no_secret_and_no_address() {
        let token = format!("ghp_{}", "a1B2".repeat(9));
        let said = Said(&format!("refused: {token} of bob@example.com")).to_string();
        assert_eq!(
            said,
            "refused: [redacted: GitHub token] of [redacted: e-mail address]"
        );
    }

    fn table() -> String {
        let head = "| message | level | fields | when |\n|---|---|---|---|\n";
        let row = |entry: &Entry| {
            let level = serde_json::to_value(entry.level).unwrap();
            let fields: Vec<_> = entry.fields.iter().map(|it| format!("`{it}`")).collect();
            let (level, fields) = (level.as_str().unwrap(), fields.join(", "));
            let says = entry.says.trim();
            format!("| {} | {level} | {fields} | {says} |\n", entry.message)
        };
        head.to_owned() + &TABLE.iter().map(row).collect::<String>()
    }

    /// `INSTA_UPDATE=always cargo test -p shared log` writes the table anew.
    #[test]
    #[expect(clippy::disallowed_methods, reason = "insta asks it the same")]
    fn the_table_of_the_documentation_is_the_table_of_the_code() {
        const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/logs.md");
        const BEGIN: &str = "<!-- events -->\n";
        const END: &str = "<!-- /events -->\n";
        let page = std::fs::read_to_string(PAGE).unwrap();
        let (before, rest) = page.split_once(BEGIN).unwrap();
        let (documented, after) = rest.split_once(END).unwrap();
        let table = table();
        if documented != table && std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
            let page = format!("{before}{BEGIN}{table}{END}{after}");
            std::fs::write(PAGE, page).unwrap();
            return;
        }
        assert_eq!(documented, table, "docs/logs.md");
    }
}
