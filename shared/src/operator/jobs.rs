//! Looking at jobs and stopping them.

use super::answer::Problem;
use super::{Acted, Desk, JobShown, JobState, JobView, Page, Query};
use crate::consumer::mark::OPEN_PREFIX;
use crate::deliver::{DEAD_PREFIX, DeadRecord};
use crate::fix::{self, FixDetails, Jobs as _};
use crate::gateway::Ports;
use crate::id::{JobId, ThreadId};
use crate::ports::Kv as _;
use crate::thread::{Inspection, OpenJob, ThreadClient};

impl<P: Ports> Desk<'_, P> {
    /// The open jobs by their ids, which are in the order of their age.
    pub(super) async fn jobs(&self, query: &Query) -> Result<Page<JobView>, Problem> {
        let keys = self.back().list(OPEN_PREFIX).await?;
        let (ids, next) = page(&keys, OPEN_PREFIX, query);
        let looks = ids.into_iter().map(|id| self.look(JobId::new(id)));
        let items = futures_util::future::join_all(looks).await;
        Ok(Page {
            items: items.into_iter().flatten().collect(),
            next,
        })
    }

    /// A job of the list. `None`: it has ended meanwhile. One whose objects do not answer is
    /// listed all the same: that is when somebody looks at the list.
    async fn look(&self, job: JobId) -> Option<JobView> {
        let thread = match self.back().get(&format!("{OPEN_PREFIX}{job}")).await {
            Ok(thread) => ThreadId::new(thread?),
            Err(failed) => return Some(JobView::unknown(job, None, &failed.to_string())),
        };
        match self.view(&job, Some(thread.clone())).await {
            Ok(view) => Some(view),
            Err(problem) => {
                let why = match problem {
                    Problem::Unavailable(why) => why,
                    other => format!("{other:?}"),
                };
                Some(JobView::unknown(job, Some(thread), &why))
            }
        }
    }

    /// One job, open or ended. Of an ended one that was no fix only its Thread object knows, which
    /// the caller may name.
    pub(super) async fn job(&self, job: &JobId, query: &Query) -> Result<JobShown, Problem> {
        let thread = self.thread_of(job, query).await?;
        let view = self.view(job, thread).await?;
        if view.state == JobState::Unknown && view.fix.is_none() {
            return Err(unknown(job));
        }
        Ok(self.with_records(view).await)
    }

    /// Stops a job.
    pub(super) async fn cancel(&self, job: &JobId, query: &Query) -> Result<Acted, Problem> {
        let thread = self.thread_of(job, query).await?;
        let thread = thread.ok_or_else(|| unknown(job))?;
        self.record("cancel", job.as_str()).await?;
        self.stop(job, thread).await
    }

    async fn stop(&self, job: &JobId, thread: ThreadId) -> Result<Acted, Problem> {
        let acted = |changed, message: &str| {
            Ok(Acted {
                id: job.to_string(),
                changed,
                message: message.to_owned(),
            })
        };
        let thread = ThreadClient::new(self.back(), thread);
        let by = self.operator.id();
        let nothing = JobId::new("");
        let only = Some(job.clone());
        let cancelling = thread.cancel(by, &nothing, only, true).await?;
        if cancelling.fix.is_some() {
            let order = fix::Request::Cancel { by: by.clone() };
            let answer = self.back().ask_job(job, &order).await;
            return match answer.map_err(Problem::Unavailable)? {
                fix::Response::Cancelling => acted(
                    true,
                    "It is being stopped; its message in the thread says when it has ended.",
                ),
                fix::Response::TooLate(view) => Err(Problem::Conflict(format!(
                    "It can no longer be stopped: {}",
                    view.line
                ))),
                other => Err(Problem::Conflict(format!(
                    "Its object does not take the order: {other:?}"
                ))),
            };
        }
        if cancelling.waiting > 0 {
            return acted(true, "It waited, and will not begin.");
        }
        match thread.inspect(job).await? {
            Inspection::Open(_) => Err(Problem::Conflict(
                "A delivery acts on it, which takes seconds and cannot be stopped. If it is a fix, \
                 cancel it again in a moment."
                    .to_owned(),
            )),
            Inspection::Ended => acted(false, "It has ended already."),
            Inspection::Unknown => Err(unknown(job)),
        }
    }

    /// Everything that is known about a job.
    pub(super) async fn view(
        &self,
        job: &JobId,
        thread: Option<ThreadId>,
    ) -> Result<JobView, Problem> {
        let inspection = match &thread {
            Some(thread) => {
                let client = ThreadClient::new(self.back(), thread.clone());
                client.inspect(job).await?
            }
            None => Inspection::Unknown,
        };
        let mut view = match inspection {
            Inspection::Open(open) => JobView::open(job.clone(), thread, &open),
            Inspection::Ended => JobView::bare(job.clone(), thread, JobState::Ended),
            Inspection::Unknown => JobView::bare(job.clone(), thread, JobState::Unknown),
        };
        if let Some(dead) = self.dead_record(job).await?
            && dead.is_open()
        {
            view.state = JobState::Dead;
            view.line = Some(dead.reason.clone());
            if let Ok(dead) = dead.job() {
                view.command = Some(dead.command.name().to_owned());
                view.requested_by = Some(dead.discord_context.user_id);
                view.accepted_at = Some(dead.timestamp);
                view.guild = Some(dead.discord_context.guild_id.clone());
            }
        }
        // Asking makes the object: not where it is known that there is none.
        if matches!(view.command.as_deref(), None | Some("fix" | "retry"))
            && is_number(job)
            && view.state != JobState::Dead
        {
            view.fix = self.fix(job).await?;
        }
        if let Some(fix) = &view.fix {
            view.command.get_or_insert_with(|| "fix".to_owned());
            view.requested_by
                .get_or_insert_with(|| fix.requested_by.clone());
            view.accepted_at.get_or_insert(fix.ordered_at);
            view.thread.get_or_insert_with(|| fix.thread.clone());
            view.guild.get_or_insert_with(|| fix.guild.clone());
            view.line = Some(fix.view.line.clone());
            if view.state == JobState::Unknown {
                view.state = match fix.view.ended {
                    Some(_) => JobState::Ended,
                    None => JobState::Running,
                };
            }
        }
        Ok(view)
    }

    /// Where a job was given: by its mark while it is open, by its record when it is dead, by its
    /// Job object if it was a fix.
    pub(super) async fn thread_of(
        &self,
        job: &JobId,
        query: &Query,
    ) -> Result<Option<ThreadId>, Problem> {
        if query.thread.is_some() {
            return Ok(query.thread.clone());
        }
        if let Some(thread) = self.back().get(&format!("{OPEN_PREFIX}{job}")).await? {
            return Ok(Some(ThreadId::new(thread)));
        }
        if let Some(dead) = self.dead_record(job).await?
            && let Ok(dead) = dead.job()
        {
            return Ok(Some(dead.thread()));
        }
        if !is_number(job) {
            return Ok(None);
        }
        Ok(self.fix(job).await?.map(|fix| fix.thread))
    }

    pub(super) async fn fix(&self, job: &JobId) -> Result<Option<FixDetails>, Problem> {
        let answer = self.back().ask_job(job, &fix::Request::Inspect).await;
        match answer.map_err(Problem::Unavailable)? {
            fix::Response::Inspected(fix) => Ok(Some(*fix)),
            _ => Ok(None),
        }
    }

    async fn dead_record(&self, job: &JobId) -> Result<Option<DeadRecord>, Problem> {
        let key = format!("{DEAD_PREFIX}{job}");
        let found = DeadRecord::load(self.back(), &key).await?;
        Ok(found.and_then(Result::ok))
    }
}

impl JobView {
    fn bare(job: JobId, thread: Option<ThreadId>, state: JobState) -> Self {
        Self {
            job,
            thread,
            state,
            command: None,
            requested_by: None,
            accepted_at: None,
            line: None,
            fix: None,
            guild: None,
        }
    }

    fn unknown(job: JobId, thread: Option<ThreadId>, why: &str) -> Self {
        let line = Some(format!("its state cannot be told: {why}"));
        let bare = Self::bare(job, thread, JobState::Unknown);
        Self { line, ..bare }
    }

    fn open(job: JobId, thread: Option<ThreadId>, open: &OpenJob) -> Self {
        let state = match (open.handed_over, open.lost) {
            (true, _) => JobState::Running,
            (false, true) => JobState::Lost,
            (false, false) => JobState::Begun,
        };
        let bare = Self::bare(job, thread, state);
        Self {
            command: Some(open.command.name().to_owned()),
            requested_by: Some(open.reply.user.clone()),
            accepted_at: Some(open.reply.accepted_at),
            line: open.because.clone(),
            guild: Some(open.reply.guild.clone()),
            ..bare
        }
    }
}

/// The ids of a page, and what the next one comes after.
pub(super) fn page<'k>(
    keys: &'k [String],
    prefix: &str,
    query: &Query,
) -> (Vec<&'k str>, Option<String>) {
    let mut ids: Vec<&str> = keys
        .iter()
        .filter_map(|key| key.strip_prefix(prefix))
        .collect();
    ids.sort_unstable();
    let after = query.after.as_deref();
    let rest = ids
        .into_iter()
        .filter(|id| after.is_none_or(|after| *id > after));
    let mut ids: Vec<&str> = rest.take(query.limit + 1).collect();
    let is_last = ids.len() <= query.limit;
    ids.truncate(query.limit);
    let next = ids.last().filter(|_| !is_last).map(|id| (*id).to_owned());
    (ids, next)
}

pub(super) fn unknown(job: &JobId) -> Problem {
    Problem::NotFound(format!(
        "No job {job} is open, dead or a fix. Of other jobs that have ended only their thread \
         knows: name it."
    ))
}

/// Jobs are named by Discord's numbers, those of operators with a suffix: no object is made for
/// what was mistyped.
pub(super) fn is_number(job: &JobId) -> bool {
    let number = job.as_str().split('-').next().unwrap_or_default();
    number.len() >= 15 && number.bytes().all(|b| b.is_ascii_digit())
}
