//! A crash report, all the way: a real executor, the Job object, a bucket, the gateway.

use std::io::Read as _;

use shared::operator::{OperatorClient, OperatorError};
use shared::secret::Secret;
use tests::anthropic::Script;
use tests::discord::Act;
use tests::fake::Sockets;
use tests::local::{REPOSITORY, Setup};
use tests::sample::BUGGY_FILE;

use crate::stage::{Stage, job, shown};

const TOKEN: &str = "the-operator-of-the-local-stack";

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_a_run_that_failed_come_to_operators_through_the_bucket() {
    let with_token = |setup: Setup| Setup {
        script: Script::fails_with(401),
        ..setup.with("OPERATOR_TOKEN", TOKEN)
    };
    let stage = Stage::with(with_token).await;
    let local = &stage.local;
    let fix = Act::slash("bugbot fix").option("repo", REPOSITORY);
    let fix = job(&stage.act(fix).await);
    let told = shown(&stage.ended(0).await);
    stage.settled().await;
    assert!(told.contains("The model's service answered 401"), "{told}");
    assert!(told.contains("bugbot jobs crash-report"), "{told}");

    let operator = |token| {
        let token = Secret::new(token);
        OperatorClient::new(Sockets::new(), &local.stack.gateway, &token, "ann").unwrap()
    };
    let stranger = operator("another-token-of-someone");
    let refused = stranger.crash_report(fix.as_str()).await;
    assert!(
        matches!(refused, Err(OperatorError::Unauthorized(_))),
        "{refused:?}"
    );
    let packed = operator(TOKEN).crash_report(fix.as_str()).await.unwrap();
    let size = packed.len() as u64;
    let mut tar = Vec::new();
    flate2::read::GzDecoder::new(packed.as_slice())
        .read_to_end(&mut tar)
        .unwrap();
    let shown = operator(TOKEN).job(fix.as_str(), None).await.unwrap();
    let report = shown.job.fix.unwrap().crash_report.unwrap().report;
    assert_eq!(
        (report.packed_bytes, report.size_bytes),
        (Some(size), tar.len() as u64)
    );
    let holds = |text: &str| tar.windows(text.len()).any(|it| it == text.as_bytes());
    assert!(holds(BUGGY_FILE), "the file's name");
    for secret in local.secrets() {
        assert!(!holds(&secret), "{secret}");
    }
}
