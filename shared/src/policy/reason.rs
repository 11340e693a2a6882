//! Why the policy refuses, in words that fit behind the path: "`src/.env` may hold a secret".

use serde::{Deserialize, Serialize};

use super::{
    MAX_FILES, MAX_FOLDERS, MAX_PATH_BYTES, MAX_SEGMENT_BYTES, MAX_TOTAL_BYTES, Protected,
};

/// One thing wrong with a result.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Violation {
    /// The path at fault, as the agent gave it: hostile text. Empty when the fault is the list's
    /// as a whole. To show it, use the `Display` of the violation.
    pub path: String,
    /// What is wrong with it.
    pub reason: Reason,
}

impl Violation {
    pub(super) fn new(path: &str, reason: Reason) -> Self {
        Self {
            path: path.to_owned(),
            reason,
        }
    }
}

/// The most characters of a path that are shown; such a path is a violation for its length alone.
const MAX_SHOWN_CHARS: usize = MAX_PATH_BYTES;

/// `` `path` reason``: safe inside Discord and GitHub Markdown, since no backtick, control,
/// invisible or bidirectional character of the path comes through.
impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.path.is_empty() {
            return write!(f, "the result {}", self.reason);
        }
        let visible = match self.reason {
            // The point of these is that the letters are not what they seem.
            Reason::LookAlike
            | Reason::InvisibleCharacter
            | Reason::NotComposed
            | Reason::Collides => self.path.escape_default().to_string(),
            _ => self.path.escape_debug().to_string(),
        };
        // Quotes need no escape here, a backslash does not read as one more.
        let visible = visible
            .replace("\\'", "'")
            .replace("\\\"", "\"")
            .replace("\\\\", "\\")
            .replace('`', "\\u{60}");
        let shown: String = visible.chars().take(MAX_SHOWN_CHARS).collect();
        let rest = visible.chars().count() - shown.chars().count();
        write!(f, "`{shown}`")?;
        if rest > 0 {
            write!(f, " (and {rest} more characters)")?;
        }
        write!(f, " {}", self.reason)
    }
}

/// Why a path, or a result, is refused.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Reason {
    /// Not below any allowed folder.
    #[error("is outside the folders that may change")]
    OutsideAllowedFolders,
    /// Protected, wherever it lies.
    #[error("{why} (`{glob}`)")]
    Protected {
        /// What it is.
        why: Protected,
        /// The glob that matched.
        glob: String,
    },

    /// No path at all.
    #[error("has a file with an empty path")]
    EmptyPath,
    /// Longer than a path or a name may be.
    #[error(
        "is longer than {MAX_PATH_BYTES} bytes, {MAX_SEGMENT_BYTES} in one name, or {MAX_FOLDERS} folders"
    )]
    TooLong,
    /// Bytes that are no text were replaced on the way: the true path is unknown.
    #[error("is not valid UTF-8")]
    NotUtf8,
    /// NUL, a line break, or another control character.
    #[error("has a control character")]
    ControlCharacter,
    /// A backslash: a folder boundary on Windows only.
    #[error("has a backslash")]
    Backslash,
    /// From the root of a disk or a network share.
    #[error("is not relative to the repository")]
    Absolute,
    /// Two slashes in a row, or one at the end.
    #[error("has an empty folder name")]
    EmptySegment,
    /// `.` or `..` as a folder.
    #[error("has `.` or `..` as a folder")]
    DotSegment,
    /// A dot or space at the end of a name, or a space at its start.
    #[error("has a name with a space at its start, or a dot or space at its end")]
    Padded,
    /// A colon: an alternate data stream on Windows.
    #[error("has a colon")]
    Colon,
    /// A character that Windows cannot have in a name.
    #[error("has one of `< > \" | ? *`")]
    NotPortable,
    /// The short form of another name.
    #[error("has the form of a short (8.3) name")]
    ShortName,
    /// A device on Windows.
    #[error("is the name of a device on Windows")]
    DeviceName,

    /// A character that cannot be seen, or turns the direction of the text.
    #[error("has an invisible character")]
    InvisibleCharacter,
    /// Not in Unicode's composed form (NFC).
    #[error("is not in composed Unicode form")]
    NotComposed,
    /// Could be read as another name.
    #[error("has letters that look like others")]
    LookAlike,

    /// Neither a regular file before nor after: a symbolic link, a submodule, or unknown.
    #[error("is {} and not a regular file", describe_mode(.mode))]
    NotARegularFile {
        /// The git mode.
        mode: String,
    },
    /// Executable, or not, other than before.
    #[error("changes its mode from {from} to {to}")]
    ModeChange {
        /// The git mode at the base commit.
        from: String,
        /// The git mode now.
        to: String,
    },
    /// A new executable, or a moved one: the commit could not carry its mode.
    #[error("is a new or moved executable file")]
    NewExecutable,

    /// Another change has a path that some systems take for this one, or the very same.
    #[error("is the same path as another one in the result, on some systems")]
    Collides,
    /// More files than one fix may touch.
    #[error("has {files} files, more than the {MAX_FILES} that one fix may touch")]
    TooManyFiles {
        /// How many there are.
        files: usize,
    },
    /// More bytes than one fix may write.
    #[error("has {bytes} bytes, more than the {MAX_TOTAL_BYTES} that one fix may write")]
    TooManyBytes {
        /// How many there are.
        bytes: usize,
    },
}

fn describe_mode(mode: &str) -> String {
    match mode {
        "120000" => "a symbolic link".to_owned(),
        "160000" => "a submodule".to_owned(),
        "040000" | "40000" => "a folder".to_owned(),
        // Hostile text like the path: digits only, and few.
        other => format!(
            "of mode {}",
            other
                .chars()
                .filter(char::is_ascii_digit)
                .take(6)
                .collect::<String>()
        ),
    }
}
