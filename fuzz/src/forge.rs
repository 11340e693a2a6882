//! The hub's forges (`shared::hub::forge`): the first half of an input is the operator's list, each line
//! of the second an address that a client sends.
//!
//! Held: whatever is accepted, the token goes to an address of the list and to nothing else, by how the
//! library reads it that sends requests; and no list takes one that is not https to a host with a name
//! of the public internet, but for this machine on a machine of development.

use std::net::IpAddr;

use http::Uri;
use shared::hub::forge::{self, Forges};
use shared::secret::Secret;
use url::Url;

use crate::input::halves;
use crate::surroundings::{Surroundings, at_once};

const TOKEN: &str = "t0ken";
/// Top-level names that are nobody's on the internet.
const PRIVATE: [&str; 6] = ["localhost", "local", "internal", "lan", "home", "arpa"];

pub(crate) fn check(bytes: &[u8]) {
    let (list, addresses) = halves(bytes);
    let (Ok(list), addresses) = (
        std::str::from_utf8(list),
        String::from_utf8_lossy(addresses),
    ) else {
        return;
    };
    for is_development in [false, true] {
        let forges = match Forges::parse(list, is_development) {
            Ok(forges) => forges,
            Err(bad) => {
                assert!(!bad.to_string().contains(char::is_control), "{bad}");
                continue;
            }
        };
        let entries = list.split(',').map(str::trim).filter(|it| !it.is_empty());
        for entry in entries.clone() {
            assert!(
                forges.listed(entry).is_some(),
                "{entry:?} is not what it was listed as"
            );
        }
        assert_eq!(forges.is_empty(), entries.count() == 0);
        for address in list.split(',').map(str::trim).chain(addresses.lines()) {
            if let Some(listed) = forges.listed(address) {
                is_the_same_place(address, listed);
                is_asked_there(listed, is_development);
            }
        }
    }
}

fn is_the_same_place(address: &str, listed: &str) {
    let [given, listed] = [address, listed].map(|it| Url::parse(it).expect("it was accepted"));
    assert_eq!(given.origin(), listed.origin());
    assert_eq!(
        given.path().trim_end_matches('/'),
        listed.path().trim_end_matches('/')
    );
    assert!(given.username().is_empty() && given.password().is_none());
    assert_eq!((given.query(), given.fragment()), (None, None));
}

/// Where the request goes, as the library reads it that is given it.
fn is_asked_there(listed: &str, is_development: bool) {
    let world = Surroundings::default();
    let asked = at_once(forge::ask(&world, listed, &Secret::new(TOKEN)));
    asked.expect_err("nobody answers");
    let sent = world.sent.take();
    let [request] = sent.as_slice() else {
        panic!("{listed} is never asked: {sent:?}");
    };
    assert_eq!(
        request.headers()["authorization"],
        format!("Bearer {TOKEN}")
    );
    let uri = request.uri();
    let base: Uri = listed.parse().expect("a request was made of it");
    assert_eq!(
        (uri.scheme(), uri.authority()),
        (base.scheme(), base.authority())
    );
    assert_eq!(
        uri.path(),
        format!("{}/api/v1/user", base.path().trim_end_matches('/'))
    );
    assert_eq!(uri.query(), None);
    assert!(
        !uri.authority().is_some_and(|it| it.as_str().contains('@')),
        "{uri}"
    );
    let host = uri.host().expect("it has a host");
    if is_development && is_this_machine(host) {
        return;
    }
    assert_eq!(uri.scheme_str(), Some("https"), "{uri}");
    is_public(host);
}

fn number(host: &str) -> Option<IpAddr> {
    host.trim_matches(['[', ']']).parse().ok()
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || number(host).is_some_and(|it| it.is_loopback())
}

fn is_public(host: &str) {
    assert!(number(host).is_none() && !host.starts_with('['), "{host}");
    let host = host.strip_suffix('.').unwrap_or(host);
    let labels: Vec<_> = host.split('.').collect();
    assert!(labels.len() > 1, "{host}");
    let last = labels.last().copied().unwrap_or_default().to_lowercase();
    assert!(!PRIVATE.contains(&&*last), "{host}");
    // Some read such a name as a number, and go to 127.0.0.1.
    let is_number = |label: &str| {
        let hex = label.strip_prefix("0x");
        hex.is_some_and(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))
            || label.bytes().all(|b| b.is_ascii_digit())
    };
    assert!(!is_number(&last), "{host}");
}
