//! What the values have to be. An error is the offset of the value and what is wrong with it.

use toml::Spanned;

use super::{MAX_COMMAND_BYTES, MAX_COMMANDS, MAX_NAMES, MAX_PATHS};
use crate::policy::Policy;

type Checked<T> = Result<T, (usize, String)>;

/// The longest name of a branch, label, person or team.
const MAX_NAME_BYTES: usize = 200;
/// The longest label, of GitHub's.
const MAX_LABEL_CHARS: usize = 50;

/// Folders, each of which the operator allows at least in part.
pub(super) fn folders(entries: Vec<Spanned<String>>, central: &Policy) -> Checked<Vec<String>> {
    if entries.is_empty() {
        // Not the default: nothing could be changed, and that is said by a person better.
        return Err((
            0,
            "allowed_paths is empty: nothing could be changed".to_owned(),
        ));
    }
    bounded(entries, MAX_PATHS, |entry| {
        let folder = Policy::folder(entry).map_err(|bad| bad.to_string())?;
        if central
            .narrowed(Some(std::slice::from_ref(&folder)), &[])
            .allows_nothing()
        {
            let allowed = central.allowed_folders().join(", ");
            return Err(format!(
                "the operator does not allow `{folder}/`, only: {allowed}"
            ));
        }
        Ok(folder)
    })
}

pub(super) fn globs(entries: Vec<Spanned<String>>) -> Checked<Vec<String>> {
    bounded(entries, MAX_PATHS, |entry| {
        Policy::glob(entry).map_err(|bad| bad.to_string())
    })
}

/// Commands are lines of shell, for the sandbox only.
pub(super) fn commands(entries: Vec<Spanned<String>>) -> Checked<Vec<String>> {
    bounded(entries, MAX_COMMANDS, |entry| {
        if entry.trim().is_empty() || entry.len() > MAX_COMMAND_BYTES {
            return Err(format!("a command has 1 to {MAX_COMMAND_BYTES} bytes"));
        }
        if entry.chars().any(char::is_control) {
            return Err("a command is one line".to_owned());
        }
        Ok(entry.to_owned())
    })
}

/// What git takes for the name of a branch, and a little less.
/// <https://git-scm.com/docs/git-check-ref-format>
pub(super) fn branch(entry: Spanned<String>) -> Checked<String> {
    one(entry, |name| {
        let odd = |c: char| c.is_control() || c.is_whitespace() || "~^:?*[\\".contains(c);
        let bad = name.is_empty()
            || name.len() > MAX_NAME_BYTES
            || name.contains(odd)
            || name.contains("..")
            || name.contains("@{")
            || name.starts_with(['-', '/', '.'])
            || name.ends_with(['/', '.'])
            || name.contains("//")
            || name.strip_suffix(".lock").is_some();
        if bad {
            return Err(format!("{name:?} is no name of a branch"));
        }
        Ok(name.to_owned())
    })
}

/// People by their login, teams as `org/team`.
pub(super) fn reviewers(entries: Vec<Spanned<String>>) -> Checked<Vec<String>> {
    let is_name = |name: &str| {
        !name.is_empty()
            && name.len() <= MAX_NAME_BYTES
            && name
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
    };
    bounded(entries, MAX_NAMES, |entry| {
        if entry.split('/').all(is_name) && entry.split('/').count() <= 2 {
            return Ok(entry.to_owned());
        }
        Err(format!("{entry:?} is neither a login nor an `org/team`"))
    })
}

pub(super) fn labels(entries: Vec<Spanned<String>>) -> Checked<Vec<String>> {
    bounded(entries, MAX_NAMES, |entry| {
        let chars = entry.chars().count();
        if !(1..=MAX_LABEL_CHARS).contains(&chars) || entry.chars().any(char::is_control) {
            return Err(format!("a label has 1 to {MAX_LABEL_CHARS} characters"));
        }
        Ok(entry.to_owned())
    })
}

fn bounded(
    entries: Vec<Spanned<String>>,
    max: usize,
    check: impl Fn(&str) -> Result<String, String>,
) -> Checked<Vec<String>> {
    if let Some(beyond) = entries.get(max) {
        return Err((beyond.span().start, format!("at most {max} entries")));
    }
    entries
        .into_iter()
        .map(|entry| one(entry, &check))
        .collect()
}

fn one(entry: Spanned<String>, check: impl Fn(&str) -> Result<String, String>) -> Checked<String> {
    let at = entry.span().start;
    check(&entry.into_inner()).map_err(|why| (at, why))
}
