//! Commands: what is queued, and what the person sees.

use super::*;

#[test]
fn a_command_is_answered_as_working_once_it_is_queued() {
    let world = World::with_history(&json!([
        message(
            "14",
            "845027738276462632",
            "I am on https://linear.app/acme/issue/ENG-99/old"
        ),
        message(
            "13",
            "9",
            "happens since today, repo is https://github.com/acme/web"
        ),
        message("12", "8", "Save does nothing for ann@example.com"),
    ]));
    let answer = world.interact(&slash("fix", &json!([option("issue", "ENG-123")])));
    assert_eq!(answer, json!({"type": 5}));
    assert_eq!(
        *world.asked.borrow(),
        [(
            "GET http://discord.test/api/v10/channels/645027906669510667/messages?limit=50"
                .to_owned(),
            HISTORY_LIMIT
        )]
    );

    let job = world.only_job();
    assert_eq!(job.id().as_str(), "1198622483471925248");
    assert_eq!(job.command.name(), "fix");
    assert_eq!(job.command.options().issue.as_deref(), Some("ENG-123"));
    let context = &job.discord_context;
    assert_eq!(context.channel_id.as_str(), "545027906669510667");
    assert_eq!(context.thread_id, Some("645027906669510667".into()));
    assert_eq!(context.user_id.as_str(), "53908232506183680");
    assert_eq!(context.guild_id.as_str(), "290926798626357999");
    // The newest message that is not ours is what it is about; the others stay, oldest first.
    assert_eq!(context.message_id.as_str(), "13");
    let others: Vec<_> = context
        .recent_messages
        .iter()
        .map(|message| message.id.as_str())
        .collect();
    assert_eq!(others, ["12", "14"]);
    assert!(context.history_read);
    // The option wins over what was said; the rest comes from the conversation.
    assert_eq!(job.extracted_refs.linear_issue_id, Some("ENG-123".into()));
    assert_eq!(
        job.extracted_refs.github_repo_url.as_deref(),
        Some("https://github.com/acme/web")
    );
    assert_eq!(
        job.extracted_refs.user_email.as_deref(),
        Some("ann@example.com")
    );
    assert_eq!(
        job.interaction.application_id.as_str(),
        "845027738276462632"
    );
    assert_eq!(job.interaction.token.expose(), "interaction-token");
    assert_eq!(job.timestamp.as_second(), NOW);
}

#[test]
fn history_that_does_not_come_is_left_to_the_consumer() {
    let unauthorized = ::http::Response::builder()
        .status(401)
        .body(b"{}".to_vec())
        .unwrap();
    let garbage = ::http::Response::new(b"<html>".to_vec());
    for outcome in [
        Err(Unreachable::TimedOut(HISTORY_LIMIT)),
        Ok(unauthorized),
        Ok(garbage),
    ] {
        let world = World::default();
        world.discord.borrow_mut().push_back(outcome);
        assert_eq!(
            world.interact(&slash("contextualize", &json!([]))),
            json!({"type": 5})
        );
        let context = world.only_job().discord_context;
        assert!(!context.history_read && context.recent_messages.is_empty());
        assert_eq!(
            context.message_id.as_str(),
            "1198622483471925248",
            "the interaction stands in"
        );
        let log = world.log.borrow();
        assert!(
            log[0].contains(r#""message":"history not read""#),
            "{log:?}"
        );
        insta::allow_duplicates! {
            insta::assert_snapshot!(log[1], @r#"{"level":"info","message":"job accepted","trace":"28264286101eef5b4ae13a01280bff52","job":"1198622483471925248","thread":"645027906669510667","command":"contextualize"}"#);
        }
    }
}

#[test]
fn commands_about_the_thread_itself_do_not_wait_for_its_history() {
    for name in ["status", "cancel", "retry"] {
        let world = World::default();
        assert_eq!(world.interact(&slash(name, &json!([]))), json!({"type": 5}));
        assert_eq!(world.only_job().command.name(), name);
        assert!(world.asked.borrow().is_empty());
    }
}

#[test]
fn a_context_menu_command_is_about_its_target() {
    for (name, command) in [("Add context", "contextualize"), ("Fix this bug", "fix")] {
        let world = World::with_history(&json!([
            message("13", "9", "me too"),
            message("11", "9", "edited since")
        ]));
        assert_eq!(world.interact(&on_message(name)), json!({"type": 5}));
        let job = world.only_job();
        assert_eq!(job.command.name(), command);
        assert_eq!(job.discord_context.message_id.as_str(), "11");
        assert!(
            job.discord_context
                .message_content
                .starts_with("Save is dead")
        );
        assert_eq!(
            job.discord_context.recent_messages.len(),
            1,
            "the target is not in its own history"
        );
        assert_eq!(job.extracted_refs.linear_issue_id, Some("ENG-7".into()));
    }
}

#[test]
fn a_redelivered_interaction_is_the_same_job() {
    let ids: Vec<_> = (0..2)
        .map(|_| {
            let world = World::default();
            world.interact(&slash("fix", &json!([])));
            world.only_job().id()
        })
        .collect();
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_queue_that_refuses_is_an_honest_answer_for_the_person_alone() {
    let world = World::default();
    world.queue_refuses.set(true);
    let answer = world.interact(&slash("status", &json!([])));
    insta::assert_snapshot!(shown(&answer), @"I could not take your command: my queue did not answer. Most likely nothing was started. Please give it again in a minute; `/bugbot status` shows whether something runs.");
    insta::assert_snapshot!(world.log.borrow().join("\n"), @r#"{"level":"error","message":"job not accepted","trace":"28264286101eef5b4ae13a01280bff52","job":"1198622483471925248","thread":"645027906669510667","command":"status","reason":"the queue refused the message: over its limit"}"#);
}

#[test]
fn a_thread_of_longest_messages_still_fits_the_queue() {
    let long = "ß".repeat(4_000);
    let messages: Vec<_> = (0..50)
        .map(|n| message(&n.to_string(), "9", &long))
        .collect();
    let world = World::with_history(&json!(messages));
    assert_eq!(
        world.interact(&slash("fix", &json!([]))),
        json!({"type": 5})
    );
    assert!(world.queued.borrow()[0].0.len() <= crate::job::MAX_BYTES);
    assert!(world.only_job().discord_context.history_trimmed);
}

/// The text of an answer that only the person sees and that mentions nobody.
fn shown(answer: &Value) -> String {
    assert_eq!(answer["type"], 4);
    let flags = answer["data"]["flags"].as_u64().unwrap();
    assert_eq!(flags & 64, 64, "{answer}");
    assert_eq!(answer["data"]["allowed_mentions"], json!({"parse": []}));
    answer["data"]["content"].as_str().unwrap().to_owned()
}

fn rejected(body: &Value) -> String {
    let world = World::default();
    let answer = world.interact(body);
    assert!(world.queued.borrow().is_empty() && world.asked.borrow().is_empty());
    shown(&answer)
}

#[test]
fn help_is_answered_at_once() {
    let help = rejected(&slash("help", &json!([])));
    assert_eq!(help, crate::command::help::render_help());
    let bare = interaction(2, &json!({"name": "bugbot", "type": 1}));
    assert_eq!(rejected(&bare), help);
}

#[test]
fn a_command_that_cannot_be_followed_shows_what_would_have_worked() {
    let answers = [
        rejected(&slash("fxi", &json!([]))),
        rejected(&slash("fix", &json!([option("isue", "ENG-1")]))),
        rejected(&slash("status", &json!([option("issue", "ENG-1")]))),
        rejected(&slash("fix", &json!([option("issue", "the login one")]))),
        rejected(&slash(
            "fix",
            &json!([{"name": "email", "type": 4, "value": 7}]),
        )),
        rejected(&interaction(2, &json!({"name": "explode", "type": 1}))),
        rejected(&interaction(
            2,
            &json!({"name": "bugbot", "options": [{"name": "admin", "type": 2, "options": [{"name": "fix", "type": 1}]}]}),
        )),
        rejected(&on_message("Translate")),
    ];
    insta::assert_snapshot!(answers.join("\n"), @r"
    I don't know the command `fxi`. Did you mean `fix`? I know `contextualize`, `fix`, `status`, `cancel`, `retry`, `approve`, `reject`, `steer`, `continue`, `deploy`, `claim`, `release`, `claims`, `leaderboard` and `help`.
    `fix` has no option `isue`. Did you mean `issue`? It takes `issue`, `repo`, `session`, `email` and `description`.
    `status` has no option `issue`. It takes `job`.
    `the login one` is not a Linear issue. Give its identifier, such as `ENG-123`, or its address, such as `https://linear.app/acme/issue/ENG-123`.
    `7` is not an e-mail address. Give one such as `ann@example.com`.
    I don't know the command `explode`. I know `contextualize`, `fix`, `status`, `cancel`, `retry`, `approve`, `reject`, `steer`, `continue`, `deploy`, `claim`, `release`, `claims`, `leaderboard` and `help`.
    I don't know the command `admin fix`. I know `contextualize`, `fix`, `status`, `cancel`, `retry`, `approve`, `reject`, `steer`, `continue`, `deploy`, `claim`, `release`, `claims`, `leaderboard` and `help`.
    I don't know the command `Translate`. I know `contextualize`, `fix`, `status`, `cancel`, `retry`, `approve`, `reject`, `steer`, `continue`, `deploy`, `claim`, `release`, `claims`, `leaderboard` and `help`.
    ");
}

#[test]
fn what_is_no_command_gets_a_clear_answer_too() {
    for body in [
        interaction(3, &json!({"custom_id": "retry:1", "component_type": 2})),
        interaction(5, &json!({"custom_id": "describe", "components": []})),
        interaction(99, &json!({})),
        interaction(
            2,
            &json!({"name": "Look at this person", "type": 2, "target_id": "1"}),
        ),
    ] {
        assert_eq!(
            rejected(&body),
            "This button or form is no longer in use. `/bugbot help` shows what I can do."
        );
    }
}

#[test]
fn no_text_of_a_person_mentions_anybody() {
    let hostile = slash("@everyone <@53908232506183680>", &json!([]));
    let text = rejected(&hostile);
    assert!(text.contains("`@everyone"), "{text}");
}
