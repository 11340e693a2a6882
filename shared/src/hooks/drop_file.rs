//! Drop files: events that other programs put into a folder.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::event::{Draft, Kind, Priority, Recipient};
use super::{MAX_BODY_BYTES, MAX_PAYLOAD_BYTES};

/// Why a drop file is none. Its text goes beside the file, to whoever wrote it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadDropFile {
    /// More than is read.
    #[error("the file is longer than {MAX_BODY_BYTES} bytes")]
    TooLong,
    /// No JSON, or not of the right shape.
    #[error("{0}")]
    Unreadable(String),
    /// The payload does not fit into an event.
    #[error("the payload is longer than {MAX_PAYLOAD_BYTES} bytes")]
    PayloadTooLong,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(deserialize_with = "recipient")]
    recipient: Recipient,
    #[serde(rename = "type")]
    kind: Kind,
    #[serde(default)]
    priority: Priority,
    payload: String,
    sentinel: Option<String>,
}

/// Says of whom it speaks: what is wrong with a name does not.
fn recipient<'de, D: Deserializer<'de>>(from: D) -> Result<Recipient, D::Error> {
    let text = String::deserialize(from)?;
    let wrong = |bad| D::Error::custom(format_args!("recipient {bad}"));
    Recipient::parse(&text).map_err(wrong)
}

/// Reads the file of this name.
pub fn parse(name: &str, bytes: &[u8]) -> Result<Draft, BadDropFile> {
    if bytes.len() > MAX_BODY_BYTES {
        return Err(BadDropFile::TooLong);
    }
    // serde would take a list of the values as well.
    if !matches!(bytes.trim_ascii_start().first(), None | Some(b'{')) {
        return Err(BadDropFile::Unreadable("not a JSON object".to_owned()));
    }
    let file: File =
        serde_json::from_slice(bytes).map_err(|bad| BadDropFile::Unreadable(bad.to_string()))?;
    if file.payload.len() > MAX_PAYLOAD_BYTES {
        return Err(BadDropFile::PayloadTooLong);
    }
    Ok(Draft {
        to: file.recipient,
        kind: file.kind,
        priority: file.priority,
        payload: file.payload,
        sentinel: file.sentinel,
        source: Some(format!("drop-folder:{name}")),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn reason(text: &str) -> String {
        parse("x.json", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_file_with_all_fields_is_an_event() {
        let text = r#"{"recipient":"dev","type":"ACK-REQUEST","priority":"urgent","payload":"p",
                       "sentinel":"s"}"#;
        let draft = parse("a.json", text.as_bytes()).unwrap();
        assert_eq!(
            draft,
            Draft {
                to: Recipient::parse("dev").unwrap(),
                kind: Kind::AckRequest,
                priority: Priority::Urgent,
                payload: "p".to_owned(),
                sentinel: Some("s".to_owned()),
                source: Some("drop-folder:a.json".to_owned()),
            }
        );
    }

    #[test]
    fn priority_is_normal_and_a_sentinel_absent_unless_said() {
        let draft = parse(
            "a.json",
            br#"{"recipient":"dev","type":"INFO","payload":""}"#,
        )
        .unwrap();
        assert_eq!(draft.priority, Priority::Normal);
        assert_eq!(draft.sentinel, None);
    }

    #[test]
    fn the_reason_says_what_is_wrong_and_where() {
        insta::assert_snapshot!(reason(r#"{"recipient":"dev","type":"INFO","payload":"p","extra":1}"#),
            @"unknown field `extra`, expected one of `recipient`, `type`, `priority`, `payload`, `sentinel` at line 1 column 54");
        insta::assert_snapshot!(reason(r#"{"type":"INFO","payload":"p"}"#),
            @"missing field `recipient` at line 1 column 29");
        insta::assert_snapshot!(reason(r#"{"recipient":"../x","type":"INFO","payload":"p"}"#),
            @"recipient may not contain '/' at line 1 column 19");
        insta::assert_snapshot!(reason(r#"{"recipient":"dev","type":"info","payload":"p"}"#),
            @"unknown variant `info`, expected one of `INFO`, `NEEDS-RESPONSE`, `ACK-REQUEST` at line 1 column 32");
        insta::assert_snapshot!(reason(r#"{"recipient":"dev","type":"INFO","priority":"high","payload":"p"}"#),
            @"unknown variant `high`, expected `normal` or `urgent` at line 1 column 50");
        insta::assert_snapshot!(reason(r#"{"recipient":"dev","type":"INFO","payload":{"a":1}}"#),
            @"invalid type: map, expected a string at line 1 column 43");
        insta::assert_snapshot!(reason(""), @"EOF while parsing a value at line 1 column 0");
        insta::assert_snapshot!(reason(r#"["dev","INFO","normal","p",null]"#), @"not a JSON object");
        insta::assert_snapshot!(reason(&" ".repeat(MAX_BODY_BYTES + 1)),
            @"the file is longer than 1048576 bytes");
    }

    #[test]
    fn a_field_given_twice_is_refused() {
        let twice = r#"{"recipient":"dev","recipient":"ops","type":"INFO","payload":"p"}"#;
        assert!(reason(twice).starts_with("duplicate field `recipient`"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse("x.json", &bytes);
        }
    }
}
