//! A pull request after it was opened: the webhook, a further round of the real agent, the merge.

use tests::anthropic::{Move, Script, Turn};
use tests::discord::Act;
use tests::local::REPOSITORY;
use tests::sample::{BUGGY_FILE, FIXED_LINE};

use crate::stage::{Stage, shown};

const LOG: &str = "2026-03-01T12:00:01.0000000Z src/cart.js: say why it is a number\n\
    2026-03-01T12:00:02.0000000Z ##[error]Process completed with exit code 1.\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_check_becomes_a_second_commit_and_a_merge_finishes_the_issue() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    stage.act(Act::slash("bugbot fix")).await;
    stage.ended(0).await;
    stage.settled().await;
    let local = &stage.local;
    let (github, webhook) = (&local.github, local.webhook());
    let pull = github.pull_requests(REPOSITORY).remove(0);
    let commits = || github.commits(REPOSITORY, "main", &pull.head);
    assert_eq!(commits().len(), 1);

    let explained = format!("{FIXED_LINE} // The field's value is text.");
    local.anthropic.play(Script::new([
        Turn::make(Move::read(BUGGY_FILE)),
        Turn::make(Move::edit(BUGGY_FILE, FIXED_LINE, &explained)),
        Turn::say("The line says why now."),
    ]));
    github.fail_job(REPOSITORY, &commits()[0].oid, "lint", LOG);
    let failing = github.tells_check(REPOSITORY, &pull.head, "failure");
    let mut forged = webhook.tell(&failing).await;
    assert_eq!(forged.status(), 202);
    forged.request.headers_mut().remove("x-hub-signature-256");
    assert_eq!(webhook.redeliver(&forged).await.status(), 401);

    let round = stage.ended(1).await;
    assert!(
        round.content.contains("another commit is in"),
        "{}",
        shown(&round)
    );
    stage.settled().await;
    let second = commits().remove(1);
    assert!(
        second.message.starts_with("Mend the checks of ENG-1"),
        "{second:?}"
    );
    assert!(
        github
            .diff(REPOSITORY, "main", &pull.head)
            .contains(&explained)
    );
    let asked = local.anthropic.requests();
    let said = asked
        .iter()
        .any(|request| String::from_utf8_lossy(&request.body).contains("say why it is a number"));
    assert!(said, "the agent reads the failing log");

    github.merge(REPOSITORY, pull.number);
    let merged = github.tells_pull_request(REPOSITORY, pull.number, "closed");
    assert_eq!(webhook.tell(&merged).await.status(), 202);
    let told = stage.ended(2).await;
    assert!(told.content.contains("was merged"), "{}", shown(&told));
    let key = local.linear.issues()[0].identifier.clone();
    assert_eq!(local.linear.state_of(&key), "Done");
    stage
        .until("the merge in the first message", |local| {
            let first = local.told(&stage.thread).into_iter().next()?;
            shown(&first).contains("🎉 merged").then_some(())
        })
        .await;
    assert_eq!(local.told(&stage.thread).len(), 3);
    local.finish();
}
