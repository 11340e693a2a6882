//! Names of issues, and how they travel in a path.
//!
//! Invariant: an id is one path segment, whatever it holds: no id can change which call is made.

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

/// What may stand in a segment as it is: the unreserved characters of RFC 3986.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The longest id: a repository's full name has at most 140 characters, a number 20.
const MAX_CHARS: usize = 255;

/// An issue as the hub names it: `owner/repo#123`, or an opaque name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct IssueId(String);

/// Why a text names no issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadIssue {
    /// There is nothing, or far too much.
    #[error("an issue's id has 1 to {MAX_CHARS} characters")]
    Length,
    /// Spaces or control characters.
    #[error("an issue's id has no spaces and no control characters")]
    Characters,
    /// `.` and `..` mean something else in a path, and `claimed` is the list of claims.
    #[error("an issue cannot have that id: it means something else in an address")]
    Reserved,
}

impl IssueId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Repository and number, where the id is of the form `owner/repo#123`.
    pub fn place(&self) -> Option<(&str, u64)> {
        let (repository, number) = self.0.rsplit_once('#')?;
        let (owner, name) = repository.split_once('/')?;
        let whole = !owner.is_empty() && !name.is_empty() && !name.contains(['/', '#']);
        let digits = number.bytes().all(|b| b.is_ascii_digit());
        (whole && digits).then_some((repository, number.parse().ok()?))
    }

    /// The id as one segment of a path.
    pub(crate) fn segment(&self) -> String {
        utf8_percent_encode(&self.0, SEGMENT).to_string()
    }

    /// The id that [`IssueId::segment`] made a segment of.
    pub(crate) fn of_segment(segment: &str) -> Option<Self> {
        let text = percent_encoding::percent_decode_str(segment).decode_utf8();
        text.ok()?.parse().ok()
    }
}

impl FromStr for IssueId {
    type Err = BadIssue;

    /// Also takes the address of an issue on a forge: `https://github.com/owner/repo/issues/123`.
    fn from_str(text: &str) -> Result<Self, BadIssue> {
        let text = of_address(text).unwrap_or_else(|| text.to_owned());
        if text.is_empty() || text.chars().count() > MAX_CHARS {
            return Err(BadIssue::Length);
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(BadIssue::Characters);
        }
        if matches!(text.as_str(), "." | ".." | "claimed") {
            return Err(BadIssue::Reserved);
        }
        Ok(Self(text))
    }
}

/// `owner/repo#123` of an issue's address, on whatever forge.
pub(crate) fn of_address(text: &str) -> Option<String> {
    let url = url::Url::parse(text).ok()?;
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let segments: Vec<&str> = url.path_segments()?.collect();
    match segments.as_slice() {
        [owner, name, "issues", number] if number.parse::<u64>().is_ok() => {
            Some(format!("{owner}/{name}#{number}"))
        }
        _ => None,
    }
}

impl fmt::Display for IssueId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_id_is_one_segment() {
        let segment = |id: &str| id.parse::<IssueId>().unwrap().segment();
        assert_eq!(segment("acme/shop#12"), "acme%2Fshop%2312");
        assert_eq!(segment("issue-42"), "issue-42");
        assert_eq!(segment("a/../b?c%2F"), "a%2F..%2Fb%3Fc%252F");
    }

    #[test]
    fn an_id_that_would_be_another_call_is_refused() {
        for id in [".", "..", "claimed"] {
            assert_eq!(id.parse::<IssueId>(), Err(BadIssue::Reserved));
        }
        assert_eq!("".parse::<IssueId>(), Err(BadIssue::Length));
        assert_eq!("x".repeat(256).parse::<IssueId>(), Err(BadIssue::Length));
        for id in ["a b", "a\nb", "a\u{7f}"] {
            assert_eq!(id.parse::<IssueId>(), Err(BadIssue::Characters));
        }
    }

    #[test]
    fn a_place_is_read_from_ids_of_that_form_only() {
        let place = |id: &str| {
            let id: IssueId = id.parse().unwrap();
            id.place()
                .map(|(repository, number)| (repository.to_owned(), number))
        };
        assert_eq!(place("acme/shop#12"), Some(("acme/shop".to_owned(), 12)));
        for id in [
            "issue-42", "acme#12", "/shop#1", "a/b/c#1", "a/b#", "a/b#+1",
        ] {
            assert_eq!(place(id), None, "{id}");
        }
    }

    #[test]
    fn an_issues_address_is_an_id_too() {
        let id: IssueId = "https://forge.example/acme/shop/issues/12".parse().unwrap();
        assert_eq!(id.as_str(), "acme/shop#12");
    }

    proptest! {
        #[test]
        fn every_id_comes_back_from_its_segment(text in "\\PC{1,80}") {
            let Ok(id) = text.parse::<IssueId>() else { return Ok(()) };
            let segment = id.segment();
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~%".contains(&b);
            prop_assert!(segment.bytes().all(plain), "{}", segment);
            prop_assert_eq!(IssueId::of_segment(&segment), Some(id.clone()));
            // As a URL parser sees it, it is still the one segment.
            let url = url::Url::parse(&format!("https://hub.example/api/issues/{segment}/claim")).unwrap();
            let seen: Vec<_> = url.path_segments().unwrap().collect();
            prop_assert_eq!(seen, ["api", "issues", &segment, "claim"]);
        }
    }
}
