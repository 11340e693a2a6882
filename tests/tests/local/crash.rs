//! Parts of bugbot that die in the middle of a fix: it ends all the same, and once.

use tests::anthropic::Script;
use tests::discord::Act;

use crate::stage::{PATIENCE, Stage, job, shown};

#[tokio::test(flavor = "multi_thread")]
async fn an_executor_that_is_killed_and_comes_back_runs_the_fix_again() {
    let mut stage = Stage::new(Script::never_ends()).await;
    stage.act(Act::slash("bugbot fix")).await;
    stage.at_work().await;

    stage.local.executor.kill();
    stage
        .until("the agent's end", |local| {
            local.executor.agents().is_empty().then_some(())
        })
        .await;
    stage.local.anthropic.play(Script::fixes_the_sample());
    stage.model_takes_its_time();
    stage.local.executor.restart().unwrap();

    let mut texts = Vec::new();
    let told = stage
        .local
        .wait_for(&stage.thread, 0, PATIENCE, |told| {
            texts.push(shown(told));
        })
        .await
        .unwrap();
    assert!(told.content.starts_with("✅"), "{told:?}");
    assert!(
        texts.iter().any(|text| text.contains("(start 2")),
        "the thread is told of the second start: {texts:#?}"
    );
    stage.settled().await;
    stage.assert_fixed_once();
    assert_eq!(stage.local.told(&stage.thread).len(), 1);
    stage.local.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_object_that_is_evicted_on_the_way_ends_its_fix_once() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    let local = &stage.local;
    stage.model_takes_its_time();
    let sent = stage.act(Act::slash("bugbot fix")).await;
    stage.at_work().await;
    local
        .stack
        .evict("JobObject", job(&sent).as_str())
        .await
        .unwrap();
    assert!(!stage.ended_already(), "it was on its way");

    let told = stage.ended(0).await;
    assert!(told.content.starts_with("✅"), "{told:?}");
    stage.settled().await;
    stage.assert_fixed_once();
    assert_eq!(local.told(&stage.thread).len(), 1);
    local.finish();
}
