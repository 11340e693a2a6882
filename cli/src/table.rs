//! Tables for people: columns as wide as what is in them.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

/// Lines of cells under a head; without lines there is nothing but `empty`.
pub(crate) fn table<const N: usize>(head: [&str; N], rows: &[[String; N]], empty: &str) -> String {
    if rows.is_empty() {
        return format!("{empty}\n");
    }
    let mut widths = head.map(str::width_of);
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.as_str().width_of());
        }
    }
    let mut text = String::new();
    let head = head.map(str::to_owned);
    for row in std::iter::once(&head).chain(rows) {
        let mut line = String::new();
        for (width, cell) in widths.iter().zip(row) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - cell.as_str().width_of() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// Names and values below each other; what is not known is left out.
pub(crate) fn listing(pairs: &[(&str, Option<String>)]) -> String {
    let known = pairs
        .iter()
        .filter_map(|(name, value)| Some((*name, value.as_ref()?)));
    let width = known.clone().map(|(name, _)| name.len()).max().unwrap_or(0);
    let mut text = String::new();
    for (name, value) in known {
        let _ = writeln!(text, "{name:width$}  {value}");
    }
    text
}

trait Width {
    fn width_of(&self) -> usize;
}

impl Width for str {
    fn width_of(&self) -> usize {
        self.width()
    }
}

/// One line of at most so many characters, without anything that a terminal would obey.
pub(crate) fn line(text: &str, max: usize) -> String {
    let clean: String = text
        .chars()
        .map(|c| if is_obeyed(c) { ' ' } else { c })
        .collect();
    shared::shorten::shorten(&clean, max)
}

/// Control characters, separators of lines, and the marks that turn what follows around: with them a
/// name could stand in for the rest of its row.
fn is_obeyed(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A moment as people read it, to the minute: `2026-11-21 12:59`.
pub(crate) fn moment(at: jiff::Timestamp) -> String {
    let text = at.to_string();
    text.chars()
        .take(16)
        .map(|c| if c == 'T' { ' ' } else { c })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        let rows = [
            ["1".to_owned(), "ü".to_owned()],
            ["333".to_owned(), String::new()],
        ];
        assert_eq!(
            table(["A", "LONG"], &rows, "none"),
            "A    LONG\n1    ü\n333\n"
        );
        assert_eq!(table(["A"], &[], "none"), "none\n");
    }

    #[test]
    fn a_terminal_obeys_nothing_of_what_is_shown() {
        assert_eq!(line("a\x1b[2Jb\nc", 20), "a [2Jb c");
        assert_eq!(line("Ann\u{202e}eb\u{2069}\u{2028}x", 20), "Ann eb  x");
    }

    #[test]
    fn a_moment_is_shown_to_the_minute() {
        assert_eq!(
            moment("2026-11-21T12:59:01.5Z".parse().unwrap()),
            "2026-11-21 12:59"
        );
    }
}
