//! How often a client may ask, and how much it may say.

use serde_json::json;
use shared::hub::Shard;
use tests::hub::Portal;

use crate::{minutes, volunteer};

#[tokio::test]
async fn a_key_is_good_for_a_hundred_requests_a_minute() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    for n in 1..=100 {
        let reply = ann.get("/issues/acme%2Fweb%231").await;
        assert_eq!(reply.status, 404);
        assert_eq!(reply.number("x-ratelimit-limit"), Some(100));
        assert_eq!(reply.number("x-ratelimit-remaining"), Some(100 - n));
        assert_eq!(reply.number("x-ratelimit-reset"), Some(60));
    }
    portal
        .clock
        .advance(std::time::Duration::from_millis(17_500));
    let refused = ann.claim("acme/web#1").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.body["error"], "rate_limited");
    let limit = json!({"limit": 100, "remaining": 0, "reset": 43});
    assert_eq!(refused.body["rate_limit"], limit);
    assert_eq!(refused.number("retry-after"), Some(43));
    assert_eq!(
        ben.claim("acme/web#1").await.status,
        201,
        "another key is another count"
    );
    portal.clock.advance(std::time::Duration::from_secs(43));
    assert_eq!(
        ann.get("/stats").await.number("x-ratelimit-remaining"),
        Some(99)
    );
}

#[tokio::test]
async fn a_request_that_is_refused_counts_all_the_same() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let bad = ann.claim("").await;
    assert_eq!(bad.status, 422);
    assert_eq!(bad.number("x-ratelimit-remaining"), Some(99));
    portal.clock.advance(minutes(2));
    assert_eq!(
        ann.heartbeat().await.number("x-ratelimit-remaining"),
        Some(99)
    );
}

#[tokio::test]
async fn a_key_out_of_its_scope_reads_what_that_cost_it() {
    let portal = Portal::new();
    let mut ann = volunteer(&portal, "ann").await;
    let body = json!({
        "forge_url": ann.forge, "forge_token": "token-of-ann", "client_id": ann.id,
        "scopes": ["bugseti.read"],
    });
    let reply = ann
        .call(http::Method::POST, "/auth/forge", Some(body))
        .await;
    ann.key = reply.body["api_key"].as_str().map(str::to_owned);
    let refused = ann.claim("acme/web#1").await;
    assert_eq!(refused.status, 403);
    assert_eq!(refused.number("x-ratelimit-limit"), Some(100));
    assert_eq!(refused.number("x-ratelimit-remaining"), Some(99));
    assert_eq!(refused.number("x-ratelimit-reset"), Some(60));
}

#[tokio::test]
async fn whatever_is_wrong_with_a_claim_is_named() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let good = json!({
        "client_id": ann.id, "issue_id": "acme/web#7", "repo": "acme/web", "issue_number": 7,
        "title": "Save is dead", "url": "https://github.com/acme/web/issues/7",
    });
    for (field, value) in [
        ("client_id", json!(null)),
        ("client_id", json!("a b")),
        ("issue_id", json!(null)),
        ("issue_id", json!("a b")),
        ("issue_id", json!("x".repeat(256))),
        ("repo", json!("acme/api")),
        ("repo", json!("x".repeat(201))),
        ("issue_number", json!(8)),
        ("issue_number", json!(-7)),
        ("issue_number", json!("7")),
        ("title", json!("x".repeat(501))),
        ("title", json!("a\u{0}b")),
        ("url", json!("javascript:alert(1)")),
        ("url", json!("x")),
    ] {
        let mut body = good.clone();
        body[field] = value.clone();
        let reply = ann
            .call(http::Method::POST, "/issues/claim", Some(body))
            .await;
        assert_eq!(reply.status, 422, "{field} {value}");
        assert!(
            reply.body["errors"][field].is_array(),
            "{field} {value}: {reply:?}"
        );
    }
    assert_eq!(ann.show("acme/web#7").await.status, 404);
    let reply = ann
        .call(http::Method::POST, "/issues/claim", Some(good))
        .await;
    assert_eq!(reply.status, 201);
    for body in [
        json!({"client_id": ann.id}),
        json!({"client_id": ann.id, "status": "done"}),
        json!({"client_id": ann.id, "status": "completed", "pr_url": "ftp://x"}),
        json!({"client_id": ann.id, "status": "completed", "pr_number": 1.5}),
    ] {
        let path = "/issues/acme%2Fweb%237/status";
        let reply = ann
            .call(http::Method::PATCH, path, Some(body.clone()))
            .await;
        assert_eq!(reply.status, 422, "{body}");
    }
}

#[tokio::test]
async fn a_body_has_a_limit_and_an_address_its_method() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let huge = json!({"client_id": ann.id, "stats": {"repos_contributed": ["x".repeat(140_000)]}});
    let reply = ann
        .call(http::Method::POST, "/stats/sync", Some(huge))
        .await;
    assert_eq!(reply.status, 413);
    let reply = ann.call(http::Method::PUT, "/register", None).await;
    assert_eq!(
        (reply.status, &reply.headers["allow"]),
        (405, &"POST".parse().unwrap())
    );
    assert_eq!(ann.get("/nothing").await.status, 404);
}

#[tokio::test]
async fn a_page_of_claims_has_one_to_five_hundred() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    for (limit, status) in [
        ("0", 422),
        ("1", 200),
        ("500", 200),
        ("501", 422),
        ("x", 422),
    ] {
        let reply = ann.get(&format!("/issues/claimed?limit={limit}")).await;
        assert_eq!(reply.status, status, "{limit}");
    }
}

#[tokio::test]
async fn the_leaderboard_has_a_hundred_places_whatever_is_asked_for() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    for shard in Shard::all_of_clients().take(2) {
        portal.objects.run(
            shard,
            "INSERT INTO clients (id, name, known_since, heard_at) \
             WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 60) \
             SELECT 'client-' || n, 'A client', 0, 0 FROM n",
        );
    }
    let reply = ann.get("/leaderboard?limit=1000").await;
    assert_eq!(reply.body["entries"].as_array().unwrap().len(), 100);
    assert_eq!(reply.body["totalParticipants"], 121);
}
