//! Payloads are GitHub's own examples (npm `@octokit/webhooks-examples`, MIT), shortened to what
//! has a meaning here and more; a test moves them to a branch of ours.

use http::HeaderMap;
use serde_json::{Value, json};

use super::signature::{Refusal, SIGNATURE_HEADER, sign, verify};
use super::*;
use crate::github::RepoName;
use crate::id::CommitId;
use crate::secret::Secret;

const BRANCH: &str = "bugbot/eng-1-0123abcd";
const DELIVERY: &str = "72d3162e-cc78-11e3-81ab-4c9367dc0958";

fn secret() -> Secret {
    Secret::new("It's a Secret to Everybody")
}

fn example(event: &str) -> Value {
    let text = match event {
        "ping" => include_str!("../fixtures/webhook/ping.json"),
        "pull_request" => include_str!("../fixtures/webhook/pull_request.json"),
        "check_run" => include_str!("../fixtures/webhook/check_run.json"),
        "check_suite" => include_str!("../fixtures/webhook/check_suite.json"),
        "workflow_run" => include_str!("../fixtures/webhook/workflow_run.json"),
        "status" => include_str!("../fixtures/webhook/status.json"),
        "issue_comment" => include_str!("../fixtures/webhook/issue_comment.json"),
        "pull_request_review" => include_str!("../fixtures/webhook/pull_request_review.json"),
        "pull_request_review_comment" => {
            include_str!("../fixtures/webhook/pull_request_review_comment.json")
        }
        "deployment_status" => include_str!("../fixtures/webhook/deployment_status.json"),
        other => panic!("no example of {other}"),
    };
    serde_json::from_str(text).unwrap()
}

/// The example as if it had happened to a pull request of ours.
fn ours(event: &str) -> Value {
    let mut payload = example(event);
    let branch = json!(BRANCH);
    match event {
        "check_run" => payload["check_run"]["check_suite"]["head_branch"] = branch,
        "check_suite" | "workflow_run" => payload[event]["head_branch"] = branch,
        "status" => payload["branches"][0]["name"] = branch,
        "deployment_status" => {
            payload["deployment"]["ref"] = branch;
            payload["deployment_status"]["environment_url"] = json!("https://eng-1.shop.pages.dev");
        }
        "issue_comment" => {
            payload["issue"]["pull_request"] = json!({"url": "https://api.github.com/x"});
            payload["comment"]["body"] = json!("@bugbot address");
        }
        "pull_request_review" => {
            payload["pull_request"]["head"]["ref"] = branch;
            payload["review"]["body"] = json!("Not yet.\n/bugbot fix");
        }
        "pull_request_review_comment" => {
            payload["pull_request"]["head"]["ref"] = branch;
            payload["comment"]["body"] = json!("@bugbot fix this one");
        }
        _ => payload["pull_request"]["head"]["ref"] = branch,
    }
    payload
}

fn headers(event: &str, body: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(EVENT_HEADER, event.parse().unwrap());
    headers.insert(DELIVERY_HEADER, DELIVERY.parse().unwrap());
    headers.insert(SIGNATURE_HEADER, sign(&secret(), body).parse().unwrap());
    headers
}

fn received(event: &str, payload: &Value) -> Result<Received, Unreadable> {
    let body = serde_json::to_vec(payload).unwrap();
    let headers = headers(event, &body);
    let verified = verify(&secret(), &headers, &body).unwrap();
    parse(verified, &headers, "2026-03-01T12:00:00Z".parse().unwrap())
}

fn notice(event: &str, payload: &Value) -> Notice {
    match received(event, payload).unwrap() {
        Received::Notice(notice) => *notice,
        other => panic!("{event}: {other:?}"),
    }
}

fn ignored(event: &str, payload: &Value) -> &'static str {
    match received(event, payload).unwrap() {
        Received::Ignored(why) => why,
        other => panic!("{event}: {other:?}"),
    }
}

/// <https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries#testing-the-webhook-payload-validation>
#[test]
fn the_signature_is_githubs_documented_example() {
    assert_eq!(
        sign(&secret(), b"Hello, World!"),
        "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    );
}

#[test]
fn only_the_body_that_was_signed_with_our_secret_is_verified() {
    let body = b"{}";
    let good = headers("ping", body);
    assert_eq!(verify(&secret(), &good, body).unwrap().body(), body);
    let refused = |headers: &HeaderMap, body: &[u8]| verify(&secret(), headers, body).unwrap_err();
    assert_eq!(refused(&good, b"{} "), Refusal::Wrong);
    let other = verify(&Secret::new("another one"), &good, body);
    assert_eq!(other.unwrap_err(), Refusal::Wrong);
    assert_eq!(refused(&HeaderMap::new(), body), Refusal::Missing);
    let mut twice = good.clone();
    twice.append(SIGNATURE_HEADER, sign(&secret(), b"x").parse().unwrap());
    assert_eq!(refused(&twice, body), Refusal::Duplicate);
    let value = good[SIGNATURE_HEADER].to_str().unwrap().to_owned();
    for bad in [
        "",
        "sha256=",
        &value[..70],
        &value[7..],
        &format!("{value}00"),
        "sha1=00",
    ] {
        let mut malformed = HeaderMap::new();
        malformed.insert(SIGNATURE_HEADER, bad.parse().unwrap());
        assert_eq!(refused(&malformed, body), Refusal::Malformed, "{bad:?}");
    }
}

#[test]
fn every_event_that_matters_becomes_a_notice_that_says_where_to_look() {
    let events = [
        "pull_request",
        "check_run",
        "check_suite",
        "workflow_run",
        "status",
        "issue_comment",
        "pull_request_review",
        "pull_request_review_comment",
        "deployment_status",
    ];
    let lines: Vec<String> = events
        .into_iter()
        .map(|event| format!("{event}: {}", notice(event, &ours(event)).encode()))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_notice_is_read_again_as_it_was_queued() {
    let notice = notice(
        "pull_request_review_comment",
        &ours("pull_request_review_comment"),
    );
    assert_eq!(Notice::decode(&notice.encode()), Some(Ok(notice)));
}

#[test]
fn a_job_is_no_notice_and_a_newer_notice_is_parked() {
    assert_eq!(Notice::decode(r#"{"version":1,"command":"fix"}"#), None);
    assert_eq!(Notice::decode("not json"), None);
    let parked = |text: &str| Notice::decode(text).unwrap().unwrap_err();
    assert_eq!(
        parked(r#"{"version":2,"kind":"github"}"#),
        NoticeFault::Version(2)
    );
    assert_eq!(parked(r#"{"kind":"github"}"#), NoticeFault::Version(0));
    assert_eq!(
        parked(r#"{"kind":"gitlab"}"#),
        NoticeFault::Kind("gitlab".to_owned())
    );
    let malformed = parked(r#"{"version":1,"kind":"github"}"#);
    assert!(matches!(malformed, NoticeFault::Malformed(_)));
    let tolerated = r#"{"version":1,"kind":"github","delivery":"d","repository":"a/b","new":1,
        "place":{"number":7},"happening":{"happening":"checks"},"receivedAt":"2026-03-01T12:00:00Z"}"#;
    assert_eq!(
        Notice::decode(tolerated).unwrap().unwrap().place.number,
        Some(7)
    );
}

#[test]
fn what_is_not_about_a_branch_of_ours_is_ignored() {
    for event in [
        "pull_request",
        "check_run",
        "check_suite",
        "workflow_run",
        "status",
        "issue_comment",
        "pull_request_review",
        "pull_request_review_comment",
        "deployment_status",
        "push",
        "star",
    ] {
        let payload = if event == "push" || event == "star" {
            json!({"anything": [1, 2]})
        } else {
            example(event)
        };
        ignored(event, &payload);
    }
}

#[test]
fn actions_that_change_nothing_are_ignored() {
    for (event, action) in [
        ("pull_request", "labeled"),
        ("check_run", "created"),
        ("check_suite", "requested"),
        ("workflow_run", "in_progress"),
        ("issue_comment", "edited"),
        ("pull_request_review", "dismissed"),
        ("pull_request_review_comment", "deleted"),
    ] {
        let mut payload = ours(event);
        payload["action"] = json!(action);
        ignored(event, &payload);
    }
    let mut pending = ours("status");
    pending["state"] = json!("pending");
    ignored("status", &pending);
    let mut failed = ours("deployment_status");
    failed["deployment_status"]["state"] = json!("failure");
    ignored("deployment_status", &failed);
}

#[test]
fn strangers_bots_and_words_in_passing_ask_nothing() {
    let with = |pointer: &str, value: Value| {
        let mut payload = ours("issue_comment");
        *payload.pointer_mut(pointer).unwrap() = value;
        ignored("issue_comment", &payload)
    };
    with("/comment/author_association", json!("CONTRIBUTOR"));
    with("/comment/author_association", json!("NONE"));
    with("/comment/user/type", json!("Bot"));
    with("/comment/user", Value::Null);
    with("/comment/body", json!("I think @bugbot can fix this"));
    with("/comment/body", Value::Null);
}

#[test]
fn a_preview_is_a_plain_address_and_is_found_by_commit_where_no_branch_is_named() {
    for bad in [
        "",
        "javascript:alert(1)",
        "https://a.test/)[x](https://evil.test",
        "https://a b",
    ] {
        let mut payload = ours("deployment_status");
        payload["deployment_status"]["environment_url"] = json!(bad);
        ignored("deployment_status", &payload);
    }
    let mut by_commit = ours("deployment_status");
    by_commit["deployment"]["ref"] = by_commit["deployment"]["sha"].clone();
    let notice = notice("deployment_status", &by_commit);
    let sha = by_commit["deployment"]["sha"].as_str().unwrap();
    assert_eq!(notice.place.branch, None);
    assert_eq!(notice.place.commit, Some(CommitId::new(sha)));
    assert_eq!(
        notice.repository,
        RepoName::parse("Codertocat/Hello-World").unwrap()
    );
}

#[test]
fn a_long_comment_is_kept_in_part() {
    let mut payload = ours("issue_comment");
    payload["comment"]["body"] = json!(format!("/bugbot fix {}", "é".repeat(60_000)));
    let Happening::Asked(ask) = notice("issue_comment", &payload).happening else {
        panic!("it asks");
    };
    assert!(ask.text.chars().count() <= MAX_ASK_CHARS);
}

#[test]
fn a_ping_is_a_ping_and_junk_that_is_signed_is_still_junk() {
    assert_eq!(received("ping", &example("ping")), Ok(Received::Ping));
    for event in ["pull_request", "check_run", "status", "deployment_status"] {
        let error = received(event, &json!({"action": "completed"})).unwrap_err();
        assert!(matches!(error, Unreadable::Body { .. }), "{error}");
    }
    let body = b"{}";
    for missing in [EVENT_HEADER, DELIVERY_HEADER] {
        let mut headers = headers("ping", body);
        headers.remove(missing);
        let verified = verify(&secret(), &headers, body).unwrap();
        let error = parse(verified, &headers, jiff::Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(error, Unreadable::Header(missing));
    }
}
