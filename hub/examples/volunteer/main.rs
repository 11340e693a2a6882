//! A volunteer's program: claims the first free issue of those named, works, says so, and gives back
//! what it could not do.
//!
//! ```sh
//! cargo run -p hub --example volunteer -- acme/shop#12 acme/shop#13
//! ```
//!
//! With `HUB_URL`, `FORGE_URL` and `FORGE_TOKEN` it works with a real hub, without them with a
//! stand-in on loopback. Its files are in a temporary folder, so that it is a new client each time.

mod stand_in;

use anyhow::{Context, Result};
use hub::{Answer, Claimed, Home, Hub, IssueId, NewClaim, Status, StatusChange};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let mut issues: Vec<IssueId> = std::env::args()
        .skip(1)
        .map(|arg| arg.parse().with_context(|| format!("{arg:?}")))
        .collect::<Result<_>>()?;
    if issues.is_empty() {
        issues = vec!["acme/shop#12".parse()?, "acme/shop#13".parse()?];
    }
    let (_stand_in, login) = stand_in::hub_or_stand_in().await?;
    let folder = tempfile::tempdir()?;
    let hub = Hub::native(Home::of_config(folder.path().join("config.json")))?;
    let (logged_in, _) = hub.login(login).await?;
    println!("logged in as {}", logged_in.client_name);

    for issue in issues {
        let claim = NewClaim::of(&issue).context("an issue is named owner/repo#123")?;
        match hub.claim(&claim).await?.answer {
            Answer::Done(Claimed::Ours(_)) => {
                println!("{issue} is ours");
                work_on(&hub, &issue).await?;
                break;
            }
            Answer::Done(Claimed::Taken(claim)) => {
                let holder = claim.as_ref().and_then(|claim| claim.holder());
                println!("{issue} is {}'s", holder.unwrap_or("somebody else"));
            }
            // Nobody may start on the strength of a claim that nobody has heard of.
            Answer::Queued(why) => println!("{issue} is not ours yet: {why}"),
            Answer::Refused { message, .. } => println!("{issue} cannot be claimed: {message}"),
        }
    }
    let (totals, _) = hub.sync(&[]).await?;
    println!(
        "{} attempted, {} completed",
        totals.issues_attempted, totals.issues_completed
    );
    Ok(())
}

async fn work_on(hub: &Hub<hub::Net>, issue: &IssueId) -> Result<()> {
    for status in [Status::InProgress, Status::Completed] {
        let change = StatusChange {
            issue: issue.clone(),
            status,
            pr_url: None,
            pr_number: None,
        };
        let sent = hub.status(&change).await?;
        println!("{issue}: {} ({:?})", status.as_str(), sent.answer);
    }
    Ok(())
}
