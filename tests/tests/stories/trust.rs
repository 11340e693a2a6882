//! Approval, the repository's own rules, and what the audit log holds in the end.

use std::time::Duration;

use shared::audit::{Fact, Head, Verifier, parse_lines};
use shared::fix::APPROVAL_LIMIT;
use tests::discord::{Act, Slash};
use tests::executor_fake::Script;
use tests::world::{REPOSITORY, Strike, World, the_fix};

use super::{
    MINUTE, SECOND, cancel, fix, is_nothing_pushed, is_one_pull_request, report, with_fix,
};

fn approve() -> Slash {
    Act::slash("bugbot approve")
}

fn reject() -> Slash {
    Act::slash("bugbot reject")
}

/// A world with a fix whose plan waits.
async fn with_plan(variables: &[(&str, &str)]) -> std::rc::Rc<World> {
    let world = World::with_settings(variables);
    world.executor.play([the_fix()]);
    report(&world);
    world.command("Alice", fix()).await;
    world.run_for(MINUTE).await;
    world
}

/// The facts of the log in their own words.
fn words(world: &World) -> Vec<String> {
    let facts = world.audited().into_iter();
    let what = |fact: Fact| serde_json::to_value(fact).expect("a fact is JSON")["what"].clone();
    facts
        .map(|fact| what(fact).as_str().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn a_fix_that_needs_approval_shows_its_plan_and_begins_when_it_has_it() {
    let world = with_plan(&[("APPROVAL", "on"), ("APPROVE_ALLOWED", "role:10")]).await;
    world.discord.give_role(&world.person("Carol"), "10");
    let plan = world.last_word();
    insta::assert_snapshot!(plan, @r#"
    🛠️ Fixing **ENG-1** in `acme/shop`
    {"color":5793266,"description":"✋ Waiting for approval. The plan:\n**I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the…**\nFrom and to `main` at `31cfa1c`, asked for by <@1479486210048000002>\nAt most 15 min, 60 turns, $5.00\nLikely files:\n  • `src/cart.js`\n  • `src/cart.test.js`\n  • `src/catalogue.js`\n`/bugbot approve` lets it begin, `/bugbot reject` ends it; <t:1772893800:R> it ends by itself.","fields":[{"inline":true,"name":"Stage","value":"Preparing"},{"inline":true,"name":"Elapsed","value":"0 s"},{"inline":true,"name":"Cost","value":"$0.00"}],"title":"ENG-1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the…","type":"rich","url":"https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the"}
    "#);
    assert_eq!(world.executor.started().len(), 0, "nothing costs money yet");
    world.command("Alice", approve()).await;
    world.run_for(SECOND).await;
    assert!(
        world.last_word().contains("may not approve"),
        "{}",
        world.last_word()
    );
    world.command("Carol", approve()).await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    let carol = world.person("Carol");
    let approved = world.audited().into_iter().find_map(|fact| match fact {
        Fact::Approved { by, .. } => Some(by),
        _ => None,
    });
    assert_eq!(approved, Some(carol));
    world.finish();
}

#[tokio::test]
async fn a_plan_that_is_rejected_ends_the_fix() {
    let world = with_plan(&[("APPROVAL", "on")]).await;
    world.command("Carol", reject()).await;
    world.run_until_quiet().await;
    is_nothing_pushed(&world);
    assert!(
        world.transcript().contains("did not approve the plan"),
        "{}",
        world.transcript()
    );
    assert!(words(&world).contains(&"rejected".to_owned()));
    // Too late.
    world.command_and_wait("Carol", approve()).await;
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_plan_that_nobody_decides_about_ends_by_itself() {
    let world = with_plan(&[("APPROVAL", "on")]).await;
    world
        .run_for(APPROVAL_LIMIT.saturating_sub(Duration::from_mins(5)))
        .await;
    assert!(
        world.last_word().contains("Waiting for approval"),
        "{}",
        world.last_word()
    );
    world.run_until_quiet().await;
    assert!(
        world.last_word().contains("Nobody approved"),
        "{}",
        world.last_word()
    );
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_plan_that_waits_can_be_cancelled() {
    let world = with_plan(&[("APPROVAL", "on")]).await;
    world.command("Alice", cancel()).await;
    world.run_until_quiet().await;
    is_nothing_pushed(&world);
    world.finish();
}

/// A world with a `.bugbot.toml` on the default branch, and an ordered fix.
pub(super) async fn with_rules(
    rules: &str,
    variables: &[(&str, &str)],
    script: Script,
) -> std::rc::Rc<World> {
    let world = World::with_settings(variables);
    world.github.push(REPOSITORY, "main", ".bugbot.toml", rules);
    world.executor.play([script]);
    report(&world);
    world.command("Alice", fix()).await;
    world.run_until_quiet().await;
    world
}

#[tokio::test]
async fn the_rules_of_a_repository_are_kept() {
    let rules = "reviewers = [\"acme\"]\nlabels = [\"bugbot\"]\nallowed_paths = [\"src\"]\n";
    let world = with_rules(rules, &[], the_fix()).await;
    is_one_pull_request(&world);
    let pulls = world.github.pull_requests(REPOSITORY);
    assert_eq!(pulls[0].reviewers, ["acme"]);
    assert_eq!(pulls[0].labels, ["bugbot"]);
    world.finish();
}

#[tokio::test]
async fn a_change_that_the_repository_does_not_allow_is_not_pushed() {
    let rules = "denied_paths = [\"src\"]\n";
    let world = with_rules(rules, &[], the_fix()).await;
    is_nothing_pushed(&world);
    assert!(
        world.last_word().contains("must not be changed"),
        "{}",
        world.last_word()
    );
    assert!(words(&world).contains(&"changeRefused".to_owned()));
    world.finish();
}

#[tokio::test]
async fn a_change_to_the_rules_themselves_is_not_pushed() {
    let script = Script::modifies(&[(".bugbot.toml", "approval = false\n")]);
    let world = with_rules("labels = [\"bugbot\"]\n", &[], script).await;
    is_nothing_pushed(&world);
    assert!(
        world.last_word().contains(".bugbot.toml"),
        "{}",
        world.last_word()
    );
    world.finish();
}

#[tokio::test]
async fn a_mistake_in_the_rules_is_said_with_its_place_and_nothing_runs() {
    let world = with_rules("labels = [\"a\"]\nreviewer = [\"acme\"]\n", &[], the_fix()).await;
    insta::assert_snapshot!(world.last_word(), @r#"
    ⚠️ **ENG-1** · `.bugbot.toml` of the repository cannot be used: line 2, column 1: unknown field \`reviewer\`, expected one of \`allowed\_paths\`, \`denied\_paths\`, \`verify\`, \`base\_branch\`, \`reviewers\`, \`labels\`, \`approval\`, \`fix\_rounds\`. Nothing was begun.
    {"color":13801762,"description":"`.bugbot.toml` of the repository cannot be used: line 2, column 1: unknown field \\`reviewer\\`, expected one of \\`allowed\\_paths\\`, \\`denied\\_paths\\`, \\`verify\\`, \\`base\\_branch\\`, \\`reviewers\\`, \\`labels\\`, \\`approval\\`, \\`fix\\_rounds\\`. Nothing was begun.","fields":[{"inline":false,"name":"What next","value":"Mend it on the default branch, then `/bugbot retry` starts it again."}],"title":"ENG-1: no pull request","type":"rich","url":"https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the"}
    "#);
    assert_eq!(world.executor.started().len(), 0);
    is_nothing_pushed(&world);
    // It cannot widen what the operator allows either.
    let world = with_rules("allowed_paths = [\"lib\"]\n", &[], the_fix()).await;
    assert!(
        world.last_word().contains("line 1, column 18"),
        "{}",
        world.last_word()
    );
    is_nothing_pushed(&world);
}

#[tokio::test]
async fn a_repository_can_ask_for_approval_and_not_do_without_the_operators() {
    let world = World::new();
    world
        .github
        .push(REPOSITORY, "main", ".bugbot.toml", "approval = true\n");
    world.executor.play([the_fix()]);
    report(&world);
    world.command("Alice", fix()).await;
    world.run_for(MINUTE).await;
    assert!(
        world.last_word().contains("Waiting for approval"),
        "{}",
        world.last_word()
    );
    world.command("Carol", approve()).await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);

    let world = World::with_settings(&[("APPROVAL", "on")]);
    world
        .github
        .push(REPOSITORY, "main", ".bugbot.toml", "approval = false\n");
    report(&world);
    world.command("Alice", fix()).await;
    world.run_for(MINUTE).await;
    assert!(
        world.last_word().contains("Waiting for approval"),
        "{}",
        world.last_word()
    );
}

#[tokio::test]
async fn the_audit_log_tells_the_whole_story_of_a_fix() {
    let world = with_fix(the_fix()).await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    assert_eq!(
        words(&world),
        ["allowed", "planned", "committed", "proposed", "ended"]
    );
    let facts = world.audited();
    let Some(Fact::Committed { files, branch, .. }) = facts.get(2) else {
        panic!("{facts:?}")
    };
    assert_eq!(files, &[tests::sample::BUGGY_FILE]);
    assert!(branch.starts_with("bugbot/eng-1-"), "{branch}");
    let Some(Fact::Ended {
        outcome,
        cost_micro_usd,
        ..
    }) = facts.last()
    else {
        panic!("{facts:?}")
    };
    assert_eq!(outcome, "pullRequest");
    assert!(*cost_micro_usd > 0);
    // What people wrote is not in it.
    let log = serde_json::to_string(&world.audit_log()).expect("a log is JSON");
    assert!(!log.contains("mug"), "{log}");
    // As it would be exported and verified elsewhere.
    let entries = world.audit_log();
    let head = entries
        .last()
        .map(shared::audit::Entry::head)
        .unwrap_or_default();
    let export = shared::audit::Export {
        entries,
        head: head.clone(),
    };
    let mut verifier = Verifier::new(Some(head.clone()));
    for entry in parse_lines(&export.to_lines()) {
        verifier.push(&entry.expect("an entry")).expect("whole");
    }
    assert_eq!(verifier.finish(), Ok(head));
    assert_ne!(Head::default().number, 5);
    world.finish();
}

/// Whatever the log does while a fix goes on, nothing is recorded twice and nothing is lost.
#[tokio::test]
async fn a_log_that_fails_at_any_append_holds_all_of_it_in_the_end() {
    for part in ["planned", "committed", "proposed"] {
        let strikes: [fn() -> Strike; 3] = [
            || Strike::LostBefore,
            || Strike::LostAfter,
            || Strike::Crash,
        ];
        for strike in strikes {
            let world = with_fix(the_fix()).await;
            world.strike_call(part, strike());
            world.run_until_quiet().await;
            is_one_pull_request(&world);
            assert_eq!(
                words(&world),
                ["allowed", "planned", "committed", "proposed", "ended"]
            );
            world.finish();
        }
    }
}

#[tokio::test]
async fn a_log_that_goes_away_stops_a_fix_before_its_next_step_and_not_its_words() {
    let world = with_fix(the_fix()).await;
    world
        .run_while(|world| world.executor.started().is_empty())
        .await;
    world.audit_refuses.replace(Some("gone".to_owned()));
    world.run_until_quiet().await;
    assert!(
        world.last_word().contains("The audit log did not answer"),
        "{}",
        world.last_word()
    );
    assert!(world.github.pull_requests(REPOSITORY).is_empty());
    world.finish();
}
