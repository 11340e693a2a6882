//! The policy from configuration: two lists, separated by commas or line breaks.
//!
//! Strict: a mistake in a security setting must not be read as something else. An empty setting
//! means the default; the built-in protection cannot be configured away.

use super::{DEFAULT_FOLDERS, Policy, look, protected, shape};

/// What is wrong with the configured policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// An allowed entry is no folder inside the repository.
    #[error("allowed folder `{entry}`: {why}")]
    Folder {
        /// As configured.
        entry: String,
        /// What is wrong with it.
        why: String,
    },
    /// A denied entry is no usable glob.
    #[error("denied glob `{entry}`: {why}")]
    Glob {
        /// As configured.
        entry: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl Policy {
    /// Reads the allowed folders and the additional denied globs.
    ///
    /// A folder is a path from the root of the repository (`src`, `apps/web/src/`). A denied
    /// entry without a slash is a name at any depth (`legacy`, `*.snap`); with one it is a path
    /// from the root (`src/billing`, `src/**/generated`). What lies below is denied too.
    pub fn parse(allowed: &str, denied: &str) -> Result<Self, PolicyError> {
        let mut folders = entries(allowed)
            .map(Self::folder)
            .collect::<Result<Vec<_>, _>>()?;
        if folders.is_empty() {
            folders = DEFAULT_FOLDERS.map(str::to_owned).to_vec();
        }
        let denied = entries(denied)
            .map(Self::glob)
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self {
            allowed: folders,
            denied,
        })
    }

    /// An allowed folder, checked and without a slash at its end.
    pub fn folder(entry: &str) -> Result<String, PolicyError> {
        let fail = |why: String| PolicyError::Folder {
            entry: entry.to_owned(),
            why,
        };
        let folder = entry.strip_suffix('/').unwrap_or(entry);
        shape::check(folder)
            .and_then(|()| look::check(folder))
            .and_then(|()| protected::check(folder, &[]))
            .map_err(|reason| fail(reason.to_string()))?;
        Ok(folder.to_owned())
    }

    /// A denied glob, checked and in the form that paths are compared with.
    pub fn glob(entry: &str) -> Result<String, PolicyError> {
        let fail = |why| {
            Err(PolicyError::Glob {
                entry: entry.to_owned(),
                why,
            })
        };
        let glob = entry.strip_suffix('/').unwrap_or(entry);
        if glob.starts_with('/') {
            return fail("starts with a slash; globs start at the root of the repository anyway");
        }
        if glob.starts_with('!') {
            return fail("negation would allow what is protected");
        }
        if glob.contains(['\\', '{', '}', '[', ']']) || glob.chars().any(char::is_control) {
            return fail("only `*`, `**` and `?` are special here");
        }
        if glob
            .split('/')
            .any(|segment| matches!(segment, "" | "." | ".."))
        {
            return fail("has an empty, `.` or `..` folder");
        }
        if glob.chars().all(|c| matches!(c, '*' | '?' | '/')) {
            return fail("denies everything");
        }
        let anywhere = if glob.contains('/') { "" } else { "**/" };
        Ok(format!("{anywhere}{}", look::fold(glob)))
    }
}

fn entries(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', '\n'])
        .map(str::trim)
        .filter(|entry| !entry.is_empty())
}
