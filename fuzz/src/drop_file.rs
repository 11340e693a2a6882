//! Drop files (`shared::hooks::drop_file`): the first half of an input is the file's name, the second
//! what is in it.
//!
//! Held: what is accepted says in its line what it said in its file; the line is what Python's
//! `json.dumps(event, separators=(",", ":"))` writes; a file made of the line is the same event again.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::ser::{CharEscape, Formatter};
use serde_json::{Serializer, Value, json};
use shared::hooks::{Agent, EventId, MAX_PAYLOAD_BYTES, drop_file};

use crate::input::halves;

/// With their ending they have to fit into the name of a file.
const MAX_RECIPIENT_BYTES: usize = 100;

pub(crate) fn check(bytes: &[u8]) {
    let (name, file) = halves(bytes);
    let name = String::from_utf8_lossy(name);
    let draft = match drop_file::parse(&name, file) {
        Ok(draft) => draft,
        Err(bad) => {
            assert!(!bad.to_string().is_empty(), "no reason is given");
            return;
        }
    };
    let written: Value = serde_json::from_slice(file).expect("it was accepted as JSON");
    assert_eq!(written["payload"], draft.payload.as_str());
    assert_eq!(written["recipient"], draft.to.as_str());
    assert_eq!(written["type"], draft.kind.as_str());
    let said = |name: &str| written.get(name).and_then(Value::as_str);
    assert_eq!(
        said("priority").unwrap_or("normal"),
        draft.priority.as_str()
    );
    assert_eq!(said("sentinel"), draft.sentinel.as_deref());
    assert!(draft.payload.len() <= MAX_PAYLOAD_BYTES);
    names_a_file_and_no_path(draft.to.as_str());

    let agent = Agent::parse("Ann's watcher ✓").expect("it can be printed");
    let stamp = Timestamp::UNIX_EPOCH;
    let line = draft
        .clone()
        .stamped(&agent, EventId::of([7; 16]), stamp)
        .line();
    assert_eq!(line.find('\n'), Some(line.len() - 1), "not one line");
    assert!(line.is_ascii());
    let Fields(fields) = serde_json::from_str(&line).expect("a line is JSON");
    assert_eq!(line, python(&fields));

    let mut expected = vec!["ts", "id", "from", "to", "type", "priority", "payload"];
    expected.extend(draft.sentinel.as_ref().map(|_| "sentinel"));
    expected.push("source");
    let names: Vec<&str> = fields.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, expected);

    let of = |name: &str| {
        fields
            .iter()
            .find(|it| it.0 == name)
            .map(|it| it.1.as_str())
    };
    assert_eq!(of("source"), Some(format!("drop-folder:{name}").as_str()));
    let again = json!({
        "recipient": of("to"), "type": of("type"), "priority": of("priority"),
        "payload": of("payload"), "sentinel": of("sentinel"),
    });
    let again = drop_file::parse(&name, again.to_string().as_bytes());
    assert_eq!(again, Ok(draft));
}

fn names_a_file_and_no_path(recipient: &str) {
    let allowed = |c: char| c.is_ascii_graphic() && !"/\\*?'\"$`&|;<>()".contains(c);
    assert!(recipient.chars().all(allowed), "{recipient:?}");
    assert!(!recipient.starts_with(['.', '-', '~']), "{recipient:?}");
    assert!((1..=MAX_RECIPIENT_BYTES).contains(&recipient.len()));
}

/// The fields of an object of texts, in their order.
struct Fields(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

/// What Python writes, by another way than the product's.
fn python(fields: &[(String, String)]) -> String {
    let mut line = Vec::new();
    for (name, value) in fields {
        line.push(if line.is_empty() { b'{' } else { b',' });
        for (text, end) in [(name, b':'), (value, b' ')] {
            let mut serializer = Serializer::with_formatter(&mut line, Ascii);
            serde::Serialize::serialize(text, &mut serializer).expect("a text is JSON");
            line.push(end);
        }
        line.pop();
    }
    line.extend(b"}\n");
    String::from_utf8(line).expect("it is ASCII")
}

/// JSON as serde writes it, but in ASCII.
struct Ascii;

impl Formatter for Ascii {
    fn write_string_fragment<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> std::io::Result<()> {
        for unit in fragment.encode_utf16() {
            match u8::try_from(unit) {
                Ok(byte @ b' '..=b'~') => writer.write_all(&[byte])?,
                _ => write!(writer, "\\u{unit:04x}")?,
            }
        }
        Ok(())
    }

    fn write_char_escape<W: ?Sized + std::io::Write>(
        &mut self,
        writer: &mut W,
        escape: CharEscape,
    ) -> std::io::Result<()> {
        serde_json::ser::CompactFormatter.write_char_escape(writer, escape)
    }
}
