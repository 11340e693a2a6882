//! Proof that a request is from GitHub: HMAC-SHA-256 of the raw body under a shared secret.
//!
//! Invariant: [`Verified`] is made here only, and [`super::parse`] takes one. The comparison
//! takes the same time wherever the signatures differ.
//! <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries>

use http::HeaderMap;

use crate::proof::{self, NotOne, NotSigned, is_signed, only};
use crate::secret::Secret;

/// Carries the signature: `sha256=` and 64 hex digits. (`X-Hub-Signature`, the older one with
/// SHA-1, is not looked at.)
pub const SIGNATURE_HEADER: &str = "x-hub-signature-256";

/// The shortest secret that is taken. GitHub advises "a random string of text with high entropy";
/// 16 characters cannot be guessed even if they are hex digits.
pub const MIN_SECRET_CHARS: usize = 16;

/// Why a request is not from GitHub. The text is the body of the 401.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The header is not there: the webhook was made without a secret.
    #[error("missing header {SIGNATURE_HEADER}")]
    Missing,
    /// The header is there more than once.
    #[error("duplicate header {SIGNATURE_HEADER}")]
    Duplicate,
    /// Not `sha256=` and 64 hex digits.
    #[error("malformed signature")]
    Malformed,
    /// Signed with another secret, or not this body.
    #[error("invalid signature")]
    Wrong,
}

/// A body that GitHub signed.
#[derive(Debug, Clone, Copy)]
pub struct Verified<'a>(&'a [u8]);

impl<'a> Verified<'a> {
    /// The body, byte for byte as it was signed.
    pub fn body(self) -> &'a [u8] {
        self.0
    }
}

/// Verifies a request. The cheap checks come first, so that junk costs nothing.
pub fn verify<'a>(
    secret: &Secret,
    headers: &HeaderMap,
    body: &'a [u8],
) -> Result<Verified<'a>, Refusal> {
    let value = only(headers, SIGNATURE_HEADER).map_err(|not_one| match not_one {
        NotOne::Missing => Refusal::Missing,
        NotOne::Repeated => Refusal::Duplicate,
    })?;
    let digits = value.strip_prefix(b"sha256=");
    is_signed(secret, digits.ok_or(Refusal::Malformed)?, body).map_err(|not| match not {
        NotSigned::Malformed => Refusal::Malformed,
        NotSigned::Wrong => Refusal::Wrong,
    })?;
    Ok(Verified(body))
}

/// The value of the header for a body: what GitHub calculates, for whoever stands in for it.
pub fn sign(secret: &Secret, body: &[u8]) -> String {
    format!("sha256={}", proof::sign(secret, body))
}
