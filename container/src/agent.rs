//! The agent's process: started with nothing but what it needs, read line by line, and ended as a
//! whole.
//!
//! Invariant: the environment is made from nothing. The agent gets an address and a key of the
//! run's own model proxy; what it is told reaches it on its standard input, so that no shell and
//! no list of processes ever sees it.
//!
//! Its input stays open: as many messages as there are can be said to it while it works. Claude
//! Code reads one after its next tool use, gives it back in its output once it has, takes a message
//! with an id that it knows for a repeat, and ends when its input does.

mod event;
mod lines;

use std::io;
use std::process::{ExitStatus, Stdio};

use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::config::Config;
use crate::proxy::ModelProxy;
use crate::session::SessionId;
use crate::supervise::{end, supervised};
use crate::tail::tail;
use crate::workspace::Workspace;
pub use event::{AgentEvent, MAX_STEP_CHARS, Report, parse_event};
use lines::Lines;

/// The tools that the agent gets: none of them runs anything.
const TOOLS: &str = "Read,Edit,Write,Glob,Grep";
/// How much of the end of the agent's standard error is kept.
const MAX_STDERR_BYTES: usize = 4096;

/// What an agent is started with.
#[derive(Debug)]
pub struct Launch<'a> {
    /// Its conversation.
    pub session: &'a SessionId,
    /// Whether that is one that it has had before.
    pub is_resumed: bool,
    /// Where it talks to the model, and with which key.
    pub proxy: &'a ModelProxy,
    /// A model other than the agent's default.
    pub model: Option<&'a str>,
    /// Turns that are left.
    pub max_turns: u32,
    /// Money that is left.
    pub max_budget_usd: f64,
}

/// A running agent.
#[derive(Debug)]
pub struct Agent {
    supervisor: Child,
    says: Option<mpsc::UnboundedSender<Vec<u8>>>,
    lines: Lines<ChildStdout>,
    stderr: JoinHandle<Vec<u8>>,
}

impl Agent {
    /// Starts it in the workspace.
    pub fn start(config: &Config, workspace: &Workspace, launch: &Launch<'_>) -> io::Result<Self> {
        let mut program = config.agent_command.clone();
        program.extend(arguments(launch));
        let mut command = supervised(config, launch.proxy.socket(), &program)?;
        command
            .envs(environment(config, workspace, launch))
            .current_dir(workspace.work())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut supervisor = command.spawn()?;
        let stdin = supervisor.stdin.take().expect("it is piped");
        let stdout = supervisor.stdout.take().expect("it is piped");
        let stderr = supervisor.stderr.take().expect("it is piped");
        let (says, said) = mpsc::unbounded_channel();
        tokio::spawn(write_lines(stdin, said));
        Ok(Self {
            supervisor,
            says: Some(says),
            lines: Lines::new(stdout),
            stderr: tokio::spawn(tail(stderr, MAX_STDERR_BYTES)),
        })
    }

    /// Says something to it. It comes back with the same `message` when the agent has read it.
    pub fn say(&self, message: &str, text: &str) {
        let content = json!([{ "type": "text", "text": text }]);
        let line = json!({
            "type": "user",
            "uuid": message,
            "session_id": "",
            "parent_tool_use_id": null,
            "message": { "role": "user", "content": content },
        });
        if let Some(says) = &self.says {
            // It may have ended.
            let _ = says.send(format!("{line}\n").into_bytes());
        }
    }

    /// Nothing more will be said: it ends when it is done with what it was told.
    pub fn hang_up(&mut self) {
        self.says = None;
    }

    /// The next line of its output; `None` when there will be no more. Nothing is lost when this
    /// future is dropped.
    pub async fn next_line(&mut self) -> Option<Vec<u8>> {
        self.lines.next().await
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.supervisor.wait().await
    }

    /// The end of what it wrote on its standard error. For an agent that has ended.
    pub async fn last_words(self) -> String {
        let said = self.stderr.await.unwrap_or_default();
        String::from_utf8_lossy(&said).into_owned()
    }

    /// Ends it and everything that it started; returns when nothing of it is left.
    pub async fn stop(mut self) {
        end(&mut self.supervisor).await;
        self.stderr.abort();
    }
}

/// <https://docs.anthropic.com/en/docs/claude-code/cli-reference>
fn arguments(launch: &Launch<'_>) -> Vec<String> {
    let max_turns = launch.max_turns.to_string();
    let max_budget = format!("{:.4}", launch.max_budget_usd);
    let mut arguments = vec![
        "--print",
        "--input-format",
        "stream-json",
        "--replay-user-messages",
        "--output-format",
        "stream-json",
        "--verbose",
        // Nothing that runs commands; files of the working directory only; no settings, hooks
        // or servers of the repository's.
        "--restricted",
        "--strict-mcp-config",
        "--disable-slash-commands",
        "--tools",
        TOOLS,
        "--permission-mode",
        "acceptEdits",
        "--permission-prompts",
        "none",
        "--max-turns",
        &max_turns,
        "--max-budget-usd",
        &max_budget,
    ];
    let session = if launch.is_resumed {
        "--resume"
    } else {
        "--session-id"
    };
    arguments.extend([session, launch.session.as_str()]);
    if let Some(model) = launch.model {
        arguments.extend(["--model", model]);
    }
    arguments.into_iter().map(str::to_owned).collect()
}

fn environment(
    config: &Config,
    workspace: &Workspace,
    launch: &Launch<'_>,
) -> Vec<(&'static str, std::ffi::OsString)> {
    vec![
        ("PATH", config.path.clone().into()),
        ("HOME", workspace.home().into()),
        ("TMPDIR", workspace.tmp().into()),
        ("LANG", "C.UTF-8".into()),
        ("TERM", "dumb".into()),
        ("ANTHROPIC_BASE_URL", launch.proxy.base_url().into()),
        ("ANTHROPIC_API_KEY", launch.proxy.key().expose().into()),
        ("CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC", "1".into()),
        ("DISABLE_AUTOUPDATER", "1".into()),
        // The gateway holds the price of the longest answer before each call: the model's own 128,000
        // tokens would take the whole of an ordinary budget.
        ("CLAUDE_CODE_MAX_OUTPUT_TOKENS", "16000".into()),
        // The proxy retries; what it passes on is final.
        ("CLAUDE_CODE_MAX_RETRIES", "0".into()),
    ]
}

/// Writes until there is nothing more to come, or nobody reads; then the stream is closed.
async fn write_lines(mut stdin: ChildStdin, mut lines: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(line) = lines.recv().await {
        if stdin.write_all(&line).await.is_err() {
            return;
        }
    }
}
