//! Buttons and forms: what is queued, and who sees the answer.

use super::*;
use crate::command::{Command, Press, Verb};
use crate::id::JobId;
use crate::thread::{KnownJob, Outcome, Standing};

const JOB: &str = "1198622483471925000";

fn press(verb: Verb) -> Value {
    let id = Press::new(verb, &JobId::new(JOB)).custom_id().unwrap();
    interaction(3, &json!({"custom_id": id, "component_type": 2}))
}

fn submit(id: &str, fields: &[(&str, &str)]) -> Value {
    let label = |(name, text): &(&str, &str)| json!({"type": 18, "component": {"type": 4, "custom_id": name, "value": text}});
    let labels: Vec<Value> = fields.iter().map(label).collect();
    interaction(5, &json!({"custom_id": id, "components": labels}))
}

fn knowing_job(standing: Standing, again_of: Option<&str>) -> World {
    let world = World::default();
    *world.memory.borrow_mut() = Some(Known {
        jobs: vec![KnownJob {
            job: JobId::new(JOB),
            command: Verb::Fix,
            is_fix: true,
            standing,
        }],
        again_of: again_of.map(JobId::new),
        ..Known::default()
    });
    world
}

fn ended() -> Standing {
    Standing::Ended(Outcome::Failed("the sandbox was lost".to_owned()))
}

/// What one person alone is told, without anything having been started.
fn told(world: &World, body: &Value) -> String {
    let answer = world.interact(body);
    assert_eq!(
        (&answer["type"], &answer["data"]["flags"]),
        (&json!(4), &json!(68))
    );
    assert!(world.queued.borrow().is_empty());
    answer["data"]["content"].as_str().unwrap().to_owned()
}

#[test]
fn an_order_by_button_is_the_typed_command_and_answered_to_whoever_pressed() {
    for verb in [Verb::Cancel, Verb::Approve, Verb::Reject, Verb::Deploy] {
        let world = knowing_job(Standing::Running, None);
        let answer = world.interact(&press(verb));
        assert_eq!(answer, json!({"type": 5, "data": {"flags": 64}}), "{verb}");
        let job = world.only_job();
        assert_eq!(job.command.verb(), verb);
        assert_eq!(job.command.options().job.as_deref(), Some(JOB));
        assert_eq!(job.discord_context.user_id.as_str(), "53908232506183680");
        // The press is a job of its own: its id is the interaction's.
        assert_eq!(job.id().as_str(), "1198622483471925248");
    }
}

#[test]
fn a_retry_by_button_begins_work_that_everybody_sees() {
    let world = knowing_job(ended(), Some(JOB));
    assert_eq!(world.interact(&press(Verb::Retry)), json!({"type": 5}));
    let job = world.only_job();
    assert_eq!(job.command.options().job.as_deref(), Some(JOB));
}

#[test]
fn what_continues_is_a_fix_of_its_own_that_everybody_sees() {
    let world = knowing_job(ended(), None);
    let id = Press::more_money(&JobId::new(JOB), 2).custom_id().unwrap();
    let press = interaction(3, &json!({"custom_id": id, "component_type": 2}));
    assert_eq!(world.interact(&press), json!({"type": 5}));
    let job = world.only_job();
    assert_eq!(job.command.options().budget_usd(), Some(2.0));
}

#[test]
fn a_redelivered_press_is_the_same_job() {
    let world = knowing_job(Standing::Running, None);
    let press = press(Verb::Cancel);
    assert_eq!(world.interact(&press), world.interact(&press));
    let queued = world.queued.borrow();
    let ids: Vec<_> = queued
        .iter()
        .map(|(body, _)| Job::decode(body).unwrap().id())
        .collect();
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn a_button_whose_time_is_over_says_so_and_starts_nothing() {
    let over = knowing_job(ended(), None);
    for verb in [Verb::Cancel, Verb::Approve, Verb::Reject, Verb::Steer] {
        let told = told(&over, &press(verb));
        assert_eq!(
            told,
            "⚠️ That `fix` has already ended: the sandbox was lost"
        );
    }
    insta::assert_snapshot!(told(&over, &press(Verb::Retry)), @"⚠️ Something else has happened in this thread since that job ended, so it is not done again. `/bugbot status` shows what there is.");
    let forgotten = World::knowing(&[], &[]);
    insta::assert_snapshot!(told(&forgotten, &press(Verb::Cancel)), @"⚠️ That job was too long ago: I no longer know it. `/bugbot status` shows what there is.");
}

#[test]
fn a_conversation_that_does_not_answer_in_time_leaves_it_to_the_consumer() {
    let world = World::default();
    let answer = world.interact(&press(Verb::Cancel));
    assert_eq!(answer, json!({"type": 5, "data": {"flags": 64}}));
    assert_eq!(world.only_job().command.verb(), Verb::Cancel);
}

#[test]
fn a_button_that_is_none_of_ours_is_out_of_use() {
    let world = World::default();
    for id in ["retry:1", "b1:cancel:x", "b9:cancel:1"] {
        let body = interaction(3, &json!({"custom_id": id, "component_type": 2}));
        assert!(told(&world, &body).contains("no longer in use"), "{id}");
    }
    let told = told(&world, &submit("f9:steer", &[("text", "x")]));
    assert!(told.contains("no longer in use"));
}

#[test]
fn steering_opens_a_form_and_the_form_is_the_command() {
    let world = knowing_job(Standing::Running, None);
    let answer = world.interact(&press(Verb::Steer));
    assert_eq!(answer["type"], 9);
    let id = answer["data"]["custom_id"].as_str().unwrap();
    assert!(world.queued.borrow().is_empty());
    let sent = world.interact(&submit(id, &[("text", "keep the old button")]));
    assert_eq!(sent, json!({"type": 5, "data": {"flags": 64}}));
    let Command::Steer(options) = world.only_job().command else {
        panic!("a steer command")
    };
    assert_eq!(options.text.as_deref(), Some("keep the old button"));
    assert_eq!(options.job.as_deref(), Some(JOB));
}

#[test]
fn a_typed_steer_without_words_opens_the_form_where_a_fix_runs() {
    let typed = slash("steer", &json!([]));
    let running = knowing_job(Standing::Running, None);
    assert_eq!(running.interact(&typed)["type"], 9);
    insta::assert_snapshot!(told(&knowing_job(ended(), None), &typed), @"⚠️ No fix runs in this thread, so there is nothing to steer. `/bugbot status` shows how the last one ended.");
}

#[test]
fn what_is_filled_in_wrongly_is_told_to_whoever_sent_it() {
    let world = World::default();
    let body = submit(
        "f1:contextualize",
        &[("description", "it broke"), ("email", "ann")],
    );
    let answer = world.interact(&body);
    assert_eq!(answer["data"]["flags"], 68);
    insta::assert_snapshot!(answer["data"]["content"].as_str().unwrap(), @"`ann` is not an e-mail address. Give one such as `ann@example.com`.");
    assert!(world.queued.borrow().is_empty());
}

/// A conversation in which nothing was said, as far as Discord lets us read.
fn silent() -> World {
    let world = World::with_history(&json!([message("14", "9", " ")]));
    *world.memory.borrow_mut() = Some(Known::default());
    world
}

#[test]
fn a_command_with_nothing_to_go_by_opens_a_form() {
    let world = silent();
    let options = json!([option("repo", "acme/web")]);
    let answer = world.interact(&slash("fix", &options));
    assert_eq!(answer["type"], 9);
    assert_eq!(answer["data"]["custom_id"], "f1:fix:acme/web");
    assert!(world.queued.borrow().is_empty());
    let fields = [("description", "it broke"), ("email", ""), ("session", "")];
    let sent = world.interact(&submit("f1:fix:acme/web", &fields));
    assert_eq!(sent, json!({"type": 5}));
    let job = world.only_job();
    assert_eq!(job.command.options().repo.as_deref(), Some("acme/web"));
    assert_eq!(
        job.command.options().description.as_deref(),
        Some("it broke")
    );
}

#[test]
fn whatever_there_is_to_go_by_no_form_is_in_the_way() {
    let fix = |options: &[Value]| slash("fix", &json!(options));
    // Something was said; an option says it; the conversation has an issue.
    let said = World::with_history(&json!([message("14", "9", "broken")]));
    *said.memory.borrow_mut() = Some(Known::default());
    let with_issue = silent();
    *with_issue.memory.borrow_mut() = World::knowing(&[("ENG-1", "")], &[]).memory.take();
    // The history or the conversation's memory did not come in time.
    let unread = World::default();
    *unread.memory.borrow_mut() = Some(Known::default());
    let unknown = World::with_history(&json!([]));
    for (world, body) in [
        (said, fix(&[])),
        (silent(), fix(&[option("description", "it broke")])),
        (silent(), fix(&[option("issue", "ENG-1")])),
        (silent(), fix(&[option("email", "ann@example.com")])),
        (with_issue, fix(&[])),
        (unread, fix(&[])),
        (unknown, fix(&[])),
        (silent(), slash("status", &json!([]))),
    ] {
        assert_eq!(world.interact(&body), json!({"type": 5}), "{body}");
        world.only_job();
    }
}
