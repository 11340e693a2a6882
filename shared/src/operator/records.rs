//! What the audit logs hold of one job.
//!
//! A job's own entries begin with its id; an operator's name the order first, and then the job.

use super::{Desk, JobShown, JobView};
use crate::audit::{self, Audits as _, Entry, LogName};
use crate::gateway::Ports;
use crate::id::JobId;
use crate::trace::TraceId;

/// The orders that operators give about a job.
const ORDERS: [&str; 4] = ["cancel", "retry", "replay", "discard"];

impl<P: Ports> Desk<'_, P> {
    /// A log that does not answer keeps nobody from the rest.
    pub(super) async fn with_records(&self, job: JobView) -> JobShown {
        let own = vec![format!("{}/", job.job)];
        let orders = ORDERS.map(|order| format!("{order}/{}/", job.job));
        let of_server = async {
            match &job.guild {
                Some(guild) => self.find(&LogName::of(guild), own).await,
                None => Err("nobody knows any more in which server it was given".to_owned()),
            }
        };
        let operators = LogName::operator();
        let of_operators = self.find(&operators, orders.to_vec());
        let (of_server, of_operators) = futures_util::future::join(of_server, of_operators).await;
        let missing = [of_server.as_ref().err(), of_operators.as_ref().err()];
        let missing: Vec<&str> = missing.into_iter().flatten().map(String::as_str).collect();
        let audit_missing = (!missing.is_empty()).then(|| missing.join("; "));
        let found = [of_server, of_operators].into_iter().flatten();
        JobShown {
            trace: trace_of(&job.job),
            discord_url: discord_url(&job),
            audit: found.flatten().collect(),
            audit_missing,
            job,
        }
    }

    async fn find(&self, log: &LogName, beginnings: Vec<String>) -> Result<Vec<Entry>, String> {
        let request = audit::Request::Find { beginnings };
        match self.back().ask_audit(log, &request).await? {
            audit::Response::Found { entries } => Ok(entries),
            other => Err(format!("the log answered {other:?}")),
        }
    }
}

fn trace_of(job: &JobId) -> TraceId {
    TraceId::of(&crate::id::InteractionId::new(job.as_str()))
}

fn discord_url(job: &JobView) -> Option<String> {
    let guild = job.guild.as_ref()?.as_str();
    let guild = if guild.is_empty() { "@me" } else { guild };
    let thread = job.thread.as_ref()?;
    Some(format!("https://discord.com/channels/{guild}/{thread}"))
}
