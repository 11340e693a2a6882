//! Our own client against the fake: both are written from the same documents, by different hands.

use shared::change::{ChangeKind, Content, FileChange};
use shared::github::{
    CodeQuery, CommitOutcome, GitHubAuth, GitHubClient, NewCommit, NewPullRequest,
    PullRequestState, RepoName,
};
use shared::policy::{ApprovedChanges, Policy, Verdict};
use shared::secret::Secret;
use shared::service::{Creation, ServiceError};

use super::*;

fn client(bench: &Bench, auth: &GitHubAuth) -> GitHubClient<Wired, TestClock> {
    GitHubClient::new(bench.wired.clone(), bench.clock.clone(), ORIGIN, auth).unwrap()
}

fn app() -> GitHubAuth {
    GitHubAuth::App {
        app_id: APP_ID.to_string(),
        private_key_pem: Secret::new(APP_KEY_PEM),
        installation_id: INSTALLATION_ID.to_string(),
    }
}

fn repo() -> RepoName {
    RepoName::parse(REPO).unwrap()
}

fn approved(text: &str) -> ApprovedChanges {
    let change = FileChange {
        path: "src/cart.ts".to_owned(),
        kind: ChangeKind::Modified {
            old_mode: "100644".to_owned(),
            mode: "100644".to_owned(),
            content: Content(text.as_bytes().to_vec()),
        },
    };
    match Policy::default().judge(&[change]) {
        Verdict::Allowed(changes) => changes,
        Verdict::Violations(violations) => panic!("{violations:?}"),
    }
}

fn pull_request() -> NewPullRequest {
    NewPullRequest {
        title: "Sum the prices".to_owned(),
        body: "Closes ENG-1.".to_owned(),
        head: "bugbot/eng-1".to_owned(),
        base: "main".to_owned(),
        draft: false,
    }
}

/// From the default branch's head to an open pull request.
async fn plays_the_fix(bench: &Bench, auth: &GitHubAuth) {
    let (client, repo) = (client(bench, auth), repo());
    let found = client.repository(&repo).await.unwrap();
    assert_eq!(
        (found.default_branch.as_str(), found.clone_url.as_str()),
        ("main", "https://github.com/acme/shop.git")
    );
    let query = CodeQuery {
        words: vec!["total".to_owned(), "items.length".to_owned()],
        folder: Some("src".to_owned()),
        limit: 5,
    };
    let hits = client.search_code(&repo, &query).await.unwrap();
    assert_eq!(hits.hits[0].path, "src/cart.ts");
    assert!(hits.hits[0].fragments[0].contains("total"));
    let base = client.branch_head(&repo, "main").await.unwrap();
    assert!(
        client
            .commit(&repo, &base)
            .await
            .unwrap()
            .parents
            .is_empty()
    );
    for expected_new in [true, false] {
        let made = client
            .create_branch(&repo, "bugbot/eng-1", &base)
            .await
            .unwrap();
        assert_eq!(matches!(made, Creation::Created(_)), expected_new);
    }
    let changes = approved("export const total = 0;\n");
    let new = NewCommit {
        branch: "bugbot/eng-1",
        parent: &base,
        headline: "Sum",
        body: "Prices.",
        changes: &changes,
    };
    let CommitOutcome::Committed { id, .. } = client.create_commit(&repo, &new).await.unwrap()
    else {
        panic!("the head is fresh");
    };
    assert_eq!(
        client.create_commit(&repo, &new).await.unwrap(),
        CommitOutcome::StaleHead
    );
    assert_eq!(client.commit(&repo, &id).await.unwrap().parents, [base]);
    let opened = client
        .create_pull_request(&repo, &pull_request())
        .await
        .unwrap();
    assert!(
        matches!(&opened, Creation::Created(pull) if pull.head == id && pull.state == PullRequestState::Open)
    );
    let again = client
        .create_pull_request(&repo, &pull_request())
        .await
        .unwrap();
    assert!(matches!(again, Creation::AlreadyExisted(pull) if pull.number == 1));
    client
        .edit_pull_request(&repo, 1, "Closes ENG-1. Cost: $0.12.")
        .await
        .unwrap();
    client.add_labels(&repo, 1, &["bugbot"]).await.unwrap();
    for expected_new in [true, false] {
        let made = client
            .comment_once(&repo, 1, "job/done", "Done.")
            .await
            .unwrap();
        assert_eq!(matches!(made, Creation::Created(_)), expected_new);
    }
    let merged = bench.github.merge(REPO, 1);
    let state = client.pull_request(&repo, 1).await.unwrap().state;
    assert!(matches!(state, PullRequestState::Merged { commit, .. } if commit.as_str() == merged));
    bench.github.finish();
}

#[tokio::test]
async fn it_plays_a_whole_fix_with_a_token() {
    plays_the_fix(&Bench::new(), &GitHubAuth::Token(Secret::new(TOKEN))).await;
}

#[tokio::test]
async fn it_plays_a_whole_fix_as_an_app() {
    let bench = Bench::new();
    plays_the_fix(&bench, &app()).await;
    assert_eq!(bench.github.pull_requests(REPO)[0].author, APP_LOGIN);
    assert_eq!(bench.github.requests_to("POST /app/**").len(), 1);
}

#[tokio::test]
async fn its_token_for_a_clone_cannot_write() {
    let mut bench = Bench::new();
    let token = client(&bench, &app()).clone_token(&repo()).await.unwrap();
    bench.token = token.expose().to_owned();
    let new = json!({ "ref": "refs/heads/x", "sha": bench.head("main") });
    assert_eq!(
        bench.call("POST", "/repos/acme/shop/git/refs", new).await.0,
        403
    );
    bench.github.finish();
}

#[tokio::test]
async fn it_finds_its_commit_on_the_branch_after_a_lost_answer() {
    let bench = Bench::new();
    let (client, repo) = (client(&bench, &app()), repo());
    let base = client.branch_head(&repo, "main").await.unwrap();
    let changes = approved("export const total = 0;\n");
    let new = NewCommit {
        branch: "main",
        parent: &base,
        headline: "Sum",
        body: "",
        changes: &changes,
    };
    bench
        .github
        .fail_next("POST /graphql", crate::fault::Fault::DropAfter, 1);
    assert!(
        client
            .create_commit(&repo, &new)
            .await
            .is_err_and(|error| error.is_transient())
    );
    assert_eq!(
        client.create_commit(&repo, &new).await.unwrap(),
        CommitOutcome::StaleHead
    );
    let head = client.branch_head(&repo, "main").await.unwrap();
    assert_eq!(client.commit(&repo, &head).await.unwrap().parents, [base]);
    bench.github.finish();
}

#[tokio::test]
async fn it_reads_each_refusal_for_what_it_is() {
    let bench = Bench::new();
    let client = client(&bench, &app());
    let none = RepoName::parse("acme/none").unwrap();
    assert!(matches!(
        client.repository(&none).await,
        Err(ServiceError::Unauthorized(_))
    ));
    assert_eq!(
        client.branch_head(&repo(), "none").await,
        Err(ServiceError::NotFound)
    );
    bench.github.set_limit(Resource::CodeSearch, 0);
    let query = CodeQuery {
        words: vec!["total".to_owned()],
        folder: None,
        limit: 5,
    };
    let limited = client.search_code(&repo(), &query).await;
    assert_eq!(
        limited,
        Err(ServiceError::RateLimited {
            retry_after: Duration::from_mins(1)
        })
    );
    let planned = crate::fault::Fault::RateLimit {
        retry_after: Duration::from_secs(70),
    };
    bench.github.fail_next("GET /repos/**", planned, 1);
    let limited = client.repository(&repo()).await;
    assert_eq!(
        limited,
        Err(ServiceError::RateLimited {
            retry_after: Duration::from_secs(70)
        })
    );
    bench.github.archive(REPO);
    let base = client.branch_head(&repo(), "main").await.unwrap();
    assert!(
        client
            .create_branch(&repo(), "x", &base)
            .await
            .is_err_and(|error| !error.is_transient())
    );
    bench.github.finish();
}
