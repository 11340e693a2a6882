//! What the proofs of where a request is from have in common.

use ::http::HeaderMap;
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;

use crate::secret::Secret;

/// An HMAC under a key of any length.
pub(crate) fn mac(key: &Secret) -> Hmac<Sha256> {
    Hmac::new_from_slice(key.expose().as_bytes()).expect("HMAC takes a key of any length")
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
