//! What every test here starts: a bugbot of its own, and a thread with a report in it.

use std::time::{Duration, Instant};

use serde_json::json;
use shared::fix::EDIT_EVERY;
use shared::id::{ChannelId, JobId, MessageId, SessionId, UserId};
use tests::anthropic::Script;
use tests::discord::{Act, Exchange};
use tests::fault::Fault;
use tests::local::{Local, REPOSITORY, Setup, Told};
use tests::sample;
use tokio::sync::{Semaphore, SemaphorePermit};

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// How often something is looked at.
const EVERY: Duration = Duration::from_millis(20);

/// Each stage is workerd, an executor and a Claude Code: more at once than these starve each
/// other on two cores.
static ROOM: Semaphore = Semaphore::const_new(2);

/// Dropped in this order: the processes first, then what they keep, then the room they took.
pub(crate) struct Stage {
    pub(crate) local: Local,
    /// Where Ann has reported the sample's bug.
    pub(crate) thread: ChannelId,
    pub(crate) report: MessageId,
    /// Who gives the commands.
    pub(crate) bob: UserId,
    _state: tempfile::TempDir,
    _room: SemaphorePermit<'static>,
}

impl Stage {
    /// A bugbot whose model plays `script`.
    pub(crate) async fn new(script: Script) -> Self {
        Self::with(|setup| Setup { script, ..setup }).await
    }

    /// A bugbot that is set up otherwise.
    pub(crate) async fn with(change: impl FnOnce(Setup) -> Setup) -> Self {
        let room = ROOM.acquire().await.unwrap();
        let state = tempfile::tempdir().unwrap();
        let setup = change(Setup::new(state.path()));
        let local = Local::start(setup).await.unwrap();
        let (thread, ann) = local.reported();
        let text = format!("{} My account is ann@example.com.", sample::REPORT);
        let report = local.discord.say(&thread, &ann, &text);
        Self {
            thread,
            report,
            bob: local.discord.person("Bob"),
            local,
            _state: state,
            _room: room,
        }
    }

    /// PostHog looked on when Ann met the bug.
    pub(crate) fn recorded(&self) -> SessionId {
        let posthog = &self.local.posthog;
        posthog.person("ann@example.com", "ann-browser");
        let minutes = Duration::from_mins;
        let page = "https://shop.example/mugs";
        let session = posthog.recording("ann-browser", minutes(6), minutes(5), page);
        let cart = json!({"$current_url": "https://shop.example/cart"});
        posthog.event(&session, Duration::from_secs(140), "$rageclick", cart);
        session
    }

    /// The model takes its time over its next answer: longer than the least time between two edits
    /// of a message, so that a message that goes on shows the agent at work.
    pub(crate) fn model_takes_its_time(&self) {
        let thinks = Fault::Delay(EDIT_EVERY + Duration::from_secs(1));
        self.local
            .anthropic
            .fail_next("POST /v1/messages", thinks, 1);
    }

    /// Bob does this in the thread, and bugbot takes it.
    pub(crate) async fn act(&self, act: impl Into<Act>) -> Exchange {
        let sent = self
            .local
            .endpoint()
            .act(&self.bob, &self.thread, act)
            .await;
        sent.taken();
        sent
    }

    /// The bot's `nth` message in the thread, once it says how its job ended.
    pub(crate) async fn ended(&self, nth: usize) -> Told {
        let ended = self.local.wait_for(&self.thread, nth, PATIENCE, |_| {});
        ended.await.unwrap_or_else(|error| panic!("{error:#}"))
    }

    /// Waits until `look` sees something.
    pub(crate) async fn until<T>(&self, what: &str, look: impl Fn(&Local) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(seen) = look(&self.local) {
                return seen;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "no sign of {what}:\n{}\nworkers:\n{}\nexecutor:\n{}",
                self.local.discord.transcript(&self.thread),
                self.local.stack.logs(),
                self.local.executor.log(),
            );
            tokio::time::sleep(EVERY).await;
        }
    }

    /// Waits until an agent is at work, and the thread says so.
    pub(crate) async fn at_work(&self) {
        self.until("an agent at work", |local| {
            let says_so = |told: &Told| shown(told).contains("⏳ Agent at work");
            let said = local.told(&self.thread).iter().any(says_so);
            (said && !local.executor.agents().is_empty()).then_some(())
        })
        .await;
    }

    /// Whether the bot's first message already says how its job ended.
    pub(crate) fn ended_already(&self) -> bool {
        let told = self.local.told(&self.thread);
        told.first().is_some_and(Told::is_terminal)
    }

    /// Waits until no job is marked as begun: all is settled behind the terminal messages.
    pub(crate) async fn settled(&self) {
        let begun = Instant::now();
        loop {
            let open = self.local.stack.kv_list("open:").await.unwrap();
            if open.is_empty() {
                return;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{open:?}\n{}",
                self.local.stack.logs()
            );
            tokio::time::sleep(EVERY).await;
        }
    }

    /// There is exactly one pull request, its branch the only one beside `main`, with the
    /// sample's bug fixed in it.
    pub(crate) fn assert_fixed_once(&self) {
        let github = &self.local.github;
        let pulls = github.pull_requests(REPOSITORY);
        assert_eq!(pulls.len(), 1, "{pulls:#?}");
        let (base, head) = (&pulls[0].base, &pulls[0].head);
        let mut branches = github.branches(REPOSITORY);
        branches.sort();
        assert_eq!(branches, [head.as_str(), "main"]);
        assert_eq!(github.commits(REPOSITORY, base, head).len(), 1);
        let diff = github.diff(REPOSITORY, base, head);
        let changed: Vec<_> = diff
            .lines()
            .filter(|line| line.starts_with(['+', '-']))
            .collect();
        let expected = [
            format!("--- a/{}", sample::BUGGY_FILE),
            format!("+++ b/{}", sample::BUGGY_FILE),
            format!("-{}", sample::BUGGY_LINE),
            format!("+{}", sample::FIXED_LINE),
        ];
        assert_eq!(changed, expected);
    }

    /// Nothing has been pushed, and nothing proposed.
    pub(crate) fn assert_nothing_pushed(&self) {
        assert_eq!(self.local.github.branches(REPOSITORY), ["main"]);
        assert_eq!(self.local.github.pull_requests(REPOSITORY), []);
    }
}

/// The job of an interaction.
pub(crate) fn job(sent: &Exchange) -> JobId {
    JobId::of(&sent.id)
}

/// Everything that a message shows, as one text.
pub(crate) fn shown(told: &Told) -> String {
    told.message.to_string()
}
