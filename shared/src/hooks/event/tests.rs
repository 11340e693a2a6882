use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn event(payload: &str) -> Event {
    let draft = Draft {
        to: Recipient::parse("dev").unwrap(),
        kind: Kind::NeedsResponse,
        priority: Priority::Urgent,
        payload: payload.to_owned(),
        sentinel: None,
        source: None,
    };
    let ts = "2026-11-21T15:22:08.1239Z".parse().unwrap();
    draft.stamped(
        &Agent::parse("watcher").unwrap(),
        EventId::of([0xa5; 16]),
        ts,
    )
}

#[test]
fn a_line_has_its_keys_in_order_and_optional_ones_only_when_set() {
    let mut event = event("hello");
    assert_eq!(
        event.line(),
        "{\"ts\":\"2026-11-21T15:22:08.123Z\",\"id\":\"a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5\",\
         \"from\":\"watcher\",\"to\":\"dev\",\"type\":\"NEEDS-RESPONSE\",\"priority\":\"urgent\",\
         \"payload\":\"hello\"}\n"
    );
    event.draft.sentinel = Some("done".to_owned());
    event.draft.source = Some("webhook:/x".to_owned());
    assert!(
        event
            .line()
            .ends_with("\"payload\":\"hello\",\"sentinel\":\"done\",\"source\":\"webhook:/x\"}\n")
    );
}

/// The right-hand sides are what Python 3.11 printed for `json.dumps(text, separators=(",", ":"))`.
#[test]
fn texts_are_escaped_as_python_does() {
    let python = [
        ("\"\\/", r#""\"\\/""#),
        (
            "\n\r\t\u{8}\u{c}\u{b}\0\u{1f}",
            r#""\n\r\t\b\f\u000b\u0000\u001f""#,
        ),
        ("<a href='x'>&amp;</a>", r#""<a href='x'>&amp;</a>""#),
        (" ~\u{7f}\u{80}", r#"" ~\u007f\u0080""#),
        ("é€漢", r#""\u00e9\u20ac\u6f22""#),
        ("😀\u{10ffff}", r#""\ud83d\ude00\udbff\udfff""#),
        ("\u{2028}\u{feff}\u{fffd}", r#""\u2028\ufeff\ufffd""#),
    ];
    for (text, expected) in python {
        let line = event(text).line();
        assert!(
            line.ends_with(&format!("\"payload\":{expected}}}\n")),
            "{line}"
        );
    }
}

#[test]
fn a_recipient_is_no_path_and_no_option() {
    for good in ["dev", "a", "_x", "dev-2.b@host+c", &"x".repeat(100)] {
        assert_eq!(Recipient::parse(good).unwrap().as_str(), good);
    }
    for bad in [
        "",
        ".",
        "..",
        ".dev",
        "-dev",
        "@dev",
        "a/b",
        "../dev",
        "a\\b",
        "a b",
        "a\0",
        "a\n",
        "dév",
        &"x".repeat(101),
    ] {
        assert!(Recipient::parse(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn an_agent_is_any_text_of_one_line() {
    assert!(Agent::parse("Ann's watcher ✓").is_ok());
    for bad in ["", "a\nb", "a\u{7f}"] {
        assert!(Agent::parse(bad).is_err(), "{bad:?}");
    }
}

proptest! {
    #[test]
    fn any_text_makes_one_ascii_line_that_reads_back(text in any::<String>(), source in ".*") {
        let mut event = event(&text);
        event.draft.source = Some(source.clone());
        let line = event.line();
        prop_assert!(line.is_ascii());
        prop_assert_eq!(line.find('\n'), Some(line.len() - 1));
        let read: Value = serde_json::from_str(&line).unwrap();
        prop_assert_eq!(read["payload"].as_str(), Some(text.as_str()));
        prop_assert_eq!(read["source"].as_str(), Some(source.as_str()));
    }
}
