use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs1v15::SigningKey;
use rsa::signature::{SignatureEncoding as _, Signer as _};
use shared::ports::Clock as _;

use super::*;

/// A JWT of the App with these claims, in seconds from now.
fn jwt(bench: &Bench, iat: i64, exp: i64, iss: &Value) -> String {
    let now = bench.clock.now().as_second();
    let claims = json!({ "iat": now + iat, "exp": now + exp, "iss": iss });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!(
        "{}.{}",
        encode(&json!({ "alg": "RS256", "typ": "JWT" })),
        encode(&claims)
    );
    let key = rsa::RsaPrivateKey::from_pkcs1_pem(APP_KEY_PEM).unwrap();
    let signature = SigningKey::<sha2::Sha256>::new(key)
        .sign(signed.as_bytes())
        .to_bytes();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A bench whose caller is the App.
fn app() -> Bench {
    let mut bench = Bench::new();
    bench.token = jwt(&bench, -60, 540, &json!(APP_ID.to_string()));
    bench
}

fn narrow() -> Value {
    json!({ "repositories": ["shop"], "permissions": { "contents": "read" } })
}

const MINT: &str = "/app/installations/5001/access_tokens";

#[tokio::test]
async fn an_app_mints_a_narrow_token_that_expires() {
    let mut bench = app();
    bench.github = bench.github.with_repository("acme/other", &[("a", "1")]);
    let (_, installation) = bench.get("/repos/acme/shop/installation").await;
    assert_eq!(installation["id"], json!(INSTALLATION_ID));
    let (status, body) = bench.call("POST", MINT, narrow()).await;
    assert_eq!(
        (status, &body["permissions"]),
        (201, &json!({ "contents": "read" }))
    );
    let token = body["token"].as_str().unwrap().to_owned();
    assert!(token.len() > 40);
    bench.token = token;
    assert_eq!(
        bench.get("/repos/acme/shop/git/ref/heads/main").await.0,
        200
    );
    assert_eq!(bench.get("/repos/acme/other").await.0, 404);
    let new = json!({ "ref": "refs/heads/x", "sha": bench.head("main") });
    let (status, body) = bench.call("POST", "/repos/acme/shop/git/refs", new).await;
    assert_eq!(
        (status, &body["message"]),
        (403, &json!("Resource not accessible by integration"))
    );
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(bench.get("/repos/acme/shop").await.0, 401);
    bench.github.finish();
}

#[tokio::test]
async fn a_jwt_is_refused_when_it_is_too_old_too_long_too_early_foreign_or_forged() {
    let mut bench = Bench::new();
    let own = json!(APP_ID.to_string());
    let mut forged = jwt(&bench, -60, 540, &own);
    forged.replace_range(forged.len() - 8.., "AAAAAAAA");
    let refused = [
        (jwt(&bench, -700, -1, &own), "too far in the past"),
        (jwt(&bench, -60, 601, &own), "too far in the future"),
        (jwt(&bench, 61, 540, &own), "'Issued at' claim"),
        (jwt(&bench, -60, 540, &json!("999")), "'Issuer' claim"),
        (forged, "could not be decoded"),
        (TOKEN.to_owned(), "could not be decoded"),
    ];
    for (bearer, reason) in refused {
        bench.token = bearer;
        let (status, body) = bench.call("POST", MINT, narrow()).await;
        assert_eq!(status, 401);
        assert!(body["message"].as_str().unwrap().contains(reason), "{body}");
    }
    assert_eq!(bench.github.take_violations().len(), 6);
    bench.token = jwt(&bench, -60, 540, &own);
    assert_eq!(bench.call("POST", MINT, narrow()).await.0, 201);
    assert_eq!(bench.get("/repos/acme/shop").await.0, 401);
}

#[tokio::test]
async fn a_token_cannot_exceed_the_installation() {
    let bench = app();
    bench
        .github
        .set_app_permissions(permissions([("contents", Level::Read)]));
    let wider = json!({ "repositories": ["shop"], "permissions": { "contents": "write" } });
    assert_eq!(bench.call("POST", MINT, wider).await.0, 422);
    let unknown = json!({ "repositories": ["elsewhere"], "permissions": { "contents": "read" } });
    assert_eq!(bench.call("POST", MINT, unknown).await.0, 422);
    assert_eq!(
        bench
            .call("POST", "/app/installations/1/access_tokens", narrow())
            .await
            .0,
        404
    );
    bench.github.finish();
}

#[tokio::test]
async fn a_token_for_everything_is_noted() {
    let bench = app();
    assert_eq!(bench.call("POST", MINT, Value::Null).await.0, 201);
    assert!(bench.github.take_violations()[0].contains("without narrowing"));
}
