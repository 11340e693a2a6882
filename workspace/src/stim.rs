//! A bundle under a password: STIM.
//!
//! ```text
//! "STIM" 0x02 | u32 header length | JSON header | u32 length of enc(config) | enc(config) | enc(rootfs)
//! enc(x) = nonce | XChaCha20-Poly1305(key, nonce, x XOR keystream)
//! keystream, block i = SHA-256(nonce | u64 i)         all numbers big-endian
//! key = SHA-256(password)
//! ```
//!
//! Invariant: what does not open with the password is refused as a whole, and nothing of it is looked
//! at before.
//!
//! **The key is weak.** One hash of a password can be guessed at billions of guesses a second. The
//! format has it so, and there are files in it: a password has to be random and long (20 characters of
//! a password manager). The XOR before the cipher adds nothing. Nonces are random and 24 bytes long, so
//! that they do not repeat.

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::bundle::Bundle;
use crate::limits::Limits;
use crate::snapshot::{self, BadSnapshot};

const MAGIC: &[u8] = b"STIM\x02";
const MAX_HEADER_BYTES: usize = 16 * 1024 * 1024;
const NONCE_BYTES: usize = 24;
/// What encrypting adds.
const TAG_BYTES: usize = 16;
const ALGORITHM: &str = "chacha20poly1305";
const VERSION: &str = "1.0";

/// What stands in front, for everybody to read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// Bytes of the configuration.
    pub config_size: u64,
    /// Bytes of the root's tar.
    pub rootfs_size: u64,
    /// The cipher.
    pub encryption_algorithm: String,
    /// That it is a bundle.
    pub tim: bool,
    /// The format's version.
    pub version: String,
}

/// Bytes that do not open.
#[derive(Debug, thiserror::Error)]
pub enum BadStim {
    /// They are something else, or cut off.
    #[error("it is no sealed bundle: {0}")]
    Format(&'static str),
    /// Another password, or somebody has changed them.
    #[error("the password does not open it, or it was changed")]
    Sealed,
    /// What is inside is no bundle.
    #[error("what is inside is no bundle: {0}")]
    Inside(#[from] BadSnapshot),
    /// There is no randomness to be had.
    #[error("there is no randomness: {0}")]
    Random(getrandom::Error),
}

/// Seals a bundle.
pub fn seal(bundle: &Bundle, password: &[u8]) -> Result<Vec<u8>, BadStim> {
    let mut nonces = [[0; NONCE_BYTES]; 2];
    for nonce in &mut nonces {
        getrandom::fill(nonce).map_err(BadStim::Random)?;
    }
    Ok(seal_with(bundle, password, nonces))
}

fn seal_with(bundle: &Bundle, password: &[u8], nonces: [[u8; NONCE_BYTES]; 2]) -> Vec<u8> {
    let rootfs = snapshot::to_bytes(&bundle.rootfs);
    let header = Header {
        config_size: bundle.config.len() as u64,
        rootfs_size: rootfs.len() as u64,
        encryption_algorithm: ALGORITHM.to_owned(),
        tim: true,
        version: VERSION.to_owned(),
    };
    let header = serde_json::to_vec(&header).expect("a header is JSON");
    let key = key(password);
    let [for_config, for_rootfs] = nonces;
    let config = encrypt(&key, for_config, &bundle.config);
    let mut bytes = MAGIC.to_vec();
    put_length(&mut bytes, header.len());
    bytes.extend(header);
    put_length(&mut bytes, config.len());
    bytes.extend(config);
    bytes.extend(encrypt(&key, for_rootfs, &rootfs));
    bytes
}

fn put_length(bytes: &mut Vec<u8>, length: usize) {
    let length = u32::try_from(length).expect("a configuration is a file, which has a limit");
    bytes.extend(length.to_be_bytes());
}

/// What stands in front of a sealed bundle.
pub fn header(bytes: &[u8]) -> Result<Header, BadStim> {
    parts(bytes).map(|(header, _)| header)
}

/// Opens a sealed bundle.
pub fn open(bytes: &[u8], password: &[u8], limits: &Limits) -> Result<Bundle, BadStim> {
    let (header, payload) = parts(bytes)?;
    if header.encryption_algorithm != ALGORITHM || !header.tim {
        return Err(BadStim::Format("it is of a kind that is not known"));
    }
    let (config, rootfs) = with_length(payload, usize::MAX)?;
    let key = key(password);
    let config = decrypt(&key, config)?;
    let rootfs = decrypt(&key, rootfs)?;
    let is_as_said =
        (config.len() as u64, rootfs.len() as u64) == (header.config_size, header.rootfs_size);
    if !is_as_said {
        return Err(BadStim::Format("its sizes are not what its header says"));
    }
    let rootfs = snapshot::read(rootfs.as_slice(), limits)?;
    Ok(Bundle { config, rootfs })
}

fn parts(bytes: &[u8]) -> Result<(Header, &[u8]), BadStim> {
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or(BadStim::Format("it begins otherwise"))?;
    let (header, payload) = with_length(rest, MAX_HEADER_BYTES)?;
    let header =
        serde_json::from_slice(header).map_err(|_| BadStim::Format("its header cannot be read"))?;
    Ok((header, payload))
}

/// As many bytes as the first four say, and the rest.
fn with_length(bytes: &[u8], max: usize) -> Result<(&[u8], &[u8]), BadStim> {
    let cut_off = BadStim::Format("it is cut off");
    let Some((length, rest)) = bytes.split_first_chunk() else {
        return Err(cut_off);
    };
    let length = u32::from_be_bytes(*length) as usize;
    if length > max {
        return Err(BadStim::Format("its header is too long"));
    }
    rest.split_at_checked(length).ok_or(cut_off)
}

fn key(password: &[u8]) -> XChaCha20Poly1305 {
    let key: [u8; 32] = Sha256::digest(password).into();
    XChaCha20Poly1305::new(&key.into())
}

fn encrypt(key: &XChaCha20Poly1305, nonce: [u8; NONCE_BYTES], plain: &[u8]) -> Vec<u8> {
    let mut masked = plain.to_vec();
    mask(&mut masked, nonce);
    let sealed = key
        .encrypt(&XNonce::from(nonce), &*masked)
        .expect("it takes as much as memory holds");
    [&nonce[..], &sealed].concat()
}

fn decrypt(key: &XChaCha20Poly1305, bytes: &[u8]) -> Result<Vec<u8>, BadStim> {
    let Some((nonce, sealed)) = bytes.split_first_chunk::<NONCE_BYTES>() else {
        return Err(BadStim::Format("it is cut off"));
    };
    if sealed.len() < TAG_BYTES {
        return Err(BadStim::Format("it is cut off"));
    }
    let mut plain = key
        .decrypt(&XNonce::from(*nonce), sealed)
        .map_err(|_| BadStim::Sealed)?;
    mask(&mut plain, *nonce);
    Ok(plain)
}

/// Its own inverse.
fn mask(bytes: &mut [u8], nonce: [u8; NONCE_BYTES]) {
    for (number, block) in (0_u64..).zip(bytes.chunks_mut(32)) {
        let stream = Sha256::new()
            .chain_update(nonce)
            .chain_update(number.to_be_bytes())
            .finalize();
        for (byte, with) in block.iter_mut().zip(stream) {
            *byte ^= with;
        }
    }
}

#[cfg(test)]
mod tests;
