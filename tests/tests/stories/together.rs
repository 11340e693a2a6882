//! Several at once: deliveries that take turns at every call, in many orders.

use tests::world::{Strike, World};

use super::{contextualize, fix, is_one_pull_request, meanwhile, report};

/// Each seed is another order in which deliveries overtake each other.
const ORDERS: u64 = 24;

#[tokio::test]
async fn two_first_contextualizes_at_once_make_one_issue() {
    for seed in 0..ORDERS {
        let world = World::new();
        world.shuffle(seed);
        report(&world);
        world.command("Alice", contextualize()).await;
        world.command("Bob", contextualize()).await;
        world.deliver_due_at_once().await;
        world.run_until_quiet().await;
        assert_eq!(world.linear.issues().len(), 1, "order {seed}");
        assert_eq!(world.linear.comments("ENG-1").len(), 2, "order {seed}");
        world.finish();
    }
}

#[tokio::test]
async fn two_deliveries_of_one_job_at_once_are_one_job() {
    for seed in 0..ORDERS {
        let world = World::new();
        world.shuffle(seed);
        report(&world);
        world.command("Alice", contextualize()).await;
        world.commands.duplicate_all();
        world.deliver_due_at_once().await;
        world.run_until_quiet().await;
        assert_eq!(world.linear.issues().len(), 1, "order {seed}");
        assert_eq!(world.linear.comments("ENG-1").len(), 1, "order {seed}");
        world.finish();
    }
}

#[tokio::test]
async fn two_deliveries_of_one_fix_at_once_are_one_fix() {
    for seed in 0..6 {
        let world = World::new();
        world.shuffle(seed);
        report(&world);
        world.command("Alice", fix()).await;
        world.commands.duplicate_all();
        world.deliver_due_at_once().await;
        world.run_until_quiet().await;
        is_one_pull_request(&world);
        world.finish();
    }
}

#[tokio::test]
async fn two_fixes_at_once_are_one_fix_and_one_rejection() {
    for seed in 0..6 {
        let world = World::new();
        world.shuffle(seed);
        report(&world);
        world.command("Alice", fix()).await;
        world.command("Bob", fix()).await;
        world.deliver_due_at_once().await;
        world.run_until_quiet().await;
        is_one_pull_request(&world);
        assert!(
            world.transcript().contains("A fix already runs"),
            "{}",
            world.transcript()
        );
        world.finish();
    }
}

#[tokio::test]
async fn a_message_that_the_queue_delivers_twice_later_changes_nothing() {
    let world = World::new();
    report(&world);
    world.command("Alice", fix()).await;
    world.commands.duplicate_all();
    world.commands.duplicate_all();
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_delivery_that_lost_its_turn_gives_way() {
    let world = World::new();
    report(&world);
    world.command("Alice", contextualize()).await;
    world.commands.duplicate_all();
    // The first delivery hangs for a minute in the middle: its lease ends, and the copy acts.
    let slow = world.clone();
    let hangs = Strike::Meanwhile(Box::new(move || {
        Box::pin(async move { slow.run_for(super::MINUTE).await })
    }));
    world.strike(6, hangs);
    world.run_until_quiet().await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    world.finish();
}

#[tokio::test]
async fn a_cancel_does_not_call_a_job_waiting_that_acts() {
    let world = World::new();
    report(&world);
    world.command("Alice", contextualize()).await;
    world.commands.duplicate_all();
    // While the first copy acts, the second is told to wait, and then somebody cancels.
    world.strike(6, meanwhile(&world, "Bob", super::cancel()));
    world.run_until_quiet().await;
    assert!(
        !world.transcript().contains("will not begin"),
        "{}",
        world.transcript()
    );
    world.finish();
}
