//! Deliveries of other tools (`shared::hooks::edge`, and the gateway that answers them): the first half
//! of an input is a body, which every format's sender proves; the second is headers, `name: value`.
//!
//! Held: what is proven is taken, but for Linear's of another time; one bit changed, of what is signed
//! or of the proof, and it is refused; what is said to be taken is kept once, and a repeat is known
//! again. An alert that can be read from the queue can be written, and reads again as the same.

use std::sync::LazyLock;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use shared::gateway::{self, Setup};
use shared::hooks::edge::verify::{NotVerified, verify};
use shared::hooks::edge::{Alert, Format, HEADERS, MAX_PAYLOAD_BYTES, delivery, event_type};
use shared::secret::Secret;

use crate::input::halves;
use crate::mac;
use crate::surroundings::{NOW_SECONDS, Surroundings, at_once, now};

const SECRET: &str = "correct-horse-battery";

/// What a report quotes: an alert is no longer.
const MAX_ALERT_CHARS: usize = 8_000;

/// The prefix of the proof, and the header that bears it.
fn proof(format: Format) -> (&'static str, &'static str) {
    match format {
        Format::GitHub => ("sha256=", "x-hub-signature-256"),
        Format::Forgejo => ("", "x-forgejo-signature"),
        Format::Sentry => ("", "sentry-hook-signature"),
        Format::Linear => ("", "linear-signature"),
        Format::PostHog | Format::Bearer => ("Bearer ", "authorization"),
    }
}

static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let names = || Format::ALL.map(Format::as_str).into_iter();
    let lists = names().flat_map(|name| [name.to_owned(), format!("{name}-alert")]);
    let lists: Vec<String> = lists.collect();
    let configured = |variable: &str| {
        let hook = variable.strip_prefix("HOOK_")?.to_ascii_lowercase();
        if hook.ends_with("_secret") {
            return Some(SECRET.to_owned());
        }
        Some(match hook.strip_suffix("_alert") {
            Some(format) => format!(
                r#"{{"format": "{format}", "missing": "lenient", "template": "{{{{ .title | default .event }}}}",
                     "to": {{"contextualize": {{"guild": "1", "channel": "2"}}}}}}"#
            ),
            None => format!(
                r#"{{"format": "{hook}", "missing": "strict", "template": "{{{{ .type | default \"x\" }}}} {{{{ . | json }}}}",
                     "to": {{"inbox": "alice"}}, "type": "INFO"}}"#
            ),
        })
    };
    let text = |name: &str| match name {
        "HOOKS" => Some(lists.join(",")),
        name => configured(name),
    };
    let setup = Setup::read(text, |_| true);
    assert_eq!(
        setup.hooks().off().len(),
        1,
        "only the token to pull is missing"
    );
    setup
});

pub(crate) fn check(bytes: &[u8]) {
    let (body, more) = halves(bytes);
    let more = headers(more);
    is_handled(body, &more);
    if let Ok(read @ Value::Object(_)) = serde_json::from_slice(body) {
        let plain = Value::to_string(&read);
        if plain.as_bytes() != body {
            is_handled(plain.as_bytes(), &more);
        }
    }
    if let Some(Ok(alert)) = Alert::decode(&String::from_utf8_lossy(body)) {
        assert_eq!(Alert::decode(&alert.encode()), Some(Ok(alert)));
    }
}

fn is_handled(body: &[u8], more: &HeaderMap) {
    for format in Format::ALL {
        let proven = proven(format, more, body);
        let said = verify(format, &secret(), &proven, body, now());
        let is_heard = is_heard(format, body);
        if let Some(is_heard) = is_heard {
            let heard = if is_heard {
                Ok(())
            } else {
                Err(NotVerified::Stale)
            };
            assert_eq!(said.map(drop), heard, "{}", format.as_str());
        }
        is_refused_if_a_bit_is_another(format, &proven, body);
        if let Ok(verified) = said {
            let keys = |route| delivery::keys(route, format, &proven, verified, now());
            let (keys, others) = (keys("a"), keys("b"));
            assert!((1..=2).contains(&keys.len()));
            for key in &keys {
                assert!(key.until > now() && !others.contains(key), "{key:?}");
            }
            if let Some(event) = event_type::event_type(format, &proven, verified) {
                is_said(format, &event, &proven, body);
            }
        }
        for hook in [
            format.as_str().to_owned(),
            format!("{}-alert", format.as_str()),
        ] {
            is_answered_alike_twice(&hook, &proven, body);
        }
    }
}

fn secret() -> Secret {
    Secret::new(SECRET)
}

/// Those that can be headers, and are let in.
fn headers(lines: &[u8]) -> HeaderMap {
    let lines = lines.split(|byte| *byte == b'\n');
    let header = |line: &[u8]| {
        let at = line.windows(2).position(|two| two == b": ")?;
        let name = HEADERS
            .into_iter()
            .find(|name| name.as_bytes() == &line[..at])?;
        let value = HeaderValue::from_bytes(&line[at + 2..]).ok()?;
        Some((HeaderName::from_static(name), value))
    };
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(header) {
        headers.append(name, value);
    }
    headers
}

fn proven(format: Format, more: &HeaderMap, body: &[u8]) -> HeaderMap {
    let (prefix, header) = proof(format);
    let proof = match format {
        Format::PostHog | Format::Bearer => SECRET.to_owned(),
        _ => mac::digits(SECRET, body),
    };
    let mut headers = more.clone();
    let value = HeaderValue::from_str(&format!("{prefix}{proof}"));
    headers.insert(header, value.expect("it is ASCII"));
    headers
}

/// Whether what is proven is of now. `None` where a body can be read in more than one way.
fn is_heard(format: Format, body: &[u8]) -> Option<bool> {
    if format != Format::Linear {
        return Some(true);
    }
    let at = plain(body)?["webhookTimestamp"].as_i64();
    Some(at.is_some_and(|at| (at - NOW_SECONDS * 1000).abs() <= 60_000))
}

/// An object that everybody reads alike: it is written as `serde_json` writes it.
fn plain(body: &[u8]) -> Option<Value> {
    let value: Value = serde_json::from_slice(body).ok()?;
    let is_plain = value.is_object() && value.to_string().as_bytes() == body;
    is_plain.then_some(value)
}

fn is_refused_if_a_bit_is_another(format: Format, proven: &HeaderMap, body: &[u8]) {
    let (prefix, header) = proof(format);
    let is_taken = |headers: &HeaderMap, body: &[u8]| {
        let said = verify(format, &secret(), headers, body, now());
        !matches!(said, Err(NotVerified::Wrong(_) | NotVerified::Malformed(_)))
    };
    let chosen = body
        .iter()
        .fold(0, |sum: usize, byte| sum * 31 % 65_521 + usize::from(*byte));
    if format.is_signed() && !body.is_empty() {
        let mut other = body.to_vec();
        other[chosen % body.len()] ^= 1 << (chosen % 8);
        assert!(!is_taken(proven, &other), "{}", format.as_str());
        assert!(!is_taken(proven, &body[1..]), "{}", format.as_str());
    }
    let value = proven[header].as_bytes();
    for bit in 0..8 {
        let mut other = value.to_vec();
        let at = chosen % value.len();
        other[at] ^= 1 << bit;
        // Digits are the same in capitals.
        let is_same = format.is_signed() && at >= prefix.len() && other.eq_ignore_ascii_case(value);
        if let Ok(other) = HeaderValue::from_bytes(&other) {
            let mut headers = proven.clone();
            headers.insert(header, other);
            assert_eq!(is_taken(&headers, body), is_same, "{headers:?}");
        }
    }
}

/// A type is what a header says that is there once, or what the body does.
fn is_said(format: Format, event: &str, headers: &HeaderMap, body: &[u8]) {
    let names: &[&str] = match format {
        Format::GitHub => &["x-github-event"],
        Format::Forgejo => &["x-forgejo-event", "x-gitea-event"],
        Format::Sentry => &["sentry-hook-resource"],
        Format::Linear => {
            let said = plain(body).map(|body| body["type"] == event);
            return assert_ne!(said, Some(false), "{event}");
        }
        Format::PostHog | Format::Bearer => panic!("{event} is said by nobody"),
    };
    let is_there = |name: &&str| {
        let mut values = headers.get_all(*name).iter();
        values
            .next()
            .is_some_and(|value| value.as_bytes() == event.as_bytes())
            && values.next().is_none()
    };
    assert!(names.iter().any(is_there), "{event} in {headers:?}");
}

fn is_answered_alike_twice(hook: &str, headers: &HeaderMap, body: &[u8]) {
    let world = Surroundings::default();
    let mut request = http::Request::post(format!("https://gateway.test/hooks/{hook}"));
    *request.headers_mut().expect("it is a request") = headers.clone();
    let request = request.body(body.to_vec()).expect("it is a request");
    let answer = || {
        let answered = at_once(gateway::handle(&request, &SETUP, &world));
        let said: Value = serde_json::from_slice(answered.body()).expect("an answer is JSON");
        (answered.status().as_u16(), said)
    };
    let (status, said) = answer();
    let made = (world.kept.borrow().len(), world.queued.borrow().len());
    match status {
        202 => {
            let is_alert = hook.ends_with("-alert");
            assert_eq!(made, if is_alert { (0, 1) } else { (1, 0) });
            let (again, repeated) = answer();
            assert_eq!((again, &repeated["id"]), (202, &said["id"]));
            assert_eq!(
                (&said["repeated"], &repeated["repeated"]),
                (&Value::Null, &true.into())
            );
            assert_eq!(
                made,
                (world.kept.borrow().len(), world.queued.borrow().len())
            );
            world
                .kept
                .borrow()
                .iter()
                .for_each(|event| is_an_event(event));
            world
                .queued
                .borrow()
                .iter()
                .for_each(|queued| is_an_alert(queued));
        }
        200 | 400 | 401 | 500 => assert_eq!(made, (0, 0), "{said}"),
        _ => panic!("{status} {said}"),
    }
}

fn is_an_event(event: &str) {
    let event: Value = serde_json::from_str(event).expect("an event is JSON");
    assert_eq!(event["to"], "alice");
    let payload = event["payload"].as_str().expect("an event has a payload");
    assert!(payload.len() <= MAX_PAYLOAD_BYTES);
}

fn is_an_alert(queued: &str) {
    let alert = Alert::decode(queued)
        .expect("it is an alert")
        .expect("of this version");
    assert_eq!(alert.encode(), queued);
    let length = alert.text.chars().count();
    assert!((1..=MAX_ALERT_CHARS).contains(&length) && !alert.text.trim().is_empty());
    assert_eq!((alert.guild.as_str(), alert.channel.as_str()), ("1", "2"));
}
