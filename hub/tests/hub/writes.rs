//! What the hub answers to writes.

use hub::{Answer, Claimed, PullRequest, Status, StatusChange};
use tests::bugseti::{Effect, Generation};
use tests::fault::{Canned, Fault};

use crate::stage::{Stage, claim, id, status};

const MUGS: &str = "acme/shop#12";

#[tokio::test]
async fn an_issue_is_worked_on_with_a_portal_of_either_generation_or_both() {
    for generation in [Generation::Flat, Generation::Enveloped, Generation::Both] {
        let stage = Stage::new(generation);
        let hub = stage.client("ann").await;
        let sent = hub.claim(&claim(MUGS)).await.unwrap();
        let Answer::Done(Claimed::Ours(Some(ours))) = sent.answer else {
            panic!("{sent:?}");
        };
        assert_eq!(ours.status.as_deref(), Some("claimed"));
        let done = StatusChange {
            pr_url: Some("https://github.com/acme/shop/pull/7".to_owned()),
            pr_number: Some(7),
            ..status(MUGS, Status::Completed)
        };
        assert_eq!(hub.status(&done).await.unwrap().answer, Answer::Done(()));
        let merged = [(id(MUGS), PullRequest::Merged)];
        let (totals, sent) = hub.sync(&merged).await.unwrap();
        assert_eq!(sent.answer, Answer::Done(()));
        assert_eq!((totals.issues_completed, totals.prs_merged), (1, 1));

        let claims = hub.claims(Some(Status::Completed), Some("acme/shop")).await;
        let claims = claims.unwrap().value;
        assert_eq!(claims.len(), 1);
        assert_eq!(claims[0].issue, MUGS);
        let board = hub.leaderboard(Some(5)).await.unwrap().value;
        assert_eq!(board.entries[0].client_name.as_deref(), Some("ann"));
        assert_eq!(board.entries[0].prs_merged, Some(1));
        let global = hub.stats().await.unwrap().value;
        assert_eq!(
            (global.total_prs_merged, global.active_claims),
            (Some(1), Some(1))
        );

        hub.release(&id(MUGS)).await.unwrap();
        assert_eq!(hub.show(&id(MUGS)).await.unwrap().value, None);
        // Whatever is gone is given back.
        assert_eq!(
            hub.release(&id(MUGS)).await.unwrap().answer,
            Answer::Done(())
        );
        stage.portal.finish(&[]);
    }
}

#[tokio::test]
async fn a_claim_of_somebody_else_is_an_answer_and_says_whose() {
    let (stage, hub) = Stage::logged_in().await;
    stage.portal.claimed_by("bob", MUGS);
    let sent = hub.claim(&claim(MUGS)).await.unwrap();
    let Answer::Done(Claimed::Taken(Some(theirs))) = sent.answer else {
        panic!("{sent:?}");
    };
    assert_eq!(theirs.holder(), Some("bob"));
    assert_eq!(sent.drained.waiting, 0);
    // It was no attempt of ours.
    assert_eq!(hub.sync(&[]).await.unwrap().0.issues_attempted, 0);
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_claim_that_took_effect_unheard_is_ours_even_where_the_portal_does_not_know_owners() {
    for knows_owners in [true, false] {
        let (stage, hub) = Stage::logged_in().await;
        stage.portal.lock().knows_owners = knows_owners;
        stage
            .portal
            .fail_next("POST /api/bugseti/issues/claim", Fault::DropAfter, 1);
        let sent = hub.claim(&claim(MUGS)).await.unwrap();
        assert!(matches!(sent.answer, Answer::Queued(_)), "{sent:?}");
        let sent = hub.heartbeat().await.unwrap();
        assert_eq!(sent.answer, Answer::Done(()));
        let outcomes = sent.drained.settled;
        assert!(
            matches!(&outcomes[..], [one] if matches!(one.outcome, hub::Outcome::Done(_))),
            "{outcomes:?}"
        );
        let config = hub.config().unwrap();
        let claimed = Effect::Claimed(MUGS.to_owned(), config.client_id.unwrap());
        let effects = stage.portal.lock().effects.clone();
        assert_eq!(effects.iter().filter(|it| **it == claimed).count(), 1);
        assert_eq!(hub.sync(&[]).await.unwrap().0.issues_attempted, 1);
        stage.portal.finish(&[]);
    }
}

#[tokio::test]
async fn whose_an_issue_is_may_not_be_known_yet() {
    let (stage, hub) = Stage::logged_in().await;
    stage.portal.claimed_by("bob", MUGS);
    let show = "GET /api/bugseti/issues/acme%2Fshop%2312";
    stage.portal.fail_next(show, Fault::BeforeEffect(503), 1);
    let sent = hub.claim(&claim(MUGS)).await.unwrap();
    assert!(
        matches!(sent.answer, Answer::Queued(_)),
        "it may be ours: {sent:?}"
    );
    let sent = hub.claim(&claim(MUGS)).await.unwrap();
    assert!(
        matches!(sent.answer, Answer::Done(Claimed::Taken(_))),
        "{sent:?}"
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn what_the_hub_refuses_is_told_once_and_waits_no_longer() {
    let (stage, hub) = Stage::logged_in().await;
    let sent = hub.status(&status(MUGS, Status::Completed)).await.unwrap();
    let refused = Answer::Refused {
        status: 404,
        message: "not claimed".to_owned(),
    };
    assert_eq!(sent.answer, refused);
    stage.portal.claimed_by("bob", MUGS);
    let sent = hub.release(&id(MUGS)).await.unwrap();
    assert!(
        matches!(sent.answer, Answer::Refused { status: 403, .. }),
        "{sent:?}"
    );
    let no = Canned::json(
        422,
        &serde_json::json!({"message": "the title is too long"}),
    );
    stage
        .portal
        .fail_next("POST /api/bugseti/issues/claim", Fault::Answer(no), 1);
    let sent = hub.claim(&claim("acme/shop#13")).await.unwrap();
    assert!(
        matches!(sent.answer, Answer::Refused { status: 422, .. }),
        "{sent:?}"
    );
    assert!(stage.pending("ann").is_empty());
    let backlog = hub.backlog().await.unwrap();
    let statuses: Vec<_> = backlog.refused.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [404, 403, 422]);
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_claim_that_ran_out_is_anybodys() {
    let (stage, ann) = Stage::logged_in().await;
    let bob = stage.client("bob").await;
    ann.claim(&claim(MUGS)).await.unwrap();
    let taken = bob.claim(&claim(MUGS)).await.unwrap().answer;
    assert!(
        matches!(taken, Answer::Done(Claimed::Taken(_))),
        "{taken:?}"
    );
    for _ in 0..2 {
        stage.clock.advance(std::time::Duration::from_mins(20));
        ann.heartbeat().await.unwrap();
    }
    assert!(
        ann.show(&id(MUGS)).await.unwrap().value.is_some(),
        "heartbeats renew it"
    );
    stage.clock.advance(std::time::Duration::from_mins(31));
    let ours = bob.claim(&claim(MUGS)).await.unwrap().answer;
    assert!(matches!(ours, Answer::Done(Claimed::Ours(_))), "{ours:?}");
    stage.portal.finish(&[]);
}
