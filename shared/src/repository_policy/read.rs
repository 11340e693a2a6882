//! From the text of the file to the policy, or to the place of the mistake.

use serde::Deserialize;
use toml::Spanned;

use super::{MAX_BYTES, RepositoryPolicy, check};
use crate::policy::Policy;

/// The file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{why}", place.map_or(String::new(), |(line, column)| format!("line {line}, column {column}: ")))]
pub struct BadPolicy {
    /// Line and column, from 1, where there is one place.
    pub place: Option<(usize, usize)>,
    /// What is wrong there.
    pub why: String,
}

/// The keys of the file. Strict: a key that is not known may be a rule that is not kept.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    allowed_paths: Option<Vec<Spanned<String>>>,
    #[serde(default)]
    denied_paths: Vec<Spanned<String>>,
    #[serde(default)]
    verify: Vec<Spanned<String>>,
    base_branch: Option<Spanned<String>>,
    #[serde(default)]
    reviewers: Vec<Spanned<String>>,
    #[serde(default)]
    labels: Vec<Spanned<String>>,
    #[serde(default)]
    approval: bool,
    fix_rounds: Option<u32>,
}

/// Reads the file under the operator's path policy.
pub fn parse(bytes: &[u8], central: &Policy) -> Result<RepositoryPolicy, BadPolicy> {
    let nowhere = |why: String| BadPolicy { place: None, why };
    if bytes.len() > MAX_BYTES {
        let why = format!("it has {} bytes; at most {MAX_BYTES} are read", bytes.len());
        return Err(nowhere(why));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| nowhere("it is not UTF-8".to_owned()))?;
    let file: File = toml::from_str(text).map_err(|error| BadPolicy {
        place: error.span().map(|span| place(text, span.start)),
        why: first_line(error.message()),
    })?;
    let at = |(offset, why): (usize, String)| BadPolicy {
        place: Some(place(text, offset)),
        why,
    };
    Ok(RepositoryPolicy {
        allowed_paths: file
            .allowed_paths
            .map(|entries| check::folders(entries, central))
            .transpose()
            .map_err(at)?,
        denied_paths: check::globs(file.denied_paths).map_err(at)?,
        verify: check::commands(file.verify).map_err(at)?,
        base_branch: file
            .base_branch
            .map(check::branch)
            .transpose()
            .map_err(at)?,
        reviewers: check::reviewers(file.reviewers).map_err(at)?,
        labels: check::labels(file.labels).map_err(at)?,
        approval: file.approval,
        fix_rounds: file.fix_rounds,
    })
}

/// The line and column of a byte, as an editor counts them.
fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(offset)];
    let line = before.matches('\n').count() + 1;
    let begun = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[begun..].chars().count() + 1)
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}
