//! Money and limits in real workerd: the ledger between the gateway's proxy and the fix, and a
//! refusal that names the time of the next try.

use tests::anthropic::{Move, Script, Turn};
use tests::discord::Act;
use tests::local::{REPOSITORY, Setup};
use tests::sample::{BUGGY_FILE, BUGGY_LINE, FIXED_LINE};

use crate::stage::{Stage, shown};

/// What the agent uses unless it is told otherwise.
const MODEL: &str = "claude-sonnet-5";

/// A model that fixes the bug, and then says so much that the next call cannot be paid for.
fn talks_itself_out_of_money() -> Script {
    Script::new([
        Turn::make(Move::read(BUGGY_FILE)),
        Turn::make(Move::edit(BUGGY_FILE, BUGGY_LINE, FIXED_LINE)),
        Turn::Moves(vec![
            Move::Say("Let me think. ".repeat(7_500)),
            Move::read("README.md"),
        ]),
        Turn::say("Done."),
    ])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fix_that_its_cap_has_stopped_goes_on_from_its_work_with_more_money() {
    // A byte that is sent may be a token: a call holds about four dollars and costs one, and the
    // long talk holds four more.
    let stage = Stage::with(|setup| {
        let prices = ("MODEL_PRICES".to_owned(), format!("{MODEL}=40/1"));
        Setup {
            script: talks_itself_out_of_money(),
            gateway: vec![prices],
            ..setup
        }
        .with("ANTHROPIC_MODEL", MODEL)
        .with("RUN_BUDGET_USD", "8")
        .with("MAX_JOB_USD", "60")
    })
    .await;
    let local = &stage.local;
    stage.act(Act::slash("bugbot fix")).await;
    let told = stage.ended(0).await;
    let said = shown(&told);
    assert!(said.contains("budget was used up"), "{said}");
    assert!(said.contains("/bugbot continue"), "{said}");
    stage.settled().await;
    stage.assert_nothing_pushed();
    let refused = local.stack.logs();
    let refused = refused.lines();
    let is_refusal = |line: &&serde_json::Value| line["message"] == "model call refused";
    assert_eq!(refused.iter().filter(is_refusal).count(), 1);

    let more = Act::slash("bugbot continue").option("budget", "40");
    stage.act(more).await;
    let told = stage.ended(1).await;
    assert!(told.content.starts_with("✅"), "{told:?}");
    stage.settled().await;
    stage.assert_fixed_once();
    local.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_begun_as_many_fixes_as_may_be_reads_when_to_try_again() {
    let stage = Stage::with(|setup| {
        let script = Script::changes_nothing();
        Setup { script, ..setup }.with("USER_FIXES", "1/hour")
    })
    .await;
    let local = &stage.local;
    stage.act(Act::slash("bugbot fix")).await;
    stage.ended(0).await;
    stage.settled().await;
    let runs = local.anthropic.requests().len();

    let sent = jiff::Timestamp::now().as_second();
    stage.act(Act::slash("bugbot fix")).await;
    let told = stage.ended(1).await;
    let said = &told.content;
    assert!(
        said.contains("You have begun 1 fix within an hour"),
        "{said}"
    );
    let at = said
        .split_once("<t:")
        .and_then(|(_, rest)| rest.split_once(':'));
    let at: i64 = at.and_then(|(at, _)| at.parse().ok()).expect("a time");
    assert!((sent..=sent + 3_600).contains(&at), "{said}");
    stage.settled().await;
    assert_eq!(local.anthropic.requests().len(), runs, "nothing was begun");
    assert_eq!(local.github.branches(REPOSITORY), ["main"]);
    local.finish();
}
