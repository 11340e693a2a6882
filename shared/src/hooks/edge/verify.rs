//! Proof that a delivery is from whom its route expects.
//!
//! Invariant: [`Verified`] is made here only, from the raw bytes, before anything of them is parsed.
//! Comparisons take the same time wherever the two differ.
//!
//! | format | proof |
//! |---|---|
//! | GitHub | `X-Hub-Signature-256: sha256=` and the hex HMAC-SHA-256 of the body, <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries> |
//! | Forgejo | `X-Forgejo-Signature`, else `X-Gitea-Signature`: the same digits alone, <https://forgejo.org/docs/latest/user/webhooks> |
//! | Sentry | `Sentry-Hook-Signature`: the same, under the integration's client secret, <https://docs.sentry.io/integrations/integration-platform/webhooks/> |
//! | Linear | `Linear-Signature`: the same; and `webhookTimestamp` in the body is of this minute, <https://linear.app/developers/webhooks> |
//! | `PostHog` | signs nothing; its destination sends the headers that it is given, so `Authorization: Bearer` and the secret, <https://posthog.com/docs/cdp/destinations/webhook> |
//! | bearer | the same |

use ::http::HeaderMap;
use jiff::Timestamp;
use serde::Deserialize;

use super::Format;
use crate::proof::{NotOne, NotSigned, is_same, is_signed, only, sign as hex_of};
use crate::secret::Secret;

/// GitHub's signature.
pub const GITHUB_SIGNATURE_HEADER: &str = crate::github::webhook::signature::SIGNATURE_HEADER;
/// Forgejo's signature.
pub const FORGEJO_SIGNATURE_HEADER: &str = "x-forgejo-signature";
/// The same under its older name, which Gitea sends alone.
pub const GITEA_SIGNATURE_HEADER: &str = "x-gitea-signature";
/// Sentry's signature.
pub const SENTRY_SIGNATURE_HEADER: &str = "sentry-hook-signature";
/// Linear's signature.
pub const LINEAR_SIGNATURE_HEADER: &str = "linear-signature";
/// The secret itself, as `Bearer …`.
pub const AUTHORIZATION_HEADER: &str = "authorization";

/// The shortest secret that is taken: 16 characters cannot be guessed even if they are hex digits.
pub const MIN_SECRET_CHARS: usize = 16;

/// How far Linear's time may be from ours: what Linear advises, and its own client does.
const LINEAR_FRESH_MS: u64 = 60_000;

/// Why a delivery is not taken for what its route expects. The text is the body of the 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotVerified {
    /// The header is not there.
    #[error("missing header {0}")]
    Missing(&'static str),
    /// It is there more than once.
    #[error("duplicate header {0}")]
    Repeated(&'static str),
    /// It holds something else.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// Signed with another secret, or not this body; or another secret.
    #[error("wrong {0}")]
    Wrong(&'static str),
    /// Signed, and too long ago.
    #[error("webhookTimestamp is missing, or not within a minute of now")]
    Stale,
}

/// A body that its route's sender made.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a>(&'a [u8]);

impl<'a> Verified<'a> {
    /// The body, byte for byte as it came.
    pub fn body(self) -> &'a [u8] {
        self.0
    }
}

/// Verifies a delivery. The cheap checks come first, so that junk costs nothing.
pub fn verify<'a>(
    format: Format,
    secret: &Secret,
    headers: &HeaderMap,
    body: &'a [u8],
    now: Timestamp,
) -> Result<Verified<'a>, NotVerified> {
    match format {
        Format::GitHub => signed(secret, headers, GITHUB_SIGNATURE_HEADER, "sha256=", body)?,
        Format::Forgejo => {
            // Forgejo sends both. A bad one of its own is not mended by a good one of Gitea's.
            let header = if headers.contains_key(FORGEJO_SIGNATURE_HEADER) {
                FORGEJO_SIGNATURE_HEADER
            } else {
                GITEA_SIGNATURE_HEADER
            };
            signed(secret, headers, header, "", body)?;
        }
        Format::Sentry => signed(secret, headers, SENTRY_SIGNATURE_HEADER, "", body)?,
        Format::Linear => {
            signed(secret, headers, LINEAR_SIGNATURE_HEADER, "", body)?;
            is_of_this_minute(body, now)?;
        }
        Format::PostHog | Format::Bearer => bears(secret, headers)?,
    }
    Ok(Verified(body))
}

fn signed(
    secret: &Secret,
    headers: &HeaderMap,
    header: &'static str,
    prefix: &str,
    body: &[u8],
) -> Result<(), NotVerified> {
    let value = value(headers, header)?;
    let digits = value.strip_prefix(prefix.as_bytes());
    let digits = digits.ok_or(NotVerified::Malformed(header))?;
    is_signed(secret, digits, body).map_err(|not| match not {
        NotSigned::Malformed => NotVerified::Malformed(header),
        NotSigned::Wrong => NotVerified::Wrong(header),
    })
}

/// Whether a request bears the secret.
pub(crate) fn bears(secret: &Secret, headers: &HeaderMap) -> Result<(), NotVerified> {
    const HEADER: &str = AUTHORIZATION_HEADER;
    let given = value(headers, HEADER)?.strip_prefix(b"Bearer ");
    let given = given.ok_or(NotVerified::Malformed(HEADER))?;
    let is_it = is_same(given, secret.expose().as_bytes());
    is_it.then_some(()).ok_or(NotVerified::Wrong(HEADER))
}

fn value<'a>(headers: &'a HeaderMap, header: &'static str) -> Result<&'a [u8], NotVerified> {
    only(headers, header).map_err(|not| match not {
        NotOne::Missing => NotVerified::Missing(header),
        NotOne::Repeated => NotVerified::Repeated(header),
    })
}

fn is_of_this_minute(body: &[u8], now: Timestamp) -> Result<(), NotVerified> {
    #[derive(Deserialize)]
    struct Sent {
        #[serde(rename = "webhookTimestamp")]
        at_ms: i64,
    }
    let sent: Sent = serde_json::from_slice(body).map_err(|_| NotVerified::Stale)?;
    let is_fresh = sent.at_ms.abs_diff(now.as_millisecond()) <= LINEAR_FRESH_MS;
    is_fresh.then_some(()).ok_or(NotVerified::Stale)
}

/// The header that proves a body: what a sender calculates, for whoever stands in for one.
pub fn prove(format: Format, secret: &Secret, body: &[u8]) -> (&'static str, String) {
    match format {
        Format::GitHub => (
            GITHUB_SIGNATURE_HEADER,
            format!("sha256={}", hex_of(secret, body)),
        ),
        Format::Forgejo => (FORGEJO_SIGNATURE_HEADER, hex_of(secret, body)),
        Format::Sentry => (SENTRY_SIGNATURE_HEADER, hex_of(secret, body)),
        Format::Linear => (LINEAR_SIGNATURE_HEADER, hex_of(secret, body)),
        Format::PostHog | Format::Bearer => {
            (AUTHORIZATION_HEADER, format!("Bearer {}", secret.expose()))
        }
    }
}
