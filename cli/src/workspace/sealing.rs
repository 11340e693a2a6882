//! Bundles, and bundles under a password.

use std::fs::File;
use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;

use serde_json::json;
use shared::secret::Secret;
use workspace::bundle::{Bundle, Starter};
use workspace::stim::{self, BadStim};
use workspace::{Capture, Limits};

use super::args::PasswordArgs;
use super::{create, size};
use crate::outcome::{Done, Exit, Failure};

/// A password is a line, not a file.
const MAX_PASSWORD_BYTES: u64 = 4096;
/// What a sealed bundle has beside the bytes of its files: headers of the tar for each, and its own.
const MAX_BESIDE_BYTES: u64 = 512 * 1024 * 1024;
/// Shorter ones are sealed with a warning: by one hash each, they are tried out in an afternoon.
const SHORT_PASSWORD_BYTES: usize = 16;

const WEAK: &str = "The key is one SHA-256 of the password, as the format has it: whoever has the file \
                    can try billions of passwords a second. It protects as much as the password is \
                    long and random.";

pub(super) fn bundle(rootfs: Capture, out: &Path, rootless: bool) -> Result<Done, Failure> {
    let starter = if rootless {
        Starter::User {
            uid: rustix::process::geteuid().as_raw(),
            gid: rustix::process::getegid().as_raw(),
        }
    } else {
        Starter::Root
    };
    let bundle = Bundle::of(rootfs, starter);
    create(out, |to| bundle.write(to))?;
    Ok(done(&bundle, out))
}

pub(super) fn seal(from: &Path, out: &Path, password: &PasswordArgs) -> Result<Done, Failure> {
    let password = read_password(&password.password_file)?;
    let file = BufReader::new(open_file(from)?);
    let bundle = Bundle::read(file, &Limits::default()).map_err(|error| at(from, &error))?;
    let sealed = stim::seal(&bundle, password.expose().as_bytes()).map_err(|bad| at(from, &bad))?;
    create(out, |to| to.write_all(&sealed))?;
    let mut done = done(&bundle, out);
    done.json["isWeak"] = json!(true);
    done.text.push_str(WEAK);
    done.text.push('\n');
    if password.expose().len() < SHORT_PASSWORD_BYTES {
        done.text.push_str("This one is short.\n");
    }
    Ok(done)
}

pub(super) fn open(from: &Path, out: &Path, password: &PasswordArgs) -> Result<Done, Failure> {
    let password = read_password(&password.password_file)?;
    let limits = Limits::default();
    let mut bytes = Vec::new();
    open_file(from)?
        .take(limits.total_bytes + MAX_BESIDE_BYTES)
        .read_to_end(&mut bytes)
        .map_err(|error| at(from, &error))?;
    let opened = stim::open(&bytes, password.expose().as_bytes(), &limits);
    let bundle = opened.map_err(|bad| match bad {
        BadStim::Sealed => Failure::new(Exit::Refused, format!("{}: {bad}", from.display())),
        bad => at(from, &bad),
    })?;
    create(out, |to| bundle.write(to))?;
    Ok(done(&bundle, out))
}

fn done(bundle: &Bundle, out: &Path) -> Done {
    let text = format!("{} are in {}.\n", size(&bundle.rootfs), out.display());
    let json = json!({
        "files": bundle.rootfs.len(),
        "bytes": bundle.rootfs.bytes(),
        "file": out,
    });
    Done::new(text, &json)
}

/// The first line.
fn read_password(file: &Path) -> Result<Secret, Failure> {
    let refused = |why: &str| {
        Failure::new(Exit::Refused, format!("the password: {why}"))
            .with_fix("Name a file with --password-file, or write the password to standard input.")
    };
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin()
            .take(MAX_PASSWORD_BYTES + 1)
            .read_to_string(&mut text)
    } else {
        File::open(file).and_then(|file| {
            let mut file = file.take(MAX_PASSWORD_BYTES + 1);
            file.read_to_string(&mut text)
        })
    };
    read.map_err(|error| refused(&error.to_string()))?;
    if text.len() as u64 > MAX_PASSWORD_BYTES {
        return Err(refused("it is too long"));
    }
    let line = text.lines().next().unwrap_or_default();
    if line.is_empty() {
        return Err(refused("there is none"));
    }
    Ok(Secret::new(line))
}

fn open_file(file: &Path) -> Result<File, Failure> {
    File::open(file).map_err(|error| at(file, &error))
}

fn at(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::failed(format!("{}: {error}", file.display()))
}
