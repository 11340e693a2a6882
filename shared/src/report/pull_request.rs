//! What GitHub and Linear read about a fix.

use super::escape::inline_code;
use super::{format, markdown, verification};
use crate::fix::{Because, Fix, Merge, Work};
use crate::shorten::shorten;

/// GitHub shows 72 characters of a commit's first line before it folds it.
const MAX_HEADLINE_CHARS: usize = 72;
/// GitHub's limit of a pull request's title.
const MAX_TITLE_CHARS: usize = 256;
/// The most characters of the agent's words in a pull request.
const MAX_SUMMARY_CHARS: usize = 8_000;
/// The most characters of a path in a list: 50 of them and the summary are well within the 65,536
/// of a pull request.
const MAX_PATH_CHARS: usize = 300;

/// The first line of the commit.
pub fn commit_headline(fix: &Fix) -> String {
    let issue = &fix.order.issue;
    let what = match fix.order.round.as_ref().map(|round| &round.because) {
        None => "Fix",
        Some(Because::ChecksFail { .. }) => "Mend the checks of",
        Some(Because::Asked { .. }) => "Address the review of",
    };
    shorten(
        &format!("{what} {}: {}", issue.key, markdown::line(&issue.title)),
        MAX_HEADLINE_CHARS,
    )
}

/// The rest of the commit's message. Its last line lets a later attempt know its own commit.
pub fn commit_body(fix: &Fix, work: &Work) -> String {
    format!(
        "{}\n\nRefs: {}\n{}",
        markdown::text(&shorten(&work.summary, MAX_SUMMARY_CHARS)),
        fix.order.issue.url,
        job_trailer(fix)
    )
}

/// What the last line of a commit of ours begins with.
pub const TRAILER: &str = "Bugbot-Job: ";

/// The line of a commit message by which its job is known.
pub fn job_trailer(fix: &Fix) -> String {
    format!("{TRAILER}{}", fix.order.job)
}

/// The title of the pull request.
pub fn pull_request_title(fix: &Fix) -> String {
    let issue = &fix.order.issue;
    shorten(
        &format!("Fix {}: {}", issue.key, markdown::line(&issue.title)),
        MAX_TITLE_CHARS,
    )
}

/// The text of the pull request.
pub fn pull_request_body(fix: &Fix, work: &Work) -> String {
    let order = &fix.order;
    let files: Vec<String> = work
        .changes
        .iter()
        .map(|change| format!("- {}", inline_code(&shorten(&change.path, MAX_PATH_CHARS))))
        .collect();
    format!(
        "Fixes [{key}]({url}).\n\n{summary}\n\n### Files changed\n{files}\n\n{verification}---\n\
         Asked for in [this thread]({thread}). Written by an agent ({cost}, {time}); \
         every file was checked against the path policy before the commit. \
         **Review it like any other contribution.**\n",
        key = order.issue.key,
        url = order.issue.url,
        summary = markdown::text(&shorten(&work.summary, MAX_SUMMARY_CHARS)),
        files = format::list(files.into_iter(), 50),
        verification = verification::section(&work.verification),
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
        markdown::text(&shorten(&merge.summary, MAX_SUMMARY_CHARS)),
        fix.order.reply.message_link(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fix::Stage;
    use crate::fix::tests::{fix, merge, work};

    /// An issue's title and the agent's words are written by others.
    #[test]
    fn neither_title_nor_summary_closes_an_issue_or_skips_a_check() {
        let mut fix = fix(merge(crate::fix::MergeStep::CommentIssue));
        let hostile = "fixes #12 [skip ci] @everyone <!--";
        fix.order.issue.title = hostile.to_owned();
        let mut work = work();
        work.summary = hostile.to_owned();
        let Stage::Merge(merge) = fix.stage.clone() else {
            panic!("the pull request is open");
        };
        for text in [
            commit_headline(&fix),
            commit_body(&fix, &work),
            pull_request_title(&fix),
            pull_request_body(&fix, &work),
            issue_comment(&fix, &merge),
        ] {
            for bad in ["fixes #12", "[skip ci]", "@everyone", "<!--"] {
                assert!(!text.contains(bad), "{text}");
            }
        }
    }

    #[test]
    fn a_pull_request_of_many_long_paths_is_within_githubs_limit() {
        let mut work = work();
        let change = work.changes[0].clone();
        work.changes = (0..50)
            .map(|n| crate::change::FileChange {
                path: format!("src/{n}/{}`", "x".repeat(4_000)),
                ..change.clone()
            })
            .collect();
        work.summary = "word ".repeat(100_000);
        let body = pull_request_body(&fix(merge(crate::fix::MergeStep::CommentIssue)), &work);
        assert!(body.chars().count() < 65_536);
        assert_eq!(body.matches('`').count() % 2, 0);
    }
}
