//! The operator API of the real gateway worker, over the real objects and queue.

use shared::operator::{JobState, OperatorClient};
use shared::secret::Secret;
use tests::anthropic::Script;
use tests::discord::Act;
use tests::fake::Sockets;
use tests::linear::Linear;
use tests::local::{REPOSITORY, Setup};

use crate::stage::{Stage, job, shown};

const TOKEN: &str = "the-operator-of-the-local-stack";

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_sees_an_open_job_and_replays_a_dead_letter_which_then_succeeds() {
    let with_token = |setup: Setup| Setup {
        script: Script::fixes_the_sample(),
        ..setup.with("OPERATOR_TOKEN", TOKEN)
    };
    let stage = Stage::with(with_token).await;
    let local = &stage.local;
    let ann = |token| {
        let token = Secret::new(token);
        OperatorClient::new(Sockets::new(), &local.stack.gateway, &token, "ann").unwrap()
    };
    assert!(
        ann("another-token-of-someone")
            .jobs(10, None)
            .await
            .is_err()
    );
    let ann = ann(TOKEN);

    local
        .linear
        .fail_next("POST /graphql", Linear::internal_error(), 4);
    let dead = stage.act(Act::slash("bugbot contextualize")).await;
    let told = stage.ended(0).await;
    assert!(shown(&told).contains("could not be done"), "{told:?}");
    stage.settled().await;
    let dead = job(&dead);
    let letters = ann.dead_letters(10, None, false).await.unwrap().items;
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].id, dead.as_str());

    let replayed = ann.replay(dead.as_str()).await.unwrap();
    assert!(replayed.changed, "{replayed:?}");
    let told = stage.ended(1).await;
    assert!(told.content.starts_with("✅ Created"), "{told:?}");
    assert!(!ann.replay(dead.as_str()).await.unwrap().changed);
    assert_eq!(local.linear.issues().len(), 1);
    assert!(
        ann.dead_letters(10, None, false)
            .await
            .unwrap()
            .items
            .is_empty()
    );

    stage.model_takes_its_time();
    let fix = Act::slash("bugbot fix").option("repo", REPOSITORY);
    let fix = job(&stage.act(fix).await);
    stage.at_work().await;
    let open = ann.jobs(10, None).await.unwrap().items;
    assert_eq!((open.len(), &open[0].job), (1, &fix));
    let seen = ann.job(fix.as_str(), None).await.unwrap();
    assert_eq!(seen.job.state, JobState::Running);
    assert_eq!(seen.job.fix.unwrap().repository, REPOSITORY);
    stage.ended(2).await;
    stage.settled().await;

    let facts = ann.facts().await.unwrap();
    assert_eq!(facts.checks_failed, None);
    assert_eq!((facts.open_jobs, facts.dead_letters), (Some(0), Some(0)));
    assert!(
        facts.checks.iter().any(|check| check.area == "Linear"),
        "{:?}",
        facts.checks
    );
    let log = ann.audit("operator", 10, 0).await.unwrap();
    assert_eq!(log.entries.len(), 2, "both replays were ordered");
    stage.assert_fixed_once();
    local.finish();
}
