use ed25519_dalek::{Signer as _, SigningKey};
use http::{HeaderMap, HeaderValue};
use proptest::prelude::*;

use super::*;

const NOW: i64 = 1_780_000_000;
const BODY: &[u8] = br#"{"type":1}"#;

fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

fn signing_key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn public_key() -> PublicKey {
    PublicKey::parse(&hex::encode(signing_key().verifying_key().as_bytes())).unwrap()
}

fn sign(timestamp: &str, body: &[u8]) -> String {
    hex::encode(
        signing_key()
            .sign(&[timestamp.as_bytes(), body].concat())
            .to_bytes(),
    )
}

fn headers(signature: &str, timestamp: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(SIGNATURE_HEADER, HeaderValue::from_str(signature).unwrap());
    headers.insert(TIMESTAMP_HEADER, HeaderValue::from_str(timestamp).unwrap());
    headers
}

fn refusal(headers: &HeaderMap, body: &[u8]) -> Option<Refusal> {
    verify(&public_key(), headers, body, now()).err()
}

/// RFC 8032, section 7.1: key, message, signature.
const RFC_8032: [(&str, &str, &str); 4] = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
];

#[test]
fn the_vectors_of_rfc_8032_verify_and_a_flipped_bit_does_not() {
    for (key, message, signature) in RFC_8032 {
        let key = PublicKey::parse(key).unwrap();
        let mut message = hex::decode(message).unwrap();
        let mut signature = parse_signature(signature.as_bytes()).unwrap();
        assert_eq!(key.verify(&message, &signature), Ok(()));
        message.push(0);
        assert_eq!(
            key.verify(&message, &signature),
            Err(Refusal::WrongSignature)
        );
        message.pop();
        for bit in [0, 255, 256, 511] {
            signature[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(
                key.verify(&message, &signature),
                Err(Refusal::WrongSignature)
            );
            signature[bit / 8] ^= 1 << (bit % 8);
        }
    }
}

#[test]
fn a_signed_request_is_verified_and_its_body_comes_back() {
    let timestamp = NOW.to_string();
    let headers = headers(&sign(&timestamp, BODY), &timestamp);
    assert_eq!(
        verify(&public_key(), &headers, BODY, now()).unwrap().body(),
        BODY
    );
}

#[test]
fn an_upper_case_signature_and_an_empty_body_are_fine() {
    let timestamp = NOW.to_string();
    assert_eq!(
        refusal(
            &headers(&sign(&timestamp, BODY).to_uppercase(), &timestamp),
            BODY
        ),
        None
    );
    assert_eq!(
        refusal(&headers(&sign(&timestamp, b""), &timestamp), b""),
        None
    );
}

#[test]
fn hostile_requests_are_refused_each_for_its_reason() {
    let timestamp = NOW.to_string();
    let good = sign(&timestamp, BODY);
    let of_another_key = {
        let message = [timestamp.as_bytes(), BODY].concat();
        hex::encode(SigningKey::from_bytes(&[8; 32]).sign(&message).to_bytes())
    };
    let cases: &[(&str, &str, Refusal)] = &[
        ("", &timestamp, Refusal::MalformedSignature),
        (&good[..126], &timestamp, Refusal::MalformedSignature),
        (&good[..127], &timestamp, Refusal::MalformedSignature),
        (
            &format!("{good}00"),
            &timestamp,
            Refusal::MalformedSignature,
        ),
        (
            &format!("0x{}", &good[2..]),
            &timestamp,
            Refusal::MalformedSignature,
        ),
        (
            &format!(" {}", &good[1..]),
            &timestamp,
            Refusal::MalformedSignature,
        ),
        (
            &format!("{good}, {good}"),
            &timestamp,
            Refusal::MalformedSignature,
        ),
        (&"g".repeat(128), &timestamp, Refusal::MalformedSignature),
        (&"0".repeat(128), &timestamp, Refusal::WrongSignature),
        (&"f".repeat(128), &timestamp, Refusal::WrongSignature),
        (&of_another_key, &timestamp, Refusal::WrongSignature),
        (&sign("", BODY), &timestamp, Refusal::WrongSignature),
        (
            &sign(&timestamp, b"{}"),
            &timestamp,
            Refusal::WrongSignature,
        ),
        (&good, &(NOW + 1).to_string(), Refusal::WrongSignature),
        (&sign("", BODY), "", Refusal::MalformedTimestamp),
        (&sign("-1", BODY), "-1", Refusal::MalformedTimestamp),
        (
            &sign(&format!("+{NOW}"), BODY),
            &format!("+{NOW}"),
            Refusal::MalformedTimestamp,
        ),
        (
            &sign(&format!("{NOW}.0"), BODY),
            &format!("{NOW}.0"),
            Refusal::MalformedTimestamp,
        ),
        (
            &good,
            &format!("{timestamp}, {timestamp}"),
            Refusal::MalformedTimestamp,
        ),
        (&good, "2026-05-28T20:26:40Z", Refusal::MalformedTimestamp),
        (&good, &"9".repeat(12), Refusal::MalformedTimestamp),
        (&good, &"9".repeat(10_000), Refusal::MalformedTimestamp),
        (&good, "0", Refusal::StaleTimestamp),
        // Milliseconds where seconds belong: beyond what a timestamp can be.
        (&good, &format!("{NOW}000"), Refusal::MalformedTimestamp),
    ];
    for (signature, timestamp, expected) in cases {
        assert_eq!(
            refusal(&headers(signature, timestamp), BODY),
            Some(*expected),
            "{signature} {timestamp}"
        );
    }
}

#[test]
fn a_missing_header_is_named() {
    let timestamp = NOW.to_string();
    let full = headers(&sign(&timestamp, BODY), &timestamp);
    for name in [SIGNATURE_HEADER, TIMESTAMP_HEADER] {
        let mut headers = full.clone();
        headers.remove(name);
        assert_eq!(refusal(&headers, BODY), Some(Refusal::MissingHeader(name)));
    }
}

#[test]
fn a_header_given_twice_is_refused_even_with_equal_values() {
    let timestamp = NOW.to_string();
    let full = headers(&sign(&timestamp, BODY), &timestamp);
    for name in [SIGNATURE_HEADER, TIMESTAMP_HEADER] {
        let mut headers = full.clone();
        headers.append(name, full[name].clone());
        assert_eq!(
            refusal(&headers, BODY),
            Some(Refusal::DuplicateHeader(name))
        );
    }
}

#[test]
fn a_header_that_is_no_text_is_refused() {
    let timestamp = NOW.to_string();
    for (name, expected) in [
        (SIGNATURE_HEADER, Refusal::MalformedSignature),
        (TIMESTAMP_HEADER, Refusal::MalformedTimestamp),
    ] {
        let mut headers = headers(&sign(&timestamp, BODY), &timestamp);
        headers.insert(name, HeaderValue::from_bytes(&[0xff; 12]).unwrap());
        assert_eq!(refusal(&headers, BODY), Some(expected));
    }
}

#[test]
fn a_stale_timestamp_is_refused_and_the_last_fresh_second_is_not() {
    for (offset, expected) in [
        (-301, Some(Refusal::StaleTimestamp)),
        (-300, None),
        (300, None),
        (301, Some(Refusal::StaleTimestamp)),
    ] {
        let timestamp = (NOW + offset).to_string();
        assert_eq!(
            refusal(&headers(&sign(&timestamp, BODY), &timestamp), BODY),
            expected,
            "{offset}"
        );
    }
}

/// The order of the group, little-endian: adding it to `s` keeps the equation and changes the
/// bytes.
const GROUP_ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

#[test]
fn a_malleable_s_is_refused() {
    let timestamp = NOW.to_string();
    let mut signature = hex::decode(sign(&timestamp, BODY)).unwrap();
    let mut carry = 0;
    for (byte, addend) in signature[32..]
        .iter_mut()
        .zip(hex::decode(GROUP_ORDER).unwrap())
    {
        let sum = u16::from(*byte) + u16::from(addend) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(
        refusal(&headers(&hex::encode(signature), &timestamp), BODY),
        Some(Refusal::WrongSignature)
    );
}

#[test]
fn the_public_key_must_be_a_sound_key() {
    let error = |text: &str| PublicKey::parse(text).unwrap_err();
    let good = hex::encode(signing_key().verifying_key().as_bytes());
    assert_eq!(PublicKey::parse(&format!(" {good}\n")), Ok(public_key()));
    assert_eq!(error(""), KeyError::Length(0));
    assert_eq!(error(&good[1..]), KeyError::Length(63));
    assert_eq!(error(&format!("{good}0")), KeyError::Length(65));
    assert_eq!(error(&"z".repeat(64)), KeyError::NotHex);
    assert_eq!(error(&"é".repeat(32)), KeyError::NotHex);
    // 2 is no y coordinate of the curve.
    assert_eq!(error(&format!("02{}", "0".repeat(62))), KeyError::NotAKey);
    // The points of small order: neutral, order 2, 4 and 8.
    for weak in [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    ] {
        assert_eq!(error(weak), KeyError::Weak, "{weak}");
    }
}

#[test]
fn a_signature_that_holds_for_every_message_is_refused() {
    // R neutral, s zero: holds under a weak key for anything, and must hold for nothing here.
    let signature = format!("01{}", "0".repeat(126));
    let refused = refusal(&headers(&signature, &NOW.to_string()), BODY);
    assert_eq!(refused, Some(Refusal::WrongSignature));
}

#[test]
fn a_key_error_does_not_repeat_what_was_configured() {
    let token = "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs";
    assert!(
        !PublicKey::parse(token)
            .unwrap_err()
            .to_string()
            .contains("MTk4")
    );
}

proptest! {
    #[test]
    fn nothing_unsigned_is_verified(signature in "\\PC{0,140}", timestamp in "[0-9]{0,14}", body: Vec<u8>) {
        if let Ok(value) = HeaderValue::from_bytes(signature.as_bytes()) {
            let mut headers = headers("00", &timestamp);
            headers.insert(SIGNATURE_HEADER, value);
            prop_assert!(refusal(&headers, &body).is_some());
        }
    }

    #[test]
    fn every_signed_body_is_verified_and_no_changed_one_is(body: Vec<u8>, byte: prop::sample::Index) {
        let timestamp = NOW.to_string();
        let headers = headers(&sign(&timestamp, &body), &timestamp);
        prop_assert_eq!(refusal(&headers, &body), None);
        if !body.is_empty() {
            let mut changed = body.clone();
            changed[byte.index(body.len())] ^= 1;
            prop_assert_eq!(refusal(&headers, &changed), Some(Refusal::WrongSignature));
        }
    }
}
