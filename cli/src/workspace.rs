//! `bugbot workspace`.
//!
//! Invariant: no file and no directory is ever replaced, and what could not be written whole is gone.

mod args;
mod sealing;

use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::Path;

use serde_json::{Value, json};
use workspace::diff::{Kind, diff};
use workspace::{Capture, Limits, restore, snapshot};

pub(crate) use self::args::WorkspaceArgs;
use crate::outcome::{Done, Exit, Failure};
use crate::table::table;

pub(crate) fn run(args: &WorkspaceArgs) -> Result<Done, Failure> {
    match args {
        WorkspaceArgs::Capture { directory } => {
            let capture = captured(directory)?;
            let text = format!(
                "{} would be captured.\n{}",
                size(&capture),
                left_out(&capture)
            );
            Ok(Done::new(text, &summary(&capture)))
        }
        WorkspaceArgs::Snapshot { directory, out } => {
            let capture = captured(directory)?;
            create(out, |to| snapshot::write(&capture, to))?;
            let file = out.display();
            let text = format!("{} are in {file}.\n{}", size(&capture), left_out(&capture));
            let mut json = summary(&capture);
            json["file"] = json!(out);
            Ok(Done::new(text, &json))
        }
        WorkspaceArgs::Restore {
            snapshot,
            directory,
        } => {
            let capture = read(snapshot)?;
            restore::into(&capture, directory).map_err(|failed| {
                let message = format!("{}: {failed}", directory.display());
                match failed {
                    restore::RestoreFailed::IsThere => Failure::new(Exit::NotPossible, message)
                        .with_fix("Name a directory that is not there yet."),
                    restore::RestoreFailed::Io(_) => Failure::failed(message),
                }
            })?;
            let text = format!("{} are in {}.\n", size(&capture), directory.display());
            Ok(Done::new(text, &summary(&capture)))
        }
        WorkspaceArgs::Diff { before, after } => Ok(differences(&open(before)?, &open(after)?)),
        WorkspaceArgs::Ls { what } => Ok(listed(&open(what)?)),
        WorkspaceArgs::Bundle {
            what,
            out,
            rootless,
        } => sealing::bundle(open(what)?, out, *rootless),
        WorkspaceArgs::Seal {
            bundle,
            out,
            password,
        } => sealing::seal(bundle, out, password),
        WorkspaceArgs::Open {
            sealed,
            out,
            password,
        } => sealing::open(sealed, out, password),
    }
}

fn captured(directory: &Path) -> Result<Capture, Failure> {
    Capture::of(directory, &Limits::default())
        .map_err(|failed| Failure::failed(format!("{}: {failed}", directory.display())))
}

fn read(file: &Path) -> Result<Capture, Failure> {
    let bad =
        |error: &dyn std::fmt::Display| Failure::failed(format!("{}: {error}", file.display()));
    let tar = File::open(file).map_err(|error| bad(&error))?;
    snapshot::read(BufReader::new(tar), &Limits::default()).map_err(|error| bad(&error))
}

/// A directory, or a snapshot of one.
fn open(what: &Path) -> Result<Capture, Failure> {
    if what.is_dir() {
        captured(what)
    } else {
        read(what)
    }
}

/// A new file, for its owner's eyes.
pub(crate) fn create(
    out: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let bad = |error: io::Error| {
        let exit = match error.kind() {
            io::ErrorKind::AlreadyExists => Exit::NotPossible,
            _ => Exit::Failed,
        };
        Failure::new(exit, format!("{}: {error}", out.display()))
    };
    let file = File::options()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(out)
        .map_err(bad)?;
    let mut file = BufWriter::new(file);
    write(&mut file)
        .and_then(|()| file.flush())
        .map_err(|error| {
            // Half a file is none; it is ours.
            let _ = std::fs::remove_file(out);
            bad(error)
        })
}

fn size(capture: &Capture) -> String {
    format!("{} files of {} bytes", capture.len(), capture.bytes())
}

fn left_out(capture: &Capture) -> String {
    let line = |it: &workspace::Skipped| [it.path.to_string(), it.why.to_string()];
    let rows: Vec<_> = capture.skipped().iter().map(line).collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n{}", table(["LEFT OUT", "WHY"], &rows, ""))
}

fn summary(capture: &Capture) -> Value {
    let one = |it: &workspace::Skipped| {
        let (path, why) = (it.path.to_string(), it.why.to_string());
        json!({"path": path, "why": why})
    };
    let skipped: Vec<_> = capture.skipped().iter().map(one).collect();
    json!({"files": capture.len(), "bytes": capture.bytes(), "skipped": skipped})
}

fn differences(before: &Capture, after: &Capture) -> Done {
    let found = diff(before, after);
    let name = |kind| match kind {
        Kind::Added => "added",
        Kind::Removed => "removed",
        Kind::Changed => "changed",
    };
    let rows: Vec<_> = found
        .iter()
        .map(|it| [name(it.kind).to_owned(), it.path.to_string()])
        .collect();
    let json = found.iter().map(|it| {
        let path = it.path.to_string();
        json!({"kind": name(it.kind), "path": path})
    });
    let json: Vec<_> = json.collect();
    let mut text = table(["WHAT", "FILE"], &rows, "Nothing differs.");
    // Whatever was left out may differ all the same.
    for capture in [before, after] {
        text.push_str(&left_out(capture));
    }
    Done::new(text, &json)
}

fn listed(capture: &Capture) -> Done {
    let rows: Vec<_> = capture
        .files()
        .map(|(path, bytes)| [bytes.len().to_string(), path.to_string()])
        .collect();
    let json = capture
        .files()
        .map(|(path, bytes)| json!({"path": path.to_string(), "bytes": bytes.len()}));
    let json: Vec<_> = json.collect();
    let text = table(["BYTES", "FILE"], &rows, "There are no files.");
    Done::new(text + &left_out(capture), &json)
}
