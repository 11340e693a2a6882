//! What can end a run from outside: somebody, the clock, or the end of the executor.

use std::io;
use std::process::ExitStatus;
use std::time::Duration;

use shared::executor::Spent;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

use crate::agent::Agent;

/// Why a run is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Somebody cancelled it.
    Cancelled,
    /// The executor is told to end.
    ShutDown,
    /// The wall-clock limit.
    TimedOut,
}

/// Waits for a reason to stop.
#[derive(Debug)]
pub(super) struct Stopping {
    asked: watch::Receiver<Option<Stop>>,
    deadline: Instant,
}

impl Stopping {
    /// What earlier attempts used up counts against the limit.
    pub(super) fn new(
        asked: &watch::Sender<Option<Stop>>,
        limit: Duration,
        earlier: Spent,
    ) -> Self {
        let left = limit.saturating_sub(earlier.elapsed);
        Self {
            asked: asked.subscribe(),
            deadline: Instant::now() + left,
        }
    }

    /// The work's result, unless there is a reason to stop first; then the work is dropped.
    pub(super) async fn race<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Stop> {
        tokio::select! {
            biased;
            stop = Self::asked(&mut self.asked) => Err(stop),
            () = sleep_until(self.deadline) => Err(Stop::TimedOut),
            done = work => Ok(done),
        }
    }

    /// Waits for a reason to stop.
    pub(super) async fn due(&mut self) -> Stop {
        match self.race(std::future::pending::<()>()).await {
            Ok(()) => unreachable!("what never ends has not ended"),
            Err(stop) => stop,
        }
    }

    /// Waits for an agent's end, or ends it.
    pub(super) async fn wait_for(
        &mut self,
        mut agent: Agent,
    ) -> Result<io::Result<(ExitStatus, String)>, Stop> {
        match self.race(agent.ended()).await {
            Ok(status) => Ok(match status {
                Ok(status) => Ok((status, agent.last_words().await)),
                Err(error) => Err(error),
            }),
            Err(stop) => {
                agent.stop().await;
                Err(stop)
            }
        }
    }

    async fn asked(asked: &mut watch::Receiver<Option<Stop>>) -> Stop {
        let stop = asked
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|stop| *stop);
        match stop {
            Some(stop) => stop,
            // The run is gone, and this work with it.
            None => std::future::pending().await,
        }
    }
}
