//! Crash reports: a run fails, its files are kept, the thread says so and operators get them.

use std::collections::BTreeMap;
use std::rc::Rc;

use shared::executor::{Checkpoint, RunFailure};
use shared::fix::{NotKept, Place};
use shared::operator::OperatorError;
use tests::executor_fake::{Script, Trouble};
use tests::fault::Fault;
use tests::world::{World, the_fix};

use super::{MINUTE, SECOND, cancel, fix, is_nothing_pushed, report, with_fix};

/// Nobody on this side reads a report: any bytes do.
pub(crate) const TAR: &[u8] = b"src/cart.js as it was";

/// A run that fails, and what is left of it.
pub(crate) fn fails() -> Script {
    let failure = RunFailure::AgentFailed {
        reason: "it said nothing.".to_owned(),
    };
    Script::fails(failure).leaving(TAR.to_vec())
}

async fn failed(script: Script) -> Rc<World> {
    let world = with_fix(script).await;
    world.run_until_quiet().await;
    is_nothing_pushed(&world);
    world.finish();
    world
}

fn bucket(world: &World) -> BTreeMap<String, Vec<u8>> {
    world.bucket.borrow().clone().unwrap_or_default()
}

fn place(world: &World) -> Option<Place> {
    let fix = world
        .fix(&world.accepted_jobs()[0])
        .expect("it was ordered");
    Some(fix.details(world.now()).crash_report?.place)
}

#[tokio::test]
async fn a_failed_run_leaves_its_files_to_operators_and_its_name_to_the_thread() {
    let world = failed(fails()).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ⚠️ **ENG-1** · The agent failed: it said nothing. Nothing was pushed.
      🟥 ENG-1: no pull request ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟥 The agent failed: it said nothing. Nothing was pushed.
      🟥 ▸ What next
      🟥   `/bugbot retry` starts it again.
      🟥 Cost: $0.12 · 4 turns │ Time: 20 s
      🟥 ▸ Crash report
      🟥   The files that the agent began with ⟨https://gateway.test/operator/v1/jobs/1479486210048000006/crash-report⟩ (1 file, 21 bytes), for operators: `bugbot jobs crash-report 1479486210048000006 --out 1479486210048000006.tar`
      [ Retry ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    let job = world.only_job();
    let kept = bucket(&world);
    assert_eq!(kept.values().collect::<Vec<_>>(), [TAR]);
    let key = kept.keys().next().unwrap();
    assert!(key.starts_with(&format!("{job}/")), "{key}");

    let ann = world.operator("ann");
    assert_eq!(ann.crash_report(job.as_str()).await.unwrap(), TAR);
    let log = ann.audit("operator", 100, 0).await.unwrap();
    let orders = log.entries.iter().map(|entry| entry.fact["action"].clone());
    assert_eq!(orders.collect::<Vec<_>>(), ["crash-report"]);
}

#[tokio::test]
async fn nobody_gets_a_report_that_is_not_recorded_or_without_the_token() {
    let world = failed(fails()).await;
    let job = world.only_job();
    let path = format!("https://gateway.test/operator/v1/jobs/{job}/crash-report");
    for token in [None, Some("Bearer another-token-of-sufficient-length")] {
        let mut request = shared::http::Request::new(Vec::new());
        *request.uri_mut() = path.parse().unwrap();
        if let Some(token) = token {
            let token = token.parse().unwrap();
            request.headers_mut().insert("authorization", token);
        }
        let answer = world.gateway_answers(&request).await;
        assert_eq!(answer.status(), 401);
        assert!(!answer.body().windows(TAR.len()).any(|it| it == TAR));
    }
    world.audit_refuses.replace(Some("no".to_owned()));
    let refused = world.operator("ann").crash_report(job.as_str()).await;
    assert!(
        matches!(refused, Err(OperatorError::Unavailable(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn without_a_bucket_the_report_stays_where_it_is() {
    let world = World::new();
    world.bucket.replace(None);
    world.executor.play([fails()]);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    world.finish();
    let why = NotKept::NoBucket;
    assert_eq!(place(&world), Some(Place::Executor { why }));
    let last = world.last_word();
    assert!(last.contains("in the executor's `crash-reports`"), "{last}");
    assert!(!last.contains("operator/v1"), "{last}");
    let job = world.only_job();
    let none = world.operator("ann").crash_report(job.as_str()).await;
    let Err(OperatorError::NotFound(why)) = none else {
        panic!("{none:?}")
    };
    assert!(why.contains("no bucket is bound"), "{why}");
}

#[tokio::test]
async fn what_is_too_large_to_carry_is_not_fetched() {
    let large = vec![0; shared::http::MAX_RESPONSE_BYTES + 1];
    let world = failed(fails().leaving(large)).await;
    let why = NotKept::TooLarge;
    assert_eq!(place(&world), Some(Place::Executor { why }));
    assert_eq!(bucket(&world).len(), 0);
    let calls = world.calls();
    assert!(
        !calls.iter().any(|call| call.contains("crash-report")),
        "{calls:?}"
    );
    let last = world.last_word();
    assert!(last.contains("too large to be kept elsewhere"), "{last}");
}

#[tokio::test]
async fn what_is_small_enough_when_packed_is_kept_packed() {
    let large = vec![0; shared::http::MAX_RESPONSE_BYTES + 1];
    let packed = b"8 MiB of nothing, packed";
    let world = failed(fails().leaving(large).packed_as(packed.to_vec())).await;
    let job = world.only_job();
    let kept = bucket(&world);
    let (key, bytes) = kept.first_key_value().unwrap();
    assert!(key.ends_with(".tar.gz"), "{key}");
    assert_eq!(bytes, packed);
    let fetched = world.operator("ann").crash_report(job.as_str()).await;
    assert_eq!(fetched.unwrap(), packed);
    let last = world.last_word();
    assert!(last.contains("(1 file, 8.4 MB, packed 24 bytes)"), "{last}");
    assert!(last.contains(&format!("--out {job}.tar.gz`")), "{last}");
}

#[tokio::test]
async fn a_report_that_cannot_be_had_holds_nobody_up() {
    let world = with_fix(fails()).await;
    world
        .executor
        .fail_next("GET /runs/*/crash-report", Fault::BeforeEffect(500), 4);
    world.run_until_quiet().await;
    world.finish();
    let why = NotKept::Failed;
    assert_eq!(place(&world), Some(Place::Executor { why }));
    assert_eq!(bucket(&world).len(), 0);
    let calls = world.calls();
    let tries = calls.iter().filter(|call| call.contains("crash-report"));
    assert_eq!(tries.count(), 4, "{calls:?}");
    let last = world.last_word();
    assert!(last.contains("The agent failed"), "{last}");
}

/// Dies a moment after its work was saved for the first time, or just before.
fn dies(after: std::time::Duration) -> Script {
    the_fix().taking(10 * MINUTE).until(after, Trouble::Dies)
}

#[tokio::test]
async fn of_a_sandbox_that_was_lost_the_work_saved_last_is_there_for_operators() {
    let world = failed(dies(100 * SECOND)).await;
    let job = world.only_job();
    let last = world.last_word();
    assert!(
        last.contains("None could be taken: the sandbox was lost"),
        "{last}"
    );
    assert!(
        last.contains(&format!("--out {job}.checkpoint.json`")),
        "{last}"
    );
    let fetched = world.operator("ann").crash_report(job.as_str()).await;
    let fetched = fetched.unwrap();
    let work: Checkpoint = serde_json::from_slice(&fetched).unwrap();
    let paths = work.changes.iter().map(|change| change.path.as_str());
    assert_eq!(paths.collect::<Vec<_>>(), ["src/cart.js"]);
    assert_eq!(bucket(&world).values().collect::<Vec<_>>(), [&fetched]);
    // Nobody without the token reads what the agent wrote.
    let text = world.last_message();
    assert!(!text.contains("src/cart.js"), "{text}");
}

#[tokio::test]
async fn of_a_sandbox_that_was_lost_at_once_there_is_nothing_and_operators_read_so() {
    let world = failed(dies(30 * SECOND)).await;
    assert_eq!(place(&world), None);
    assert!(!world.last_word().contains("Crash report"));
    let job = world.only_job();
    let none = world.operator("ann").crash_report(job.as_str()).await;
    let Err(OperatorError::NotFound(why)) = none else {
        panic!("{none:?}")
    };
    assert!(
        why.contains("the sandbox was lost, before any work"),
        "{why}"
    );
}

#[tokio::test]
async fn without_a_bucket_the_work_of_a_lost_sandbox_is_said_not_to_be_kept() {
    let world = World::new();
    world.bucket.replace(None);
    world.executor.play([dies(100 * SECOND)]);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    world.finish();
    let why = NotKept::NoBucket;
    assert_eq!(place(&world), Some(Place::Nowhere { why }));
    let job = world.only_job();
    let none = world.operator("ann").crash_report(job.as_str()).await;
    let Err(OperatorError::NotFound(why)) = none else {
        panic!("{none:?}")
    };
    assert!(why.contains("is not kept: no bucket is bound"), "{why}");
}

#[tokio::test]
async fn a_run_that_somebody_stopped_leaves_no_report() {
    let world = with_fix(fails().taking(600 * SECOND)).await;
    world.run_for(6 * SECOND).await;
    world.command_and_wait("Alice", cancel()).await;
    world.finish();
    assert_eq!(place(&world), None);
    assert_eq!(bucket(&world).len(), 0);
    assert!(!world.last_word().contains("Crash report"));
}
