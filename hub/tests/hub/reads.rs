//! Reads, and their cache.

use std::time::Duration;

use hub::{HubError, Status, Trouble};
use serde_json::json;
use tests::fault::{Canned, Fault};

use crate::stage::{Stage, claim, id, status};

const MUGS: &str = "acme/shop#12";

#[tokio::test]
async fn what_is_not_answered_is_answered_from_before_and_says_how_old_it_is() {
    let (stage, hub) = Stage::logged_in().await;
    hub.claim(&claim(MUGS)).await.unwrap();
    let fresh = hub.show(&id(MUGS)).await.unwrap();
    assert_eq!(fresh.cached, None);
    stage.clock.advance(Duration::from_mins(3));
    for fault in [Fault::DropBefore, Fault::BeforeEffect(503)] {
        stage.portal.fail_next("*", fault, 1);
        let old = hub.show(&id(MUGS)).await.unwrap();
        assert_eq!(old.value, fresh.value);
        assert_eq!(old.cached.unwrap().age.as_mins(), 3);
    }
    stage.portal.fail_next("*", Fault::DropBefore, 1);
    let error = hub.show(&id("acme/shop#99")).await.unwrap_err();
    assert!(
        matches!(error, HubError::NoAnswer(Trouble::Unreachable(_))),
        "{error}"
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn that_an_issue_is_free_is_remembered_too() {
    let (stage, hub) = Stage::logged_in().await;
    assert_eq!(hub.show(&id(MUGS)).await.unwrap().value, None);
    stage.portal.fail_next("*", Fault::DropBefore, 1);
    let old = hub.show(&id(MUGS)).await.unwrap();
    assert_eq!((old.value, old.cached.is_some()), (None, true));
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_hub_that_is_away_is_waited_for_once_a_call() {
    let (stage, hub) = Stage::logged_in().await;
    hub.stats().await.unwrap();
    stage.portal.fail_next("*", Fault::DropBefore, 2);
    hub.claim(&claim(MUGS)).await.unwrap();
    let before = stage.portal.requests().len();
    let old = hub.stats().await.unwrap();
    assert!(old.cached.is_some());
    assert_eq!(old.drained.waiting, 1);
    assert_eq!(
        stage.portal.requests().len(),
        before + 1,
        "the queue's head was enough"
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_refusal_is_no_reason_to_answer_from_before() {
    let (stage, hub) = Stage::logged_in().await;
    hub.stats().await.unwrap();
    stage.portal.fail_next("*", Fault::BeforeEffect(403), 1);
    let error = hub.stats().await.unwrap_err();
    assert!(
        matches!(error, HubError::Refused { status: 403, .. }),
        "{error}"
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_broken_cache_is_no_reason_not_to_read() {
    let (stage, hub) = Stage::logged_in().await;
    std::fs::write(stage.file("ann", "data/hub_cache.json"), "{").unwrap();
    hub.stats().await.unwrap();
    stage.portal.fail_next("*", Fault::DropBefore, 1);
    assert!(
        hub.stats().await.unwrap().cached.is_some(),
        "it is whole again"
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn no_answer_is_younger_than_now_by_a_clock_that_was_set_back() {
    let (stage, hub) = Stage::logged_in().await;
    hub.claim(&claim(MUGS)).await.unwrap();
    hub.show(&id(MUGS)).await.unwrap();
    stage.clock.set_back(Duration::from_hours(24 * 365));
    stage.portal.fail_next("*", Fault::DropBefore, 1);
    let old = hub.show(&id(MUGS)).await.unwrap().cached.unwrap();
    assert!(old.age.is_zero(), "{old:?}");
    // Times that go backwards stop no write and make nothing negative.
    let done = status(MUGS, Status::Completed);
    hub.status(&done).await.unwrap();
    let (totals, sent) = hub.sync(&[]).await.unwrap();
    assert_eq!((totals.issues_completed, totals.total_time_minutes), (1, 0));
    assert_eq!(sent.drained.waiting, 0, "{sent:?}");
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_wait_that_a_clock_of_next_year_wrote_down_is_not_waited_for() {
    let (stage, hub) = Stage::logged_in().await;
    hub.stats().await.unwrap();
    let busy = Canned::json(429, &json!({})).with_header("retry-after", "30");
    stage.portal.fail_next("*", Fault::Answer(busy), 1);
    let old = hub.stats().await.unwrap().cached.unwrap();
    assert!(matches!(old.why, Trouble::RateLimited { .. }), "{old:?}");
    stage.clock.set_back(Duration::from_hours(24 * 365));
    assert_eq!(hub.stats().await.unwrap().cached, None);
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_cache_that_cannot_be_read_is_no_cache() {
    let (stage, hub) = Stage::logged_in().await;
    hub.stats().await.unwrap();
    for torn in ["{\"https", "[]", "\0\0"] {
        std::fs::write(stage.file("ann", "data/hub_cache.json"), torn).unwrap();
        stage.portal.fail_next("*", Fault::DropBefore, 1);
        let error = hub.stats().await.unwrap_err();
        let is_of_the_hub = matches!(error, HubError::NoAnswer(Trouble::Unreachable(_)));
        assert!(is_of_the_hub, "{torn:?}: {error}");
    }
    hub.stats().await.unwrap();
    stage.portal.fail_next("*", Fault::DropBefore, 1);
    assert!(hub.stats().await.unwrap().cached.is_some());
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn where_there_are_no_lists_the_hub_is_said_to_be_elsewhere() {
    let (stage, hub) = Stage::logged_in().await;
    let nothing = Canned::json(404, &json!({"error": "not found"}));
    stage.portal.fail_next("*", Fault::Answer(nothing), 1);
    let error = hub.stats().await.unwrap_err();
    assert!(
        matches!(error, HubError::Refused { status: 404, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("somewhere else"), "{error}");
    stage.portal.finish(&[]);
}
