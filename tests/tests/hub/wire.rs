//! What either generation of clients reads, field by field.

use serde_json::{Value, json};
use tests::hub::{ORIGIN, Portal, Volunteer};

use crate::volunteer;

/// The value with what differs from run to run, or is said elsewhere, left as it is.
fn shown(body: &Value) -> String {
    serde_json::to_string_pretty(body).unwrap()
}

#[tokio::test]
async fn a_claim_reads_flat_and_in_its_envelope() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    ann.register("Ann's laptop").await;
    let claimed = ann.claim("acme/web#7").await;
    assert_eq!(claimed.status, 201);
    let mut flat = claimed.body.clone();
    let envelope = flat.as_object_mut().unwrap().remove("claim").unwrap();
    assert_eq!(flat, envelope);
    insta::assert_snapshot!(shown(&flat), @r#"
    {
      "claimedAt": "2026-03-06T14:30:00Z",
      "claimed_at": "2026-03-06T14:30:00Z",
      "clientId": "client-of-ann",
      "clientName": "Ann's laptop",
      "client_id": "client-of-ann",
      "client_name": "Ann's laptop",
      "expiresAt": "2026-03-06T15:00:00Z",
      "expires_at": "2026-03-06T15:00:00Z",
      "id": "e500046f1b68378cd06f57e9f792e1ac",
      "issueId": "acme/web#7",
      "issueUrl": "https://github.com/acme/web/issues/7",
      "issue_id": "acme/web#7",
      "issue_number": 7,
      "issue_title": "Save is dead",
      "issue_url": "https://github.com/acme/web/issues/7",
      "repo": "acme/web",
      "status": "claimed"
    }
    "#);
    assert_eq!(ann.show("acme/web#7").await.body, claimed.body);
    let said = ann.complete("acme/web#7", 9).await.body;
    assert_eq!(said["claim"]["status"], "completed");
    assert_eq!(said["pr_url"], "https://github.com/acme/web/pull/9");
    assert_eq!(said["pr_number"], 9);
}

#[tokio::test]
async fn the_list_is_an_array_or_an_envelope() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    ann.claim("acme/web#7").await;
    let plain = ann
        .get("/issues/claimed?status=claimed&repo=acme/web")
        .await
        .body;
    assert_eq!(plain[0]["issueUrl"], "https://github.com/acme/web/issues/7");
    assert_eq!(plain[0]["issue_title"], "Save is dead");
    let envelope = ann.get("/issues/claimed?envelope=1").await.body;
    assert_eq!(envelope, json!({"claims": plain, "next": null}));
}

#[tokio::test]
async fn who_was_refused_learns_who_has_it_and_until_when() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    ann.register("Ann's laptop").await;
    ann.claim("acme/web#7").await;
    let refused = ben.claim("acme/web#7").await.body;
    assert_eq!(refused["error"], "Issue already claimed");
    assert_eq!(
        refused["message"],
        "Ann's laptop has it until 2026-03-06T15:00:00Z."
    );
    assert_eq!(refused["claim"]["expires_at"], "2026-03-06T15:00:00Z");
}

#[tokio::test]
async fn a_login_a_registration_and_a_heartbeat() {
    let portal = Portal::new();
    portal.forge.account("t", "ann", "Ann Lee");
    let one = Volunteer::new(&portal, ORIGIN, "0123456789abcdef0123456789abcdef");
    let mut login = one.log_in("t").await;
    assert_eq!(login.status, 201);
    assert!(login.body["api_key"].is_string());
    login.body["api_key"] = json!("ak_");
    insta::assert_snapshot!(shown(&login.body), @r#"
    {
      "api_key": "ak_",
      "client_id": "0123456789abcdef0123456789abcdef",
      "forge_user": "Ann Lee",
      "scopes": [
        "bugseti.read",
        "bugseti.write"
      ]
    }
    "#);
    let one = one.logged_in("t").await;
    let client = one.register("Ann's laptop").await;
    assert_eq!(client.status, 201);
    insta::assert_snapshot!(shown(&client.body), @r#"
    {
      "client": {
        "arch": "amd64",
        "clientId": "0123456789abcdef0123456789abcdef",
        "client_id": "0123456789abcdef0123456789abcdef",
        "last_seen_at": "2026-03-06T14:30:00Z",
        "name": "Ann's laptop",
        "os": "linux",
        "registeredAt": "2026-03-06T14:30:00Z",
        "registered_at": "2026-03-06T14:30:00Z",
        "version": "0.1.0"
      }
    }
    "#);
    assert_eq!(one.heartbeat().await.body["ok"], true);
}

#[tokio::test]
async fn the_leaderboard_and_the_numbers_of_all() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    ann.register("Ann").await;
    ann.claim("acme/web#7").await;
    ann.sync(json!({"prs_merged": 2, "prs_submitted": 3, "issues_completed": 3}))
        .await;
    portal.objects.ring().await.unwrap();
    insta::assert_snapshot!(shown(&ann.get("/leaderboard").await.body), @r#"
    {
      "entries": [
        {
          "clientId": "client-of-ann",
          "clientName": "Ann",
          "prsMerged": 2,
          "rank": 1,
          "score": 32
        }
      ],
      "leaderboard": [
        {
          "client_name": "Ann",
          "client_version": "0.1.0",
          "current_streak": 1,
          "issues_completed": 3,
          "longest_streak": 1,
          "prs_merged": 2,
          "prs_submitted": 3,
          "rank": 1,
          "score": 32
        }
      ],
      "totalParticipants": 1,
      "total_participants": 1
    }
    "#);
    insta::assert_snapshot!(shown(&ann.get("/stats").await.body), @r#"
    {
      "activeClaims": 1,
      "global": {
        "active_claims": 1,
        "active_participants": 1,
        "completed_claims": 0,
        "total_issues_attempted": 1,
        "total_issues_completed": 3,
        "total_participants": 1,
        "total_prs_merged": 2,
        "total_prs_submitted": 3
      },
      "issuesAvailable": 0,
      "totalClaims": 1,
      "totalClients": 1,
      "totalPrsMerged": 2
    }
    "#);
}
