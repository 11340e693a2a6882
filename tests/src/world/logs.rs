//! What must hold of every line that is logged in a story.

use aho_corasick::AhoCorasick;
use serde_json::Value;
use shared::log::TABLE;

use super::{GITHUB_TOKEN, LINEAR_KEY, World};

/// Shorter texts of people occur in our own words by chance.
const FEWEST_WORDS: usize = 4;

impl World {
    /// Every line is an event of the table, names the trace of its job, and holds no credential
    /// and nothing that anybody wrote.
    pub(super) fn check_log(&self, wrong: &mut Vec<String>) {
        let unspeakable = self.unspeakable();
        let search = AhoCorasick::new(unspeakable.iter().map(|(_, text)| text));
        let search = search.expect("a story says less than an automaton can hold");
        for line in self.log.borrow().iter() {
            let Ok(event) = serde_json::from_str::<Value>(line) else {
                wrong.push(format!("no JSON is logged: {line}"));
                continue;
            };
            if !TABLE.iter().any(|entry| event["message"] == entry.message) {
                wrong.push(format!("not in the table of events: {line}"));
            }
            if event["job"].is_string() && !event["trace"].is_string() {
                wrong.push(format!("a job without its trace: {line}"));
            }
            for found in search.find_overlapping_iter(line) {
                let (what, _) = &unspeakable[found.pattern()];
                wrong.push(format!("{what} is logged: {line}"));
            }
        }
    }

    /// Everything that no line may hold.
    fn unspeakable(&self) -> Vec<(&'static str, String)> {
        let mut all = vec![
            ("Linear's key", LINEAR_KEY.to_owned()),
            ("GitHub's token", GITHUB_TOKEN.to_owned()),
            ("the model's key", "sk-of-the-stories".to_owned()),
            (
                "the bot token",
                self.discord.bot_token().expose().to_owned(),
            ),
            ("PostHog's key", self.posthog.key().expose().to_owned()),
            (
                "the executor's token",
                self.executor.token().expose().to_owned(),
            ),
            ("an e-mail address", "@shop.test".to_owned()),
        ];
        for job in self.accepted.borrow().values() {
            let token = job.interaction.token.expose().to_owned();
            all.push(("an interaction's token", token));
        }
        let said = self.discord.messages(&self.thread).into_iter();
        let said = said.filter_map(|message| message["content"].as_str().map(str::to_owned));
        let written = self.linear.issues().into_iter().flat_map(|issue| {
            let comments = self.linear.comments(&issue.identifier);
            let comments = comments.into_iter().map(|comment| comment.body);
            [issue.title].into_iter().chain(comments)
        });
        let words = said.chain(written);
        let told = words.filter(|text| text.split_whitespace().count() >= FEWEST_WORDS);
        all.extend(told.map(|text| ("what somebody wrote", text)));
        // The token of a job that was replayed is gone.
        all.retain(|(_, text)| !text.is_empty());
        all
    }
}
