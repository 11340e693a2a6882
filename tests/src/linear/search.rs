//! `searchIssues`: any of the words, best first. The team given is a boost, not a filter, as the
//! schema's documentation says.

use std::cmp::Reverse;

use serde_json::Value;

use super::state::{Issue, State};

impl State {
    /// The issues that hold at least one word of the term.
    pub(super) fn found_issues(&self, asked: &Value) -> Option<Vec<&Issue>> {
        let term = asked["term"].as_str().unwrap_or_default().to_lowercase();
        let words = term.split(|c: char| !c.is_alphanumeric());
        let words: Vec<_> = words.filter(|word| word.chars().count() > 2).collect();
        let with_comments = asked["includeComments"] == true;
        let mut scored = Vec::new();
        for issue in self.shown_issues(asked)? {
            let score = self.score(issue, &term, &words, with_comments);
            if score > 0 {
                let is_boosted = asked["teamId"] == issue.team.as_str();
                scored.push((Reverse((is_boosted, score, issue.created_at)), issue));
            }
        }
        scored.sort_by_key(|(rank, _)| *rank);
        Some(scored.into_iter().map(|(_, issue)| issue).collect())
    }

    fn score(&self, issue: &Issue, term: &str, words: &[&str], with_comments: bool) -> usize {
        if issue.identifier.to_lowercase() == term.trim() {
            return usize::MAX;
        }
        let mut text = issue.title.to_lowercase();
        text.extend(
            issue
                .description
                .iter()
                .flat_map(|d| ["\n", d.as_str()])
                .map(str::to_lowercase),
        );
        if with_comments {
            let of_issue = self.comments.iter().filter(|c| c.issue == issue.id);
            text.extend(of_issue.map(|c| c.body.to_lowercase()));
        }
        words.iter().filter(|word| text.contains(**word)).count()
    }
}
