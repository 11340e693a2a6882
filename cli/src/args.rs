//! The command line.

use std::path::PathBuf;

use clap::{Args, CommandFactory as _, Parser, Subcommand};
use shared::http::Http;
use shared::operator::OperatorClient;
use shared::secret::Secret;

use crate::hub::HubArgs;
use crate::outcome::{Done, Exit, Failure};
use crate::workspace::WorkspaceArgs;

/// Operates a bugbot.
#[derive(Debug, Parser)]
#[command(
    name = "bugbot",
    version,
    after_help = "Exit codes:\n  \
        0  done, also where there was nothing to do\n  \
        1  it did not work, or `doctor` found something that will not\n  \
        2  the command line is not right\n  \
        3  nobody answered: try again\n  \
        4  a credential is missing or not good, or the operator API is not open\n  \
        5  there is no such thing, or it cannot be done as things stand\n  \
        6  it waits on the disk for the hub to answer: a later `bugbot hub` sends it"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
    /// Prints JSON for programs; failures too.
    #[arg(long, global = true)]
    pub json: bool,
    /// Where bugbot is, and who asks.
    #[command(flatten)]
    pub to: To,
}

impl Cli {
    /// Logs a failure of the collector where its log is JSON. False where there is no such log.
    pub fn logs_json(&self, failure: &Failure) -> bool {
        match &self.what {
            What::Collect(args) if args.json_log => {
                collector::command::log_failure(args, &failure.message);
                true
            }
            _ => false,
        }
    }
}

/// Where bugbot is, and who asks.
#[derive(Debug, Args)]
#[command(next_help_heading = "Which bugbot")]
pub struct To {
    /// The gateway: `https://bugbot-gateway.<you>.workers.dev`
    #[arg(long, env = "BUGBOT_URL", global = true)]
    pub url: Option<String>,
    /// Reads the operator's token from a file. Without it, it is in `BUGBOT_OPERATOR_TOKEN`; there is
    /// no flag for the token itself, because everybody on a machine can read command lines.
    #[arg(
        long,
        env = "BUGBOT_OPERATOR_TOKEN_FILE",
        global = true,
        value_name = "FILE"
    )]
    pub token_file: Option<PathBuf>,
    /// Who you are, for the records.
    #[arg(
        long = "as",
        env = "BUGBOT_OPERATOR",
        global = true,
        value_name = "NAME"
    )]
    pub operator: Option<String>,
}

/// What there is to do.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Looks at everything that bugbot needs, and says what to mend.
    Doctor(DoctorArgs),
    /// The commands that people see in Discord.
    #[command(subcommand)]
    Commands(CommandsArgs),
    /// Jobs: look at them, stop them, do them again.
    #[command(subcommand)]
    Jobs(JobsArgs),
    /// Dead letters: jobs that could not be done.
    #[command(subcommand)]
    Dlq(DlqArgs),
    /// Audit logs: who did what.
    #[command(subcommand)]
    Audit(AuditArgs),
    /// The switch for all calls to the model.
    #[command(subcommand)]
    Model(ModelArgs),
    /// The hub where volunteers claim issues, so that no two work on the same one.
    Hub(HubArgs),
    /// Directories captured as bugbot captures them: snapshots, and back. Asks nobody.
    #[command(subcommand)]
    Workspace(WorkspaceArgs),
    /// From zero to a running bot; again at any time, to go on or to change something.
    Setup(SetupArgs),
    /// Runs the collector: files and local webhooks become events in inboxes.
    Collect(collector::command::CollectArgs),
    /// Completions for a shell: `source <(bugbot completions bash)`.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

/// What the doctor looks at.
#[derive(Debug, Args)]
pub struct DoctorArgs {
    /// Tries the credentials in this file (and the variables in wrangler.toml) from here, instead of
    /// asking a gateway: before anything is deployed.
    #[arg(long, value_name = "FILE")]
    pub secrets: Option<PathBuf>,
    /// The configuration that goes with --secrets.
    #[arg(long, value_name = "FILE", default_value = "wrangler.toml")]
    pub config: PathBuf,
}

/// What can be done about Discord's commands.
#[derive(Debug, Subcommand)]
pub enum CommandsArgs {
    /// Makes Discord's list the one of this version; shows what differs.
    #[command(alias = "register")]
    Sync(SyncArgs),
}

/// Which commands, and whose.
#[derive(Debug, Args)]
pub struct SyncArgs {
    /// The bot's token. The application is the one that it belongs to.
    #[arg(skip)]
    pub token: Option<Secret>,
    /// Only in this server: visible at once, good for a trial. Without it: everywhere.
    #[arg(long)]
    pub guild: Option<String>,
    /// Shows what would change, and changes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Discord's address.
    #[arg(long, env = "DISCORD_API_URL", default_value = shared::discord::client::DEFAULT_BASE)]
    pub api_url: String,
}

/// What can be done about jobs.
#[derive(Debug, Subcommand)]
pub enum JobsArgs {
    /// Lists the open jobs, the oldest first.
    List {
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows one job, open or ended.
    Show(JobArgs),
    /// Stops a job.
    Cancel(JobArgs),
    /// Does a job again: a dead letter is replayed, a fix that failed is retried.
    Retry(JobArgs),
    /// Fetches the files that the agent of a failed fix began with, or what is left of a lost one. That
    /// is in the audit log.
    CrashReport {
        /// The id of the fix.
        job: String,
        /// The file to write, which is not there yet.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
}

/// A job.
#[derive(Debug, Args)]
pub struct JobArgs {
    /// Its id.
    pub job: String,
    /// Its thread: needed for an ended job that was no fix.
    #[arg(long)]
    pub thread: Option<String>,
}

/// What can be done about dead letters.
#[derive(Debug, Subcommand)]
pub enum DlqArgs {
    /// Lists those that nobody has dealt with.
    List {
        /// Also those that were replayed or discarded.
        #[arg(long)]
        all: bool,
        /// At most so many.
        #[arg(long, default_value_t = 100)]
        limit: usize,
    },
    /// Shows one.
    Show {
        /// Its id.
        id: String,
    },
    /// Puts them back on the queue.
    Replay(DeadArgs),
    /// Puts them aside for good.
    Discard(DeadArgs),
}

/// Dead letters.
#[derive(Debug, Args)]
pub struct DeadArgs {
    /// Their ids.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    pub ids: Vec<String>,
    /// All that nobody has dealt with.
    #[arg(long)]
    pub all: bool,
}

/// What can be done with audit logs.
#[derive(Debug, Subcommand)]
pub enum AuditArgs {
    /// Prints a log, one entry of JSON a line, verified on the way.
    Export {
        /// `operator`, `direct` (direct messages), or the id of a server.
        log: String,
        /// Writes to a file instead.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Only what comes after the entry of this number.
        #[arg(long, default_value_t = 0)]
        after: u64,
    },
    /// Says whether a log is what was written.
    Verify {
        /// `operator`, `direct`, the id of a server, or a file that `export` wrote.
        log: String,
        /// A head that is known from elsewhere: `NUMBER:HASH`. Without it, an end that was cut off
        /// is not noticed.
        #[arg(long, value_name = "NUMBER:HASH")]
        head: Option<String>,
    },
}

/// What can be done about the model.
#[derive(Debug, Subcommand)]
pub enum ModelArgs {
    /// Lets calls through again.
    On,
    /// Refuses every call to the model, from now on and for everybody.
    Off {
        /// Why, for those who are refused.
        #[arg(long, default_value = "")]
        reason: String,
    },
    /// Says whether calls are let through.
    Status,
}

/// What is set up, from what.
#[derive(Debug, Args)]
pub struct SetupArgs {
    /// NAME=VALUE lines: secrets, and variables of wrangler.toml.
    #[arg(long, value_name = "FILE", default_value = ".bugbot.secrets")]
    pub secrets: PathBuf,
    /// The configuration, which gets the ids of what is made.
    #[arg(long, value_name = "FILE", default_value = "wrangler.toml")]
    pub config: PathBuf,
    /// Registers the commands in this server only.
    #[arg(long)]
    pub guild: Option<String>,
    /// Deploys too, with `cargo xtask deploy`.
    #[arg(long)]
    pub deploy: bool,
    /// Says what would be done, and does nothing.
    #[arg(long)]
    pub dry_run: bool,
}

impl To {
    /// The operator API there.
    pub(crate) fn client<'h, H: Http>(
        &self,
        http: &'h H,
    ) -> Result<OperatorClient<&'h H>, Failure> {
        self.client_with(self.token()?.as_ref(), http)
    }

    /// The same with a token that is known already.
    pub(crate) fn client_with<'h, H: Http>(
        &self,
        token: Option<&Secret>,
        http: &'h H,
    ) -> Result<OperatorClient<&'h H>, Failure> {
        let refused = |what: &str, fix: &str| Failure::new(Exit::Refused, what).with_fix(fix);
        let url = self.url.as_deref().filter(|url| !url.is_empty()).ok_or_else(|| {
            refused(
                "it is not known where bugbot is",
                "Set BUGBOT_URL to the gateway's address, such as https://bugbot-gateway.<you>.workers.dev.",
            )
        })?;
        let token = token.ok_or_else(|| {
            refused(
                "there is no operator's token",
                "Set BUGBOT_OPERATOR_TOKEN to what OPERATOR_TOKEN is on the gateway, or name a file with --token-file.",
            )
        })?;
        OperatorClient::new(http, url, token, &self.name()).map_err(|bad| {
            refused(
                &bad.to_string(),
                "Look at BUGBOT_URL and BUGBOT_OPERATOR_TOKEN.",
            )
        })
    }

    pub(crate) fn token(&self) -> Result<Option<Secret>, Failure> {
        let text = match &self.token_file {
            Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
                Failure::new(Exit::Refused, format!("{}: {error}", path.display()))
            })?),
            None => std::env::var("BUGBOT_OPERATOR_TOKEN").ok(),
        };
        let text = text.map(|text| text.trim().to_owned());
        Ok(text.filter(|text| !text.is_empty()).map(Secret::new))
    }

    /// Who asks: whoever is logged in, unless somebody says otherwise.
    fn name(&self) -> String {
        let name = self.operator.clone().or_else(|| std::env::var("USER").ok());
        name.unwrap_or_default()
    }
}

/// The completions of a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> Done {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "bugbot", &mut text);
    let text = String::from_utf8_lossy(&text).into_owned();
    let json = serde_json::json!({"shell": shell.to_string(), "script": text});
    Done::new(text, &json)
}
