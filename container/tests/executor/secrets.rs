//! No secret is where the agent is.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use shared::executor::{Form, RunOutcome};
use tests::anthropic::Script;
use tests::sample::{self, BUGGY_FILE};

use crate::agents::DONE;
use crate::bench::{Bench, CLONE_TOKEN, SECRETS, script, text_of};

/// The secrets, and the forms in which they travel.
fn forms() -> Vec<String> {
    let basic = format!("x-access-token:{CLONE_TOKEN}");
    let mut forms: Vec<_> = SECRETS.map(str::to_owned).to_vec();
    forms.push(base64::engine::general_purpose::STANDARD.encode(basic));
    forms
}

fn assert_clean(place: &str, bytes: &[u8]) {
    for secret in forms() {
        let found = bytes
            .windows(secret.len())
            .any(|window| window == secret.as_bytes());
        assert!(!found, "{place} holds {secret}");
    }
}

/// How many files there were.
fn assert_tree_clean(folder: &Path) -> usize {
    let mut files = 0;
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        // The agent is at work: what was there a moment ago may be gone.
        let Ok(found) = fs::symlink_metadata(&path) else {
            continue;
        };
        if found.is_dir() {
            files += assert_tree_clean(&path);
        } else if found.is_file()
            && let Ok(bytes) = fs::read(&path)
        {
            assert_clean(&path.display().to_string(), &bytes);
            files += 1;
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn claude_has_no_secret_in_environment_home_clone_log_or_conversation() {
    let bench = Bench::new(Script::fixes_then_stalls()).await;
    let request = bench.request("secrets");
    bench.executor.client().start(&request).await.unwrap();
    bench
        .wait_for_step(&request, &format!("Editing {BUGGY_FILE}"))
        .await;

    let home = bench.data().join("runs/secrets/home");
    assert!(
        assert_tree_clean(&home) > 0,
        "Claude Code writes to its HOME"
    );
    // Clone, objects, prompt, checkpoints and log.
    assert!(assert_tree_clean(bench.data()) > 20);
    let mut agents = 0;
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let environment = fs::read(process.path().join("environ")).unwrap_or_default();
        let needle = format!("HOME={}", home.display());
        if environment
            .windows(needle.len())
            .any(|window| window == needle.as_bytes())
        {
            agents += 1;
            assert_clean("an environment", &environment);
            assert_clean(
                "a command line",
                &fs::read(process.path().join("cmdline")).unwrap(),
            );
            let names = environment.split(|byte| *byte == 0);
            let names: Vec<_> = names
                .filter_map(|variable| std::str::from_utf8(variable).ok()?.split_once('='))
                .map(|(name, _)| name)
                .collect();
            assert!(!names.contains(&"LINEAR_API_KEY"), "{names:?}");
        }
    }
    assert!(agents >= 2, "the supervisor and the agent");
    bench.cancel(&request).await;
    bench.result(&request).await;
    for request in bench.anthropic.requests() {
        assert_clean("a request to the model", &request.body);
    }
    assert!(bench.log().contains("run ended"));
    assert_clean("the log", bench.log().as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snooping_model_gets_nothing_from_claude() {
    let bench = Bench::new(Script::snoops()).await;
    let result = bench.run(&bench.request("snoop")).await;
    assert_eq!(result.outcome, RunOutcome::Completed);
    assert_eq!(result.changes, []);
    let answers = bench.anthropic.tool_results();
    assert_eq!(answers.len(), 10);
    for answer in answers {
        assert!(answer.is_error, "{answer:?}");
        assert_clean("a tool's answer", answer.text.as_bytes());
    }
    assert!(!bench.data().join("runs/snoop").exists());
    bench.assert_nothing_is_left();
}

/// Dumps whatever a process of its user can see into the clone, from where it comes back.
const DUMP: &str = "
{
    env
    cat /proc/*/environ
    cat /proc/*/cmdline
    ls -laR \"$HOME\" . ..
    cat ../git/config ../prompt ../../../checkpoints/* ../../../log
    find \"$HOME\" . -type f -exec cat {} +
    ls /proc/$PPID/fd
    cat /proc/$PPID/mem /proc/$PPID/environ
} > src/dump.txt 2>&1
";

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_that_dumps_all_it_sees_finds_no_secret() {
    let agent = script(&format!("{DUMP}{DONE}"));
    // As root, every process is visible: the production image has a user for the agent.
    let mut settings = vec![("AGENT_COMMAND", agent.as_str())];
    if rustix::process::geteuid().is_root() {
        settings.extend([("AGENT_UID", "61234"), ("AGENT_GID", "61234")]);
    }
    let bench = Bench::with(&sample::folder(), Script::never_ends(), &settings).await;
    let mut request = bench.request("dump");
    request.limits.max_result_bytes = 5 * 1024 * 1024;
    let result = bench.run(&request).await;
    assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
    let dump = text_of(&result.changes, "src/dump.txt");
    assert!(
        dump.contains("ANTHROPIC_API_KEY=sk-ant-run-"),
        "the dump shows the environment"
    );
    assert_clean("the dump", dump.as_bytes());
    assert_clean("the log", bench.log().as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_report_holds_no_secret() {
    let agent = r#"
        printf '{"type":"result","subtype":"error","is_error":true,"result":"my key: %s","num_turns":1,"total_cost_usd":0}\n' "$ANTHROPIC_API_KEY"
    "#;
    let agent = script(agent);
    let settings = [("AGENT_COMMAND", agent.as_str())];
    let bench = Bench::with(&sample::folder(), Script::never_ends(), &settings).await;
    let request = bench.request("crash");
    let result = bench.run(&request).await;
    let report = result.crash_report.expect("it failed");
    // It was cloned with the token, and nothing is compressed in a tar.
    let place = bench.data().join("crash-reports");
    assert_eq!(assert_tree_clean(&place), 2);
    let tar = bench
        .executor
        .client()
        .crash_report(&request.run_id, Form::Tar)
        .await;
    assert_clean("what is sent", &tar.unwrap());
    let record = fs::read_to_string(place.join(report.name).with_extension("json")).unwrap();
    assert!(record.contains("my key: [redacted]"), "{record}");
    assert!(!record.contains("sk-ant-run-"), "{record}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runs_own_key_is_taken_out_of_what_the_agent_says() {
    let agent = r#"
        printf '{"type":"result","subtype":"success","is_error":false,"result":"my key: %s","num_turns":1,"total_cost_usd":0}\n' "$ANTHROPIC_API_KEY"
    "#;
    let settings = [("AGENT_COMMAND", script(agent))];
    let settings = settings
        .each_ref()
        .map(|(name, value)| (*name, value.as_str()));
    let bench = Bench::with(&sample::folder(), Script::never_ends(), &settings).await;
    let result = bench.run(&bench.request("own-key")).await;
    assert_eq!(result.summary, "my key: [redacted]");
}
