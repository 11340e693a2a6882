//! Dead letters: looking at them, replaying them, putting them aside.
//!
//! A replay puts the job back on the queue under its own id, so whatever it had done before it
//! died is found and adopted. The Thread object decides whether it may: it reopens a job that
//! ended on the dead-letter queue, once.

use std::time::Duration;

use super::answer::Problem;
use super::jobs::page;
use super::{Acted, DeadView, Desk, Page, Query};
use crate::deliver::{DEAD_PREFIX, DeadRecord, Mark};
use crate::discord::client::DiscordClient;
use crate::gateway::Ports;
use crate::id::ThreadId;
use crate::job::{DecodeFault, Job};
use crate::ports::{Clock as _, Kv as _, Queue as _};
use crate::report::{self, ReplyTo};
use crate::thread::{Inspection, Outcome, Reopened, ThreadClient};

impl<P: Ports> Desk<'_, P> {
    /// Dead letters by id; those that were dealt with only on demand.
    pub(super) async fn dead(&self, query: &Query) -> Result<Page<DeadView>, Problem> {
        let keys = self.back().list(DEAD_PREFIX).await?;
        let (ids, next) = page(&keys, DEAD_PREFIX, query);
        let looks = ids.into_iter().map(|id| self.look_at_dead(id));
        let mut items = Vec::new();
        for found in futures_util::future::join_all(looks).await {
            // Gone meanwhile: its time was up.
            items.extend(found?);
        }
        let is_open = |dead: &DeadView| dead.replayed.is_none() && dead.discarded.is_none();
        items.retain(|dead| query.all || is_open(dead));
        Ok(Page { items, next })
    }

    /// One dead letter.
    pub(super) async fn dead_one(&self, id: &str) -> Result<DeadView, Problem> {
        self.look_at_dead(id).await?.ok_or_else(|| none(id))
    }

    async fn look_at_dead(&self, id: &str) -> Result<Option<DeadView>, Problem> {
        let found = DeadRecord::load(self.back(), &key(id)).await?;
        Ok(found.map(|record| match record {
            Ok(record) => DeadView::of(id, &record),
            Err(error) => DeadView::unreadable(id, &error.to_string()),
        }))
    }

    /// Puts a dead job back on the queue.
    pub(super) async fn replay(&self, id: &str) -> Result<Acted, Problem> {
        let record = self.dead_record_at(id).await?;
        self.record("replay", id).await?;
        self.reopen(id, record).await
    }

    async fn reopen(&self, id: &str, mut record: DeadRecord) -> Result<Acted, Problem> {
        let job = record.job().map_err(|fault| broken(&fault))?;
        if record.discarded.is_some() {
            return Err(Problem::Conflict("It was discarded.".to_owned()));
        }
        let unchanged = |message: &str| {
            Ok(Acted {
                id: id.to_owned(),
                changed: false,
                message: message.to_owned(),
            })
        };
        // 1. Repeatable: a job that is open already is not opened again.
        let thread = ThreadClient::new(self.back(), job.thread());
        let known = thread.inspect(&job.id()).await?;
        match thread.reopen(&job.id()).await? {
            Reopened::InProgress => return unchanged("It is under way again already."),
            Reopened::Over { outcome } if record.replayed.is_some() => {
                return unchanged(&format!("It was replayed, and ended: {}", outcome.text()));
            }
            Reopened::Over { outcome } => {
                return Err(Problem::Conflict(format!(
                    "It has ended otherwise: {}",
                    outcome.text()
                )));
            }
            // On the queue, and not delivered yet.
            Reopened::Open if record.replayed.is_some() && known == Inspection::Unknown => {
                return unchanged("It lies on the queue already.");
            }
            Reopened::Open => {}
        }
        // 2. Repeatable: the second message finds the job begun or ended.
        let body = job
            .encode()
            .map_err(|fault| Problem::Conflict(fault.to_string()))?;
        self.put_on_queue(&body).await?;
        // 3. Repeatable. Lost, it costs the list its mark, and no second run.
        record.replayed = Some(self.mark());
        record.store(self.back(), &key(id)).await?;
        Ok(Acted {
            id: id.to_owned(),
            changed: true,
            message: "It is on the queue again.".to_owned(),
        })
    }

    /// Puts a dead job aside for good. Its thread is told, if nobody has told it that the job is
    /// dead.
    pub(super) async fn discard(&self, id: &str) -> Result<Acted, Problem> {
        let record = self.dead_record_at(id).await?;
        self.record("discard", id).await?;
        self.put_aside(id, record).await
    }

    async fn put_aside(&self, id: &str, mut record: DeadRecord) -> Result<Acted, Problem> {
        let done = |changed, message: &str| {
            Ok(Acted {
                id: id.to_owned(),
                changed,
                message: message.to_owned(),
            })
        };
        if record.discarded.is_some() {
            return done(false, "It was discarded already.");
        }
        if record.replayed.is_some() {
            return Err(Problem::Conflict(
                "It was replayed: `jobs show` says what came of it.".to_owned(),
            ));
        }
        let told = match record.job() {
            Ok(job) => self.tell_if_untold(&job).await?,
            Err(_) => false,
        };
        record.discarded = Some(self.mark());
        record.store(self.back(), &key(id)).await?;
        let told = if told {
            ", and its thread was told"
        } else {
            ""
        };
        done(true, &format!("It is put aside{told}."))
    }

    /// Shows the terminal message, then records the end, as every end of a job does.
    async fn tell_if_untold(&self, job: &Job) -> Result<bool, Problem> {
        let thread = ThreadClient::new(self.back(), job.thread());
        let open = match thread.inspect(&job.id()).await? {
            Inspection::Open(open) if !open.handed_over => open,
            Inspection::Open(_) | Inspection::Ended | Inspection::Unknown => return Ok(false),
        };
        let settings = self.setup.settings().map_err(|problems| {
            let named: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Problem::Unavailable(format!("the thread cannot be told: {}", named.join("; ")))
        })?;
        let client = DiscordClient::new(
            self.ports.http(),
            &settings.discord_api_url,
            &settings.bot_token,
        );
        let client = client.map_err(|bad| Problem::Unavailable(bad.to_string()))?;
        let by = self.operator.id();
        let message = report::discarded(job.command.name(), by);
        let now = self.ports.clock().now();
        let (reply, live) = (ReplyTo::of(job), open.live.as_ref());
        match report::show_outcome(&client, &reply, live, &message, now).await {
            Err(error) if error.is_transient() => {
                return Err(Problem::Unavailable(format!(
                    "the thread could not be told: {error}"
                )));
            }
            // A thread that can never be told does not keep the job.
            Ok(_) | Err(_) => {}
        }
        let outcome = Outcome::Cancelled(format!("put aside by {}", report::mention(by)));
        thread.end(&job.id(), outcome).await?;
        crate::consumer::mark::unmark(self.back(), &job.id()).await;
        Ok(true)
    }

    async fn dead_record_at(&self, id: &str) -> Result<DeadRecord, Problem> {
        let found = DeadRecord::load(self.back(), &key(id)).await?;
        found
            .ok_or_else(|| none(id))?
            .map_err(|error| Problem::Conflict(format!("The record cannot be read: {error}")))
    }

    pub(super) async fn put_on_queue(&self, body: &str) -> Result<(), Problem> {
        let sent = self.ports.queue().send(body, Duration::ZERO).await;
        sent.map_err(|refused| Problem::Unavailable(refused.to_string()))
    }

    fn mark(&self) -> Mark {
        Mark {
            at: self.ports.clock().now(),
            by: self.operator.id().clone(),
        }
    }
}

impl DeadView {
    fn of(id: &str, record: &DeadRecord) -> Self {
        let decoded = record.job();
        let (thread, command, requested_by) = match &decoded {
            Ok(job) => (
                Some(job.thread()),
                Some(job.command.name().to_owned()),
                Some(job.discord_context.user_id.clone()),
            ),
            Err(fault) => {
                let salvage = fault.salvage();
                let thread = salvage.conversation.map(|it| ThreadId::new(it.as_str()));
                (thread, salvage.command, None)
            }
        };
        Self {
            id: id.to_owned(),
            thread,
            command,
            requested_by,
            reason: record.reason.clone(),
            buried_at: Some(record.buried_at),
            replayed: record.replayed.clone(),
            discarded: record.discarded.clone(),
            broken: decoded.err().map(|fault| fault.to_string()),
        }
    }

    fn unreadable(id: &str, why: &str) -> Self {
        Self {
            id: id.to_owned(),
            thread: None,
            command: None,
            requested_by: None,
            reason: "the record cannot be read".to_owned(),
            buried_at: None,
            replayed: None,
            discarded: None,
            broken: Some(why.to_owned()),
        }
    }
}

fn key(id: &str) -> String {
    format!("{DEAD_PREFIX}{id}")
}

fn none(id: &str) -> Problem {
    Problem::NotFound(format!("There is no dead letter {id}."))
}

fn broken(fault: &DecodeFault) -> Problem {
    Problem::Conflict(format!(
        "It cannot be replayed, because bugbot cannot read it: {fault}"
    ))
}
