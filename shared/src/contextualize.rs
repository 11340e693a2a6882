//! `contextualize`: from a report to an issue with its evidence.
//!
//! Invariant: every step adopts what an earlier delivery of the same job, or another job of the
//! same thread, has already made. The numbers say in which order, and why each may be repeated.

mod destination;
mod evidence;
mod issue;
mod report;
mod title;

pub use evidence::{Chosen, Evidence, Hint, Recordings};
pub use issue::{Resolved, resolve_issue};
pub use report::Report;
pub(crate) use title::title_of;

use crate::consumer::{Platform, Services};
use crate::fault::Fault;
use crate::job::Job;
use crate::linear::{NewComment, key};
use crate::log::{Event, Said};
use crate::reference::Scope;
use crate::report::Packet;
use crate::service::Service;
use crate::settings::Settings;
use crate::thread::{LinkedIssue, ThreadClient, TurnHeld};

/// The read cache has the issue of a conversation at this and the conversation's id.
pub const MAPPING_PREFIX: &str = "discord:";

/// What came of it.
#[derive(Debug)]
pub struct Contextualized {
    /// The issue.
    pub issue: LinkedIssue,
    /// Whether this conversation made it.
    pub created: bool,
    /// What was put there.
    pub packet: Packet,
}

/// What a delivery knows when it begins.
#[derive(Debug)]
pub struct Work<'a, P> {
    /// The ports.
    pub platform: &'a P,
    /// The services over them.
    pub services: &'a Services<'a, P>,
    /// The operator's choices.
    pub settings: &'a Settings,
    /// The conversation's object.
    pub thread: &'a ThreadClient<'a, P>,
    /// The turn in it.
    pub turn: &'a TurnHeld,
    /// The conversation's issue so far.
    pub known: Option<&'a LinkedIssue>,
}

/// Gathers what is known about a report and puts it into its issue.
pub async fn contextualize<P: Platform>(
    work: &Work<'_, P>,
    job: &Job,
) -> Result<Contextualized, Fault> {
    // 1. Reads only.
    let report = Report::read(work, job).await?;
    // 2. Makes at most one issue: its id is derived from the conversation.
    let resolved = resolve_issue(work, job, &report).await?;
    let issue = bind(work, job, &resolved).await?;
    // 3. Reads only. PostHog's absence is part of the answer, not a failure of it.
    let evidence = evidence::gather(work, &report).await;
    let packet = Packet::new(job, &report, evidence);
    // 4. Makes at most one comment: its id is derived from the job.
    comment(work, job, &issue, &packet).await?;
    // 5. Linear itself keeps one attachment for one address.
    link_thread(work, job, &issue, &report).await;
    // 6. The same values again.
    let repository = report
        .references
        .github_repo_url
        .as_deref()
        .and_then(repository_of);
    work.thread
        .remember(repository, Some(packet.markdown()))
        .await?;
    Ok(Contextualized {
        issue,
        created: resolved.created,
        packet,
    })
}

/// What makes bare identifiers certain: our team's key and our PostHog.
pub fn scope(settings: &Settings) -> Scope {
    // Other teams of the workspace are not known here, so their issues have to be given by
    // their address; "ENG-1" of our own team is certain.
    let scope = Scope::default();
    match &settings.posthog {
        Some(posthog) => scope.with_posthog(&posthog.host),
        None => scope,
    }
}

/// Makes it the conversation's issue, in the Thread object and then in the read cache.
pub async fn bind<P: Platform>(
    work: &Work<'_, P>,
    job: &Job,
    resolved: &Resolved,
) -> Result<LinkedIssue, Fault> {
    let issue = work
        .thread
        .bind(work.turn, resolved.issue.clone(), resolved.replaces)
        .await?;
    let key = format!("{MAPPING_PREFIX}{}", job.thread());
    if let Err(error) = work.platform.put(&key, issue.key.as_str(), None).await {
        let error = Said(&error);
        work.platform
            .note(&job.trace(), Event::MappingNotCached { error });
    }
    Ok(issue)
}

async fn comment<P: Platform>(
    work: &Work<'_, P>,
    job: &Job,
    issue: &LinkedIssue,
    packet: &Packet,
) -> Result<(), Fault> {
    let comment = NewComment {
        id: key::comment_of(&job.id(), "packet"),
        issue: issue.uuid.clone(),
        body: packet.markdown(),
    };
    work.services
        .linear
        .create_comment(&comment)
        .await
        .map(drop)
        .map_err(Fault::upstream(Service::Linear))
}

/// The issue shows where it was talked about. Nice to have: a failure costs a log line.
async fn link_thread<P: Platform>(
    work: &Work<'_, P>,
    job: &Job,
    issue: &LinkedIssue,
    report: &Report,
) {
    if let Err(error) = work
        .services
        .linear
        .link_url(&issue.uuid, &report.link, "Discord thread")
        .await
    {
        let error = Said(&error);
        work.platform
            .note(&job.trace(), Event::IssueNotLinked { error });
    }
}

/// `owner/name` of a repository's address.
pub fn repository_of(url: &str) -> Option<String> {
    crate::reference::parse_repo_ref(url)
        .ok()
        .map(|repository| repository.to_string())
}
