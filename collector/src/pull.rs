//! The pull: events that wait at the edge come down to the inboxes here, each once.
//!
//! Invariants:
//! - The edge gives an event its id and keeps it until it is told that it arrived, which is said after
//!   its line is in the inbox. A kill between the two is found out by the id: what a first page after
//!   the start holds is looked up in the inbox before it is written.
//! - One collector pulls into a folder of inboxes: it holds a lock there.
//! - Every wait is bounded, and failures make the next one longer.

mod lock;
mod round;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use hub::Net;
use shared::hooks::Recipient;
use shared::hooks::edge::{EdgeClient, EdgeError};
use shared::secret::Secret;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use self::lock::PullLock;
use self::round::{Place, Round};
use crate::config::Pull;
use crate::counts::Counts;
use crate::inbox::AppendError;
use crate::live::{Live, Settings};

/// Between two tries after a failure: doubled each time, up to the last.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_mins(5);

/// Why events were not pulled.
#[derive(Debug, thiserror::Error)]
pub enum NotPulled {
    /// The token cannot be read.
    #[error("token_file {file} {why}")]
    Token {
        /// Which file.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Another collector does it, or the lock cannot be had.
    #[error("{0}")]
    Locked(String),
    /// The gateway did not give them.
    #[error("{0}")]
    Edge(#[from] EdgeError),
    /// What the gateway gave is not for this recipient, or not in order.
    #[error("the gateway answered with events that were not asked for")]
    Odd,
    /// The inbox does not take them.
    #[error("{0}")]
    Inbox(#[from] AppendError),
    /// The inbox cannot be searched.
    #[error("the inbox of {recipient} cannot be searched: {error}")]
    Search {
        /// Whose.
        recipient: Recipient,
        /// Why.
        error: std::io::Error,
    },
    /// A part of this program does not work.
    #[error("{0}")]
    System(String),
}

/// How many events of whom were brought.
pub(crate) type Brought = Vec<(Recipient, usize)>;

/// The task that pulls.
#[derive(Debug)]
pub(crate) struct Puller {
    stop: watch::Sender<bool>,
    pub(crate) task: JoinHandle<()>,
}

impl Puller {
    pub(crate) fn start(pull: Pull, live: Live, counts: Arc<Counts>) -> Self {
        let (stop, mut stopped) = watch::channel(false);
        let task = tokio::spawn(async move {
            tokio::select! {
                () = run(&pull, &live, &counts) => {}
                // What is under way is found in the inbox by whoever pulls next.
                _ = stopped.wait_for(|stop| *stop) => {}
            }
        });
        Self { stop, task }
    }

    pub(crate) fn stop(&self) {
        self.stop.send_replace(true);
    }
}

async fn run(pull: &Pull, live: &Live, counts: &Counts) {
    let mut retry = FIRST_RETRY;
    let mut rounds = None;
    loop {
        let wait = match once(pull, live, counts, &mut rounds).await {
            Ok(_) => {
                retry = FIRST_RETRY;
                pull.every
            }
            Err(error) => {
                counts.errors(1);
                let wait = retry;
                retry = (retry * 2).min(LAST_RETRY);
                tracing::warn!(%error, retry_in_s = wait.as_secs(), "events were not pulled");
                wait
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// What is kept from round to round.
struct Rounds {
    net: Net,
    lock: Arc<PullLock>,
    of: Vec<Round>,
}

impl Rounds {
    fn begin(pull: &Pull, settings: &Settings) -> Result<Self, NotPulled> {
        let net = Net::new().map_err(|error| NotPulled::System(error.to_string()))?;
        let lock = PullLock::take(settings.inbox.dir()).map_err(NotPulled::Locked)?;
        Ok(Self {
            net,
            lock: Arc::new(lock),
            of: pull.recipients.iter().cloned().map(Round::new).collect(),
        })
    }
}

/// Brings what waits now.
async fn once(
    pull: &Pull,
    live: &Live,
    counts: &Counts,
    rounds: &mut Option<Rounds>,
) -> Result<Brought, NotPulled> {
    let settings = live.now();
    let Rounds { net, lock, of } = match rounds {
        Some(rounds) => rounds,
        None => rounds.insert(Rounds::begin(pull, &settings)?),
    };
    // Anew each time: a token that is exchanged is taken without a reload.
    let token = token(&pull.token_file)?;
    let client = EdgeClient::new(net.clone(), &pull.from, &token)
        .map_err(|bad| NotPulled::System(bad.to_string()))?;
    let mut brought = Vec::new();
    let mut failed = None;
    for round in of {
        let at = Place {
            settings: &settings,
            lock,
            counts,
        };
        match round.bring(&client, &at).await {
            Ok(0) => {}
            Ok(events) => {
                let recipient = round.recipient().clone();
                tracing::info!(%recipient, events, "pulled");
                brought.push((recipient, events));
            }
            // The inbox of one is no reason to leave the others' events where they are.
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(brought), Err)
}

/// Brings what waits now, for `bugbot collect --pull`.
pub(crate) async fn now(pull: &Pull, live: &Live) -> Result<Brought, NotPulled> {
    once(pull, live, &Counts::default(), &mut None).await
}

/// The longest token, with room.
const MAX_TOKEN_BYTES: u64 = 4096;

/// Reads the token, which nobody else may: it opens what is for the recipients alone.
fn token(file: &Path) -> Result<Secret, NotPulled> {
    use std::io::Read as _;
    use std::os::unix::fs::PermissionsExt as _;
    let wrong = |why: String| NotPulled::Token {
        file: file.display().to_string(),
        why,
    };
    let failed = |error: std::io::Error| wrong(format!("cannot be read: {error}"));
    let open = std::fs::File::open(file).map_err(failed)?;
    let metadata = open.metadata().map_err(failed)?;
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(wrong("can be read by others: chmod 600".to_owned()));
    }
    let mut text = String::new();
    open.take(MAX_TOKEN_BYTES)
        .read_to_string(&mut text)
        .map_err(failed)?;
    match text.trim() {
        "" => Err(wrong("is empty".to_owned())),
        token => Ok(Secret::new(token)),
    }
}
