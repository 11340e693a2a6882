//! Runs commands and says so: one line a step, its time, and a command's output only if it fails.

use std::fs::{self, File};
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How many lines of a failed command's output are shown; the rest is in its log.
const SHOWN_LINES: usize = 60;

/// How often a step says that it still runs, where no line can be redrawn.
const REMINDER: Duration = Duration::from_secs(30);

/// Runs `command` as the step `what`. Its output goes to `log`.
pub(crate) fn step(what: &str, log: &Path, command: &mut Command) -> Result<()> {
    step_with_input(what, log, Stdio::null(), command)
}

/// The same, with something else than nothing for its standard input.
pub(crate) fn step_with_input(
    what: &str,
    log: &Path,
    input: Stdio,
    command: &mut Command,
) -> Result<()> {
    let started = Instant::now();
    let file = create(log)?;
    command.stdin(input).stdout(file.try_clone()?).stderr(file);
    let mut child = command
        .spawn()
        .with_context(|| format!("{what}: cannot start {command:?}"))?;
    let mut progress = Progress::begin(what, started);
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        sleep(Duration::from_millis(100));
        progress.tick();
    };
    progress.end(status.success());
    if status.success() {
        Ok(())
    } else {
        bail!(failure(what, status, log))
    }
}

/// Runs `work` as the step `what`.
pub(crate) fn timed<T>(what: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    let progress = Progress::begin(what, Instant::now());
    let outcome = work();
    progress.end(outcome.is_ok());
    outcome.with_context(|| what.to_owned())
}

/// Runs `command` with its output shown as it comes.
pub(crate) fn shown(what: &str, command: &mut Command) -> Result<()> {
    eprintln!("==> {what}");
    let status = command
        .status()
        .with_context(|| format!("cannot start {command:?}"))?;
    if status.success() {
        Ok(())
    } else {
        bail!("{what} failed ({status})")
    }
}

/// What `command` writes to its standard output.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.stdin(Stdio::null()).output();
    let output = output.with_context(|| format!("cannot start {command:?}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{command:?} failed ({}): {}", output.status, said.trim());
    }
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} wrote no UTF-8"))
}

fn create(log: &Path) -> Result<File> {
    let folder = log.parent().context("a log has a folder")?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))?;
    File::create(log).with_context(|| format!("cannot write {}", log.display()))
}

fn failure(what: &str, status: ExitStatus, log: &Path) -> String {
    let said = fs::read(log).unwrap_or_default();
    let said = String::from_utf8_lossy(&said);
    let lines: Vec<_> = said.lines().collect();
    let shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n");
    format!(
        "{what} failed ({status}); the whole output is in {}\n{shown}",
        log.display()
    )
}

/// One step's line on standard error.
struct Progress<'a> {
    what: &'a str,
    started: Instant,
    drawn: Instant,
    redraws: bool,
}

impl<'a> Progress<'a> {
    fn begin(what: &'a str, started: Instant) -> Self {
        let redraws = std::io::stderr().is_terminal();
        if redraws {
            eprint!("    {what} ...");
        } else {
            eprintln!("    {what} ...");
        }
        Self {
            what,
            started,
            drawn: started,
            redraws,
        }
    }

    fn tick(&mut self) {
        let every = if self.redraws {
            Duration::from_secs(1)
        } else {
            REMINDER
        };
        if self.drawn.elapsed() < every {
            return;
        }
        self.drawn = Instant::now();
        let elapsed = self.started.elapsed().as_secs();
        if self.redraws {
            eprint!("\r    {} ... {elapsed} s", self.what);
            let _ = std::io::stderr().flush();
        } else {
            eprintln!("    {} ... {elapsed} s so far", self.what);
        }
    }

    fn end(self, well: bool) {
        let mark = if well { " ok " } else { "FAIL" };
        let start = if self.redraws { "\r\x1b[K" } else { "" };
        eprintln!(
            "{start}{mark} {} ({:.1} s)",
            self.what,
            self.started.elapsed().as_secs_f64()
        );
    }
}
