//! What a conversation as a whole points to: of each kind, the newest and most explicit wins.
//!
//! The order, first difference decides:
//! 1. where it was said: an option, then the words of the command, then the message that the
//!    command is about, then the history, then what bots wrote in the history (our own reports
//!    among them, which would otherwise confirm themselves);
//! 2. what is certain before what is a guess or stands in pasted code;
//! 3. newer messages before older ones;
//! 4. within a message the more explicit form (an address before a bare identifier);
//! 5. then the one that was named first.

use std::cmp::Reverse;

use super::scan::{Explicitness, Found, find};
use super::value::{self, parse_email, parse_issue_ref, parse_repo_ref, parse_session_ref};
use super::{Reference, References, Scope};
use crate::command::Options;
use crate::job::RecentMessage;

/// A message of the history, as far as references go.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Its text.
    pub text: &'a str,
    /// Whether a bot wrote it.
    pub by_bot: bool,
}

impl<'a> From<&'a RecentMessage> for Message<'a> {
    fn from(message: &'a RecentMessage) -> Self {
        Self {
            text: &message.content,
            by_bot: message.author_is_bot,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    BotHistory,
    History,
    Target,
    Command,
    Option,
}

/// Greater wins. The order of the fields is the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    place: Place,
    certain: bool,
    newness: usize,
    explicitness: Explicitness,
    earliness: Reverse<usize>,
}

impl Rank {
    fn new(place: Place, newness: usize, explicitness: Explicitness, at: usize) -> Self {
        let certain = explicitness > Explicitness::Guess;
        Self {
            place,
            certain,
            newness,
            explicitness,
            earliness: Reverse(at),
        }
    }

    /// The same place and time, but only implied by something else.
    fn implied(self, explicitness: Explicitness) -> Self {
        let explicitness = self.explicitness.min(explicitness);
        Self {
            certain: explicitness > Explicitness::Guess,
            explicitness,
            ..self
        }
    }
}

impl References {
    /// The best reference of each kind in a conversation. `history` is oldest first, as in the
    /// job. An option whose value is no reference is passed over: whoever took the command
    /// already refused it with a reason.
    pub fn from_conversation<'a, H>(
        options: &Options,
        message: &str,
        history: H,
        scope: &Scope,
    ) -> Self
    where
        H: IntoIterator,
        H::Item: Into<Message<'a>>,
    {
        let mut best = Best::default();
        for reference in references_of(options, scope) {
            best.offer(
                reference,
                Rank::new(Place::Option, 0, Explicitness::Address, 0),
            );
        }
        if let Some(description) = &options.description {
            best.offer_text(description, Place::Command, 0, scope);
        }
        best.offer_text(message, Place::Target, 0, scope);
        for (newness, message) in history.into_iter().enumerate() {
            let message = message.into();
            let place = if message.by_bot {
                Place::BotHistory
            } else {
                Place::History
            };
            best.offer_text(message.text, place, newness, scope);
        }
        best.into_references()
    }

    /// These, completed by `others` where there is nothing.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        // An address without its issue, or an offset without its recording, would be a lie.
        let same_issue =
            self.linear_issue_id.is_none() || self.linear_issue_id == others.linear_issue_id;
        let same_session = self.post_hog_session_id.is_none()
            || self.post_hog_session_id == others.post_hog_session_id;
        Self {
            linear_issue_url: self
                .linear_issue_url
                .or(others.linear_issue_url.filter(|_| same_issue)),
            linear_issue_id: self.linear_issue_id.or(others.linear_issue_id),
            github_repo_url: self.github_repo_url.or(others.github_repo_url),
            github_issue_url: self.github_issue_url.or(others.github_issue_url),
            github_file_url: self.github_file_url.or(others.github_file_url),
            post_hog_session_offset_s: self
                .post_hog_session_offset_s
                .or(others.post_hog_session_offset_s.filter(|_| same_session)),
            post_hog_session_id: self.post_hog_session_id.or(others.post_hog_session_id),
            post_hog_person_id: self.post_hog_person_id.or(others.post_hog_person_id),
            user_email: self.user_email.or(others.user_email),
            discord_message_url: self.discord_message_url.or(others.discord_message_url),
        }
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn references_of(options: &Options, scope: &Scope) -> Vec<Reference> {
    let issue = options
        .issue
        .as_deref()
        .and_then(|given| parse_issue_ref(given, scope).ok());
    let repo = options
        .repo
        .as_deref()
        .and_then(|given| parse_repo_ref(given).ok());
    let session = options
        .session
        .as_deref()
        .and_then(|given| parse_session_ref(given, scope).ok());
    let email = options
        .email
        .as_deref()
        .and_then(|given| parse_email(given).ok());
    [
        issue.map(Reference::LinearIssue),
        repo.map(Reference::GitHubRepository),
        session.map(Reference::PostHogSession),
        email.map(Reference::Email),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The best so far of one kind, with its rank.
type Slot<T> = Option<(Rank, T)>;

#[derive(Default)]
struct Best {
    issues: Vec<(Rank, value::IssueRef)>,
    sessions: Vec<(Rank, value::SessionRef)>,
    repository: Slot<String>,
    github_issue: Slot<String>,
    github_file: Slot<String>,
    person: Slot<String>,
    email: Slot<String>,
    discord_message: Slot<String>,
}

impl Best {
    fn offer_text(&mut self, text: &str, place: Place, newness: usize, scope: &Scope) {
        for Found {
            reference,
            span,
            explicitness,
        } in find(text, scope)
        {
            self.offer(
                reference,
                Rank::new(place, newness, explicitness, span.start),
            );
        }
    }

    fn offer(&mut self, reference: Reference, rank: Rank) {
        match reference {
            Reference::LinearIssue(issue) => self.issues.push((rank, issue)),
            Reference::PostHogSession(session) => self.sessions.push((rank, session)),
            Reference::GitHubRepository(repository) => {
                raise(&mut self.repository, rank, repository.url());
            }
            Reference::GitHubFile(link) => {
                // A file is where the bug may be, so its repository most likely is the one. ..
                raise(
                    &mut self.repository,
                    rank.implied(Explicitness::Bare),
                    link.repository.url(),
                );
                raise(&mut self.github_file, rank, link.to_string());
            }
            Reference::GitHubIssue(link) => {
                // .. An issue may as well be one of a library's.
                raise(
                    &mut self.repository,
                    rank.implied(Explicitness::Guess),
                    link.repository.url(),
                );
                raise(&mut self.github_issue, rank, link.to_string());
            }
            Reference::PostHogPerson(link) => {
                if let Ok(address) = parse_email(&link.id) {
                    raise(&mut self.email, rank.implied(Explicitness::Bare), address);
                }
                raise(&mut self.person, rank, link.id);
            }
            Reference::Email(address) => raise(&mut self.email, rank, address),
            Reference::DiscordMessage(link) => {
                raise(&mut self.discord_message, rank, link.to_string());
            }
        }
    }

    fn into_references(mut self) -> References {
        // The winner first; what else was said of the same thing completes it.
        self.issues.sort_by_key(|(rank, _)| Reverse(*rank));
        self.sessions.sort_by_key(|(rank, _)| Reverse(*rank));
        let issue = self.issues.first().map(|(_, issue)| issue.key.clone());
        let session = self
            .sessions
            .first()
            .map(|(_, session)| session.session.clone());
        let of_issue = |(_, other): &(Rank, value::IssueRef)| {
            other
                .url
                .clone()
                .filter(|_| Some(&other.key) == issue.as_ref())
        };
        let of_session = |(_, other): &(Rank, value::SessionRef)| {
            other
                .offset_s
                .filter(|_| Some(&other.session) == session.as_ref())
        };
        References {
            linear_issue_url: self.issues.iter().find_map(of_issue),
            post_hog_session_offset_s: self.sessions.iter().find_map(of_session),
            linear_issue_id: issue.clone(),
            post_hog_session_id: session.clone(),
            github_repo_url: value_of(self.repository),
            github_issue_url: value_of(self.github_issue),
            github_file_url: value_of(self.github_file),
            post_hog_person_id: value_of(self.person),
            user_email: value_of(self.email),
            discord_message_url: value_of(self.discord_message),
        }
    }
}

fn raise<T>(slot: &mut Slot<T>, rank: Rank, value: T) {
    if slot.as_ref().is_none_or(|(best, _)| *best < rank) {
        *slot = Some((rank, value));
    }
}

fn value_of<T>(slot: Slot<T>) -> Option<T> {
    slot.map(|(_, value)| value)
}

#[cfg(test)]
mod tests;
