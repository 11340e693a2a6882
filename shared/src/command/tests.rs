//! The grammar as a table, the registration against Discord's limits, and the round trip.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::Value;

use super::catalogue::{MESSAGE_COMMANDS, NAME};
use super::help::render_help;
use super::*;
use crate::discord::message::MAX_CONTENT_CHARS;
use crate::id::ApplicationId;
use crate::shorten::count;

fn parse(text: &str) -> Result<Option<Command>, Rejection> {
    let id = ApplicationId::new("1234567890123456789");
    parse_text(
        text,
        Addressee {
            application_id: Some(&id),
        },
        &Scope::of_teams(["ENG", "OPS"]),
    )
}

fn parsed(text: &str) -> Command {
    parse(text).unwrap().unwrap()
}

fn refused(text: &str) -> String {
    parse(text).unwrap_err().user_message()
}

fn fix(options: Options) -> Command {
    Command::Fix(options)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "the fields that it fills are optional"
)]
fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[test]
fn every_form_of_mention_addresses_us() {
    for text in [
        "@bugbot fix",
        "@BugBot FIX",
        "  @bugbot, fix",
        "@bugbot: fix",
        "<@1234567890123456789> fix",
        "<@!1234567890123456789>fix",
        "It is broken.\n@bugbot fix",
        "```\nlog\n```\n@bugbot fix!",
        "@bugbot /fix",
    ] {
        assert_eq!(parsed(text), fix(Options::default()), "{text}");
    }
}

#[test]
fn talk_about_us_is_no_command() {
    for text in [
        "",
        "fix",
        "did @bugbot fix this?",
        "@bugbotty fix",
        "@bugbot@example.social fix",
        "<@99> fix",
        "> @bugbot fix",
        "```\n@bugbot fix\n```",
        "bugbot fix",
    ] {
        assert_eq!(parse(text), Ok(None), "{text}");
    }
}

#[test]
fn without_an_application_id_only_the_name_addresses_us() {
    let nobody = Addressee {
        application_id: None,
    };
    assert_eq!(
        parse_text("<@1234567890123456789> fix", nobody, &Scope::default()),
        Ok(None)
    );
    assert!(
        parse_text("@bugbot fix", nobody, &Scope::default())
            .unwrap()
            .is_some()
    );
}

#[test]
fn a_mention_alone_asks_for_help() {
    assert_eq!(parsed("@bugbot"), Command::Help(Options::default()));
    assert_eq!(parsed("<@1234567890123456789>?").verb(), Verb::Help);
}

#[test]
fn synonyms_are_understood() {
    for (word, verb) in [
        ("contextualise", Verb::Contextualize),
        ("context", Verb::Contextualize),
        ("stop", Verb::Cancel),
    ] {
        assert_eq!(parsed(&format!("@bugbot {word}")).verb(), verb);
    }
}

#[test]
fn options_have_three_forms() {
    let expected = fix(Options {
        issue: some("ENG-1"),
        repo: some("acme/web"),
        ..Options::default()
    });
    for text in [
        "@bugbot fix issue:ENG-1 repo:acme/web",
        "@bugbot fix issue=ENG-1 repo=acme/web",
        "@bugbot fix --issue ENG-1 --repo acme/web",
        "@bugbot fix --issue=ENG-1 —repo acme/web",
        "@bugbot fix ISSUE:\"ENG-1\" repository: acme/web",
        "@bugbot fix issue: ENG-1\nrepo: acme/web",
    ] {
        assert_eq!(parsed(text), expected, "{text}");
    }
}

#[test]
fn references_need_no_name() {
    let session = "0190b1c2-7d3e-7f00-8a1b-2c3d4e5f6071";
    let text = format!(
        "@bugbot context <https://linear.app/acme/issue/ENG-7/the-slug>, https://github.com/acme/web {session} \
         ann@example.com it is dead"
    );
    assert_eq!(
        parsed(&text),
        Command::Contextualize(Options {
            issue: some("https://linear.app/acme/issue/ENG-7/the-slug"),
            repo: some("https://github.com/acme/web"),
            session: some(session),
            email: some("ann@example.com"),
            description: some("it is dead"),
            ..Options::default()
        })
    );
    assert_eq!(parsed("@bugbot fix ENG-12").options().issue, some("ENG-12"));
    assert_eq!(parsed("@bugbot fix eng-12").options().issue, some("eng-12"));
    // Not a team of ours, so it is text.
    assert_eq!(
        parsed("@bugbot fix UTF-8 names").options().description,
        some("UTF-8 names")
    );
}

#[test]
fn free_text_is_the_description_as_typed() {
    for (text, description) in [
        ("@bugbot fix the save button", "the save button"),
        (
            "@bugbot fix the  \"save\"\n  button",
            "the  \"save\"\n  button",
        ),
        (
            "@bugbot fix TypeError: x is undefined",
            "TypeError: x is undefined",
        ),
        (
            "@bugbot fix see https://example.com/a?b=c",
            "see https://example.com/a?b=c",
        ),
        (
            "@bugbot fix the button ENG-1 talks about",
            "the button ENG-1 talks about",
        ),
        ("@bugbot fix ENG-1 like ENG-2", "like ENG-2"),
        ("@bugbot fix the repo: it is odd", "the repo: it is odd"),
        (
            "@bugbot fix run npm install --save",
            "run npm install --save",
        ),
        (
            "@bugbot fix the save button issue:ENG-1 is dead",
            "the save button is dead",
        ),
        (
            "@bugbot fix the save button is dead --issue ENG-1",
            "the save button is dead",
        ),
        ("@bugbot fix -- issue:ENG-1 is text", "issue:ENG-1 is text"),
        ("@bugbot fix \"quoted words\" here", "\"quoted words\" here"),
        ("@bugbot fix \"an open quote", "\"an open quote"),
        ("@bugbot fix description:\"one\" two", "one two"),
        ("@bugbot fix description:“a \\\"b\\\" c”", "a \"b\" c"),
    ] {
        assert_eq!(
            parsed(text).options().description,
            some(description),
            "{text}"
        );
    }
    assert_eq!(
        parsed("@bugbot fix the save button issue:ENG-1 is dead")
            .options()
            .issue,
        some("ENG-1")
    );
}

#[test]
fn words_after_a_command_about_the_thread_do_not_matter() {
    assert_eq!(
        parsed("@bugbot cancel please, it is wrong"),
        Command::Cancel(Options::default())
    );
}

#[test]
fn free_words_after_steer_are_the_instructions() {
    for text in [
        "@bugbot steer keep the old button",
        "@bugbot steer text:\"keep the old button\"",
    ] {
        let text = parsed(text).options().text.clone();
        assert_eq!(text, some("keep the old button"));
    }
}

#[test]
fn an_amount_after_continue_needs_no_name() {
    for text in [
        "@bugbot continue $2.50",
        "@bugbot continue 2.50 please",
        "@bugbot continue budget:2.50",
    ] {
        assert_eq!(parsed(text).options().budget_usd(), Some(2.5), "{text}");
    }
    assert_eq!(parsed("@bugbot continue").options().budget_usd(), None);
}

#[test]
fn a_command_about_a_job_can_name_it() {
    for verb in Verb::ALL
        .into_iter()
        .filter(|verb| verb.takes(OptionName::Job))
    {
        let command = parsed(&format!("@bugbot {verb} job:175928847299117063"));
        let job = command.options().job_id();
        assert_eq!(job, Some(JobId::new("175928847299117063")), "{verb}");
    }
}

#[test]
fn a_refusal_shows_what_would_have_worked() {
    assert_snapshot!(refused("@bugbot fxi the bug"), @"I don't know the command `fxi`. Did you mean `fix`? I know `contextualize`, `fix`, `status`, `cancel`, `retry`, `approve`, `reject`, `steer`, `continue`, `deploy`, `claim`, `release`, `claims`, `leaderboard` and `help`.");
    assert_snapshot!(refused("@bugbot con`text`ualize!"), @"I don't know the command `conˋtextˋualize`. Did you mean `contextualize`? I know `contextualize`, `fix`, `status`, `cancel`, `retry`, `approve`, `reject`, `steer`, `continue`, `deploy`, `claim`, `release`, `claims`, `leaderboard` and `help`.");
    assert_snapshot!(refused("@bugbot explode"), @"I don't know the command `explode`. I know `contextualize`, `fix`, `status`, `cancel`, `retry`, `approve`, `reject`, `steer`, `continue`, `deploy`, `claim`, `release`, `claims`, `leaderboard` and `help`.");
    assert_snapshot!(refused("@bugbot fix isue:ENG-1"), @"`fix` has no option `isue`. Did you mean `issue`? It takes `issue`, `repo`, `session`, `email` and `description`.");
    assert_snapshot!(refused("@bugbot fix --force"), @"`fix` has no option `force`. It takes `issue`, `repo`, `session`, `email` and `description`.");
    assert_snapshot!(refused("@bugbot help issue:ENG-1"), @"`help` has no option `issue`. It takes no options: it is about the thread in which you give it.");
    assert_snapshot!(refused("@bugbot fix issue:"), @"The option `issue` has no value. Write it like `issue:ENG-123`.");
    assert_snapshot!(refused("@bugbot fix issue:ENG-1 issue:ENG-2"), @"The option `issue` is there twice. Keep the one you mean.");
    assert_snapshot!(refused("@bugbot fix description:\"never closed"), @r#"A quotation mark is not closed. Write it like `description:"the save button does nothing"`."#);
    assert_snapshot!(refused("@bugbot status\n@bugbot fix"), @"One command a message, please: send the second `@bugbot` on its own.");
    assert_snapshot!(refused("@bugbot status issue:ENG-1"), @"`status` has no option `issue`. It takes `job`.");
    assert_snapshot!(refused("@bugbot continue budget:much"), @"`much` is no budget. Give an amount of dollars from 0.1 to 1000, such as `2.50`.");
    assert_snapshot!(refused("@bugbot continue budget:100000"), @"`100000` is no budget. Give an amount of dollars from 0.1 to 1000, such as `2.50`.");
    assert_snapshot!(refused("@bugbot cancel job:mine"), @"`mine` is not a job of this thread. Pick one of those that are offered while you type, or leave `job` out.");
    assert_snapshot!(refused("@bugbot fix issue:soon"), @"`soon` is not a Linear issue. Give its identifier, such as `ENG-123`, or its address, such as `https://linear.app/acme/issue/ENG-123`.");
    assert_snapshot!(refused("@bugbot fix issue:WEB-3"), @"There is no Linear team `WEB`. Issues here look like `ENG-…`, `OPS-…`.");
    assert_snapshot!(refused("@bugbot fix repo:web"), @"`web` is not a GitHub repository. Give `owner/name` or its address, such as `https://github.com/acme/web`.");
    assert_snapshot!(refused("@bugbot fix session:yesterday"), @"`yesterday` is not a PostHog session. Give the address of its recording, such as `https://us.posthog.com/project/1/replay/0190b1c2-…`, or the session id alone.");
    assert_snapshot!(refused("@bugbot fix email:ann"), @"`ann` is not an e-mail address. Give one such as `ann@example.com`.");
    assert_snapshot!(refused(&format!("@bugbot fix {}", "x".repeat(4_001))), @"The option `description` has 4001 characters, 1 more than fit. Shorten it, and put the rest in the thread: I read that too.");
}

#[test]
fn names_from_a_transport_are_checked_the_same() {
    let scope = Scope::default();
    let command = Command::from_named(
        "fix",
        [("issue", " ENG-1 "), ("description", "it broke")],
        &scope,
    )
    .unwrap();
    assert_eq!(
        command,
        fix(Options {
            issue: some("ENG-1"),
            description: some("it broke"),
            ..Options::default()
        })
    );
    let none: [(&str, &str); 0] = [];
    assert!(matches!(
        Command::from_named("nope", none, &scope),
        Err(Rejection::UnknownCommand { .. })
    ));
    assert!(matches!(
        Command::from_named("help", [("issue", "ENG-1")], &scope),
        Err(Rejection::UnknownOption { nearest: None, .. })
    ));
    assert!(matches!(
        Command::from_named("fix", [("repo", "-")], &scope),
        Err(Rejection::Value(_))
    ));
}

#[test]
fn a_command_is_stored_as_its_name_and_its_options() {
    let command = fix(Options {
        issue: some("ENG-1"),
        ..Options::default()
    });
    let json = r#"{"command":"fix","options":{"issue":"ENG-1"}}"#;
    assert_eq!(serde_json::to_string(&command).unwrap(), json);
    assert_eq!(serde_json::from_str::<Command>(json).unwrap(), command);
    for verb in Verb::ALL {
        let command = Command::new(verb, Options::default());
        let json = serde_json::to_value(&command).unwrap();
        assert_eq!(json["command"], command.name());
        assert_eq!(
            serde_json::from_value::<Command>(json).unwrap().verb(),
            verb
        );
    }
}

#[test]
fn a_stored_command_may_lack_options_and_have_unknown_ones() {
    for json in [
        r#"{"command":"fix"}"#,
        r#"{"options":{"colour":"red"},"command":"fix","more":1}"#,
    ] {
        assert_eq!(
            serde_json::from_str::<Command>(json).unwrap(),
            fix(Options::default())
        );
    }
    assert!(serde_json::from_str::<Command>(r#"{"command":"explode"}"#).is_err());
    assert!(serde_json::from_str::<Command>(r#"{"options":{}}"#).is_err());
}

#[test]
fn a_message_command_has_its_verb() {
    for (name, verb) in MESSAGE_COMMANDS {
        assert_eq!(Verb::of_message_command(name), Some(verb));
    }
    assert_eq!(Verb::of_message_command("fix"), None);
}

#[test]
fn no_two_names_or_synonyms_are_alike() {
    let verbs = Verb::ALL
        .iter()
        .flat_map(|v| std::iter::once(v.name()).chain(v.synonyms().iter().copied()));
    let options = OptionName::ALL
        .iter()
        .flat_map(|o| std::iter::once(o.name()).chain(o.synonyms().iter().copied()));
    for words in [verbs.collect::<Vec<_>>(), options.collect()] {
        let distinct: std::collections::BTreeSet<_> =
            words.iter().map(|w| w.to_lowercase()).collect();
        assert_eq!(distinct.len(), words.len());
    }
}

#[test]
fn every_example_works() {
    for verb in Verb::ALL {
        for option in verb.options() {
            let command = parsed(&format!("@{NAME} {verb} {option}:{}", option.example()));
            assert!(command.options().get(*option).is_some());
        }
    }
}

/// <https://docs.discord.com/developers/interactions/application-commands#application-command-object>
fn assert_within_discords_limits(entry: &Value, is_menu: bool) {
    let name = entry["name"].as_str().unwrap();
    let chars = |text: &str| text.chars().count();
    assert!((1..=32).contains(&chars(name)), "{name}");
    let description = entry.get("description").and_then(Value::as_str);
    if is_menu {
        assert_eq!(description, None);
    } else {
        assert!(
            name.chars()
                .all(|c| c == '-' || c == '_' || c.is_alphanumeric()),
            "{name}"
        );
        assert_eq!(name, name.to_lowercase());
        assert!((1..=100).contains(&chars(description.unwrap())), "{name}");
    }
    let none = Vec::new();
    let options = entry
        .get("options")
        .and_then(Value::as_array)
        .unwrap_or(&none);
    assert!(options.len() <= 25);
    for option in options {
        assert!(
            option
                .get("max_length")
                .is_none_or(|max| (1..=6000).contains(&max.as_u64().unwrap()))
        );
        assert_within_discords_limits(option, false);
    }
}

/// Discord's limit for the names, descriptions and values of one command together.
const COMMAND_TOTAL_CHARS: usize = 8_000;

#[test]
fn the_registration_is_what_discord_takes() {
    let registration = render_registration();
    for command in registration.as_array().unwrap() {
        assert_within_discords_limits(command, command["type"] == 3);
        assert!(command.to_string().chars().count() <= COMMAND_TOTAL_CHARS);
    }
}

/// The order of members depends on what other crates of a build want of `serde_json`.
fn sorted(object: &Value) -> String {
    let members: BTreeMap<String, Value> = serde_json::from_value(object.clone()).unwrap();
    serde_json::to_string(&members).unwrap()
}

#[test]
fn the_registration() {
    let registration = render_registration();
    let commands = registration.as_array().unwrap();
    let mut shown = String::new();
    for command in commands {
        let mut head = command.clone();
        head.as_object_mut().unwrap().remove("options");
        writeln!(shown, "{}", sorted(&head)).unwrap();
        for sub in command
            .get("options")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let mut head = sub.clone();
            let options = head.as_object_mut().unwrap().remove("options").unwrap();
            writeln!(shown, "  {}", sorted(&head)).unwrap();
            // `fix` takes the same as `contextualize`.
            for option in options
                .as_array()
                .unwrap()
                .iter()
                .filter(|_| sub["name"] != "contextualize")
            {
                writeln!(shown, "    {}", sorted(option)).unwrap();
            }
        }
    }
    assert_snapshot!(shown, @r#"
    {"contexts":[0,1],"description":"From a bug report to context, and from context to a pull request","integration_types":[0],"name":"bugbot","type":1}
      {"description":"Find or create the Linear issue and add recordings, people and likely files","name":"contextualize","type":1}
      {"description":"Fix the bug and open a pull request","name":"fix","type":1}
        {"autocomplete":true,"description":"Linear issue: ENG-123 or its address","max_length":500,"name":"issue","required":false,"type":3}
        {"autocomplete":true,"description":"GitHub repository: owner/name or its address","max_length":500,"name":"repo","required":false,"type":3}
        {"description":"PostHog recording: its address or session id","max_length":500,"name":"session","required":false,"type":3}
        {"description":"E-mail of the person who saw the bug","max_length":254,"name":"email","required":false,"type":3}
        {"description":"What is wrong, in your own words","max_length":4000,"name":"description","required":false,"type":3}
      {"description":"Show what is going on in this thread","name":"status","type":1}
        {"autocomplete":true,"description":"Which job of this thread; without it the newest","max_length":20,"name":"job","required":false,"type":3}
      {"description":"Stop what is running in this thread","name":"cancel","type":1}
        {"autocomplete":true,"description":"Which job of this thread; without it the newest","max_length":20,"name":"job","required":false,"type":3}
      {"description":"Do the last failed job of this thread again","name":"retry","type":1}
        {"autocomplete":true,"description":"Which job of this thread; without it the newest","max_length":20,"name":"job","required":false,"type":3}
      {"description":"Let the fix that waits for approval go on","name":"approve","type":1}
        {"autocomplete":true,"description":"Which job of this thread; without it the newest","max_length":20,"name":"job","required":false,"type":3}
      {"description":"End the fix that waits for approval","name":"reject","type":1}
        {"autocomplete":true,"description":"Which job of this thread; without it the newest","max_length":20,"name":"job","required":false,"type":3}
      {"description":"Give the running fix further instructions","name":"steer","type":1}
        {"description":"What the agent should know or do differently","max_length":2000,"name":"text","required":false,"type":3}
        {"autocomplete":true,"description":"Which job of this thread; without it the newest","max_length":20,"name":"job","required":false,"type":3}
      {"description":"Let a fix that stopped at a limit go on with more money","name":"continue","type":1}
        {"description":"How many dollars more it may cost","max_value":1000.0,"min_value":0.1,"name":"budget","required":false,"type":10}
        {"autocomplete":true,"description":"Which job of this thread; without it the newest","max_length":20,"name":"job","required":false,"type":3}
      {"description":"Deploy the branch of this thread's pull request","name":"deploy","type":1}
        {"autocomplete":true,"description":"Which job of this thread; without it the newest","max_length":20,"name":"job","required":false,"type":3}
      {"description":"Keep an issue for yourself: neither bugbot nor a volunteer begins it","name":"claim","type":1}
        {"description":"Which issue: ENG-123, owner/name#12 or its address; without it this thread's","max_length":500,"name":"target","required":false,"type":3}
      {"description":"Give back an issue that you have claimed","name":"release","type":1}
        {"description":"Which issue: ENG-123, owner/name#12 or its address; without it this thread's","max_length":500,"name":"target","required":false,"type":3}
      {"description":"Show which issues are claimed, by whom and until when","name":"claims","type":1}
      {"description":"Show who has done most, bugbot among them","name":"leaderboard","type":1}
      {"description":"Show what bugbot can do","name":"help","type":1}
    {"contexts":[0,1],"integration_types":[0],"name":"Add context","type":3}
    {"contexts":[0,1],"integration_types":[0],"name":"Fix this bug","type":3}
    "#);
}

#[test]
fn the_help() {
    let help = render_help();
    assert!(count(&help) <= MAX_CONTENT_CHARS);
    assert_snapshot!(help, @r"
    `/bugbot contextualize` Find or create the Linear issue and add recordings, people and likely files
    `/bugbot fix` Fix the bug and open a pull request
    `/bugbot status` Show what is going on in this thread
    `/bugbot cancel` Stop what is running in this thread
    `/bugbot retry` Do the last failed job of this thread again
    `/bugbot approve` Let the fix that waits for approval go on
    `/bugbot reject` End the fix that waits for approval
    `/bugbot steer` Give the running fix further instructions
    `/bugbot continue` Let a fix that stopped at a limit go on with more money
    `/bugbot deploy` Deploy the branch of this thread's pull request
    `/bugbot claim` Keep an issue for yourself: neither bugbot nor a volunteer begins it
    `/bugbot release` Give back an issue that you have claimed
    `/bugbot claims` Show which issues are claimed, by whom and until when
    `/bugbot leaderboard` Show who has done most, bugbot among them
    `/bugbot help` Show what bugbot can do

    Options of `contextualize` and `fix`, all optional:
    `issue` Linear issue: ENG-123 or its address
    `repo` GitHub repository: owner/name or its address
    `session` PostHog recording: its address or session id
    `email` E-mail of the person who saw the bug
    `description` What is wrong, in your own words

    Options of `steer`, all optional:
    `text` What the agent should know or do differently

    Options of `continue`, all optional:
    `budget` How many dollars more it may cost

    Options of `status`, `cancel`, `retry`, `approve`, `reject`, `steer`, `continue` and `deploy`, all optional:
    `job` Which job of this thread; without it the newest

    Options of `claim` and `release`, all optional:
    `target` Which issue: ENG-123, owner/name#12 or its address; without it this thread's

    On a message: right-click, *Apps*, then *Add context* (`contextualize`) or *Fix this bug* (`fix`).
    In a text: `@bugbot fix issue:ENG-123 repo:acme/web the save button does nothing`.
    ");
}

fn any_verb() -> impl Strategy<Value = Verb> {
    prop::sample::select(Verb::ALL.to_vec())
}

prop_compose! {
    fn any_options()(
        issue in prop::option::of(prop_oneof![
            "(ENG|eng|OPS)-[1-9][0-9]{0,3}",
            "https://linear\\.app/acme/issue/ENG-[1-9]{1,3}(/[a-z-]{1,9})?",
        ]),
        repo in prop::option::of(prop_oneof!["[a-z][a-z0-9]{0,8}/[a-z0-9._]{0,8}[a-z0-9]", "https://github\\.com/acme/[a-z]{1,9}"]),
        session in prop::option::of(prop_oneof![
            "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
            "https://eu\\.posthog\\.com/project/[1-9]{1,5}/replay/[0-9a-f]{20}1a\\?t=[0-9]{1,3}",
        ]),
        email in prop::option::of("[a-z]{1,8}(\\.[a-z]{1,8})?(\\+[a-z]{1,4})?@[a-z]{1,8}\\.(com|example)"),
        description in prop::option::of(prop_oneof![
            r"(?s)\S(.{0,60}\S)?",
            r#"(?s)[a-z"]([ \\"”“:=\n`@<>-]|issue|--repo|@bugbot fix|ENG-1|```){0,20}[a-z]"#,
        ]),
    ) -> Options {
        Options { issue, repo, session, email, description, ..Options::default() }
    }
}

#[test]
fn two_slashes_in_front_are_a_value_and_no_address() {
    for text in [
        "@bugbot fix //he says",
        "@bugbot fix //%",
        "@bugbot fix description:\"//\"",
    ] {
        let command = parse(text).unwrap().unwrap();
        assert!(command.options().description.is_some());
        assert_eq!(parse(&render_text(&command)), Ok(Some(command)), "{text}");
    }
}

proptest! {
    #[test]
    fn a_rendered_command_parses_to_itself(verb in any_verb(), options in any_options()) {
        let options = if verb.takes(OptionName::Issue) { options } else { Options::default() };
        let command = Command::new(verb, options);
        let text = render_text(&command);
        prop_assert_eq!(parse(&text), Ok(Some(command)), "{}", text);
    }

    #[test]
    fn no_text_makes_the_grammar_panic(text in r#"(?s)([ \n"“”:=<>@`—–-]|@bugbot|fix|help|issue|repo|--|ENG-1|https://|\\|.){0,40}"#) {
        let _ = parse(&text);
        if let Err(rejection) = parse(&format!("@bugbot fix {text}")) {
            let message = rejection.user_message();
            prop_assert!(count(&message) <= MAX_CONTENT_CHARS && !message.is_empty());
            prop_assert_eq!(message.matches('`').count() % 2, 0);
        }
    }

    #[test]
    fn stored_and_read_again_is_the_same(verb in any_verb(), options in any_options()) {
        let command = Command::new(verb, options);
        let json = serde_json::to_string(&command).unwrap();
        prop_assert_eq!(serde_json::from_str::<Command>(&json).unwrap(), command);
    }
}

#[test]
fn a_megabyte_of_quotes_and_mentions_ends() {
    for unit in [
        "\"",
        "@bugbot ",
        "issue:\"",
        "--",
        "“”",
        "\n@bugbot",
        "`",
        "a:b ",
    ] {
        let hostile = format!("@bugbot fix {}", unit.repeat((1 << 20) / unit.len()));
        let _ = parse(&hostile);
    }
}
