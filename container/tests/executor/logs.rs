//! The executor's log: one JSON object a line, and the lines of a run go on with its caller's trace.

use serde_json::Value;
use shared::executor::{RunFailure, RunOutcome};
use shared::id::{JobId, ThreadId};
use shared::trace::Trace;
use tests::anthropic::Script;
use tests::fault::Fault;
use tests::sample;

use crate::agents::DONE;
use crate::bench::{Bench, script};

fn lines(bench: &Bench) -> Vec<Value> {
    let log = bench.log();
    let parsed = log.lines().map(serde_json::from_str);
    parsed.collect::<Result<_, _>>().expect(&log)
}

async fn bench(agent: &str) -> Bench {
    let agent = script(agent);
    let settings = [("AGENT_COMMAND", agent.as_str())];
    Bench::with(&sample::folder(), Script::never_ends(), &settings).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_lines_of_a_run_name_its_trace_its_job_and_its_thread() {
    let bench = bench(DONE).await;
    let request = bench.request("traced");
    let trace = Trace::of_job(&JobId::new("1001")).in_thread(&ThreadId::new("77"));
    let client = bench.executor.client().traced(trace.clone());
    client.start(&request).await.unwrap();
    bench.result(&request).await;

    let lines = lines(&bench);
    for message in ["run started", "run ended"] {
        let line = lines.iter().find(|line| line["message"] == message);
        let span = &line.unwrap_or_else(|| panic!("{message}: {lines:?}"))["span"];
        assert_eq!(span["run"], "traced");
        assert_eq!(span["trace"], trace.id.as_ref().unwrap().as_str());
        assert_eq!(
            (&span["job"], &span["thread"]),
            (&"1001".into(), &"77".into())
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_words_of_an_agent_that_fails_are_in_the_result_and_not_in_the_log() {
    let bench = bench("echo 'the user said: my password is hunter2' >&2; exit 3").await;
    let request = bench.request("words");
    let result = bench.run(&request).await;
    let RunOutcome::Failed {
        failure: RunFailure::AgentFailed { reason },
    } = &result.outcome
    else {
        panic!("{:?}", result.outcome);
    };
    assert!(reason.contains("hunter2"), "{reason}");
    let log = bench.log();
    assert!(log.contains(r#""outcome":"agent failed""#), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_logged_of_a_model_call_names_its_run() {
    let bench = Bench::new(Script::fixes_the_sample()).await;
    bench.anthropic.fail_next("*", Fault::BeforeEffect(529), 1);
    let request = bench.request("busy");
    let result = bench.run(&request).await;
    assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
    let lines = lines(&bench);
    let busy = lines
        .iter()
        .find(|line| line["message"] == "the model is busy");
    let busy = busy.unwrap_or_else(|| panic!("{lines:?}"));
    assert_eq!(busy["span"]["run"], "busy", "{busy}");
}
