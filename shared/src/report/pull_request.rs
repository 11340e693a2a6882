//! What GitHub and Linear read about a fix.

use super::format;
use crate::discord::message::shorten;
use crate::fix::{Fix, Merge, Work};

/// GitHub shows 72 characters of a commit's first line before it folds it.
const MAX_HEADLINE_CHARS: usize = 72;
/// GitHub's limit of a pull request's title.
const MAX_TITLE_CHARS: usize = 256;
/// The most characters of the agent's words in a pull request.
const MAX_SUMMARY_CHARS: usize = 8_000;

/// The first line of the commit.
pub fn commit_headline(fix: &Fix) -> String {
    let issue = &fix.order.issue;
    shorten(
        &format!("Fix {}: {}", issue.key, one_line(&issue.title)),
        MAX_HEADLINE_CHARS,
    )
}

/// The rest of the commit's message. Its last line lets a later attempt know its own commit.
pub fn commit_body(fix: &Fix, work: &Work) -> String {
    format!(
        "{}\n\nRefs: {}\n{}",
        plain(&shorten(&work.summary, MAX_SUMMARY_CHARS)),
        fix.order.issue.url,
        job_trailer(fix)
    )
}

/// The line of a commit message by which its job is known.
pub fn job_trailer(fix: &Fix) -> String {
    format!("Bugbot-Job: {}", fix.order.job)
}

/// The title of the pull request.
pub fn pull_request_title(fix: &Fix) -> String {
    let issue = &fix.order.issue;
    shorten(
        &format!("Fix {}: {}", issue.key, one_line(&issue.title)),
        MAX_TITLE_CHARS,
    )
}

/// The text of the pull request.
pub fn pull_request_body(fix: &Fix, work: &Work) -> String {
    let order = &fix.order;
    let files: Vec<String> = work
        .changes
        .iter()
        .map(|change| format!("- `{}`", change.path))
        .collect();
    format!(
        "Fixes [{key}]({url}).\n\n{summary}\n\n### Files changed\n{files}\n\n---\n\
         Asked for in [this thread]({thread}). Written by an agent ({cost}, {time}); \
         every file was checked against the path policy before the commit. \
         **Review it like any other contribution.**\n",
        key = order.issue.key,
        url = order.issue.url,
        summary = plain(&shorten(&work.summary, MAX_SUMMARY_CHARS)),
        files = format::list(files.into_iter(), 50),
        thread = order.reply.message_link(),
        cost = format::cost(&work.spent),
        time = format::duration(work.spent.elapsed),
    )
}

/// The comment in the issue.
pub fn issue_comment(fix: &Fix, merge: &Merge) -> String {
    format!(
        "[Pull request #{}]({}) in `{}` proposes a fix: {} on `{}`.\n\n{}\n\n[Thread]({})",
        merge.pull_request.number,
        merge.pull_request.url,
        fix.order.repository,
        format::count(merge.files.len(), "file"),
        merge.feature_branch,
        plain(&shorten(&merge.summary, MAX_SUMMARY_CHARS)),
        fix.order.reply.message_link(),
    )
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The agent's words in Markdown that notifies nobody and closes nothing: `@name`, `#12` and
/// HTML comments lose their meaning, everything else stays.
fn plain(text: &str) -> String {
    const ZERO_WIDTH_SPACE: char = '\u{200b}';
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        plain.push(c);
        let names = c == '@' || (c == '#' && chars.peek().is_some_and(char::is_ascii_digit));
        if names {
            plain.push(ZERO_WIDTH_SPACE);
        }
    }
    plain.replace("<!--", "&lt;!--")
}
