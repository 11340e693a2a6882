//! What waits, why, and for how long.

use std::time::Duration;

use hub::{Answer, HubError, Outcome, Status, Trouble};
use serde_json::json;
use tests::fault::{Canned, Fault};

use crate::stage::{Stage, claim, id, read, status};

#[tokio::test]
async fn whatever_settles_nothing_leaves_the_write_on_the_disk() {
    let page = Canned {
        status: http::StatusCode::OK,
        headers: vec![(
            http::header::CONTENT_TYPE,
            http::HeaderValue::from_static("text/html"),
        )],
        body: "<h1>Log in to this hotel's network</h1>".into(),
    };
    let moved = Canned::json(302, &json!({})).with_header("location", "https://elsewhere.test/");
    for fault in [
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::BeforeEffect(500),
        Fault::AfterEffect(502),
        Fault::BeforeEffect(408),
        Fault::Answer(page),
        Fault::Answer(moved),
    ] {
        let (stage, hub) = Stage::logged_in().await;
        stage.portal.fail_next("*", fault.clone(), 1);
        let sent = hub.claim(&claim("acme/shop#1")).await.unwrap();
        assert!(
            matches!(sent.answer, Answer::Queued(_)),
            "{fault:?}: {sent:?}"
        );
        assert_eq!(sent.drained.waiting, 1);
        assert_eq!(stage.pending("ann"), ["claim of acme/shop#1"], "{fault:?}");
        let next = hub.show(&id("acme/shop#1")).await.unwrap();
        assert!(next.value.is_some(), "it was sent before the hub was asked");
        assert!(stage.pending("ann").is_empty(), "{fault:?}");
        stage.portal.finish(&[]);
    }
}

#[tokio::test]
async fn the_queue_is_sent_in_order_and_nothing_overtakes_it() {
    let (stage, hub) = Stage::logged_in().await;
    stage.portal.fail_next("*", Fault::DropBefore, 3);
    hub.claim(&claim("acme/shop#1")).await.unwrap();
    hub.status(&status("acme/shop#1", Status::InProgress))
        .await
        .unwrap();
    let third = hub.release(&id("acme/shop#1")).await.unwrap();
    assert_eq!(third.drained.waiting, 3);
    let before = stage.portal.requests().len();
    let sent = hub.claim(&claim("acme/shop#2")).await.unwrap();
    assert!(matches!(sent.answer, Answer::Done(_)), "{sent:?}");
    let settled: Vec<_> = sent
        .drained
        .settled
        .iter()
        .map(|it| it.entry.to_string())
        .collect();
    let expected = [
        "claim of acme/shop#1",
        "status in_progress of acme/shop#1",
        "release of acme/shop#1",
    ];
    assert_eq!(settled, expected);
    let methods: Vec<_> = stage.portal.requests()[before..]
        .iter()
        .map(|it| it.method.to_string())
        .collect();
    assert_eq!(methods, ["POST", "PATCH", "DELETE", "POST"]);
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_write_that_is_refused_makes_way_for_the_next() {
    let (stage, hub) = Stage::logged_in().await;
    stage.portal.fail_next("*", Fault::DropBefore, 2);
    hub.status(&status("acme/shop#1", Status::Completed))
        .await
        .unwrap();
    hub.claim(&claim("acme/shop#2")).await.unwrap();
    let sent = hub.heartbeat().await.unwrap();
    let outcomes: Vec<_> = sent.drained.settled.iter().map(|it| &it.outcome).collect();
    assert!(
        matches!(
            outcomes[..],
            [Outcome::Refused { status: 404, .. }, Outcome::Done(_)]
        ),
        "{outcomes:?}"
    );
    let refused = hub.backlog().await.unwrap().refused;
    assert_eq!(
        refused[0].entry.to_string(),
        "status completed of acme/shop#1"
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_rate_limit_is_kept_by_every_process_until_it_is_over() {
    let (stage, hub) = Stage::logged_in().await;
    let retry_after = Duration::from_secs(30);
    stage
        .portal
        .fail_next("*", Fault::RateLimit { retry_after }, 1);
    let sent = hub.claim(&claim("acme/shop#1")).await.unwrap();
    assert!(
        matches!(sent.answer, Answer::Queued(Trouble::RateLimited { .. })),
        "{sent:?}"
    );
    let before = stage.portal.requests().len();
    stage.clock.advance(Duration::from_secs(29));
    let other = hub::Hub::new(stage.home("ann"), stage.ports());
    let sent = other.heartbeat().await.unwrap();
    assert!(
        matches!(sent.answer, Answer::Queued(Trouble::RateLimited { .. })),
        "{sent:?}"
    );
    let error = other.stats().await.unwrap_err();
    assert!(
        matches!(error, HubError::NoAnswer(Trouble::RateLimited { .. })),
        "{error}"
    );
    assert_eq!(
        stage.portal.requests().len(),
        before,
        "the hub was left alone"
    );
    stage.clock.advance(Duration::from_secs(1));
    assert_eq!(other.heartbeat().await.unwrap().answer, Answer::Done(()));
    assert!(stage.pending("ann").is_empty());
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn heartbeats_do_not_pile_up_while_the_hub_is_away() {
    let (stage, hub) = Stage::logged_in().await;
    stage.portal.fail_next("*", Fault::DropBefore, 5);
    for _ in 0..4 {
        hub.heartbeat().await.unwrap();
    }
    hub.sync(&[]).await.unwrap();
    assert_eq!(stage.pending("ann"), ["heartbeat", "totals"]);
    let (_, sent) = hub.sync(&[]).await.unwrap();
    assert_eq!(sent.answer, Answer::Done(()));
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn what_another_program_left_in_the_queue_is_sent_as_it_is_and_what_is_no_request_is_dropped()
{
    let (stage, hub) = Stage::logged_in().await;
    let client = hub.config().unwrap().client_id;
    let at = "2026-01-01T00:00:00.5+01:00";
    let theirs = json!([
        {"method": "NO SUCH", "path": "/stats", "body": null, "createdAt": at},
        {"method": "POST", "path": "/heartbeat", "body": {"client_id": client}, "createdAt": at},
    ]);
    let file = stage.file("ann", "data/hub_pending.json");
    std::fs::write(&file, theirs.to_string()).unwrap();
    let sent = hub.stats().await.unwrap();
    let outcomes: Vec<_> = sent.drained.settled.iter().map(|it| &it.outcome).collect();
    assert!(
        matches!(
            outcomes[..],
            [Outcome::Refused { status: 0, .. }, Outcome::Done(_)]
        ),
        "{outcomes:?}"
    );
    assert_eq!(
        stage
            .portal
            .requests_to("POST /api/bugseti/heartbeat")
            .len(),
        1
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_file_that_cannot_be_read_is_left_alone_and_nothing_is_sent() {
    let (stage, hub) = Stage::logged_in().await;
    let file = stage.file("ann", "data/hub_pending.json");
    std::fs::write(&file, "[{\"method\":").unwrap();
    let before = stage.portal.requests().len();
    let error = hub.claim(&claim("acme/shop#1")).await.unwrap_err();
    assert!(matches!(error, HubError::Disk(_)), "{error}");
    assert!(error.to_string().contains("hub_pending.json"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "[{\"method\":");
    assert_eq!(stage.portal.requests().len(), before);
}

#[tokio::test]
async fn a_full_queue_says_so_and_sends_nothing_unkept() {
    let (stage, hub) = Stage::logged_in().await;
    let client = hub.config().unwrap().client_id;
    let entries: Vec<_> = (0..hub::MAX_PENDING)
        .map(|n| {
            json!({"method": "DELETE", "path": format!("/issues/i{n}/claim"),
                   "body": {"client_id": client}, "createdAt": "2026-01-01T00:00:00Z"})
        })
        .collect();
    let file = stage.file("ann", "data/hub_pending.json");
    std::fs::write(&file, json!(entries).to_string()).unwrap();
    let error = hub.claim(&claim("acme/shop#1")).await.unwrap_err();
    assert!(matches!(error, HubError::Full(1_000)), "{error}");
    assert_eq!(read(&file).as_array().unwrap().len(), hub::MAX_PENDING);
}
