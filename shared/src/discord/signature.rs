//! Proof that a request is from Discord: Ed25519 over the timestamp header and the raw body.
//!
//! Invariant: [`Verified`] is made here only, and everything that reads an interaction takes
//! one. So nothing of a body is parsed before its signature held (design, rule 1).
//! Discord probes endpoints with bad signatures and removes one that accepts any.
//! <https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers>

#[cfg(test)]
mod tests;

use ed25519_dalek::{Signature, VerifyingKey};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};

use crate::proof::{NotOne, only};

/// Carries the signature, 128 hex digits.
pub const SIGNATURE_HEADER: &str = "x-signature-ed25519";
/// Carries the time of signing, in seconds since the Unix epoch.
pub const TIMESTAMP_HEADER: &str = "x-signature-timestamp";

/// How far the time of signing may lie from ours, either way. Discord signs as it sends, so this
/// is for clocks that disagree; it also bounds how long a recorded request can be replayed.
pub const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// The most digits of a timestamp that are read: enough until the year 33658, and far from
/// overflow.
const MAX_TIMESTAMP_DIGITS: usize = 12;

/// The key with which Discord signs for our application.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Reads the key as Discord's developer portal shows it: 64 hex digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let text = text.trim();
        let mut bytes = [0; 32];
        if text.len() != 2 * bytes.len() {
            return Err(KeyError::Length(text.chars().count()));
        }
        hex::decode_to_slice(text, &mut bytes).map_err(|_| KeyError::NotHex)?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::NotAKey)?;
        // With a key of small order, signatures hold for messages that nobody signed.
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Ok(Self(key))
    }

    /// The key as Discord's developer portal shows it.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0.as_bytes())
    }

    fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), Refusal> {
        // Strict: refuses an `s` that is not reduced and an `R` of small order, with which one
        // message would have several signatures.
        self.0
            .verify_strict(message, &Signature::from_bytes(signature))
            .map_err(|_| Refusal::WrongSignature)
    }
}

/// What is wrong with the configured public key. It is not secret, and still not repeated here:
/// people paste the bot token into the wrong field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Too short or too long.
    #[error(
        "has {0} characters, not 64; copy \"Public Key\" from the application's General Information page"
    )]
    Length(usize),
    /// Something else than hex digits.
    #[error(
        "is not hexadecimal; copy \"Public Key\" from the application's General Information page"
    )]
    NotHex,
    /// Hex, but no point on the curve.
    #[error("is not an Ed25519 public key")]
    NotAKey,
    /// A key with which anybody can sign.
    #[error("is a weak Ed25519 key with which anybody could sign")]
    Weak,
}

/// Why a request is not from Discord, or not any more. The text is the body of the 401: plain,
/// and free of anything that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header is not there.
    #[error("missing header {0}")]
    MissingHeader(&'static str),
    /// A header is there more than once: which one would have been signed?
    #[error("duplicate header {0}")]
    DuplicateHeader(&'static str),
    /// The timestamp is no plain number of seconds.
    #[error("malformed timestamp")]
    MalformedTimestamp,
    /// Signed too long ago, or too far in the future.
    #[error("stale timestamp")]
    StaleTimestamp,
    /// The signature is not 128 hex digits.
    #[error("malformed signature")]
    MalformedSignature,
    /// The signature is not by this key over this timestamp and body.
    #[error("invalid signature")]
    WrongSignature,
}

/// A body that Discord signed.
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
    key: &PublicKey,
    headers: &HeaderMap,
    body: &'a [u8],
    now: Timestamp,
) -> Result<Verified<'a>, Refusal> {
    let header = |name| {
        only(headers, name).map_err(|not_one| match not_one {
            NotOne::Missing => Refusal::MissingHeader(name),
            NotOne::Repeated => Refusal::DuplicateHeader(name),
        })
    };
    let signature = parse_signature(header(SIGNATURE_HEADER)?)?;
    let timestamp = header(TIMESTAMP_HEADER)?;
    let age = now.duration_since(parse_timestamp(timestamp)?);
    if age.abs() > MAX_SKEW {
        return Err(Refusal::StaleTimestamp);
    }
    key.verify(&[timestamp, body].concat(), &signature)?;
    Ok(Verified(body))
}

fn parse_signature(header: &[u8]) -> Result<[u8; 64], Refusal> {
    let mut signature = [0; 64];
    hex::decode_to_slice(header, &mut signature).map_err(|_| Refusal::MalformedSignature)?;
    Ok(signature)
}

fn parse_timestamp(header: &[u8]) -> Result<Timestamp, Refusal> {
    // Digits only: `parse` would take a sign as well.
    let plain = header.len() <= MAX_TIMESTAMP_DIGITS && header.iter().all(u8::is_ascii_digit);
    plain
        .then(|| str::from_utf8(header).ok()?.parse().ok())
        .flatten()
        .and_then(|seconds| Timestamp::from_second(seconds).ok())
        .ok_or(Refusal::MalformedTimestamp)
}
