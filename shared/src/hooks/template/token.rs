//! The words between `{{` and `}}`.

use super::{BadTemplate, Place, Problem};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// `.`, `.a`, `.a.b`
    Field(Vec<String>),
    /// A text or a number.
    Literal(String),
    /// A word without a dot before it.
    Name(String),
    Pipe,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) offset: usize,
    pub(super) word: Word,
}

/// How an action ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct End {
    /// The offset behind its braces.
    pub(super) after: usize,
    /// Whether the white space behind goes.
    pub(super) trims: bool,
}

/// The tokens of the action whose inside begins at `start`; its braces open at `opened`.
pub(super) fn read(
    text: &str,
    opened: usize,
    start: usize,
) -> Result<(Vec<Token>, End), BadTemplate> {
    let mut tokens = Vec::new();
    let mut at = start;
    loop {
        let spaces = text[at..].len() - text[at..].trim_start().len();
        at += spaces;
        if let Some(end) = end(text, at, spaces > 0) {
            return Ok((tokens, end));
        }
        let Some(first) = text[at..].chars().next() else {
            return Err(bad(text, opened, Problem::Unclosed));
        };
        let (word, length) = match first {
            '|' => (Word::Pipe, 1),
            '.' => field(text, at)?,
            '"' => quoted(text, at)?,
            '`' => raw(text, at)?,
            c if is_word(c)
                || (c == '-' && text[at + 1..].starts_with(|c: char| c.is_ascii_digit())) =>
            {
                bare(&text[at..])
            }
            c => return Err(bad(text, at, Problem::Character(c))),
        };
        tokens.push(Token { offset: at, word });
        at += length;
        // Two words need something between them.
        let next = text[at..].chars().next();
        let separate = next.is_none_or(|c| c.is_whitespace() || c == '|' || c == '}');
        if let (false, false, Some(c)) = (first == '|', separate, next) {
            return Err(bad(text, at, Problem::Character(c)));
        }
    }
}

/// As in Go, `-}}` trims only behind white space: otherwise it would be the end of a word.
fn end(text: &str, at: usize, spaced: bool) -> Option<End> {
    let rest = &text[at..];
    if rest.starts_with("}}") {
        return Some(End {
            after: at + 2,
            trims: false,
        });
    }
    (spaced && rest.starts_with("-}}")).then_some(End {
        after: at + 3,
        trims: true,
    })
}

pub(super) fn bad(text: &str, offset: usize, problem: Problem) -> BadTemplate {
    BadTemplate {
        at: Place::of(text, offset),
        problem,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn word_length(text: &str) -> usize {
    text.find(|c: char| !is_word(c)).unwrap_or(text.len())
}

fn field(text: &str, at: usize) -> Result<(Word, usize), BadTemplate> {
    let mut path = Vec::new();
    let mut length = 1;
    let first = word_length(&text[at + 1..]);
    if first == 0 {
        return Ok((Word::Field(path), length));
    }
    loop {
        let name_at = at + length;
        let name = word_length(&text[name_at..]);
        if name == 0 {
            return Err(bad(text, name_at, Problem::Wanted("the name of a field")));
        }
        path.push(text[name_at..name_at + name].to_owned());
        length += name;
        if !text[at + length..].starts_with('.') {
            return Ok((Word::Field(path), length));
        }
        length += 1;
    }
}

fn quoted(text: &str, at: usize) -> Result<(Word, usize), BadTemplate> {
    let mut literal = String::new();
    let mut chars = text[at + 1..].char_indices();
    while let Some((index, c)) = chars.next() {
        match c {
            '"' => return Ok((Word::Literal(literal), index + 2)),
            '\n' => break,
            '\\' => match chars.next() {
                Some((_, 'n')) => literal.push('\n'),
                Some((_, 'r')) => literal.push('\r'),
                Some((_, 't')) => literal.push('\t'),
                Some((_, c @ ('"' | '\\'))) => literal.push(c),
                Some((_, c)) => {
                    let problem = Problem::Escape(format!("\\{c}"));
                    return Err(bad(text, at + 1 + index, problem));
                }
                None => break,
            },
            c => literal.push(c),
        }
    }
    Err(bad(text, at, Problem::UnclosedText))
}

fn raw(text: &str, at: usize) -> Result<(Word, usize), BadTemplate> {
    match text[at + 1..].find('`') {
        Some(length) => {
            let literal = text[at + 1..at + 1 + length].to_owned();
            Ok((Word::Literal(literal), length + 2))
        }
        None => Err(bad(text, at, Problem::UnclosedText)),
    }
}

/// A name, a number or a truth.
fn bare(rest: &str) -> (Word, usize) {
    let is_number = rest.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    let length = if is_number {
        rest.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
            .unwrap_or(rest.len())
    } else {
        word_length(rest)
    };
    let word = rest[..length].to_owned();
    match word.as_str() {
        "true" | "false" => (Word::Literal(word), length),
        _ if is_number => (Word::Literal(word), length),
        _ => (Word::Name(word), length),
    }
}
