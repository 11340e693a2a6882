//! Every dependency of every crate has a licence that we accept.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::project::Project;
use crate::run;

/// Permissive licences that ask for no more than a notice.
const ACCEPTED: [&str; 15] = [
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates without an expression, whose licence somebody has read: an accepted one.
const READ: [(&str, &str); 1] = [("jsonpath-rust", "MIT")];

pub(crate) fn check(project: &Project) -> Result<()> {
    let mut metadata = project.cargo();
    metadata.args(["metadata", "--format-version", "1", "--locked"]);
    let metadata: Value = serde_json::from_str(&run::output(&mut metadata)?)?;
    let packages = metadata["packages"]
        .as_array()
        .context("cargo metadata lists packages")?;
    let refused: Vec<_> = packages.iter().filter_map(refusal).collect();
    if refused.is_empty() {
        return Ok(());
    }
    bail!("these licences are not accepted:\n{}", refused.join("\n"))
}

fn refusal(package: &Value) -> Option<String> {
    let name = package["name"].as_str().unwrap_or("?");
    let read = READ
        .iter()
        .find(|(read, _)| *read == name)
        .map(|(_, licence)| *licence);
    let licence = package["license"].as_str().or(read).unwrap_or("none");
    let version = package["version"].as_str().unwrap_or("?");
    (!accepts(licence)).then(|| format!("  {name} {version}: {licence}"))
}

/// Whether an SPDX expression can be met with accepted licences. What it cannot read, it refuses.
fn accepts(expression: &str) -> bool {
    // Before SPDX expressions, crates wrote "MIT/Apache-2.0".
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let words: Vec<_> = spaced.split_whitespace().collect();
    let mut words = words.as_slice();
    any(&mut words) == Some(true) && words.is_empty()
}

// Each reads one level of the grammar: `None` where the words are no expression.

fn any(words: &mut &[&str]) -> Option<bool> {
    let mut accepted = all(words)?;
    while take(words, "OR") {
        accepted |= all(words)?;
    }
    Some(accepted)
}

fn all(words: &mut &[&str]) -> Option<bool> {
    let mut accepted = one(words)?;
    while take(words, "AND") {
        accepted &= one(words)?;
    }
    Some(accepted)
}

fn one(words: &mut &[&str]) -> Option<bool> {
    if take(words, "(") {
        let accepted = any(words)?;
        return take(words, ")").then_some(accepted);
    }
    let mut licence = next(words)?.to_owned();
    if take(words, "WITH") {
        licence = format!("{licence} WITH {}", next(words)?);
    }
    Some(ACCEPTED.contains(&licence.as_str()))
}

fn next<'a>(words: &mut &[&'a str]) -> Option<&'a str> {
    let (word, rest) = words.split_first()?;
    *words = rest;
    Some(word)
}

fn take(words: &mut &[&str], word: &str) -> bool {
    let found = words.first() == Some(&word);
    if found {
        *words = &words[1..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_needs_one_accepted_licence_and_a_conjunction_all() {
        assert!(accepts("MIT OR GPL-3.0"));
        assert!(accepts("MIT/Apache-2.0"));
        assert!(accepts("(MIT OR Apache-2.0) AND Unicode-3.0"));
        assert!(accepts("Apache-2.0 WITH LLVM-exception OR GPL-2.0"));
        assert!(!accepts("MIT AND GPL-3.0"));
        assert!(!accepts("(MIT OR Apache-2.0) AND GPL-3.0"));
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for broken in ["", "none", "MIT OR", "(MIT", "MIT MIT", "MIT WITH", ")"] {
            assert!(!accepts(broken), "{broken}");
        }
    }
}
