//! All runs of this executor.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use shared::executor::{AgentNetwork, Health, RunRequest, RunStatus};
use shared::id::RunId;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument as _;

use crate::checkpoint::Checkpoints;
use crate::config::Config;
use crate::confine::Network;
use crate::reports::Reports;
use crate::run::{Run, Stop};
use crate::session::Sessions;
use crate::validate::validate;
use crate::workspace::{own_directory, remove};

/// From SIGTERM to the end of the program: cleanly within ten seconds.
const SHUT_DOWN_WITHIN: Duration = Duration::from_secs(9);
/// How often results that nobody needs any more are looked for.
const SWEEP_EVERY: Duration = Duration::from_mins(1);
/// The most runs remembered, results and all: 5 MiB each at worst.
const MAX_REMEMBERED: usize = 50;

/// All runs of this executor.
#[derive(Debug)]
pub struct Runs {
    config: Config,
    /// Why no run is taken, if agents cannot be kept from the network.
    unconfined: Option<String>,
    clones_dir: PathBuf,
    checkpoints: Checkpoints,
    sessions: Arc<Sessions>,
    reports: Arc<Reports>,
    shutting_down: AtomicBool,
    table: Mutex<BTreeMap<RunId, Arc<Run>>>,
    /// Held for as long as we live: another executor would remove our clones.
    _lock: File,
}

/// Why a run was not started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartRefused {
    /// The request makes no sense.
    #[error("{0}")]
    Invalid(String),
    /// There is another run of this id.
    #[error("another run has this id")]
    Conflict,
    /// The operator wants agents without network, and this machine does not do it.
    #[error(
        "agents cannot be kept from the network here ({0}); \
         the operator may set AGENT_NETWORK=open"
    )]
    Unconfined(String),
    /// As many runs as may be are active.
    #[error("as many runs as may be are active")]
    Busy,
    /// This executor ends.
    #[error("this executor is shutting down")]
    ShuttingDown,
}

impl Runs {
    /// No runs; what a crashed executor left behind is removed, but for its checkpoints. None is
    /// ever taken if there is a reason: see [`crate::confine::settle`].
    pub fn open(config: Config, unconfined: Option<String>) -> io::Result<Self> {
        if let Some(parent) = config.data_dir.parent() {
            std::fs::create_dir_all(parent)?;
        }
        own_directory(&config.data_dir, 0o711)?;
        let lock = lock(&config.data_dir)?;
        let clones_dir = config.data_dir.join("runs");
        remove(&clones_dir)?;
        own_directory(&clones_dir, 0o711)?;
        let checkpoints = Checkpoints::open(config.data_dir.join("checkpoints"))?;
        checkpoints.sweep()?;
        let sessions = Arc::new(Sessions::open(config.data_dir.join("sessions"))?);
        sessions.sweep()?;
        let reports = Arc::new(Reports::open(config.data_dir.clone())?);
        reports.sweep()?;
        Ok(Self {
            config,
            unconfined,
            clones_dir,
            checkpoints,
            sessions,
            reports,
            shutting_down: AtomicBool::new(false),
            table: Mutex::default(),
            _lock: lock,
        })
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Starts a run, or finds that it was started before.
    pub fn start(self: &Arc<Self>, mut request: RunRequest) -> Result<RunStatus, StartRefused> {
        validate(&request).map_err(StartRefused::Invalid)?;
        let mut table = self.table();
        if let Some(known) = table.get(&request.run_id) {
            if !known.request.is_same_run(&request) {
                return Err(StartRefused::Conflict);
            }
            return Ok(known.status());
        }
        if let Some(reason) = &self.unconfined {
            return Err(StartRefused::Unconfined(reason.clone()));
        }
        if self.shutting_down.load(Ordering::SeqCst) {
            return Err(StartRefused::ShuttingDown);
        }
        let active = table.values().filter(|run| !run.has_settled()).count();
        if active >= self.config.max_runs {
            return Err(StartRefused::Busy);
        }
        if request.checkpoint.is_none() {
            request.checkpoint = self
                .checkpoints
                .load(&request.run_id, &request.source.base_commit);
        }
        let run = Arc::new(Run::new(
            &request,
            self.sessions.clone(),
            self.reports.clone(),
        ));
        table.insert(request.run_id.clone(), run.clone());
        forget_the_oldest(&mut table);
        let status = run.status();
        tracing::info!(resumed = request.checkpoint.is_some(), "run started");
        tokio::spawn(self.clone().carry_out(run, request).in_current_span());
        Ok(status)
    }

    async fn carry_out(self: Arc<Self>, run: Arc<Run>, request: RunRequest) {
        let executed = {
            let (run, runs) = (run.clone(), self.clone());
            let executed =
                async move { run.execute(request, &runs.config, &runs.clones_dir).await };
            tokio::spawn(executed.in_current_span())
        };
        if executed.await.is_err() {
            run.fail("the run's task panicked").await;
        }
        if let Some(result) = run.result() {
            self.checkpoints.remove(run.id());
            if let Some(session) = run.progress.session()
                && result.checkpoint.is_none()
            {
                self.sessions.remove(&session);
            }
            tracing::info!(
                outcome = result.outcome.name(),
                reason = result.outcome.reason_of_ours(),
                files = result.changes.len(),
                cost_usd = result.spent.cost_usd,
                turns = result.spent.turns,
                elapsed_ms = u64::try_from(result.spent.elapsed.as_millis()).unwrap_or(u64::MAX),
                "run ended"
            );
        } else {
            tracing::warn!("run interrupted");
            if let Some(checkpoint) = run.interrupted_with()
                && let Err(error) = self.checkpoints.save(run.id(), checkpoint)
            {
                tracing::error!(%error, "a checkpoint is not kept");
            }
        }
        run.let_go();
    }

    /// The run of this id.
    pub fn get(&self, id: &str) -> Option<Arc<Run>> {
        self.table().get(&RunId::new(id)).cloned()
    }

    /// Whether there is room for one more.
    pub fn health(&self) -> Health {
        let active = self
            .table()
            .values()
            .filter(|run| !run.has_settled())
            .count();
        Health {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            active_runs: u32::try_from(active).unwrap_or(u32::MAX),
            accepting: active < self.config.max_runs
                && self.unconfined.is_none()
                && !self.shutting_down.load(Ordering::SeqCst),
            agent_network: Some(self.agent_network()),
        }
    }

    fn agent_network(&self) -> AgentNetwork {
        match (&self.unconfined, self.config.agent_network) {
            (Some(reason), _) => AgentNetwork::Refused {
                reason: reason.clone(),
            },
            (None, Network::Closed(_)) => AgentNetwork::Closed,
            (None, Network::Open) => AgentNetwork::Open,
        }
    }

    /// Interrupts every run and keeps their checkpoints; a caller, if there still is one, has a
    /// moment to fetch them.
    pub async fn shut_down(&self, has_caller: bool) {
        self.shutting_down.store(true, Ordering::SeqCst);
        let deadline = Instant::now() + SHUT_DOWN_WITHIN;
        let active: Vec<_> = self
            .table()
            .values()
            .filter(|run| run.result().is_none())
            .cloned()
            .collect();
        for run in &active {
            run.stop(Stop::ShutDown);
        }
        for run in &active {
            if timeout_at(deadline, run.done_with()).await.is_err() {
                tracing::error!(run = %run.id(), "a run did not end in time");
            }
        }
        if !has_caller {
            return;
        }
        let wanted = |run: &Arc<Run>| run.interrupted_with().is_some() && !run.was_fetched();
        while active.iter().any(wanted) && Instant::now() < deadline {
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// From now on, forgets results when their time is over.
    pub fn sweep_regularly(self: &Arc<Self>) {
        let runs = self.clone();
        tokio::spawn(async move {
            loop {
                sleep(SWEEP_EVERY.min(runs.config.result_ttl.max(Duration::from_millis(100))))
                    .await;
                runs.sweep();
            }
        });
    }

    fn sweep(&self) {
        let ttl = self.config.result_ttl;
        self.table()
            .retain(|_, run| run.progress.ended_since().is_none_or(|since| since < ttl));
        if let Err(error) = self
            .checkpoints
            .sweep()
            .and_then(|()| self.sessions.sweep())
            .and_then(|()| self.reports.sweep())
        {
            tracing::warn!(%error, "old checkpoints or crash reports cannot be removed");
        }
    }

    fn table(&self) -> MutexGuard<'_, BTreeMap<RunId, Arc<Run>>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes sure that no other executor works in a directory.
fn lock(directory: &Path) -> io::Result<File> {
    let file = File::create(directory.join("lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            let place = directory.display();
            Err(io::Error::other(format!(
                "another executor works in {place}: set EXECUTOR_DATA_DIR"
            )))
        }
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn forget_the_oldest(table: &mut BTreeMap<RunId, Arc<Run>>) {
    while table.len() > MAX_REMEMBERED {
        let ended = table
            .iter()
            .filter_map(|(id, run)| Some((run.progress.ended_since()?, id)));
        let Some((_, oldest)) = ended.max() else {
            return;
        };
        let oldest = oldest.clone();
        table.remove(&oldest);
    }
}
