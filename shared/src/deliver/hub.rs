//! The commands about claims: claim, release, claims, leaderboard.
//!
//! Repeatable: a claim that one has is renewed, what was given back stays so; the rest reads.

use super::commands::answered;
use super::{Delivery, Done, sweep};
use crate::claiming::{self, About, DELIVERY_LEASE};
use crate::consumer::Platform;
use crate::fault::Fault;
use crate::fix::{self, Jobs};
use crate::hub::IssueRef;
use crate::hub::claims::Filter;
use crate::hub::numbers::{client_counts, leaders, listed};
use crate::id::JobId;
use crate::job::Job;
use crate::report;
use crate::thread::Known;

impl<P: Platform + Jobs> Delivery<'_, P> {
    pub(super) async fn claim_issue(&self, job: &Job, known: &Known) -> Result<Done, Fault> {
        let issue = meant(job, known)?;
        // What is known of the issue, if it is the conversation's.
        let linked = known.issue.as_ref();
        let linked = linked.filter(|it| it.key.as_str().eq_ignore_ascii_case(issue.as_str()));
        let unknown = About { title: "", url: "" };
        let about = linked.map_or(unknown, About::from);
        let user = &job.discord_context.user_id;
        let claimed = claiming::claim_for_person(self.platform, user, &issue, about).await;
        match claimed.map_err(Fault::Platform)? {
            Ok(claim) => Ok(answered(report::hub::claimed(&claim), "claimed an issue")),
            Err(others) => Err(Fault::Rejected(report::hub::claimed_by_others(&others))),
        }
    }

    pub(super) async fn release_issue(&self, job: &Job, known: &Known) -> Result<Done, Fault> {
        let issue = meant(job, known)?;
        // What one has claimed oneself is one's own to give back.
        self.record(vec![self.allowed(job, "owner".to_owned())])
            .await?;
        let user = &job.discord_context.user_id;
        let released = claiming::release_for_person(self.platform, user, &issue).await;
        match released.map_err(Fault::Platform)? {
            Ok(()) => Ok(answered(report::hub::released(&issue), "released an issue")),
            Err(others) => Err(Fault::Rejected(report::hub::not_yours_to_release(&others))),
        }
    }

    pub(super) async fn show_claims(&self) -> Result<Done, Fault> {
        let filter = Filter {
            status: None,
            repo: None,
            after: None,
            limit: u32::try_from(report::hub::MAX_CLAIMS).unwrap_or(u32::MAX),
        };
        let (claims, next) = listed(self.platform, &filter)
            .await
            .map_err(Fault::Platform)?;
        let message = report::hub::claims(&claims, next.is_some());
        Ok(answered(message, "showed the claims"))
    }

    pub(super) async fn show_leaderboard(&self) -> Result<Done, Fault> {
        let entries = leaders(self.platform, report::hub::MAX_PLACES).await;
        let counts = client_counts(self.platform).await;
        let message = report::hub::leaderboard(
            &entries.map_err(Fault::Platform)?,
            counts.map_err(Fault::Platform)?.clients,
        );
        Ok(answered(message, "showed the leaderboard"))
    }

    /// A fix begins only with an issue that nobody else has. Repeatable: it is the same job's.
    pub(super) async fn claim_for_fix(
        &self,
        ids: &[IssueRef],
        about: About<'_>,
    ) -> Result<(), Fault> {
        let job = &self.reply.job;
        let claimed = claiming::claim_for_fix(self.platform, job, ids, about, DELIVERY_LEASE).await;
        match claimed.map_err(Fault::Platform)? {
            Ok(()) => Ok(()),
            Err(others) => Err(Fault::Rejected(report::hub::claimed_by_others(&others))),
        }
    }

    /// The same for a fix that is to go on: it gave its issue back when it stopped. Asked before the
    /// fix is: one that may not go on stays as it is.
    pub(super) async fn claim_again(&self, fix: &JobId) -> Result<Vec<IssueRef>, Fault> {
        let asked = self.platform.ask_job(fix, &fix::Request::Inspect).await;
        let fix::Response::Inspected(details) = asked.map_err(Fault::Platform)? else {
            // What is not there says so itself.
            return Ok(Vec::new());
        };
        let about = About {
            title: details.issue.as_str(),
            url: &details.issue_url,
        };
        self.claim_for_fix(&details.claims, about).await?;
        Ok(details.claims)
    }

    /// A fix that has claimed its issue does not begin. If this is lost, the claim runs out.
    pub(super) async fn give_issue_back(&self, ids: &[IssueRef]) {
        let _ = claiming::release_for_fix(self.platform, &self.reply.job, ids).await;
    }

    /// An earlier delivery may have died with the issue claimed, and nobody knows which. Repeatable:
    /// what is free stays so.
    pub(super) async fn give_all_issues_back(&self, job: &Job) -> Result<(), Fault> {
        if !sweep::takes_an_object(job.command.verb()) {
            return Ok(());
        }
        claiming::release_all_of_fix(self.platform, &self.reply.job)
            .await
            .map_err(Fault::Platform)
    }
}

/// The issue that is meant: the one that is named, else the conversation's.
fn meant(job: &Job, known: &Known) -> Result<IssueRef, Fault> {
    if let Some(issue) = job.command.options().target_issue() {
        return Ok(issue);
    }
    let linked = known.issue.as_ref();
    let linked = linked.and_then(|issue| IssueRef::parse(issue.key.as_str()).ok());
    linked.ok_or_else(|| Fault::Rejected(report::hub::which_issue_to_claim()))
}
