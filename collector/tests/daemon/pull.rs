//! What waits at the edge comes down, each event once.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use shared::hooks::edge::{Answer, InboxName, Question};
use shared::hooks::{Draft, Kind, Priority, Recipient};
use tests::hub::Loss;
use tests::world::PULL_TOKEN;

use crate::edge::Edge;
use crate::stage::{Stage, wait_until};

/// Kills, each while this many events are brought.
const KILLS: usize = 24;
const EVENTS: usize = 40;

fn stage(edge: &Edge) -> Stage {
    let stage = Stage::new();
    configure(&stage, edge, "alice", PULL_TOKEN);
    stage
}

fn configure(stage: &Stage, edge: &Edge, recipient: &str, token: &str) {
    let (root, address) = (stage.root.path().display(), edge.address);
    stage.write_config(&format!(
        "agent: watcher\ninbox_dir: {root}/inbox\nfsync: false\n\
         pull:\n  from: http://{address}\n  token_file: {root}/token\n  \
         recipients: [{recipient}]\n  seconds: 1\n"
    ));
    fs::write(stage.at("token"), token).unwrap();
    fs::set_permissions(stage.at("token"), fs::Permissions::from_mode(0o600)).unwrap();
}

fn numbers(stage: &Stage) -> Vec<usize> {
    let lines = stage.lines("alice");
    let number = |line: &serde_json::Value| {
        let payload = line["payload"].as_str().unwrap();
        payload.split(' ').next().unwrap().parse().unwrap()
    };
    lines.iter().map(number).collect()
}

#[test]
fn every_event_is_one_line_however_often_the_collector_is_killed() {
    let edge = Edge::start();
    let stage = stage(&edge);
    // Lines longer than a page: a kill may cut them.
    let filler = "x".repeat(6_000);
    let inbox = stage.at("inbox/alice.inbox");
    let length = || fs::metadata(&inbox).map_or(0, |file| file.len());
    for kill in 0..KILLS {
        let before = length();
        for number in kill * EVENTS..(kill + 1) * EVENTS {
            assert_eq!(edge.send(number, &filler).status, 202);
        }
        let mut collector = stage.start();
        if kill % 2 == 0 {
            // Between the append and the acknowledgement, or not long after.
            let began = Instant::now();
            while length() == before && began.elapsed() < Duration::from_secs(2) {}
        } else {
            std::thread::sleep(Duration::from_millis(kill as u64));
        }
        collector.kill();
    }
    let last = stage.start();
    wait_until("all events are there", || {
        numbers(&stage).len() >= KILLS * EVENTS && nothing_waits(&edge)
    });
    assert_eq!(numbers(&stage), (0..KILLS * EVENTS).collect::<Vec<_>>());
    assert!(last.logged("events were not pulled").is_empty());
}

fn nothing_waits(edge: &Edge) -> bool {
    let alice = InboxName::Of(Recipient::parse("alice").unwrap());
    let answer = edge.inboxes.answer(&alice, &Question::Page { after: 0 });
    matches!(answer, Ok(Answer::Page(page)) if page.events.is_empty())
}

#[test]
fn pulled_once_it_says_what_came() {
    let edge = Edge::start();
    let stage = stage(&edge);
    let pull = || stage.command().arg("--pull").output().unwrap();
    let said = |output: &std::process::Output| String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(said(&pull()), "Nothing waits.\n");
    for number in 0..3 {
        edge.send(number, "");
    }
    assert_eq!(said(&pull()), "alice: 3\n");
    assert_eq!(said(&pull()), "Nothing waits.\n");
    let line = &stage.lines("alice")[0];
    assert_eq!(
        (&line["from"], &line["to"], &line["source"]),
        (
            &"watcher".into(),
            &"alice".into(),
            &"webhook:/hooks/numbers".into()
        )
    );
    // While one runs, another one keeps away.
    let collector = stage.start();
    collector.wait_for("pulling");
    wait_until("it pulls", || {
        edge.send(7, "");
        numbers(&stage).contains(&7)
    });
    let refused = pull();
    assert!(!refused.status.success());
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(why.contains("another collector pulls into"), "{why}");
}

#[test]
fn an_inbox_that_takes_nothing_is_no_reason_to_leave_what_is_anothers() {
    let edge = Edge::start();
    let stage = Stage::new();
    configure(&stage, &edge, "bob, alice", PULL_TOKEN);
    let bob = Recipient::parse("bob").unwrap();
    let draft = Draft {
        to: bob.clone(),
        kind: Kind::Info,
        priority: Priority::default(),
        payload: "x".to_owned(),
        sentinel: None,
        source: None,
    };
    let accept = Question::Accept {
        keys: Vec::new(),
        event: Some(Box::new(draft.into())),
    };
    edge.inboxes.answer(&InboxName::Of(bob), &accept).unwrap();
    edge.send(1, "");
    fs::create_dir_all(stage.at("inbox/bob.inbox")).unwrap();
    let output = stage.command().arg("--pull").output().unwrap();
    assert!(!output.status.success());
    assert_eq!(numbers(&stage), [1]);
}

#[test]
fn an_edge_that_does_not_answer_is_asked_again_and_nothing_comes_twice() {
    let edge = Edge::start();
    let stage = stage(&edge);
    for loss in [Loss::Before, Loss::After] {
        edge.inboxes.lose(loss);
        // Whether it was stored or not, its tool sends it again.
        edge.send(0, "");
        assert_eq!(edge.send(0, "").status, 202);
    }
    edge.inboxes.lose(Loss::Before);
    let collector = stage.start();
    let failed = collector.wait_for("events were not pulled");
    assert_eq!(failed["retry_in_s"], 1);
    wait_until("it is there", || numbers(&stage) == [0]);
    assert_eq!(collector.wait_for("pulled")["events"], 1);
}

#[test]
fn another_token_or_recipient_is_taken_as_soon_as_it_is_there() {
    let edge = Edge::start();
    let stage = stage(&edge);
    configure(&stage, &edge, "bob", "another token of theirs");
    edge.send(0, "");
    let mut collector = stage.start();
    let failed = collector.wait_for("events were not pulled");
    let error = failed["error"].as_str().unwrap();
    assert_eq!(error, "the token is not the gateway's HOOKS_PULL_TOKEN");
    configure(&stage, &edge, "alice", PULL_TOKEN);
    collector.signal(Signal::HUP);
    collector.wait_for_nth("pulling", 2);
    wait_until("it is there", || numbers(&stage) == [0]);
    let began = Instant::now();
    collector.signal(Signal::TERM);
    assert!(collector.ended().success());
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[test]
fn why_nothing_was_pulled_is_in_the_exit_code_and_in_the_log() {
    let edge = Edge::start();
    let stage = stage(&edge);
    let pull = || stage.command().arg("--pull").output().unwrap();
    let fails = |code: i32, word: &str| {
        let output = pull();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let log = String::from_utf8(output.stderr).unwrap();
        let lines = log.lines().map(|line| serde_json::from_str(line).unwrap());
        let lines: Vec<serde_json::Value> = lines.collect();
        let last = lines.last().unwrap();
        assert_eq!(last["level"], "ERROR");
        let error = last["error"].as_str().unwrap();
        assert!(error.contains(word), "{error}");
    };
    configure(&stage, &edge, "alice", "another token of theirs");
    fails(4, "HOOKS_PULL_TOKEN");
    fs::remove_file(stage.at("token")).unwrap();
    fails(4, "token_file");
    configure(&stage, &edge, "alice", PULL_TOKEN);
    let config = fs::read_to_string(stage.at("collector.yaml")).unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = nobody.local_addr().unwrap().to_string();
    drop(nobody);
    stage.write_config(&config.replace(&edge.address.to_string(), &closed));
    fails(3, "connection failed");
    stage.write_config("agent: watcher\ndrop_folder: {path: /var/drop}\n");
    fails(5, "there is nothing to pull");
    stage.write_config("agent: [");
    fails(5, "collector.yaml:");
}
