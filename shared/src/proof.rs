//! What the proofs of where a request is from have in common.

use ::http::HeaderMap;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};

use crate::secret::Secret;

/// An HMAC under a key of any length.
pub(crate) fn mac(key: &Secret) -> Hmac<Sha256> {
    Hmac::new_from_slice(key.expose().as_bytes()).expect("HMAC takes a key of any length")
}

/// Why digits are no signature of a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSigned {
    /// Not 64 hex digits.
    Malformed,
    /// Made with another secret, or of another body.
    Wrong,
}

/// Whether these hex digits are the HMAC of the body. The comparison takes the same time wherever
/// they differ.
pub(crate) fn is_signed(secret: &Secret, digits: &[u8], body: &[u8]) -> Result<(), NotSigned> {
    let mut signature = [0; 32];
    hex::decode_to_slice(digits, &mut signature).map_err(|_| NotSigned::Malformed)?;
    let mut mac = mac(secret);
    mac.update(body);
    mac.verify_slice(&signature).map_err(|_| NotSigned::Wrong)
}

/// The hex digits that [`is_signed`] takes.
pub(crate) fn sign(secret: &Secret, body: &[u8]) -> String {
    let mut mac = mac(secret);
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// In constant time: digests have one length, and every byte of them is looked at.
pub(crate) fn is_same(a: &[u8], b: &[u8]) -> bool {
    let (a, b) = (Sha256::digest(a), Sha256::digest(b));
    let differs = a
        .iter()
        .zip(b.iter())
        .fold(0, |seen, (a, b)| seen | (a ^ b));
    std::hint::black_box(differs) == 0
}

/// Why a header is of no use for a proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotOne {
    /// It is not there.
    Missing,
    /// It is there more than once: which one would have been meant?
    Repeated,
}

/// The value of a header that is there once.
pub(crate) fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a [u8], NotOne> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().ok_or(NotOne::Missing)?;
    match values.next() {
        None => Ok(value.as_bytes()),
        Some(_) => Err(NotOne::Repeated),
    }
}
