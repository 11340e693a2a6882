//! Real HTTP, real answers.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::stage::{Collector, Stage, request, set_mode};

#[test]
fn a_request_to_a_route_is_in_the_inbox_when_it_is_answered() {
    let stage = Stage::new();
    let collector = stage.start();
    let answer = collector.post("/hello?from=test", r#"{"name": "Ann ✓"}"#);
    assert_eq!(answer.status, 202);
    let lines = stage.lines("dev");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["payload"], "hello Ann ✓");
    assert_eq!(lines[0]["source"], "webhook:/hello");
    assert_eq!(lines[0]["from"], "watcher");
    let told: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!(told["id"], lines[0]["id"]);
}

#[test]
fn every_refusal_has_its_status_and_writes_nothing() {
    let stage = Stage::new();
    let collector = stage.start();
    assert_eq!(collector.post("/nowhere", "{}").status, 404);
    assert_eq!(
        collector.ask(&request("PUT", "/hello", &[], "{}")).status,
        405
    );
    let get = collector.ask(&request("GET", "/hello", &[], ""));
    assert!(
        get.status == 405 && get.head.contains("allow: post"),
        "{get:?}"
    );
    assert_eq!(
        collector.ask(&request("POST", "/health", &[], "")).status,
        405
    );
    assert_eq!(collector.post("/hello", "{").status, 400);
    assert_eq!(collector.post("/hello", "[]").status, 400);
    assert_eq!(
        collector
            .post("/hello", &" ".repeat(1024 * 1024 + 1))
            .status,
        413
    );
    assert_eq!(collector.post("/hello", "").status, 500);
    for browser in ["Origin: https://evil.example", "Sec-Fetch-Site: cross-site"] {
        let asked = request("POST", "/hello", &[browser], r#"{"name": "x"}"#);
        assert_eq!(collector.ask(&asked).status, 403, "{browser}");
    }
    assert!(stage.lines("dev").is_empty());
    let health = collector.health();
    assert_eq!(health["emitted"], 0);
    assert_eq!(health["errors"], 9);
}

#[test]
fn a_packed_body_is_said_to_be_packed() {
    let stage = Stage::new();
    let collector = stage.start();
    let with = |header| collector.ask(&request("POST", "/hello", &[header], r#"{"name": "x"}"#));
    let packed = with("Content-Encoding: gzip");
    assert_eq!(packed.status, 400);
    assert!(
        packed.body.contains("the body is encoded (gzip)"),
        "{packed:?}"
    );
    assert!(stage.lines("dev").is_empty());
    assert_eq!(with("Content-Encoding: identity").status, 202);
}

#[test]
fn a_body_that_is_longer_than_it_may_be_is_refused_although_it_does_not_say_so() {
    let stage = Stage::new();
    let collector = stage.start();
    let mut stream = TcpStream::connect(collector.address()).unwrap();
    let head = "POST /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("10000\r\n{}\r\n", " ".repeat(0x10000));
    for _ in 0..17 {
        // Refused in the middle of it, perhaps.
        let _ = stream.write_all(chunk.as_bytes());
    }
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 413");
}

#[test]
fn health_counts_what_came_and_what_became_of_it() {
    let stage = Stage::new();
    let collector = stage.start();
    assert_eq!(
        collector
            .health()
            .as_object()
            .unwrap()
            .keys()
            .collect::<Vec<_>>(),
        ["emitted", "errors", "received", "uptime_sec"]
    );
    collector.post("/hello", r#"{"name": "x"}"#);
    collector.post("/hello", "{");
    let health = collector.health();
    assert_eq!(health["received"], 2);
    assert_eq!(health["emitted"], 1);
    assert_eq!(health["errors"], 1);
}

#[test]
fn an_inbox_that_does_not_take_the_event_is_a_500_and_the_next_one_is_taken() {
    let stage = Stage::new();
    let collector = stage.start();
    let inbox = stage.at("inbox/dev.inbox");
    std::fs::create_dir(&inbox).unwrap();
    assert_eq!(collector.post("/hello", r#"{"name": "x"}"#).status, 500);
    std::fs::remove_dir(&inbox).unwrap();
    assert_eq!(collector.post("/hello", r#"{"name": "y"}"#).status, 202);
    assert_eq!(stage.lines("dev").len(), 1);
}

#[test]
fn inboxes_that_cannot_be_written_are_a_500_until_they_can() {
    let stage = Stage::new();
    std::fs::create_dir(stage.at("inbox")).unwrap();
    stage.give_to_nobody();
    set_mode(&stage.at("inbox"), 0o555);
    let collector = Collector::start(stage.command_of_nobody());
    for _ in 0..2 {
        let refused = collector.post("/hello", r#"{"name": "x"}"#);
        assert_eq!(refused.status, 500);
        assert!(refused.body.contains("cannot be opened"), "{refused:?}");
    }
    assert!(stage.lines("dev").is_empty());
    set_mode(&stage.at("inbox"), 0o755);
    assert_eq!(collector.post("/hello", r#"{"name": "y"}"#).status, 202);
    let lines = stage.lines("dev");
    assert_eq!(lines.len(), 1, "what was refused is not there later");
    assert_eq!(lines[0]["payload"], "hello y");
    let health = collector.health();
    assert_eq!(
        (&health["emitted"], &health["errors"]),
        (&1.into(), &2.into())
    );
}
