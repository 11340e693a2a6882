//! The story that bugbot is for: a report becomes an issue with its context, and the issue a
//! pull request that the path policy let through.

use std::path::Path;
use std::process::Command;

use tests::anthropic::Script;
use tests::discord::Act;
use tests::local::REPOSITORY;
use tests::sample;

use crate::stage::{PATIENCE, Stage, shown};

#[tokio::test(flavor = "multi_thread")]
async fn a_message_becomes_one_issue_with_its_context() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    let session = stage.recorded();
    stage.act(Act::menu("Add context", &stage.report)).await;
    let told = stage.ended(0).await;
    stage.settled().await;

    let local = &stage.local;
    let issues = local.linear.issues();
    assert_eq!(issues.len(), 1, "{issues:#?}");
    let key = &issues[0].identifier;
    let url = local.linear.url(key);
    assert!(told.content.starts_with("✅ Created"), "{told:?}");
    assert_eq!(told.embeds().len(), 1);
    assert_eq!(told.embeds()[0]["url"], url);
    assert_eq!(local.told(&stage.thread).len(), 1);

    let comments = local.linear.comments(key);
    assert_eq!(comments.len(), 1, "{comments:#?}");
    let said = &comments[0].body;
    assert!(said.contains("> I typed 1 for the mug"), "{said}");
    assert!(said.contains(session.as_str()), "{said}");

    let mapping = format!("discord:{}", stage.thread);
    let mapped = local.stack.kv_get(&mapping).await.unwrap();
    assert_eq!(mapped.as_ref(), Some(key));
    local.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fix_becomes_a_pull_request_whose_branch_passes_the_shops_tests() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    stage.model_takes_its_time();
    stage.act(Act::slash("bugbot fix")).await;
    let mut texts = Vec::new();
    let told = stage
        .local
        .wait_for(&stage.thread, 0, PATIENCE, |told| {
            texts.push(shown(told));
        })
        .await
        .unwrap();
    stage.settled().await;

    assert!(
        texts.iter().any(|text| text.contains("⏳ Agent at work")),
        "the message moved on the way: {texts:#?}"
    );
    assert!(told.content.starts_with("✅"), "{told:?}");
    let local = &stage.local;
    assert_eq!(local.told(&stage.thread).len(), 1);
    stage.assert_fixed_once();

    let pull = &local.github.pull_requests(REPOSITORY)[0];
    let url = format!("/{REPOSITORY}/pull/{}", pull.number);
    assert!(told.content.contains(&url), "{told:?}");
    let issues = local.linear.issues();
    assert_eq!(issues.len(), 1, "{issues:#?}");
    let key = &issues[0].identifier;
    let links = local.linear.attachments(key);
    let to_the_pull = links.iter().filter(|link| link.url.ends_with(&url));
    assert_eq!(to_the_pull.count(), 1, "{links:#?}");
    let comments = local.linear.comments(key);
    let of_the_pull = comments.iter().filter(|said| said.body.contains(&url));
    assert_eq!(of_the_pull.count(), 1, "{comments:#?}");

    let scratch = tempfile::tempdir().unwrap();
    let git_dir = local.github.repository(REPOSITORY).path().to_owned();
    for (branch, passes) in [("main", false), (pull.head.as_str(), true)] {
        let checkout = scratch.path().join(if passes { "head" } else { "base" });
        clone(&git_dir, branch, &checkout);
        assert_eq!(sample::tests_pass(&checkout).unwrap(), passes, "{branch}");
    }
    local.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_outside_the_allowed_folders_is_listed_and_not_pushed() {
    let stage = Stage::new(Script::strays_from_the_allowed_folders()).await;
    stage.act(Act::slash("bugbot fix")).await;
    let told = stage.ended(0).await;
    stage.settled().await;

    assert!(told.content.starts_with("⚠️"), "{told:?}");
    let shown = shown(&told);
    assert!(shown.contains("`package.json`"), "{shown}");
    assert!(shown.contains("`deploy/release.yml`"), "{shown}");
    assert!(
        !shown.contains(&format!("`{}`", sample::BUGGY_FILE)),
        "{shown}"
    );
    stage.assert_nothing_pushed();
    assert_eq!(stage.local.told(&stage.thread).len(), 1);
    stage.local.finish();
}

fn clone(git_dir: &Path, branch: &str, to: &Path) {
    let status = Command::new("git")
        .args(["clone", "--quiet", "--branch", branch])
        .args([git_dir, to])
        .status();
    assert!(status.unwrap().success(), "git clone --branch {branch}");
}
