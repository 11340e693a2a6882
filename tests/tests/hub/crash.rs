//! Whatever call between objects is lost, a repeat comes to the same as if nothing had been.

use serde_json::{Value, json};
use shared::hub::Shard;
use tests::hub::{Loss, Portal};

use crate::volunteer;

/// What everybody can see in the end.
async fn seen(portal: &Portal) -> Value {
    let eve = volunteer(portal, "eve").await;
    let claims: Vec<Value> = eve
        .get("/issues/claimed")
        .await
        .body
        .as_array()
        .unwrap()
        .iter()
        .map(|claim| json!([claim["issue_id"], claim["client_id"], claim["status"]]))
        .collect();
    json!({
        "claims": claims,
        "leaderboard": eve.get("/leaderboard").await.body["leaderboard"],
        "stats": eve.get("/stats").await.body,
        "done": eve.show("acme/web#1").await.body["pr_number"],
    })
}

/// A day of work, in which every write that fails is sent once more, as the clients do. Returns
/// how many calls between objects it took.
async fn work(portal: &Portal, lost: Option<(u32, Loss)>) -> u32 {
    let ann = volunteer(portal, "ann").await;
    let before = portal.objects.calls();
    if let Some((nth, loss)) = lost {
        portal.objects.lose(nth, loss);
    }
    macro_rules! until_done {
        ($call:expr) => {{
            let mut reply = $call.await;
            if reply.status == 503 {
                assert_eq!(reply.body["error"], "unavailable");
                reply = $call.await;
            }
            assert!(reply.status < 300, "{reply:?}");
        }};
    }
    until_done!(ann.register("Ann"));
    until_done!(ann.claim("acme/web#1"));
    until_done!(ann.claim("acme/api#2"));
    until_done!(ann.heartbeat());
    let _ = portal.objects.ring().await;
    until_done!(ann.complete("acme/web#1", 11));
    until_done!(ann.say("acme/api#2", "in_progress"));
    until_done!(ann.claim("issue-42"));
    until_done!(ann.release("issue-42"));
    until_done!(ann.sync(json!({"issues_attempted": 3, "issues_completed": 1, "prs_merged": 1})));
    let _ = portal.objects.ring().await;
    let calls = portal.objects.calls() - before;
    portal.objects.ring().await.unwrap();
    assert_eq!(portal.objects.news(), 0);
    calls
}

#[tokio::test]
async fn every_lost_call_is_made_good_by_a_repeat() {
    let calm = Portal::new();
    let calls = work(&calm, None).await;
    assert!(calls > 20, "{calls}");
    let expected = seen(&calm).await;
    assert_eq!(expected["stats"]["totalClaims"], 3);
    assert_eq!(expected["done"], 11);
    for nth in 1..=calls {
        for loss in [Loss::Before, Loss::After] {
            let portal = Portal::new();
            work(&portal, Some((nth, loss))).await;
            assert_eq!(seen(&portal).await, expected, "call {nth} lost {loss:?}");
        }
    }
}

#[tokio::test]
async fn news_stay_until_they_have_arrived_and_count_once_however_often_they_do() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    ann.claim("acme/web#1").await;
    ann.complete("acme/web#1", 1).await;
    assert_eq!(portal.objects.news(), 1, "the newest says all");
    for loss in [Loss::Before, Loss::After, Loss::After] {
        portal.objects.lose(1, loss);
        assert!(portal.objects.ring().await.is_err());
        assert_eq!(portal.objects.news(), 1);
    }
    portal.objects.ring().await.unwrap();
    assert_eq!(portal.objects.news(), 0);
    let stats = ann.get("/stats").await.body;
    assert_eq!(stats["global"]["total_issues_attempted"], 1);
    assert_eq!(stats["global"]["total_issues_completed"], 1);
}

#[tokio::test]
async fn news_that_come_while_older_ones_are_carried_stay() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    ann.claim("acme/web#1").await;
    let mut ring = std::pin::pin!(portal.objects.ring());
    // The news were read, and are on their way.
    assert!(futures_util::poll!(ring.as_mut()).is_pending());
    ann.complete("acme/web#1", 1).await;
    ring.await.unwrap();
    assert_eq!(portal.objects.news(), 1);
    portal.objects.ring().await.unwrap();
    let stats = ann.get("/stats").await.body;
    assert_eq!(stats["global"]["total_issues_completed"], 1);
}

/// What makes a crash between two statements harmless: a call that fails leaves nothing behind.
#[tokio::test]
async fn a_call_that_fails_in_the_middle_has_changed_nothing() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    ann.claim("acme/web#1").await;
    let issue = shared::hub::IssueRef::parse("acme/web#1").unwrap();
    let shard = Shard::of_issue(&issue);
    // The claim is written first, and then its news.
    portal.objects.run(shard, "ALTER TABLE news RENAME TO away");
    let reply = ann.say("acme/web#1", "completed").await;
    assert_eq!(reply.status, 503);
    assert_eq!(ann.show("acme/web#1").await.body["status"], "claimed");
    portal.objects.run(shard, "ALTER TABLE away RENAME TO news");
    assert_eq!(ann.say("acme/web#1", "completed").await.status, 200);
}
