//! A collector that runs, in a folder of its own.

use std::collections::HashSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Long enough for a busy machine; nothing waits this long when all is well.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) const NOBODY: u32 = 65534;

pub(crate) const GOOD: &str = r#"{"recipient":"dev","type":"INFO","payload":"hello"}"#;

pub(crate) const ROUTES: &str = r#"    - path: /hello
      recipient: dev
      type: INFO
      template: "hello {{ .name }}"
"#;

/// A folder with a configuration, inboxes and a drop folder.
pub(crate) struct Stage {
    pub(crate) root: TempDir,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let stage = Self {
            root: tempfile::tempdir().unwrap(),
        };
        stage.configure("watcher", ROUTES);
        stage
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    pub(crate) fn configure(&self, agent: &str, routes: &str) {
        let root = self.root.path().display();
        self.write_config(&format!(
            "agent: {agent}\ninbox_dir: {root}/inbox\nfsync: false\n\
             drop_folder: {{path: {root}/drop}}\n\
             webhook:\n  listen: 127.0.0.1:0\n  routes:\n{routes}"
        ));
    }

    pub(crate) fn write_config(&self, text: &str) {
        fs::write(self.at("collector.yaml"), text).unwrap();
    }

    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bugbot-collector"));
        command.arg("--config").arg(self.at("collector.yaml"));
        command.arg("--json-log").env("RUST_LOG", "info");
        command.env_remove("NOTIFY_SOCKET");
        command
    }

    /// Makes all that is there so far a user's who is not root.
    pub(crate) fn give_to_nobody(&self) {
        if rustix::process::geteuid().is_root() {
            give(self.root.path(), NOBODY);
        }
    }

    /// The same as that user: nothing is read-only to root.
    pub(crate) fn command_of_nobody(&self) -> Command {
        let command = self.command();
        if !rustix::process::geteuid().is_root() {
            return command;
        }
        // A program below a folder that only root may enter cannot be started by others.
        let program = self.at("program");
        if !program.exists() {
            copy_program(&program);
        }
        let mut of_nobody = Command::new(program);
        of_nobody.args(command.get_args()).env("RUST_LOG", "info");
        of_nobody.uid(NOBODY).gid(NOBODY);
        of_nobody
    }

    pub(crate) fn start(&self) -> Collector {
        Collector::start(self.command())
    }

    /// Puts a file there as careful writers do.
    pub(crate) fn put(&self, name: &str, text: &str) {
        let hidden = self.at("drop").join(format!(".{name}.new"));
        fs::write(&hidden, text).unwrap();
        fs::rename(hidden, self.at("drop").join(name)).unwrap();
    }

    pub(crate) fn lines(&self, of: &str) -> Vec<Value> {
        lines_of(&self.at(&format!("inbox/{of}.inbox")))
    }

    pub(crate) fn wait_for_lines(&self, of: &str, count: usize) -> Vec<Value> {
        wait_until("the lines are there", || self.lines(of).len() >= count);
        self.lines(of)
    }
}

/// Makes a folder and all that is in it somebody's.
fn give(path: &Path, to: u32) {
    std::os::unix::fs::lchown(path, Some(to), Some(to)).unwrap();
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            give(&entry.unwrap().path(), to);
        }
    }
}

pub(crate) fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// By another process: a file that is open for writing in ours, or in what another test has just forked of
/// it, cannot be started.
pub(crate) fn copy_program(to: &Path) {
    let mut copy = Command::new("cp");
    copy.arg(env!("CARGO_BIN_EXE_bugbot-collector")).arg(to);
    assert!(copy.status().unwrap().success());
}

/// The lines of an inbox: each has to be whole, and no id may be there twice.
pub(crate) fn lines_of(inbox: &Path) -> Vec<Value> {
    let text = fs::read_to_string(inbox).unwrap_or_default();
    // A line may be under way.
    let whole = text.rfind('\n').map_or("", |end| &text[..=end]);
    let lines: Vec<Value> = whole
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|bad| panic!("{bad}: {line}")))
        .collect();
    let ids: HashSet<_> = lines
        .iter()
        .filter_map(|line| line["id"].as_str())
        .collect();
    assert_eq!(ids.len(), lines.len(), "an id is there twice");
    lines
}

pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < PATIENCE, "not so in time: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A collector that runs; it is killed when this goes.
pub(crate) struct Collector {
    child: Child,
    log: Arc<Mutex<Vec<Value>>>,
}

impl Collector {
    pub(crate) fn start(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let log = Arc::new(Mutex::new(Vec::new()));
        let (lines, into) = (BufReader::new(child.stderr.take().unwrap()), log.clone());
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                into.lock().unwrap().push(line);
            }
        });
        let mut collector = Self { child, log };
        wait_until("it has started", || {
            let ended = collector.child.try_wait().unwrap();
            assert!(
                ended.is_none(),
                "{ended:?}: {:?}",
                collector.log.lock().unwrap()
            );
            !collector.logged("started").is_empty()
        });
        collector
    }

    pub(crate) fn logged(&self, message: &str) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        log.iter()
            .filter(|line| line["message"] == message)
            .cloned()
            .collect()
    }

    pub(crate) fn wait_for(&self, message: &str) -> Value {
        self.wait_for_nth(message, 1)
    }

    pub(crate) fn wait_for_nth(&self, message: &str, nth: usize) -> Value {
        let began = Instant::now();
        loop {
            if let Some(line) = self.logged(message).get(nth - 1) {
                return line.clone();
            }
            let log = self.log.lock().unwrap().clone();
            assert!(
                began.elapsed() < PATIENCE,
                "{message:?} was not logged: {log:#?}"
            );
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Where it listens, by the last of its log lines about it.
    pub(crate) fn address(&self) -> SocketAddr {
        self.wait_for("listening");
        let listening = self.logged("listening").pop().unwrap();
        listening["address"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn kill(&mut self) {
        self.signal(Signal::KILL);
        self.ended();
    }

    pub(crate) fn post(&self, path: &str, body: &str) -> Answer {
        self.ask(&request("POST", path, &[], body))
    }

    pub(crate) fn ask(&self, request: &str) -> Answer {
        ask(self.address(), request).unwrap()
    }

    pub(crate) fn health(&self) -> Value {
        let answer = self.ask(&request("GET", "/health", &[], ""));
        assert_eq!(answer.status, 200);
        serde_json::from_str(&answer.body).unwrap()
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

pub(crate) fn request(method: &str, path: &str, headers: &[&str], body: &str) -> String {
    let headers: String = headers.iter().flat_map(|it| [*it, "\r\n"]).collect();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Content-Length: {}\r\n{headers}\r\n{body}",
        body.len()
    )
}

pub(crate) fn ask(address: SocketAddr, request: &str) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // What is refused early may not be read to its end.
    let sent = stream.write_all(request.as_bytes());
    let mut text = String::new();
    let read = stream.read_to_string(&mut text);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        sent?;
        read?;
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    };
    Ok(Answer {
        status: head.split(' ').nth(1).unwrap().parse().unwrap(),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    })
}
