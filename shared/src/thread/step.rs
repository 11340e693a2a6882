//! The rules of a conversation: one arm per request.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Arrival, Begun, Cancelling, Ended, Entry, HandedOver, Inspection, Known, LONGEST_WAIT_STEP,
    LOST_AFTER, LinkedIssue, MAX_ENDED_JOBS, MAX_OPEN_JOBS, MAX_OUTCOME_CHARS, MAX_REPOSITORIES,
    OpenJob, Outcome, Phase, Request, Response, STALE_AFTER, TURN_LEASE, Task, Thread, Turn,
    TurnHeld, View, WAIT_STEP,
};
use crate::command::{Command, Verb};
use crate::id::{JobId, UserId};

impl Thread {
    /// Applies one request. Total: there is an answer to every request in every state, and a
    /// repeated request changes nothing more.
    pub fn step(&mut self, request: Request, now: Timestamp) -> Response {
        match request {
            Request::Begin { arrival } => Response::Began(self.begin(*arrival, now)),
            Request::Shown { job, live } => {
                if let Some(entry) = self.entry_mut(&job) {
                    entry.live = Some(live);
                }
                self.renew(&job, now);
                Response::Noted
            }
            Request::Bind {
                turn,
                issue,
                replaces,
            } => self.bind(&turn, issue, replaces, now),
            Request::Remember { repository, packet } => {
                self.remember(repository, packet);
                Response::Noted
            }
            Request::Pause {
                turn,
                retry_in,
                because,
            } => {
                if !self.holds(&turn) {
                    return Response::TurnLost;
                }
                if let Some(entry) = self.entry_mut(&turn.job) {
                    entry.because = Some(because);
                }
                self.set_phase(
                    &turn.job,
                    Phase::Waiting {
                        expected: now + retry_in,
                    },
                );
                self.release(&turn.job);
                Response::Noted
            }
            Request::Starting { turn, repository } => self.starting(&turn, repository, now),
            // No turn is asked for: that the Job object has the job is true whoever says so.
            Request::HandOver { job } => {
                self.set_phase(&job, Phase::HandedOver { since: now });
                self.release(&job);
                Response::HandedOver(match self.entry(&job) {
                    Some(entry) => HandedOver::Open {
                        cancelled_by: entry.cancelled_by.clone(),
                    },
                    None => HandedOver::Ended,
                })
            }
            Request::End { job, outcome } => {
                self.end(&job, outcome);
                Response::Noted
            }
            Request::Cancel {
                by,
                except,
                only,
                others,
            } => Response::Cancelling(self.cancel(&by, &except, only.as_ref(), others)),
            Request::Reopen { job } => Response::Reopening(self.reopen(&job)),
            Request::Look => Response::Seen(Box::new(self.view())),
            Request::Inspect { job } => Response::Inspected(self.inspect(&job, now)),
        }
    }

    fn begin(&mut self, arrival: Arrival, now: Timestamp) -> Begun {
        let job = arrival.job().clone();
        if self.ended.iter().any(|ended| ended.job == job) {
            return Begun::Ended;
        }
        if self.entry(&job).is_none() {
            if self.jobs.len() >= MAX_OPEN_JOBS {
                return Begun::Crowded;
            }
            self.jobs.push(Entry {
                arrival,
                stands_for: None,
                phase: Phase::Waiting { expected: now },
                live: None,
                cancelled_by: None,
                started: false,
                because: None,
            });
        }
        let Some(entry) = self.entry(&job) else {
            return Begun::Crowded;
        };
        if matches!(entry.phase, Phase::HandedOver { .. }) {
            return Begun::HandedOver {
                cancelled_by: entry.cancelled_by.clone(),
            };
        }
        // Another delivery of the same job acts: this one waits, and the job does not.
        if self.is_taken(now) && self.turn_of(&job).is_some() {
            return Begun::Wait {
                retry_in: WAIT_STEP,
            };
        }
        if let Some(by) = entry.cancelled_by.clone() {
            return Begun::Cancelled {
                by,
                started: entry.started,
                live: entry.live.clone(),
            };
        }
        if !entry.is_work() {
            self.set_phase(&job, Phase::Acting { since: now });
            return self.your_turn(TurnHeld { job, number: 0 });
        }
        let stands_for = entry.stands_for.clone().or_else(|| self.again_for(entry));
        let command = stands_for
            .as_ref()
            .map_or(entry.command(), |task| &task.command);
        if let Some(fix) = self.running_fix().filter(|fix| *fix != job)
            && matches!(command, Command::Fix(_) | Command::Continue(_))
        {
            return Begun::FixRunning { job: fix };
        }
        if let Some(retry_in) = self.wait_of(&job, now) {
            // Coming back is the sign of life that keeps the place in line.
            self.set_phase(
                &job,
                Phase::Waiting {
                    expected: now + retry_in,
                },
            );
            return Begun::Wait { retry_in };
        }
        if let Some(entry) = self.entry_mut(&job) {
            entry.stands_for = stands_for;
        }
        self.turns_given += 1;
        let number = self.turns_given;
        self.turn = Some(Turn {
            job: job.clone(),
            number,
            until: now + TURN_LEASE,
        });
        self.set_phase(&job, Phase::Acting { since: now });
        self.your_turn(TurnHeld { job, number })
    }

    fn your_turn(&self, turn: TurnHeld) -> Begun {
        let entry = self.entry(&turn.job);
        Begun::YourTurn {
            known: Box::new(Known {
                issue: self.issue.clone(),
                packet: self.packet.clone(),
                repository: self.repositories.first().cloned(),
                live: entry.and_then(|entry| entry.live.clone()),
                again: entry.and_then(|entry| entry.stands_for.clone()),
                started: entry.is_some_and(|entry| entry.started),
            }),
            turn,
        }
    }

    /// The last moment at which a fix can be stopped here: afterwards its object has to be told.
    fn starting(&mut self, turn: &TurnHeld, repository: String, now: Timestamp) -> Response {
        if !self.holds(turn) {
            return Response::TurnLost;
        }
        self.renew(&turn.job, now);
        self.remember(Some(repository), None);
        let Some(entry) = self.entry_mut(&turn.job) else {
            return Response::TurnLost;
        };
        if let Some(by) = entry.cancelled_by.clone() {
            return Response::Stopped { by };
        }
        entry.started = true;
        Response::Noted
    }

    fn bind(
        &mut self,
        turn: &TurnHeld,
        issue: LinkedIssue,
        replaces: bool,
        now: Timestamp,
    ) -> Response {
        if !self.holds(turn) {
            return Response::TurnLost;
        }
        self.renew(&turn.job, now);
        if replaces {
            self.issue = Some(issue.clone());
        }
        Response::Bound {
            issue: self.issue.get_or_insert(issue).clone(),
        }
    }

    fn remember(&mut self, repository: Option<String>, packet: Option<String>) {
        if let Some(repository) = repository {
            self.repositories.retain(|known| *known != repository);
            self.repositories.insert(0, repository);
            self.repositories.truncate(MAX_REPOSITORIES);
        }
        if packet.is_some() {
            self.packet = packet;
        }
    }

    fn end(&mut self, job: &JobId, outcome: Outcome) {
        self.release(job);
        // The first outcome stands: a late second one is a repeat of a delivery that already
        // told the thread.
        let Some(at) = self
            .jobs
            .iter()
            .position(|entry| entry.arrival.job() == job)
        else {
            return;
        };
        let entry = self.jobs.remove(at);
        let command = entry.command().verb();
        let is_fix = matches!(entry.phase, Phase::HandedOver { .. });
        self.note_for_retry(entry, &outcome);
        self.ended.push_back(Ended {
            job: job.clone(),
            command,
            outcome: outcome.shortened(MAX_OUTCOME_CHARS),
            is_fix,
        });
        while self.ended.len() > MAX_ENDED_JOBS {
            self.ended.pop_front();
        }
    }

    /// Work that ended otherwise than well is what a retry does again, also if it was a retry
    /// itself, until the same command succeeds. A mistake of the user's changes nothing.
    fn note_for_retry(&mut self, entry: Entry, outcome: &Outcome) {
        let job = entry.arrival.job().clone();
        let task = match entry.command() {
            Command::Contextualize(_) | Command::Fix(_) => entry.arrival.task,
            Command::Retry(_) => match entry.stands_for {
                Some(task) => task,
                // It never began.
                None => return,
            },
            Command::Status(_)
            | Command::Cancel(_)
            | Command::Approve(_)
            | Command::Reject(_)
            | Command::Steer(_)
            | Command::Continue(_)
            | Command::Deploy(_)
            | Command::Claim(_)
            | Command::Release(_)
            | Command::Claims(_)
            | Command::Leaderboard(_)
            | Command::Help(_) => return,
        };
        if outcome.can_be_retried() {
            self.again = Some(task);
            self.again_of = Some(job);
        } else if matches!(outcome, Outcome::Succeeded(_)) {
            self.again
                .take_if(|again| again.command.verb() == task.command.verb());
        }
    }

    fn again_for(&self, entry: &Entry) -> Option<Task> {
        let Command::Retry(options) = entry.command() else {
            return None;
        };
        let meant = options.job_id();
        let is_meant = meant.is_none() || meant == self.again_of;
        self.again.clone().filter(|_| is_meant)
    }

    fn cancel(
        &mut self,
        by: &UserId,
        except: &JobId,
        only: Option<&JobId>,
        others: bool,
    ) -> Cancelling {
        let running = self.running_fix();
        let mut cancelling = Cancelling::default();
        for entry in &mut self.jobs {
            let job = entry.arrival.job();
            let is_meant = only.is_none_or(|only| only == job);
            let may = others || entry.arrival.reply.user == *by;
            let is_running = running.as_ref() == Some(job);
            let can_be_stopped = job != except && entry.can_be_stopped();
            match (is_meant && (is_running || can_be_stopped), may) {
                (false, _) => continue,
                (true, false) => {
                    cancelling.of_others += usize::from(entry.cancelled_by.is_none());
                    continue;
                }
                (true, true) if is_running => cancelling.fix.clone_from(&running),
                // Who was stopped before is counted again: that it will not begin is as true for
                // a repeat.
                (true, true) => cancelling.waiting += 1,
            }
            // Of the running fix it is remembered for the case that its object does not have it
            // yet; whoever asks is told what the object says.
            if can_be_stopped {
                entry.cancelled_by.get_or_insert_with(|| by.clone());
            }
        }
        cancelling
    }

    fn view(&self) -> View {
        View {
            issue: self.issue.clone(),
            repositories: self.repositories.clone(),
            running_fix: self.running_fix(),
            open: self
                .jobs
                .iter()
                .filter(|entry| entry.is_work() && !matches!(entry.phase, Phase::HandedOver { .. }))
                .map(|entry| {
                    (
                        entry.arrival.job().clone(),
                        entry.command().name().to_owned(),
                    )
                })
                .collect(),
            last: self
                .ended
                .iter()
                .rev()
                .find(|ended| is_work(ended.command))
                .map(|ended| (ended.command.name().to_owned(), ended.outcome.clone())),
            again: self
                .again
                .as_ref()
                .map(|task| task.command.name().to_owned()),
            again_of: self.again_of.clone().filter(|_| self.again.is_some()),
            jobs: self.known_jobs(),
        }
    }

    fn inspect(&self, job: &JobId, now: Timestamp) -> Inspection {
        let Some(entry) = self.entry(job) else {
            let ended = self.ended.iter().any(|ended| ended.job == *job);
            return if ended {
                Inspection::Ended
            } else {
                Inspection::Unknown
            };
        };
        let expected = match entry.phase {
            Phase::HandedOver { .. } => None,
            Phase::Waiting { expected } => Some(expected),
            Phase::Acting { since } => Some(since + TURN_LEASE),
        };
        Inspection::Open(Box::new(OpenJob {
            reply: entry.arrival.reply.clone(),
            live: entry.live.clone(),
            command: entry.command().verb(),
            handed_over: expected.is_none(),
            lost: expected.is_some_and(|expected| now >= expected + LOST_AFTER),
            because: entry.because.clone(),
            cancelled_by: entry.cancelled_by.clone(),
        }))
    }

    fn is_taken(&self, now: Timestamp) -> bool {
        self.turn.as_ref().is_some_and(|turn| now < turn.until)
    }

    /// How long `job` has to stay away because another one is first; `None` if none is.
    fn wait_of(&self, job: &JobId, now: Timestamp) -> Option<Duration> {
        if self.is_taken(now) {
            return Some(WAIT_STEP);
        }
        self.jobs
            .iter()
            .take_while(|entry| entry.arrival.job() != job)
            .filter(|entry| entry.cancelled_by.is_none() && entry.is_work())
            .find_map(|entry| {
                // Somebody who arrived earlier and is still heard of.
                let expected = match entry.phase {
                    Phase::Waiting { expected } => expected,
                    // Its lease ran out, but its redelivery is still to be expected.
                    Phase::Acting { since } => since + TURN_LEASE,
                    Phase::HandedOver { .. } => return None,
                };
                let until_then = Duration::try_from(expected.duration_since(now));
                (now < expected + STALE_AFTER).then(|| {
                    until_then
                        .unwrap_or_default()
                        .clamp(WAIT_STEP, LONGEST_WAIT_STEP)
                })
            })
    }

    /// The number alone decides: a lease that ran out is worth something as long as nobody else
    /// was given a turn, so a slow holder that nobody waited for may go on.
    fn holds(&self, held: &TurnHeld) -> bool {
        match held.number {
            // It has none, and acts by another's leave.
            0 => self.entry(&held.job).is_some() && self.turn_of(&held.job).is_none(),
            number => self
                .turn_of(&held.job)
                .is_some_and(|turn| turn.number == number),
        }
    }

    fn renew(&mut self, job: &JobId, now: Timestamp) {
        if let Some(turn) = self.turn.as_mut().filter(|turn| turn.job == *job) {
            turn.until = now + TURN_LEASE;
        }
    }

    fn release(&mut self, job: &JobId) {
        self.turn.take_if(|turn| turn.job == *job);
    }

    fn turn_of(&self, job: &JobId) -> Option<&Turn> {
        self.turn.as_ref().filter(|turn| turn.job == *job)
    }

    /// The fix that its object has, as far as is known here.
    fn running_fix(&self) -> Option<JobId> {
        self.jobs
            .iter()
            .rev()
            .find(|entry| entry.started || matches!(entry.phase, Phase::HandedOver { .. }))
            .map(|entry| entry.arrival.job().clone())
    }

    pub(super) fn entry(&self, job: &JobId) -> Option<&Entry> {
        self.jobs.iter().find(|entry| entry.arrival.job() == job)
    }

    pub(super) fn entry_mut(&mut self, job: &JobId) -> Option<&mut Entry> {
        self.jobs
            .iter_mut()
            .find(|entry| entry.arrival.job() == job)
    }

    fn set_phase(&mut self, job: &JobId, phase: Phase) {
        if let Some(entry) = self.entry_mut(job) {
            entry.phase = phase;
        }
    }
}

impl Entry {
    fn command(&self) -> &Command {
        &self.arrival.task.command
    }

    fn is_work(&self) -> bool {
        is_work(self.command().verb())
    }

    /// Whether a cancel means it: work that has not begun, and a fix also while it is being
    /// prepared. What else a delivery does takes seconds and is not stopped halfway.
    fn can_be_stopped(&self) -> bool {
        match self.phase {
            Phase::Waiting { .. } => self.is_work(),
            Phase::Acting { .. } => {
                let task = self.stands_for.as_ref().map(|task| &task.command);
                matches!(task.unwrap_or(self.command()), Command::Fix(_))
            }
            // The Job object knows better; but it may have been told of this job only just now.
            Phase::HandedOver { .. } => false,
        }
    }
}

/// Whether the command is work, rather than a question or an order about work. Work takes turns:
/// it changes something, so that its order matters.
pub(super) fn is_work(command: Verb) -> bool {
    match command {
        // To go on is to fix.
        Verb::Contextualize | Verb::Fix | Verb::Retry | Verb::Continue => true,
        Verb::Status
        | Verb::Cancel
        | Verb::Approve
        | Verb::Reject
        | Verb::Steer
        | Verb::Deploy
        | Verb::Claim
        | Verb::Release
        | Verb::Claims
        | Verb::Leaderboard
        | Verb::Help => false,
    }
}
