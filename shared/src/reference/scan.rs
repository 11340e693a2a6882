//! The one pass over a text that finds every reference in it.
//!
//! The text is read as words and addresses. Each is judged once and then stepped over as a
//! whole, so that the work grows with the length of the text and with nothing else: no bracket
//! is matched, nothing is looked at again from a later start. [`find`] is what others call;
//! `find_counting` also tells the bytes it looked at, for the test that holds it to that.
//!
//! Out of scope: what the references of several messages add up to ([`super::merge`]).

mod shape;

use std::ops::Range;

use super::value::{IssueRef, SessionRef, normal_session};
use super::{Reference, Scope, email, github, issue, parse_address, posthog};
use crate::id::SessionId;
use shape::{address_len, fences, is_scheme, is_word, last_len};

pub(super) use shape::starts_with_known_host;

/// The most references that one text yields. A conversation has a handful; a text with more is
/// a log or an attack, and its rest would not change what is found first.
pub const MAX_FOUND: usize = 500;

/// How plainly something was named, from a hint to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Explicitness {
    /// Inside a code block: mostly a pasted log, which names things in passing.
    Code,
    /// It looks like one, and could be something else (`ABC-12` of a team nobody told us about).
    Guess,
    /// Named without ornament, and certain by its form or by the [`Scope`].
    Bare,
    /// Named after a word that says what it is: `session: ..`, `issue: ..`.
    Labelled,
    /// A full address, or the value of an option.
    Address,
}

/// A reference and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// What it points to.
    pub reference: Reference,
    /// The bytes of the text that name it.
    pub span: Range<usize>,
    /// How plainly.
    pub explicitness: Explicitness,
}

/// Every reference in `text`, in order.
pub fn find(text: &str, scope: &Scope) -> Vec<Found> {
    find_counting(text, scope).0
}

pub(super) fn find_counting(text: &str, scope: &Scope) -> (Vec<Found>, usize) {
    let mut scanner = Scanner {
        text,
        scope,
        found: Vec::new(),
        fences: fences(text),
        label: None,
        looked_at: text.len(),
    };
    let mut at = 0;
    while at < text.len() && scanner.found.len() < MAX_FOUND {
        at = scanner.step(at);
    }
    (scanner.found, scanner.looked_at)
}

/// What the words just before said is about to come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Label {
    Issue,
    Repository,
    Session,
    Email,
}

#[derive(Clone, Copy)]
struct Announced {
    label: Label,
    /// Whether a colon or an equals sign followed.
    separated: bool,
}

struct Scanner<'a> {
    text: &'a str,
    scope: &'a Scope,
    found: Vec<Found>,
    /// Code blocks that are still ahead or around, last first.
    fences: Vec<Range<usize>>,
    label: Option<Announced>,
    looked_at: usize,
}

impl Scanner<'_> {
    /// Judges what begins at `at`, and says where the next thing begins.
    fn step(&mut self, at: usize) -> usize {
        let rest = &self.text[at..];
        let Some(c) = rest.chars().next() else {
            return self.text.len();
        };
        if is_word(c) {
            let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            self.looked_at += length;
            return self.word(at, at + length);
        }
        match c {
            ':' | '=' => {
                if let Some(announced) = &mut self.label {
                    announced.separated = true;
                }
            }
            '\n' => self.label = None,
            _ => {}
        }
        at + c.len_utf8()
    }

    fn word(&mut self, start: usize, end: usize) -> usize {
        let word = &self.text[start..end];
        if self.text[end..].starts_with("://") {
            let scheme = word
                .rfind(|c: char| !is_scheme(c))
                .map_or(0, |at| at + last_len(word, at));
            self.looked_at += word.len();
            return self.address(start + scheme, end + 3, "");
        }
        if starts_with_known_host(word) {
            return self.address(start, start, "https://");
        }
        if word.ends_with("git@github.com") && self.text[end..].starts_with(':') {
            return self.remote(start, end);
        }
        // Twice: the trimming, and the judges, each of which gives up on the first wrong byte.
        self.looked_at += 2 * word.len();
        let trimmed = word.trim_end_matches(['.', '_', '-', '+', '/', '#', '%', '$', '@']);
        let inner = trimmed.trim_start_matches(['.', '_', '-', '+', '/', '#', '%']);
        let inner_start = start + trimmed.len() - inner.len();
        if let Some((reference, explicitness)) = self.judge(inner) {
            self.push(
                reference,
                inner_start..inner_start + inner.len(),
                explicitness,
            );
        }
        self.label = announce(word, self.label);
        end
    }

    /// What a word is, if it is a reference.
    fn judge(&self, word: &str) -> Option<(Reference, Explicitness)> {
        let named = |label| self.label.is_some_and(|announced| announced.label == label);
        let announced = |label| self.label.is_some_and(|a| a.label == label && a.separated);
        let bare_or = |labelled| {
            if labelled {
                Explicitness::Labelled
            } else {
                Explicitness::Bare
            }
        };
        if word.contains('@') {
            let address = email::parse(word)?;
            let explicitness = match address.split_once('@') {
                Some(("noreply" | "no-reply" | "donotreply", _)) => Explicitness::Guess,
                _ => bare_or(announced(Label::Email)),
            };
            return Some((Reference::Email(address), explicitness));
        }
        if posthog::is_uuid(word) {
            let labelled = named(Label::Session);
            return (labelled || posthog::is_uuid_v7(word))
                .then(|| (session(word), bare_or(labelled)));
        }
        if let Some(link) = github::IssueLink::parse_shorthand(word) {
            return Some((Reference::GitHubIssue(link), Explicitness::Bare));
        }
        if announced(Label::Session) && posthog::is_session_token(word) {
            return Some((session(word), Explicitness::Labelled));
        }
        if announced(Label::Repository)
            && let Some(repository) = github::parse_shorthand(word)
        {
            return Some((
                Reference::GitHubRepository(repository),
                Explicitness::Labelled,
            ));
        }
        let (key, certain) = issue::parse_bare(word, self.scope)?;
        let explicitness = match certain {
            _ if announced(Label::Issue) => Explicitness::Labelled,
            true => Explicitness::Bare,
            false => Explicitness::Guess,
        };
        Some((
            Reference::LinearIssue(IssueRef { key, url: None }),
            explicitness,
        ))
    }

    /// An address from `start`, whose scheme is known to reach to `from`; it may lack one that
    /// is then put before it.
    fn address(&mut self, start: usize, from: usize, scheme: &str) -> usize {
        let length = address_len(&self.text[from..]);
        self.looked_at += length;
        let end = from + length;
        let untrimmed = &self.text[start..end];
        let address =
            untrimmed.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~', '(']);
        if address.len() <= super::MAX_URL_BYTES {
            self.looked_at += address.len();
            if let Some(reference) = parse_address(&format!("{scheme}{address}"), self.scope) {
                self.push(
                    reference,
                    start..start + address.len(),
                    Explicitness::Address,
                );
            }
        }
        self.label = None;
        end
    }

    /// `git@github.com:owner/name.git`
    fn remote(&mut self, start: usize, at: usize) -> usize {
        let path = at + 1;
        let rest = &self.text[path..];
        let length = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        self.looked_at += length;
        let name = rest[..length].trim_end_matches(['.', '-', '_', '/', '#']);
        if let Some(repository) = github::parse_shorthand(name) {
            self.push(
                Reference::GitHubRepository(repository),
                start..path + name.len(),
                Explicitness::Address,
            );
        }
        path + length
    }

    fn push(&mut self, reference: Reference, span: Range<usize>, explicitness: Explicitness) {
        let in_code = self.is_in_code(span.start);
        if in_code && explicitness == Explicitness::Guess {
            return;
        }
        let explicitness = if in_code {
            Explicitness::Code
        } else {
            explicitness
        };
        self.found.push(Found {
            reference,
            span,
            explicitness,
        });
    }

    fn is_in_code(&mut self, at: usize) -> bool {
        while self.fences.last().is_some_and(|fence| fence.end <= at) {
            self.fences.pop();
        }
        self.fences.last().is_some_and(|fence| fence.contains(&at))
    }
}

fn session(word: &str) -> Reference {
    let session = SessionId::new(normal_session(word));
    Reference::PostHogSession(SessionRef {
        session,
        url: None,
        offset_s: None,
    })
}

/// What `word` says about what follows it.
fn announce(word: &str, before: Option<Announced>) -> Option<Announced> {
    /// Longer words announce nothing: a bound on the work of levelling their case.
    const LABEL_BYTES: usize = 24;
    if word.len() > LABEL_BYTES {
        return None;
    }
    let label = match word.to_ascii_lowercase().trim_start_matches('$') {
        "session" | "session_id" | "session-id" | "sessionid" | "sessionrecordingid" | "replay"
        | "recording" => Label::Session,
        "issue" | "ticket" | "linear" => Label::Issue,
        "repo" | "repository" => Label::Repository,
        "email" | "e-mail" | "mail" | "mailto" | "user" => Label::Email,
        // `session id: ..`, `session is ..`
        "id" | "is" | "address" => return before,
        _ => return None,
    };
    Some(Announced {
        label,
        separated: false,
    })
}

#[cfg(test)]
mod tests;
