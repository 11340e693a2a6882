//! More than there is room for: what is refused is refused at once and in plain words, and harms
//! nothing of what was taken.

use shared::thread::MAX_OPEN_JOBS;
use tests::world::{Strike, World};

use super::{SECOND, contextualize, report};

#[tokio::test]
async fn a_thread_with_too_many_open_commands_says_so_to_those_that_come_after() {
    const MORE: usize = 3;
    let world = World::new();
    report(&world);
    for n in 0..MAX_OPEN_JOBS + MORE {
        world.command(&format!("Person {n}"), contextualize()).await;
    }
    world.deliver_due_at_once().await;
    world.run_until_quiet().await;
    let refused = world.transcript().matches("20 commands are open").count();
    assert_eq!(refused, MORE, "{}", world.transcript());
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), MAX_OPEN_JOBS);

    // Those have ended: there is room again.
    world.command_and_wait("Alice", contextualize()).await;
    assert!(
        world.last_word().starts_with('✅'),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn a_queue_that_takes_nothing_is_an_honest_answer_and_no_job() {
    let world = World::new();
    report(&world);
    world.commands.refuses.set(true);
    world.command("Alice", contextualize()).await;
    assert!(
        world.last_word().contains("could not take your command"),
        "{}",
        world.transcript()
    );
    assert!(world.accepted_jobs().is_empty());
    world.commands.refuses.set(false);
    world.command_and_wait("Alice", contextualize()).await;
    assert_eq!(world.linear.issues().len(), 1);
    world.finish();
}

#[tokio::test]
async fn a_command_whose_copy_the_queue_does_not_take_keeps_its_place_in_line() {
    let world = World::new();
    report(&world);
    world.command("Alice", contextualize()).await;
    let second = world.clone();
    let happens = Strike::Meanwhile(Box::new(move || {
        Box::pin(async move {
            second.command("Bob", contextualize()).await;
            second.commands.refuses.set(true);
            second.deliver_due().await;
            second.commands.refuses.set(false);
        })
    }));
    world.strike_call("thread bind", happens);
    world.run_until_quiet().await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 2);
    world.finish();
}

#[tokio::test]
async fn a_thread_of_the_longest_messages_there_are_is_read_as_far_as_it_fits() {
    let world = World::new();
    for n in 0..100 {
        let name = if n % 2 == 0 { "Alice" } else { "Bob" };
        world.says(name, &format!("{n} {}", "\u{1f41b}".repeat(1_990)));
    }
    world.command("Alice", contextualize()).await;
    world.run_for(SECOND).await;
    world.run_until_quiet().await;
    assert!(
        world.last_word().starts_with("✅ Created"),
        "{}",
        world.last_word()
    );
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    world.finish();
}
