//! The clients against the fakes, call by call: what a client sends, its fake takes, and what the
//! fake answers, the client reads. The fakes refuse what the real services would.

use std::time::Duration;

use serde_json::json;
use shared::change::{ChangeKind, Content, FileChange};
use shared::discord::client::{DEFAULT_BASE, DiscordClient};
use shared::discord::message::{Attachment, Button, ButtonStyle, Embed, Message};
use shared::github::{
    CodeQuery, CommitOutcome, GitHubAuth, GitHubClient, NewCommit, NewPullRequest, RepoName,
};
use shared::policy::{Policy, Verdict};
use shared::posthog::{PostHogClient, SessionEvent};
use shared::secret::Secret;
use shared::service::{Creation, ServiceError};
use tests::clock::TestClock;
use tests::discord::Discord;
use tests::fake::Wired;
use tests::github::{APP_ID, APP_KEY_PEM, GitHub, INSTALLATION_ID};
use tests::posthog::PostHog;

const GITHUB: &str = shared::github::DEFAULT_BASE;

fn app() -> GitHubAuth {
    GitHubAuth::App {
        app_id: APP_ID.to_string(),
        private_key_pem: Secret::new(APP_KEY_PEM),
        installation_id: INSTALLATION_ID.to_string(),
    }
}

fn modified(path: &str, text: &str) -> FileChange {
    let mode = || "100644".to_owned();
    let content = Content(text.as_bytes().to_vec());
    let kind = ChangeKind::Modified {
        old_mode: mode(),
        mode: mode(),
        content,
    };
    FileChange {
        path: path.to_owned(),
        kind,
    }
}

#[tokio::test]
async fn github_takes_a_fix_from_search_to_comment_and_a_second_attempt_adopts_it() {
    let clock = TestClock::story();
    let fake = GitHub::new(clock.clone())
        .with_repository("acme/shop", &[("src/cart.js", "let total = 0;\n")]);
    let http = Wired::new().at(GITHUB, fake.router());
    let github = GitHubClient::new(&http, clock, GITHUB, &app()).unwrap();
    let repo = RepoName::parse("acme/shop").unwrap();

    let repository = github.repository(&repo).await.unwrap();
    assert_eq!(
        (repository.default_branch.as_str(), repository.private),
        ("main", true)
    );
    let query = CodeQuery {
        words: vec!["total".to_owned(), "let".to_owned()],
        folder: Some("src".to_owned()),
        limit: 5,
    };
    let found = github.search_code(&repo, &query).await.unwrap();
    assert_eq!(found.hits[0].path, "src/cart.js");
    assert!(found.hits[0].fragments[0].contains("total"));

    let base = github.branch_head(&repo, "main").await.unwrap();
    let made = github.create_branch(&repo, "bugbot/x", &base).await;
    assert_eq!(made, Ok(Creation::Created(base.clone())));
    let again = github.create_branch(&repo, "bugbot/x", &base).await;
    assert_eq!(again, Ok(Creation::AlreadyExisted(base.clone())));

    let Verdict::Allowed(changes) = Policy::default().judge(&[modified("src/cart.js", "1\n")])
    else {
        panic!("the policy allows src");
    };
    let new = NewCommit {
        branch: "bugbot/x",
        parent: &base,
        headline: "Fix the cart",
        body: "It was broken.",
        changes: &changes,
    };
    let CommitOutcome::Committed { id, .. } = github.create_commit(&repo, &new).await.unwrap()
    else {
        panic!("the head was right");
    };
    assert_eq!(
        github.create_commit(&repo, &new).await,
        Ok(CommitOutcome::StaleHead)
    );
    let commit = github.commit(&repo, &id).await.unwrap();
    assert_eq!(commit.parents, [base]);
    assert_eq!(commit.message, "Fix the cart\n\nIt was broken.");

    let new = NewPullRequest {
        title: "Fix the cart".to_owned(),
        body: "Because".to_owned(),
        head: "bugbot/x".to_owned(),
        base: "main".to_owned(),
        draft: false,
    };
    let opened = github.create_pull_request(&repo, &new).await.unwrap();
    let adopted = github.create_pull_request(&repo, &new).await.unwrap();
    assert!(matches!(adopted, Creation::AlreadyExisted(_)));
    let opened = opened.into_inner();
    assert_eq!(adopted.into_inner(), opened);
    assert_eq!(opened.head, id);
    assert_eq!(
        github.pull_request(&repo, opened.number).await,
        Ok(opened.clone())
    );
    github
        .edit_pull_request(&repo, opened.number, "New")
        .await
        .unwrap();
    github
        .add_labels(&repo, opened.number, &["bugbot"])
        .await
        .unwrap();
    for _ in 0..2 {
        github
            .comment_once(&repo, opened.number, "job 1", "Done")
            .await
            .unwrap();
    }
    assert_eq!(fake.comments("acme/shop", opened.number).len(), 1);
    fake.finish();
}

#[tokio::test]
async fn a_clone_token_of_the_app_reads_and_does_not_write() {
    let clock = TestClock::story();
    let fake = GitHub::new(clock.clone()).with_repository("acme/shop", &[("src/a.js", "1\n")]);
    let http = Wired::new().at(GITHUB, fake.router());
    let repo = RepoName::parse("acme/shop").unwrap();
    let github = GitHubClient::new(&http, clock.clone(), GITHUB, &app()).unwrap();
    let token = github.clone_token(&repo).await.unwrap();
    let cloner = GitHubClient::new(&http, clock, GITHUB, &GitHubAuth::Token(token)).unwrap();
    let head = cloner.branch_head(&repo, "main").await.unwrap();
    let refused = cloner.create_branch(&repo, "x", &head).await;
    assert!(
        matches!(refused, Err(ServiceError::Unauthorized(_))),
        "{refused:?}"
    );
    assert_eq!(fake.branches("acme/shop"), ["main"]);
}

#[tokio::test]
async fn posthog_finds_the_recordings_of_an_address_and_what_happened_in_one() {
    let clock = TestClock::story();
    let fake = PostHog::new(clock);
    fake.person("ada@example.com", "ada");
    let hours = |n: u64| Duration::from_hours(n);
    let session = fake.recording("ada", hours(3), hours(1), "https://shop.example/");
    let page = json!({ "$current_url": "https://shop.example/cart?x=1" });
    fake.event(&session, Duration::from_secs(1), "$pageview", page.clone());
    let mut error = page.clone();
    error["$exception_types"] = json!(["TypeError"]);
    error["$exception_values"] = json!(["x is undefined"]);
    fake.event(&session, Duration::from_secs(2), "$exception", error);
    fake.event(&session, Duration::from_secs(3), "not ours", page);

    let http = Wired::new().at(tests::posthog::ORIGIN, fake.router());
    let posthog =
        PostHogClient::new(&http, tests::posthog::ORIGIN, &fake.project(), &fake.key()).unwrap();
    let persons = posthog.persons("ada@example.com").await.unwrap();
    assert_eq!(posthog.persons("nobody@example.com").await, Ok(vec![]));
    let recordings = posthog.recordings(&persons[0]).await.unwrap();
    assert_eq!((recordings.len(), &recordings[0].id), (1, &session));
    assert_eq!(recordings[0].duration, hours(1));
    assert_eq!(recordings[0].activity.console_errors, 1);
    assert_eq!(posthog.recording(&session).await, Ok(recordings[0].clone()));
    assert_eq!(
        posthog.recording(&"none".into()).await,
        Err(ServiceError::NotFound)
    );
    let by_distinct_id = shared::posthog::Person::of_id("ada");
    assert_eq!(posthog.recordings(&by_distinct_id).await.unwrap().len(), 1);
    let events = posthog.events(&session).await.unwrap();
    let told: Vec<_> = events.iter().map(SessionEvent::what).collect();
    let cart = "https://shop.example/cart";
    let error = format!("error \"TypeError: x is undefined\" on {cart}");
    assert_eq!(told, [format!("opened {cart}"), error]);
    fake.finish();
}

#[tokio::test]
async fn discord_takes_messages_threads_and_commands() {
    let fake = Discord::new(TestClock::story());
    let channel = fake.channel("bugs");
    let ada = fake.person("Ada");
    let report = fake.say(&channel, &ada, "The cart is broken");
    let http = Wired::new().at(tests::discord::ORIGIN, fake.router());
    let discord = DiscordClient::new(&http, DEFAULT_BASE, &fake.bot_token()).unwrap();

    let full = Message::text("Working on it")
        .with_embed(Embed::titled("ENG-1").with_field("Reporter", "Ada"))
        .with_buttons([Button::action(ButtonStyle::Primary, "Fix", "fix:1").unwrap()])
        .with_file(Attachment::text("run.log", "line 1"))
        .with_nonce("job 1");
    let sent = discord.create_message(&channel, &full).await.unwrap();
    let again = discord.create_message(&channel, &full).await.unwrap();
    assert_eq!(sent.id, again.id);
    assert_eq!(sent.channel_id, channel);
    assert_eq!(fake.attachment(&sent.id, "run.log").unwrap(), b"line 1");

    let read = discord.messages(&channel, 50, None).await.unwrap();
    let said: Vec<_> = read
        .iter()
        .map(|message| message.content.as_str())
        .collect();
    assert_eq!(said, ["The cart is broken", "Working on it"]);
    assert_eq!(
        (read[0].author_is_bot, read[1].author_is_bot),
        (false, true)
    );
    let before = discord
        .messages(&channel, 50, Some(&sent.id))
        .await
        .unwrap();
    assert_eq!(before.len(), 1);
    assert_eq!(
        discord.message(&channel, &report).await.unwrap().content,
        said[0]
    );

    discord
        .edit_message(&channel, &sent.id, &Message::text("Done"))
        .await
        .unwrap();
    assert_eq!(
        discord.message(&channel, &sent.id).await.unwrap().content,
        "Done"
    );
    for _ in 0..2 {
        discord.delete_message(&channel, &sent.id).await.unwrap();
    }
    let gone = discord
        .edit_message(&channel, &sent.id, &Message::text("x"))
        .await;
    assert_eq!(gone, Err(ServiceError::NotFound));

    let made = discord
        .start_thread(&channel, &report, "The cart")
        .await
        .unwrap();
    let found = discord
        .start_thread(&channel, &report, "The cart")
        .await
        .unwrap();
    assert!(matches!(found, Creation::AlreadyExisted(_)));
    assert_eq!(found.into_inner(), made.into_inner());

    let commands = json!([{ "name": "bugbot", "description": "Fix bugs" }]);
    let application = fake.application();
    assert_eq!(
        discord
            .register_commands(&application, None, &commands)
            .await,
        Ok(1)
    );
    fake.finish();
}
