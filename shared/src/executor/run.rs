//! What a run is asked to do, and within which limits.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::prompt::Prompt;
use super::steer::Steer;
use crate::change::FileChange;
use crate::id::{CommitId, RunId};
use crate::millis;
use crate::redact::Redact;
use crate::secret::Secret;

/// The most bytes of changed files that any run may return, whatever its limits say: 5 MiB is
/// 6.7 MiB in base64, which leaves room for the rest below `http::MAX_RESPONSE_BYTES`.
pub const MAX_RESULT_BYTES: u64 = 5 * 1024 * 1024;

/// The longest `POST /runs` body: a checkpoint of [`MAX_RESULT_BYTES`] and the prompt.
pub const MAX_REQUEST_BYTES: usize = 8 * 1024 * 1024;

/// One agent run. Its JSON holds secrets: it must never be logged as JSON (`Debug` is safe).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunRequest {
    /// Chosen by the caller, 1 to 64 of `A-Z a-z 0-9 _ -`: the key that makes a repeated start
    /// harmless.
    pub run_id: RunId,
    /// What to work on.
    pub source: CloneSource,
    /// What to do; the executor renders it with [`Prompt::render`] once its code search is in.
    pub prompt: Prompt,
    /// When to stop.
    pub limits: RunLimits,
    /// The model behind the agent.
    pub model: ModelAccess,
    /// Words to look for in the clone; what is found joins the prompt's likely files.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_search: Option<CodeSearch>,
    /// Where an earlier attempt at the same run was stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkpoint: Option<Checkpoint>,
    /// Further instructions that came before this start; at most [`Steer::MAX_COUNT`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub steers: Vec<Steer>,
    /// Shell commands of the repository's own to run on the change, in order; at most
    /// [`MAX_VERIFY_COMMANDS`](super::MAX_VERIFY_COMMANDS). They come from its default branch:
    /// whoever can write there decides what they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verify: Vec<String>,
}

impl RunRequest {
    /// Whether `other` asks for the same run. Credentials, the checkpoint and instructions do not
    /// count: a caller that repeats a start after a crash may hold a fresh token, a later
    /// checkpoint and more instructions.
    pub fn is_same_run(&self, other: &Self) -> bool {
        self.run_id == other.run_id
            && self.source.url == other.source.url
            && self.source.branch == other.source.branch
            && self.source.base_commit == other.source.base_commit
            && self.prompt == other.prompt
            && self.limits == other.limits
            && self.model.base_url == other.model.base_url
            && self.model.name == other.model.name
            && self.code_search == other.code_search
            && self.verify == other.verify
    }
}

/// The words of people. What the repository holds stays as it is: the agent reads it in the clone
/// anyway, its commands have to run, and a checkpoint has to be the work that it was.
impl Redact for RunRequest {
    fn redact(self, clean: &dyn Fn(&str) -> String) -> Self {
        let Self {
            run_id,
            source,
            prompt,
            limits,
            model,
            code_search,
            checkpoint,
            steers,
            verify,
        } = self;
        Self {
            run_id,
            source,
            prompt: prompt.redact(clean),
            limits,
            model,
            code_search: code_search.redact(clean),
            checkpoint,
            steers: steers.redact(clean),
            verify,
        }
    }
}

impl Redact for CodeSearch {
    fn redact(self, clean: &dyn Fn(&str) -> String) -> Self {
        let Self { words } = self;
        let words = words.redact(clean);
        Self { words }
    }
}

/// The repository and the commit in it that the run starts from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CloneSource {
    /// An https address without credentials (http for loopback only).
    pub url: String,
    /// The branch that `base_commit` is on. Some servers hand out a commit by its id; where one
    /// does not, the branch is fetched and must still have it at its tip.
    pub branch: String,
    /// The commit that the result is a diff against.
    pub base_commit: CommitId,
    /// A token that may read the repository; given to git as the password of `x-access-token`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
}

/// What a run may use up. Whichever is reached first ends it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunLimits {
    /// From the start of the clone to the end of the agent.
    #[serde(rename = "wallClockMs", with = "millis")]
    pub wall_clock: Duration,
    /// Model turns.
    pub max_turns: NonZeroU32,
    /// Money for the model, as the agent's own accounting has it.
    pub max_budget_usd: f64,
    /// The sum of the changed files' bytes; never above [`MAX_RESULT_BYTES`].
    pub max_result_bytes: u64,
    /// The number of changed paths.
    pub max_files: u32,
}

impl Default for RunLimits {
    /// Enough for an ordinary front-end bug: a quarter of an hour and five dollars.
    fn default() -> Self {
        Self {
            wall_clock: Duration::from_mins(15),
            max_turns: const { NonZeroU32::new(60).expect("60 is not zero") },
            max_budget_usd: 5.0,
            max_result_bytes: 1024 * 1024,
            max_files: 50,
        }
    }
}

/// How the executor reaches the model: through the gateway, with a token of its job. The agent
/// itself gets neither: it talks to a proxy in the executor, with a key that is good for this run
/// on this machine only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelAccess {
    /// Where `/v1/messages` is: https (http for loopback only).
    pub base_url: String,
    /// The token, sent as `x-api-key`. What it opens, until when and for how much money is the
    /// gateway's to say: [`crate::model`].
    pub api_key: Secret,
    /// A model to ask for instead of the agent's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A search for fixed strings in the clone, in the prompt's allowed folders only: what the core
/// asks for when GitHub's code search had no answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeSearch {
    /// The words; the first [`CodeSearch::MAX_WORDS`] are used, each as a fixed string.
    pub words: Vec<String>,
}

impl CodeSearch {
    /// The most words that one search looks for.
    pub const MAX_WORDS: usize = 12;
}

/// The work of a run so far: enough to go on elsewhere.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Checkpoint {
    /// What `changes` is a diff against.
    pub base_commit: CommitId,
    /// The diff so far.
    pub changes: Vec<FileChange>,
    /// The agent's session, of use only to an executor that still has its directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// What the run used up so far: it counts against the limits of the next attempt.
    pub spent: Spent,
}

/// What a run used up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Spent {
    /// Time.
    #[serde(rename = "elapsedMs", with = "millis")]
    pub elapsed: Duration,
    /// Model turns.
    pub turns: u32,
    /// Money.
    pub cost_usd: f64,
}
