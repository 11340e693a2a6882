//! Has systemd run the collector for a user, and undoes that.
//!
//! Invariants: a second `install` changes nothing; neither touches a configuration that is there, an
//! inbox or a drop folder; `uninstall` removes only a unit that `install` wrote, and has the package's no
//! longer run for this user.

#[cfg(test)]
mod tests;
mod unit;

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::command::EXAMPLE;

/// The name of the service.
pub const UNIT: &str = "bugbot-collect.service";
/// Where the Debian package puts its unit.
const PACKAGED: &str = "/usr/lib/systemd/user/bugbot-collect.service";

/// Where things go.
#[derive(Debug, Clone)]
pub struct Places {
    /// The unit.
    pub unit: PathBuf,
    /// The unit that a package may have put there for everybody.
    pub packaged: PathBuf,
    /// The configuration.
    pub config: PathBuf,
    /// The command that the unit runs.
    pub command: Vec<String>,
    /// `systemctl`, which tests replace.
    pub systemctl: PathBuf,
}

impl Places {
    /// Those of the user who asks. `named` is a configuration that is not the usual one.
    pub fn of_user(
        home: Option<&Path>,
        named: Option<&Path>,
        config: &Path,
        program: &[String],
    ) -> io::Result<Self> {
        let units = match std::env::var_os("XDG_CONFIG_HOME").map(PathBuf::from) {
            Some(dir) if dir.is_absolute() => dir,
            _ => home
                .ok_or_else(|| io::Error::other("HOME is not set"))?
                .join(".config"),
        };
        let mut command = program.to_vec();
        command.push("--json-log".to_owned());
        if named.is_some() {
            command.push("--config".to_owned());
            command.push(std::path::absolute(config)?.display().to_string());
        }
        Ok(Self {
            unit: units.join("systemd/user").join(UNIT),
            packaged: PACKAGED.into(),
            config: config.to_owned(),
            command,
            systemctl: "systemctl".into(),
        })
    }
}

/// One thing that was done, or was so already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Something is as it should be now, and was not before.
    Done(String),
    /// Something was as it should be.
    Unchanged(String),
    /// Something that is left to do, or to know.
    Note(String),
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (mark, text) = match self {
            Self::Done(text) => ("done", text),
            Self::Unchanged(text) => ("ok", text),
            Self::Note(text) => ("note", text),
        };
        write!(f, "{mark:<6} {text}")
    }
}

/// Writes what is missing, and starts the service.
pub fn install(places: &Places) -> io::Result<Vec<Step>> {
    let mut steps = vec![example(&places.config)?];
    let unit = unit::text(&places.command);
    if is_packaged(places, &unit) {
        steps.push(Step::Unchanged(format!(
            "{} is the package's",
            places.packaged.display()
        )));
    } else {
        steps.push(write_if_other(&places.unit, &unit)?);
    }
    let is_changed = matches!(steps.last(), Some(Step::Done(_)));
    let enabled =
        systemctl(places, &["daemon-reload"]).and_then(|()| systemctl(places, &["enable", UNIT]));
    if let Err(reason) = enabled {
        steps.push(Step::Note(format!(
            "systemd did not take it ({reason}); in a session of yours: systemctl --user enable --now {UNIT}"
        )));
        return Ok(steps);
    }
    let start = if is_changed { "restart" } else { "start" };
    systemctl(places, &[start, UNIT]).map_err(|reason| {
        io::Error::other(format!(
            "all is written, but {UNIT} does not run ({reason}); `journalctl --user -u {UNIT}` says why"
        ))
    })?;
    steps.push(Step::Unchanged(format!("{UNIT} is enabled and runs")));
    Ok(steps)
}

/// Stops the service and takes its unit away.
pub fn uninstall(places: &Places) -> io::Result<Vec<Step>> {
    let mut steps = Vec::new();
    match fs::read_to_string(&places.unit) {
        Ok(text) if unit::is_ours(&text) => {
            if let Err(reason) = systemctl(places, &["disable", "--now", UNIT]) {
                steps.push(Step::Note(format!("systemd did not stop it ({reason})")));
            }
            fs::remove_file(&places.unit)?;
            steps.push(Step::Done(format!("{} is removed", places.unit.display())));
            if let Err(reason) = systemctl(places, &["daemon-reload"]) {
                steps.push(Step::Note(format!("systemd did not notice ({reason})")));
            }
        }
        Ok(_) => steps.push(Step::Note(format!(
            "{} was not written by `install` and stays",
            places.unit.display()
        ))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            steps.push(disable_packaged(places));
        }
        Err(error) => return Err(error),
    }
    steps.push(Step::Note(format!(
        "{}, inboxes and drop folders stay",
        places.config.display()
    )));
    Ok(steps)
}

/// Has the package's unit, which is for the package to remove, not run for this user.
fn disable_packaged(places: &Places) -> Step {
    if systemctl(places, &["is-enabled", UNIT]).is_err() {
        return Step::Unchanged(format!("{UNIT} is not enabled"));
    }
    match systemctl(places, &["disable", "--now", UNIT]) {
        Ok(()) => Step::Done(format!("{UNIT} is stopped and no longer enabled")),
        Err(reason) => Step::Note(format!("systemd did not stop it ({reason})")),
    }
}

/// The package's unit serves everybody who calls the package's program as it does.
fn is_packaged(places: &Places, unit: &str) -> bool {
    fs::read_to_string(&places.packaged)
        .is_ok_and(|packaged| unit::command_of(&packaged) == unit::command_of(unit))
}

fn example(config: &Path) -> io::Result<Step> {
    make_parent(config)?;
    let mut options = fs::OpenOptions::new();
    match options
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(config)
    {
        Ok(mut file) => {
            file.write_all(EXAMPLE.as_bytes())?;
            Ok(Step::Done(format!(
                "{} is an example: make it yours",
                config.display()
            )))
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Step::Unchanged(format!(
            "{} stays as it is",
            config.display()
        ))),
        Err(error) => Err(error),
    }
}

fn write_if_other(file: &Path, text: &str) -> io::Result<Step> {
    if fs::read_to_string(file).is_ok_and(|there| there == text) {
        return Ok(Step::Unchanged(format!("{} is there", file.display())));
    }
    make_parent(file)?;
    fs::write(file, text)?;
    Ok(Step::Done(format!("{} is written", file.display())))
}

fn make_parent(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(parent) => fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(parent),
        None => Ok(()),
    }
}

fn systemctl(places: &Places, args: &[&str]) -> Result<(), String> {
    let mut command = Command::new(&places.systemctl);
    command.arg("--user").args(args).stdin(Stdio::null());
    let output = command.output().map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(said
        .trim()
        .lines()
        .next()
        .unwrap_or("it said nothing")
        .to_owned())
}
