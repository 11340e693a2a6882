//! The Node process: its start, its commands and answers, its end.

use std::collections::HashMap;
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::oneshot;

use super::{Logs, Options, StackFailed, program, project};

/// How long the harness may take to stop before it is killed.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// The longest wait for a command's answer.
const ANSWER_WITHIN: Duration = Duration::from_mins(1);

/// The id under which the first line, the addresses, is filed.
const READY: u64 = 0;

type Waiting = Arc<Mutex<HashMap<u64, oneshot::Sender<Value>>>>;

#[derive(Debug)]
pub(super) struct Harness {
    child: Child,
    input: Mutex<Option<ChildStdin>>,
    waiting: Waiting,
    ready: Option<oneshot::Receiver<Value>>,
    next: AtomicU64,
    logs: Logs,
}

impl Harness {
    pub(super) fn spawn(options: &Options) -> Result<Self, StackFailed> {
        let mut command = Command::new(program("node"));
        command
            .arg(project("tests/harness/stack.mjs"))
            .current_dir(project(""));
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // A group of its own, so that workerd, its child, can be ended with it.
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn().map_err(|error| {
            StackFailed(format!(
                "{} cannot be started: {error}",
                program("node").display()
            ))
        })?;

        let (ready_to, ready) = oneshot::channel();
        let waiting = Waiting::new(Mutex::new(HashMap::from([(READY, ready_to)])));
        let logs = Logs::new();
        // Threads, not tasks: they have to read on whatever the test's runtime does, or the
        // harness would stand still with its pipes full.
        let (output, answers) = (child.stdout.take().expect("piped"), Arc::clone(&waiting));
        thread::spawn(move || read_answers(output, &answers));
        let (errors, taker) = (child.stderr.take().expect("piped"), logs.clone());
        thread::spawn(move || each_line(errors, |line| taker.take(line)));

        let input = Mutex::new(child.stdin.take());
        let harness = Self {
            child,
            input,
            waiting,
            ready: Some(ready),
            next: 1.into(),
            logs,
        };
        harness.write(&options.line())?;
        Ok(harness)
    }

    pub(super) fn logs(&self) -> &Logs {
        &self.logs
    }

    /// Waits for the addresses.
    pub(super) async fn ready(&mut self, within: Duration) -> Result<Value, StackFailed> {
        let ready = self.ready.take().expect("a harness gets ready once");
        self.answer(ready, within).await
    }

    /// Gives a command and waits for its answer.
    pub(super) async fn ask(&self, mut command: Value) -> Result<Value, StackFailed> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        command["id"] = id.into();
        let (answer_to, answer) = oneshot::channel();
        lock(&self.waiting).insert(id, answer_to);
        self.write(&command)?;
        let answer = self.answer(answer, ANSWER_WITHIN).await?;
        match answer.get("error") {
            None => Ok(answer["ok"].clone()),
            Some(error) => Err(StackFailed(format!("{}: {error}", command["do"]))),
        }
    }

    async fn answer(
        &self,
        answer: oneshot::Receiver<Value>,
        within: Duration,
    ) -> Result<Value, StackFailed> {
        match tokio::time::timeout(within, answer).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) => Err(StackFailed(format!(
                "the harness ended; it said:\n{}",
                self.logs
            ))),
            Err(_) => Err(StackFailed(format!(
                "no answer within {within:?}; it said:\n{}",
                self.logs
            ))),
        }
    }

    fn write(&self, line: &Value) -> Result<(), StackFailed> {
        let mut input = lock(&self.input);
        let input = input.as_mut().expect("the input is open until drop");
        // One write a line: a reader never sees half of one.
        input
            .write_all(format!("{line}\n").as_bytes())
            .map_err(|error| {
                StackFailed(format!(
                    "the harness is gone ({error}); it said:\n{}",
                    self.logs
                ))
            })
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        drop(lock(&self.input).take());
        let deadline = Instant::now() + STOP_WITHIN;
        while Instant::now() < deadline {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        let group = format!("-{}", self.child.id());
        let _ = Command::new("kill").args(["-KILL", "--", &group]).status();
        let _ = self.child.wait();
    }
}

/// Hands every answer to whoever waits for it. At the end nobody is left waiting.
fn read_answers(output: impl std::io::Read, waiting: &Waiting) {
    each_line(output, |line| {
        let Ok(answer) = serde_json::from_str::<Value>(line) else {
            return;
        };
        let id = answer["id"].as_u64().unwrap_or(READY);
        if let Some(answer_to) = lock(waiting).remove(&id) {
            let _ = answer_to.send(answer); // Whoever waited may have given up.
        }
    });
    lock(waiting).clear();
}

fn each_line(from: impl std::io::Read, mut take: impl FnMut(&str)) {
    use std::io::BufRead;
    for line in std::io::BufReader::new(from).split(b'\n') {
        let Ok(line) = line else { return };
        take(&String::from_utf8_lossy(&line));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
