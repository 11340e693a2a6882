//! No secret is where it has no business, in the whole of bugbot.
//!
//! The secrets are those that the operator configures ([`Local::secrets`]), in the forms in which
//! they travel, and the tokens of the interactions. An interaction's token legitimately lies in
//! the queue's messages, in the records of dead ones (see `dead_letter`) and in the storage of
//! the Thread and Job objects: the answer needs it, for 15 minutes and for this one message. It
//! has no business anywhere else.

use std::fs;
use std::io;
use std::path::Path;

use base64::Engine as _;
use tests::anthropic::Script;
use tests::discord::{Act, Exchange};
use tests::fake::Recorded;
use tests::local::{Local, REPOSITORY, Setup};
use tests::sample::FIXED_LINE;

use crate::stage::Stage;

/// What is looked for.
struct Hunt {
    operators: Vec<String>,
    tokens: Vec<String>,
}

impl Hunt {
    fn new(local: &Local) -> Self {
        let base64 = |text: String| base64::engine::general_purpose::STANDARD.encode(text);
        let mut operators = local.secrets();
        // As git sends them.
        let basic = operators
            .iter()
            .map(|secret| base64(format!("x-access-token:{secret}")));
        let basic: Vec<_> = basic.collect();
        operators.extend(basic);
        Self {
            operators,
            tokens: Vec::new(),
        }
    }

    fn and(&mut self, sent: &Exchange) {
        self.tokens.push(sent.token.expose().to_owned());
    }

    /// Holds no secret of any kind.
    fn assert_clean(&self, place: &str, bytes: impl AsRef<[u8]>) {
        self.assert_no_operators(place, bytes.as_ref());
        for token in &self.tokens {
            assert!(!holds(bytes.as_ref(), token), "{place} holds {token}");
        }
    }

    /// Holds no secret of the operator's.
    fn assert_no_operators(&self, place: &str, bytes: &[u8]) {
        for secret in &self.operators {
            assert!(!holds(bytes, secret), "{place} holds {secret}");
        }
    }

    fn mentions_a_token(&self, bytes: &[u8]) -> bool {
        self.tokens.iter().any(|token| holds(bytes, token))
    }
}

fn holds(bytes: &[u8], secret: &str) -> bool {
    let mut windows = bytes.windows(secret.len());
    windows.any(|window| window == secret.as_bytes())
}

/// The files below a folder, as they are by now: an agent at work makes and removes some.
fn files(folder: &Path) -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let read = match fs::symlink_metadata(&path) {
            Ok(entry) if entry.is_dir() => files(&path).map(|below| found.extend(below)),
            Ok(entry) if entry.is_file() => {
                fs::read(&path).map(|bytes| found.push((path.display().to_string(), bytes)))
            }
            other => other.map(drop),
        };
        match read {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_where_it_has_no_business() {
    let stage = Stage::with(|setup| Setup {
        persist: true,
        script: Script::fixes_then_stalls(),
        ..setup
    })
    .await;
    let local = &stage.local;
    let mut hunt = Hunt::new(local);

    // An agent in the middle of its work: what it has, and what lies around it.
    hunt.and(&stage.act(Act::slash("bugbot fix")).await);
    stage.at_work().await;
    stage
        .until("an edit", |local| {
            (local.anthropic.tool_results().len() >= 2).then_some(())
        })
        .await;
    let agents = local.executor.agents();
    assert!(
        agents.len() >= 2,
        "the supervisor and the agent: {agents:?}"
    );
    for agent in &agents {
        hunt.assert_clean("an agent's environment", &agent.environment);
        hunt.assert_clean("an agent's command line", &agent.command_line);
    }
    let around = files(local.executor.data()).unwrap();
    for part in ["/home/", "/work/", "/git/", "/log"] {
        let seen = around.iter().any(|(path, _)| path.contains(part));
        assert!(seen, "no {part} among what was looked through");
    }
    let asked = around.iter().any(|(_, bytes)| holds(bytes, "11 mugs"));
    assert!(asked, "the transcript was looked through");
    for (path, bytes) in &around {
        hunt.assert_clean(path, bytes);
    }
    hunt.and(&stage.act(Act::slash("bugbot cancel")).await);
    stage.ended(0).await;

    // One that comes to its end.
    local.anthropic.play(Script::fixes_the_sample());
    hunt.and(&stage.act(Act::slash("bugbot retry")).await);
    let told = stage.ended(2).await;
    assert!(told.content.starts_with("✅"), "{told:?}");

    // And one that looks for them.
    let before = local.anthropic.tool_results().len();
    local.anthropic.play(Script::snoops());
    hunt.and(&stage.act(Act::slash("bugbot fix")).await);
    let told = stage.ended(3).await;
    assert!(told.content.starts_with("⚠️"), "{told:?}");
    let answers = local.anthropic.tool_results().split_off(before);
    assert!(answers.len() >= 10, "{answers:#?}");
    assert!(answers.iter().all(|answer| answer.is_error), "{answers:#?}");
    stage.settled().await;

    look_everywhere(&stage, &hunt).await;
    local.finish();
}

async fn look_everywhere(stage: &Stage, hunt: &Hunt) {
    let local = &stage.local;
    hunt.assert_clean("the workers' log", local.stack.logs().to_string());
    let log = local.executor.log();
    assert!(log.contains("run ended"), "{log}");
    hunt.assert_clean("the executor's log", &log);
    for (path, bytes) in files(local.executor.data()).unwrap() {
        hunt.assert_clean(&path, bytes);
    }

    for key in local.stack.kv_list("").await.unwrap() {
        let value = local.stack.kv_get(&key).await.unwrap().unwrap_or_default();
        hunt.assert_clean(&format!("the key {key}"), format!("{key}\n{value}"));
    }
    // Their storage is the one place for an interaction's token; no other secret lies there.
    let kept = files(&local.state.join("workers")).unwrap();
    for (path, bytes) in &kept {
        hunt.assert_no_operators(path, bytes);
    }
    assert!(
        kept.iter().any(|(_, bytes)| hunt.mentions_a_token(bytes)),
        "the objects' storage was looked through"
    );

    let said = serde_json::to_string(&local.discord.messages(&stage.thread)).unwrap();
    hunt.assert_clean("the thread", said);
    for issue in local.linear.issues() {
        let key = &issue.identifier;
        hunt.assert_clean("an issue", format!("{issue:?}"));
        hunt.assert_clean("its comments", format!("{:?}", local.linear.comments(key)));
        hunt.assert_clean("its links", format!("{:?}", local.linear.attachments(key)));
    }
    let pulls = local.github.pull_requests(REPOSITORY);
    assert_eq!(pulls.len(), 1);
    hunt.assert_clean("the pull request", format!("{pulls:?}"));
    // Every object, reachable or not, and every name.
    let git = local.github.repository(REPOSITORY);
    let objects = git.git(["cat-file", "--batch-all-objects", "--batch"]);
    let objects = objects.unwrap();
    assert!(holds(&objects, FIXED_LINE), "the fix was looked through");
    hunt.assert_clean("the repository", objects);
    hunt.assert_clean("its branches", git.git(["for-each-ref"]).unwrap());

    // What each service was sent. Its own credential is in the headers of its own requests.
    let services: [(&str, Vec<Recorded>, &[&str]); 5] = [
        ("the model", local.anthropic.requests(), &["x-api-key"]),
        ("Linear", local.linear.requests(), &["authorization"]),
        ("PostHog", local.posthog.requests(), &["authorization"]),
        ("GitHub", local.github.requests(), &["authorization"]),
        ("Discord", local.discord.requests(), &["authorization"]),
    ];
    for (service, requests, credential) in services {
        for request in requests {
            let place = format!("a request to {service}");
            hunt.assert_clean(&place, &request.body);
            for (name, value) in &request.headers {
                if !credential.contains(&name.as_str()) {
                    hunt.assert_clean(&place, value);
                }
            }
            let path = format!("{}?{}", request.path, request.query.unwrap_or_default());
            if service == "Discord" {
                // A webhook's address is made of the interaction's token.
                hunt.assert_no_operators(&place, path.as_bytes());
            } else {
                hunt.assert_clean(&place, path);
            }
        }
    }
}
