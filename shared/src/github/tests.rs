//! Requests as they go out, and one answer of each kind.

use std::cell::RefCell;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::*;
use crate::change::{ChangeKind, Content, FileChange};
use crate::http::Unreachable;
use crate::policy::{ApprovedChanges, Policy, Verdict};
use crate::service::wire_test::{answer, answer_with, shown};

const NOW: Timestamp = Timestamp::UNIX_EPOCH;
const KEY: &str = include_str!("fixtures/app-key.pkcs1.pem");

fn access() -> Api {
    api(DEFAULT_BASE)
        .unwrap()
        .authorized("Bearer ", &Secret::new("ghs_1"))
        .unwrap()
}

fn repo() -> RepoName {
    RepoName::parse("acme/shop").unwrap()
}

fn approved(changes: &[FileChange]) -> ApprovedChanges {
    match Policy::default().judge(changes) {
        Verdict::Allowed(approved) => approved,
        Verdict::Violations(violations) => panic!("{violations:?}"),
    }
}

fn all_kinds() -> ApprovedChanges {
    let content = |text: &str| Content(text.as_bytes().to_vec());
    let mode = || "100644".to_owned();
    let change = |path: &str, kind| FileChange {
        path: path.to_owned(),
        kind,
    };
    approved(&[
        change(
            "src/new.js",
            ChangeKind::Added {
                mode: mode(),
                content: content("new"),
            },
        ),
        change(
            "src/cart.js",
            ChangeKind::Modified {
                old_mode: mode(),
                mode: mode(),
                content: content("\u{e9}\n"),
            },
        ),
        change("src/old.js", ChangeKind::Deleted { old_mode: mode() }),
        change(
            "app/b.js",
            ChangeKind::Renamed {
                from: "app/a.js".to_owned(),
                old_mode: mode(),
                mode: mode(),
                content: content(""),
            },
        ),
    ])
}

#[test]
fn reading_requests_carry_the_version_and_escape_what_they_name() {
    insta::assert_snapshot!(shown(&repository_request(&access(), &repo())), @r"
    GET https://api.github.com/repos/acme/shop
    accept: application/vnd.github+json
    authorization: Bearer ghs_1
    x-github-api-version: 2022-11-28
    ");
    let head = branch_head_request(&access(), &repo(), "bugbot/eng-1#?");
    insta::assert_snapshot!(head.uri(), @"https://api.github.com/repos/acme/shop/git/ref/heads/bugbot/eng-1%23%3F");
    let commit = commit_request(&access(), &repo(), &CommitId::new("../abc"));
    insta::assert_snapshot!(commit.uri(), @"https://api.github.com/repos/acme/shop/commits/..%2Fabc?per_page=1");
    insta::assert_snapshot!(pull_request_request(&access(), &repo(), 7).uri(), @"https://api.github.com/repos/acme/shop/pulls/7");
    let find = find_pull_request_request(&access(), &repo(), "bugbot/eng-1&x");
    insta::assert_snapshot!(find.uri(), @"https://api.github.com/repos/acme/shop/pulls?state=open&head=acme%3Abugbot%2Feng-1%26x&per_page=1");
    insta::assert_snapshot!(comments_request(&access(), &repo(), 7).uri(), @"https://api.github.com/repos/acme/shop/issues/7/comments?per_page=100");
}

#[test]
fn writing_requests() {
    let branch = create_branch_request(&access(), &repo(), "bugbot/x", &CommitId::new("abc"));
    insta::assert_snapshot!(shown(&branch), @r#"
    POST https://api.github.com/repos/acme/shop/git/refs
    accept: application/vnd.github+json
    authorization: Bearer ghs_1
    content-type: application/json
    x-github-api-version: 2022-11-28

    {"ref":"refs/heads/bugbot/x","sha":"abc"}
    "#);
    let pull_request = NewPullRequest {
        title: "Fix login".to_owned(),
        body: "Because".to_owned(),
        head: "bugbot/x".to_owned(),
        base: "main".to_owned(),
        draft: true,
    };
    let create = create_pull_request_request(&access(), &repo(), &pull_request);
    insta::assert_snapshot!(body(&create), @r#"{"base":"main","body":"Because","draft":true,"head":"bugbot/x","maintainer_can_modify":true,"title":"Fix login"}"#);
    let edit = edit_pull_request_request(&access(), &repo(), 7, "New");
    insta::assert_snapshot!(format!("{} {} {}", edit.method(), edit.uri().path(), body(&edit)), @r#"PATCH /repos/acme/shop/pulls/7 {"body":"New"}"#);
    let labels = add_labels_request(&access(), &repo(), 7, &["bugbot"]);
    insta::assert_snapshot!(format!("{} {}", labels.uri().path(), body(&labels)), @r#"/repos/acme/shop/issues/7/labels {"labels":["bugbot"]}"#);
    let comment = add_comment_request(&access(), &repo(), 7, "job --> 1", "Done");
    insta::assert_snapshot!(format!("{} {}", comment.uri().path(), body(&comment)), @r#"/repos/acme/shop/issues/7/comments {"body":"Done\n<!-- bugbot:be0f9c83d346e16d -->"}"#);
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(request.body()).unwrap()
}

#[test]
fn a_commit_carries_every_kind_of_change_and_the_expected_head() {
    let changes = all_kinds();
    let parent = CommitId::new("0abc");
    let new = NewCommit {
        branch: "bugbot/x",
        parent: &parent,
        headline: "Fix login",
        body: "Because",
        changes: &changes,
    };
    let request = create_commit_request(&access(), &repo(), &new);
    assert_eq!(request.uri(), "https://api.github.com/graphql");
    let input = &body(&request)["variables"]["input"];
    insta::assert_snapshot!(serde_json::to_string_pretty(input).unwrap(), @r#"
    {
      "branch": {
        "branchName": "bugbot/x",
        "repositoryNameWithOwner": "acme/shop"
      },
      "expectedHeadOid": "0abc",
      "fileChanges": {
        "additions": [
          {
            "contents": "",
            "path": "app/b.js"
          },
          {
            "contents": "w6kK",
            "path": "src/cart.js"
          },
          {
            "contents": "bmV3",
            "path": "src/new.js"
          }
        ],
        "deletions": [
          {
            "path": "app/a.js"
          },
          {
            "path": "src/old.js"
          }
        ]
      },
      "message": {
        "body": "Because",
        "headline": "Fix login"
      }
    }
    "#);
}

#[test]
fn a_search_cannot_be_turned_by_the_words_of_a_report() {
    let query = CodeQuery {
        words: [
            "login",
            "repo:evil/x",
            "a\"b",
            "--",
            "NOT",
            "5",
            "6",
            "7",
            "8",
        ]
        .map(str::to_owned)
        .to_vec(),
        folder: Some("src".to_owned()),
        limit: 500,
    };
    let request = search_code_request(&access(), &repo(), &query);
    assert_eq!(
        request.headers()["accept"],
        "application/vnd.github.text-match+json"
    );
    let q = url::form_urlencoded::parse(request.uri().query().unwrap().as_bytes());
    let q: Vec<_> = q.map(|(name, value)| format!("{name}={value}")).collect();
    insta::assert_snapshot!(q.join("\n"), @r#"
    q="login" "repo:evil/x" "ab" "NOT" repo:acme/shop path:src
    per_page=50
    "#);
}

#[test]
fn a_query_is_never_longer_than_github_takes() {
    let long = RepoName::parse(&format!("{}/{}", "o".repeat(39), "r".repeat(100))).unwrap();
    let query = CodeQuery {
        words: vec!["w".repeat(99); 9],
        folder: Some("f".repeat(99)),
        limit: 5,
    };
    let request = search_code_request(&access(), &long, &query);
    let q = url::form_urlencoded::parse(request.uri().query().unwrap().as_bytes())
        .next()
        .unwrap()
        .1;
    assert!(q.chars().count() <= 256, "{}", q.chars().count());
}

#[test]
fn a_query_without_a_word_is_empty() {
    let query = |words: &[&str]| CodeQuery {
        words: words.iter().map(|word| (*word).to_owned()).collect(),
        folder: None,
        limit: 5,
    };
    assert!(query(&["", "--", "\""]).is_empty());
    assert!(!query(&["-", "a"]).is_empty());
}

#[test]
fn a_token_is_narrowed_to_one_repository_and_what_it_is_for() {
    let read = token_request(&access(), "99", &repo(), Permissions::Read);
    insta::assert_snapshot!(shown(&read), @r#"
    POST https://api.github.com/app/installations/99/access_tokens
    accept: application/vnd.github+json
    authorization: Bearer ghs_1
    content-type: application/json
    x-github-api-version: 2022-11-28

    {"permissions":{"contents":"read","metadata":"read"},"repositories":["shop"]}
    "#);
    let write = token_request(&access(), "99", &repo(), Permissions::Write);
    insta::assert_snapshot!(body(&write)["permissions"], @r#"{"contents":"write","metadata":"read","pull_requests":"write"}"#);
}

#[test]
fn a_token_is_used_until_shortly_before_its_end_and_for_its_repository_only() {
    let made = answer(
        201,
        r#"{"token": "ghs_long", "expires_at": "1970-01-01T01:00:00Z", "permissions": {}}"#,
    );
    let token = parse_token(&made, &repo(), NOW).unwrap();
    let minutes = |m: i64| Timestamp::from_second(m * 60).unwrap();
    assert!(token.serves(&repo(), minutes(54)));
    assert!(!token.serves(&repo(), minutes(55)));
    assert!(!token.serves(&RepoName::parse("acme/other").unwrap(), NOW));
    assert!(!format!("{token:?}").contains("ghs_long"));
    let refused = answer(
        422,
        r#"{"message": "There is at least one repository that does not exist or is not accessible"}"#,
    );
    assert!(matches!(
        parse_token(&refused, &repo(), NOW),
        Err(ServiceError::Unauthorized(_))
    ));
}

#[test]
fn a_repository_a_head_and_a_commit_are_read() {
    let read = answer(
        200,
        r#"{"id": 1, "full_name": "Acme/shop", "default_branch": "trunk", "private": true, "archived": false, "clone_url": "https://github.com/Acme/shop.git"}"#,
    );
    let repository = parse_repository(&read, NOW).unwrap();
    assert_eq!(
        (repository.default_branch.as_str(), repository.private),
        ("trunk", true)
    );
    let head = answer(
        200,
        r#"{"ref": "refs/heads/trunk", "object": {"type": "commit", "sha": "abc"}}"#,
    );
    assert_eq!(parse_branch_head(&head, NOW), Ok(CommitId::new("abc")));
    let commit = answer(
        200,
        r#"{"sha": "abc", "commit": {"message": "Fix"}, "parents": [{"sha": "def"}], "tree": {}}"#,
    );
    let missing = answer(422, r#"{"message": "No commit found for SHA: abc"}"#);
    assert_eq!(parse_commit(&missing, NOW), Err(ServiceError::NotFound));
    assert_eq!(
        parse_commit(&commit, NOW).unwrap().parents,
        [CommitId::new("def")]
    );
}

#[test]
fn a_branch_that_is_there_is_told_apart_from_one_that_cannot_be() {
    assert_eq!(
        parse_created_branch(&answer(201, "{}"), NOW),
        Ok(Creation::Created(()))
    );
    let exists = answer(422, r#"{"message": "Reference already exists"}"#);
    assert_eq!(
        parse_created_branch(&exists, NOW),
        Ok(Creation::AlreadyExisted(()))
    );
    for (status, message) in [
        (422, "Object does not exist"),
        (409, "Git Repository is empty."),
    ] {
        let refused = answer(status, &json!({ "message": message }).to_string());
        let expected = Err(ServiceError::Refused(message.to_owned()));
        assert_eq!(parse_created_branch(&refused, NOW), expected);
    }
}

#[test]
fn each_outcome_of_a_commit_is_told_apart() {
    let of = |body: &str| parse_created_commit(&answer(200, body), NOW);
    let written = r#"{"data": {"createCommitOnBranch": {"commit": {"oid": "fff", "url": "https://github.com/c"}}}}"#;
    let committed = CommitOutcome::Committed {
        id: "fff".into(),
        url: "https://github.com/c".to_owned(),
    };
    assert_eq!(of(written), Ok(committed));
    let error = |kind: &str| {
        of(&format!(
            r#"{{"data": {{"createCommitOnBranch": null}}, "errors": [{{"type": "{kind}", "path": ["createCommitOnBranch"], "message": "Expected branch to point to \"abc\" but it did not.  Pull and try again."}}]}}"#
        ))
    };
    assert_eq!(error("STALE_DATA"), Ok(CommitOutcome::StaleHead));
    assert_eq!(error("NOT_FOUND"), Err(ServiceError::NotFound));
    assert!(matches!(
        error("FORBIDDEN"),
        Err(ServiceError::Unauthorized(_))
    ));
    assert!(matches!(
        error("RATE_LIMITED"),
        Err(ServiceError::RateLimited { .. })
    ));
    assert!(matches!(
        error("UNPROCESSABLE"),
        Err(ServiceError::Refused(_))
    ));
    let timeout =
        of(r#"{"errors": [{"message": "Something went wrong while executing your query."}]}"#);
    assert!(timeout.unwrap_err().is_transient());
    assert!(matches!(
        of(r#"{"data": null}"#),
        Err(ServiceError::Unexpected { status: 200, .. })
    ));
}

const PULL: &str = r#"{"number": 7, "html_url": "https://github.com/acme/shop/pull/7", "state": "STATE", "draft": true,
  "merged_at": MERGED, "merge_commit_sha": "fff", "head": {"ref": "bugbot/x", "sha": "abc"}}"#;

fn pull(state: &str, merged: &str) -> String {
    PULL.replace("STATE", state).replace("MERGED", merged)
}

#[test]
fn the_state_of_a_pull_request_is_what_happened_to_it() {
    let state = |s, merged| {
        parse_pull_request(&answer(200, &pull(s, merged)), NOW)
            .unwrap()
            .state
    };
    assert_eq!(state("open", "null"), PullRequestState::Open);
    assert_eq!(state("closed", "null"), PullRequestState::Closed);
    let merged = PullRequestState::Merged {
        at: NOW,
        commit: "fff".into(),
    };
    assert_eq!(state("closed", "\"1970-01-01T00:00:00Z\""), merged);
}

#[test]
fn a_second_pull_request_for_a_branch_is_told_apart_from_one_that_cannot_be() {
    let made = parse_created_pull_request(&answer(201, &pull("open", "null")), NOW).unwrap();
    assert!(matches!(made, Creation::Created(pull_request) if pull_request.number == 7));
    let exists = r#"{"message": "Validation Failed", "errors": [{"resource": "PullRequest", "code": "custom", "message": "A pull request already exists for acme:bugbot/x."}]}"#;
    let exists = parse_created_pull_request(&answer(422, exists), NOW);
    assert_eq!(exists, Ok(Creation::AlreadyExisted(())));
    let none = r#"{"message": "Validation Failed", "errors": [{"resource": "PullRequest", "code": "custom", "message": "No commits between main and bugbot/x"}]}"#;
    let none = parse_created_pull_request(&answer(422, none), NOW).unwrap_err();
    insta::assert_snapshot!(none, @"refused: Validation Failed; No commits between main and bugbot/x");
    let found = parse_found_pull_request(&answer(200, &format!("[{}]", pull("open", "null"))), NOW);
    assert_eq!(found.unwrap().unwrap().head, CommitId::new("abc"));
    assert_eq!(parse_found_pull_request(&answer(200, "[]"), NOW), Ok(None));
}

#[test]
fn code_hits_are_bounded() {
    let matches = json!([{ "fragment": "x".repeat(5_000), "matches": [] }, {}, {}, {}]);
    let item =
        json!({ "path": "src/a.js", "html_url": "https://github.com/f", "text_matches": matches });
    let body = json!({ "total_count": 2, "incomplete_results": true, "items": [item, item] });
    let found = parse_code_hits(&answer(200, &body.to_string()), 1, NOW).unwrap();
    assert!(found.incomplete);
    assert_eq!(found.hits.len(), 1);
    assert_eq!(found.hits[0].fragments.len(), 3);
    assert_eq!(found.hits[0].fragments[0].len(), 400);
}

#[test]
fn each_status_says_what_can_be_done() {
    let of = |status, headers: &[(&str, &str)], message: &str| {
        let body = json!({ "message": message }).to_string();
        parse_repository(&answer_with(status, headers, &body), NOW)
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(of(301, &[], "Moved Permanently"), @"refused: the repository was renamed or moved: name it by its new name");
    insta::assert_snapshot!(of(401, &[], "Bad credentials"), @"not authorised: Bad credentials");
    insta::assert_snapshot!(of(403, &[("X-Accepted-GitHub-Permissions", "contents=write")], "Resource not accessible by integration"), @"not authorised: Resource not accessible by integration (it takes contents=write)");
    insta::assert_snapshot!(of(403, &[("Retry-After", "17"), ("X-RateLimit-Remaining", "0")], "You have exceeded a secondary rate limit"), @"rate limited for 17s");
    insta::assert_snapshot!(of(403, &[], "You have exceeded a secondary rate limit"), @"rate limited for 60s");
    insta::assert_snapshot!(of(403, &[("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "42")], "API rate limit exceeded"), @"rate limited for 42s");
    insta::assert_snapshot!(of(403, &[("X-RateLimit-Remaining", "12"), ("X-RateLimit-Reset", "42")], "Forbidden"), @"not authorised: Forbidden");
    insta::assert_snapshot!(of(429, &[], "Slow down"), @"rate limited for 60s");
    insta::assert_snapshot!(of(404, &[], "Not Found"), @"not found");
    insta::assert_snapshot!(of(502, &[], "Server Error"), @"unexpected answer, status 502: Server Error");
}

/// Answers each request with the next response, and keeps the requests.
#[derive(Default)]
struct Script {
    responses: RefCell<Vec<Response>>,
    requests: RefCell<Vec<Request>>,
}

impl Http for Script {
    async fn send(&self, request: Request, _: Duration) -> Result<Response, Unreachable> {
        self.requests.borrow_mut().push(request);
        Ok(self.responses.borrow_mut().remove(0))
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOW
    }
}

fn script(responses: impl Into<Vec<Response>>) -> Script {
    Script {
        responses: RefCell::new(responses.into()),
        ..Script::default()
    }
}

fn app() -> GitHubAuth {
    GitHubAuth::App {
        app_id: "1".to_owned(),
        private_key_pem: Secret::new(KEY),
        installation_id: "99".to_owned(),
    }
}

#[tokio::test]
async fn an_app_fetches_its_token_once_and_calls_with_it() {
    let token = answer(
        201,
        r#"{"token": "ghs_app", "expires_at": "1970-01-01T01:00:00Z"}"#,
    );
    let head = || answer(200, r#"{"object": {"sha": "abc"}}"#);
    let http = script([token, head(), head()]);
    let github = GitHubClient::new(&http, Still, DEFAULT_BASE, &app()).unwrap();
    github.branch_head(&repo(), "main").await.unwrap();
    github.branch_head(&repo(), "main").await.unwrap();
    let requests = http.requests.borrow();
    let credentials: Vec<_> = requests
        .iter()
        .map(|request| {
            request.headers()["authorization"]
                .to_str()
                .unwrap()
                .chars()
                .take(14)
                .collect::<String>()
        })
        .collect();
    assert_eq!(
        credentials,
        ["Bearer eyJhbGc", "Bearer ghs_app", "Bearer ghs_app"]
    );
    assert_eq!(
        requests[0].uri().path(),
        "/app/installations/99/access_tokens"
    );
}

#[tokio::test]
async fn a_clone_never_gets_the_token_that_writes() {
    let token = |text: &str| {
        answer(
            201,
            &format!(r#"{{"token": "{text}", "expires_at": "1970-01-01T01:00:00Z"}}"#),
        )
    };
    let http = script([
        token("ghs_write"),
        answer(200, r#"{"object": {"sha": "abc"}}"#),
        token("ghs_read"),
    ]);
    let github = GitHubClient::new(&http, Still, DEFAULT_BASE, &app()).unwrap();
    github.branch_head(&repo(), "main").await.unwrap();
    let clone = github.clone_token(&repo()).await.unwrap();
    assert_eq!(clone.expose(), "ghs_read");
    let asked = body(&http.requests.borrow()[2]);
    assert_eq!(
        asked["permissions"],
        json!({ "contents": "read", "metadata": "read" })
    );
}

#[tokio::test]
async fn what_exists_is_adopted() {
    let auth = GitHubAuth::Token(Secret::new("ghp_1"));
    let http = script([
        answer(422, r#"{"message": "Reference already exists"}"#),
        answer(200, r#"{"object": {"sha": "abc"}}"#),
        answer(
            422,
            r#"{"message": "Validation Failed", "errors": [{"message": "A pull request already exists for acme:x."}]}"#,
        ),
        answer(200, &format!("[{}]", pull("open", "null"))),
    ]);
    let github = GitHubClient::new(&http, Still, DEFAULT_BASE, &auth).unwrap();
    let branch = github
        .create_branch(&repo(), "x", &CommitId::new("000"))
        .await;
    assert_eq!(branch, Ok(Creation::AlreadyExisted(CommitId::new("abc"))));
    let new = NewPullRequest {
        title: "t".to_owned(),
        body: String::new(),
        head: "x".to_owned(),
        base: "main".to_owned(),
        draft: false,
    };
    let pull_request = github.create_pull_request(&repo(), &new).await.unwrap();
    assert!(matches!(pull_request, Creation::AlreadyExisted(found) if found.number == 7));
}

#[tokio::test]
async fn a_comment_is_added_once_for_each_key() {
    let auth = GitHubAuth::Token(Secret::new("ghp_1"));
    let added = |body: &Value| {
        answer(
            201,
            &json!({ "html_url": "https://c", "body": body }).to_string(),
        )
    };
    let http = script([answer(200, "[]"), added(&json!("x"))]);
    let github = GitHubClient::new(&http, Still, DEFAULT_BASE, &auth).unwrap();
    let first = github
        .comment_once(&repo(), 7, "job 1", "Done")
        .await
        .unwrap();
    assert!(matches!(first, Creation::Created(_)));
    let text = body(&http.requests.borrow()[1])["body"].clone();

    let listed = json!([{ "html_url": "https://c", "body": text }, { "html_url": "https://d", "body": null }]);
    let listed = || answer(200, &listed.to_string());
    let http = script([listed(), listed(), added(&json!("y"))]);
    let github = GitHubClient::new(&http, Still, DEFAULT_BASE, &auth).unwrap();
    let second = github
        .comment_once(&repo(), 7, "job 1", "Done")
        .await
        .unwrap();
    assert!(matches!(second, Creation::AlreadyExisted(_)));
    let other = github
        .comment_once(&repo(), 7, "job 2", "Done")
        .await
        .unwrap();
    assert!(matches!(other, Creation::Created(_)));
}

#[tokio::test]
async fn any_of_several_words_is_one_search_each_and_the_files_with_most_come_first() {
    let found = |paths: &[&str]| {
        let item = |path: &&str| json!({ "path": path, "html_url": "https://f", "text_matches": [{ "fragment": "x" }] });
        let items: Vec<_> = paths.iter().map(item).collect();
        answer(
            200,
            &json!({ "incomplete_results": false, "items": items }).to_string(),
        )
    };
    let words = ["cart", "total", "login"].map(str::to_owned);
    let auth = GitHubAuth::Token(Secret::new("ghp_1"));
    let limited = || answer_with(403, &[("Retry-After", "9")], "{}");

    let http = script([found(&["a", "b"]), found(&["c", "b"]), limited()]);
    let github = GitHubClient::new(&http, Still, DEFAULT_BASE, &auth).unwrap();
    let hits = github.search_code_any(&repo(), &words, 2).await.unwrap();
    let paths: Vec<_> = hits.hits.iter().map(|hit| hit.path.as_str()).collect();
    assert_eq!((paths, hits.incomplete), (vec!["b", "a"], true));

    let http = script([limited()]);
    let github = GitHubClient::new(&http, Still, DEFAULT_BASE, &auth).unwrap();
    let none = github.search_code_any(&repo(), &words, 2).await;
    assert!(matches!(none, Err(ServiceError::RateLimited { .. })));
}
