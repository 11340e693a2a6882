//! How one input is more than one thing: text files that people can write.

/// Parts a first text from the rest.
const SEPARATOR: &[u8] = b"\n=====\n";

/// What stands before the separator and behind it; without one, all of it and nothing.
pub(crate) fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let at = bytes
        .windows(SEPARATOR.len())
        .position(|window| window == SEPARATOR);
    match at {
        Some(at) => (&bytes[..at], &bytes[at + SEPARATOR.len()..]),
        None => (bytes, &[]),
    }
}

/// Whether a place, counted from 1 in lines and characters, is in a text or right behind its end.
pub(crate) fn is_within(text: &str, line: usize, column: usize) -> bool {
    let lines: Vec<&str> = text.split('\n').collect();
    let Some(found) = line.checked_sub(1).and_then(|index| lines.get(index)) else {
        return false;
    };
    (1..=found.chars().count() + 1).contains(&column)
}
