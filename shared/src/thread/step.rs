//! The rules of a conversation: one arm per request.

use jiff::Timestamp;

use super::{
    Arrival, Begun, Entry, Inspection, LOST_AFTER, LinkedIssue, MAX_ENDED_JOBS, MAX_OPEN_JOBS,
    MAX_REPOSITORIES, OpenJob, Outcome, Phase, Request, Response, STALE_AFTER, TURN_LEASE, Thread,
    Turn, TurnHeld, View, WAIT_STEP,
};
use crate::command::Command;
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
                if !self.holds(&turn, now) {
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
            Request::HandOver { turn } => {
                if !self.holds(&turn, now) {
                    return Response::TurnLost;
                }
                self.set_phase(&turn.job, Phase::HandedOver { since: now });
                self.release(&turn.job);
                Response::Noted
            }
            Request::End { job, outcome } => {
                self.end(&job, outcome, now);
                Response::Noted
            }
            Request::Cancel { by, except } => self.cancel(&by, &except),
            Request::Look => Response::Seen(Box::new(self.view())),
            Request::Inspect { job } => Response::Inspected(self.inspect(&job, now)),
        }
    }

    fn begin(&mut self, arrival: Arrival, now: Timestamp) -> Begun {
        let job = arrival.job.clone();
        if self.entry(&job).is_none() {
            if self.jobs.iter().filter(|entry| entry.is_open()).count() >= MAX_OPEN_JOBS {
                return Begun::Crowded;
            }
            self.jobs.push(Entry {
                arrival,
                phase: Phase::Waiting { expected: now },
                live: None,
                cancelled_by: None,
                because: None,
            });
        }
        let running_fix = self.running_fix();
        let Some(entry) = self.entry_mut(&job) else {
            return Begun::Crowded;
        };
        match entry.phase {
            Phase::Ended { .. } => return Begun::Ended,
            Phase::HandedOver { .. } => return Begun::HandedOver,
            Phase::Waiting { .. } | Phase::Acting { .. } => {}
        }
        if let Some(by) = entry.cancelled_by.clone() {
            return Begun::Cancelled { by };
        }
        if !takes_turns(&entry.arrival.command) {
            entry.phase = Phase::Acting { since: now };
            return self.your_turn(TurnHeld { job, number: 0 });
        }
        if let (Some(fix), true) = (running_fix, starts_a_fix(&entry.arrival.command)) {
            return Begun::FixRunning { job: fix };
        }
        // Another delivery of the same job acts: this one waits, and the job does not.
        if self.is_taken_by(&job, now) {
            return Begun::Wait {
                retry_in: WAIT_STEP,
            };
        }
        if self.is_taken(now) || self.somebody_is_first(&job, now) {
            // Coming back is the sign of life that keeps the place in line.
            self.set_phase(
                &job,
                Phase::Waiting {
                    expected: now + WAIT_STEP,
                },
            );
            return Begun::Wait {
                retry_in: WAIT_STEP,
            };
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
        Begun::YourTurn {
            live: self.entry(&turn.job).and_then(|entry| entry.live.clone()),
            turn,
            issue: self.issue.clone(),
            packet: self.packet.clone(),
            repository: self.repositories.first().cloned(),
        }
    }

    fn bind(
        &mut self,
        turn: &TurnHeld,
        issue: LinkedIssue,
        replaces: bool,
        now: Timestamp,
    ) -> Response {
        if !self.holds(turn, now) {
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

    fn end(&mut self, job: &JobId, outcome: Outcome, now: Timestamp) {
        self.release(job);
        // The first outcome stands: a late second one is a repeat of a delivery that already
        // told the thread.
        if let Some(entry) = self.entry_mut(job)
            && entry.is_open()
        {
            entry.phase = Phase::Ended { at: now, outcome };
        }
        let ended = self.jobs.iter().filter(|entry| !entry.is_open()).count();
        let mut surplus = ended.saturating_sub(MAX_ENDED_JOBS);
        self.jobs.retain(|entry| {
            let drop = surplus > 0 && !entry.is_open();
            surplus -= usize::from(drop);
            !drop
        });
    }

    fn cancel(&mut self, by: &UserId, except: &JobId) -> Response {
        let fix = self.running_fix();
        let mut waiting = 0;
        for entry in &mut self.jobs {
            let not_begun = matches!(entry.phase, Phase::Waiting { .. });
            if not_begun && entry.arrival.job != *except && entry.cancelled_by.is_none() {
                entry.cancelled_by = Some(by.clone());
                waiting += 1;
            }
        }
        Response::Cancelling { fix, waiting }
    }

    fn view(&self) -> View {
        let work = |entry: &&Entry| is_work(&entry.arrival.command);
        View {
            issue: self.issue.clone(),
            repositories: self.repositories.clone(),
            running_fix: self.running_fix(),
            open: self
                .jobs
                .iter()
                .filter(|entry| entry.is_open() && !matches!(entry.phase, Phase::HandedOver { .. }))
                .filter(work)
                .map(|entry| {
                    (
                        entry.arrival.job.clone(),
                        entry.arrival.command.name().to_owned(),
                    )
                })
                .collect(),
            last: self
                .jobs
                .iter()
                .rev()
                .filter(work)
                .find_map(|entry| match &entry.phase {
                    Phase::Ended { outcome, .. } => {
                        Some((entry.arrival.command.name().to_owned(), outcome.clone()))
                    }
                    _ => None,
                }),
            again: self.again().map(|arrival| Box::new(arrival.clone())),
        }
    }

    /// What a retry would do again: the newest work, if it ended otherwise than well. A retry
    /// that ended stands for the work that it did again; one that asks, or was refused, for none.
    fn again(&self) -> Option<&Arrival> {
        let is_retry = |entry: &&Entry| matches!(entry.arrival.command, Command::Retry(_));
        let did_nothing = |entry: &&Entry| match &entry.phase {
            Phase::Waiting { .. } | Phase::Acting { .. } => true,
            Phase::Ended { outcome, .. } => matches!(outcome, Outcome::Rejected(_)),
            Phase::HandedOver { .. } => false,
        };
        let mut work = self
            .jobs
            .iter()
            .rev()
            .filter(|entry| is_work(&entry.arrival.command))
            .filter(|entry| !(is_retry(entry) && did_nothing(entry)));
        let newest = work.next()?;
        match &newest.phase {
            Phase::Ended { outcome, .. } if outcome.can_be_retried() => {}
            _ => return None,
        }
        if is_retry(&newest) {
            work.find(|entry| !is_retry(entry))
                .map(|entry| &entry.arrival)
        } else {
            Some(&newest.arrival)
        }
    }

    fn inspect(&self, job: &JobId, now: Timestamp) -> Inspection {
        let Some(entry) = self.entry(job) else {
            return Inspection::Unknown;
        };
        let expected = match entry.phase {
            Phase::Ended { .. } => return Inspection::Ended,
            Phase::HandedOver { .. } => None,
            Phase::Waiting { expected } => Some(expected),
            Phase::Acting { since } => Some(since + TURN_LEASE),
        };
        Inspection::Open(Box::new(OpenJob {
            reply: entry.arrival.reply.clone(),
            live: entry.live.clone(),
            handed_over: expected.is_none(),
            lost: expected.is_some_and(|expected| now >= expected + LOST_AFTER),
            because: entry.because.clone(),
        }))
    }

    fn is_taken(&self, now: Timestamp) -> bool {
        self.turn.as_ref().is_some_and(|turn| now < turn.until)
    }

    fn is_taken_by(&self, job: &JobId, now: Timestamp) -> bool {
        self.is_taken(now) && self.turn.as_ref().is_some_and(|turn| turn.job == *job)
    }

    /// Whether somebody who arrived earlier still waits for a turn (and is still heard of).
    fn somebody_is_first(&self, job: &JobId, now: Timestamp) -> bool {
        self.jobs
            .iter()
            .take_while(|entry| entry.arrival.job != *job)
            .filter(|entry| entry.cancelled_by.is_none() && takes_turns(&entry.arrival.command))
            .any(|entry| match entry.phase {
                Phase::Waiting { expected } => now < expected + STALE_AFTER,
                // Its lease ran out, but its redelivery is still to be expected.
                Phase::Acting { since } => now < since + TURN_LEASE + STALE_AFTER,
                Phase::HandedOver { .. } | Phase::Ended { .. } => false,
            })
    }

    fn holds(&self, held: &TurnHeld, now: Timestamp) -> bool {
        if held.number == 0 {
            return self.entry(&held.job).is_some_and(Entry::is_open);
        }
        self.turn.as_ref().is_some_and(|turn| {
            turn.job == held.job && turn.number == held.number && now < turn.until
        })
    }

    fn renew(&mut self, job: &JobId, now: Timestamp) {
        if let Some(turn) = self
            .turn
            .as_mut()
            .filter(|turn| turn.job == *job && now < turn.until)
        {
            turn.until = now + TURN_LEASE;
        }
    }

    fn release(&mut self, job: &JobId) {
        self.turn.take_if(|turn| turn.job == *job);
    }

    fn running_fix(&self) -> Option<JobId> {
        self.jobs
            .iter()
            .rev()
            .find(|entry| matches!(entry.phase, Phase::HandedOver { .. }))
            .map(|entry| entry.arrival.job.clone())
    }

    fn entry(&self, job: &JobId) -> Option<&Entry> {
        self.jobs.iter().find(|entry| entry.arrival.job == *job)
    }

    fn entry_mut(&mut self, job: &JobId) -> Option<&mut Entry> {
        self.jobs.iter_mut().find(|entry| entry.arrival.job == *job)
    }

    fn set_phase(&mut self, job: &JobId, phase: Phase) {
        if let Some(entry) = self.entry_mut(job) {
            entry.phase = phase;
        }
    }
}

impl Entry {
    fn is_open(&self) -> bool {
        !matches!(self.phase, Phase::Ended { .. })
    }
}

/// Whether the command changes something, so that its order among others matters.
fn takes_turns(command: &Command) -> bool {
    is_work(command)
}

/// Whether the command is work, rather than a question or an order about work.
fn is_work(command: &Command) -> bool {
    match command {
        Command::Contextualize(_) | Command::Fix(_) | Command::Retry(_) => true,
        Command::Status(_) | Command::Cancel(_) | Command::Help(_) => false,
    }
}

fn starts_a_fix(command: &Command) -> bool {
    matches!(command, Command::Fix(_) | Command::Retry(_))
}
