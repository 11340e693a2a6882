//! What must hold when a story has ended.

use serde_json::Value;
use shared::id::{ChannelId, JobId};

use super::World;

/// Messages of a job that has not ended begin with one of these.
const UNFINISHED: [&str; 2] = ["⏳", "🛠️"];

impl World {
    /// Every accepted job has its one outcome, and nothing is left open anywhere. Panics with
    /// everything that is wrong.
    pub fn finish(&self) {
        self.finish_with(0);
    }

    /// The same for a story in which the bot says `more` than one message a job: about messages
    /// that were no jobs.
    pub fn finish_with(&self, more: usize) {
        let here = |thread: &ChannelId| if *thread == self.thread { more } else { 0 };
        self.finish_where(Vec::new(), here);
    }

    /// The same for a story of which some things are known to be `wrong`, and in which the bot
    /// says so many `more` messages in each thread.
    pub fn finish_where(&self, mut wrong: Vec<String>, more: impl Fn(&ChannelId) -> usize) {
        self.discord.finish();
        self.linear.finish();
        self.posthog.finish();
        self.github.finish();
        self.executor.finish();
        for thread in self.all_threads() {
            self.check_messages(&thread, more(&thread), &mut wrong);
        }
        self.check_objects(&mut wrong);
        self.check_audit(&mut wrong);
        self.check_log(&mut wrong);
        self.check_hub(&mut wrong);
        for key in self.kv_keys("open:") {
            wrong.push(format!("the mark {key} is left"));
        }
        for (name, queue) in [
            ("commands", &self.commands),
            ("dead letters", &self.dead_letters),
        ] {
            if !queue.is_empty() {
                wrong.push(format!("{} {name} wait", queue.len()));
            }
        }
        assert!(
            wrong.is_empty(),
            "{}\n\n{}\nLog:\n{}",
            wrong.join("\n"),
            self.all_threads()
                .iter()
                .map(|thread| self.discord.transcript(thread))
                .collect::<Vec<_>>()
                .join("\n"),
            self.log().join("\n")
        );
    }

    /// What the bot has said in a thread. What one person alone sees is the gateway's, unless it
    /// answers a job.
    pub fn answers_in(&self, thread: &ChannelId) -> Vec<Value> {
        let mut said = self.discord.said_by_bot(thread);
        let accepted = self.accepted.borrow();
        said.retain(|message| {
            let is_quiet = message["flags"].as_u64().unwrap_or(0) & 64 != 0;
            let answers = message["interaction_metadata"]["id"]
                .as_str()
                .map(JobId::new);
            !is_quiet || answers.is_some_and(|job| accepted.contains_key(&job))
        });
        said
    }

    fn check_messages(&self, thread: &ChannelId, more: usize, wrong: &mut Vec<String>) {
        let said = self.answers_in(thread);
        let jobs = self.accepted_in(thread);
        if said.len() != jobs + more {
            wrong.push(format!("{} messages for {jobs} jobs", said.len()));
        }
        for message in said {
            let words = words_of(&message);
            if words.is_empty() || UNFINISHED.iter().any(|mark| words.starts_with(mark)) {
                wrong.push(format!("no end: {words:?}"));
            }
        }
    }

    fn check_objects(&self, wrong: &mut Vec<String>) {
        for (id, stored) in self.threads.borrow().iter() {
            let thread: Value = serde_json::from_str(stored).expect("a thread is stored as JSON");
            if !thread["turn"].is_null() {
                wrong.push(format!(
                    "thread {id}: {} still has the turn",
                    thread["turn"]["job"]
                ));
            }
            for entry in thread["jobs"].as_array().into_iter().flatten() {
                if entry["phase"]["phase"] != "ended" {
                    wrong.push(format!(
                        "thread {id}: {} has not ended",
                        entry["arrival"]["job"]
                    ));
                }
            }
        }
        let jobs: Vec<_> = self.jobs.borrow().keys().cloned().collect();
        for job in jobs {
            if self.fix(&job).is_some_and(|fix| !fix.stage.is_closed()) {
                wrong.push(format!("the fix {job} has not ended"));
            }
        }
    }
}

/// What a message says: its text, then its embeds as JSON.
pub(super) fn words_of(message: &Value) -> String {
    let text = message["content"].as_str().unwrap_or_default();
    let embeds = message["embeds"].as_array().into_iter().flatten();
    let shown = std::iter::once(text.to_owned()).chain(embeds.map(ToString::to_string));
    shown
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}
