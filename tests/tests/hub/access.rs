//! Keys, scopes, and what a forge has to say.

use serde_json::json;
use shared::http::Http as _;
use shared::hub::{ClientId, Shard};
use tests::clock::TestClock;
use tests::hub::{FORGE, ORIGIN, Portal, Volunteer};

use crate::{minutes, volunteer};

#[tokio::test]
async fn a_key_is_said_once_and_stored_as_a_hash() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let key = ann.key.clone().unwrap();
    assert!(shared::hub::key::is_key(&key), "{key}");
    let shard = Shard::of_client(&ClientId::parse(&ann.id).unwrap());
    let rows = format!("{:?}", portal.objects.run(shard, "SELECT * FROM keys"));
    assert!(
        rows.contains(shared::hub::key::KeyHash::of(&key).as_str()),
        "{rows}"
    );
    assert!(!rows.contains(&key[3..]), "{rows}");
    for line in portal.log() {
        assert!(!line.contains(&key[3..]), "{line}");
    }
}

#[tokio::test]
async fn without_a_good_key_nothing_is_told() {
    let portal = Portal::new();
    let mut ann = volunteer(&portal, "ann").await;
    let key = ann.key.clone().unwrap();
    let mut other = key.clone();
    other.replace_range(34..35, if key.ends_with('a') { "b" } else { "a" });
    for wrong in [
        None,
        Some(String::new()),
        Some("ak_1".to_owned()),
        Some(other),
    ] {
        ann.key = wrong;
        for reply in [ann.get("/stats").await, ann.claim("acme/web#1").await] {
            assert_eq!(reply.status, 401);
            assert_eq!(reply.body["error"], "unauthorised");
            assert!(reply.body["message"].is_string());
        }
    }
    ann.key = Some(key);
    assert_eq!(ann.get("/stats").await.body["totalClaims"], 0);
}

#[tokio::test]
async fn the_scheme_of_a_key_is_read_in_letters_of_either_case() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let key = ann.key.clone().unwrap();
    for (given, status) in [
        (format!("bearer {key}"), 200),
        (format!("BEARER  {key}"), 200),
        (format!("token {key}"), 401),
        (key, 401),
    ] {
        let asked = http::Request::builder()
            .uri(format!("{ORIGIN}/api/bugseti/stats"))
            .header("authorization", &given);
        let asked = asked.body(Vec::new()).unwrap();
        let reply = portal.send(asked, minutes(1)).await.unwrap();
        assert_eq!(reply.status(), status, "{given}");
    }
}

#[tokio::test]
async fn a_new_key_replaces_the_old_one_of_that_client_alone() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    // The same account with another client, whose id begins alike.
    let laptop = Volunteer::new(&portal, ORIGIN, "client-of-ann-2");
    let laptop = laptop.logged_in("token-of-ann").await;
    let anew = volunteer(&portal, "ann").await;
    assert_ne!(ann.key, anew.key);
    assert_eq!(ann.heartbeat().await.status, 401);
    assert_eq!(anew.heartbeat().await.status, 200);
    assert_eq!(laptop.heartbeat().await.status, 200);
}

#[tokio::test]
async fn a_client_belongs_to_the_account_that_logged_it_in_first() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    portal.forge.account("token-of-eve", "eve", "Eve");
    let eve = Volunteer::new(&portal, ORIGIN, &ann.id);
    let reply = eve.log_in("token-of-eve").await;
    assert_eq!(
        (reply.status, &reply.body["error"]),
        (403, &json!("forbidden"))
    );
    assert_eq!(ann.heartbeat().await.status, 200, "its key is as it was");
}

#[tokio::test]
async fn a_key_acts_for_its_own_client_only() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let mut eve = volunteer(&portal, "eve").await;
    ann.claim("acme/web#1").await;
    eve.id.clone_from(&ann.id);
    for reply in [
        eve.claim("acme/web#2").await,
        eve.release("acme/web#1").await,
        eve.say("acme/web#1", "skipped").await,
        eve.heartbeat().await,
        eve.register("Ann").await,
        eve.sync(json!({"prs_merged": 9})).await,
    ] {
        assert_eq!(
            (reply.status, &reply.body["error"]),
            (403, &json!("forbidden"))
        );
    }
}

#[tokio::test]
async fn a_key_is_good_for_its_scopes_alone() {
    let portal = Portal::new();
    portal.forge.account("t", "ann", "Ann");
    let mut reader = Volunteer::new(&portal, ORIGIN, "dashboard");
    let body = json!({
        "forge_url": FORGE, "forge_token": "t", "client_id": "dashboard",
        "scopes": ["bugseti.read"],
    });
    let reply = reader
        .call(http::Method::POST, "/auth/forge", Some(body))
        .await;
    assert_eq!(reply.body["scopes"], json!(["bugseti.read"]));
    reader.key = Some(reply.body["api_key"].as_str().unwrap().to_owned());
    for unknown in [json!(["bugseti.read", "root"]), json!([]), json!("all")] {
        let body = json!({
            "forge_url": FORGE, "forge_token": "t", "client_id": "dashboard", "scopes": unknown,
        });
        let refused = reader
            .call(http::Method::POST, "/auth/forge", Some(body))
            .await;
        assert_eq!(refused.status, 422, "{unknown}");
    }
    assert_eq!(reader.get("/leaderboard").await.status, 200);
    assert_eq!(reader.get("/issues/claimed").await.status, 200);
    let refused = reader.claim("acme/web#1").await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (403, &json!("forbidden"))
    );
    assert_eq!(
        refused.body["message"],
        "The key lacks the scope bugseti.write."
    );
}

#[tokio::test]
async fn whoever_the_forge_does_not_know_gets_no_key() {
    let portal = Portal::new();
    portal.forge.account("blocked", "ben", "Ben");
    portal.forge.block("blocked");
    let one = Volunteer::new(&portal, ORIGIN, "c");
    for token in ["unknown", "blocked"] {
        let reply = one.log_in(token).await;
        assert_eq!(reply.status, 401, "{token}");
        assert!(reply.body["error"].is_string());
        assert!(reply.body.get("api_key").is_none());
    }
    portal.forge.account("good", "ann", "");
    let reply = one.log_in("good").await;
    assert_eq!(
        (reply.status, &reply.body["forge_user"]),
        (201, &json!("ann"))
    );
}

#[tokio::test]
async fn nothing_but_a_listed_forge_is_spoken_to() {
    let portal = Portal::new();
    portal.forge.account("t", "ann", "Ann");
    for elsewhere in [
        "http://forge.test",
        "https://forge.test.evil.example",
        "https://forge.test@evil.example",
        "https://evil.example/?https://forge.test",
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:1",
        "https://[::1]",
        "https://forge.test:8443",
        "file:///etc/passwd",
        "forge.test",
    ] {
        let mut one = Volunteer::new(&portal, ORIGIN, "c");
        one.forge = elsewhere.to_owned();
        // To an origin that nothing stands for a request panics.
        let reply = one.log_in("t").await;
        assert_eq!(reply.status, 422, "{elsewhere}");
        assert!(reply.body["errors"]["forge_url"].is_array(), "{reply:?}");
    }
    assert_eq!(portal.forge.asked(), 0);
}

#[tokio::test]
async fn a_redirect_of_a_forge_is_not_followed() {
    let portal = Portal::new();
    portal.forge.account("t", "ann", "Ann");
    portal
        .forge
        .redirect_to("http://169.254.169.254/latest/meta-data");
    let reply = Volunteer::new(&portal, ORIGIN, "c").log_in("t").await;
    assert_eq!(reply.status, 401);
    assert_eq!(portal.forge.asked(), 1);
}

#[tokio::test]
async fn a_hub_without_forges_lets_nobody_in() {
    let portal = Portal::with(TestClock::story(), &[("HUB_FORGES", "")]);
    let reply = Volunteer::new(&portal, ORIGIN, "c").log_in("t").await;
    assert_eq!(reply.status, 422);
    let wrong = Portal::with(TestClock::story(), &[("HUB_FORGES", "http://forge.test")]);
    let reply = Volunteer::new(&wrong, ORIGIN, "c").log_in("t").await;
    assert_eq!(
        (reply.status, &reply.body["error"]),
        (503, &json!("unavailable"))
    );
}

#[tokio::test]
async fn whatever_is_wrong_with_a_login_is_named() {
    let portal = Portal::new();
    let one = Volunteer::new(&portal, ORIGIN, "c");
    let long = "x".repeat(501);
    for (body, field) in [
        (json!({}), "forge_url"),
        (json!({}), "forge_token"),
        (json!({}), "client_id"),
        (json!({"forge_url": long}), "forge_url"),
        (json!({"forge_token": "x".repeat(256)}), "forge_token"),
        (json!({"forge_token": "a b"}), "forge_token"),
        (json!({"client_id": "x".repeat(65)}), "client_id"),
        (json!({"client_id": "bugbot"}), "client_id"),
        (json!({"client_id": "discord:1"}), "client_id"),
        (json!({"client_id": 7}), "client_id"),
        (json!({"scopes": ["admin"]}), "scopes"),
        (json!({"scopes": []}), "scopes"),
        (json!([]), "body"),
    ] {
        let reply = one
            .call(http::Method::POST, "/auth/forge", Some(body.clone()))
            .await;
        assert_eq!(reply.status, 422, "{body}");
        assert_eq!(reply.body["error"], "validation_failed");
        assert!(reply.body["errors"][field].is_array(), "{field}: {reply:?}");
    }
}

#[tokio::test]
async fn logins_from_one_address_are_counted() {
    let portal = Portal::with(TestClock::story(), &[("HUB_LOGINS_PER_MINUTE", "3")]);
    let one = Volunteer::new(&portal, ORIGIN, "c");
    for _ in 0..3 {
        assert_eq!(one.log_in("unknown").await.status, 401);
    }
    let refused = one.log_in("unknown").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.number("retry-after"), Some(60));
    assert_eq!(portal.forge.asked(), 3, "no forge works for the fourth");
    portal.clock.advance(minutes(1));
    assert_eq!(one.log_in("unknown").await.status, 401);
}
