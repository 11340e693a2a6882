//! `contextualize`: from a report to an issue with its evidence.
//!
//! Invariant: every step adopts what an earlier delivery of the same job, or another job of the
//! same thread, has already made. The numbers say in which order, and why each may be repeated.

mod evidence;
mod issue;
mod title;

pub use evidence::{Chosen, Evidence, Hint, Recordings};
pub use issue::{Resolved, resolve_issue};

use crate::deliver::{Platform, Services};
use crate::fault::Fault;
use crate::id::ChannelId;
use crate::job::{Job, RecentMessage};
use crate::linear::{NewComment, key};
use crate::ports::Level;
use crate::reference::{References, Scope};
use crate::report::{Packet, ReplyTo};
use crate::service::{Service, ServiceError};
use crate::settings::Settings;
use crate::thread::{LinkedIssue, ThreadClient, TurnHeld};

/// The read cache has the issue of a conversation at this and the conversation's id.
pub const MAPPING_PREFIX: &str = "discord:";
/// How many messages of a conversation are read for its history.
pub const HISTORY_MESSAGES: usize = 50;

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
    link_thread(work, job, &issue).await;
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

/// What was reported: the message, the conversation around it and what they refer to.
#[derive(Debug)]
pub struct Report {
    /// The words of the report.
    pub text: String,
    /// Who wrote them, as shown.
    pub reporter: Option<String>,
    /// The conversation, oldest first.
    pub history: Vec<RecentMessage>,
    /// What they refer to.
    pub references: References,
    /// When the report was written.
    pub at: jiff::Timestamp,
}

impl Report {
    /// Completes what the gateway sent along. The history is read here when it was not read
    /// there in time.
    pub async fn read<P: Platform>(work: &Work<'_, P>, job: &Job) -> Result<Self, Fault> {
        let context = &job.discord_context;
        let history = if context.history_read {
            context.recent_messages.clone()
        } else {
            history(work, context.conversation()).await?
        };
        let scope = scope(work.settings);
        let options = job.command.options();
        let said =
            References::from_conversation(options, &context.message_content, &history, &scope);
        let references = said.or(job.extracted_refs.clone());
        let about = history
            .iter()
            .find(|message| message.id == context.message_id);
        let text = report_text(job, about, &history);
        Ok(Self {
            reporter: about.map(|message| message.author_name.clone()),
            at: about.map_or(job.timestamp, |message| message.timestamp),
            text,
            history,
            references,
        })
    }

    /// The conversation as an agent should read it.
    pub fn conversation(&self) -> String {
        let mut lines: Vec<String> = self
            .history
            .iter()
            .filter(|message| !message.author_is_bot && !message.content.is_empty())
            .map(|message| format!("{}: {}", message.author_name, message.content))
            .collect();
        if !self.text.is_empty() && !lines.iter().any(|line| line.contains(&self.text)) {
            lines.push(self.text.clone());
        }
        lines.join("\n")
    }
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

async fn history<P: Platform>(
    work: &Work<'_, P>,
    channel: &ChannelId,
) -> Result<Vec<RecentMessage>, Fault> {
    match work
        .services
        .discord
        .messages(channel, HISTORY_MESSAGES, None)
        .await
    {
        Ok(messages) => Ok(messages),
        // Without the permission to read, the command's own words have to do.
        Err(ServiceError::Unauthorized(why)) => {
            work.platform.event(
                Level::Warn,
                "the history cannot be read",
                &[("error", &why)],
            );
            Ok(Vec::new())
        }
        Err(ServiceError::NotFound) => Ok(Vec::new()),
        Err(error) => Err(Fault::upstream(Service::Discord)(error)),
    }
}

/// The words of the report: the command's own, else the message's, else the newest ones of a
/// person in the history.
fn report_text(job: &Job, about: Option<&RecentMessage>, history: &[RecentMessage]) -> String {
    let own = job.command.options().description.as_deref();
    let message = Some(job.discord_context.message_content.as_str());
    let found = about.map(|message| message.content.as_str());
    let newest = history
        .iter()
        .rev()
        .find(|message| !message.author_is_bot && !message.content.trim().is_empty())
        .map(|message| message.content.as_str());
    [own, message, found, newest]
        .into_iter()
        .flatten()
        .map(str::trim)
        .find(|text| !text.is_empty())
        .unwrap_or_default()
        .to_owned()
}

/// Makes it the conversation's issue, in the Thread object and then in the read cache.
pub async fn bind<P: Platform>(
    work: &Work<'_, P>,
    job: &Job,
    resolved: &Resolved,
) -> Result<LinkedIssue, Fault> {
    let issue = work
        .thread
        .bind(work.turn, resolved.issue.clone(), resolved.named)
        .await?;
    let key = format!("{MAPPING_PREFIX}{}", job.thread());
    if let Err(error) = work.platform.put(&key, issue.key.as_str(), None).await {
        let error = error.to_string();
        work.platform.event(
            Level::Warn,
            "the mapping could not be cached",
            &[("error", &error)],
        );
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
async fn link_thread<P: Platform>(work: &Work<'_, P>, job: &Job, issue: &LinkedIssue) {
    let link = ReplyTo::of(job).message_link();
    if let Err(error) = work
        .services
        .linear
        .link_url(&issue.uuid, &link, "Discord thread")
        .await
    {
        let error = error.to_string();
        let fields = [
            ("job", job.interaction.id.as_str()),
            ("error", error.as_str()),
        ];
        work.platform.event(
            Level::Warn,
            "the issue could not be linked to its thread",
            &fields,
        );
    }
}

/// `owner/name` of a repository's address.
pub fn repository_of(url: &str) -> Option<String> {
    crate::reference::parse_repo_ref(url)
        .ok()
        .map(|repository| repository.to_string())
}
