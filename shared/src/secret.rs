//! A secret that cannot be logged by accident.

use serde::{Deserialize, Serialize};

/// A token, key or password. `Debug` is redacted and there is no `Display`: the only way to the
/// text is [`Secret::expose`], which is easy to search for.
///
/// It serialises in the clear, because a clone token travels to the sandbox: a type that holds
/// one must never be logged as JSON.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Wraps a secret's text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself, for the one header or field that needs it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_secret() {
        assert_eq!(format!("{:?}", Secret::new("xoxb")), "Secret(redacted)");
    }
}
