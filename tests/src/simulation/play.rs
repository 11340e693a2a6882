//! Plays a scenario to its end.

use std::rc::Rc;
use std::time::Duration;

use shared::executor::RunFailure;
use shared::id::ChannelId;

use super::check::check;
use super::{Hit, Op, Run, Scenario, Verb};
use crate::discord::{Act, Slash};
use crate::executor_fake::{Script, Trouble};
use crate::sample;
use crate::world::{REPOSITORY, Strike, World, the_fix};

/// How often the sweep comes, once nothing else happens, and how often that is waited for: what is
/// lost is ended by the second one at the latest.
const SWEEPS: usize = 4;
const BETWEEN_SWEEPS: Duration = Duration::from_mins(20);

/// Plays a scenario, and panics with what does not hold when it has ended.
pub async fn play(scenario: &Scenario) {
    let world = World::new();
    world.executor.play(scenario.runs.iter().map(script));
    let threads = threads(&world, scenario);
    for op in &scenario.ops {
        act(&world, &threads, *op).await;
    }
    world.run_until_quiet().await;
    for _ in 0..SWEEPS {
        world.clock.advance(BETWEEN_SWEEPS);
        world.sweep().await;
        world.run_until_quiet().await;
    }
    check(&world, &threads);
}

fn threads(world: &World, scenario: &Scenario) -> Vec<ChannelId> {
    let last = scenario.ops.iter().map(|op| match op {
        Op::Give(thread, _) => *thread,
        _ => 0,
    });
    let count = 1 + last.max().unwrap_or(0);
    let more = (1..count).map(|nth| world.open_thread(&format!("Thread {nth}")));
    let threads: Vec<ChannelId> = std::iter::once(world.thread.clone()).chain(more).collect();
    let alice = world.person("Alice");
    for thread in &threads {
        world.discord.say(thread, &alice, sample::REPORT);
    }
    threads
}

async fn act(world: &Rc<World>, threads: &[ChannelId], op: Op) {
    let seconds = Duration::from_secs;
    match op {
        Op::Give(thread, verb) => {
            let command = command(verb);
            world.command_in(&threads[thread], "Bob", command).await;
        }
        Op::Run(time) => world.run_for(seconds(time)).await,
        Op::Stall(time) => world.clock.advance(seconds(time)),
        Op::Duplicate => world.commands.duplicate_all(),
        Op::Reverse => world.commands.reverse(),
        Op::AtOnce(order) => {
            world.shuffle(order);
            world.deliver_due_at_once().await;
        }
        Op::Strike(after, hit) => world.strike(world.calls_so_far() + after, strike(hit)),
        Op::Away(service, time) => world.away(service, seconds(time)),
        Op::SandboxDies => world.executor.die(),
        Op::KvBehind(time) => world.freeze_kv(seconds(time)),
        Op::Sweep => world.sweep().await,
    }
}

fn command(verb: Verb) -> Slash {
    match verb {
        Verb::Contextualize => Act::slash("bugbot contextualize"),
        Verb::Fix => Act::slash("bugbot fix").option("repo", REPOSITORY),
        Verb::Cancel => Act::slash("bugbot cancel"),
        Verb::Retry => Act::slash("bugbot retry"),
        Verb::Status => Act::slash("bugbot status"),
        Verb::Steer => Act::slash("bugbot steer").option("text", "Mind the tests."),
        Verb::Approve => Act::slash("bugbot approve"),
        Verb::Reject => Act::slash("bugbot reject"),
        Verb::Continue => Act::slash("bugbot continue"),
        Verb::Deploy => Act::slash("bugbot deploy"),
    }
}

fn strike(hit: Hit) -> Strike {
    match hit {
        Hit::Crash => Strike::Crash,
        Hit::LostBefore => Strike::LostBefore,
        Hit::LostAfter => Strike::LostAfter,
        Hit::Broken => Strike::BrokenAfter,
        Hit::Limited(time) => Strike::RateLimited(Duration::from_secs(time)),
    }
}

fn script(run: &Run) -> Script {
    let after = Duration::from_secs(5);
    match run {
        Run::Fixes(time) => the_fix().taking(Duration::from_secs(*time)),
        Run::Dies => the_fix().until(after, Trouble::Dies),
        Run::FallsSilent(time) => {
            the_fix().until(after, Trouble::FallsSilent(Duration::from_secs(*time)))
        }
        Run::IsInterrupted => the_fix().until(after, Trouble::IsInterrupted),
        Run::ChangesNothing => Script::changes_nothing("I looked."),
        Run::Fails => Script::fails(RunFailure::TimedOut),
    }
}
