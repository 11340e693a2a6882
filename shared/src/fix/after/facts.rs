//! What of the time after the pull request the audit log holds.
//!
//! Invariant: a fact is put on the list in the same step as what it tells of, and stays there until
//! the log holds it. The list is recorded before anything on the list of things to do is done.

use jiff::Timestamp;

use super::{After, Because, NoRound, Round, Standing};
use crate::audit::{Fact, Record, micro_usd};
use crate::github::RepoName;
use crate::id::JobId;

/// The pull request of a fix, as facts name it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) job: &'a JobId,
    pub(super) repository: &'a RepoName,
    pub(super) pull_request: u64,
}

impl After {
    /// What the log is to hold and does not hold yet.
    pub(in crate::fix) fn records(&self) -> &[Record] {
        &self.records
    }

    /// The log holds it, or was given up.
    pub(in crate::fix) fn forget_records(&mut self, keys: &[String]) {
        self.records.retain(|record| !keys.contains(&record.key));
    }

    /// The pull request stands otherwise than before.
    pub(super) fn record_standing(&mut self, of: Subject<'_>, now: Timestamp) {
        let Subject {
            pull_request,
            job,
            repository,
        } = of;
        let (job, repository) = (job.clone(), repository.clone());
        let (what, fact) = match &self.standing {
            Standing::Merged { commit, .. } => {
                let fact = Fact::Merged {
                    job,
                    repository,
                    pull_request,
                    commit: commit.clone(),
                };
                ("merged".to_owned(), fact)
            }
            Standing::Closed { .. } => {
                let fact = Fact::Closed {
                    job,
                    repository,
                    pull_request,
                };
                (format!("closed:{}", now.as_millisecond()), fact)
            }
            Standing::Open => {
                let fact = Fact::Reopened {
                    job,
                    repository,
                    pull_request,
                };
                (format!("reopened:{}", now.as_millisecond()), fact)
            }
        };
        self.records.push(Record::of_job(of.job, &what, fact));
    }

    /// A round is ordered.
    pub(super) fn record_round(&mut self, round: &Round, budget_usd: f64) {
        let (because, by) = in_a_word(&round.because);
        let fact = Fact::RoundOrdered {
            job: round.of.clone(),
            round: round.job(),
            because: because.to_owned(),
            by,
            budget_micro_usd: micro_usd(budget_usd),
        };
        let what = format!("round:{}", round.nth);
        self.records.push(Record::of_job(&round.of, &what, fact));
    }

    /// A round is not ordered. `occasion` tells it from others: a head, or somebody's words.
    pub(super) fn record_no_round(
        &mut self,
        of: &JobId,
        occasion: &str,
        because: &Because,
        limit: NoRound,
    ) {
        let (because, by) = in_a_word(because);
        let limit = match limit {
            NoRound::Rounds => "rounds",
            NoRound::Budget => "budget",
        };
        let fact = Fact::RoundRefused {
            job: of.clone(),
            because: because.to_owned(),
            by,
            limit: limit.to_owned(),
        };
        let what = format!("no-round:{occasion}");
        self.records.push(Record::of_job(of, &what, fact));
    }
}

fn in_a_word(because: &Because) -> (&'static str, Option<String>) {
    match because {
        Because::ChecksFail { .. } => ("checks", None),
        Because::Asked { by, .. } => ("asked", Some(by.clone())),
    }
}
