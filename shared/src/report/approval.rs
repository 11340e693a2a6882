//! What a thread reads about a fix that somebody has to approve, and about the rules of its
//! repository.

use jiff::Timestamp;

use super::escape::{inline_code, text as escape};
use super::format;
use crate::fix::{Brief, Fix};
use crate::shorten::shorten;

/// The most likely files in a plan.
const MAX_FILES: usize = 6;
/// The most characters of a path or a command in a plan: with the rest it stays well below
/// Discord's 2,000.
const MAX_CHARS: usize = 90;

/// The plan that somebody is asked to approve, as the lines of the live message.
pub(super) fn plan(fix: &Fix, brief: &Brief, until: Timestamp) -> Vec<String> {
    let limits = &fix.order.limits;
    let code = |text: &str| inline_code(&shorten(text, MAX_CHARS));
    let list = |items: Vec<String>| match items.len() {
        0 => "none found".to_owned(),
        _ => format::list(
            items.into_iter().map(|item| format!("  • {item}")),
            MAX_FILES,
        ),
    };
    let files = brief.likely.iter().map(|file| code(&file.path)).collect();
    let commit: String = brief.base.commit.as_str().chars().take(7).collect();
    let mut lines = vec![
        "✋ Waiting for approval. The plan:".to_owned(),
        format!("**{}**", escape(&shorten(&fix.order.issue.title, 200))),
        format!(
            "From and to {} at `{commit}`, asked for by <@{}>",
            code(&brief.base.branch),
            fix.requester()
        ),
        format!(
            "At most {}, {} turns, {}",
            format::duration(limits.wall_clock),
            limits.max_turns,
            format::money(limits.max_budget_usd)
        ),
        format!("Likely files:\n{}", list(files)),
    ];
    let verify = &fix.rules().verify;
    if !verify.is_empty() {
        let commands = verify.iter().map(|command| code(command)).collect();
        lines.push(format!(
            "Checked with, where the operator lets it:\n{}",
            list(commands)
        ));
    }
    lines.push(format!(
        "`/bugbot approve` lets it begin, `/bugbot reject` ends it; <t:{}:R> it ends by itself.",
        until.as_second()
    ));
    lines
}

/// Somebody let a fix begin.
pub fn approved() -> String {
    "Approved: the agent begins.".to_owned()
}

/// Somebody did not.
pub fn not_approved() -> String {
    "Rejected: the fix ends here.".to_owned()
}
