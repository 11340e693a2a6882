//! A next run goes on from what was saved while the last one was at work.

use std::fs;
use std::time::{Duration, Instant};

use shared::executor::{Checkpoint, RunOutcome, RunRequest};
use tests::anthropic::Script;
use tests::sample::BUGGY_FILE;

use crate::bench::{Bench, claude, summary};

/// Claude Code has fixed the bug and thinks on; its work is saved as it is, and then the executor
/// is killed.
async fn killed_in_the_middle(id: &str) -> (Bench, Checkpoint) {
    let mut bench = Bench::new(Script::fixes_then_stalls()).await;
    let request = bench.request(id);
    bench.executor.client().start(&request).await.unwrap();
    bench
        .wait_for_step(&request, &format!("Editing {BUGGY_FILE}"))
        .await;
    let begin = Instant::now();
    let saved = loop {
        let client = bench.executor.client();
        let saved = client.checkpoint(&request.run_id).await.unwrap();
        if !saved.changes.is_empty() && saved.session_id.is_some() {
            break saved;
        }
        assert!(begin.elapsed() < Duration::from_secs(10), "{saved:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    bench.executor.kill();
    let begin = Instant::now();
    while !bench.processes().is_empty() {
        assert!(begin.elapsed() < Duration::from_secs(10));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bench.anthropic.play(Script::changes_nothing());
    bench.restart(&[("AGENT_COMMAND", &claude())]);
    (bench, saved)
}

fn next_run(bench: &Bench, id: &str, saved: &Checkpoint) -> RunRequest {
    let mut next = bench.request(id);
    next.checkpoint = Some(saved.clone());
    next
}

fn last_conversation(bench: &Bench) -> String {
    bench.anthropic.requests().last().unwrap().json()["messages"].to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_goes_on_with_its_conversation_after_the_executor_was_killed() {
    let (bench, saved) = killed_in_the_middle("job-1").await;
    assert_eq!(summary(&saved.changes), ["M 100644 src/cart.js"]);
    let next = next_run(&bench, "job-2", &saved);
    let result = bench.run(&next).await;
    assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
    assert_eq!(result.changes, saved.changes);
    assert!(result.spent.turns > saved.spent.turns);
    assert!(result.spent.cost_usd < 2.0 * saved.spent.cost_usd + 0.5);
    let said = last_conversation(&bench);
    assert!(
        said.contains("11 mugs"),
        "it remembers what it was asked: {said}"
    );
    assert!(said.contains("You were interrupted, and go on now"));
    assert!(said.contains("runs/job-2/work") && !said.contains("runs/job-1/"));
    bench.assert_nothing_is_left();
    let kept = fs::read_dir(bench.data().join("sessions")).unwrap().count();
    assert_eq!(kept, 0, "an ended run's conversation is forgotten");
    bench.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_goes_on_from_the_files_where_its_conversation_is_not_known_or_broken() {
    let (bench, saved) = killed_in_the_middle("job-1").await;
    let session = saved.session_id.clone().unwrap();
    let file = bench.data().join(format!("sessions/{session}.jsonl"));
    fs::write(&file, "not a transcript\n").unwrap();
    for id in ["broken", "unknown"] {
        let result = bench.run(&next_run(&bench, id, &saved)).await;
        assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
        assert_eq!(result.changes, saved.changes);
        let said = last_conversation(&bench);
        assert!(
            said.contains("An earlier attempt was interrupted"),
            "{said}"
        );
        assert!(said.contains("11 mugs"));
        let _ = fs::remove_file(&file);
    }
    bench.assert_nothing_is_left();
    bench.finish();
}
