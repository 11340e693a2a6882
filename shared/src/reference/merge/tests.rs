//! Who wins, rule by rule.

use super::*;

const NONE: [Message<'static>; 0] = [];

fn person(text: &str) -> Message<'_> {
    Message {
        text,
        by_bot: false,
    }
}

fn bot(text: &str) -> Message<'_> {
    Message { text, by_bot: true }
}

fn issue_of(options: &Options, message: &str, history: &[Message<'_>]) -> Option<String> {
    let scope = Scope::of_teams(["ENG"]);
    References::from_conversation(options, message, history.iter().copied(), &scope)
        .linear_issue_id
        .map(|key| key.to_string())
}

fn option(issue: &str) -> Options {
    Options {
        issue: Some(issue.to_owned()),
        ..Options::default()
    }
}

#[test]
fn an_option_wins_over_all_text() {
    let address = "https://linear.app/acme/issue/ENG-2";
    assert_eq!(
        issue_of(&option("eng-1"), address, &[person(address)]).unwrap(),
        "ENG-1"
    );
}

#[test]
fn the_words_of_the_command_come_next_then_the_target_then_the_history() {
    let words = Options {
        description: Some("like ENG-1".into()),
        ..Options::default()
    };
    let none = Options::default();
    assert_eq!(
        issue_of(&words, "ENG-2", &[person("ENG-3")]).unwrap(),
        "ENG-1"
    );
    assert_eq!(
        issue_of(
            &none,
            "ENG-2",
            &[person("https://linear.app/a/issue/ENG-3")]
        )
        .unwrap(),
        "ENG-2"
    );
    assert_eq!(
        issue_of(&none, "nothing", &[person("ENG-3")]).unwrap(),
        "ENG-3"
    );
    assert_eq!(issue_of(&none, "nothing", &[]), None);
}

#[test]
fn a_newer_message_wins_over_an_older_one() {
    assert_eq!(
        issue_of(
            &Options::default(),
            "",
            &[person("ENG-1"), person("ENG-2"), person("x")]
        )
        .unwrap(),
        "ENG-2"
    );
    let address = person("https://linear.app/a/issue/ENG-1");
    assert_eq!(
        issue_of(&Options::default(), "", &[address, person("ENG-2")]).unwrap(),
        "ENG-2"
    );
}

#[test]
fn within_a_message_the_more_explicit_wins_then_the_first() {
    let none = Options::default();
    assert_eq!(
        issue_of(&none, "ENG-1 https://linear.app/a/issue/ENG-2", &[]).unwrap(),
        "ENG-2"
    );
    assert_eq!(
        issue_of(&none, "ENG-1, issue: ENG-2", &[]).unwrap(),
        "ENG-2"
    );
    assert_eq!(issue_of(&none, "ENG-1 ENG-2", &[]).unwrap(), "ENG-1");
    assert_eq!(
        issue_of(&none, "```\nENG-1\n``` ENG-2", &[]).unwrap(),
        "ENG-2"
    );
}

#[test]
fn a_bot_in_the_history_never_wins_over_a_person() {
    let report = bot("Tracking: https://linear.app/acme/issue/ENG-9");
    assert_eq!(
        issue_of(&Options::default(), "", &[person("ENG-1"), report]).unwrap(),
        "ENG-1"
    );
    assert_eq!(
        issue_of(&Options::default(), "", &[report]).unwrap(),
        "ENG-9"
    );
}

#[test]
fn a_guess_in_the_history_yields_to_what_is_certain() {
    let history = [
        person("https://linear.app/a/issue/ENG-1"),
        person("it says ABC-12"),
    ];
    let found = |history: &[Message<'_>]| {
        References::from_conversation(
            &Options::default(),
            "",
            history.iter().copied(),
            &Scope::default(),
        )
        .linear_issue_id
        .unwrap()
    };
    assert_eq!(found(&history).as_str(), "ENG-1");
    assert_eq!(found(&history[1..]).as_str(), "ABC-12");
}

#[test]
fn what_was_said_elsewhere_of_the_winner_completes_it() {
    let session = "0190b1c2-7d3e-7f00-8a1b-2c3d4e5f6071";
    let history = [
        format!(
            "https://linear.app/acme/issue/ENG-1/x https://us.posthog.com/project/1/replay/{session}?t=61"
        ),
        "https://linear.app/acme/issue/ENG-2".to_owned(),
    ];
    let references = References::from_conversation(
        &option("ENG-1"),
        session,
        history.iter().map(|text| person(text)),
        &Scope::default(),
    );
    assert_eq!(
        references.linear_issue_url.as_deref(),
        Some("https://linear.app/acme/issue/ENG-1")
    );
    assert_eq!(references.post_hog_session_offset_s, Some(61));
    let other = References::from_conversation(
        &option("ENG-3"),
        "",
        history.iter().map(|text| person(text)),
        &Scope::default(),
    );
    assert_eq!(other.linear_issue_url, None);
}

#[test]
fn a_file_implies_its_repository_and_an_issue_only_if_nothing_else_does() {
    let repository = |text: &str| {
        References::from_conversation(&Options::default(), text, NONE, &Scope::default())
            .github_repo_url
    };
    let file = "https://github.com/acme/web/blob/main/a.ts";
    let issue = "https://github.com/lib/rary/issues/1";
    assert_eq!(
        repository(&format!("{issue} {file}")).as_deref(),
        Some("https://github.com/acme/web")
    );
    assert_eq!(
        repository(issue).as_deref(),
        Some("https://github.com/lib/rary")
    );
    assert_eq!(
        repository(&format!("{file} https://github.com/acme/app")).as_deref(),
        Some("https://github.com/acme/app")
    );
}

#[test]
fn every_kind_has_its_field() {
    let message = "https://github.com/acme/web/pull/3 https://github.com/acme/web/blob/main/a.ts#L1 \
                   https://us.posthog.com/person/ann%40example.com \
                   https://discord.com/channels/@me/223456789012345678/323456789012345678";
    let references =
        References::from_conversation(&Options::default(), message, NONE, &Scope::default());
    insta::assert_snapshot!(serde_json::to_string_pretty(&references).unwrap(), @r#"
    {
      "githubRepoUrl": "https://github.com/acme/web",
      "githubIssueUrl": "https://github.com/acme/web/pull/3",
      "githubFileUrl": "https://github.com/acme/web/blob/main/a.ts#L1",
      "postHogPersonId": "ann@example.com",
      "userEmail": "ann@example.com",
      "discordMessageUrl": "https://discord.com/channels/@me/223456789012345678/323456789012345678"
    }
    "#);
}

#[test]
fn every_option_is_read_and_a_wrong_one_passed_over() {
    let options = Options {
        issue: Some("nonsense".into()),
        repo: Some("acme/web".into()),
        session: Some(
            "https://eu.posthog.com/replay/0190b1c2-7d3e-7f00-8a1b-2c3d4e5f6071?t=9".into(),
        ),
        email: Some("ann@Example.com".into()),
        description: None,
        ..Options::default()
    };
    let references = References::from_conversation(&options, "ENG-1", NONE, &Scope::default());
    assert_eq!(references.linear_issue_id.unwrap().as_str(), "ENG-1");
    assert_eq!(
        references.github_repo_url.as_deref(),
        Some("https://github.com/acme/web")
    );
    assert_eq!(references.post_hog_session_offset_s, Some(9));
    assert_eq!(references.user_email.as_deref(), Some("ann@example.com"));
}

#[test]
fn completing_never_mixes_two_issues() {
    let of = |key: &str, url: Option<&str>| References {
        linear_issue_id: Some(key.into()),
        linear_issue_url: url.map(str::to_owned),
        ..References::default()
    };
    let (one, two) = (
        of("ENG-1", None),
        of("ENG-2", Some("https://linear.app/a/issue/ENG-2")),
    );
    assert_eq!(one.clone().or(two.clone()), one);
    assert_eq!(References::default().or(two.clone()), two);
    assert_eq!(of("ENG-2", None).or(two.clone()), two);
    assert!(References::default().is_empty() && !one.is_empty());
}
