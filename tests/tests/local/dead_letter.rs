//! Messages that poison the queue: each ends on the dead-letter queue, recorded and told, and
//! nothing else suffers.

use serde_json::{Value, json};
use tests::anthropic::Script;
use tests::discord::Act;
use tests::linear::Linear;

use crate::stage::{Stage, job, shown};

/// The first delivery and `max_retries` of `wrangler.toml`.
const DELIVERIES: u32 = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_always_fails_is_tried_four_times_then_kept_and_told() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    let local = &stage.local;
    // Once a delivery, each at its first call. A fifth would find Linear well again.
    let every = "POST /graphql";
    local
        .linear
        .fail_next(every, Linear::internal_error(), DELIVERIES);
    let sent = stage.act(Act::slash("bugbot contextualize")).await;
    let told = stage.ended(0).await;
    stage.settled().await;

    let shown = shown(&told);
    assert!(
        shown.contains("`contextualize` could not be done"),
        "{shown}"
    );
    assert!(
        shown.contains("Linear answered with an error (500)."),
        "{shown}"
    );
    assert!(shown.contains("/bugbot retry"), "{shown}");
    let asked = local.linear.requests_to(every);
    assert_eq!(asked.len(), usize::try_from(DELIVERIES).unwrap());
    let retried = |line: &&Value| line["message"] == "delivery failed, will retry";
    let retried = local.stack.logs().lines().iter().filter(retried).count();
    assert_eq!(retried, asked.len());

    let key = format!("dead:{}", job(&sent));
    let record = local.stack.kv_get(&key).await.unwrap().unwrap();
    let record: Value = serde_json::from_str(&record).unwrap();
    let body: Value = serde_json::from_str(record["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["command"], "contextualize");
    // The job as it lay on the queue: no credential of ours travels with it, and the
    // interaction's token, which dies before anybody reads the record, is left out of it.
    for secret in local.secrets() {
        assert!(!record.to_string().contains(&secret), "{secret}");
    }
    assert!(!record.to_string().contains(sent.token.expose()));

    // The cause is gone: the same again works, and makes the first issue.
    stage.act(Act::slash("bugbot retry")).await;
    let told = stage.ended(1).await;
    assert!(told.content.starts_with("✅ Created"), "{told:?}");
    assert_eq!(local.linear.issues().len(), 1);
    local.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_no_jobs_are_kept_and_harm_nothing_else() {
    let stage = Stage::new(Script::fixes_the_sample()).await;
    let local = &stage.local;
    let of_tomorrow = json!({
        "version": 2,
        "command": "dance",
        "discordContext": {"channelId": "1", "threadId": stage.thread.as_str()},
        "interaction": {"id": "1234567890123456789"},
    });
    let bodies = [json!("no job"), json!(7), json!(null), of_tomorrow];
    for body in &bodies {
        local.stack.send(body).await.unwrap();
    }
    stage.act(Act::slash("bugbot contextualize")).await;
    let ended = |start: &str| {
        let told = local.told(&stage.thread).into_iter();
        told.filter(|told| shown(told).contains(start)).count()
    };
    stage
        .until("both messages", |_| {
            (ended("✅ Created") == 1 && ended("`dance` could not be done") == 1).then_some(())
        })
        .await;
    stage.settled().await;
    assert_eq!(local.told(&stage.thread).len(), 2);

    let mut kept = Vec::new();
    for key in local.stack.kv_list("dead:").await.unwrap() {
        let record = local.stack.kv_get(&key).await.unwrap().unwrap();
        let record: Value = serde_json::from_str(&record).unwrap();
        kept.push(record["body"].as_str().unwrap().to_owned());
    }
    assert_eq!(kept.len(), bodies.len(), "{kept:#?}");
    assert!(kept.iter().any(|body| body == "no job"), "{kept:#?}");
    assert_eq!(local.linear.issues().len(), 1);
    local.finish();
}
