//! `bugbot hub`: what a volunteer does from a terminal. The crate `hub` is the client; this shows
//! what it says.
//!
//! Invariant: whatever the hub said to a write is an answer, on standard output; a failure is what
//! was neither sent nor queued.

mod args;
mod show;
mod words;
mod write;

use std::time::Duration;

use ::hub::{Home, Hub, HubError, IssueId, Login, NewClaim, PullRequest, StatusChange, Trouble};
use shared::http::Http;
use shared::ports::Clock;
use shared::secret::Secret;

pub(crate) use self::args::HubArgs;
use self::args::{ClaimArgs, HubWhat, LoginArgs};
use crate::args::To;
use crate::outcome::{Done, Exit, Failure};
use crate::progress::doing;

pub(crate) async fn run<P: Http + Clock>(
    to: &To,
    args: &HubArgs,
    ports: &P,
) -> Result<Done, Failure> {
    let home = args.config.clone().map(Home::of_config);
    let home = home.or_else(Home::of_user).ok_or_else(|| {
        let failure = Failure::new(Exit::Refused, "it is not known where the configuration is");
        failure.with_fix("Name the file with --config (BUGBOT_HUB_CONFIG), or set HOME.")
    })?;
    let hub = Hub::new(home, ports)
        .answering_within(Duration::from_secs(args.timeout))
        .of_version(env!("CARGO_PKG_VERSION"));
    let now = ports.now();
    let _doing = doing("Asking the hub");
    Ok(match &args.what {
        HubWhat::Login(login) => {
            let (logged_in, drained) = hub.login(read_login(to, login)?).await?;
            show::login(&logged_in, &drained, now)
        }
        HubWhat::Register => {
            write::plain(&hub.register().await?, "The hub knows this client.", now)
        }
        HubWhat::Heartbeat => {
            let said = "The hub knows that you are there: your claims are renewed.";
            write::plain(&hub.heartbeat().await?, said, now)
        }
        HubWhat::Claim(claim) => {
            let claim = read_claim(claim)?;
            write::claim(&hub.claim(&claim).await?, &claim.issue, now)
        }
        HubWhat::Status(status) => {
            let change = StatusChange {
                issue: status.issue.clone(),
                status: status.status,
                pr_url: status.pr_url.clone(),
                pr_number: status.pr_number,
            };
            let said = format!(
                "{} is {}.",
                change.issue,
                words::status(change.status.as_str())
            );
            write::plain(&hub.status(&change).await?, &said, now)
        }
        HubWhat::Release { issue } => {
            let said = format!("{issue} is free.");
            write::plain(&hub.release(issue).await?, &said, now)
        }
        HubWhat::Sync { merged, rejected } => {
            let decided = |issues: &[IssueId], decision| {
                let issues = issues.iter().cloned();
                issues
                    .map(move |issue| (issue, decision))
                    .collect::<Vec<_>>()
            };
            let mut all = decided(merged, PullRequest::Merged);
            all.extend(decided(rejected, PullRequest::Rejected));
            let (totals, sent) = hub.sync(&all).await?;
            write::totals(&totals, &sent, now)
        }
        HubWhat::Show { issue } => {
            let me = hub.config()?.client_id;
            show::claim(&hub.show(issue).await?, issue, me.as_deref(), now)
        }
        HubWhat::Claims { status, repo } => {
            let me = hub.config()?.client_id;
            let seen = hub.claims(*status, repo.as_deref()).await?;
            show::claims(&seen, me.as_deref(), now)
        }
        HubWhat::Leaderboard { limit } => show::board(&hub.leaderboard(Some(*limit)).await?, now),
        HubWhat::Stats => show::stats(&hub.stats().await?, now),
        HubWhat::Pending => show::backlog(&hub.backlog().await?, now),
    })
}

fn read_login(to: &To, login: &LoginArgs) -> Result<Login, Failure> {
    let text = match &login.forge_token_file {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
            Failure::new(Exit::Refused, format!("{}: {error}", path.display()))
        })?),
        None => std::env::var("BUGBOT_FORGE_TOKEN").ok(),
    };
    let text = text.map(|text| text.trim().to_owned());
    Ok(Login {
        // The portal is a part of the gateway, unless somebody says otherwise.
        hub_url: login.hub.clone().or_else(|| to.url.clone()),
        forge_url: login.forge.clone(),
        forge_token: text.filter(|text| !text.is_empty()).map(Secret::new),
        name: login.name.clone(),
    })
}

fn read_claim(args: &ClaimArgs) -> Result<NewClaim, Failure> {
    let place = args.repo.clone().zip(args.number);
    let mut claim = match place {
        Some((repository, number)) => NewClaim {
            issue: args.issue.clone(),
            title: args.issue.to_string(),
            url: format!("https://github.com/{repository}/issues/{number}"),
            repository,
            number,
        },
        None => NewClaim::of(&args.issue).ok_or_else(|| {
            let message = format!(
                "{} does not say which issue of which repository it is",
                args.issue
            );
            Failure::new(Exit::NotPossible, message)
                .with_fix("Write it as owner/repo#123, or add --repo and --number.")
        })?,
    };
    claim.title = args.title.clone().unwrap_or(claim.title);
    claim.url = args.issue_url.clone().unwrap_or(claim.url);
    Ok(claim)
}

impl From<HubError> for Failure {
    fn from(error: HubError) -> Self {
        const LOGIN: &str = "bugbot hub login --hub URL --forge URL, with the forge's token in \
                             BUGBOT_FORGE_TOKEN";
        let message = error.to_string();
        let of = |exit| Self::new(exit, &message);
        match error {
            HubError::NotSetUp(_) | HubError::NoAnswer(Trouble::LockedOut(_)) => {
                of(Exit::Refused).with_fix(LOGIN)
            }
            HubError::NoAnswer(Trouble::RateLimited { .. }) => {
                of(Exit::Unreachable).with_fix("Wait until then.")
            }
            HubError::NoAnswer(_) => of(Exit::Unreachable)
                .with_fix("Give the order again later. It is nowhere in the cache yet."),
            HubError::Busy => of(Exit::Unreachable)
                .with_fix("Nothing was done. Look what runs, and give the order again."),
            HubError::Refused { status: 403, .. } => of(Exit::Refused),
            HubError::Refused { .. } | HubError::Invalid(_) => of(Exit::NotPossible),
            HubError::Full(_) => of(Exit::Failed)
                .with_fix("Nothing was added. `bugbot hub pending` shows them; `sync` sends them."),
            HubError::Disk(_) => of(Exit::Failed).with_fix(
                "Nothing was sent that is not on the disk. Mend the file or make room, and give \
                 the order again.",
            ),
            HubError::Unreadable(_) | HubError::NoRandomness(_) => of(Exit::Failed),
        }
    }
}
