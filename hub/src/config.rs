//! The configuration file: shared with the older tool, whose other settings stay as they are.

use std::path::PathBuf;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};
use shared::secret::Secret;

/// Workspaces that are kept, unless the file says otherwise.
const MAX_WORKSPACES: u32 = 100;
/// How long they are kept: a day.
const WORKSPACE_TTL_MINUTES: u32 = 24 * 60;

/// What is in `config.json`. An empty text is the same as none.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Config {
    /// Where the hub is, without `/api/bugseti`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub hub_url: Option<String>,
    /// Our key there, `ak_…`.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "secret")]
    pub hub_token: Option<Secret>,
    /// Who we are: 32 hexadecimal characters, made once.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub client_id: Option<String>,
    /// What people call us.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub client_name: Option<String>,
    /// The forge that vouches for us.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "some")]
    pub forge_url: Option<String>,
    /// The token by which it knows us.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "secret")]
    pub forge_token: Option<Secret>,
    /// Where workspaces are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workspace_dir: Option<PathBuf>,
    /// Where everything else is; `data` beside the file, unless it says otherwise.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "folder")]
    pub data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_workspaces: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    workspace_ttl_minutes: Option<u32>,
    /// What others keep there.
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Config {
    /// How many workspaces are kept.
    pub fn max_workspaces(&self) -> u32 {
        self.max_workspaces.unwrap_or(MAX_WORKSPACES)
    }

    /// For how many minutes.
    pub fn workspace_ttl_minutes(&self) -> u32 {
        self.workspace_ttl_minutes.unwrap_or(WORKSPACE_TTL_MINUTES)
    }

    /// The name that people see, from the id where nobody has chosen one.
    pub fn name(&self) -> String {
        let id = self.client_id.as_deref().unwrap_or_default();
        let first: String = id.chars().take(8).collect();
        self.client_name
            .clone()
            .unwrap_or_else(|| format!("BugSETI-{first}"))
    }
}

fn some<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    Ok(text.filter(|text| !text.is_empty()))
}

fn secret<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Secret>, D::Error> {
    Ok(some(from)?.map(Secret::new))
}

fn folder<'de, D: Deserializer<'de>>(from: D) -> Result<Option<PathBuf>, D::Error> {
    Ok(some(from)?.map(PathBuf::from))
}

/// A new client's id, from 16 random bytes.
pub(crate) fn client_id(random: [u8; 16]) -> String {
    hex::encode(random)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn the_file_of_the_older_tool_is_read() {
        let config: Config = serde_json::from_value(json!({
            "hubUrl": "https://hub.example", "hubToken": "", "clientId": "0123456789abcdef0123456789abcdef",
            "forgeToken": "t", "dataDir": "/d", "watchedRepos": ["acme/shop"], "maxWorkspaces": 7,
        }))
        .unwrap();
        assert_eq!(config.hub_url.as_deref(), Some("https://hub.example"));
        assert_eq!(config.hub_token, None);
        assert_eq!(config.name(), "BugSETI-01234567");
        assert_eq!(config.max_workspaces(), 7);
        assert_eq!(config.workspace_ttl_minutes(), 1440);
    }

    #[test]
    fn no_secret_shows_in_debug() {
        let config = Config {
            hub_token: Some(Secret::new("ak_hunter2")),
            forge_token: Some(Secret::new("hunter2")),
            ..Config::default()
        };
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(2, 8, 3, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
                prop::collection::btree_map("[a-z]{1,6}", inner, 0..3)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_others_keep_in_the_file_stays(
            others in prop::collection::btree_map("other[A-Za-z]{1,8}", json(), 0..4),
            url in prop::option::of("https://[a-z]{1,10}\\.example"),
            token in prop::option::of("ak_[A-Za-z0-9]{32}"),
            workspaces in prop::option::of(any::<u32>()),
        ) {
            let mut file: Map<String, Value> = others.into_iter().collect();
            if let Some(url) = &url { file.insert("hubUrl".into(), json!(url)); }
            if let Some(token) = &token { file.insert("hubToken".into(), json!(token)); }
            if let Some(n) = workspaces { file.insert("maxWorkspaces".into(), json!(n)); }
            let file = Value::Object(file);
            let config: Config = serde_json::from_value(file.clone()).unwrap();
            prop_assert_eq!(config.hub_url.clone(), url);
            prop_assert_eq!(serde_json::to_value(&config).unwrap(), file);
        }
    }
}
