//! The agent's own user.

use shared::executor::RunOutcome;
use tests::anthropic::Script;
use tests::sample;

use crate::agents::DONE;
use crate::bench::{Bench, Executor, command, script, text_of};

const WHO: &str = "{ id -u; id -g; id -G; grep NoNewPrivs /proc/self/status; } > src/who.txt
    touch ../git/x ../escaped 2>> src/who.txt
";

/// As root, an agent gets a user of its own; as anybody else, asking for one is refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_agent_is_another_user_if_the_executor_is_root() {
    let agent = script(&format!("{WHO}{DONE}"));
    let settings = [
        ("AGENT_COMMAND", agent.as_str()),
        ("AGENT_UID", "61234"),
        ("AGENT_GID", "61235"),
    ];
    if !rustix::process::geteuid().is_root() {
        let data = tempfile::tempdir().unwrap();
        let refused = command(data.path(), &settings).output().unwrap();
        assert!(!refused.status.success());
        return;
    }
    let bench = Bench::with(&sample::folder(), Script::never_ends(), &settings).await;
    let result = bench.run(&bench.request("user")).await;
    assert_eq!(result.outcome, RunOutcome::Completed);
    let who = text_of(&result.changes, "src/who.txt");
    let lines: Vec<_> = who.lines().collect();
    assert_eq!(lines[..4], ["61234", "61235", "61235", "NoNewPrivs:\t1"]);
    assert_eq!(who.matches("Permission denied").count(), 2, "{who}");
    bench.assert_nothing_is_left();
}

#[test]
fn two_executors_do_not_share_a_directory() {
    let data = tempfile::tempdir().unwrap();
    let mut first = Executor::start(data.path(), &[]);
    let second = command(data.path(), &[]).output().unwrap();
    assert!(!second.status.success());
    // A dead one holds nothing.
    first.kill();
    drop(Executor::start(data.path(), &[]));
}

#[test]
fn settings_that_cannot_be_used_stop_the_start() {
    for setting in [
        ("EXECUTOR_ADDR", "nowhere"),
        ("AGENT_UID", "0"),
        ("AGENT_COMMAND", "["),
    ] {
        let data = tempfile::tempdir().unwrap();
        let refused = command(data.path(), &[setting]).output().unwrap();
        assert!(!refused.status.success(), "{setting:?}");
    }
}
