//! Each format on the wire: what a sender sends is taken, and nothing else.

use ::http::{HeaderMap, HeaderName, HeaderValue};
use jiff::{SignedDuration, Timestamp};

use super::Format;
use super::delivery::{KNOWN_FOR, Key, SAME_BYTES_FOR, is_ping, keys};
use super::event_type::event_type;
use super::verify::{NotVerified, prove, verify};
use crate::secret::Secret;

const BODY: &[u8] = br#"{"webhookTimestamp": 1780000000000, "event": {"uuid": "e-1"}}"#;

fn secret() -> Secret {
    Secret::new("It's a Secret to Everybody")
}

fn now() -> Timestamp {
    Timestamp::from_second(1_780_000_000).unwrap()
}

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let pair = |(name, value): &(&'static str, &str)| {
        let value = HeaderValue::from_str(value).unwrap();
        (HeaderName::from_static(name), value)
    };
    pairs.iter().map(pair).collect()
}

fn verified(format: Format, headers: &HeaderMap, body: &[u8]) -> Result<(), NotVerified> {
    verify(format, &secret(), headers, body, now()).map(drop)
}

fn proven(format: Format, body: &[u8]) -> HeaderMap {
    let (name, value) = prove(format, &secret(), body);
    headers(&[(name, &value)])
}

/// Made with `openssl dgst -sha256 -hmac "It's a Secret to Everybody"`; GitHub documents the same.
#[test]
fn the_digits_are_those_that_everybody_else_calculates() {
    const DIGITS: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
    let body = b"Hello, World!";
    for (header, value, format) in [
        (
            "x-hub-signature-256",
            format!("sha256={DIGITS}"),
            Format::GitHub,
        ),
        ("x-forgejo-signature", DIGITS.to_owned(), Format::Forgejo),
        ("x-gitea-signature", DIGITS.to_owned(), Format::Forgejo),
        ("sentry-hook-signature", DIGITS.to_owned(), Format::Sentry),
    ] {
        let headers = headers(&[(header, &value)]);
        assert_eq!(verified(format, &headers, body), Ok(()), "{header}");
    }
    let linear = headers(&[("linear-signature", DIGITS)]);
    // Signed, and without a time.
    assert_eq!(
        verified(Format::Linear, &linear, body),
        Err(NotVerified::Stale)
    );
}

#[test]
fn every_format_takes_what_is_proven_and_nothing_else() {
    for format in Format::ALL {
        let name = format.as_str();
        let good = proven(format, BODY);
        assert_eq!(verified(format, &good, BODY), Ok(()), "{name}");

        let none = verified(format, &HeaderMap::new(), BODY);
        assert!(matches!(none, Err(NotVerified::Missing(_))), "{name}");

        let mut doubled = good.clone();
        for (header, value) in &good {
            doubled.append(header, value.clone());
        }
        let twice = verified(format, &doubled, BODY);
        assert!(matches!(twice, Err(NotVerified::Repeated(_))), "{name}");

        let (header, _) = prove(format, &secret(), BODY);
        let (_, other) = prove(format, &Secret::new("another secret of 16"), BODY);
        let wrong = verified(format, &headers(&[(header, &other)]), BODY);
        assert_eq!(wrong, Err(NotVerified::Wrong(header)), "{name}");

        let malformed = verified(format, &headers(&[(header, "sha256=xyz")]), BODY);
        assert_eq!(malformed, Err(NotVerified::Malformed(header)), "{name}");

        if format.is_signed() {
            let other = verified(format, &good, b"{}");
            assert_eq!(other, Err(NotVerified::Wrong(header)), "{name}");
        }
    }
}

#[test]
fn a_bad_signature_of_forgejos_is_not_mended_by_a_good_one_of_giteas() {
    let (_, good) = prove(Format::Forgejo, &secret(), BODY);
    let bad = "0".repeat(64);
    let both = headers(&[("x-forgejo-signature", &bad), ("x-gitea-signature", &good)]);
    assert_eq!(
        verified(Format::Forgejo, &both, BODY),
        Err(NotVerified::Wrong("x-forgejo-signature"))
    );
}

#[test]
fn linear_is_heard_within_a_minute_only() {
    let at = |seconds: i64| {
        let then = now() + SignedDuration::from_secs(seconds);
        let body = format!(r#"{{"webhookTimestamp": {}}}"#, then.as_millisecond());
        verified(
            Format::Linear,
            &proven(Format::Linear, body.as_bytes()),
            body.as_bytes(),
        )
    };
    assert_eq!([at(-60), at(0), at(60)], [Ok(()); 3]);
    assert_eq!([at(-61), at(61)], [Err(NotVerified::Stale); 2]);
    for body in ["[]", "{}", r#"{"webhookTimestamp": "now"}"#] {
        let body = body.as_bytes();
        let said = verified(Format::Linear, &proven(Format::Linear, body), body);
        assert_eq!(said, Err(NotVerified::Stale));
    }
}

fn known_by(format: Format, more: &[(&'static str, &str)], body: &[u8]) -> Vec<Key> {
    let mut all = proven(format, body);
    for (name, value) in headers(more) {
        all.insert(name.unwrap(), value);
    }
    let verified = verify(format, &secret(), &all, body, now()).unwrap();
    keys("route", format, &all, verified, now())
}

/// The formats whose deliveries have an id, with its header.
const IDS: [(Format, &str); 6] = [
    (Format::GitHub, "x-github-delivery"),
    (Format::Forgejo, "x-forgejo-delivery"),
    (Format::Forgejo, "x-gitea-delivery"),
    (Format::Sentry, "request-id"),
    (Format::Linear, "linear-delivery"),
    (Format::Bearer, "idempotency-key"),
];

#[test]
fn a_delivery_is_known_by_its_id() {
    for (format, header) in IDS {
        let other: &[u8] = br#"{"webhookTimestamp": 1780000000001}"#;
        let first = known_by(format, &[(header, "d-1")], BODY);
        let again = known_by(format, &[(header, "d-1")], other);
        assert_eq!(first[0], again[0], "{header}");
        assert_ne!(first[0], known_by(format, &[(header, "d-2")], BODY)[0]);
        assert_eq!(first[0].until, now() + KNOWN_FOR);
    }
    let first = known_by(Format::PostHog, &[], BODY);
    assert_eq!(
        first,
        known_by(Format::PostHog, &[], br#"{"event":{"uuid":"e-1"}}"#)
    );
    assert_ne!(
        first,
        known_by(Format::PostHog, &[], br#"{"event":{"uuid":"e-2"}}"#)
    );
}

#[test]
fn signed_bytes_are_one_delivery_whatever_id_they_come_with() {
    for (format, header) in IDS {
        let first = known_by(format, &[(header, "d-1")], BODY);
        let replayed = known_by(format, &[(header, "d-2")], BODY);
        let shared = first.iter().any(|key| replayed.contains(key));
        assert_eq!(shared, format.is_signed(), "{header}");
    }
}

#[test]
fn bytes_that_nobody_signed_are_the_same_delivery_for_minutes_only() {
    let first = known_by(Format::Bearer, &[], b"{}");
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].until, now() + SAME_BYTES_FOR);
    assert_eq!(first, known_by(Format::Bearer, &[], b"{}"));
}

#[test]
fn the_same_delivery_to_another_route_is_another() {
    let all = proven(Format::Sentry, BODY);
    let verified = verify(Format::Sentry, &secret(), &all, BODY, now()).unwrap();
    let [a, b] = ["a", "b"].map(|route| keys(route, Format::Sentry, &all, verified, now()));
    assert!(a.iter().all(|key| !b.contains(key)));
}

#[test]
fn only_github_pings() {
    let ping = headers(&[("x-github-event", "ping")]);
    assert!(is_ping(Format::GitHub, &ping));
    assert!(!is_ping(Format::Forgejo, &ping));
    assert!(!is_ping(
        Format::GitHub,
        &headers(&[("x-github-event", "push")])
    ));
}

#[test]
fn a_delivery_says_of_which_type_it_is_where_its_format_has_types() {
    let body = br#"{"type": "Issue", "webhookTimestamp": 1780000000000}"#;
    let told = |format: Format, more: &[(&'static str, &str)]| {
        let mut all = proven(format, body);
        all.extend(headers(more));
        let verified = verify(format, &secret(), &all, body, now()).unwrap();
        event_type(format, &all, verified)
    };
    let every = [
        ("x-github-event", "issues"),
        ("x-forgejo-event", "push"),
        ("x-gitea-event", "older"),
        ("sentry-hook-resource", "event_alert"),
        ("linear-event", "Comment"),
    ];
    let types = Format::ALL.map(|format| told(format, &every));
    let types = types.each_ref().map(Option::as_deref);
    let expected = [
        Some("issues"),
        Some("push"),
        Some("event_alert"),
        None,
        // Signed, unlike the header.
        Some("Issue"),
        None,
    ];
    assert_eq!(types, expected);
    let gitea = told(Format::Forgejo, &every[2..]);
    assert_eq!(gitea.as_deref(), Some("older"));
    for format in Format::ALL {
        assert_eq!(told(format, &[]).is_some(), format == Format::Linear);
        let has_types = types[Format::ALL.iter().position(|it| *it == format).unwrap()];
        assert_eq!(format.has_event_types(), has_types.is_some());
    }
    // Which of two is meant nobody knows.
    let mut doubled = proven(Format::GitHub, body);
    for event in ["issues", "push"] {
        doubled.append("x-github-event", HeaderValue::from_static(event));
    }
    let verified = verify(Format::GitHub, &secret(), &doubled, body, now()).unwrap();
    assert_eq!(event_type(Format::GitHub, &doubled, verified), None);
}

#[test]
fn an_id_that_is_empty_or_endless_is_none() {
    for id in [String::new(), "d".repeat(257)] {
        for (format, header) in IDS {
            let with = known_by(format, &[(header, &id)], BODY);
            assert_eq!(with, known_by(format, &[], BODY), "{header}");
        }
    }
    let longest = known_by(
        Format::Bearer,
        &[("idempotency-key", &"d".repeat(256))],
        BODY,
    );
    assert_eq!(longest[0].until, now() + KNOWN_FOR);
}
