//! `wrangler.toml`, changed in place: comments and order stay as they are.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml_edit::{DocumentMut, Item, TableLike, Value};

use super::secrets::ENVIRONMENTS;
use crate::outcome::Failure;

/// The namespace's binding, and the title under which it is made.
pub(crate) const NAMESPACE: &str = "BUGBOT_KV";
/// What stands for its id until somebody has one.
const PLACEHOLDER: &str = "00000000000000000000000000000000";

pub(crate) struct Config {
    path: PathBuf,
    document: DocumentMut,
}

impl Config {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |error: &dyn std::fmt::Display| {
            Failure::failed(format!("{}: {error}", path.display()))
                .with_fix("Run bugbot in the project's folder, or name the file with --config.")
        };
        let text = std::fs::read_to_string(path).map_err(|error| failed(&error))?;
        let document = text.parse().map_err(|error| failed(&error))?;
        let path = path.to_owned();
        Ok(Self { path, document })
    }

    pub(crate) fn write(&self) -> Result<(), Failure> {
        std::fs::write(&self.path, self.document.to_string())
            .map_err(|error| Failure::failed(format!("{}: {error}", self.path.display())))
    }

    /// The namespace's id, if both workers have the same real one.
    pub(crate) fn namespace(&self) -> Result<Option<String>, Failure> {
        let mut ids = Vec::new();
        for environment in ENVIRONMENTS {
            let found = self.tables(environment, "kv_namespaces").find_map(|table| {
                let is_ours = table.get("binding")?.as_str()? == NAMESPACE;
                is_ours.then(|| table.get("id")?.as_str().map(str::to_owned))?
            });
            ids.push(found.ok_or_else(|| self.lacks(environment, NAMESPACE))?);
        }
        let first = ids.remove(0);
        let is_real = first != PLACEHOLDER && ids.iter().all(|id| *id == first);
        Ok(is_real.then_some(first))
    }

    /// Gives both workers this namespace; what stands behind the value on its line stays.
    pub(crate) fn set_namespace(&mut self, id: &str) -> Result<(), Failure> {
        for environment in ENVIRONMENTS {
            let list = self
                .document
                .get_mut("env")
                .and_then(|it| it.get_mut(environment));
            let list = list.and_then(|it| it.get_mut("kv_namespaces"));
            let tables = list.and_then(Item::as_array_of_tables_mut);
            let ours = tables.and_then(|tables| {
                let is_ours = |table: &&mut toml_edit::Table| {
                    table.get("binding").and_then(Item::as_str) == Some(NAMESPACE)
                };
                tables.iter_mut().find(is_ours)
            });
            match ours.and_then(|table| table.get_mut("id")) {
                Some(item) => replace(item, id),
                None => return Err(self.lacks(environment, NAMESPACE)),
            }
        }
        Ok(())
    }

    /// Every queue that a worker writes to or reads from, once each.
    pub(crate) fn queues(&self) -> Result<Vec<String>, Failure> {
        let mut names: Vec<String> = Vec::new();
        for environment in ENVIRONMENTS {
            for kind in ["producers", "consumers"] {
                let queues = self
                    .environment(environment)
                    .and_then(|it| it.get("queues"));
                let list = queues.and_then(|it| it.get(kind));
                let tables = list.and_then(Item::as_array_of_tables);
                for table in tables.into_iter().flatten() {
                    for key in ["queue", "dead_letter_queue"] {
                        if let Some(name) = table.get(key).and_then(Item::as_str)
                            && !names.iter().any(|known| known == name)
                        {
                            names.push(name.to_owned());
                        }
                    }
                }
            }
        }
        if names.is_empty() {
            return Err(self.lacks("gateway", "queues"));
        }
        Ok(names)
    }

    /// The variables of each worker.
    pub(crate) fn variables(&self) -> BTreeMap<String, BTreeMap<String, String>> {
        let of = |environment: &str| {
            let table = self.environment(environment).and_then(|it| it.get("vars"));
            let pairs = table
                .and_then(Item::as_table_like)
                .into_iter()
                .flat_map(TableLike::iter);
            pairs
                .filter_map(|(name, value)| Some((name.to_owned(), value.as_str()?.to_owned())))
                .collect()
        };
        ENVIRONMENTS.map(|it| (it.to_owned(), of(it))).into()
    }

    /// Sets the variables among `given` wherever a worker has them; the names of those that changed.
    pub(crate) fn set_variables(
        &mut self,
        given: &BTreeMap<String, String>,
    ) -> Result<Vec<String>, Failure> {
        let mut changed: Vec<String> = Vec::new();
        for environment in ENVIRONMENTS {
            let table = self
                .document
                .get_mut("env")
                .and_then(|it| it.get_mut(environment));
            let table = table.and_then(|it| it.get_mut("vars"));
            // Not `Item::get_mut`, which makes what it does not find.
            let Some(table) = table.and_then(Item::as_table_like_mut) else {
                return Err(self.lacks(environment, "vars"));
            };
            for (name, value) in given {
                let Some(item) = table.get_mut(name) else {
                    continue;
                };
                if item.as_str() != Some(value) {
                    replace(item, value);
                    if !changed.contains(name) {
                        changed.push(name.clone());
                    }
                }
            }
        }
        Ok(changed)
    }

    fn environment(&self, name: &str) -> Option<&Item> {
        self.document.get("env")?.get(name)
    }

    fn tables(&self, environment: &str, name: &str) -> impl Iterator<Item = &toml_edit::Table> {
        let list = self.environment(environment).and_then(|it| it.get(name));
        list.and_then(Item::as_array_of_tables)
            .into_iter()
            .flatten()
    }

    fn lacks(&self, environment: &str, what: &str) -> Failure {
        Failure::failed(format!(
            "{}: [env.{environment}] has no {what}",
            self.path.display()
        ))
        .with_fix("Take the section from the wrangler.toml of this version.")
    }
}

/// Another text in the same place, with the comment behind it.
fn replace(item: &mut Item, text: &str) {
    let mut value = Value::from(text);
    if let Some(before) = item.as_value() {
        *value.decor_mut() = before.decor().clone();
    }
    *item = Item::Value(value);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wrangler.toml");
        let ours = concat!(env!("CARGO_MANIFEST_DIR"), "/../wrangler.toml");
        std::fs::copy(ours, &path).unwrap();
        (folder, path)
    }

    #[test]
    fn only_the_values_change_and_every_comment_stays() {
        let (_folder, path) = ours();
        let before = std::fs::read_to_string(&path).unwrap();
        let mut config = Config::read(&path).unwrap();
        assert_eq!(config.namespace().unwrap(), None);
        let id = "0123456789abcdef0123456789abcdef";
        config.set_namespace(id).unwrap();
        let given = [("LINEAR_TEAM_KEY", "ENG"), ("LINEAR_API_KEY", "a secret")];
        let given = given.map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        assert_eq!(config.set_variables(&given).unwrap(), ["LINEAR_TEAM_KEY"]);
        config.write().unwrap();

        let after = std::fs::read_to_string(&path).unwrap();
        let expected = before
            .replace(PLACEHOLDER, id)
            .replace("LINEAR_TEAM_KEY = \"\"", "LINEAR_TEAM_KEY = \"ENG\"");
        assert_eq!(after, expected);
        let mut again = Config::read(&path).unwrap();
        assert_eq!(again.namespace().unwrap().as_deref(), Some(id));
        assert!(again.set_variables(&given).unwrap().is_empty());
    }

    #[test]
    fn every_queue_is_named_once() {
        let (_folder, path) = ours();
        let queues = Config::read(&path).unwrap().queues().unwrap();
        assert_eq!(queues, ["bugbot-commands", "bugbot-commands-dlq"]);
    }
}
