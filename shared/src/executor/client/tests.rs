use std::num::NonZeroU32;

use super::*;
use crate::change::{ChangeKind, Content, FileChange};
use crate::executor::{
    CloneSource, CodeSearch, CrashReport, ModelAccess, Prompt, RunFailure, RunLimits, RunOutcome,
    RunState, Spent,
};
use crate::id::CommitId;

fn base() -> Url {
    Url::parse("http://executor.test").unwrap()
}

fn run() -> RunRequest {
    RunRequest {
        run_id: RunId::new("run-1"),
        source: CloneSource {
            url: "https://github.com/acme/shop.git".into(),
            branch: "main".into(),
            base_commit: CommitId::new("0123456789012345678901234567890123456789"),
            token: Some(Secret::new("ghs_read")),
        },
        prompt: Prompt {
            title: "Wrong total".into(),
            ..Prompt::default()
        },
        limits: RunLimits {
            wall_clock: Duration::from_mins(1),
            max_turns: NonZeroU32::new(9).unwrap(),
            ..RunLimits::default()
        },
        model: ModelAccess {
            base_url: "https://api.anthropic.com".into(),
            api_key: Secret::new("sk-ant"),
            name: None,
        },
        code_search: Some(CodeSearch {
            words: vec!["total".into()],
        }),
        checkpoint: None,
        steers: Vec::new(),
        verify: Vec::new(),
    }
}

fn cleared<T: crate::redact::Redact>(thing: T) -> Cleared<T> {
    Redaction::default().clear(Place::Model, thing)
}

fn answer(status: u16, body: &str) -> Response {
    ::http::Response::builder()
        .status(status)
        .body(body.as_bytes().to_vec())
        .unwrap()
}

#[test]
fn a_start_carries_the_whole_run_in_camel_case() {
    let request = start_request(&base(), Some(&Secret::new("t0ken")), &cleared(run()));
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "http://executor.test/runs");
    assert_eq!(request.headers()["authorization"], "Bearer t0ken");
    let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap(), @r#"
    {
      "codeSearch": {
        "words": [
          "total"
        ]
      },
      "limits": {
        "maxBudgetUsd": 5.0,
        "maxFiles": 50,
        "maxResultBytes": 1048576,
        "maxTurns": 9,
        "wallClockMs": 60000
      },
      "model": {
        "apiKey": "sk-ant",
        "baseUrl": "https://api.anthropic.com"
      },
      "prompt": {
        "allowedFolders": [],
        "context": "",
        "description": "",
        "likelyFiles": [],
        "report": "",
        "title": "Wrong total"
      },
      "runId": "run-1",
      "source": {
        "baseCommit": "0123456789012345678901234567890123456789",
        "branch": "main",
        "token": "ghs_read",
        "url": "https://github.com/acme/shop.git"
      }
    }
    "#);
    assert_eq!(serde_json::from_value::<RunRequest>(body).unwrap(), run());
}

#[test]
fn a_run_id_is_one_path_segment_whatever_it_holds() {
    let request = status_request(&base(), None, &RunId::new("../a b"));
    assert_eq!(request.uri(), "http://executor.test/runs/..%2Fa%20b");
    assert!(request.headers().get("authorization").is_none());
}

#[test]
fn every_call_has_its_method_and_path() {
    let id = RunId::new("r");
    let calls = [
        status_request(&base(), None, &id),
        checkpoint_request(&base(), None, &id),
        result_request(&base(), None, &id),
        crash_report_request(&base(), None, &id, Form::Gzip),
        cancel_request(&base(), None, &id),
        health_request(&base()),
    ];
    let calls: Vec<_> = calls
        .iter()
        .map(|r| format!("{} {}", r.method(), r.uri().path()))
        .collect();
    insta::assert_snapshot!(calls.join("\n"), @r"
    GET /runs/r
    GET /runs/r/checkpoint
    GET /runs/r/result
    GET /runs/r/crash-report
    POST /runs/r/cancel
    GET /health
    ");
}

#[test]
fn a_status_is_read() {
    let body = r#"{"runId":"r","state":{"phase":"ended","outcome":{"outcome":"failed","failure":
        {"failure":"cloneFailed","reason":"no such branch"}}},"lastStep":"Editing src/a.js",
        "steps":3,"startedAt":"2026-01-02T03:04:05Z","elapsedMs":1500,"turns":2,"costUsd":0.25}"#;
    let status = parse_status(&answer(202, body)).unwrap();
    assert_eq!(
        status.spent,
        Spent {
            elapsed: Duration::from_millis(1500),
            turns: 2,
            cost_usd: 0.25
        }
    );
    assert_eq!(
        status.state.outcome(),
        Some(&RunOutcome::Failed {
            failure: RunFailure::CloneFailed {
                reason: "no such branch".into()
            }
        })
    );
    let again = serde_json::to_string(&status).unwrap();
    assert_eq!(serde_json::from_str::<RunStatus>(&again).unwrap(), status);
    assert_eq!(RunState::Running.outcome(), None);
}

#[test]
fn a_result_comes_back_as_it_was_and_is_none_before_the_end() {
    let result = RunResult {
        run_id: RunId::new("r"),
        outcome: RunOutcome::Completed,
        changes: vec![FileChange {
            path: "src/a.js".into(),
            kind: ChangeKind::Modified {
                old_mode: "100644".into(),
                mode: "100644".into(),
                content: Content(vec![0, 255]),
            },
        }],
        checkpoint: None,
        verification: Vec::new(),
        summary: "Fixed.".into(),
        found_files: vec![],
        crash_report: Some(CrashReport {
            name: "crash-acme-shop-issue-7-20261121-155900.tar".into(),
            size_bytes: 2048,
            packed_bytes: Some(300),
            files: 1,
        }),
        spent: Spent::default(),
    };
    let body = serde_json::to_string(&result).unwrap();
    assert_eq!(parse_result(&answer(200, &body)).unwrap(), Some(result));
    assert_eq!(parse_result(&answer(202, "{}")).unwrap(), None);
}

#[test]
fn a_result_of_an_older_executor_has_no_crash_report() {
    let body = r#"{"runId":"r","outcome":{"outcome":"cancelled"},"changes":[],"summary":"",
        "elapsedMs":1,"turns":0,"costUsd":0.0}"#;
    let result = parse_result(&answer(200, body)).unwrap().unwrap();
    assert_eq!(result.crash_report, None);
}

#[test]
fn a_crash_report_is_asked_for_in_a_form_that_its_executor_gives() {
    let older = r#"{"name":"crash-1.tar","sizeBytes":2048,"files":1}"#;
    let newer = r#"{"name":"crash-1.tar","sizeBytes":2048,"packedBytes":300,"files":1}"#;
    let asked = |text: &str| {
        let report: CrashReport = serde_json::from_str(text).unwrap();
        assert_eq!(serde_json::to_string(&report).unwrap(), text);
        let run = RunId::new("r");
        let request = crash_report_request(&base(), None, &run, report.form());
        let accept = request.headers()["accept"].as_bytes();
        assert_eq!(Form::accepted(accept), report.form());
        (
            String::from_utf8_lossy(accept).into_owned(),
            report.carried_bytes(),
        )
    };
    assert_eq!(asked(older), ("application/x-tar".to_owned(), 2048));
    assert_eq!(asked(newer), ("application/gzip".to_owned(), 300));
    assert_eq!(Form::accepted(b"application/json"), Form::Tar);
}

#[test]
fn a_crash_report_is_bytes_or_not_there() {
    let mut tar = answer(200, "");
    *tar.body_mut() = vec![0, 255];
    assert_eq!(parse_crash_report(tar).unwrap(), [0, 255]);
    let gone = answer(404, r#"{"error":"there is no crash report"}"#);
    assert_eq!(parse_crash_report(gone), Err(ServiceError::NotFound));
}

#[test]
fn each_refusal_says_what_can_be_done() {
    let error = |status, body| parse_status(&answer(status, body)).unwrap_err();
    assert_eq!(
        error(401, "{}"),
        ServiceError::Unauthorized("no reason given".into())
    );
    assert_eq!(error(404, ""), ServiceError::NotFound);
    assert_eq!(
        error(400, r#"{"error":"bad url"}"#),
        ServiceError::Refused("bad url".into())
    );
    assert_eq!(
        error(409, r#"{"error":"other run"}"#),
        ServiceError::Refused("other run".into())
    );
    assert!(error(500, "").is_transient());
    assert_eq!(
        error(503, ""),
        ServiceError::RateLimited {
            retry_after: DEFAULT_RETRY_AFTER
        }
    );
    assert!(matches!(
        error(200, "<html>"),
        ServiceError::Unexpected { status: 200, .. }
    ));
    let mut busy = answer(503, "");
    busy.headers_mut()
        .insert("retry-after", "17".parse().unwrap());
    assert_eq!(
        parse_health(&busy).unwrap_err(),
        ServiceError::RateLimited {
            retry_after: Duration::from_secs(17)
        }
    );
}

#[test]
fn fresh_credentials_and_a_later_checkpoint_do_not_make_another_run() {
    let mut again = run();
    again.source.token = Some(Secret::new("ghs_newer"));
    again.model.api_key = Secret::new("sk-newer");
    again.checkpoint = Some(Checkpoint {
        base_commit: again.source.base_commit.clone(),
        changes: vec![],
        session_id: None,
        spent: Spent::default(),
    });
    assert!(run().is_same_run(&again));
    again.prompt.title = "Another bug".into();
    assert!(!run().is_same_run(&again));
}

#[test]
fn the_debug_form_of_a_run_holds_no_secret() {
    let text = format!("{:?}", run());
    assert!(
        !text.contains("ghs_read") && !text.contains("sk-ant"),
        "{text}"
    );
}

#[test]
fn an_instruction_goes_to_its_run() {
    let steer = Steer {
        id: crate::id::JobId::new("9"),
        text: "Only the cart.".into(),
    };
    let request = steer_request(&base(), None, &RunId::new("run-1"), &cleared(steer));
    assert_eq!(request.method(), Method::POST);
    assert_eq!(request.uri(), "http://executor.test/runs/run-1/steer");
    let body = std::str::from_utf8(request.body()).unwrap();
    assert_eq!(body, r#"{"id":"9","text":"Only the cart."}"#);
}

/// Each text of a run and of an instruction, by what is put into it.
#[test]
fn no_text_of_a_run_carries_an_address_or_a_token() {
    let text = || "bob@example.com".to_owned();
    let mut run = run();
    run.prompt = Prompt {
        issue: None,
        title: text(),
        description: text(),
        report: text(),
        context: text(),
        likely_files: vec![crate::executor::LikelyFile {
            path: "src/icon.ts".to_owned(),
            reason: text(),
        }],
        follow_up: Some(crate::executor::FollowUp::Review(text())),
        allowed_folders: Vec::new(),
    };
    run.code_search = Some(CodeSearch {
        words: vec![text()],
    });
    let steer = Steer {
        id: crate::id::JobId::new("7"),
        text: text(),
    };
    run.steers = vec![steer.clone()];
    let start = start_request(&base(), None, &cleared(run));
    let steer = steer_request(&base(), None, &RunId::new("run-1"), &cleared(steer));
    for request in [start, steer] {
        let body = String::from_utf8(request.into_body()).unwrap();
        assert!(!body.contains("bob@"), "{body}");
        assert!(body.contains("[redacted: e-mail address]"), "{body}");
    }
}
