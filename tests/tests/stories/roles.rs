//! Who may do what, and what the audit log holds of it.

use shared::audit::Fact;
use tests::world::{Strike, World, the_fix};

use super::{
    SECOND, cancel, contextualize, fix, is_nothing_pushed, is_one_pull_request, report, retry,
};

/// What the log holds of who might do what, shortly.
fn decisions(world: &World) -> Vec<String> {
    let facts = world.audited().into_iter();
    let decided = facts.filter_map(|fact| match fact {
        Fact::Allowed {
            command, because, ..
        } => Some(format!("{command} allowed: {because}")),
        Fact::Refused {
            command, because, ..
        } => Some(format!("{command} refused: {because}")),
        _ => None,
    });
    decided.collect()
}

#[tokio::test]
async fn nobody_fixes_before_the_operator_has_said_who_may() {
    let world = World::with_settings(&[("FIX_ALLOWED", "")]);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    insta::assert_snapshot!(world.last_word(), @"⚠️ Nobody may start a fix here yet. The operator of bugbot says who may in `FIX_ALLOWED`, such as `role:123, user:456`.");
    assert_eq!(decisions(&world), ["fix refused: FIX_ALLOWED"]);
    is_nothing_pushed(&world);
    assert!(world.linear.issues().is_empty(), "and no issue is made");
    // What was refused is not done again by asking for it again.
    world.command_and_wait("Alice", retry()).await;
    assert!(
        world.last_word().contains("nothing"),
        "{}",
        world.last_word()
    );
    world.command_and_wait("Alice", contextualize()).await;
    assert_eq!(world.linear.issues().len(), 1, "context is for everybody");
    world.finish();
}

#[tokio::test]
async fn a_role_gives_the_right_to_fix() {
    let world = World::with_settings(&[("FIX_ALLOWED", "role:10")]);
    let (alice, bob) = (world.person("Alice"), world.person("Bob"));
    world.discord.give_role(&alice, "9");
    world.discord.give_role(&bob, "10");
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    insta::assert_snapshot!(world.last_word(), @"⚠️ You may not start a fix here. The operator of bugbot says who may in `FIX_ALLOWED`.");
    is_nothing_pushed(&world);
    world.command_and_wait("Bob", fix()).await;
    is_one_pull_request(&world);
    assert_eq!(
        decisions(&world),
        ["fix refused: FIX_ALLOWED", "fix allowed: role:10"]
    );
    world.finish();
}

/// Retrying is doing: what somebody else may not do they may not do again either.
#[tokio::test]
async fn a_retry_takes_the_right_to_what_it_does_again() {
    let world = World::with_settings(&[("FIX_ALLOWED", "role:10")]);
    world.discord.give_role(&world.person("Bob"), "10");
    report(&world);
    world.command("Bob", fix()).await;
    world.sandbox_refuses.replace(Some("no room".to_owned()));
    world.run_until_quiet().await;
    world.sandbox_refuses.replace(None);
    world.command_and_wait("Alice", retry()).await;
    assert!(
        world.last_word().contains("may not start a fix"),
        "{}",
        world.last_word()
    );
    is_nothing_pushed(&world);
    world.command_and_wait("Bob", retry()).await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn ones_own_fix_can_always_be_cancelled_and_that_of_others_by_right() {
    let world = World::with_settings(&[("CANCEL_ALLOWED", "role:10")]);
    world.discord.give_role(&world.person("Carol"), "10");
    world.executor.play([the_fix(), the_fix()]);
    report(&world);
    for canceller in ["Alice", "Carol"] {
        world.command("Alice", fix()).await;
        world.run_for(SECOND).await;
        world.command("Bob", cancel()).await;
        world.deliver_due().await;
        let said = world.last_word();
        assert!(said.contains("You may not cancel"), "{said}");
        world.command(canceller, cancel()).await;
        world.run_until_quiet().await;
        let said = world.last_word();
        assert!(said.contains("being stopped"), "{said}");
    }
    world.run_until_quiet().await;
    is_nothing_pushed(&world);
    world.finish();
}

/// The log is another machine: what changes something waits for it, and is lost or doubled by
/// nothing that happens to it.
#[tokio::test]
async fn without_the_audit_log_nothing_begins_and_nothing_is_lost() {
    let world = World::new();
    report(&world);
    world.command("Alice", fix()).await;
    world.strike_call("audit append", Strike::LostBefore);
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    assert_eq!(decisions(&world), ["fix allowed: everyone"]);
    world.finish();
}

/// Its answer is lost: the record is there, and the next delivery adds none.
#[tokio::test]
async fn a_record_whose_answer_is_lost_is_one_record() {
    for strike in [Strike::LostAfter, Strike::Crash] {
        let world = World::new();
        report(&world);
        world.command("Alice", fix()).await;
        world.strike_call("audit append", strike);
        world.run_until_quiet().await;
        is_one_pull_request(&world);
        assert_eq!(decisions(&world), ["fix allowed: everyone"]);
        world.finish();
    }
}

#[tokio::test]
async fn an_audit_log_that_stays_away_ends_the_job_with_a_word() {
    let world = World::new();
    report(&world);
    let away = || Some("no such object".to_owned());
    world.audit_refuses.replace(away());
    world.command_and_wait("Alice", fix()).await;
    insta::assert_snapshot!(world.last_word(), @r#"{"color":14300723,"description":"A part of bugbot did not answer.","fields":[{"inline":false,"name":"What next","value":"The job is kept for the operator. `/bugbot retry` tries again once the cause is gone."}],"title":"`fix` could not be done","type":"rich"}"#);
    is_nothing_pushed(&world);
    assert!(world.linear.issues().is_empty());
    // Stopping waits for no log, and there is nothing left to stop.
    world.command_and_wait("Alice", cancel()).await;
    assert!(world.last_word().contains("nothing to cancel"));
    world.finish();
}
