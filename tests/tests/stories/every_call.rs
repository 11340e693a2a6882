//! Every call over a port, struck in turn: by the death of its caller, by the loss of the request
//! or of its answer, by a broken answer, by a rate limit. The outcome is the same each time.

use std::rc::Rc;
use std::time::Duration;

use shared::executor::Checkpoint;
use tests::discord::Act;
use tests::executor_fake::Trouble;
use tests::world::{Strike, World, the_fix};

use super::{SECOND, contextualize, fix, is_one_pull_request, report};

/// A story that can be told again.
trait Tale {
    async fn play(world: &Rc<World>);
    fn check(world: &World);
}

/// A first contextualize, with evidence.
struct Context;

impl Tale for Context {
    async fn play(world: &Rc<World>) {
        world.posthog.person("ada@shop.test", "d-ada");
        world.posthog.recording(
            "d-ada",
            240 * SECOND,
            180 * SECOND,
            "https://shop.test/cart",
        );
        report(world);
        let command = contextualize().option("email", "ada@shop.test");
        world.command_and_wait("Alice", command).await;
    }

    fn check(world: &World) {
        assert_eq!(world.linear.issues().len(), 1, "issues");
        assert_eq!(world.linear.comments("ENG-1").len(), 1, "comments");
        assert!(world.linear.attachments("ENG-1").len() <= 1, "links");
        assert!(
            world.last_word().contains("added the context"),
            "{}",
            world.transcript()
        );
    }
}

/// A fix, from the command to the pull request.
struct Fix;

impl Tale for Fix {
    async fn play(world: &Rc<World>) {
        // Short, so that there are few of the calls that only look.
        world.executor.play([the_fix().taking(3 * SECOND)]);
        report(world);
        world.command_and_wait("Alice", fix()).await;
    }

    fn check(world: &World) {
        is_one_pull_request(world);
        assert!(
            world.last_word().contains("has a pull request"),
            "{}",
            world.transcript()
        );
    }
}

/// A fix whose run fails and leaves a crash report.
struct Crash;

impl Tale for Crash {
    async fn play(world: &Rc<World>) {
        let fails = super::crash_report::fails().taking(3 * SECOND);
        world.executor.play([fails]);
        report(world);
        world.command_and_wait("Alice", fix()).await;
    }

    fn check(world: &World) {
        let bucket = world.bucket.borrow();
        let kept = bucket.as_ref().expect("it is bound");
        assert_eq!(kept.len(), 1, "{:?}", kept.keys());
        assert!(kept.values().all(|tar| tar == super::crash_report::TAR));
        let last = world.last_word();
        assert!(last.contains("bugbot jobs crash-report"), "{last}");
        assert!(last.contains("The agent failed"), "{last}");
    }
}

/// A fix whose sandbox is lost after its work was saved.
struct Lost;

impl Tale for Lost {
    async fn play(world: &Rc<World>) {
        let dies = the_fix().taking(600 * SECOND);
        world
            .executor
            .play([dies.until(100 * SECOND, Trouble::Dies)]);
        report(world);
        world.command_and_wait("Alice", fix()).await;
    }

    fn check(world: &World) {
        let bucket = world.bucket.borrow();
        let kept = bucket.as_ref().expect("it is bound");
        let (key, work) = kept.first_key_value().expect("it was saved");
        assert!(
            kept.len() == 1 && key.ends_with(".checkpoint.json"),
            "{key}"
        );
        assert!(serde_json::from_slice::<Checkpoint>(work).is_ok());
        let last = world.last_word();
        assert!(last.contains("None could be taken"), "{last}");
    }
}

/// Commands that ask and order.
struct Small;

impl Tale for Small {
    async fn play(world: &Rc<World>) {
        for command in ["bugbot status", "bugbot cancel", "bugbot retry"] {
            world.command_and_wait("Alice", Act::slash(command)).await;
        }
    }

    fn check(_: &World) {}
}

/// Says which call was struck when a test fails for it.
struct Told(usize, String);

impl Drop for Told {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("struck: call {} {}", self.0, self.1);
        }
    }
}

/// Plays the tale once for each call that `wanted` names, with that call struck.
async fn strike_each<T: Tale>(wanted: impl Fn(&str) -> bool, strike: impl Fn() -> Strike) {
    strike_each_in::<T>(World::new, wanted, strike).await;
}

/// The same, in worlds that begin so.
async fn strike_each_in<T: Tale>(
    begin: impl Fn() -> Rc<World>,
    wanted: impl Fn(&str) -> bool,
    strike: impl Fn() -> Strike,
) {
    let good = World::new();
    T::play(&good).await;
    good.finish();
    T::check(&good);
    let calls = good.calls();
    for (nth, call) in calls.iter().cloned().enumerate() {
        // A death leaves another state behind at every call. What is lost is looked at the first
        // two times: a fix looks at its run and sets its alarm again and again.
        let before = calls[..nth]
            .iter()
            .filter(|earlier| **earlier == call)
            .count();
        let is_death = matches!(strike(), Strike::Crash);
        if !wanted(&call) || (before >= 2 && !is_death) {
            continue;
        }
        let _told = Told(nth, call.clone());
        let world = begin();
        world.strike(nth, strike());
        T::play(&world).await;
        assert_eq!(
            world.struck(),
            Some(call),
            "the story is the same up to there"
        );
        // What a crash or an absent store leaves behind is the sweep's.
        world.sweep().await;
        world.run_until_quiet().await;
        world.finish();
        T::check(&world);
    }
}

fn any(_: &str) -> bool {
    true
}

fn is_http(call: &str) -> bool {
    call.contains("://")
}

/// The search for code is not needed, so it is not tried again, and looks are repeated anyway.
fn is_repeated(call: &str) -> bool {
    is_http(call) && !call.contains("posthog") && !call.contains("/search/")
}

#[tokio::test]
async fn a_contextualize_that_dies_at_any_call_has_one_outcome() {
    strike_each::<Context>(any, || Strike::Crash).await;
}

#[tokio::test]
async fn a_contextualize_survives_any_request_that_is_lost() {
    strike_each::<Context>(any, || Strike::LostBefore).await;
}

#[tokio::test]
async fn a_contextualize_survives_any_answer_that_is_lost() {
    strike_each::<Context>(any, || Strike::LostAfter).await;
    strike_each::<Context>(is_http, || Strike::BrokenAfter).await;
}

#[tokio::test]
async fn a_contextualize_obeys_any_rate_limit() {
    strike_each::<Context>(is_http, || Strike::RateLimited(Duration::from_secs(40))).await;
}

#[tokio::test]
async fn small_commands_have_one_answer_whatever_is_lost() {
    strike_each::<Small>(any, || Strike::Crash).await;
    strike_each::<Small>(any, || Strike::LostBefore).await;
    strike_each::<Small>(any, || Strike::LostAfter).await;
    strike_each::<Small>(is_http, || Strike::BrokenAfter).await;
}

#[tokio::test]
async fn a_crash_report_is_kept_once_whatever_dies_or_is_lost() {
    let is_near = |call: &str| {
        let near = ["bucket", "crash-report", "/result"];
        near.iter().any(|part| call.contains(part))
    };
    // Up to there it is as every fix, and so is what comes after it.
    strike_each::<Crash>(
        |call| is_near(call) || call.contains("/messages"),
        || Strike::Crash,
    )
    .await;
    strike_each::<Crash>(is_near, || Strike::CrashBefore).await;
    strike_each::<Crash>(is_near, || Strike::LostBefore).await;
    strike_each::<Crash>(is_near, || Strike::LostAfter).await;
    strike_each::<Crash>(
        |call| is_near(call) && is_http(call),
        || Strike::BrokenAfter,
    )
    .await;
    let busy = || Strike::RateLimited(Duration::from_secs(40));
    strike_each::<Crash>(|call| is_near(call) && is_http(call), busy).await;
}

#[tokio::test]
async fn the_work_of_a_lost_sandbox_is_kept_once_whatever_dies_or_is_lost() {
    let is_near = |call: &str| call.contains("bucket");
    strike_each::<Lost>(is_near, || Strike::Crash).await;
    strike_each::<Lost>(is_near, || Strike::CrashBefore).await;
    strike_each::<Lost>(is_near, || Strike::LostBefore).await;
    strike_each::<Lost>(is_near, || Strike::LostAfter).await;
}

#[tokio::test]
async fn a_fix_that_dies_at_any_call_has_one_outcome() {
    strike_each::<Fix>(any, || Strike::Crash).await;
}

#[tokio::test]
async fn a_fix_survives_any_request_that_is_lost() {
    strike_each::<Fix>(any, || Strike::LostBefore).await;
}

#[tokio::test]
async fn a_fix_survives_any_answer_that_is_lost() {
    strike_each::<Fix>(any, || Strike::LostAfter).await;
}

#[tokio::test]
async fn a_fix_survives_any_answer_that_is_broken() {
    strike_each::<Fix>(is_http, || Strike::BrokenAfter).await;
}

#[tokio::test]
async fn a_fix_obeys_any_rate_limit() {
    strike_each::<Fix>(is_repeated, || Strike::RateLimited(Duration::from_secs(40))).await;
}

/// The platform rings an alarm that died again, but not for ever. What the object itself has set
/// before it died is enough.
#[tokio::test]
async fn a_fix_goes_on_by_its_own_alarms_alone() {
    let begin = || {
        let world = World::new();
        world.lose_alarms_that_die();
        world
    };
    strike_each_in::<Fix>(begin, any, || Strike::Crash).await;
}
