//! One changed file of a run's result: data, not a claim that the change is allowed.

use serde::{Deserialize, Serialize};

/// How a path differs from the base commit, as git saw it. Nothing of it is trusted: paths are
/// the agent's, and the path policy decides (`policy`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileChange {
    /// The path after the change, relative to the root of the repository, as git wrote it.
    pub path: String,
    /// What happened to it.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// What happened to a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "kind",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum ChangeKind {
    /// A new file.
    Added {
        /// Its git mode: `100644`, `100755`, `120000` (symlink), `160000` (submodule).
        mode: String,
        /// Its bytes.
        content: Content,
    },
    /// New content.
    Modified {
        /// The git mode at the base commit.
        old_mode: String,
        /// The git mode now.
        mode: String,
        /// Its bytes now.
        content: Content,
    },
    /// Gone.
    Deleted {
        /// The git mode at the base commit.
        old_mode: String,
    },
    /// Moved from another path, perhaps with new content.
    Renamed {
        /// The path at the base commit.
        from: String,
        /// The git mode at the base commit.
        old_mode: String,
        /// The git mode now.
        mode: String,
        /// Its bytes now.
        content: Content,
    },
}

/// A file's bytes, base64 in JSON (which is also what GitHub's `createCommitOnBranch` takes).
#[derive(Clone, PartialEq, Eq)]
pub struct Content(pub Vec<u8>);

impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Content({} bytes)", self.0.len())
    }
}

impl Serialize for Content {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use base64::Engine as _;
        serializer.serialize_str(&base64::engine::general_purpose::STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        use base64::Engine as _;
        let text = String::deserialize(deserializer)?;
        base64::engine::general_purpose::STANDARD
            .decode(text)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}
