//! A fix that somebody stops.

use std::time::{Duration, Instant};

use tests::anthropic::Script;
use tests::discord::Act;

use crate::stage::Stage;

/// From the answer to `cancel` to the end of the agent's last process.
const CANCEL_WITHIN: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_agent_is_gone_within_five_seconds_and_can_be_tried_again() {
    let stage = Stage::new(Script::never_ends()).await;
    let local = &stage.local;
    stage.act(Act::slash("bugbot fix")).await;
    stage.at_work().await;

    stage.act(Act::slash("bugbot cancel")).await;
    let answered = Instant::now();
    stage
        .until("the agent's end", |local| {
            local.executor.agents().is_empty().then_some(())
        })
        .await;
    assert!(
        answered.elapsed() < CANCEL_WITHIN,
        "{:?}",
        answered.elapsed()
    );
    let told = stage.ended(0).await;
    assert!(told.content.starts_with("🛑"), "{told:?}");
    let answer = stage.ended(1).await;
    assert!(answer.content.starts_with("🛑"), "{answer:?}");
    stage.settled().await;
    stage.assert_nothing_pushed();

    local.anthropic.play(Script::fixes_the_sample());
    stage.act(Act::slash("bugbot retry")).await;
    let told = stage.ended(2).await;
    assert!(told.content.starts_with("✅"), "{told:?}");
    stage.assert_fixed_once();
    assert_eq!(local.told(&stage.thread).len(), 3);
    assert_eq!(local.linear.issues().len(), 1);
    local.finish();
}
