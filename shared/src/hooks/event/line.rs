//! The line of an event.
//!
//! Written by hand because serde's JSON leaves non-ASCII text as it is, and readers of inboxes compare
//! with what Python writes.

use std::fmt::Write as _;

use super::Event;

pub(super) fn of(event: &Event) -> String {
    let draft = &event.draft;
    let ts = format!("{:.3}", event.ts);
    let fields = [
        ("ts", Some(ts.as_str())),
        ("id", Some(event.id.as_str())),
        ("from", Some(event.from.as_str())),
        ("to", Some(draft.to.as_str())),
        ("type", Some(draft.kind.as_str())),
        ("priority", Some(draft.priority.as_str())),
        ("payload", Some(draft.payload.as_str())),
        ("sentinel", draft.sentinel.as_deref()),
        ("source", draft.source.as_deref()),
    ];
    let mut line = String::with_capacity(256 + draft.payload.len());
    let mut before = '{';
    for (name, value) in fields {
        let Some(value) = value else { continue };
        line.push(before);
        before = ',';
        push_text(&mut line, name);
        line.push(':');
        push_text(&mut line, value);
    }
    line.push_str("}\n");
    line
}

/// A JSON string in ASCII, escaped as Python does: `<`, `>`, `&` and `/` as they are, DEL and all that
/// is not ASCII in lower-case hex, and characters beyond the first plane as two surrogates.
fn push_text(line: &mut String, text: &str) {
    line.push('"');
    for c in text.chars() {
        match c {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            '\r' => line.push_str("\\r"),
            '\t' => line.push_str("\\t"),
            '\u{8}' => line.push_str("\\b"),
            '\u{c}' => line.push_str("\\f"),
            ' '..='~' => line.push(c),
            _ => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(line, "\\u{unit:04x}").expect("a string takes all that is written");
                }
            }
        }
    }
    line.push('"');
}
