//! A fix as an operator looks at it: what is known of it, without what was said in the thread and
//! without its token.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cause, CodingPhase, CrashReport, Fix, FixView, Stage};
use crate::executor::Spent;
use crate::hub::IssueRef;
use crate::id::{ApplicationId, ChannelId, GuildId, IssueKey, MessageId, ThreadId, UserId};

/// Everything about a fix that an operator may want to know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FixDetails {
    /// How it stands.
    #[serde(flatten)]
    pub view: FixView,
    /// Its conversation.
    pub thread: ThreadId,
    /// The channel of its answer.
    pub channel: ChannelId,
    /// The server; empty in a direct message.
    pub guild: GuildId,
    /// The message that it is about.
    pub about: MessageId,
    /// The application that answers.
    pub application: ApplicationId,
    /// Who asked for it.
    pub requested_by: UserId,
    /// When.
    pub ordered_at: Timestamp,
    /// Its issue.
    pub issue: IssueKey,
    /// Where people read the issue.
    pub issue_url: String,
    /// Under which ids its issue is claimed in the hub while it runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<IssueRef>,
    /// `owner/name`.
    pub repository: String,
    /// Its branch, made or to be made.
    pub branch: String,
    /// Its pull request, once there is one.
    pub pull_request: Option<String>,
    /// What it used up so far.
    pub spent: Option<Spent>,
    /// How many further rounds its pull request had.
    #[serde(default)]
    pub rounds: usize,
    /// What those used up, or may.
    #[serde(default)]
    pub rounds_usd: f64,
    /// The most that a run of it may cost.
    pub budget_usd: f64,
    /// Which run is under way; the first is 1.
    pub run: Option<u32>,
    /// The agent's last step, in its words.
    pub last_step: Option<String>,
    /// The files that its run began with, if that failed; or what is left of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crash_report: Option<CrashReport>,
    /// Whether it ended because its sandbox was lost, so that nobody could take a report.
    #[serde(default)]
    pub sandbox_lost: bool,
    /// What the final message mentions besides the outcome.
    pub notes: Vec<String>,
    /// How often the current effect has failed.
    pub failed_tries: u32,
    /// Until when it rests because of that.
    pub waits_until: Option<Timestamp>,
}

impl Fix {
    /// Everything about it that an operator may want to know.
    pub fn details(&self, now: Timestamp) -> FixDetails {
        let order = &self.order;
        let coding = match &self.stage {
            Stage::Coding(coding) => Some(coding),
            _ => None,
        };
        let archived = match &self.stage {
            Stage::Archived(archived) => Some(archived),
            _ => None,
        };
        FixDetails {
            view: self.view(now),
            thread: order.thread.clone(),
            channel: order.reply.channel.clone(),
            guild: order.reply.guild.clone(),
            about: order.reply.about.clone(),
            application: order.reply.application.clone(),
            requested_by: order.reply.user.clone(),
            ordered_at: order.ordered_at,
            issue: order.issue.key.clone(),
            issue_url: order.issue.url.clone(),
            claims: order.claims.clone(),
            repository: order.repository.to_string(),
            branch: self.branch(),
            pull_request: self.pull_request_url().map(str::to_owned),
            spent: self.spent_so_far().copied(),
            rounds: self.after.rounds_so_far(),
            rounds_usd: self.after.spent_on_rounds(),
            budget_usd: order.limits.max_budget_usd,
            run: coding.map(|coding| coding.run.get()),
            last_step: coding.and_then(|coding| match &coding.phase {
                CodingPhase::Watch { last_step, .. } => last_step.clone(),
                _ => None,
            }),
            crash_report: archived
                .and_then(|archived| archived.crash_report.as_deref())
                .map(CrashReport::described),
            sandbox_lost: archived
                .is_some_and(|archived| matches!(archived.cause, Cause::SandboxLost { .. })),
            notes: self.notes.clone(),
            failed_tries: self.retry.failed,
            waits_until: self.retry.not_before,
        }
    }

    fn pull_request_url(&self) -> Option<&str> {
        match &self.stage {
            Stage::Merge(merge) => Some(&merge.pull_request.url),
            _ => None,
        }
    }

    fn spent_so_far(&self) -> Option<&Spent> {
        match &self.stage {
            Stage::Backlog(_) => None,
            Stage::Coding(coding) => match &coding.phase {
                CodingPhase::Start => None,
                CodingPhase::Watch { spent, .. }
                | CodingPhase::Save { spent }
                | CodingPhase::Collect { spent } => Some(spent),
            },
            Stage::Qa(qa) => Some(&qa.work.spent),
            Stage::Merge(merge) => Some(&merge.spent),
            Stage::Archived(archived) => Some(&archived.spent),
        }
    }
}
