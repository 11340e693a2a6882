//! The form of a path: one relative, forward-slashed path that names the same file on every
//! system that may check the branch out.

use super::Reason;

/// The longest path, in bytes. Windows stops at 260 characters (`MAX_PATH`) for the whole path;
/// this leaves 20 for the folder of the checkout.
pub const MAX_PATH_BYTES: usize = 240;

/// The longest name of one file or folder, in bytes. ext4, APFS and NTFS stop at 255; what people
/// write is far below, and a tool that appends `.orig` or a hash must still have room.
pub const MAX_SEGMENT_BYTES: usize = 200;

/// The most folders around a file. Deep trees have some twelve; it bounds the work on a path.
pub const MAX_FOLDERS: usize = 32;

/// Names that Windows gives to devices, whatever their extension.
/// <https://learn.microsoft.com/windows/win32/fileio/naming-a-file>
const DOS_DEVICES: [&str; 27] = [
    "con", "prn", "aux", "nul", "conin$", "conout$", "clock$", "com0", "com1", "com2", "com3",
    "com4", "com5", "com6", "com7", "com8", "com9", "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5",
    "lpt6", "lpt7", "lpt8", "lpt9",
];

pub(super) fn check(path: &str) -> Result<(), Reason> {
    if path.is_empty() {
        return Err(Reason::EmptyPath);
    }
    if path.len() > MAX_PATH_BYTES || path.matches('/').count() > MAX_FOLDERS {
        return Err(Reason::TooLong);
    }
    if path.contains(char::REPLACEMENT_CHARACTER) {
        return Err(Reason::NotUtf8);
    }
    if path.chars().any(char::is_control) {
        return Err(Reason::ControlCharacter);
    }
    if path.contains('\\') {
        return Err(Reason::Backslash);
    }
    if path.starts_with('/') || has_drive_letter(path) {
        return Err(Reason::Absolute);
    }
    path.split('/').try_for_each(check_segment)
}

fn has_drive_letter(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

fn check_segment(segment: &str) -> Result<(), Reason> {
    match segment {
        "" => return Err(Reason::EmptySegment),
        "." | ".." => return Err(Reason::DotSegment),
        _ if segment.len() > MAX_SEGMENT_BYTES => return Err(Reason::TooLong),
        _ => {}
    }
    // Windows drops these, so that `package.json.` is `package.json` there.
    if segment.ends_with(['.', ' ']) || segment.starts_with(' ') {
        return Err(Reason::Padded);
    }
    // A colon opens an alternate data stream: `package.json::$DATA` is `package.json`.
    if segment.contains(':') {
        return Err(Reason::Colon);
    }
    if segment.contains(['<', '>', '"', '|', '?', '*']) {
        return Err(Reason::NotPortable);
    }
    if is_short_name(segment) {
        return Err(Reason::ShortName);
    }
    let stem = segment
        .split('.')
        .next()
        .unwrap_or(segment)
        .trim_end()
        .to_lowercase();
    // `COM¹` is a device as well; superscripts do not get past `look`.
    if DOS_DEVICES.contains(&stem.as_str()) {
        return Err(Reason::DeviceName);
    }
    Ok(())
}

/// `git~1` opens `.git` and `PACKAG~1.JSO` a manifest where Windows keeps 8.3 names. No ordinary
/// source file has a tilde before a digit, so that is all that is looked for.
fn is_short_name(segment: &str) -> bool {
    segment
        .as_bytes()
        .windows(2)
        .any(|pair| pair[0] == b'~' && pair[1].is_ascii_digit())
}
