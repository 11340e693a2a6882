//! `cancel` at each stage: it stops what can be stopped, and says so when there is nothing.

use std::rc::Rc;

use tests::world::{Meanwhile, REPOSITORY, Strike, World, the_fix};

use super::{
    MINUTE, SECOND, cancel, contextualize, happening, is_nothing_pushed, is_one_pull_request,
    meanwhile, report, with_fix,
};

/// Alice's command acts; meanwhile Bob's is told to wait, and Carol cancels.
async fn with_a_command_in_line_that_is_cancelled(lost: Option<Strike>) -> Rc<World> {
    let world = World::new();
    report(&world);
    world.command("Alice", contextualize()).await;
    let meanwhile = world.clone();
    let happens = Strike::Meanwhile(Box::new(move || {
        Box::pin(async move {
            meanwhile.command("Bob", contextualize()).await;
            meanwhile.deliver_due().await;
            meanwhile.command("Carol", cancel()).await;
            if let Some(strike) = lost {
                meanwhile.strike_call("thread cancel", strike);
            }
            meanwhile.deliver_due().await;
        })
    }));
    world.strike(6, happens);
    world.run_until_quiet().await;
    world
}

#[tokio::test]
async fn with_nothing_to_cancel_it_says_so() {
    let world = World::new();
    world.command_and_wait("Alice", cancel()).await;
    assert!(
        world.last_word().contains("there is nothing to cancel"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn a_command_that_waits_in_line_does_not_begin() {
    let world = with_a_command_in_line_that_is_cancelled(None).await;
    insta::assert_snapshot!(world.transcript(), @r"
    #bugs › Cart counts wrong

    Alice  14:30
      I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!

    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      ✅ Created **ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩** and added the context.
      🟩 ENG-1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟩 > I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!
      🟩 Reported by: Alice │ Report: message ⟨https://discord.com/channels/1479486210048000001/1479486210048000004/1479486210048000005⟩
      🟩 ▸ Recordings
      🟩   None matched. The thread names no session, no person and no e-mail address. Give one in the \`session\` or \`email\` option.
      🟩 ▸ What next
      🟩   `/bugbot fix` has an agent propose a fix.
      [ Fix this bug ]

    ╭ Bob used /bugbot contextualize
    bugbot [BOT]  14:30
      🛑 Cancelled by @Carol before it began.

    ╭ Carol used /bugbot cancel
    bugbot [BOT]  14:30
      🛑 1 waiting command will not begin.
    ");
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    world.finish();
}

#[tokio::test]
async fn a_running_agent_is_stopped_at_once() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    assert_eq!(world.executor.active().len(), 1);
    world.command("Bob", cancel()).await;
    world.deliver_due().await;
    assert!(world.executor.active().is_empty(), "within the same moment");
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.transcript(), @r"
    #bugs › Cart counts wrong

    Alice  14:30
      I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!

    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      🛑 **ENG-1** · Cancelled by @Bob. Nothing was pushed.
      🟪 ENG-1: fix cancelled ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟪 Cancelled by @Bob. Nothing was pushed.
      🟪 ▸ What next
      🟪   `/bugbot retry` starts it again.
      🟪 Cost: $0.01 · 1 turn │ Time: 6 s
      [ Retry ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]

    ╭ Bob used /bugbot cancel
    bugbot [BOT]  14:30
      🛑 The fix is being stopped; its message says when it has ended.
    ");
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_change_that_is_being_committed_is_too_late_to_stop() {
    let world = with_fix(the_fix()).await;
    world.strike_call("/git/refs", meanwhile(&world, "Bob", cancel()));
    world.run_until_quiet().await;
    assert!(
        world.last_word().contains("can no longer be stopped"),
        "{}",
        world.transcript()
    );
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn after_the_end_there_is_nothing_to_cancel() {
    let world = with_fix(the_fix()).await;
    world.run_until_quiet().await;
    world.command_and_wait("Bob", cancel()).await;
    assert!(
        world.last_word().contains("there is nothing to cancel"),
        "{}",
        world.transcript()
    );
    is_one_pull_request(&world);
    world.finish();
}

/// A fix with few of the calls that only look, which Bob cancels in the way of `strike` while a
/// call is under way: once for each of its calls, with that call's place and name.
async fn cancelled_at_every_call(
    strike: fn(Meanwhile) -> Strike,
    check: impl AsyncFn(&World, &str),
) {
    let short = || the_fix().taking(3 * SECOND);
    let good = with_fix(short()).await;
    good.run_until_quiet().await;
    for (nth, call) in good.calls().iter().enumerate() {
        let world = with_fix(short()).await;
        world.strike(nth, strike(cancel_by_bob(&world)));
        world.run_until_quiet().await;
        check(&world, &format!("{nth} {call}")).await;
    }
}

/// Bob cancels, and that is delivered at once.
fn cancel_by_bob(world: &Rc<World>) -> Meanwhile {
    happening(world, "Bob", cancel())
}

/// What Bob is told is true, at whichever moment he cancels.
#[tokio::test]
async fn at_every_call_of_a_fix_the_answer_to_a_cancel_is_true() {
    cancelled_at_every_call(Strike::Meanwhile, async |world, at| {
        let transcript = world.transcript();
        let stopped =
            transcript.contains("fix cancelled") || transcript.contains("before it began");
        let promised =
            transcript.contains("is being stopped") || transcript.contains("will not begin");
        assert_eq!(stopped, promised, "at {at}: {transcript}");
        let pulls = world.github.pull_requests(REPOSITORY).len();
        assert_eq!(pulls, usize::from(!stopped), "at {at}: {transcript}");
        let unsure = ["nothing to cancel", "no longer be stopped"];
        let told = unsure.iter().any(|words| transcript.contains(words));
        assert_ne!(stopped, told, "at {at}: {transcript}");
        world.finish();
    })
    .await;
}

#[tokio::test]
async fn a_cancel_that_overtakes_the_start_of_the_run_stops_it_all_the_same() {
    let world = with_fix(the_fix()).await;
    let strike = Strike::MeanwhileBefore(cancel_by_bob(&world));
    world.strike_call("POST http://executor.test/runs", strike);
    world.run_until_quiet().await;
    assert_eq!(world.executor.started().len(), 1);
    assert!(
        world.last_word().contains("is being stopped"),
        "{}",
        world.transcript()
    );
    is_nothing_pushed(&world);
    world.finish();
}

/// The order to stop the run finds none; then the order to start it arrives, and who gave it is
/// no more.
#[tokio::test]
async fn a_run_that_starts_after_its_fix_was_stopped_and_whose_starter_died_is_stopped() {
    let world = with_fix(the_fix().taking(30 * MINUTE)).await;
    let strike = Strike::MeanwhileAndCrash(cancel_by_bob(&world));
    world.strike_call("POST http://executor.test/runs", strike);
    world.run_for(10 * SECOND).await;
    assert_eq!(world.executor.active().len(), 1, "it runs for nobody");
    world.run_for(3 * MINUTE).await;
    assert!(world.executor.active().is_empty());
    world.run_until_quiet().await;
    is_nothing_pushed(&world);
    world.finish();
}

/// A cancel that was promised is kept, also where the delivery or the object dies right then.
#[tokio::test]
async fn at_every_call_of_a_fix_a_cancel_outlives_a_crash() {
    cancelled_at_every_call(Strike::MeanwhileAndCrash, async |world, at| {
        world.sweep().await;
        world.run_until_quiet().await;
        let transcript = world.transcript();
        let promised =
            transcript.contains("is being stopped") || transcript.contains("will not begin");
        let pulls = world.github.pull_requests(REPOSITORY).len();
        assert_eq!(pulls, usize::from(!promised), "at {at}: {transcript}");
        world.finish();
    })
    .await;
}

/// The cancel's own delivery dies: when it comes again, what it says is as true as before.
#[tokio::test]
async fn a_cancel_that_is_delivered_again_says_the_same() {
    let world = with_a_command_in_line_that_is_cancelled(Some(Strike::LostAfter)).await;
    assert!(
        world
            .last_word()
            .contains("1 waiting command will not begin"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn a_command_that_is_being_carried_out_is_not_called_nothing() {
    let world = World::new();
    report(&world);
    world.command("Alice", contextualize()).await;
    world.strike_call("thread bind", meanwhile(&world, "Bob", cancel()));
    world.run_until_quiet().await;
    assert!(
        world
            .last_word()
            .contains("nearly done and cannot be stopped"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn a_job_that_waits_for_a_service_ends_in_its_own_message() {
    let world = World::new();
    let limit = tests::fault::Fault::RateLimit {
        retry_after: 20 * MINUTE,
    };
    world.linear.fail_next("POST /graphql", limit, 1);
    report(&world);
    world.command("Alice", contextualize()).await;
    world.run_for(SECOND).await;
    world.command("Bob", cancel()).await;
    world.run_until_quiet().await;
    assert!(
        world.transcript().contains("before it began"),
        "{}",
        world.transcript()
    );
    world.finish();
}
