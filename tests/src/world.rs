//! The whole of bugbot in one process, over the fakes: what a person does in Discord goes through
//! the real gateway core, a queue, the real consumer core and its objects, and comes back as what
//! the thread shows.
//!
//! Invariants:
//! - Nothing happens by itself: time moves only in [`World::run_until_quiet`] and its kin, to the
//!   next delivery or alarm.
//! - Objects live as stored JSON between any two calls, so that whatever is not stored is lost.
//! - Every call over a port is counted, and a [`Strike`] can hit exactly one of them: a test that
//!   strikes each in turn has tried every crash and every lost answer.
//!
//! [`World::finish`] is what every story ends with: one outcome for each accepted job, and
//! nothing left open anywhere.

mod audit;
mod check;
mod course;
mod edge;
mod front;
mod hub;
mod ledgers;
mod logs;
mod model;
mod objects;
mod operator;
mod ports;
mod queue;
mod strike;
mod upstream;
mod weather;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::OnceLock;

use shared::gateway::Setup;
use shared::id::{ChannelId, JobId, ThreadId, UserId};
use shared::settings::Settings;
use tempfile::TempDir;

pub use self::edge::{Door, HOOK_SECRET, PULL_TOKEN};
use self::objects::JobCell;
pub use self::operator::Office;
pub use self::queue::MemoryQueue;
use self::strike::Meter;
pub use self::strike::{Meanwhile, Strike};
pub use self::weather::Service;
use self::weather::Weather;
use crate::anthropic::{self, Anthropic, Script as ModelScript, Turn};
use crate::clock::TestClock;
use crate::deploy_hook::{self, DeployHook};
use crate::discord::{self, Discord};
use crate::edge::Inboxes;
use crate::executor_fake::{self, ExecutorFake, Script};
use crate::fake::Wired;
use crate::github::{self, GitHub, Repository};
use crate::hub::{self as volunteers, Portal};
use crate::linear::{self, Linear};
use crate::posthog::{self, PostHog};
use crate::sample;

/// The repository with the bug.
pub const REPOSITORY: &str = "acme/shop";
/// What pays for the model; nothing but the gateway may ever know it.
pub const MODEL_KEY: &str = "sk-of-the-stories";
const MODEL_TOKEN_KEY: &str = "only-the-workers-of-the-stories-know-it";
const LINEAR_KEY: &str = "lin_api_of-the-stories";
const WEBHOOK_SECRET: &str = "a secret of the stories and GitHub";
const GITHUB_TOKEN: &str = "ghp_of-the-stories";

/// bugbot, everything that it speaks to, and one thread with people in it.
#[derive(Debug)]
pub struct World {
    /// The time.
    pub clock: TestClock,
    /// Discord.
    pub discord: Discord,
    /// Linear, with the team `ENG`.
    pub linear: Linear,
    /// PostHog, with nobody in it.
    pub posthog: PostHog,
    /// GitHub, with [`REPOSITORY`].
    pub github: GitHub,
    /// The sandbox; its runs fix the bug unless told otherwise.
    pub executor: ExecutorFake,
    /// The model's service, asked by the gateway alone. Runs of the stories call no model by it.
    pub anthropic: Anthropic,
    /// What `/bugbot deploy` calls, where it is set.
    pub deploy_hook: DeployHook,
    /// The hub, with a forge of its own: volunteers come to it directly.
    pub hub: Portal,
    /// The inboxes at the edge.
    pub inboxes: Inboxes,
    /// `bugbot-commands`.
    pub commands: MemoryQueue,
    /// `bugbot-commands-dlq`.
    pub dead_letters: MemoryQueue,
    /// The bucket of crash reports, where one is bound.
    pub bucket: RefCell<Option<BTreeMap<String, Vec<u8>>>>,
    /// Why the sandbox cannot be started, if it cannot.
    pub sandbox_refuses: RefCell<Option<String>>,
    /// Whether no Thread object answers.
    pub threads_are_silent: Cell<bool>,
    /// Whether no Upstream object answers.
    pub upstreams_are_silent: Cell<bool>,
    /// Why the audit log does not answer, if it does not.
    pub audit_refuses: RefCell<Option<String>>,
    /// The thread that stories play in.
    pub thread: ChannelId,
    /// Its channel, and the other threads in it.
    channel: ChannelId,
    more_threads: RefCell<Vec<ChannelId>>,
    weather: Weather,
    settings: Settings,
    setup: Setup,
    wired: Wired,
    /// Values with the time when they are forgotten.
    kv: RefCell<BTreeMap<String, (String, Option<jiff::Timestamp>)>>,
    threads: RefCell<BTreeMap<ThreadId, String>>,
    jobs: RefCell<BTreeMap<JobId, JobCell>>,
    audits: RefCell<BTreeMap<shared::audit::LogName, audit::Rows>>,
    ledgers: RefCell<BTreeMap<shared::ledger::LedgerName, String>>,
    upstreams: RefCell<BTreeMap<&'static str, String>>,
    memory: RefCell<shared::upstream::Memory>,
    log: RefCell<Vec<String>>,
    accepted: RefCell<BTreeMap<JobId, shared::job::Job>>,
    is_alarm_lost: Cell<bool>,
    model_calls: Cell<u32>,
    meter: Rc<Meter>,
    /// The repositories; removed with the world.
    _disk: Option<TempDir>,
}

impl World {
    /// A world at the beginning of a story.
    pub fn new() -> Rc<Self> {
        Self::with_settings(&[])
    }

    /// The same, with these variables set (or, if empty, unset) besides the usual ones: in both
    /// workers, or as `gateway:NAME` in that alone.
    pub fn with_settings(variables: &[(&str, &str)]) -> Rc<Self> {
        let disk = repository_on_disk();
        let git_dir = disk.path().join(format!("{REPOSITORY}.git"));
        let git = Repository::open(git_dir).expect("it was just copied");
        Self::over(git, Some(disk), variables)
    }

    /// The same without a disk: no process is started for the repository.
    pub fn in_memory(variables: &[(&str, &str)]) -> Rc<Self> {
        static TEMPLATE: OnceLock<Repository> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let disk = repository_on_disk();
            let git_dir = disk.path().join(format!("{REPOSITORY}.git"));
            let git = Repository::open(git_dir).expect("it was just copied");
            git.in_memory().expect("git can read what it wrote")
        });
        let git = template.in_memory().expect("memory can be copied");
        Self::over(git, None, variables)
    }

    fn over(git: Repository, disk: Option<TempDir>, variables: &[(&str, &str)]) -> Rc<Self> {
        let clock = TestClock::story();
        let discord = Discord::new(clock.clone());
        let linear = Linear::new(clock.clone()).with_key(LINEAR_KEY);
        let posthog = PostHog::new(clock.clone());
        let github = GitHub::at(std::env::temp_dir(), clock.clone())
            .hosting(REPOSITORY, git)
            .with_token(GITHUB_TOKEN);
        let deploy_hook = DeployHook::default();
        let anthropic = Anthropic::new(MODEL_KEY, ModelScript::new([Turn::say("Nothing to say.")]));
        let executor = ExecutorFake::new(clock.clone(), the_fix());
        let alice = discord.person("Alice");
        let bugs = discord.channel("bugs");
        let thread = discord.thread(&bugs, "Cart counts wrong", &alice);
        let wired = Wired::new()
            .at(discord::ORIGIN, discord.router())
            .at(linear::ORIGIN, linear.router())
            .at(posthog::ORIGIN, posthog.router())
            .at(github::ORIGIN, github.router())
            .at(anthropic::ORIGIN, anthropic.router())
            .at(deploy_hook::URL, deploy_hook.router())
            .at(executor_fake::ORIGIN, executor.router());
        let usual = [
            ("OPERATOR_TOKEN", operator::TOKEN.to_owned()),
            ("DISCORD_PUBLIC_KEY", discord.public_key()),
            ("DISCORD_BOT_TOKEN", discord.bot_token().expose().to_owned()),
            ("LINEAR_API_KEY", LINEAR_KEY.to_owned()),
            ("LINEAR_TEAM_KEY", "ENG".to_owned()),
            ("POSTHOG_API_KEY", posthog.key().expose().to_owned()),
            ("POSTHOG_PROJECT_ID", posthog.project()),
            ("GITHUB_TOKEN", GITHUB_TOKEN.to_owned()),
            ("GITHUB_WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
            ("FIX_ALLOWED", "everyone".to_owned()),
            ("APPROVE_ALLOWED", "everyone".to_owned()),
            ("CANCEL_ALLOWED", "everyone".to_owned()),
            ("DEPLOY_ALLOWED", "everyone".to_owned()),
            ("ANTHROPIC_API_KEY", MODEL_KEY.to_owned()),
            ("MODEL_TOKEN_KEY", MODEL_TOKEN_KEY.to_owned()),
            ("PUBLIC_URL", front::ORIGIN.to_owned()),
            ("HUB_FORGES", volunteers::FORGE.to_owned()),
            ("EXECUTOR_URL", executor_fake::ORIGIN.to_owned()),
            ("EXECUTOR_TOKEN", executor.token().expose().to_owned()),
        ];
        let read = |name: &str| {
            let special = variables.iter().find(|(known, _)| *known == name);
            special.map(|(_, value)| (*value).to_owned()).or_else(|| {
                let known = usual.iter().find(|(known, _)| *known == name);
                known.map(|(_, value)| value.clone())
            })
        };
        let at_gateway = |name: &str| {
            let is_it = |known: &str| known.strip_prefix("gateway:") == Some(name);
            let special = variables.iter().find(|(known, _)| is_it(known));
            special.map_or_else(|| read(name), |(_, value)| Some((*value).to_owned()))
        };
        let meter = Rc::new(Meter::default());
        let queue =
            |name, max_retries| MemoryQueue::new(name, max_retries, clock.clone(), meter.clone());
        Rc::new(Self {
            settings: Settings::from_env(read).expect("the settings of the stories are good"),
            setup: Setup::read(at_gateway, |_| true),
            commands: queue("bugbot-commands", 3),
            dead_letters: queue("bugbot-commands-dlq", 100),
            meter,
            bucket: RefCell::new(Some(BTreeMap::new())),
            sandbox_refuses: RefCell::default(),
            audit_refuses: RefCell::default(),
            kv: RefCell::default(),
            threads: RefCell::default(),
            jobs: RefCell::default(),
            audits: RefCell::default(),
            ledgers: RefCell::default(),
            upstreams: RefCell::default(),
            memory: RefCell::default(),
            threads_are_silent: Cell::new(false),
            upstreams_are_silent: Cell::new(false),
            log: RefCell::default(),
            accepted: RefCell::default(),
            is_alarm_lost: Cell::new(false),
            model_calls: Cell::new(0),
            hub: Portal::with(clock.clone(), &[]),
            inboxes: Inboxes::new(clock.clone()),
            clock,
            discord,
            linear,
            posthog,
            github,
            deploy_hook,
            anthropic,
            executor,
            thread,
            channel: bugs,
            more_threads: RefCell::default(),
            weather: Weather::default(),
            wired,
            _disk: disk,
        })
    }

    /// A person of this name.
    pub fn person(&self, name: &str) -> UserId {
        self.discord.person(name)
    }

    /// A person says something in the thread.
    pub fn says(&self, name: &str, text: &str) -> shared::id::MessageId {
        self.discord.say(&self.thread, &self.person(name), text)
    }

    /// Another thread beside the one that stories play in.
    pub fn open_thread(&self, name: &str) -> ChannelId {
        let by = self.person("Alice");
        let thread = self.discord.thread(&self.channel, name, &by);
        self.more_threads.borrow_mut().push(thread.clone());
        thread
    }

    /// Every thread of the story.
    pub fn all_threads(&self) -> Vec<ChannelId> {
        let more = self.more_threads.borrow();
        std::iter::once(&self.thread)
            .chain(more.iter())
            .cloned()
            .collect()
    }

    /// The jobs that were accepted in a thread.
    pub fn accepted_jobs_in(&self, thread: &ChannelId) -> Vec<JobId> {
        let accepted = self.accepted.borrow();
        let here = accepted
            .iter()
            .filter(|(_, job)| job.thread().as_str() == thread.as_str());
        here.map(|(id, _)| id.clone()).collect()
    }

    /// How many those are.
    pub fn accepted_in(&self, thread: &ChannelId) -> usize {
        self.accepted_jobs_in(thread).len()
    }

    /// The thread as people see it.
    pub fn transcript(&self) -> String {
        self.discord.transcript(&self.thread)
    }

    /// The newest message of the thread as people see it.
    pub fn last_message(&self) -> String {
        let transcript = self.transcript();
        let last = transcript.trim_end().rsplit("\n\n").next();
        last.unwrap_or_default().to_owned()
    }

    /// What the bot's newest message in the thread says: its text, then its embeds as JSON.
    pub fn last_word(&self) -> String {
        let said = self.discord.said_by_bot(&self.thread);
        said.last().map(check::words_of).unwrap_or_default()
    }

    /// The lines of the log, oldest first.
    pub fn log(&self) -> Vec<String> {
        self.log.borrow().clone()
    }

    /// The value at a key of the key-value store.
    pub fn kv_value(&self, key: &str) -> Option<String> {
        self.kv.borrow().get(key).map(|(value, _)| value.clone())
    }

    /// The keys of the key-value store that start so.
    pub fn kv_keys(&self, prefix: &str) -> Vec<String> {
        let kv = self.kv.borrow();
        kv.keys()
            .filter(|key| key.starts_with(prefix))
            .cloned()
            .collect()
    }

    /// The key-value store forgets the keys that start so, or has not heard of them yet.
    pub fn forget_all(&self, prefix: &str) {
        self.kv
            .borrow_mut()
            .retain(|key, _| !key.starts_with(prefix));
    }

    /// The jobs accepted so far, oldest first.
    pub fn accepted_jobs(&self) -> Vec<JobId> {
        self.accepted.borrow().keys().cloned().collect()
    }

    /// The time.
    pub fn now(&self) -> jiff::Timestamp {
        shared::ports::Clock::now(&self.clock)
    }

    /// The only job accepted so far.
    pub fn only_job(&self) -> JobId {
        let accepted = self.accepted.borrow();
        assert_eq!(accepted.len(), 1, "one job was accepted");
        accepted.keys().next().expect("there is one").clone()
    }
}

/// A run that mends the sample's bug.
pub fn the_fix() -> Script {
    Script::modifies(&[(sample::BUGGY_FILE, &fixed_file())])
}

/// The sample's buggy file, mended.
pub fn fixed_file() -> String {
    let path = sample::folder().join(sample::BUGGY_FILE);
    let text = std::fs::read_to_string(path).expect("the sample is there");
    text.replace(sample::BUGGY_LINE, sample::FIXED_LINE)
}

/// The sample as a bare repository in a fresh folder. git makes it once; the rest are copies.
fn repository_on_disk() -> TempDir {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a temporary directory");
        let _ = GitHub::at(folder.path(), TestClock::story())
            .with_repository(REPOSITORY, sample::folder().as_path());
        folder
    });
    let copy = tempfile::tempdir().expect("a temporary directory");
    copy_folder(template.path(), copy.path()).expect("a repository can be copied");
    copy
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
