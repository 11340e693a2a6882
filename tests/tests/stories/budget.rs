//! Money and limits: who may begin, what a run may call, and how a fix goes on where its money
//! ended.

use shared::executor::RunFailure;
use shared::id::JobId;
use tests::discord::{Act, Slash};
use tests::executor_fake::Script;
use tests::world::{MODEL_KEY, REPOSITORY, Strike, World, the_fix};

use super::{MINUTE, SECOND, contextualize, fix, is_one_pull_request, report, status, with_fix};

fn out_of_money() -> Script {
    the_fix().stopped_by(RunFailure::BudgetExhausted)
}

fn go_on() -> Slash {
    Act::slash("bugbot continue")
}

#[tokio::test]
async fn a_fix_that_ran_out_of_money_goes_on_with_more_under_the_commands_own_job() {
    let world = with_fix(out_of_money()).await;
    world.run_until_quiet().await;
    let said = world.last_word();
    assert!(said.contains("budget was used up"), "{said}");
    assert!(said.contains("/bugbot continue"), "{said}");
    assert!(world.github.pull_requests(REPOSITORY).is_empty());

    world.executor.play([the_fix()]);
    world
        .command_and_wait("Bob", go_on().option("budget", "1.50"))
        .await;
    is_one_pull_request(&world);
    let runs = world.executor.started();
    let [first, second] = runs.as_slice() else {
        panic!("{} runs", runs.len());
    };
    assert_ne!(first.run_id, second.run_id);
    assert_eq!(first.source.base_commit, second.source.base_commit);
    let checkpoint = second.checkpoint.as_ref().expect("the work was kept");
    assert_eq!(checkpoint.changes, the_fix().changed());
    assert!((second.limits.max_budget_usd - 1.5).abs() < 1e-9);
    // The branch is the first fix's.
    let first_job = world.accepted_jobs().remove(0);
    let pull = world.github.pull_requests(REPOSITORY).remove(0);
    assert!(pull.head.ends_with(&first_job.short()), "{}", pull.head);
    world.finish();
}

#[tokio::test]
async fn a_fix_goes_on_once_however_often_that_is_asked() {
    let world = with_fix(out_of_money()).await;
    world.run_until_quiet().await;
    world.executor.play([the_fix()]);
    world.command("Alice", go_on()).await;
    world.command("Bob", go_on()).await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    assert_eq!(world.executor.started().len(), 2);
    world.finish();
}

#[tokio::test]
async fn a_fix_that_goes_on_and_whose_last_delivery_fails_after_the_start_is_not_parked() {
    let world = with_fix(out_of_money()).await;
    world.run_until_quiet().await;
    world.executor.play([the_fix()]);
    for _ in 0..3 {
        world.strike_call("job continue", Strike::LostBefore);
    }
    world.strike_call("job start", Strike::Crash);
    world.command_and_wait("Bob", go_on()).await;
    assert!(
        !world.transcript().contains("could not be done"),
        "{}",
        world.transcript()
    );
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_fix_that_stopped_for_no_money_has_nothing_to_go_on_with() {
    let world = with_fix(Script::fails(RunFailure::TurnsExhausted)).await;
    world.run_until_quiet().await;
    world.command_and_wait("Alice", go_on()).await;
    let said = world.last_word();
    assert!(said.contains("nothing to continue"), "{said}");
    world.finish();
}

#[tokio::test]
async fn no_fix_costs_more_than_the_central_maximum_however_often_it_goes_on() {
    let world = World::with_settings(&[("MAX_JOB_USD", "3")]);
    world.executor.play([out_of_money()]);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    world
        .command_and_wait("Alice", go_on().option("budget", "2.95"))
        .await;
    let said = world.last_word();
    assert!(said.contains("A fix may cost $3.00 in all"), "{said}");
    world
        .command_and_wait("Alice", go_on().option("budget", "2.80"))
        .await;
    assert_eq!(world.executor.started().len(), 2);
    world.finish();
}

#[tokio::test]
async fn the_token_of_a_run_pays_until_its_cap_and_until_the_fix_has_ended() {
    let world = World::with_settings(&[("RUN_BUDGET_USD", "0.5")]);
    report(&world);
    world.command("Alice", fix()).await;
    world.run_for(6 * SECOND).await;
    let run = world.executor.started().remove(0);
    // 20,000 tokens of output at $10 a million: twice, and no third time.
    assert_eq!(world.call_model(&run, 20_000).await, 200);
    assert_eq!(world.call_model(&run, 20_000).await, 200);
    assert_eq!(world.call_model(&run, 20_000).await, 403);
    assert_eq!(world.call_model(&run, 100).await, 200);
    let mut other = run.clone();
    other.model.base_url = other.model.base_url.replace("/model/", "/model/1");
    assert_eq!(world.call_model(&other, 100).await, 401);

    world.run_until_quiet().await;
    is_one_pull_request(&world);
    assert_eq!(world.call_model(&run, 100).await, 401, "the fix has ended");
    world.finish();
}

#[tokio::test]
async fn neither_the_sandbox_nor_any_object_holds_what_pays_for_the_model() {
    let world = World::new();
    report(&world);
    world.command("Alice", fix()).await;
    world.run_for(6 * SECOND).await;
    let run = world.executor.started().remove(0);
    let sent = serde_json::to_string(&run).expect("a run is JSON");
    assert!(!sent.contains(MODEL_KEY));
    assert!(
        run.model
            .base_url
            .starts_with("https://gateway.test/model/")
    );
    let stored = world.stored();
    assert!(!stored.contains(MODEL_KEY));
    assert!(
        !stored.contains(run.model.api_key.expose()),
        "it is made anew for each run"
    );
    world.run_until_quiet().await;
    assert!(!world.log().join("\n").contains(run.model.api_key.expose()));
    world.finish();
}

#[tokio::test]
async fn whoever_has_begun_as_many_fixes_as_may_be_reads_when_to_try_again() {
    let world = World::with_settings(&[("USER_FIXES", "1/hour")]);
    report(&world);
    let begun = world.now();
    world.command_and_wait("Alice", fix()).await;
    world.command_and_wait("Alice", fix()).await;
    let said = world.last_word();
    assert!(
        said.contains("You have begun 1 fix within an hour"),
        "{said}"
    );
    let earliest = (begun + 60 * MINUTE).as_second();
    let named = said
        .split("<t:")
        .nth(1)
        .and_then(|rest| rest.split(':').next());
    let named: i64 = named
        .and_then(|at| at.parse().ok())
        .expect("it names a time");
    assert!((earliest..earliest + 60).contains(&named), "{said}");
    assert_eq!(world.executor.started().len(), 1);

    // Others, other commands and later: nothing of it is closed.
    world.command_and_wait("Alice", contextualize()).await;
    world.command_and_wait("Bob", fix()).await;
    world.run_for(61 * MINUTE).await;
    world.command_and_wait("Alice", fix()).await;
    assert_eq!(world.executor.started().len(), 3);
    world.finish();
}

#[tokio::test]
async fn a_place_is_free_again_when_its_fix_has_ended() {
    let world = World::with_settings(&[("ALL_FIXES", "1/now")]);
    world.executor.play([Script::changes_nothing("Nothing.")]);
    report(&world);
    for _ in 0..3 {
        world.command_and_wait("Alice", fix()).await;
    }
    assert_eq!(world.executor.started().len(), 3);
    world.finish();
}

#[tokio::test]
async fn a_fix_that_is_rejected_takes_no_place() {
    let world = World::with_settings(&[
        ("USER_FIXES", "1/day"),
        ("ALLOWED_REPOSITORIES", REPOSITORY),
    ]);
    report(&world);
    let elsewhere = Act::slash("bugbot fix").option("repo", "acme/payroll");
    world.command_and_wait("Alice", elsewhere).await;
    world.command_and_wait("Alice", fix()).await;
    is_one_pull_request(&world);
    world.command_and_wait("Alice", status()).await;
    world.finish();
}

#[tokio::test]
async fn the_operators_switch_lets_no_fix_begin() {
    let world = World::new();
    report(&world);
    world.switch_model(false, "the key leaked");
    world.command_and_wait("Alice", fix()).await;
    let said = world.last_word();
    assert!(said.contains("shut off the agents' model"), "{said}");
    world.switch_model(true, "");
    world.command_and_wait("Alice", fix()).await;
    is_one_pull_request(&world);
    let jobs: Vec<JobId> = world.accepted_jobs();
    assert_eq!(jobs.len(), 2);
    world.finish();
}
