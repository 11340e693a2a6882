//! PostHog: recordings and persons, on its cloud or on a host of one's own.

use url::Url;

use super::scope::host_and_port;
use super::value::{SessionRef, normal_session};
use super::{Reference, Scope, decoded, encoded};
use crate::id::SessionId;

/// Hosts of PostHog's cloud.
const CLOUD: &[&str] = &["us.posthog.com", "eu.posthog.com", "app.posthog.com"];

/// The longest distinct id that PostHog keeps.
const DISTINCT_ID_CHARS: usize = 400;

/// A person in PostHog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonLink {
    /// Scheme, host and, unless the link had none, project.
    base: String,
    /// Whether [`PersonLink::id`] is PostHog's own UUID (`/persons/`) or a distinct id
    /// (`/person/`).
    pub is_uuid: bool,
    /// The id, decoded.
    pub id: String,
}

impl std::fmt::Display for PersonLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = if self.is_uuid { "persons" } else { "person" };
        write!(f, "{}/{kind}/{}", self.base, encoded(&self.id))
    }
}

/// Recordings `[/project/{id}]/replay/{session}` (or a list with `?sessionRecordingId=`), persons
/// `[/project/{id}]/person/{distinct id}` and `/persons/{uuid}`.
///
/// On a host that nobody told us about, only an unmistakable link counts: a session or person
/// with the form of a UUID.
pub(crate) fn parse_link(url: &Url, segments: &[&str], scope: &Scope) -> Option<Reference> {
    let host = host_and_port(url)?;
    let known = CLOUD.contains(&host.as_str()) || scope.posthog_hosts.contains(&host);
    let (project, rest) = match segments {
        ["project", project, rest @ ..] if is_project(project) => (Some(*project), rest),
        rest => (None, rest),
    };
    let base = match project {
        Some(project) => format!("{}://{host}/project/{project}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    };
    match rest {
        ["replay" | "recordings", rest @ ..] => {
            let session = rest
                .first()
                .filter(|id| is_session(id, known))
                .map(|id| normal_session(id))
                .or_else(|| {
                    query_value(url, "sessionRecordingId")
                        .filter(|id| is_session(id, known))
                        .map(|id| normal_session(&id))
                })?;
            Some(Reference::PostHogSession(SessionRef {
                url: Some(format!("{base}/replay/{session}")),
                session: SessionId::new(session),
                offset_s: query_value(url, "t").and_then(|t| parse_offset(&t)),
            }))
        }
        ["persons", uuid] if is_uuid(uuid) => {
            let id = uuid.to_ascii_lowercase();
            Some(Reference::PostHogPerson(PersonLink {
                base,
                is_uuid: true,
                id,
            }))
        }
        ["person", id] if known => {
            let id = decoded(id)?;
            let plain = !id.trim().is_empty() && !id.chars().any(char::is_control);
            (plain && id.chars().count() <= DISTINCT_ID_CHARS).then_some(Reference::PostHogPerson(
                PersonLink {
                    base,
                    is_uuid: false,
                    id,
                },
            ))
        }
        _ => None,
    }
}

/// Seconds from the start of a recording, as PostHog writes them: `62`, `62.5`; and as people
/// do: `1m2s`, `1:02`.
fn parse_offset(given: &str) -> Option<u32> {
    if let Some((minutes, seconds)) = given.split_once(':') {
        return digits(minutes)?
            .checked_mul(60)?
            .checked_add(digits(seconds)?);
    }
    let given = given.strip_suffix('s').unwrap_or(given);
    if let Some((minutes, seconds)) = given.split_once('m') {
        let seconds = if seconds.is_empty() {
            0
        } else {
            digits(seconds)?
        };
        return digits(minutes)?.checked_mul(60)?.checked_add(seconds);
    }
    match given.split_once('.') {
        Some((whole, part)) => digits(part).and_then(|_| digits(whole)),
        None => digits(given),
    }
}

fn digits(text: &str) -> Option<u32> {
    let plain = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok())?
}

/// A parameter of the query, or of the fragment where older links keep it.
fn query_value(url: &Url, name: &str) -> Option<String> {
    let in_query = url
        .query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned());
    in_query.or_else(|| {
        let fragment = url.fragment()?;
        let pairs = url::form_urlencoded::parse(fragment.as_bytes());
        pairs
            .into_iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    })
}

fn is_project(segment: &str) -> bool {
    (1..=12).contains(&segment.len()) && segment.bytes().all(|b| b.is_ascii_digit())
}

fn is_session(id: &str, known_host: bool) -> bool {
    is_uuid(id) || (known_host && is_session_token(id))
}

/// A session id that is no UUID: PostHog accepts any text, older libraries made hexadecimal
/// groups of uneven length. It has a digit, unlike the words that stand in its place (`home`).
pub(crate) fn is_session_token(id: &str) -> bool {
    (16..=64).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        && id.bytes().any(|b| b.is_ascii_digit())
        && id.starts_with(|c: char| c.is_ascii_alphanumeric())
        && id.ends_with(|c: char| c.is_ascii_alphanumeric())
}

/// `8-4-4-4-12` hexadecimal digits.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// A UUID of version 7, which is what PostHog's libraries make of a session since 2023.
pub(crate) fn is_uuid_v7(text: &str) -> bool {
    is_uuid(text)
        && text.as_bytes()[14] == b'7'
        && matches!(
            text.as_bytes()[19].to_ascii_lowercase(),
            b'8' | b'9' | b'a' | b'b'
        )
}
