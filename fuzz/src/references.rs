//! References in a text (`shared::reference`).
//!
//! Held: what is found stands in the text, one behind the other and not too many; written down alone
//! it is found again as the same.

use shared::reference::{Scope, find, scan::MAX_FOUND};

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let scope = Scope::of_teams(["ENG", "OPS"]).with_posthog("https://posthog.example");
    let found = find(text, &scope);
    assert!(found.len() <= MAX_FOUND);
    let mut end = 0;
    for it in found {
        assert!(
            it.span.start >= end && it.span.start < it.span.end,
            "{it:?}"
        );
        assert!(text.get(it.span.clone()).is_some(), "{it:?}");
        end = it.span.end;
        let written = it.reference.to_string();
        match find(&written, &scope).as_slice() {
            [again] => assert_eq!(again.reference, it.reference, "{written}"),
            again => panic!("{written}: {again:?}"),
        }
    }
}
