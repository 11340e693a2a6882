//! The demo: a bug goes from a chat thread to a real diff on a real branch, seen as people would
//! see it. Ends well only if every part of the story held.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use serde_json::json;
use shared::id::{ChannelId, UserId};
use tests::discord::Act;
use tests::local::{Keys, Local, REPOSITORY, Setup, Told, fresh};
use tests::sample;
use tests::stack::project;

const CONTEXTUALIZE_WITHIN: Duration = Duration::from_secs(30);
const FIX_WITHIN: Duration = Duration::from_mins(3);

pub(crate) async fn run() -> anyhow::Result<()> {
    let begun = Instant::now();
    let state = project("target/demo");
    fresh(&state)?;
    let setup = Setup {
        persist: true,
        keys: keys(),
        ..Setup::new(&state)
    };
    let local = Local::start(setup).await?;
    say(
        "bugbot demo",
        "Discord, Linear, PostHog and the model are stand-ins on this machine; the",
    );
    println!("workers run in workerd, the agent is Claude Code, the repository is a real git one.");

    let (thread, ann) = local.reported();
    let bob = local.discord.person("Bob");
    let report = record_and_report(&local, &thread, &ann);
    title("A thread");
    print!("{}", local.discord.transcript(&thread));

    title("Bob: Apps → Add context");
    let endpoint = local.endpoint();
    endpoint
        .act(&bob, &thread, Act::menu("Add context", &report))
        .await
        .taken();
    let told = local
        .wait_for(&thread, 0, CONTEXTUALIZE_WITHIN, show_progress)
        .await?;
    succeeded(&told)?;

    title("Bob: /bugbot fix");
    endpoint
        .act(&bob, &thread, Act::slash("bugbot fix"))
        .await
        .taken();
    let told = local
        .wait_for(&thread, 1, FIX_WITHIN, show_progress)
        .await?;
    succeeded(&told)?;

    title("The thread as it stands");
    print!("{}", local.discord.transcript(&thread));
    show_pull_request(&local)?;
    check_branch(&local, &state)?;
    local.finish();

    title("Where it lies");
    println!(
        "repository   {}",
        local.github.repository(REPOSITORY).path().display()
    );
    println!("checkout     {}", state.join("checkout").display());
    println!("executor     {}", state.join("executor").display());
    println!("workers      {}", state.join("workers").display());
    println!(
        "\nThe story held, in {:.1} s.",
        begun.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Real services are used for the keys that are there, save Discord: the story is told in it.
fn keys() -> Keys {
    Keys::read(&project("")).without("DISCORD_BOT_TOKEN")
}

/// Ann met the bug while PostHog looked on, and says so.
fn record_and_report(local: &Local, thread: &ChannelId, ann: &UserId) -> shared::id::MessageId {
    let posthog = &local.posthog;
    posthog.person("ann@example.com", "ann-browser");
    let session = posthog.recording(
        "ann-browser",
        Duration::from_mins(6),
        Duration::from_mins(5),
        "https://shop.example/mugs",
    );
    let events = [
        (
            20,
            "$pageview",
            json!({"$current_url": "https://shop.example/mugs"}),
        ),
        (
            95,
            "$pageview",
            json!({"$current_url": "https://shop.example/cart"}),
        ),
        (
            140,
            "$rageclick",
            json!({"$current_url": "https://shop.example/cart"}),
        ),
    ];
    for (after, name, properties) in events {
        posthog.event(&session, Duration::from_secs(after), name, properties);
    }
    let text = format!("{} My account is ann@example.com.", sample::REPORT);
    local.discord.say(thread, ann, &text)
}

fn show_progress(told: &Told) {
    if !told.is_terminal() {
        for line in told.content.lines() {
            println!("  │ {line}");
        }
        println!("  │");
    }
}

fn succeeded(told: &Told) -> anyhow::Result<()> {
    ensure!(
        told.content.starts_with('✅'),
        "it ended otherwise: {}",
        told.content
    );
    println!("  └ {}", told.content);
    Ok(())
}

fn show_pull_request(local: &Local) -> anyhow::Result<()> {
    let pulls = local.github.pull_requests(REPOSITORY);
    let [pull] = pulls.as_slice() else {
        bail!("there is to be one pull request, not {}", pulls.len());
    };
    title(&format!("Pull request #{}: {}", pull.number, pull.title));
    println!("{} → {}\n", pull.head, pull.base);
    println!("{}", pull.body.as_deref().unwrap_or_default());
    title(&format!("git diff {}...{}", pull.base, pull.head));
    print!("{}", local.github.diff(REPOSITORY, &pull.base, &pull.head));
    Ok(())
}

/// The repository's own test fails on the base and passes on the branch.
fn check_branch(local: &Local, state: &Path) -> anyhow::Result<()> {
    let checkout = state.join("checkout");
    let repository = local.github.repository(REPOSITORY);
    git(
        state,
        &[
            "clone",
            "--quiet",
            &repository.path().to_string_lossy(),
            "checkout",
        ],
    )?;
    let pulls = local.github.pull_requests(REPOSITORY);
    let branch = &pulls.first().context("there is a pull request")?.head;
    title("The shop's own tests");
    for (branch, expected) in [("main", false), (branch.as_str(), true)] {
        git(&checkout, &["checkout", "--quiet", branch])?;
        let passed = sample::tests_pass(&checkout).context("node cannot be started")?;
        println!("{:5} on {branch}", if passed { "pass" } else { "FAIL" });
        ensure!(
            passed == expected,
            "the tests on {branch} were to {}",
            if expected { "pass" } else { "fail" }
        );
    }
    Ok(())
}

fn git(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .status()?;
    ensure!(status.success(), "git {arguments:?} failed");
    Ok(())
}

fn title(text: &str) {
    println!(
        "\n── {text} {}",
        "─".repeat(72_usize.saturating_sub(text.chars().count()))
    );
}

fn say(heading: &str, text: &str) {
    println!("{heading}\n{}\n{text}", "═".repeat(heading.chars().count()));
}
