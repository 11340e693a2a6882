//! What Discord and the queue may do to a command: deliver it twice, beside others, or not be
//! its sender at all.

use shared::http::Http as _;
use tests::anthropic::Script;
use tests::discord::Act;
use tests::fake::Sockets;
use tests::local::Told;

use crate::stage::{PATIENCE, Stage, job};

#[tokio::test(flavor = "multi_thread")]
async fn an_interaction_that_is_delivered_again_has_one_outcome() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    let endpoint = stage.local.endpoint();
    let sent = stage.act(Act::slash("bugbot contextualize")).await;
    // While it is worked on, and after it has ended.
    let again = endpoint.redeliver(&sent).await.unwrap();
    assert_eq!(again.status(), 200);
    let told = stage.ended(0).await;
    assert!(told.content.starts_with("✅"), "{told:?}");
    let again = endpoint.redeliver(&sent).await.unwrap();
    assert_eq!(again.status(), 200);

    let local = &stage.local;
    let accepted = |line: &&serde_json::Value| {
        line["message"] == "job accepted" && line["job"] == job(&sent).as_str()
    };
    // A log line may arrive after the answer that it speaks of.
    stage
        .until("three acceptances", |_| {
            (local.stack.logs().lines().iter().filter(accepted).count() == 3).then_some(())
        })
        .await;
    // What comes after them on the queue has ended: so have they.
    stage.act(Act::slash("bugbot status")).await;
    stage.ended(1).await;
    stage.settled().await;

    let issues = local.linear.issues();
    assert_eq!(issues.len(), 1, "{issues:#?}");
    assert_eq!(local.linear.comments(&issues[0].identifier).len(), 1);
    assert_eq!(local.told(&stage.thread).len(), 2);
    assert_eq!(local.told(&stage.thread)[0], told);
    local.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_discord_did_not_sign_is_refused_and_does_nothing() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    let endpoint = stage.local.endpoint();
    let probe = Sockets::new().send(endpoint.badly_signed(), PATIENCE).await;
    assert_eq!(probe.unwrap().status(), 401);

    // A command of Discord's own, changed on the way.
    let url = format!("{}/discord/interactions", stage.local.stack.gateway);
    let command = Act::slash("bugbot contextualize");
    let payload = stage
        .local
        .discord
        .interaction(&stage.bob, &stage.thread, command);
    let mut forged = stage.local.discord.sign(&url, &payload);
    forged.body_mut().push(b' ');
    let answer = Sockets::new().send(forged, PATIENCE).await.unwrap();
    assert_eq!(answer.status(), 401);

    stage.act(Act::slash("bugbot status")).await;
    stage.ended(0).await;
    assert_eq!(stage.local.linear.issues().len(), 0);
    let lines = stage.local.stack.logs().lines();
    let accepted = lines
        .iter()
        .filter(|line| line["message"] == "job accepted");
    assert_eq!(accepted.count(), 1, "only the status");
    stage.local.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_at_once_in_a_thread_make_one_issue_and_all_end() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    tokio::join!(
        stage.act(Act::slash("bugbot contextualize")),
        stage.act(Act::slash("bugbot contextualize")),
        stage.act(Act::slash("bugbot status")),
    );
    stage
        .until("three answers", |local| {
            let told = local.told(&stage.thread);
            (told.len() == 3 && told.iter().all(Told::is_terminal)).then_some(())
        })
        .await;
    stage.settled().await;

    let local = &stage.local;
    let told = local.told(&stage.thread);
    let well = |start: &str| {
        let well = told.iter().filter(|told| told.content.starts_with(start));
        well.count()
    };
    assert_eq!((well("✅ Created"), well("✅ Found")), (1, 1), "{told:#?}");
    let issues = local.linear.issues();
    assert_eq!(issues.len(), 1, "{issues:#?}");
    assert_eq!(local.linear.comments(&issues[0].identifier).len(), 2);
    local.finish();
}
