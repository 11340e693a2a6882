//! Stories: what people do and what comes of it, through all of bugbot's core, over the fakes.

mod after;
mod archived;
mod audit;
mod budget;
mod buttons;
mod cancel;
mod checkup;
mod contextualize;
mod crash_report;
mod dead;
mod edge;
mod endings;
mod every_call;
mod fix;
mod handover;
mod hub;
mod interaction;
mod limits;
mod operator;
mod orders;
mod overflow;
mod redaction;
mod retry;
mod roles;
mod sandbox;
mod status;
mod steer;
mod sweep;
mod together;
mod trust;
mod upstream;
mod verify;

use std::rc::Rc;
use std::time::Duration;

use tests::discord::{Act, Slash};
use tests::executor_fake::Script;
use tests::sample;
use tests::world::{Meanwhile, REPOSITORY, Strike, World};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

/// What the user of the sample shop wrote.
fn report(world: &World) {
    world.says("Alice", sample::REPORT);
}

fn contextualize() -> Slash {
    Act::slash("bugbot contextualize")
}

/// A fix in the sample's repository.
fn fix() -> Slash {
    Act::slash("bugbot fix").option("repo", REPOSITORY)
}

fn cancel() -> Slash {
    Act::slash("bugbot cancel")
}

fn retry() -> Slash {
    Act::slash("bugbot retry")
}

fn status() -> Slash {
    Act::slash("bugbot status")
}

/// A world in which the bug is reported and a fix is ordered, with runs of this script.
async fn with_fix(script: Script) -> Rc<World> {
    let world = World::new();
    world.executor.play([script]);
    report(&world);
    world.command("Alice", fix()).await;
    world
}

/// A fix that has come to its pull request, and nothing was done twice.
fn is_one_pull_request(world: &World) {
    assert_eq!(
        world.github.pull_requests(REPOSITORY).len(),
        1,
        "pull requests"
    );
    let branches = world.github.branches(REPOSITORY);
    let branch = branches
        .iter()
        .find(|name| *name != "main")
        .expect("its branch");
    assert_eq!(branches.len(), 2, "{branches:?}");
    assert_eq!(
        world.github.commits(REPOSITORY, "main", branch).len(),
        1,
        "commits"
    );
    assert_eq!(world.linear.issues().len(), 1, "issues");
    assert_eq!(world.linear.attachments("ENG-1").len(), 1, "links");
    assert_eq!(world.linear.comments("ENG-1").len(), 1, "comments");
}

/// Nothing of a fix is in the repository.
fn is_nothing_pushed(world: &World) {
    assert_eq!(world.github.branches(REPOSITORY), ["main"]);
    assert!(world.github.pull_requests(REPOSITORY).is_empty());
}

/// While the struck call is under way, somebody gives a command and it is delivered.
fn meanwhile(world: &Rc<World>, name: &'static str, command: Slash) -> Strike {
    Strike::Meanwhile(happening(world, name, command))
}

/// Somebody gives a command and it is delivered at once.
fn happening(world: &Rc<World>, name: &'static str, command: Slash) -> Meanwhile {
    let world = world.clone();
    Box::new(move || {
        Box::pin(async move {
            world.command(name, command).await;
            world.deliver_due().await;
        })
    })
}
