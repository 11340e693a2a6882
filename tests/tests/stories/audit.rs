//! One log that tells all of a fix: who asked, what was allowed or refused and why, what was changed
//! where, and what it cost.

use std::rc::Rc;

use serde_json::Value;
use shared::audit::{Broken, Entry, Export, Verifier, parse_lines, verify};
use tests::deploy_hook;
use tests::discord::Act;
use tests::executor_fake::Script;
use tests::sample;
use tests::world::{REPOSITORY, Strike, World, fixed_file, the_fix};

use super::{MINUTE, SECOND, fix, is_one_pull_request, report};

/// A further run that mends what the first one left.
fn a_round() -> Script {
    let text = format!("{}// Rounds.\n", fixed_file());
    Script::modifies(&[(sample::BUGGY_FILE, &text)]).taking(5 * SECOND)
}

async fn checks_fail(world: &World) {
    let branch = world.github.pull_requests(REPOSITORY)[0].head.clone();
    let head = world.github.repository(REPOSITORY).head(&branch);
    let head = head.expect("the branch is there");
    world
        .github
        .fail_job(REPOSITORY, &head, "test", "expected 2, got 11\n");
    let told = world.github.tells_check(REPOSITORY, &branch, "failure");
    world.hears(&told).await;
    world.run_until_quiet().await;
}

async fn is_merged(world: &World) {
    world.github.merge(REPOSITORY, 1);
    let told = world.github.tells_pull_request(REPOSITORY, 1, "closed");
    world.hears(&told).await;
    world.run_until_quiet().await;
}

/// The log in short: what, and the fields that matter, people by name.
fn told(world: &World) -> String {
    const FIELDS: [&str; 10] = [
        "by",
        "command",
        "because",
        "cap",
        "limit",
        "repository",
        "files",
        "pullRequest",
        "outcome",
        "costMicroUsd",
    ];
    let people = ["Alice", "Bob", "Carol"].map(|name| (world.person(name).to_string(), name));
    let name = |value: &Value| {
        let known = people.iter().find(|(id, _)| value == id.as_str());
        known.map_or_else(|| value.to_string(), |(_, name)| (*name).to_owned())
    };
    let line = |entry: Entry| {
        let fact = entry.fact;
        let fields = FIELDS.iter().filter_map(|field| {
            let value = fact.get(field)?;
            // The command's own job is told apart by what it is called.
            let is_job = *field == "command" && fact["what"] == "deployed";
            (!is_job).then(|| format!(" {field}={}", name(value)))
        });
        let what = fact["what"].as_str().unwrap_or_default();
        format!("{what}{}\n", fields.collect::<String>())
    };
    world.audit_log().into_iter().map(line).collect()
}

/// A fix that is refused, approved, capped, proposed, deployed, mended and merged.
async fn a_whole_life() -> Rc<World> {
    let world = World::with_settings(&[
        ("FIX_ALLOWED", "role:10"),
        ("APPROVAL", "on"),
        ("RUN_BUDGET_USD", "0.5"),
        ("FIX_ROUNDS", "1"),
        ("DEPLOY_HOOK_URL", deploy_hook::URL),
    ]);
    world.discord.give_role(&world.person("Bob"), "10");
    world.executor.play([the_fix(), a_round()]);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    world.command("Bob", fix()).await;
    world.run_for(MINUTE).await;
    world.command("Carol", Act::slash("bugbot approve")).await;
    world.run_for(6 * SECOND).await;
    let run = world.executor.started().remove(0);
    for status in [200, 200, 403, 403] {
        assert_eq!(world.call_model(&run, 20_000).await, status);
    }
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world
        .command_and_wait("Bob", Act::slash("bugbot deploy"))
        .await;
    checks_fail(&world).await;
    checks_fail(&world).await;
    is_merged(&world).await;
    world
}

#[tokio::test]
async fn one_log_tells_of_refusal_approval_cap_deployment_round_and_merge() {
    let world = a_whole_life().await;
    insta::assert_snapshot!(told(&world), @r#"
    refused by=Alice command="fix" because="FIX_ALLOWED"
    allowed by=Bob command="fix" because="role:10"
    planned by=Bob repository="acme/shop"
    allowed by=Carol command="approve" because="everyone"
    approved by=Carol
    capRefused cap="RUN_BUDGET_USD"
    committed repository="acme/shop" files=["src/cart.js"]
    proposed repository="acme/shop" pullRequest=1
    ended outcome="pullRequest" costMicroUsd=120000
    allowed by=Bob command="deploy" because="everyone"
    deployed by=Bob repository="acme/shop"
    roundOrdered because="checks"
    planned by=Bob repository="acme/shop"
    committed repository="acme/shop" files=["src/cart.js"]
    ended outcome="pullRequest" costMicroUsd=120000
    roundRefused because="checks" limit="rounds"
    merged repository="acme/shop" pullRequest=1
    "#);

    // As it would be exported and verified elsewhere.
    let entries = world.audit_log();
    let head = entries.last().expect("there are entries").head();
    let export = Export {
        entries: entries.clone(),
        head: head.clone(),
    };
    let mut verifier = Verifier::new(Some(head.clone()));
    for entry in parse_lines(&export.to_lines()) {
        verifier.push(&entry.expect("an entry")).expect("whole");
    }
    assert_eq!(verifier.finish(), Ok(head.clone()));
    // Whoever makes the refusal an approval is found out, and so is whoever leaves an entry out.
    for at in 0..entries.len() {
        let mut forged = entries.clone();
        forged[at].fact["by"] = Value::from("somebody else");
        assert!(is_broken(&forged, &head), "changed {at}");
        let mut shorter = entries.clone();
        shorter.remove(at);
        assert!(is_broken(&shorter, &head), "without {at}");
    }
    world.finish_with(3);
}

fn is_broken(entries: &[Entry], head: &shared::audit::Head) -> bool {
    let verified: Result<_, Broken> = verify(entries, Some(head.clone()));
    verified.is_err()
}

/// A refusal by a limit says which one, beside the permission.
#[tokio::test]
async fn a_fix_beyond_a_limit_is_recorded_with_the_limit() {
    let world = World::with_settings(&[("USER_FIXES", "1/hour")]);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    world.command_and_wait("Alice", fix()).await;
    let told = told(&world);
    assert!(
        told.contains("refused by=Alice command=\"fix\" because=\"USER_FIXES\""),
        "{told}"
    );
    world.finish();
}

/// Whatever the log does when a round and a merge are to be recorded: they are, once, and a log that
/// stays away does not keep the issue from being finished.
#[tokio::test]
async fn a_round_and_a_merge_are_recorded_once_whatever_the_log_does() {
    let strikes: [fn() -> Strike; 3] = [
        || Strike::LostBefore,
        || Strike::LostAfter,
        || Strike::Crash,
    ];
    for part in ["round:1", "/merged"] {
        for strike in strikes {
            let world = World::new();
            world.executor.play([the_fix(), a_round()]);
            report(&world);
            world.command_and_wait("Alice", fix()).await;
            world.strike_call(part, strike());
            checks_fail(&world).await;
            is_merged(&world).await;
            let told = told(&world);
            for once in ["roundOrdered ", "merged "] {
                assert_eq!(told.matches(once).count(), 1, "{part}: {told}");
            }
            assert_eq!(world.linear.state_of("ENG-1"), "Done");
            world.finish_with(2);
        }
    }
    let world = World::new();
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    world.audit_refuses.replace(Some("gone".to_owned()));
    is_merged(&world).await;
    assert_eq!(world.linear.state_of("ENG-1"), "Done");
    world.finish_with(1);
}
