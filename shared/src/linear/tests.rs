//! Queries against the published schema, requests as they go out, and one answer of each kind.

use std::time::Duration;

use serde_json::Value;

use super::*;
use crate::id::{ChannelId, MessageId};
use crate::service::wire_test::{answer, answer_with, shown};

const NOW: jiff::Timestamp = jiff::Timestamp::UNIX_EPOCH;

fn access() -> Api {
    api(DEFAULT_BASE, &Secret::new("lin_api_1")).unwrap()
}

/// The variables of a request; its query text is validated elsewhere.
fn variables(request: &Request) -> String {
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    format!(
        "{} {}",
        body["query"].as_str().unwrap().split('(').next().unwrap(),
        body["variables"]
    )
}

#[test]
fn every_query_is_valid_by_linears_published_schema() {
    use apollo_compiler::{ExecutableDocument, Schema};
    let sdl = include_str!("../../../tests/fixtures/linear/schema.graphql");
    let schema = Schema::parse_and_validate(sdl, "schema.graphql").unwrap();
    for text in [
        query::ISSUE,
        query::ISSUE_CREATE,
        query::ISSUE_MOVE,
        query::ISSUE_SEARCH,
        query::TEAMS,
        query::TEAM_STATES,
        query::COMMENT,
        query::COMMENT_CREATE,
        query::LINK_URL,
        query::LINK_DISCORD,
    ] {
        if let Err(faults) = ExecutableDocument::parse_and_validate(&schema, text, "query.graphql")
        {
            panic!("{text}\n{}", faults.errors);
        }
    }
    // The check does check.
    assert!(ExecutableDocument::parse_and_validate(&schema, "{ issues { name } }", "q").is_err());
}

#[test]
fn every_input_has_only_fields_of_its_schema_type() {
    use apollo_compiler::Schema;
    let sdl = include_str!("../../../tests/fixtures/linear/schema.graphql");
    let schema = Schema::parse_and_validate(sdl, "schema.graphql").unwrap();
    for (name, request) in [
        (
            "IssueCreateInput",
            create_issue_request(&access(), &cleared(new_issue())),
        ),
        (
            "CommentCreateInput",
            create_comment_request(&access(), &cleared(new_comment())),
        ),
    ] {
        let body: Value = serde_json::from_slice(request.body()).unwrap();
        let input = schema.get_input_object(name).unwrap();
        for field in body["variables"]["input"].as_object().unwrap().keys() {
            assert!(input.fields.contains_key(field.as_str()), "{name}.{field}");
        }
    }
}

#[test]
fn a_personal_key_goes_as_it_is_and_an_oauth_token_as_a_bearer() {
    insta::assert_snapshot!(shown(&issue_request(&access(), "ENG-1")), @r#"
    POST https://api.linear.app/graphql
    authorization: lin_api_1
    content-type: application/json

    {"query":"query Issue($id: String!) {\n  issue(id: $id) {\n    id\n    identifier\n    title\n    description\n    url\n    branchName\n    state { id name type }\n    team { id key }\n  }\n}\n","variables":{"id":"ENG-1"}}
    "#);
    let oauth = api(DEFAULT_BASE, &Secret::new("lin_oauth_2")).unwrap();
    let request = issue_request(&oauth, "ENG-1");
    assert_eq!(request.headers()["authorization"], "Bearer lin_oauth_2");
}

fn cleared<T: crate::redact::Redact>(thing: T) -> crate::redact::Cleared<T> {
    Redaction::default().clear(Place::Linear, thing)
}

fn new_issue() -> NewIssue {
    NewIssue {
        id: IssueUuid::new("uuid-1"),
        team: TeamId::new("team-1"),
        title: "Login fails".to_owned(),
        description: "\"quoted\" { report }".to_owned(),
        state: Some(StateId::new("state-1")),
    }
}

fn new_comment() -> NewComment {
    NewComment {
        id: CommentId::new("uuid-2"),
        issue: IssueUuid::new("uuid-1"),
        body: "Found it".to_owned(),
    }
}

#[test]
fn what_comes_from_outside_travels_in_the_variables() {
    let api = access();
    let (issue, team) = (IssueUuid::new("uuid-1"), TeamId::new("team-1"));
    let link = DiscordLink {
        channel: ChannelId::new("1100"),
        message: MessageId::new("2200"),
        url: "https://discord.com/channels/1/1100/2200".to_owned(),
        title: "Thread".to_owned(),
    };
    insta::assert_snapshot!(variables(&create_issue_request(&api, &cleared(new_issue()))), @r#"mutation IssueCreate {"input":{"description":"\"quoted\" { report }","id":"uuid-1","stateId":"state-1","teamId":"team-1","title":"Login fails"}}"#);
    insta::assert_snapshot!(variables(&move_issue_request(&api, &issue, &StateId::new("s"))), @r#"mutation IssueMove {"id":"uuid-1","state":"s"}"#);
    insta::assert_snapshot!(variables(&search_issues_request(&api, "login", Some(&team), 999)), @r#"query IssueSearch {"first":25,"team":"team-1","term":"login"}"#);
    insta::assert_snapshot!(variables(&team_request(&api, "eng")), @r#"query Teams {"first":1,"key":"eng"}"#);
    insta::assert_snapshot!(variables(&states_request(&api, &team)), @r#"query TeamStates {"first":50,"team":"team-1"}"#);
    insta::assert_snapshot!(variables(&create_comment_request(&api, &cleared(new_comment()))), @r#"mutation CommentCreate {"input":{"body":"Found it","id":"uuid-2","issueId":"uuid-1"}}"#);
    insta::assert_snapshot!(variables(&comment_request(&api, &CommentId::new("uuid-2"))), @r#"query Comment {"id":"uuid-2"}"#);
    insta::assert_snapshot!(variables(&link_url_request(&api, &issue, "https://x", "PR")), @r#"mutation LinkUrl {"issue":"uuid-1","title":"PR","url":"https://x"}"#);
    insta::assert_snapshot!(variables(&link_discord_request(&api, &issue, &link)), @r#"mutation LinkDiscord {"channel":"1100","issue":"uuid-1","message":"2200","title":"Thread","url":"https://discord.com/channels/1/1100/2200"}"#);
}

const ISSUE: &str = r#"{"id": "uuid-1", "identifier": "ENG-1", "title": "Login fails", "description": null,
  "url": "https://linear.app/acme/issue/ENG-1/login-fails", "branchName": "ada/eng-1-login-fails",
  "state": {"id": "s", "name": "Todo", "type": "unstarted"}, "team": {"id": "t", "key": "ENG"}}"#;

#[test]
fn an_issue_is_read_wherever_it_comes_from() {
    let read = parse_issue(
        &answer(200, &format!(r#"{{"data": {{"issue": {ISSUE}}}}}"#)),
        NOW,
    )
    .unwrap();
    assert_eq!(
        (read.key.as_str(), read.description.as_str()),
        ("ENG-1", "")
    );
    assert_eq!(read.state.kind, StateKind::Unstarted);
    let created =
        format!(r#"{{"data": {{"issueCreate": {{"success": true, "issue": {ISSUE}}}}}}}"#);
    assert_eq!(
        parse_created_issue(&answer(200, &created), NOW),
        Ok(read.clone())
    );
    let found = format!(r#"{{"data": {{"searchIssues": {{"nodes": [{ISSUE}, {ISSUE}]}}}}}}"#);
    assert_eq!(
        parse_found_issues(&answer(200, &found), 1, NOW),
        Ok(vec![read.clone()])
    );
    let stored = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<Issue>(&stored).unwrap(), read);
}

#[test]
fn states_come_in_the_order_of_the_board_and_an_unknown_kind_is_tolerated() {
    let body = r#"{"data": {"team": {"states": {"nodes": [
        {"id": "3", "name": "Review", "type": "started", "position": 2.5},
        {"id": "9", "name": "Dream", "type": "imagined", "position": 0},
        {"id": "2", "name": "Doing", "type": "started", "position": 1},
        {"id": "1", "name": "Todo", "type": "unstarted", "position": 7}]}}}}"#;
    let states = parse_states(&answer(200, body), NOW).unwrap();
    let names: Vec<_> = states.iter().map(|state| state.name.as_str()).collect();
    assert_eq!(names, ["Todo", "Doing", "Review", "Dream"]);
    assert_eq!(states[3].kind, StateKind::Other);
}

#[test]
fn a_team_that_is_not_there_is_not_found() {
    let team = r#"{"data": {"teams": {"nodes": [{"id": "t", "key": "ENG"}]}}}"#;
    assert_eq!(
        parse_team(&answer(200, team), NOW).unwrap().id.as_str(),
        "t"
    );
    let none = answer(200, r#"{"data": {"teams": {"nodes": []}}}"#);
    assert_eq!(parse_team(&none, NOW), Err(ServiceError::NotFound));
}

#[test]
fn comments_and_links_are_read() {
    let comment = r#"{"id": "uuid-2", "url": "https://linear.app/c", "body": "Found it"}"#;
    let created =
        format!(r#"{{"data": {{"commentCreate": {{"success": true, "comment": {comment}}}}}}}"#);
    let created = parse_created_comment(&answer(200, &created), NOW).unwrap();
    let read = parse_comment(
        &answer(200, &format!(r#"{{"data": {{"comment": {comment}}}}}"#)),
        NOW,
    );
    assert_eq!(read, Ok(created));
    for field in ["attachmentLinkURL", "attachmentLinkDiscord"] {
        let linked = format!(
            r#"{{"data": {{"{field}": {{"success": true, "attachment": {{"id": "a"}}}}}}}}"#
        );
        assert_eq!(parse_linked(&answer(200, &linked), NOW), Ok(()));
    }
}

#[test]
fn a_mutation_without_success_is_refused() {
    let body = r#"{"data": {"issueUpdate": {"success": false}}}"#;
    assert!(matches!(
        parse_moved_issue(&answer(200, body), NOW),
        Err(ServiceError::Refused(_))
    ));
    let moved = r#"{"data": {"issueUpdate": {"success": true}}}"#;
    assert_eq!(parse_moved_issue(&answer(200, moved), NOW), Ok(()));
}

#[test]
fn each_kind_of_error_says_what_can_be_done() {
    let of = |status, body: &str| {
        parse_issue(&answer(status, body), NOW)
            .unwrap_err()
            .to_string()
    };
    let error = |message: &str, code: &str| {
        format!(
            r#"{{"errors": [{{"message": "{message}", "extensions": {{"code": "{code}"}}}}], "data": null}}"#
        )
    };
    insta::assert_snapshot!(of(200, &error("Entity not found: Issue - Could not find referenced Issue.", "INPUT_ERROR")), @"not found");
    insta::assert_snapshot!(of(400, &error("Authentication required, not authenticated", "AUTHENTICATION_ERROR")), @"not authorised: Authentication required, not authenticated");
    insta::assert_snapshot!(of(401, &error("Authentication required, not authenticated", "AUTHENTICATION_ERROR")), @"not authorised: Authentication required, not authenticated");
    insta::assert_snapshot!(of(403, &error("You may not", "FORBIDDEN")), @"not authorised: You may not");
    insta::assert_snapshot!(of(400, &error("Argument Validation Error", "INVALID_INPUT")), @"refused: Argument Validation Error");
    insta::assert_snapshot!(of(200, &error("Internal server error", "INTERNAL_SERVER_ERROR")), @"unexpected answer, status 500: INTERNAL_SERVER_ERROR Internal server error");
    insta::assert_snapshot!(of(401, "{}"), @"not authorised: {}");
    insta::assert_snapshot!(of(503, "<html>down</html>"), @"unexpected answer, status 503: <html>down</html>");
    insta::assert_snapshot!(of(200, r#"{"data": {"issue": null}}"#), @"not found");
    insta::assert_snapshot!(of(200, r#"{"data": {"issue": 7}}"#), @"unexpected answer, status 200: cannot read the answer: invalid type: integer `7`, expected struct Issue at line 1 column 20");
    let kind = r#"{"errors": [{"message": "x", "extensions": {"userPresentableMessage": "Title is too long."}}]}"#;
    insta::assert_snapshot!(of(400, kind), @"refused: Title is too long.");
}

#[test]
fn a_rate_limit_ends_when_the_budget_that_is_used_up_is_full_again() {
    let body = r#"{"errors": [{"message": "Rate limit exceeded", "extensions": {"code": "RATELIMITED"}}]}"#;
    let wait = |headers: &[(&str, &str)]| match parse_issue(&answer_with(400, headers, body), NOW) {
        Err(ServiceError::RateLimited { retry_after }) => retry_after,
        other => panic!("{other:?}"),
    };
    let headers = [
        ("X-RateLimit-Requests-Remaining", "12"),
        ("X-RateLimit-Requests-Reset", "5000"),
        ("X-RateLimit-Complexity-Remaining", "0"),
        ("X-RateLimit-Complexity-Reset", "90000"),
    ];
    assert_eq!(wait(&headers), Duration::from_secs(90));
    assert_eq!(wait(&headers[..2]), Duration::from_secs(5));
    assert_eq!(wait(&[]), Duration::from_mins(1));
    assert_eq!(
        wait(&[("X-RateLimit-Requests-Reset", "-5")]),
        Duration::from_mins(1)
    );
}

/// Answers each request with the next response.
struct Script(std::cell::RefCell<Vec<Response>>);

impl Http for Script {
    async fn send(&self, _: Request, _: Duration) -> Result<Response, crate::http::Unreachable> {
        Ok(self.0.borrow_mut().remove(0))
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> jiff::Timestamp {
        NOW
    }
}

async fn create(responses: Vec<Response>) -> (Result<Creation<Issue>, ServiceError>, usize) {
    let script = Script(responses.into());
    let client = LinearClient::new(&script, Still, DEFAULT_BASE, &Secret::new("k")).unwrap();
    let outcome = client.create_issue(&new_issue()).await;
    (outcome, script.0.borrow().len())
}

#[tokio::test]
async fn a_uuid_that_is_taken_answers_with_the_issue_that_has_it() {
    let refused = || {
        answer(
            400,
            r#"{"errors": [{"message": "duplicate key", "extensions": {"code": "INPUT_ERROR"}}]}"#,
        )
    };
    let found = answer(200, &format!(r#"{{"data": {{"issue": {ISSUE}}}}}"#));
    let (outcome, left) = create(vec![refused(), found]).await;
    assert!(
        matches!(outcome, Ok(Creation::AlreadyExisted(issue)) if issue.key.as_str() == "ENG-1")
    );
    assert_eq!(left, 0);

    let missing = answer(
        200,
        r#"{"errors": [{"message": "Entity not found: Issue"}]}"#,
    );
    let (outcome, _) = create(vec![refused(), missing]).await;
    assert_eq!(outcome, Err(ServiceError::Refused("duplicate key".into())));

    let (outcome, _) = create(vec![refused(), answer(502, "")]).await;
    assert!(
        outcome.unwrap_err().is_transient(),
        "whether it is taken is not known yet"
    );
}
