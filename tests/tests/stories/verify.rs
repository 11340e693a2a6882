//! The repository's own commands, from `.bugbot.toml` to the pull request: evidence for whoever
//! reviews, run only where the operator lets them.

use tests::executor_fake::Script;
use tests::world::{REPOSITORY, World, the_fix};

use super::trust::with_rules;
use super::{is_nothing_pushed, is_one_pull_request, with_fix};

const RULES: &str = "verify = [\"npm test\", \"npm run lint\"]\n";
const ALLOWED: [(&str, &str); 1] = [("ALLOW_VERIFY", "on")];

/// The commands that the executor was given.
fn handed_over(world: &World) -> Vec<String> {
    world.executor.started().remove(0).verify
}

fn proposed(world: &World) -> String {
    let pull = world.github.pull_requests(REPOSITORY).remove(0);
    pull.body.expect("it has a text")
}

#[tokio::test]
async fn a_change_that_passes_the_repositorys_commands_says_so_in_thread_and_pull_request() {
    let world = with_rules(RULES, &ALLOWED, the_fix()).await;
    is_one_pull_request(&world);
    assert_eq!(handed_over(&world), ["npm test", "npm run lint"]);
    let passed = ["✅ `npm test` passed", "✅ `npm run lint` passed"];
    let (said, body) = (world.last_word(), proposed(&world));
    for line in passed {
        assert!(said.contains(line), "{said}");
        assert!(body.contains(line), "{body}");
    }
    assert!(
        !body.contains("all tests passed"),
        "what passed needs no words: {body}"
    );
    world.finish();
}

#[tokio::test]
async fn a_change_that_fails_them_is_proposed_with_what_they_said() {
    let world = with_rules(RULES, &ALLOWED, the_fix().failing_to_verify()).await;
    is_one_pull_request(&world);
    let failed = "❌ `npm test` failed with exit code 1";
    let said = world.last_word();
    assert!(said.contains("has a pull request"), "{said}");
    assert!(said.contains(failed), "{said}");
    let body = proposed(&world);
    assert!(body.contains("### Verification"), "{body}");
    assert!(body.contains(failed), "{body}");
    assert!(body.contains("      1 test failed\n"), "{body}");
    world.finish();
}

#[tokio::test]
async fn without_the_operators_leave_nothing_of_it_runs_or_is_said() {
    let off = with_rules(RULES, &[], the_fix()).await;
    let none = with_fix(the_fix()).await;
    none.run_until_quiet().await;
    for world in [off, none] {
        is_one_pull_request(&world);
        assert!(handed_over(&world).is_empty());
        assert!(!proposed(&world).contains("Verification"));
        assert!(!world.last_word().contains("Verification"));
        world.finish();
    }
}

/// What a change itself says of the commands decides nothing.
#[tokio::test]
async fn the_commands_are_those_of_the_default_branch_as_it_was_before_the_change() {
    let theirs = Script::modifies(&[(".bugbot.toml", "verify = [\"true\"]\n")]);
    let world = with_rules(RULES, &ALLOWED, theirs).await;
    assert_eq!(handed_over(&world), ["npm test", "npm run lint"]);
    is_nothing_pushed(&world);
    world.finish();
}
