//! What the messages of the queue that are no commands have in common: a kind, and a version that an
//! older consumer does not guess at but parks.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Reads a message of the queue. `None`: it is not of this kind, whose name `a` has with its article.
pub(crate) fn decode<T: DeserializeOwned>(
    text: &str,
    kind: &str,
    version: u32,
    a: &str,
) -> Option<Result<T, String>> {
    #[derive(Deserialize)]
    struct Head {
        kind: Option<String>,
        #[serde(default)]
        version: u64,
    }
    let head: Head = serde_json::from_str(text).ok()?;
    head.kind.filter(|given| given == kind)?;
    if head.version != u64::from(version) {
        let given = head.version;
        return Some(Err(format!("version {given} of {a} is not {version}")));
    }
    Some(serde_json::from_str(text).map_err(|error| format!("not {a}: {error}")))
}
