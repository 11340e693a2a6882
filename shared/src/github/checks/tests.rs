use serde_json::{Value, json};

use super::*;

fn answer(body: &Value) -> Response {
    Response::new(body.to_string().into_bytes())
}

fn runs(body: &Value) -> Vec<Check> {
    parse_check_runs(&answer(body), Timestamp::UNIX_EPOCH).unwrap()
}

fn run(name: &str, status: &str, conclusion: Option<&str>) -> Value {
    json!({"id": 4, "name": name, "status": status, "conclusion": conclusion,
        "output": {"title": "Tests", "summary": "1 failed", "text": null, "annotations_count": 1},
        "app": {"slug": "github-actions"}})
}

fn of(states: &[(&str, Option<&str>)]) -> ChecksVerdict {
    let listed: Vec<Value> = states
        .iter()
        .map(|(status, end)| run("test", status, *end))
        .collect();
    checks_verdict(&runs(
        &json!({"total_count": listed.len(), "check_runs": listed}),
    ))
}

#[test]
fn a_commit_has_passed_when_every_check_has_ended_and_none_failed() {
    let failed = || vec!["test".to_owned()];
    assert_eq!(of(&[]), ChecksVerdict::None);
    assert_eq!(of(&[("completed", Some("success"))]), ChecksVerdict::Passed);
    for content in [
        "neutral",
        "skipped",
        "cancelled",
        "action_required",
        "stale",
    ] {
        assert_eq!(
            of(&[("completed", Some(content))]),
            ChecksVerdict::Passed,
            "{content}"
        );
    }
    for bad in ["failure", "timed_out", "startup_failure"] {
        let expected = ChecksVerdict::Failed { failed: failed() };
        assert_eq!(
            of(&[("completed", Some("success")), ("completed", Some(bad))]),
            expected
        );
    }
    for waiting in ["queued", "in_progress", "waiting", "requested", "pending"] {
        let expected = ChecksVerdict::Pending { failed: failed() };
        assert_eq!(
            of(&[(waiting, None), ("completed", Some("failure"))]),
            expected
        );
    }
}

#[test]
fn a_status_of_the_older_kind_counts_as_a_check() {
    let body = json!({"state": "failure", "statuses": [
        {"context": "ci/lint", "state": "success", "description": null},
        {"context": "ci/build", "state": "error", "description": "out of disk"},
        {"context": "ci/e2e", "state": "pending", "description": "running"},
    ]});
    let checks = parse_combined_status(&answer(&body), Timestamp::UNIX_EPOCH).unwrap();
    let failed = vec!["ci/build".to_owned()];
    assert_eq!(checks_verdict(&checks), ChecksVerdict::Pending { failed });
    assert_eq!(checks[1].said, "out of disk");
    // "pending" is also what GitHub says where there is no status.
    let none = json!({"state": "pending", "statuses": []});
    let none = parse_combined_status(&answer(&none), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(checks_verdict(&none), ChecksVerdict::None);
}

#[test]
fn a_check_says_why_in_its_output_and_on_the_lines() {
    let checks = runs(&json!({"check_runs": [run("test", "completed", Some("failure"))]}));
    assert_eq!(
        (checks[0].said.as_str(), checks[0].is_job),
        ("Tests\n1 failed", true)
    );
    let body = json!([{"path": "src/cart.ts", "start_line": 12, "end_line": 12,
        "annotation_level": "failure", "message": "expected 2, got 11"}]);
    let lines = parse_annotations(&answer(&body), Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(lines, "src/cart.ts:12 (failure): expected 2, got 11\n");
}

#[test]
fn of_a_log_the_lines_before_the_last_error_matter() {
    let log = "\u{feff}2026-03-01T12:00:00.1234567Z Run npm test\n\
        2026-03-01T12:00:01.1234567Z \u{1b}[31mexpected 2, got 11\u{1b}[0m\n\
        2026-03-01T12:00:02.1234567Z ##[error]Process completed with exit code 1.\n\
        2026-03-01T12:00:03.1234567Z Post job cleanup.\n\
        a\nb\nc\n";
    assert_eq!(
        excerpt(log, 1_000),
        "Run npm test\nexpected 2, got 11\n##[error]Process completed with exit code 1.\nPost job cleanup.\na\nb\n"
    );
    assert_eq!(excerpt("one\ntwo\nthree", 8), "three\n");
    assert_eq!(excerpt("", 8), "");
}

/// Without its first line nothing would know the rest of a key for one.
#[test]
fn an_excerpt_begins_in_the_middle_of_no_key() {
    let armour = |end: &str| format!("-----{end} RSA PRIVATE KEY-----");
    let key = format!("{}\nMIIE\nabc=\n{}", armour("BEGIN"), armour("END"));
    let log = format!("{key}\nexpected 2, got 11");
    assert_eq!(excerpt(&log, 60), "\nexpected 2, got 11\n");
}

#[test]
fn a_log_is_where_github_sends_us_and_nowhere_else() {
    let now = Timestamp::UNIX_EPOCH;
    let mut moved = Response::new(Vec::new());
    *moved.status_mut() = ::http::StatusCode::FOUND;
    assert!(parse_job_log_address(&moved, now).is_err());
    moved
        .headers_mut()
        .insert("location", "https://logs.test/1?sig=x".parse().unwrap());
    let address = parse_job_log_address(&moved, now).unwrap();
    let request = download_request(&address).unwrap();
    assert!(!request.headers().contains_key("authorization"));
    assert!(parse_job_log_address(&Response::new(b"log".to_vec()), now).is_err());
    let mut gone = Response::new(b"{\"message\":\"Gone\"}".to_vec());
    *gone.status_mut() = ::http::StatusCode::GONE;
    assert_eq!(
        parse_job_log_address(&gone, now),
        Err(ServiceError::NotFound)
    );
}
