//! What operators do from outside Discord, and what the thread sees of it.

use std::time::Duration;

use shared::operator::{JobState, OperatorError};
use tests::fault::Fault;
use tests::linear::Linear;
use tests::world::{Strike, World, the_fix};

use super::{SECOND, contextualize, is_nothing_pushed, is_one_pull_request, report, with_fix};

/// A `contextualize` that died because Linear was down, as often as it is tried.
async fn with_dead_letter() -> std::rc::Rc<World> {
    let world = World::new();
    world.linear.fail_next("*", Linear::internal_error(), 4);
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    world
}

#[tokio::test]
async fn an_open_fix_is_listed_and_shown_with_its_stage_and_cost() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    let ann = world.operator("ann");
    let page = ann.jobs(10, None).await.unwrap();
    assert_eq!((page.items.len(), page.next), (1, None));
    let job = &page.items[0];
    assert_eq!(job.job, world.only_job());
    assert_eq!(job.state, JobState::Running);
    assert_eq!(job.command.as_deref(), Some("fix"));
    assert_eq!(job.requested_by, Some(world.person("Alice")));

    let shown = ann.job(job.job.as_str(), None).await.unwrap();
    assert_eq!(shown.job, *job, "the list shows the same");
    let fix = shown.job.fix.unwrap();
    assert_eq!(fix.repository, tests::world::REPOSITORY);
    assert!(fix.spent.is_some(), "{fix:?}");
    let said = serde_json::to_string(&fix).unwrap();
    assert!(!said.contains("token"), "{said}");

    world.run_until_quiet().await;
    let ended = ann.job(world.only_job().as_str(), None).await.unwrap();
    assert_eq!(ended.job.state, JobState::Ended);
    assert!(ended.job.fix.unwrap().pull_request.is_some());
    assert!(ann.jobs(10, None).await.unwrap().items.is_empty());
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_running_fix_is_stopped_in_the_name_of_the_operator() {
    let world = with_fix(the_fix().taking(600 * SECOND)).await;
    world.run_for(6 * SECOND).await;
    let (ann, job) = (world.operator("ann"), world.only_job());
    let stopped = ann.cancel(job.as_str(), None).await.unwrap();
    assert!(stopped.changed);
    world.run_until_quiet().await;
    assert!(
        world.last_word().contains("Cancelled by operator ann."),
        "{}",
        world.transcript()
    );
    let again = ann.cancel(job.as_str(), None).await.unwrap();
    assert!(!again.changed, "{again:?}");
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_job_that_waits_is_stopped_and_the_one_before_it_goes_on() {
    let world = World::new();
    report(&world);
    world.linear.fail_next("*", Fault::BeforeEffect(503), 1);
    world.command("Alice", contextualize()).await;
    world.deliver_due().await;
    let first = world.operator("ann").jobs(10, None).await.unwrap().items;
    let (ann, waiting) = (world.operator("ann"), first[0].job.clone());
    assert_eq!(first[0].state, JobState::Begun);
    assert!(first[0].line.as_deref().unwrap().contains("Linear"));
    let stopped = ann.cancel(waiting.as_str(), None).await.unwrap();
    assert!(stopped.changed, "{stopped:?}");
    world.run_until_quiet().await;
    assert!(
        world
            .last_word()
            .contains("Cancelled by operator ann before it began"),
        "{}",
        world.transcript()
    );
    assert!(world.linear.issues().is_empty());
    world.finish();
}

#[tokio::test]
async fn a_fix_that_was_cancelled_is_retried_once_however_often_that_is_asked() {
    let world = with_fix(the_fix().taking(600 * SECOND)).await;
    world.run_for(6 * SECOND).await;
    let (ann, job) = (world.operator("ann"), world.only_job());
    let early = ann.retry(job.as_str(), None).await.unwrap_err();
    assert!(matches!(early, OperatorError::Conflict(_)), "{early}");
    ann.cancel(job.as_str(), None).await.unwrap();
    world.run_until_quiet().await;

    world.executor.play([the_fix()]);
    let first = ann.retry(job.as_str(), None).await.unwrap();
    assert!(first.changed);
    assert_eq!(first.id, format!("{job}-1"));
    world.run_until_quiet().await;
    let second = ann.retry(job.as_str(), None).await.unwrap();
    assert_eq!((second.changed, &second.id), (false, &first.id));
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    let shown = ann.job(&first.id, None).await.unwrap();
    assert_eq!(shown.job.state, JobState::Ended);
    world.finish();
}

#[tokio::test]
async fn a_dead_letter_is_replayed_once_and_succeeds() {
    let world = with_dead_letter().await;
    let (ann, job) = (world.operator("ann"), world.only_job());
    let page = ann.dead_letters(10, None, false).await.unwrap();
    assert_eq!(page.items.len(), 1);
    let dead = &page.items[0];
    assert_eq!(dead.id, job.as_str());
    assert_eq!(dead.command.as_deref(), Some("contextualize"));
    assert_eq!(dead.reason, "Linear answered with an error (500).");
    assert_eq!(
        ann.job(job.as_str(), None).await.unwrap().job.state,
        JobState::Dead
    );

    let first = ann.replay(job.as_str()).await.unwrap();
    let second = ann.replay(job.as_str()).await.unwrap();
    assert_eq!((first.changed, second.changed), (true, false));
    assert_eq!(world.commands.len(), 1);
    world.run_until_quiet().await;
    let third = ann.replay(job.as_str()).await.unwrap();
    assert!(
        !third.changed && third.message.contains("context added"),
        "{third:?}"
    );
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    assert!(
        ann.dead_letters(10, None, false)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    let kept = ann.dead_letters(10, None, true).await.unwrap().items;
    let mark = kept[0].replayed.as_ref().unwrap();
    assert_eq!(mark.by.operator(), Some("ann"));
    world.finish_with(1);
}

#[tokio::test]
async fn a_replay_that_dies_again_can_be_replayed_again() {
    let world = with_dead_letter().await;
    let (ann, job) = (world.operator("ann"), world.only_job());
    world.linear.fail_next("*", Linear::internal_error(), 4);
    ann.replay(job.as_str()).await.unwrap();
    world.run_until_quiet().await;
    let dead = ann.dead_letter(job.as_str()).await.unwrap();
    assert_eq!(dead.replayed, None, "it has died anew");
    assert!(ann.replay(job.as_str()).await.unwrap().changed);
    world.run_until_quiet().await;
    assert_eq!(world.linear.issues().len(), 1);
    // The thread has one message for both: within minutes, its nonce finds it.
    world.finish_with(1);
}

#[tokio::test]
async fn a_replay_whose_mark_is_lost_makes_no_second_issue() {
    let world = with_dead_letter().await;
    let (ann, job) = (world.operator("ann"), world.only_job());
    world.strike_call(&format!("kv put dead:{job}"), Strike::LostBefore);
    let lost = ann.replay(job.as_str()).await.unwrap_err();
    assert!(matches!(lost, OperatorError::Unavailable(_)), "{lost}");
    // Nobody knows of the first message now.
    assert!(ann.replay(job.as_str()).await.unwrap().changed);
    assert_eq!(world.commands.len(), 2);
    world.run_until_quiet().await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    world.finish_with(1);
}

#[tokio::test]
async fn what_is_no_job_cannot_be_replayed_but_discarded() {
    let world = World::new();
    world.commands.put("nonsense", Duration::ZERO);
    world.run_until_quiet().await;
    let ann = world.operator("ann");
    let dead = ann
        .dead_letters(10, None, false)
        .await
        .unwrap()
        .items
        .remove(0);
    assert!(
        dead.broken
            .as_ref()
            .unwrap()
            .starts_with("not a JSON object"),
        "{dead:?}"
    );
    let refused = ann.replay(&dead.id).await.unwrap_err();
    assert!(matches!(refused, OperatorError::Conflict(_)), "{refused}");
    assert!(ann.discard(&dead.id).await.unwrap().changed);
    assert!(!ann.discard(&dead.id).await.unwrap().changed);
    assert!(
        ann.dead_letters(10, None, false)
            .await
            .unwrap()
            .items
            .is_empty()
    );
    world.finish();
}

#[tokio::test]
async fn a_discarded_job_is_not_replayed_and_its_thread_is_not_told_twice() {
    let world = with_dead_letter().await;
    let (ann, job) = (world.operator("ann"), world.only_job());
    let before = world.transcript();
    assert!(ann.discard(job.as_str()).await.unwrap().changed);
    assert_eq!(world.transcript(), before);
    let refused = ann.replay(job.as_str()).await.unwrap_err();
    assert!(matches!(refused, OperatorError::Conflict(_)), "{refused}");
    world.finish();
}

#[tokio::test]
async fn a_thread_that_was_never_told_of_a_dead_job_is_told_when_it_is_discarded() {
    let world = World::new();
    world.linear.fail_next("*", Linear::internal_error(), 4);
    report(&world);
    world.command("Alice", contextualize()).await;
    world.run_while(|world| world.dead_letters.is_empty()).await;
    // It is recorded, and Discord is down when the thread is told.
    world
        .discord
        .fail_next("PATCH /**", Fault::BeforeEffect(503), 1);
    world
        .run_while(|world| world.kv_keys("dead:").is_empty())
        .await;
    world.dead_letters.lose_all();
    let (ann, job) = (world.operator("ann"), world.only_job());
    let discarded = ann.discard(job.as_str()).await.unwrap();
    assert_eq!(
        discarded.message,
        "It is put aside, and its thread was told."
    );
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      🟪 `contextualize` was put aside
      🟪 It could not be done, and operator ann let it be.
      🟪 ▸ What next
      🟪   `/bugbot retry` does it again.
    ");
    world.finish();
}

#[tokio::test]
async fn a_job_that_nobody_knows_is_not_found() {
    let world = World::new();
    let ann = world.operator("ann");
    for missing in [
        ann.job("123456789012345678", None).await.unwrap_err(),
        ann.job("mistyped", None).await.unwrap_err(),
        ann.retry("123456789012345678", None).await.unwrap_err(),
        ann.cancel("123456789012345678", None).await.unwrap_err(),
        ann.cancel("123456789012345678", Some("1"))
            .await
            .map(drop)
            .unwrap_err(),
    ] {
        assert!(matches!(missing, OperatorError::NotFound(_)), "{missing}");
    }
    let missing = ann.replay("123456789012345678").await.unwrap_err();
    assert!(matches!(missing, OperatorError::NotFound(_)), "{missing}");
    world.finish();
}

#[tokio::test]
async fn many_open_jobs_come_in_pages() {
    let world = World::new();
    report(&world);
    for _ in 0..5 {
        world.command("Alice", super::fix()).await;
    }
    world.linear.fail_next("*", Fault::BeforeEffect(503), 1);
    world.deliver_due().await;
    let ann = world.operator("ann");
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = ann.jobs(2, after.as_deref()).await.unwrap();
        assert!(page.items.len() <= 2);
        seen.extend(page.items.into_iter().map(|it| it.job.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), world.kv_keys("open:").len());
    world.run_until_quiet().await;
}

#[tokio::test]
async fn every_order_is_in_the_audit_log_and_one_that_cannot_be_is_not_done() {
    let world = with_dead_letter().await;
    let (ann, job) = (world.operator("ann"), world.only_job());
    *world.audit_refuses.borrow_mut() = Some("reset".to_owned());
    let refused = ann.discard(job.as_str()).await.unwrap_err();
    assert!(
        matches!(refused, OperatorError::Unavailable(_)),
        "{refused}"
    );
    assert_eq!(ann.dead_letter(job.as_str()).await.unwrap().discarded, None);
    *world.audit_refuses.borrow_mut() = None;
    ann.discard(job.as_str()).await.unwrap();
    ann.switch_model(false, "a trial").await.unwrap();

    let export = ann.audit("operator", 10, 0).await.unwrap();
    let facts: Vec<_> = export
        .entries
        .iter()
        .map(|entry| entry.fact.to_string())
        .collect();
    assert_eq!(facts.len(), 2, "{facts:?}");
    assert!(
        facts[0].contains("discard") && facts[0].contains("ann"),
        "{facts:?}"
    );
    assert!(facts[1].contains("model off"), "{facts:?}");
    let head = shared::audit::verify(&export.entries, Some(export.head.clone())).unwrap();
    assert_eq!(head, export.head);
    assert!(
        !world
            .log()
            .iter()
            .any(|line| line.contains(world.operator_token()))
    );
    let guild = world.discord.guild();
    let of_server = ann.audit(guild.as_str(), 10, 0).await.unwrap();
    assert_eq!(of_server.entries, world.audit_log());
    world.finish();
}

#[tokio::test]
async fn the_model_is_shut_off_for_everybody_and_let_through_again() {
    let world = World::new();
    let ann = world.operator("ann");
    assert!(ann.model().await.unwrap().on);
    let off = ann.switch_model(false, "the bill").await.unwrap();
    let shut = off.shut.clone().unwrap();
    assert_eq!(
        (off.on, shut.by.as_str(), shut.reason.as_str()),
        (false, "operator ann", "the bill")
    );
    assert_eq!(
        ann.switch_model(false, "again")
            .await
            .unwrap()
            .shut
            .unwrap()
            .at,
        shut.at
    );
    assert!(ann.switch_model(true, "").await.unwrap().on);
    assert_eq!(ann.model().await.unwrap().shut, None);
    world.finish();
}

#[tokio::test]
async fn a_job_is_shown_with_what_is_recorded_of_it_and_where_its_lines_are() {
    let world = with_fix(the_fix().taking(600 * SECOND)).await;
    world.run_for(6 * SECOND).await;
    let (ann, job) = (world.operator("ann"), world.only_job());
    ann.cancel(job.as_str(), None).await.unwrap();
    world.run_until_quiet().await;
    let shown = ann.job(job.as_str(), None).await.unwrap();
    let recorded: Vec<_> = shown
        .audit
        .iter()
        .map(|it| it.fact["what"].clone())
        .collect();
    assert_eq!(recorded, ["allowed", "planned", "ended", "operated"]);
    assert_eq!(shown.audit_missing, None);
    let lines = world.log();
    let traced = lines
        .iter()
        .filter(|line| line.contains(shown.trace.as_str()));
    assert!(traced.count() > 3, "its log lines are found by it");
    assert!(
        shown
            .discord_url
            .unwrap()
            .ends_with(&format!("/{}", world.thread))
    );

    *world.audit_refuses.borrow_mut() = Some("the log is away".to_owned());
    let shown = ann.job(job.as_str(), None).await.unwrap();
    assert_eq!(shown.job.state, JobState::Ended, "the rest is told");
    assert!(shown.audit_missing.unwrap().contains("the log is away"));
    world.audit_refuses.borrow_mut().take();
    world.finish();
}

#[tokio::test]
async fn nothing_of_another_job_is_shown_with_a_job() {
    let world = with_fix(the_fix()).await;
    world.run_until_quiet().await;
    world.command_and_wait("Alice", contextualize()).await;
    let job = world.accepted_jobs()[0].clone();
    let shown = world.operator("ann").job(job.as_str(), None).await.unwrap();
    assert!(!shown.audit.is_empty());
    for entry in &shown.audit {
        assert_eq!(entry.fact["job"], job.as_str(), "{entry:?}");
    }
}
