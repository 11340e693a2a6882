//! From a `fix` command to the order of a Job object: which repository, which issue, which words.

use crate::claiming::claims_of_fix;
use crate::consumer::Platform;
use crate::contextualize::{Report, Work, bind, resolve_issue};
use crate::fault::Fault;
use crate::fix::{MAX_TEXT_CHARS, Order};
use crate::github::RepoName;
use crate::job::Job;
use crate::reference::parse_repo_ref;
use crate::report::{LiveMessage, ReplyTo};
use crate::repository_policy::RepositoryPolicy;
use crate::settings::Settings;
use crate::shorten::shorten;
use crate::thread::Known;

/// The most characters of the conversation that an agent reads.
const MAX_REPORT_CHARS: usize = 12_000;

pub(super) async fn order<P: Platform>(
    work: &Work<'_, P>,
    job: &Job,
    reply: &ReplyTo,
    known: &Known,
    live: Option<LiveMessage>,
) -> Result<Order, Fault> {
    let report = Report::read(work, job).await?;
    // Before anything is made: a fix that has nowhere to go makes no issue either.
    let repository = repository(job, &report, known.repository.as_deref(), work.settings)?;
    let resolved = resolve_issue(work, job, &report).await?;
    let issue = bind(work, job, &resolved).await?;
    let conversation = report.conversation();
    let claims = claims_of_fix(&issue, &repository, &[&conversation, &resolved.description]);
    Ok(Order {
        job: reply.job.clone(),
        thread: job.thread(),
        reply: reply.clone(),
        live,
        quiet_until: None,
        issue,
        description: shorten(&resolved.description, MAX_TEXT_CHARS),
        report: shorten(&conversation, MAX_REPORT_CHARS),
        packet: known.packet.clone(),
        repository,
        limits: work.settings.runs.limits,
        ordered_at: work.platform.now(),
        round: None,
        continues: None,
        rules: RepositoryPolicy::default(),
        claims,
    })
}

/// The repository: the option's, else the message's, else the conversation's, else the
/// operator's default. One that the operator has not allowed is refused where it was asked for,
/// and passed over where it was only mentioned.
fn repository(
    job: &Job,
    report: &Report,
    remembered: Option<&str>,
    settings: &Settings,
) -> Result<RepoName, Fault> {
    let github = &settings.github;
    if let Some(given) = &job.command.options().repo {
        let given = parse_repo_ref(given)
            .map_err(|unrecognised| Fault::Rejected(unrecognised.user_message()))?;
        if !github.allows(&given) {
            return Err(Fault::Rejected(format!(
                "bugbot is not set up to work on `{given}`. The operator can add it to `ALLOWED_REPOSITORIES`."
            )));
        }
        return Ok(given);
    }
    let mentioned = report.references.github_repo_url.as_deref();
    [mentioned, remembered]
        .into_iter()
        .flatten()
        .filter_map(|given| parse_repo_ref(given).ok())
        .find(|repository| github.allows(repository))
        .or_else(|| github.default_repository.clone())
        .ok_or_else(|| {
            Fault::Rejected(
                "Which repository is the bug in? Say so in the `repo` option: `/bugbot fix repo:owner/name`."
                    .to_owned(),
            )
        })
}
