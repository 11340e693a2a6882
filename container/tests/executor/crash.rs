//! Crash reports: what is left of a run that failed.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use ::workspace::crash::Record;
use ::workspace::{Limits, snapshot};
use flate2::read::GzDecoder;
use shared::executor::{CrashReport, Form, RunFailure, RunOutcome};
use shared::id::{CommitId, IssueKey, RunId};
use shared::service::ServiceError;
use tests::anthropic::Script;
use tests::sample::{self, BUGGY_FILE};

use crate::agents::DONE;
use crate::bench::{Bench, script};

/// Edits what it finds, leaves more behind, and dies without a word.
const EDITS_AND_DIES: &str =
    "echo edited > src/cart.js; echo new > src/new.js; rm package.json; exit 3";

async fn bench(agent: &str) -> Bench {
    let agent = script(agent);
    let settings = [("AGENT_COMMAND", agent.as_str())];
    Bench::with(&sample::folder(), Script::never_ends(), &settings).await
}

fn reports(bench: &Bench) -> Vec<PathBuf> {
    let entries = fs::read_dir(bench.data().join("crash-reports")).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The files in a run's report, fetched from the executor.
async fn fetched(bench: &Bench, run: &str) -> Vec<(String, Vec<u8>)> {
    let tar = bench
        .executor
        .client()
        .crash_report(&RunId::new(run), Form::Gzip)
        .await;
    let tar = tar.unwrap();
    let capture = snapshot::read(tar.as_slice(), &Limits::default()).unwrap();
    let file = |(path, bytes): (&::workspace::FilePath, &[u8])| (path.to_string(), bytes.to_vec());
    capture.files().map(file).collect()
}

/// The sample's files as the repository has them.
fn sample() -> Vec<(String, Vec<u8>)> {
    let mut files = sample::files().unwrap();
    files.sort();
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_failed_leaves_the_files_that_its_agent_began_with() {
    let bench = bench(EDITS_AND_DIES).await;
    let mut request = bench.request("dies");
    request.prompt.issue = Some(IssueKey::new("ENG-7"));
    let result = bench.run(&request).await;
    let RunOutcome::Failed { failure } = &result.outcome else {
        panic!("{result:?}")
    };
    assert!(
        matches!(failure, RunFailure::AgentFailed { .. }),
        "{failure}"
    );
    let CrashReport {
        name,
        size_bytes,
        packed_bytes,
        files,
    } = result.crash_report.clone().unwrap();
    assert!(name.starts_with("crash-acme-shop-issue-7-"), "{name}");
    assert_eq!(files, sample().len() as u64);

    let before = fetched(&bench, "dies").await;
    assert_eq!(before, sample());
    assert!(before.iter().any(|(path, _)| path == BUGGY_FILE));

    let paths = reports(&bench);
    assert_eq!(paths.len(), 2, "{paths:?}");
    assert!(paths[1].ends_with(&name));
    assert_eq!(fs::metadata(&paths[1]).unwrap().len(), size_bytes);
    // As older callers ask for it, and as newer ones do.
    let run = RunId::new("dies");
    let client = bench.executor.client();
    let tar = client.crash_report(&run, Form::Tar).await.unwrap();
    assert_eq!(tar, fs::read(&paths[1]).unwrap());
    let packed = client.crash_report(&run, Form::Gzip).await.unwrap();
    assert_eq!(Some(packed.len() as u64), packed_bytes);
    assert!(packed.len() < tar.len() / 2, "{} bytes", packed.len());
    let mut unpacked = Vec::new();
    GzDecoder::new(packed.as_slice())
        .read_to_end(&mut unpacked)
        .unwrap();
    assert_eq!(unpacked, tar);

    let record: Record = serde_json::from_slice(&fs::read(&paths[0]).unwrap()).unwrap();
    assert_eq!((record.issue_id.as_str(), record.number), ("ENG-7", 7));
    assert_eq!(record.repo, "acme/shop");
    assert_eq!(record.title, "Eleven mugs instead of two");
    assert_eq!(record.error, failure.to_string());
    assert_eq!((record.files as u64, record.size), (files, size_bytes));
    bench.assert_nothing_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_was_hit_is_a_failure_too() {
    let bench = bench("sleep 60").await;
    let mut request = bench.request("late");
    request.limits.wall_clock = std::time::Duration::from_secs(2);
    let result = bench.run(&request).await;
    let failure = RunFailure::TimedOut;
    assert_eq!(result.outcome, RunOutcome::Failed { failure });
    assert!(result.crash_report.is_some(), "{}", bench.log());
    assert_eq!(fetched(&bench, "late").await, sample());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_run_that_did_not_fail_nothing_is_kept() {
    let bench = bench(DONE).await;
    let done = bench.run(&bench.request("done")).await;
    assert_eq!(
        (done.outcome, done.crash_report),
        (RunOutcome::Completed, None)
    );
    // Of a clone that failed there is nothing to keep.
    let mut request = bench.request("clone");
    request.source.base_commit = CommitId::new("0123456789012345678901234567890123456789");
    let failed = bench.run(&request).await;
    assert!(matches!(
        failed.outcome,
        RunOutcome::Failed {
            failure: RunFailure::CloneFailed { .. }
        }
    ));
    assert_eq!(failed.crash_report, None);
    for run in ["done", "clone", "nobody"] {
        let none = bench
            .executor
            .client()
            .crash_report(&RunId::new(run), Form::Gzip)
            .await;
        assert_eq!(none, Err(ServiceError::NotFound), "{run}");
    }
    assert_eq!(reports(&bench), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_somebody_stopped_leaves_nothing() {
    let bench = bench("sleep 60").await;
    let request = bench.request("stopped");
    bench.executor.client().start(&request).await.unwrap();
    bench
        .wait_for(&request, "the agent", |status| {
            status.state == shared::executor::RunState::Running
        })
        .await;
    bench.cancel(&request).await;
    let result = bench.result(&request).await;
    assert_eq!(
        (result.outcome, result.crash_report),
        (RunOutcome::Cancelled, None)
    );
    assert_eq!(reports(&bench), Vec::<PathBuf>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_is_too_large_to_capture_is_worked_on_all_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = vec![b'x'; 1024 * 1024];
    for nth in 0..=64 {
        fs::write(folder.path().join(format!("{nth}.txt")), &bytes).unwrap();
    }
    let agent = script("exit 3");
    let settings = [("AGENT_COMMAND", agent.as_str())];
    let bench = Bench::with(folder.path(), Script::never_ends(), &settings).await;
    let result = bench.run(&bench.request("large")).await;
    assert!(matches!(
        result.outcome,
        RunOutcome::Failed {
            failure: RunFailure::AgentFailed { .. }
        }
    ));
    assert_eq!(result.crash_report, None);
    assert!(bench.log().contains("there will be no crash report"));
}
