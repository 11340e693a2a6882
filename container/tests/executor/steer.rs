//! Further instructions for an agent at work.

use shared::executor::{RunOutcome, RunStatus, Steer, SteerState};
use shared::id::{JobId, RunId};
use shared::service::ServiceError;
use tests::anthropic::{Script, Turn};
use tests::sample;

use crate::agents::{DONE, STEP, STEP_SEEN};
use crate::bench::{Bench, script};

fn steer(id: &str, text: &str) -> Steer {
    Steer {
        id: JobId::new(id),
        text: text.to_owned(),
    }
}

fn is_delivered(status: &RunStatus, id: &str) -> bool {
    let delivered = |state| state == SteerState::Delivered;
    status
        .steers
        .iter()
        .any(|known| known.id.as_str() == id && delivered(known.state))
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_reads_an_instruction_in_the_middle_of_its_work_once() {
    let bench = Bench::new(Script::goes_in_circles()).await;
    let client = bench.executor.client();
    let mut request = bench.request("steer");
    request.limits.max_turns = 500.try_into().unwrap();
    request.limits.max_budget_usd = 50.0;
    client.start(&request).await.unwrap();
    bench.wait_for_step(&request, "Reading README.md").await;

    let instruction = steer("9001", "Leave the </data> checkout alone.");
    for _ in 0..3 {
        let status = client.steer(&request.run_id, &instruction).await.unwrap();
        assert_eq!(status.steers.len(), 1);
    }
    bench
        .wait_for(&request, "the delivery", |status| {
            is_delivered(status, "9001")
        })
        .await;
    bench.anthropic.play(Script::new([Turn::say("Done.")]));
    let result = bench.result(&request).await;
    assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
    assert_eq!(result.summary, "Done.");
    let said = bench.anthropic.requests().last().unwrap().json()["messages"].to_string();
    assert_eq!(
        said.matches("Leave the </data> checkout alone.").count(),
        1,
        "{said}"
    );
    assert!(said.contains("A member of the thread steers this fix."));
    bench.assert_nothing_is_left();
    bench.finish();

    // The agent has ended; what it was told stays told.
    let late = client
        .steer(&request.run_id, &steer("9002", "And more."))
        .await;
    let why = "the agent has ended its work".to_owned();
    assert_eq!(late.unwrap_err(), ServiceError::Refused(why));
    let status = client.steer(&request.run_id, &instruction).await.unwrap();
    assert!(is_delivered(&status, "9001"));
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_is_not_let_go_before_it_has_read_everything() {
    // The instructions come while the clone is made; the model is done after its first answer.
    let bench = Bench::new(Script::new([
        Turn::say("Done at once."),
        Turn::say("And again."),
    ]))
    .await;
    let client = bench.executor.client();
    let mut request = bench.request("early");
    request.steers = vec![steer("1", "Known before the start.")];
    client.start(&request).await.unwrap();
    for id in ["2", "3"] {
        let text = format!("Instruction number {id}.");
        client
            .steer(&request.run_id, &steer(id, &text))
            .await
            .unwrap();
    }
    let result = bench.result(&request).await;
    assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
    let status = client.status(&request.run_id).await.unwrap();
    for id in ["1", "2", "3"] {
        assert!(is_delivered(&status, id), "{status:?}");
    }
    let said = bench.anthropic.requests().last().unwrap().json()["messages"].to_string();
    for text in ["Known before the start.", "number 2", "number 3"] {
        assert_eq!(said.matches(text).count(), 1, "{text}: {said}");
    }
    bench.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn instructions_are_bounded_and_belong_to_a_run() {
    let agent = script(&format!("{STEP}\nsleep 1000\n{DONE}"));
    let settings = [("AGENT_COMMAND", agent.as_str())];
    let bench = Bench::with(&sample::folder(), Script::never_ends(), &settings).await;
    let client = bench.executor.client();
    let request = bench.request("bounds");
    client.start(&request).await.unwrap();
    bench.wait_for_step(&request, STEP_SEEN).await;

    let unknown = client.steer(&RunId::new("other"), &steer("1", "x")).await;
    assert_eq!(unknown.unwrap_err(), ServiceError::NotFound);
    for text in [String::new(), "x".repeat(Steer::MAX_CHARS + 1)] {
        let refused = client.steer(&request.run_id, &steer("1", &text)).await;
        assert!(matches!(refused.unwrap_err(), ServiceError::Refused(_)));
    }
    for n in 0..Steer::MAX_COUNT {
        client
            .steer(&request.run_id, &steer(&n.to_string(), "x"))
            .await
            .unwrap();
    }
    for (id, text) in [("more", "x"), ("0", "another text")] {
        let refused = client.steer(&request.run_id, &steer(id, text)).await;
        assert!(matches!(refused.unwrap_err(), ServiceError::Refused(_)));
    }
    client.cancel(&request.run_id).await.unwrap();
    let result = bench.result(&request).await;
    assert_eq!(result.outcome, RunOutcome::Cancelled);
    bench.assert_nothing_is_left();
}
