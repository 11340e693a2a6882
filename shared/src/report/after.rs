//! What people read of a pull request after it was opened: how it stands, what became of it, and
//! of each further round.

use std::fmt::Write as _;

use super::escape::{inline_code, link, prose, text as escape};
use super::{format, markdown};
use crate::discord::message::{Color, Embed, Message};
use crate::fix::{
    Answer, Because, Deployed, Fix, HookAnswer, MAX_REVIEW_ROUNDS, Merge, Moved, News, NoRound,
    Round, Stage, Standing,
};
use crate::github::webhook::Ask;
use crate::shorten::shorten;

/// The most checks that are named.
const MAX_NAMED: usize = 5;
/// The most characters of a check's name.
const MAX_NAME_CHARS: usize = 60;
/// The most characters of the agent's own words.
const MAX_SUMMARY_CHARS: usize = 1_200;

/// The thread is told what became of the pull request.
pub fn pull_request_news(fix: &Fix, news: &News) -> Message {
    let issue = &fix.order.issue;
    let pull = pull_link(fix);
    let text = match news {
        News::Merged => format!(
            "🎉 **{}** · {pull} was merged{}.",
            issue.key,
            merged_as(fix)
        ),
        News::Closed => format!(
            "🚪 **{}** · {pull} was closed without a merge. `/bugbot fix` proposes another fix; \
             reopening it goes on with this one.",
            issue.key
        ),
        News::Reopened { .. } => format!("🔁 **{}** · {pull} was reopened.", issue.key),
        News::ChecksFail { failed, because } => format!(
            "❌ **{}** · {pull} still fails its checks: {}. {} A person has to look at it.",
            issue.key,
            names(failed),
            no_round(*because),
        ),
    };
    Message::text(text).without_previews()
}

fn pull_link(fix: &Fix) -> String {
    match &fix.stage {
        Stage::Merge(merge) => {
            let pull = &merge.pull_request;
            format!("[pull request #{}](<{}>)", pull.number, pull.url)
        }
        _ => "its pull request".to_owned(),
    }
}

fn merged_as(fix: &Fix) -> String {
    let Standing::Merged { commit, .. } = &fix.after.standing else {
        return String::new();
    };
    let short: String = commit.as_str().chars().take(7).collect();
    let moved = match &fix.after.moved {
        None => String::new(),
        Some(Moved::To(state)) => format!(", and the issue is in {}", inline_code(state)),
        Some(Moved::Failed(why)) => {
            format!(
                ". The issue could not be moved: {}",
                escape(&shorten(why, 300))
            )
        }
    };
    format!(" as `{short}`{moved}")
}

fn no_round(because: NoRound) -> &'static str {
    match because {
        NoRound::Rounds => "All my rounds to mend them are used up.",
        NoRound::Budget => "The budget of this fix is used up.",
    }
}

fn names(failed: &[String]) -> String {
    let named = failed
        .iter()
        .take(MAX_NAMED)
        .map(|name| inline_code(&shorten(name, MAX_NAME_CHARS)));
    let mut text = named.collect::<Vec<_>>().join(", ");
    if failed.len() > MAX_NAMED {
        let _ = write!(text, " and {} more", failed.len() - MAX_NAMED);
    }
    text
}

/// What the terminal message of the fix says besides.
pub(super) fn standing(fix: &Fix, mut embed: Embed) -> Embed {
    let after = &fix.after;
    let stands = match &after.standing {
        Standing::Open => None,
        Standing::Merged { .. } => Some("🎉 merged"),
        Standing::Closed { .. } => Some("🚪 closed without a merge"),
    };
    if let Some(stands) = stands {
        embed = embed.with_inline_field("Pull request", stands);
    }
    if let Some(checks) = &after.checks {
        let said = if checks.failed.is_empty() {
            "✅ passed".to_owned()
        } else {
            format!("❌ {}", names(&checks.failed))
        };
        embed = embed.with_inline_field("Checks", said);
    }
    if let Some(preview) = &after.preview {
        let name = if preview.environment.is_empty() {
            "Preview"
        } else {
            &preview.environment
        };
        embed = embed.with_inline_field("Preview", link(name, &preview.url));
    }
    embed
}

/// In one line, where the pull request is not open any more.
pub(super) fn line(fix: &Fix, merge: &Merge) -> String {
    let pull = &merge.pull_request;
    let stands = match &fix.after.standing {
        Standing::Open => "is open",
        Standing::Merged { .. } => "was merged",
        Standing::Closed { .. } => "was closed without a merge",
    };
    match &fix.order.round {
        None => format!("pull request #{} {stands}: <{}>", pull.number, pull.url),
        Some(_) => format!(
            "another commit is in pull request #{}: <{}>",
            pull.number, pull.url
        ),
    }
}

/// What the live message of a round says that it does.
pub(super) fn round_title(round: &Round) -> &'static str {
    match &round.because {
        Because::ChecksFail { .. } => "Mending the checks of",
        Because::Asked { .. } => "Addressing the review of",
    }
}

/// The terminal message of a round that has made its commit.
pub(super) fn round_done(fix: &Fix, round: &Round, merge: &Merge) -> Message {
    let pull = &merge.pull_request;
    let why = match &round.because {
        Because::ChecksFail { failed } => format!("Failing checks: {}", names(failed)),
        Because::Asked { by, url } => format!("Asked for by {}", link(by, url)),
    };
    let short: String = pull.head.as_str().chars().take(7).collect();
    let embed = Embed::titled(format!(
        "Pull request #{}: round {}",
        pull.number, round.nth
    ))
    .with_url(&pull.url)
    .with_color(Color::GOOD)
    .with_description(prose(&shorten(&merge.summary, MAX_SUMMARY_CHARS)))
    .with_field("Why", why)
    .with_inline_field("Commit", format!("`{short}`"))
    .with_inline_field("Cost", format::cost(&merge.spent))
    .with_inline_field("Time", format::duration(merge.spent.elapsed))
    .with_footer(
        "Written by an agent and checked against the path policy: review it before you merge.",
    );
    Message::text(format!(
        "✅ **{}** · another commit is in [pull request #{}](<{}>)",
        fix.order.issue.key, pull.number, pull.url
    ))
    .with_embed(embed)
}

/// What people can do after a round that came to nothing.
pub(super) fn after_round(round: &Round) -> String {
    let pull = &round.pull_request;
    format!(
        "[Pull request #{}](<{}>) is as it was. `/bugbot fix` in a comment there, with what is to \
         be done, has me try again.",
        pull.number, pull.url
    )
}

/// What somebody in the pull request is answered.
pub fn review_answer(fix: &Fix, ask: &Ask, answer: Answer) -> String {
    let thread = fix.order.reply.message_link();
    let to = markdown::line(&ask.by);
    match answer {
        Answer::Begun => format!(
            "On it, {to}. A commit comes on this branch, or I say in [the thread]({thread}) why not."
        ),
        Answer::None(NoRound::Rounds) => format!(
            "Sorry, {to}: the {MAX_REVIEW_ROUNDS} rounds that I have for reviews of one pull \
             request are used up."
        ),
        Answer::None(NoRound::Budget) => {
            format!("Sorry, {to}: the budget of this fix is used up.")
        }
    }
}

/// What came of the deploy hook, or why nothing did.
pub fn deployed(fix: &Fix) -> Result<String, String> {
    let Some(Deployed { commit, answer, .. }) = &fix.after.deployed else {
        return Err(super::nothing_to_deploy());
    };
    let branch = inline_code(&fix.branch());
    let short: String = commit.as_str().chars().take(7).collect();
    match answer {
        Some(HookAnswer::Taken { url: Some(url) }) => {
            Ok(format!("{branch} at `{short}` is being deployed: <{url}>"))
        }
        Some(HookAnswer::Taken { url: None }) => Ok(format!(
            "The deployment of {branch} at `{short}` was triggered. The hook names no address; a \
             preview that GitHub hears of appears in the message of the fix."
        )),
        Some(HookAnswer::Failed(why)) => Err(format!(
            "The deploy hook failed: {}. The operator has to look at `DEPLOY_HOOK_URL`; then \
             `/bugbot deploy` again.",
            escape(why)
        )),
        None => Err(format!(
            "The deploy hook was called for {branch} and its answer was lost: it may be deploying. \
             `/bugbot deploy` calls it again."
        )),
    }
}

/// There is nothing to deploy with.
pub fn no_deploy_hook() -> String {
    "No deploy hook is set up. The operator sets `DEPLOY_HOOK_URL` to the address of one (Vercel, \
     Cloudflare Pages and others make them in a project's settings)."
        .to_owned()
}
