//! GitHub's webhook (`shared::github::webhook`): the first half of an input is the event's name, the
//! second its payload, signed as GitHub does.
//!
//! Held: a notice reads again from the queue as the same; it is of a branch of ours, asks what somebody
//! wrote who may ask, and shows addresses of the web alone. Any other payload is not GitHub's.

use http::{HeaderMap, HeaderValue};
use serde_json::Value;
use shared::github::webhook::signature::{Refusal, SIGNATURE_HEADER, verify};
use shared::github::webhook::{
    DELIVERY_HEADER, EVENT_HEADER, Happening, MAX_ASK_CHARS, Notice, Received, parse,
};
use shared::secret::Secret;
use url::Url;

use crate::input::halves;
use crate::mac;
use crate::surroundings::now;

const SECRET: &str = "correct-horse-battery";
const BRANCHES: &str = "bugbot/";
const TRUSTED: [&str; 3] = ["OWNER", "MEMBER", "COLLABORATOR"];

pub(crate) fn check(bytes: &[u8]) {
    is_read_again(&String::from_utf8_lossy(bytes));
    let (event, body) = halves(bytes);
    let Ok(event) = HeaderValue::from_bytes(event) else {
        return;
    };
    let signature = format!("sha256={}", mac::digits(SECRET, body));
    let signature = HeaderValue::from_str(&signature).expect("it is ASCII");
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_HEADER, signature);
    headers.insert(EVENT_HEADER, event);
    headers.insert(DELIVERY_HEADER, HeaderValue::from_static("d-1"));
    let secret = Secret::new(SECRET);
    let verified = verify(&secret, &headers, body).expect("it is signed");
    match parse(verified, &headers, now()) {
        Ok(Received::Notice(notice)) => {
            is_of_ours(&notice);
            is_what_was_written(&notice, body);
            assert_eq!(Notice::decode(&notice.encode()), Some(Ok(*notice)));
        }
        Ok(Received::Ping) => assert_eq!(headers[EVENT_HEADER], "ping"),
        Ok(Received::Ignored(why)) => assert!(!why.is_empty()),
        Err(unreadable) => assert!(!unreadable.to_string().is_empty()),
    }
    let mut other = body.to_vec();
    match other.get_mut(bytes.len() % (body.len() + 1)) {
        Some(byte) => *byte ^= 1,
        None => other.push(b' '),
    }
    assert_eq!(
        verify(&secret, &headers, &other).map(drop),
        Err(Refusal::Wrong)
    );
}

fn is_read_again(queued: &str) {
    if let Some(Ok(notice)) = Notice::decode(queued) {
        assert_eq!(Notice::decode(&notice.encode()), Some(Ok(notice)));
    }
}

fn is_of_ours(notice: &Notice) {
    let place = &notice.place;
    let branch = place.branch.as_ref();
    assert!(
        branch.is_none_or(|branch| branch.starts_with(BRANCHES)),
        "{place:?}"
    );
    assert!(
        branch.is_some() || place.commit.is_some() || place.number.is_some(),
        "nobody finds {place:?}"
    );
    let names = notice.repository.to_string();
    let names: Vec<_> = names.split('/').collect();
    assert!(
        matches!(*names, [owner, name] if !owner.is_empty() && !["", ".", ".."].contains(&name))
    );
}

fn is_what_was_written(notice: &Notice, body: &[u8]) {
    match &notice.happening {
        Happening::PullRequest | Happening::Checks => {}
        Happening::Deployed(preview) => {
            let url = Url::parse(&preview.url).expect("a preview is an address");
            assert!(matches!(url.scheme(), "http" | "https"), "{url}");
            // In a link of Markdown it stays what it is.
            let ends_a_link = |c: char| c.is_whitespace() || "()<>[]|`".contains(c);
            assert!(!preview.url.contains(ends_a_link), "{url}");
        }
        Happening::Asked(ask) => {
            assert!(ask.text.chars().count() <= MAX_ASK_CHARS);
            let text = ask.text.to_lowercase();
            assert!(
                text.contains("@bugbot") || text.contains("/bugbot"),
                "{text}"
            );
            let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(body) else {
                return;
            };
            let is_author = |written: &Value| {
                let who = written["author_association"].as_str().unwrap_or_default();
                let is_trusted = TRUSTED.contains(&who) && written["user"]["type"] != "Bot";
                is_trusted && written["user"]["login"] == ask.by
            };
            let written = [&body["comment"], &body["review"]];
            assert!(written.into_iter().any(is_author), "{ask:?}");
        }
    }
}
