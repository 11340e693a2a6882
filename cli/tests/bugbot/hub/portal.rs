//! The main story with the portal's own core, over a socket.

use serde_json::json;
use tests::clock::TestClock;
use tests::hub::{FORGE, Portal};

use super::stage::{MUGS, timeless};
use crate::stage::{Ran, program, ran};

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "it is one story")]
async fn two_volunteers_share_the_portal_and_do_no_issue_twice() {
    let portal = Portal::with(TestClock::system(), &[]);
    let served = portal.serve().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let bugbot = async |who: &str, args: &[&str]| -> Ran {
        let config = folder.path().join(who).join("config.json");
        let mut command = program(&[&["hub"], args].concat());
        command.env("BUGBOT_HUB_CONFIG", config);
        ran(command.env("BUGBOT_FORGE_TOKEN", format!("token-of-{who}"))).await
    };
    let hub = served.origin();
    for who in ["ann", "bob"] {
        let login = ["login", "--hub", &hub, "--forge", FORGE, "--name", who];
        assert_eq!(
            bugbot(who, &login).await.code,
            4,
            "the forge does not know {who}"
        );
        portal.forge.account(&format!("token-of-{who}"), who, "");
        bugbot(who, &login).await.done();
    }

    let ours = bugbot("ann", &["claim", MUGS, "--title", "Eleven mugs"])
        .await
        .done();
    assert!(ours.starts_with("acme/shop#12 is yours until "), "{ours}");
    let taken = bugbot("bob", &["claim", MUGS]).await;
    assert_eq!(
        (taken.code, taken.out.as_str()),
        (5, "acme/shop#12 is already claimed by ann.\n")
    );
    let again = bugbot("ann", &["claim", MUGS]).await;
    assert_eq!(again.code, 0, "what is ours is ours: {again:?}");
    for args in [&["status", MUGS, "completed"][..], &["release", MUGS]] {
        let refused = bugbot("bob", args).await;
        assert_eq!(refused.code, 4, "{args:?}: {refused:?}");
    }
    bugbot("ann", &["heartbeat"]).await.done();
    let url = "https://github.com/acme/shop/pull/7";
    let status = [
        "status",
        MUGS,
        "completed",
        "--pr-url",
        url,
        "--pr-number",
        "7",
    ];
    bugbot("ann", &status).await.done();
    insta::assert_snapshot!(timeless(&bugbot("bob", &["show", MUGS]).await.done()), @r"
    Issue         acme/shop#12
    Title         Eleven mugs
    Address       https://github.com/acme/shop/issues/12
    Status        completed
    Claimed by    ann
    Since (UTC)   YYYY-MM-DD hh:mm
    Until (UTC)   YYYY-MM-DD hh:mm
    Pull request  https://github.com/acme/shop/pull/7
    ");
    insta::assert_snapshot!(timeless(&bugbot("ann", &["claims", "--repo", "acme/shop"]).await.done()), @"Nothing is claimed.");

    let totals = bugbot("ann", &["sync", "--merged", MUGS, "--json"])
        .await
        .json();
    assert_eq!(
        (&totals["outcome"], &totals["totals"]["prs_merged"]),
        (&json!("done"), &json!(1))
    );
    insta::assert_snapshot!(bugbot("bob", &["leaderboard"]).await.done(), @r"
    RANK  NAME  SCORE  COMPLETED  SUBMITTED  MERGED  STREAK  LONGEST
    1     ann   14     1          1          1       1       1
    2     bob   0      0          0          0       0       0
    ");
    insta::assert_snapshot!(bugbot("bob", &["stats"]).await.done(), @r"
    Participants         2
    Active participants  2
    Issues available     0
    Issues attempted     1
    Issues completed     1
    Pull requests        1
    Merged               1
    Claims               1
    Active claims        0
    Completed claims     1
    ");

    bugbot("bob", &["claim", "acme/tea#3"]).await.done();
    bugbot("bob", &["release", "acme/tea#3"]).await.done();
    let again = bugbot("bob", &["release", "acme/tea#3"]).await.done();
    assert_eq!(again, "acme/tea#3 is free.\n");
    let free = bugbot("ann", &["show", "acme/tea#3"]).await.done();
    assert_eq!(free, "acme/tea#3 is not claimed.\n");

    bugbot("ann", &["claim", "acme/shop#13"]).await.done();
    let known = bugbot("ann", &["claims", "--repo", "acme/shop"])
        .await
        .done();
    assert!(known.contains("acme/shop#13"), "{known}");

    // The hub goes away, and the key with it: somebody logs in as ann elsewhere.
    drop(served);
    let queued = bugbot("ann", &["claim", "acme/tea#4"]).await;
    assert_eq!(queued.code, 6, "{queued:?}");
    let old = bugbot("ann", &["claims", "--repo", "acme/shop"])
        .await
        .done();
    assert!(
        old.contains(" old: the hub did not answer") && old.contains("acme/shop#13"),
        "{old}"
    );
    let back = portal.serve().unwrap();
    let moved = ["login", "--hub", &back.origin()];
    let sent = bugbot("ann", &moved).await.done();
    assert!(sent.contains("claim of acme/tea#4"), "{sent}");
    let shown = bugbot("bob", &["show", "acme/tea#4", "--json"]).await;
    assert_eq!(
        shown.code, 3,
        "bob's hub is still the old address: {shown:?}"
    );
    assert_eq!(portal.log(), Vec::<String>::new());
}
