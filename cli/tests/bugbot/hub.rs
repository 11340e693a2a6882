//! `bugbot hub`, against a strict portal on a socket.

mod kill;
mod portal;
mod stage;

use serde_json::json;
use tests::bugseti::{Effect, Generation};
use tests::fault::Fault;

use self::stage::{MUGS, Stage, timeless};

#[tokio::test(flavor = "multi_thread")]
async fn a_volunteer_works_on_an_issue_from_a_terminal() {
    let stage = Stage::logged_in(Generation::Both).await;
    let say = async |args: &[&str]| timeless(&stage.hub(args).await.done());
    insta::assert_snapshot!(say(&["register"]).await, @"The hub knows this client.");
    insta::assert_snapshot!(say(&["show", MUGS]).await, @"acme/shop#12 is not claimed.");
    insta::assert_snapshot!(say(&["claim", MUGS, "--title", "Eleven mugs"]).await, @"acme/shop#12 is yours until YYYY-MM-DD hh:mm UTC (30 min), and longer with heartbeats.");
    insta::assert_snapshot!(say(&["status", MUGS, "in-progress"]).await, @"acme/shop#12 is in progress.");
    insta::assert_snapshot!(say(&["heartbeat"]).await, @"The hub knows that you are there: your claims are renewed.");
    stage.portal.claimed_by("bob", "acme/tea#3");
    insta::assert_snapshot!(say(&["claims"]).await, @r"
    ISSUE         STATUS       CLAIMED BY  SINCE (UTC)       UNTIL (UTC)       PULL REQUEST
    acme/shop#12  in progress  you         YYYY-MM-DD hh:mm  YYYY-MM-DD hh:mm
    acme/tea#3    claimed      bob         YYYY-MM-DD hh:mm  YYYY-MM-DD hh:mm
    ");
    let url = "https://github.com/acme/shop/pull/7";
    say(&[
        "status",
        MUGS,
        "completed",
        "--pr-url",
        url,
        "--pr-number",
        "7",
    ])
    .await;
    insta::assert_snapshot!(say(&["show", MUGS]).await, @r"
    Issue         acme/shop#12
    Title         Eleven mugs
    Address       https://github.com/acme/shop/issues/12
    Status        completed
    Claimed by    you
    Since (UTC)   YYYY-MM-DD hh:mm
    Until (UTC)   YYYY-MM-DD hh:mm
    Pull request  https://github.com/acme/shop/pull/7
    ");
    insta::assert_snapshot!(say(&["sync", "--merged", MUGS]).await, @r"
    The hub has your totals.
    Attempted      1
    Completed      1
    Skipped        0
    Pull requests  1 submitted, 1 merged, 0 rejected
    Streak         1 day, the longest 1 day
    Minutes        0
    ");
    insta::assert_snapshot!(say(&["leaderboard"]).await, @r"
    RANK  NAME  SCORE  COMPLETED  SUBMITTED  MERGED  STREAK  LONGEST
    1     Ann   10     1          1          1       1       1
    ");
    insta::assert_snapshot!(say(&["stats"]).await, @r"
    Participants         1
    Active participants  1
    Issues available     0
    Issues attempted     1
    Issues completed     1
    Pull requests        1
    Merged               1
    Claims               2
    Active claims        2
    Completed claims     1
    ");
    insta::assert_snapshot!(say(&["release", "https://github.com/acme/shop/issues/12"]).await, @"acme/shop#12 is free.");
    insta::assert_snapshot!(say(&["pending"]).await, @"Nothing waits to be sent.");
    stage.portal.finish(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_read_json_and_exit_codes() {
    let stage = Stage::logged_in(Generation::Enveloped).await;
    let claimed = stage.hub(&["claim", MUGS, "--json"]).await.json();
    assert_eq!(
        (&claimed["outcome"], &claimed["claim"]["issue"]),
        (&json!("done"), &json!(MUGS))
    );
    let shown = stage.hub(&["show", MUGS, "--json"]).await.json();
    assert_eq!(
        (&shown["cached"], &shown["claim"]["status"]),
        (&json!(null), &json!("claimed"))
    );

    stage.portal.claimed_by("bob", "acme/tea#3");
    let taken = stage.hub(&["claim", "acme/tea#3"]).await;
    assert_eq!((taken.code, taken.err.as_str()), (5, ""));
    assert!(
        taken.out.starts_with("acme/tea#3 is already claimed by "),
        "{}",
        taken.out
    );
    let refused = stage.hub(&["release", "acme/tea#3"]).await;
    assert_eq!(refused.code, 4);
    insta::assert_snapshot!(refused.out, @"The hub refused it (403): forbidden.");
    let opaque = stage.hub(&["claim", "issue-42"]).await;
    assert_eq!(opaque.code, 5);
    insta::assert_snapshot!(opaque.err, @r"
    bugbot: issue-42 does not say which issue of which repository it is
      → Write it as owner/repo#123, or add --repo and --number.
    ");
    let named = stage
        .hub(&["claim", "issue-42", "--repo", "acme/shop", "--number", "42"])
        .await;
    assert_eq!(named.code, 0, "{named:?}");
    for args in [
        &["claim", "a b"][..],
        &["claim", "claimed"],
        &["status", MUGS, "done"],
        &["stats", "--timeout", "0"],
    ] {
        assert_eq!(stage.hub(args).await.code, 2, "{args:?}");
    }
    stage.portal.finish(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_offline_works_on_and_is_told_what_waits() {
    let stage = Stage::logged_in(Generation::Both).await;
    stage.hub(&["claims"]).await.done();
    stage.portal.fail_next("*", Fault::DropBefore, 4);
    let claim = stage.hub(&["claim", MUGS]).await;
    assert_eq!(claim.code, 6);
    assert!(
        claim
            .out
            .starts_with("Not done yet: the hub did not answer: "),
        "{}",
        claim.out
    );
    let how = "\nIt waits to be sent: the next `bugbot hub` that gets through sends it.\n";
    assert!(claim.out.ends_with(how), "{}", claim.out);
    let release = stage.hub(&["release", "acme/shop#13", "--json"]).await;
    assert_eq!(release.code, 6);
    let release: serde_json::Value = serde_json::from_str(&release.out).unwrap();
    assert_eq!(
        (&release["outcome"], &release["queue"]["waiting"]),
        (&json!("queued"), &json!(2))
    );
    let cached = stage.hub(&["claims"]).await.done();
    assert!(
        cached.contains("old: the hub did not answer") && cached.contains("2 writes wait"),
        "{cached}"
    );
    let nothing = stage.hub(&["show", "acme/shop#14"]).await;
    assert_eq!(nothing.code, 3, "{nothing:?}");
    insta::assert_snapshot!(timeless(&stage.hub(&["pending"]).await.done()), @r"
       WAITS TO BE SENT         SINCE (UTC)       FOR
    1  claim of acme/shop#12    YYYY-MM-DD hh:mm  0 s
    2  release of acme/shop#13  YYYY-MM-DD hh:mm  0 s
    ");
    let back = stage.hub(&["heartbeat"]).await.done();
    insta::assert_snapshot!(timeless(&back), @r"
    Sent, having waited 0 s: claim of acme/shop#12
    Sent, having waited 0 s: release of acme/shop#13
    The hub knows that you are there: your claims are renewed.
    ");
    assert!(stage.holder(MUGS).is_some());
    stage.portal.finish(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hub_that_hangs_is_waited_for_no_longer_than_said_and_one_that_is_not_there_not_at_all() {
    let mut stage = Stage::logged_in(Generation::Both).await;
    let late = Fault::Delay(std::time::Duration::from_mins(10));
    stage.portal.fail_next("*", late, 1);
    let hung = stage.hub(&["claim", MUGS, "--timeout", "1"]).await;
    assert_eq!(hung.code, 6, "{hung:?}");
    assert!(hung.out.contains("no response within 1s"), "{}", hung.out);
    stage.goes_away();
    let away = stage.hub(&["heartbeat"]).await;
    assert_eq!(away.code, 6, "{away:?}");
    assert!(away.out.contains("Connection refused"), "{}", away.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_logged_in_is_told_how_to() {
    let stage = Stage::new(Generation::Both).await;
    let stranger = stage.hub(&["claim", MUGS]).await;
    assert_eq!(stranger.code, 4);
    insta::assert_snapshot!(stranger.err, @r"
    bugbot: it is not known where the hub is: log in first
      → bugbot hub login --hub URL --forge URL, with the forge's token in BUGBOT_FORGE_TOKEN
    ");
    let mut wrong = stage.program(&[
        "login",
        "--hub",
        &stage.origin(),
        "--forge",
        tests::bugseti::FORGE,
    ]);
    let wrong = crate::stage::ran(wrong.env("BUGBOT_FORGE_TOKEN", "wrong")).await;
    assert_eq!(wrong.code, 4);
    insta::assert_snapshot!(wrong.err, @r"
    bugbot: the hub does not let us in: the forge does not know that token
      → bugbot hub login --hub URL --forge URL, with the forge's token in BUGBOT_FORGE_TOKEN
    ");
    let login = stage.login().await.done();
    insta::assert_snapshot!(login.replace(&stage.origin(), "HUB"), @"HUB lets you in as Ann; this client is Ann.");
    stage.portal.forget_keys();
    assert_eq!(
        stage.hub(&["heartbeat"]).await.code,
        0,
        "the key was had again"
    );
    let config = std::fs::read_to_string(stage.config()).unwrap();
    let said = format!("{login}{}{}", wrong.err, stranger.err);
    assert!(
        config.contains(tests::bugseti::FORGE_TOKEN) && !said.contains(tests::bugseti::FORGE_TOKEN)
    );
    stage.portal.finish(&[]);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_processes_at_once_are_one_client() {
    let stage = Stage::logged_in(Generation::Both).await;
    stage.portal.forget_keys();
    let issues: Vec<_> = (0..12).map(|n| format!("acme/shop#{n}")).collect();
    let running: Vec<_> = issues
        .iter()
        .map(|issue| stage.program(&["claim", issue]).output())
        .map(tokio::spawn)
        .collect();
    for process in running {
        let output = process.await.unwrap().unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
    for issue in &issues {
        assert!(stage.holder(issue).is_some(), "{issue}");
    }
    let effects = stage.portal.lock().effects.clone();
    let keys = effects.iter().filter(|it| matches!(it, Effect::Key(_)));
    assert_eq!(
        keys.count(),
        2,
        "only the first of them asked for a new key"
    );
    let totals = stage.hub(&["sync", "--json"]).await.json();
    assert_eq!(totals["totals"]["issues_attempted"], 12);
    stage.portal.finish(&[]);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_nothing_is_sent_and_what_waits_still_does() {
    let stage = Stage::logged_in(Generation::Both).await;
    stage.portal.fail_next("*", Fault::DropBefore, 1);
    assert_eq!(stage.hub(&["claim", MUGS]).await.code, 6);
    let before = (
        std::fs::read_to_string(stage.pending_file()).unwrap(),
        stage.portal.requests().len(),
    );
    // A limit of no bytes for files stands for a disk without room.
    let mut shell = tokio::process::Command::new("/bin/sh");
    let program = env!("CARGO_BIN_EXE_bugbot");
    shell.args([
        "-c",
        &format!("trap '' XFSZ; ulimit -f 0; exec {program} hub release acme/shop#13"),
    ]);
    shell.env_clear().env("BUGBOT_HUB_CONFIG", stage.config());
    let full = crate::stage::ran(&mut shell).await;
    assert_eq!(full.code, 1, "{full:?}");
    assert!(
        full.err.contains("hub_pending.json") && full.err.contains("make room"),
        "{}",
        full.err
    );
    let after = (
        std::fs::read_to_string(stage.pending_file()).unwrap(),
        stage.portal.requests().len(),
    );
    assert_eq!(after, before);
    stage.hub(&["heartbeat"]).await.done();
    assert!(stage.holder(MUGS).is_some());
    stage.portal.finish(&[]);
}
