//! The command line of `bugbot hub`.

use std::path::PathBuf;

use ::hub::{IssueId, Status};
use clap::{Args, Subcommand};

/// The hub, and what is asked of it.
#[derive(Debug, Args)]
pub struct HubArgs {
    /// What to do.
    #[command(subcommand)]
    pub what: HubWhat,
    /// The client's configuration; by default bugseti/config.json in your folder for configuration.
    #[arg(
        long,
        env = "BUGBOT_HUB_CONFIG",
        global = true,
        value_name = "FILE",
        help_heading = "Which client"
    )]
    pub config: Option<PathBuf>,
    /// How many seconds the hub has for an answer.
    #[arg(
        long,
        global = true,
        value_name = "SECONDS",
        default_value_t = ::hub::TIMEOUT.as_secs(),
        value_parser = clap::value_parser!(u64).range(1..=600),
        help_heading = "Which client"
    )]
    pub timeout: u64,
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub enum HubWhat {
    /// Gets a key: a forge vouches for you.
    Login(LoginArgs),
    /// Tells the hub who this client is.
    Register,
    /// Tells the hub that you are there, which renews your claims.
    Heartbeat,
    /// Claims an issue; exit code 5 where somebody else has it.
    Claim(ClaimArgs),
    /// Says how far an issue of yours is.
    Status(StatusArgs),
    /// Gives a claim back.
    Release {
        /// The issue: owner/repo#123, or its address.
        issue: IssueId,
    },
    /// Shows who has an issue.
    Show {
        /// The issue: owner/repo#123, or its address.
        issue: IssueId,
    },
    /// Lists claims.
    Claims {
        /// Only these: claimed, `in_progress`, completed or skipped.
        #[arg(long)]
        status: Option<Status>,
        /// Only those in this repository.
        #[arg(long, value_name = "OWNER/REPO")]
        repo: Option<String>,
    },
    /// Sends what waits, and the totals of your work.
    Sync {
        /// The pull request for this issue was merged.
        #[arg(long, value_name = "ISSUE")]
        merged: Vec<IssueId>,
        /// The pull request for this issue was not.
        #[arg(long, value_name = "ISSUE")]
        rejected: Vec<IssueId>,
    },
    /// Shows who has done most.
    Leaderboard {
        /// At most so many.
        #[arg(long, default_value_t = 20)]
        limit: u32,
    },
    /// Shows the hub's own numbers.
    Stats,
    /// Shows what waits to be sent, and what was refused. Asks nobody.
    Pending,
}

/// Who logs in where; what is left out stays as it was.
#[derive(Debug, Args)]
pub struct LoginArgs {
    /// Where the hub is; the bugbot of --url by default.
    #[arg(long, value_name = "URL")]
    pub hub: Option<String>,
    /// The forge that vouches for you.
    #[arg(long, value_name = "URL")]
    pub forge: Option<String>,
    /// Reads the forge's token from a file. Without it, it is in `BUGBOT_FORGE_TOKEN`; there is no
    /// flag for the token itself, because everybody on a machine can read command lines.
    #[arg(long, value_name = "FILE")]
    pub forge_token_file: Option<PathBuf>,
    /// What people are to call you.
    #[arg(long)]
    pub name: Option<String>,
}

/// A claim.
#[derive(Debug, Args)]
pub struct ClaimArgs {
    /// The issue: owner/repo#123, its address, or any name that the hub knows.
    pub issue: IssueId,
    /// Its title, for people.
    #[arg(long)]
    pub title: Option<String>,
    /// Its address, if it is not on GitHub.
    #[arg(long, value_name = "URL")]
    pub issue_url: Option<String>,
    /// Its repository, where the id does not say.
    #[arg(long, value_name = "OWNER/REPO", requires = "number")]
    pub repo: Option<String>,
    /// Its number, where the id does not say.
    #[arg(long, requires = "repo")]
    pub number: Option<u64>,
}

/// How far an issue is.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The issue: owner/repo#123, or its address.
    pub issue: IssueId,
    /// claimed, `in_progress`, completed or skipped.
    pub status: Status,
    /// The pull request's address.
    #[arg(long, value_name = "URL")]
    pub pr_url: Option<String>,
    /// The pull request's number.
    #[arg(long, value_name = "NUMBER")]
    pub pr_number: Option<u64>,
}
