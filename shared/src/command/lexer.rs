//! The words of a command in a text: split at spaces, quotes kept together, and for each word
//! where it stands, so that free text can be taken over exactly as it was typed.

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// `name` of `name:value`, `name=value` or `--name`.
    pub(super) name: Option<Name>,
    /// The value, unquoted; all of the word if it has no name.
    pub(super) value: String,
    /// Whether the value was in quotes: then it is exactly what was meant.
    pub(super) quoted: bool,
    /// Where the word begins.
    pub(super) start: usize,
}

/// The left side of an option.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    /// As typed.
    pub(super) text: String,
    /// Whether it was typed with dashes: then it can be nothing but an option.
    pub(super) dashed: bool,
}

/// A quote that is not closed.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct OpenQuote;

/// The longest name that is taken for one; longer words are text.
const NAME_BYTES: usize = 30;

/// Reads the word at or after `from`; `None` at the end. Also says where the word ends.
pub(super) fn next_word(text: &str, from: usize) -> Result<Option<(Word, usize)>, OpenQuote> {
    let rest = text[from..].trim_start();
    let start = text.len() - rest.len();
    if rest.is_empty() {
        return Ok(None);
    }
    let (name, value_at) = read_name(rest);
    let (value, quoted, length) = read_value(&rest[value_at..])?;
    Ok(Some((
        Word {
            name,
            value,
            quoted,
            start,
        },
        start + value_at + length,
    )))
}

/// The name at the beginning of `rest`, if there is one, and where its value begins.
fn read_name(rest: &str) -> (Option<Name>, usize) {
    // Some keyboards make one long dash of two short ones.
    let dashes = ["--", "—", "–"]
        .iter()
        .find_map(|dash| rest.starts_with(dash).then_some(dash.len()));
    let at = dashes.unwrap_or(0);
    let length = rest[at..]
        .find(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'))
        .unwrap_or(rest.len() - at);
    if length == 0
        || length > NAME_BYTES
        || !rest[at..].starts_with(|c: char| c.is_ascii_alphabetic())
    {
        return (None, 0);
    }
    let text = rest[at..at + length].to_owned();
    let after = &rest[at + length..];
    let separated = after.starts_with([':', '=']) && !after.starts_with("://");
    match (dashes, separated) {
        (Some(_), true) => (Some(Name { text, dashed: true }), at + length + 1),
        (Some(_), false) if after.is_empty() || after.starts_with(char::is_whitespace) => {
            (Some(Name { text, dashed: true }), at + length)
        }
        (None, true) => (
            Some(Name {
                text,
                dashed: false,
            }),
            length + 1,
        ),
        _ => (None, 0),
    }
}

/// A value in quotes, or all up to the next space. In quotes `\"` and `\\` stand for themselves.
fn read_value(rest: &str) -> Result<(String, bool, usize), OpenQuote> {
    let closing = match rest.chars().next() {
        Some('"') => '"',
        Some('“' | '”' | '„') => '”',
        _ => {
            let length = rest.find(char::is_whitespace).unwrap_or(rest.len());
            return Ok((rest[..length].to_owned(), false, length));
        }
    };
    let mut value = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, escaped @ ('"' | '\\' | '”'))) => value.push(escaped),
                Some((_, other)) => value.extend(['\\', other]),
                None => return Err(OpenQuote),
            },
            _ if c == closing || (closing == '”' && c == '“') => {
                return Ok((value, true, at + c.len_utf8()));
            }
            _ => value.push(c),
        }
    }
    Err(OpenQuote)
}
