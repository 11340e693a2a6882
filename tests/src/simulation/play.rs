//! Plays a scenario to its end.

use std::rc::Rc;
use std::time::Duration;

use shared::executor::RunFailure;
use shared::id::ChannelId;

use super::check::check;
use super::github::News;
use super::{Answered, Hit, Op, Run, Scenario, Verb};
use crate::discord::{Act, Slash};
use crate::executor_fake::{Script, Trouble};
use crate::sample;
use crate::world::{REPOSITORY, Strike, World, fixed_file};

/// How often the sweep comes, once nothing else happens: what is lost is ended by the second one at
/// the latest. Each strike that is left may spoil one more.
const SWEEPS: usize = 4;
const BETWEEN_SWEEPS: Duration = Duration::from_mins(20);

/// Nothing is away for longer.
const WEATHER_PASSES: Duration = Duration::from_secs(1_000);

/// More runs than any scenario starts.
const MOST_RUNS: usize = 60;

/// Plays a scenario, and panics with what does not hold when it has ended.
pub async fn play(scenario: &Scenario) {
    let rules: Vec<_> = scenario.rules.iter().map(|rule| rule.setting()).collect();
    let world = World::in_memory(&rules);
    let last = scenario.runs.last().copied().unwrap_or(Run::Fixes(20));
    let runs = scenario.runs.iter().copied();
    let runs = runs.chain(std::iter::repeat(last)).take(MOST_RUNS);
    let fixed = fixed_file();
    let scripts = runs.enumerate().map(|(nth, run)| script(&fixed, nth, run));
    world.executor.play(scripts);
    let threads = threads(&world, scenario);
    let mut news = News::default();
    for op in &scenario.ops {
        act(&world, &threads, &mut news, *op).await;
    }
    world.run_until_quiet().await;
    world.clock.advance(WEATHER_PASSES);
    news.tell_the_rest(&world).await;
    world.run_until_quiet().await;
    let strikes = scenario.ops.iter();
    let strikes = strikes.filter(|op| matches!(op, Op::Strike(..))).count();
    for _ in 0..SWEEPS + strikes {
        world.clock.advance(BETWEEN_SWEEPS);
        world.sweep().await;
        world.run_until_quiet().await;
    }
    check(&world, &threads, &news);
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

async fn act(world: &Rc<World>, threads: &[ChannelId], news: &mut News, op: Op) {
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
        Op::QueueRefuses(time) => {
            world.commands.refuse_for(seconds(time));
            world.dead_letters.refuse_for(seconds(time));
        }
        Op::Strike(after, hit) => world.strike(world.calls_so_far() + after, strike(hit)),
        Op::Away(service, time) => world.away(service, seconds(time)),
        Op::SandboxDies => world.executor.die(),
        Op::SandboxStops => world.executor.stop(),
        Op::AlarmsLate(time) => world.delay_alarms(seconds(time)),
        Op::KvBehind(time) => world.freeze_kv(seconds(time)),
        Op::GitHub(nth, happening, telling) => news.happens(world, nth, happening, telling).await,
        Op::Redeliver => news.again(world).await,
        Op::CallModel(tokens, answered) => call_model(world, tokens, answered).await,
        Op::SwitchModel(on) => world.switch_model(on, "as the scenario goes"),
        Op::Sweep => world.sweep().await,
    }
}

/// The run that began last, of those that go on, calls the model.
async fn call_model(world: &World, tokens: u64, answered: Answered) {
    let active = world.executor.active();
    let started = world.executor.started();
    let goes_on =
        |run: &&shared::executor::RunRequest| active.iter().any(|id| id == run.run_id.as_str());
    let Some(run) = started.iter().rfind(goes_on) else {
        return;
    };
    match answered {
        // Whatever the caps say: no run is told to stop by them.
        Answered::Yes => drop(world.call_model(run, tokens).await),
        Answered::Never => world.call_model_and_die(run, tokens).await,
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
        Hit::CrashBefore => Strike::CrashBefore,
        Hit::Crash => Strike::Crash,
        Hit::LostBefore => Strike::LostBefore,
        Hit::LostAfter => Strike::LostAfter,
        Hit::Broken => Strike::BrokenAfter,
        Hit::Limited(time) => Strike::RateLimited(Duration::from_secs(time)),
    }
}

/// The script of the `nth` run. No two leave the same file: a commit that changes nothing is none.
fn script(fixed: &str, nth: usize, run: Run) -> Script {
    let after = Duration::from_secs(5);
    let text = format!("{fixed}// {nth}\n");
    let fix = Script::modifies(&[(sample::BUGGY_FILE, &text)]);
    match run {
        Run::Fixes(time) => fix.taking(Duration::from_secs(time)),
        Run::Dies => fix.until(after, Trouble::Dies),
        Run::FallsSilent(time) => fix.until(after, Trouble::FallsSilent(Duration::from_secs(time))),
        Run::IsInterrupted => fix.until(after, Trouble::IsInterrupted),
        Run::ChangesNothing => Script::changes_nothing("I looked."),
        Run::Oversteps => Script::modifies(&[("package.json", "{}\n")]),
        Run::RunsOutOfMoney => fix.stopped_by(RunFailure::BudgetExhausted),
        Run::Fails => Script::fails(RunFailure::TimedOut),
    }
}
