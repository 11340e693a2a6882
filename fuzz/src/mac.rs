//! HMAC-SHA-256 by its definition (RFC 2104), for senders who know nothing of our code.

use sha2::{Digest as _, Sha256};

const BLOCK: usize = 64;

/// The hex digits of a body's HMAC, under a key that is no longer than a block.
pub(crate) fn digits(key: &str, body: &[u8]) -> String {
    let mut block = [0; BLOCK];
    block[..key.len()].copy_from_slice(key.as_bytes());
    let inner = Sha256::digest([&block.map(|byte| byte ^ 0x36), body].concat());
    let outer = Sha256::digest([&block.map(|byte| byte ^ 0x5c)[..], &inner].concat());
    hex::encode(outer)
}
