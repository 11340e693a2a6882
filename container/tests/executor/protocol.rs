//! The protocol's promises, call by call.

use std::time::Duration;

use shared::executor::{ExecutorClient, RunFailure, RunOutcome, start_request};
use shared::http::Http as _;
use shared::id::{CommitId, RunId};
use shared::redact::{Place, Redaction};
use shared::secret::Secret;
use shared::service::ServiceError;
use tests::anthropic::Script;
use tests::fake::Sockets;
use tests::sample;

use crate::agents::{DONE, STEP, STEP_SEEN};
use crate::bench::{Bench, EXECUTOR_TOKEN, script};

async fn bench(agent: &str, settings: &[(&str, &str)]) -> Bench {
    let agent = script(agent);
    let mut all = vec![("AGENT_COMMAND", agent.as_str())];
    all.extend(settings);
    Bench::with(&sample::folder(), Script::never_ends(), &all).await
}

fn waits() -> String {
    format!("{STEP}\nsleep 1000")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_start_is_the_same_run_and_another_request_is_a_conflict() {
    let bench = bench(&waits(), &[]).await;
    let client = bench.executor.client();
    let mut request = bench.request("again");
    let first = client.start(&request).await.unwrap();
    request.source.token = Some(Secret::new("ghs_minted-since"));
    let second = client.start(&request).await.unwrap();
    assert_eq!(first.started_at, second.started_at);
    assert_eq!(client.health().await.unwrap().active_runs, 1);
    request.prompt.title = "Something else".into();
    let refused = client.start(&request).await.unwrap_err();
    assert_eq!(
        refused,
        ServiceError::Refused("another run has this id".into())
    );
    assert_eq!(client.result(&request.run_id).await.unwrap(), None);
    client.cancel(&request.run_id).await.unwrap();
    bench.result(&request).await;
    // Over, and still the same run.
    let over = client.start(&bench.request("again")).await.unwrap();
    assert_eq!(over.state.outcome(), Some(&RunOutcome::Cancelled));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_health_is_answered_without_the_token() {
    let bench = bench(DONE, &[]).await;
    let http = Sockets::new();
    let base = bench.executor.base();
    for token in [None, Some(Secret::new("wrong")), Some(Secret::new(""))] {
        let stranger = ExecutorClient::new(&http, base, token.as_ref());
        let id = RunId::new("x");
        assert!(stranger.health().await.unwrap().accepting);
        let request = bench.request("x");
        for refused in [
            stranger.start(&request).await.unwrap_err(),
            stranger.status(&id).await.unwrap_err(),
            stranger.cancel(&id).await.unwrap_err(),
            stranger.checkpoint(&id).await.unwrap_err(),
            stranger.result(&id).await.unwrap_err(),
        ] {
            assert!(
                matches!(refused, ServiceError::Unauthorized(_)),
                "{refused:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_runs_than_allowed_are_active() {
    let bench = bench(&waits(), &[("EXECUTOR_MAX_RUNS", "1")]).await;
    let client = bench.executor.client();
    let first = bench.request("first");
    client.start(&first).await.unwrap();
    let busy = client.start(&bench.request("second")).await.unwrap_err();
    let retry_after = Duration::from_secs(10);
    assert_eq!(busy, ServiceError::RateLimited { retry_after });
    assert!(!client.health().await.unwrap().accepting);
    client.cancel(&first.run_id).await.unwrap();
    bench.result(&first).await;
    client.start(&bench.request("second")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_runs_and_senseless_requests_are_refused() {
    let bench = bench(DONE, &[]).await;
    let client = bench.executor.client();
    for id in ["unknown", "../x", "a/b"] {
        let id = RunId::new(id);
        assert_eq!(
            client.status(&id).await.unwrap_err(),
            ServiceError::NotFound
        );
        assert_eq!(
            client.cancel(&id).await.unwrap_err(),
            ServiceError::NotFound
        );
    }
    let mut request = bench.request("../escape");
    assert!(matches!(
        client.start(&request).await.unwrap_err(),
        ServiceError::Refused(_)
    ));
    request = bench.request("ftp");
    request.source.url = "ftp://example.com/x".into();
    assert!(matches!(
        client.start(&request).await.unwrap_err(),
        ServiceError::Refused(_)
    ));

    let token = Secret::new(EXECUTOR_TOKEN);
    let mut broken = start_request(
        bench.executor.base(),
        Some(&token),
        &Redaction::default().clear(Place::Model, bench.request("x")),
    );
    let secret = "ghs_secret-in-a-broken-body";
    *broken.body_mut() = format!("{{\"token\": \"{secret}\"}}").into_bytes();
    let answer = Sockets::new()
        .send(broken, Duration::from_secs(5))
        .await
        .unwrap();
    assert_eq!(answer.status(), 400);
    assert!(!String::from_utf8_lossy(answer.body()).contains(secret));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repository_that_cannot_be_had_is_a_failed_clone() {
    let bench = bench(DONE, &[]).await;
    let client = bench.executor.client();
    let good = bench.request("good");
    let mut wrong_token = bench.request("token");
    wrong_token.source.token = Some(Secret::new("ghs_wrong"));
    let mut wrong_commit = bench.request("commit");
    wrong_commit.source.base_commit = CommitId::new("0123456789012345678901234567890123456789");
    let mut wrong_repository = bench.request("repository");
    wrong_repository.source.url = wrong_repository.source.url.replace("shop", "other");
    for request in [wrong_token, wrong_commit, wrong_repository] {
        client.start(&request).await.unwrap();
        let result = bench.result(&request).await;
        let RunOutcome::Failed {
            failure: RunFailure::CloneFailed { reason },
        } = &result.outcome
        else {
            panic!("{:?}", result.outcome)
        };
        assert!(!reason.is_empty() && !reason.contains("ghs_"), "{reason}");
        assert_eq!(result.changes, []);
    }
    // The base commit may be older than the branch by now.
    bench
        .github
        .push(crate::bench::REPO, "main", "src/later.js", "later\n");
    let result = bench.run(&good).await;
    assert_eq!(result.outcome, RunOutcome::Completed);
    assert_eq!(result.changes, []);
    bench.assert_nothing_is_left();
}

#[tokio::test(flavor = "multi_thread")]
async fn results_can_be_fetched_again_until_their_time_is_over() {
    let bench = bench(DONE, &[("EXECUTOR_RESULT_TTL_SECONDS", "2")]).await;
    let request = bench.request("ttl");
    let result = bench.run(&request).await;
    let client = bench.executor.client();
    assert_eq!(client.result(&request.run_id).await.unwrap(), Some(result));
    let begin = std::time::Instant::now();
    while client.status(&request.run_id).await != Err(ServiceError::NotFound) {
        assert!(begin.elapsed() < Duration::from_secs(20));
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_checkpoint_can_be_had_while_the_agent_works() {
    let agent = format!("echo x > src/x.js\n{STEP}\nsleep 1000");
    let bench = bench(&agent, &[]).await;
    let client = bench.executor.client();
    let request = bench.request("live");
    client.start(&request).await.unwrap();
    bench.wait_for_step(&request, STEP_SEEN).await;
    let checkpoint = client.checkpoint(&request.run_id).await.unwrap();
    assert_eq!(checkpoint.changes[0].path, "src/x.js");
    assert_eq!(checkpoint.base_commit, request.source.base_commit);
    client.cancel(&request.run_id).await.unwrap();
    bench.result(&request).await;
    assert!(matches!(
        client.checkpoint(&request.run_id).await.unwrap_err(),
        ServiceError::Refused(_)
    ));
}
