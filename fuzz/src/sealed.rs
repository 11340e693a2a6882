//! Sealed bundles (`workspace::stim`): the first half of an input is a configuration, the second a tar,
//! sealed here by somebody who knows the password and nothing of our code; the whole is opened as it
//! is, too.
//!
//! Held: what opens is what was sealed, if that could be a snapshot; one byte changed, or another
//! password, and nothing opens.

use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use workspace::bundle::Bundle;
use workspace::snapshot;
use workspace::stim::{self, BadStim};

use crate::input::halves;
use crate::snapshot::LIMITS;

const PASSWORD: &[u8] = b"correct horse";

pub(crate) fn check(bytes: &[u8]) {
    // No chance of that: a key fits one in 2^128.
    stim::open(bytes, PASSWORD, &LIMITS).expect_err("nobody sealed it");
    let _ = stim::header(bytes);

    let (config, tar) = halves(bytes);
    let sealed = seal(config, tar);
    let header = stim::header(&sealed).expect("it has a header");
    assert_eq!(header.config_size, config.len() as u64);
    assert_eq!(header.rootfs_size, tar.len() as u64);
    let opened = stim::open(&sealed, PASSWORD, &LIMITS);
    match (snapshot::read(tar, &LIMITS), opened) {
        (Ok(rootfs), Ok(bundle)) => {
            assert_eq!(
                (bundle.config.as_slice(), &bundle.rootfs),
                (config, &rootfs)
            );
            is_sealed_alike_by_us(&bundle);
        }
        (Err(_), Err(BadStim::Inside(_))) => {}
        (tar, opened) => panic!("{tar:?}, and {opened:?}"),
    }
    let refused = stim::open(&sealed, b"another", &LIMITS);
    assert!(matches!(refused, Err(BadStim::Sealed)), "{refused:?}");
    let is_changed = |at: usize| {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        stim::open(&changed, PASSWORD, &LIMITS).is_err()
    };
    // The last byte is under the seal whatever came before, and so is one that the input chooses.
    assert!(is_changed(sealed.len() - 1));
    let payload = sealed.len() - tar.len() - 40;
    let chosen = usize::from(bytes.first().copied().unwrap_or_default());
    assert!(is_changed(payload + chosen % (sealed.len() - payload)));
    assert!(stim::open(&sealed[..sealed.len() - 1], PASSWORD, &LIMITS).is_err());
}

fn is_sealed_alike_by_us(bundle: &Bundle) {
    let sealed = stim::seal(bundle, PASSWORD).expect("there is randomness");
    let opened = stim::open(&sealed, PASSWORD, &workspace::Limits::default());
    assert_eq!(&opened.expect("it was just sealed"), bundle);
}

/// As the contract has it, with nonces that do not matter here.
fn seal(config: &[u8], tar: &[u8]) -> Vec<u8> {
    let header = json!({
        "config_size": config.len(), "rootfs_size": tar.len(), "version": "1.0", "tim": true,
        "encryption_algorithm": "chacha20poly1305",
    });
    let header = header.to_string();
    let config = encrypt([1; 24], config);
    let parts: [&[u8]; 6] = [
        b"STIM\x02",
        &length(header.len()),
        header.as_bytes(),
        &length(config.len()),
        &config,
        &encrypt([2; 24], tar),
    ];
    parts.concat()
}

fn length(of: usize) -> [u8; 4] {
    u32::try_from(of).expect("inputs are short").to_be_bytes()
}

fn encrypt(nonce: [u8; 24], plain: &[u8]) -> Vec<u8> {
    let mut masked = Vec::with_capacity(plain.len());
    for (block, bytes) in plain.chunks(32).enumerate() {
        let block = [&nonce[..], &(block as u64).to_be_bytes()].concat();
        let stream = Sha256::digest(block);
        masked.extend(bytes.iter().zip(stream).map(|(byte, with)| byte ^ with));
    }
    let key: [u8; 32] = Sha256::digest(PASSWORD).into();
    let cipher = XChaCha20Poly1305::new(&key.into());
    let sealed = cipher.encrypt(&XNonce::from(nonce), &*masked);
    [&nonce[..], &sealed.expect("inputs are short")].concat()
}
