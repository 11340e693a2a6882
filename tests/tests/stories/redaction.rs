//! Secrets and addresses in what people and machines wrote: where they must not come to.

use serde_json::json;
use tests::fault::{Canned, Fault};
use tests::world::{REPOSITORY, World, the_fix};

use super::{MINUTE, SECOND, contextualize, fix};

const EMAIL: &str = "ada@shop.test";
/// Beyond where an issue's title ends, so that half of it would be left there.
const REPORT: &str = "I typed 1 for the mug and pressed +, and it counts 11 of them with token";

/// Built here, so that no scanner takes this file for a leak.
fn token() -> String {
    format!("ghp_{}", "a1B2c3D4".repeat(5))
}

/// What any half of it holds.
fn half() -> String {
    "a1B2".to_owned()
}

/// The report with what its writer should have kept to herself.
fn careless_report(world: &World) {
    let said = format!("{REPORT} {} of Ada <{EMAIL}>", token());
    world.says("Alice", &said);
}

/// Everything that the executor was handed, as it came over the wire.
fn told_to_the_model(world: &World) -> String {
    let runs = world.executor.started();
    let told = runs.iter().map(|run| {
        let steers = world.executor.told(run.run_id.as_str()).join("\n");
        let run = serde_json::to_string(run).expect("a run is JSON");
        format!("{run}\n{steers}")
    });
    told.collect()
}

/// Everything that Linear was handed.
fn told_to_linear(world: &World) -> String {
    let issues = world.linear.issues().into_iter();
    let said = issues.map(|issue| {
        let comments = world.linear.comments(&issue.identifier).into_iter();
        let comments: String = comments.map(|comment| comment.body).collect();
        format!(
            "{}\n{}\n{comments}\n",
            issue.title,
            issue.description.unwrap_or_default()
        )
    });
    said.collect()
}

/// Everything that whoever reads the repository can see.
fn told_to_github(world: &World) -> String {
    let pulls = world.github.pull_requests(REPOSITORY);
    let commits = pulls.iter().flat_map(|pull| {
        let commits = world.github.commits(REPOSITORY, "main", &pull.head);
        commits.into_iter().map(|commit| format!("{commit:?}"))
    });
    let comments = world.github.comments(REPOSITORY, 1).into_iter();
    let comments = comments.map(|comment| comment.body);
    let commits: String = commits.chain(comments).collect();
    format!("{pulls:?}{commits}")
}

#[tokio::test]
async fn a_secret_and_an_address_reach_no_model_no_repository_and_no_log() {
    for (setting, stays_in_linear) in [("", true), ("model, linear", false)] {
        let world = World::with_settings(&[("REDACT_EMAILS", setting)]);
        world.posthog.person(EMAIL, "d-ada");
        let page = "https://shop.test/cart";
        world
            .posthog
            .recording("d-ada", 4 * MINUTE, 3 * MINUTE, page);
        careless_report(&world);
        world.command_and_wait("Alice", contextualize()).await;
        // What the text is taken from still knows whom to look for.
        let seen = world.transcript();
        assert!(seen.contains("by the reporter's e-mail address"), "{seen}");
        world.command_and_wait("Alice", fix()).await;
        assert_eq!(world.github.pull_requests(REPOSITORY).len(), 1);

        let (model, linear) = (told_to_the_model(&world), told_to_linear(&world));
        let (github, log) = (told_to_github(&world), world.log().join("\n"));
        for (place, text) in [
            ("model", &model),
            ("Linear", &linear),
            ("GitHub", &github),
            ("log", &log),
        ] {
            assert!(!text.contains(&half()), "{place}: {text}");
            let address = ["ada@", "shop.test>"]
                .iter()
                .any(|part| text.contains(part));
            let may_stay = place == "Linear" && stays_in_linear;
            assert_eq!(address, may_stay, "{place}: {text}");
        }
        // The report has come there all the same.
        for text in [&model, &linear] {
            assert!(text.contains("it counts 11 of them"), "{text}");
            assert!(text.contains("[redacted: GitHub token]"), "{text}");
        }
        world.finish();
    }
}

#[tokio::test]
async fn an_operator_can_let_all_of_it_through() {
    let open = [("REDACT_EMAILS", "nowhere"), ("REDACT_SECRETS", "nowhere")];
    let world = World::with_settings(&open);
    careless_report(&world);
    world.command_and_wait("Alice", fix()).await;
    for text in [told_to_the_model(&world), told_to_linear(&world)] {
        assert!(text.contains(&token()), "{text}");
    }
    // Not to the repository, nor to the logs.
    for text in [told_to_github(&world), world.log().join("\n")] {
        assert!(!text.contains(&half()), "{text}");
    }
    world.finish();
}

#[tokio::test]
async fn what_a_person_steers_with_is_redacted_before_the_agent_reads_it() {
    let world = World::new();
    world.executor.play([the_fix().taking(2 * MINUTE)]);
    careless_report(&world);
    world.command("Alice", fix()).await;
    world.run_for(20 * SECOND).await;
    let text = format!("Log in as {EMAIL} with {}", token());
    let steer = tests::discord::Act::slash("bugbot steer").option("text", text.as_str());
    world.command_and_wait("Bob", steer).await;
    let model = told_to_the_model(&world);
    let redacted = "Log in as [redacted: e-mail address] with [redacted: GitHub token]";
    assert!(model.contains(redacted), "{model}");
    assert!(
        !model.contains(&half()) && !model.contains("ada@"),
        "{model}"
    );
    world.finish();
}

/// Of a log its end is kept, which begins here in the middle of a key of many lines.
#[tokio::test]
async fn what_failing_checks_and_reviewers_say_is_redacted_before_a_round_reads_it() {
    let world = World::new();
    careless_report(&world);
    world.command_and_wait("Alice", fix()).await;
    let head = |world: &World| {
        let branch = world.github.pull_requests(REPOSITORY)[0].head.clone();
        let head = world.github.repository(REPOSITORY).head(&branch);
        (head.expect("the branch is there"), branch)
    };
    let (commit, branch) = head(&world);
    let armour = |end: &str| format!("-----{end} RSA PRIVATE KEY-----");
    let key = format!("{}\n{}", armour("BEGIN"), "a1B2c3D4\n".repeat(1_400));
    let log = format!(
        "{key}{}\n{}logged in as {EMAIL} with \u{1b}[31m{}\nexpected 2, got 11\n##[error]failed\n",
        armour("END"),
        "one line of many\n".repeat(700),
        token(),
    );
    world.github.fail_job(REPOSITORY, &commit, "test", &log);
    let told = world.github.tells_check(REPOSITORY, &branch, "failure");
    world.hears(&told).await;
    world.run_until_quiet().await;

    let grace = ("grace", "MEMBER");
    let remark = format!("Try {} of {EMAIL}", token());
    world
        .github
        .remark(REPOSITORY, 1, grace, "src/cart.js:18", &remark);
    let told = world
        .github
        .tells_comment(REPOSITORY, 1, grace, "@bugbot address");
    world.hears(&told).await;
    world.run_until_quiet().await;

    let runs = world.executor.started();
    assert_eq!(runs.len(), 3, "the fix and two rounds");
    let prompts: Vec<_> = runs
        .iter()
        .map(|run| run.prompt.render(false, &[]))
        .collect();
    assert!(prompts[1].contains("expected 2, got 11"), "{}", prompts[1]);
    assert!(prompts[2].contains("grace wrote about"), "{}", prompts[2]);
    for text in [told_to_the_model(&world), told_to_github(&world)] {
        assert!(!text.contains(&half()) && !text.contains("ada@"), "{text}");
    }
    world.finish_with(2);
}

#[tokio::test]
async fn a_service_that_repeats_a_secret_has_it_repeated_in_no_log() {
    let world = World::new();
    careless_report(&world);
    let said = format!("no mail to {EMAIL} with {}", token());
    let answer = Canned::json(500, &json!({ "message": said }));
    world
        .github
        .fail_next("GET /repos/*/*", Fault::Answer(answer), 1);
    world.command_and_wait("Alice", fix()).await;
    let log = world.log().join("\n");
    assert!(log.contains("an effect failed"), "{log}");
    assert!(!log.contains(&half()) && !log.contains("ada@"), "{log}");
    world.finish();
}
