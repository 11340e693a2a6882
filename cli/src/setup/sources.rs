//! What an operator has written down: a file of secrets and variables, and `wrangler.toml`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::config::Config;
use super::secrets::{RANDOM, SECRETS, goes_to};
use crate::outcome::{Exit, Failure};

/// The two files as they were read.
pub(crate) struct Sources {
    path: PathBuf,
    given: BTreeMap<String, String>,
    /// The variables of each worker in `wrangler.toml`.
    config: BTreeMap<String, BTreeMap<String, String>>,
}

impl Sources {
    pub(crate) fn read(path: &Path, config: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(|error| {
            Failure::new(Exit::Refused, format!("{}: {error}", path.display())).with_fix(
                "Make a file of NAME=VALUE lines with the secrets that are named at the top of \
                 wrangler.toml, readable by you alone; --secrets names it.",
            )
        })?;
        Ok(Self {
            path: path.to_owned(),
            given: parse(&text).map_err(|line| {
                Failure::failed(format!("{}: line {line} is no NAME=VALUE", path.display()))
            })?,
            config: Config::read(config)?.variables(),
        })
    }

    /// Names that mean nothing are mistakes: their values would reach nobody.
    pub(crate) fn complain(&self) -> Result<(), Failure> {
        let is_variable = |name: &str| self.config.values().any(|it| it.contains_key(name));
        let unknown: Vec<&str> = self
            .given
            .keys()
            .map(String::as_str)
            .filter(|name| !SECRETS.iter().any(|(known, ..)| known == name) && !is_variable(name))
            .collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let message = format!(
            "{}: {} is neither a secret nor a variable of wrangler.toml",
            self.path.display(),
            unknown.join(", ")
        );
        Err(Failure::failed(message).with_fix("Correct the name, or take the line out."))
    }

    /// Everything that the file gives.
    pub(crate) fn given(&self) -> &BTreeMap<String, String> {
        &self.given
    }

    /// What the gateway would read.
    pub(crate) fn gateway(&self, name: &str) -> Option<String> {
        self.of("gateway", name)
    }

    /// What the consumer would read, with what setup is going to make in its place.
    pub(crate) fn consumer(&self, name: &str) -> Option<String> {
        self.of("consumer", name).or_else(|| Self::made(name))
    }

    /// What stands for a secret that setup is going to make.
    pub(crate) fn made(name: &str) -> Option<String> {
        RANDOM.contains(&name).then(|| "0".repeat(64))
    }

    fn of(&self, environment: &str, name: &str) -> Option<String> {
        let variables = self.config.get(environment);
        let variable = variables.and_then(|it| it.get(name));
        let given = self
            .given
            .get(name)
            .filter(|_| variable.is_some() || goes_to(name, environment));
        given
            .or(variable)
            .filter(|value| !value.is_empty())
            .cloned()
    }

    /// The secrets of a worker, with their values.
    pub(crate) fn secrets_of(&self, environment: &str) -> Vec<(&'static str, &str)> {
        let of_it = SECRETS
            .iter()
            .filter(|(name, ..)| goes_to(name, environment));
        of_it
            .filter_map(|(name, ..)| Some((*name, self.given.get(*name)?.as_str())))
            .filter(|(_, value)| !value.is_empty())
            .collect()
    }

    /// The random ones that the file does not have yet.
    pub(crate) fn missing(&self) -> Vec<&'static str> {
        let is_missing = |name: &&str| self.given.get(*name).is_none_or(String::is_empty);
        RANDOM.into_iter().filter(is_missing).collect()
    }

    /// Makes a random secret and adds it to the file, at its end.
    pub(crate) fn add_random(&mut self, name: &str) -> Result<(), Failure> {
        let failed =
            |error: std::io::Error| Failure::failed(format!("{}: {error}", self.path.display()));
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Failure::failed(error.to_string()))?;
        let token = hex::encode(bytes);
        let mut text = std::fs::read_to_string(&self.path).map_err(failed)?;
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let _ = writeln!(text, "{name}={token}");
        std::fs::write(&self.path, text).map_err(failed)?;
        self.given.insert(name.to_owned(), token);
        Ok(())
    }
}

/// `NAME=VALUE` lines as `.dev.vars` has them: comments, blanks and one pair of quotes around a
/// value are passed over. The error is the number of a line that is none.
fn parse(text: &str) -> Result<BTreeMap<String, String>, usize> {
    let mut values = BTreeMap::new();
    for (nth, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=').ok_or(nth + 1)?;
        let name = name.trim();
        let is_name = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
        if name.is_empty() || !name.bytes().all(is_name) {
            return Err(nth + 1);
        }
        let value = value.trim();
        let quoted = ['"', '\'']
            .into_iter()
            .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote));
        values.insert(name.to_owned(), quoted.unwrap_or(value).to_owned());
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_as_people_write_it() {
        let text = "# keys\n\nA=1\nexport B = \"two=2\"\nC='three'\nD=\n";
        let values: Vec<_> = parse(text).unwrap().into_iter().collect();
        let expected = [("A", "1"), ("B", "two=2"), ("C", "three"), ("D", "")];
        assert_eq!(values, expected.map(|(k, v)| (k.to_owned(), v.to_owned())));
        assert_eq!(parse("A=1\nno value\n"), Err(2));
        assert_eq!(parse("A B=1"), Err(1));
    }
}
