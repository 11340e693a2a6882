//! How we identify ourselves to GitHub.
//!
//! An App signs a short-lived JWT with its private key and exchanges it for a token of one of its
//! installations ([`super::token`]).
//! <https://docs.github.com/en/apps/creating-github-apps/authenticating-with-a-github-app/generating-a-json-web-token-jwt-for-a-github-app>

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use rsa::RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use serde_json::json;
use sha2::Sha256;

use crate::secret::Secret;
use crate::service::ServiceError;

/// GitHub's clock may be behind ours: the JWT was issued this long ago.
const ISSUED_AGO_S: i64 = 60;
/// GitHub refuses a JWT that lasts longer than ten minutes after it was issued, by its own clock.
const LASTS_S: i64 = 8 * 60;

/// Our credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GitHubAuth {
    /// A personal or fine-grained token.
    Token(Secret),
    /// An installation of a GitHub App.
    App {
        /// The App's id (or client id).
        app_id: String,
        /// Its private key as GitHub hands it out (PKCS#1), or in PKCS#8.
        private_key_pem: Secret,
        /// The installation in the account that owns the repositories.
        installation_id: String,
    },
}

/// The App's private key cannot be used. Says nothing of its contents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the GitHub App's private key is no RSA key in PEM (PKCS#1 or PKCS#8)")]
pub struct BadKey;

impl From<BadKey> for ServiceError {
    fn from(bad: BadKey) -> Self {
        Self::Unauthorized(bad.to_string())
    }
}

/// The JWT by which an App identifies itself, as of `now`.
pub fn app_jwt(app_id: &str, private_key_pem: &Secret, now: Timestamp) -> Result<Secret, BadKey> {
    let key = SigningKey::<Sha256>::new(private_key(private_key_pem.expose())?);
    let issued = now.as_second() - ISSUED_AGO_S;
    let claims = json!({ "iat": issued, "exp": now.as_second() + LASTS_S, "iss": app_id });
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let unsigned = format!(
        "{}.{}",
        part(json!({ "alg": "RS256", "typ": "JWT" })),
        part(claims)
    );
    // PKCS#1 v1.5 signatures are deterministic: no randomness is needed, and none is there.
    let signature = key.try_sign(unsigned.as_bytes()).map_err(|_| BadKey)?;
    let signature = URL_SAFE_NO_PAD.encode(signature.to_bytes());
    Ok(Secret::new(format!("{unsigned}.{signature}")))
}

fn private_key(pem: &str) -> Result<RsaPrivateKey, BadKey> {
    // Environments that hold one line write line breaks as `\n`.
    let pem = pem.replace("\\n", "\n");
    let pem = pem.trim();
    RsaPrivateKey::from_pkcs1_pem(pem)
        .or_else(|_| RsaPrivateKey::from_pkcs8_pem(pem))
        .map_err(|_| BadKey)
}

#[cfg(test)]
mod tests {
    use rsa::RsaPublicKey;
    use rsa::pkcs1v15::{Signature, VerifyingKey};
    use rsa::pkcs8::DecodePublicKey as _;
    use rsa::signature::Verifier as _;

    use super::*;

    const PKCS1: &str = include_str!("fixtures/app-key.pkcs1.pem");
    const PKCS8: &str = include_str!("fixtures/app-key.pkcs8.pem");
    const PUBLIC: &str = include_str!("fixtures/app-key.public.pem");
    const ELLIPTIC: &str = include_str!("fixtures/ec-key.pem");

    fn at_noon() -> Timestamp {
        "2026-01-02T12:00:00Z".parse().unwrap()
    }

    fn jwt(pem: &str) -> Result<String, BadKey> {
        app_jwt("12345", &Secret::new(pem), at_noon()).map(|jwt| jwt.expose().to_owned())
    }

    #[test]
    fn the_public_key_verifies_the_jwt() {
        let jwt = jwt(PKCS1).unwrap();
        let (unsigned, signature) = jwt.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let key = VerifyingKey::<Sha256>::new(RsaPublicKey::from_public_key_pem(PUBLIC).unwrap());
        key.verify(
            unsigned.as_bytes(),
            &Signature::try_from(&signature[..]).unwrap(),
        )
        .unwrap();
        let claims = URL_SAFE_NO_PAD
            .decode(unsigned.split_once('.').unwrap().1)
            .unwrap();
        insta::assert_snapshot!(String::from_utf8(claims).unwrap(), @r#"{"exp":1767355680,"iat":1767355140,"iss":"12345"}"#);
    }

    #[test]
    fn both_forms_of_the_key_and_its_one_line_form_sign_the_same() {
        let expected = jwt(PKCS1);
        assert!(expected.is_ok());
        assert_eq!(jwt(PKCS8), expected);
        assert_eq!(jwt(&PKCS1.replace('\n', "\\n")), expected);
        assert_eq!(jwt(&PKCS1.replace('\n', "\r\n")), expected);
    }

    #[test]
    fn what_is_no_rsa_key_is_refused() {
        let cut = PKCS1.lines().take(9).collect::<Vec<_>>().join("\n");
        for pem in [
            "",
            "-----BEGIN RSA PRIVATE KEY-----",
            PUBLIC,
            ELLIPTIC,
            &cut,
        ] {
            assert_eq!(jwt(pem), Err(BadKey));
        }
    }

    #[test]
    fn it_lasts_less_than_ten_minutes_from_its_issue() {
        const { assert!(ISSUED_AGO_S + LASTS_S < 600) };
    }
}
