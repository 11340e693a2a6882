//! The App's own credential: a JWT that it signs with its private key, good for ten minutes.
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use std::sync::LazyLock;

use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs1v15::{Signature, VerifyingKey};
use rsa::signature::Verifier as _;
use serde::Deserialize;
use serde_json::Value;

use crate::github::refusal::Refusal;

/// The App's id, which its JWT names as the issuer.
pub const APP_ID: u64 = 1_001;

/// The App's client id, which it may name instead.
const CLIENT_ID: &str = "Iv23libugbotdev00000";

/// The App's private key in the form in which GitHub hands it out. It guards nothing.
pub const APP_KEY_PEM: &str = include_str!("../../../fixtures/github/app-test-key.pem");

/// How far the clocks may be apart.
const LEEWAY: SignedDuration = SignedDuration::from_secs(60);
/// How far in the future a JWT may expire.
const LONGEST_LIFE: SignedDuration = SignedDuration::from_mins(10);

static KEY: LazyLock<VerifyingKey<sha2::Sha256>> = LazyLock::new(|| {
    let private =
        rsa::RsaPrivateKey::from_pkcs1_pem(APP_KEY_PEM).expect("the fixture is a PKCS#1 key");
    VerifyingKey::new(private.to_public_key())
});

#[derive(Deserialize)]
struct Header {
    alg: String,
}

#[derive(Deserialize)]
struct Claims {
    iat: i64,
    exp: i64,
    iss: Value,
}

/// Whether the bearer has the shape of a JWT, rather than of a token.
pub(super) fn is_jwt(bearer: &str) -> bool {
    bearer.split('.').count() == 3
}

/// Checks signature, issuer and times, and refuses in GitHub's words.
pub(in crate::github) fn verify_app_jwt(bearer: &str, now: Timestamp) -> Result<(), Refusal> {
    if !is_jwt(bearer) {
        return Err(refused("A JSON web token could not be decoded"));
    }
    let undecodable = || refused("A JSON web token could not be decoded");
    let (signed, signature) = bearer.rsplit_once('.').ok_or_else(undecodable)?;
    let (header, claims) = signed.split_once('.').ok_or_else(undecodable)?;
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| undecodable());
    let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| undecodable())?;
    let signature = decode(signature)?;
    let signature = Signature::try_from(signature.as_slice()).map_err(|_| undecodable())?;
    if header.alg != "RS256" || KEY.verify(signed.as_bytes(), &signature).is_err() {
        return Err(undecodable());
    }
    let claims: Claims = serde_json::from_slice(&decode(claims)?).map_err(|_| undecodable())?;
    verify_claims(&claims, now)
}

fn verify_claims(claims: &Claims, now: Timestamp) -> Result<(), Refusal> {
    let issuer = claims
        .iss
        .as_str()
        .map_or_else(|| claims.iss.to_string(), str::to_owned);
    if issuer != APP_ID.to_string() && issuer != CLIENT_ID {
        return Err(refused("'Issuer' claim ('iss') must be an Integer"));
    }
    let now = now.as_second();
    if claims.iat > now + LEEWAY.as_secs() {
        return Err(refused(
            "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
        ));
    }
    if claims.exp <= now {
        return Err(refused(
            "'Expiration time' claim ('exp') is too far in the past",
        ));
    }
    if claims.exp - now > LONGEST_LIFE.as_secs() {
        return Err(refused(
            "'Expiration time' claim ('exp') is too far in the future",
        ));
    }
    Ok(())
}

fn refused(message: &str) -> Refusal {
    Refusal::new(StatusCode::UNAUTHORIZED, message)
}
