//! What every test here starts: an executor, the repository it clones, the model it talks to.

use std::fs;
use std::io::{BufRead, BufReader};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use shared::change::{ChangeKind, FileChange};
use shared::executor::{
    CloneSource, ExecutorClient, ModelAccess, Prompt, RunLimits, RunRequest, RunResult, RunState,
    RunStatus,
};
use shared::id::{CommitId, RunId};
use shared::secret::Secret;
use tests::anthropic::{Anthropic, Script};
use tests::clock::TestClock;
use tests::fake::{Served, Sockets};
use tests::github::GitHub;
use tests::sample;
use url::Url;

pub(crate) const REPO: &str = "acme/shop";
pub(crate) const CLONE_TOKEN: &str = "ghs_cl0neT0kenForReadingOnly";
pub(crate) const MODEL_KEY: &str = "sk-ant-api03-the-real-key";
pub(crate) const EXECUTOR_TOKEN: &str = "executor-t0ken-of-the-job";
/// In the executor's environment for no reason, as secrets are on real machines.
pub(crate) const STRAY_SECRET: &str = "lin_api_stray-in-the-environment";

/// Everything that nothing but its one user may see.
pub(crate) const SECRETS: [&str; 4] = [CLONE_TOKEN, MODEL_KEY, EXECUTOR_TOKEN, STRAY_SECRET];

/// Longer than any healthy run here takes, on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

pub(crate) struct Bench {
    pub(crate) github: GitHub,
    pub(crate) anthropic: Anthropic,
    pub(crate) executor: Executor,
    git: Served,
    model: Served,
    data: tempfile::TempDir,
}

impl Bench {
    /// The sample shop, Claude Code, and a model that plays `script`.
    pub(crate) async fn new(script: Script) -> Self {
        Self::with(&sample::folder(), script, &[("AGENT_COMMAND", &claude())]).await
    }

    /// Another repository, another agent.
    pub(crate) async fn with(files: &Path, script: Script, settings: &[(&str, &str)]) -> Self {
        let github = GitHub::new(TestClock::system())
            .with_repository(REPO, files)
            .with_token(CLONE_TOKEN);
        let anthropic = Anthropic::new(MODEL_KEY, script);
        let git = Served::start(github.router()).await.unwrap();
        let model = Served::start(anthropic.router()).await.unwrap();
        let data = tempfile::tempdir().unwrap();
        let executor = Executor::start(data.path(), settings);
        Self {
            github,
            anthropic,
            executor,
            git,
            model,
            data,
        }
    }

    /// A run that asks to fix the sample's bug.
    pub(crate) fn request(&self, id: &str) -> RunRequest {
        RunRequest {
            run_id: RunId::new(id),
            source: CloneSource {
                url: format!("{}/{REPO}.git", self.git.origin()),
                branch: "main".into(),
                base_commit: CommitId::new(self.github.repository(REPO).head("main").unwrap()),
                token: Some(Secret::new(CLONE_TOKEN)),
            },
            prompt: Prompt {
                title: "Eleven mugs instead of two".into(),
                report: sample::REPORT.into(),
                allowed_folders: vec!["src/".into()],
                ..Prompt::default()
            },
            limits: RunLimits {
                wall_clock: PATIENCE,
                max_turns: NonZeroU32::new(10).unwrap(),
                ..RunLimits::default()
            },
            model: ModelAccess {
                base_url: self.model.origin(),
                api_key: Secret::new(MODEL_KEY),
                name: None,
            },
            code_search: None,
            checkpoint: None,
            steers: Vec::new(),
            verify: Vec::new(),
        }
    }

    /// Starts a run and waits for its result.
    pub(crate) async fn run(&self, request: &RunRequest) -> RunResult {
        self.executor.client().start(request).await.unwrap();
        self.result(request).await
    }

    /// Cancels a run.
    pub(crate) async fn cancel(&self, request: &RunRequest) -> RunStatus {
        let client = self.executor.client();
        client.cancel(&request.run_id).await.unwrap()
    }

    /// Waits for a run's result.
    pub(crate) async fn result(&self, request: &RunRequest) -> RunResult {
        self.wait_for(request, "the end", |status| {
            status.state.outcome().is_some()
        })
        .await;
        self.executor
            .client()
            .result(&request.run_id)
            .await
            .unwrap()
            .unwrap()
    }

    /// Waits until the agent has done this.
    pub(crate) async fn wait_for_step(&self, request: &RunRequest, step: &str) -> RunStatus {
        self.wait_for(request, step, |status| {
            assert_eq!(status.state.outcome(), None, "it ended before {step:?}");
            status.state == RunState::Running && status.last_step.as_deref() == Some(step)
        })
        .await
    }

    pub(crate) async fn wait_for(
        &self,
        request: &RunRequest,
        what: &str,
        is_so: impl Fn(&RunStatus) -> bool,
    ) -> RunStatus {
        let begin = Instant::now();
        loop {
            let status = self
                .executor
                .client()
                .status(&request.run_id)
                .await
                .unwrap();
            if is_so(&status) {
                return status;
            }
            assert!(
                begin.elapsed() < PATIENCE,
                "no sign of {what}: {status:?}\n{}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// The executor's directory.
    pub(crate) fn data(&self) -> &Path {
        self.data.path()
    }

    /// What the executor wrote to its log.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(log_file(self.data.path())).unwrap()
    }

    /// An executor that has ended is started again in the same place.
    pub(crate) fn restart(&mut self, settings: &[(&str, &str)]) {
        self.executor = Executor::start(self.data.path(), settings);
    }

    /// The processes whose home, directory or command line lies in a run's directory.
    pub(crate) fn processes(&self) -> Vec<String> {
        processes_in(&self.data.path().join("runs"))
    }

    /// Asserts that nothing of any run is left: no process, no file.
    pub(crate) fn assert_nothing_is_left(&self) {
        assert_eq!(self.processes(), [""; 0]);
        let left: Vec<_> = fs::read_dir(self.data.path().join("runs"))
            .unwrap()
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }

    /// Both services were treated well.
    pub(crate) fn finish(&self) {
        self.github.finish();
        self.anthropic.finish();
    }
}

/// The executor's process; it is killed, with all that it started, when this is dropped.
pub(crate) struct Executor {
    process: Child,
    base: Url,
    http: Sockets,
    token: Secret,
}

impl Executor {
    pub(crate) fn start(data: &Path, settings: &[(&str, &str)]) -> Self {
        Self::started(command(data, settings), data)
    }

    /// One that is started by a command like that of [`command`].
    pub(crate) fn started(mut command: Command, data: &Path) -> Self {
        let mut process = command.spawn().unwrap();
        let mut announcement = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut announcement).unwrap();
        let announcement: serde_json::Value = serde_json::from_str(&announcement)
            .unwrap_or_else(|_| panic!("{}", fs::read_to_string(log_file(data)).unwrap()));
        let address = announcement["address"].as_str().unwrap();
        Self {
            process,
            base: Url::parse(&format!("http://{address}")).unwrap(),
            http: Sockets::new(),
            token: Secret::new(EXECUTOR_TOKEN),
        }
    }

    pub(crate) fn client(&self) -> ExecutorClient<'_, Sockets> {
        ExecutorClient::new(&self.http, &self.base, Some(&self.token))
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    pub(crate) fn terminate(&self) {
        let pid = rustix::process::Pid::from_raw(self.pid()).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// What the kernel does when whoever started it dies.
    pub(crate) fn abandon(&mut self) {
        drop(self.process.stdin.take());
    }

    pub(crate) fn wait_for_end(&mut self, within: Duration) {
        let begin = Instant::now();
        while self.process.try_wait().unwrap().is_none() {
            assert!(
                begin.elapsed() < within,
                "the executor did not end within {within:?}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn pid(&self) -> i32 {
        i32::try_from(self.process.id()).unwrap()
    }
}

impl Drop for Executor {
    fn drop(&mut self) {
        // Its supervisors notice.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The executor's program, as these tests start it.
pub(crate) fn command(data: &Path, settings: &[(&str, &str)]) -> Command {
    use std::os::unix::fs::PermissionsExt;
    // An agent of another user has to get through.
    fs::set_permissions(data, fs::Permissions::from_mode(0o711)).unwrap();
    let log = fs::OpenOptions::new()
        .create(true)
        .append(true)
        .open(log_file(data))
        .unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_bugbot-executor"));
    command
        .arg("--end-with-stdin")
        .env_clear()
        .env("PATH", "/usr/local/bin:/usr/bin:/bin")
        .env("RUST_LOG", "debug")
        .env("EXECUTOR_ADDR", "127.0.0.1:0")
        .env("EXECUTOR_TOKEN", EXECUTOR_TOKEN)
        .env("EXECUTOR_DATA_DIR", data)
        .env("LINEAR_API_KEY", STRAY_SECRET)
        .envs(settings.iter().copied())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log);
    command
}

fn log_file(data: &Path) -> PathBuf {
    data.join("log")
}

/// The project's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()
        .unwrap()
}

/// `AGENT_COMMAND` for the Claude Code that the project pins.
pub(crate) fn claude() -> String {
    let program = root().join("node_modules/.bin/claude");
    assert!(
        program.exists(),
        "{} is missing: run `cargo xtask setup` first",
        program.display()
    );
    serde_json::json!([program]).to_string()
}

/// `AGENT_COMMAND` for a shell script, which ignores the arguments that follow.
pub(crate) fn script(text: &str) -> String {
    serde_json::json!(["/bin/sh", "-c", text]).to_string()
}

/// A change in one line: what happened, path.
pub(crate) fn summary(changes: &[FileChange]) -> Vec<String> {
    let line = |change: &FileChange| {
        let path = &change.path;
        match &change.kind {
            ChangeKind::Added { mode, .. } => format!("A {mode} {path}"),
            ChangeKind::Modified { mode, .. } => format!("M {mode} {path}"),
            ChangeKind::Deleted { .. } => format!("D {path}"),
            ChangeKind::Renamed { from, mode, .. } => format!("R {mode} {from} -> {path}"),
        }
    };
    changes.iter().map(line).collect()
}

/// The text of a changed file.
pub(crate) fn text_of(changes: &[FileChange], path: &str) -> String {
    let change = changes.iter().find(|change| change.path == path).unwrap();
    match &change.kind {
        ChangeKind::Added { content, .. }
        | ChangeKind::Modified { content, .. }
        | ChangeKind::Renamed { content, .. } => String::from_utf8_lossy(&content.0).into_owned(),
        ChangeKind::Deleted { .. } => panic!("{path} is gone"),
    }
}

/// The processes that have to do with a directory, by command line.
fn processes_in(directory: &Path) -> Vec<String> {
    let needle = directory.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let at = entry.path();
        if at.join("stat").exists() && entry.file_name().to_str().is_some_and(is_number) {
            let read = |name: &str| {
                String::from_utf8_lossy(&fs::read(at.join(name)).unwrap_or_default()).into_owned()
            };
            let directory = fs::read_link(at.join("cwd")).unwrap_or_default();
            let command_line = read("cmdline");
            let is_in = directory.starts_with(needle)
                || command_line.contains(needle)
                || read("environ").contains(needle);
            if is_in {
                found.push(command_line.replace('\0', " "));
            }
        }
    }
    found
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}
