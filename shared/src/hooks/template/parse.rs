//! From text to a template.

use super::Template;
use super::token::{Token, Word, bad, read};
use super::{BadTemplate, MAX_TEMPLATE_BYTES, Operand, Piece, Pipeline, Place, Problem, Stage};

pub(super) fn template(text: &str) -> Result<Template, BadTemplate> {
    if text.len() > MAX_TEMPLATE_BYTES {
        return Err(bad(text, 0, Problem::TooLong));
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    let mut trims = false;
    loop {
        let open = text[at..].find("{{").map(|found| at + found);
        let mut literal = &text[at..open.unwrap_or(text.len())];
        if trims {
            literal = literal.trim_start();
        }
        let inside = open.map(|open| inside(text, open));
        if inside.is_some_and(|(_, trims_before)| trims_before) {
            literal = literal.trim_end();
        }
        if !literal.is_empty() {
            pieces.push(Piece::Text(literal.to_owned()));
        }
        let (Some(open), Some((start, _))) = (open, inside) else {
            return Ok(Template { pieces });
        };
        let end = if let Some(end) = comment(text, open, start)? {
            end
        } else {
            let (tokens, end) = read(text, open, start)?;
            pieces.push(Piece::Value(pipeline(text, open, &tokens)?));
            end
        };
        (at, trims) = (end.after, end.trims);
    }
}

/// Where the inside of the action begins that opens at `open`, and whether the white space before goes.
fn inside(text: &str, open: usize) -> (usize, bool) {
    let rest = &text[open + 2..];
    let trims = rest.starts_with('-') && rest[1..].starts_with(char::is_whitespace);
    (open + 2 + usize::from(trims), trims)
}

fn comment(
    text: &str,
    open: usize,
    start: usize,
) -> Result<Option<super::token::End>, BadTemplate> {
    let spaces = text[start..].len() - text[start..].trim_start().len();
    let begin = start + spaces;
    if !text[begin..].starts_with("/*") {
        return Ok(None);
    }
    let unclosed = || bad(text, open, Problem::UnclosedComment);
    let close = text[begin..].find("*/").ok_or_else(unclosed)? + begin + 2;
    let (tokens, end) = read(text, open, close).map_err(|_| unclosed())?;
    match tokens.as_slice() {
        [] => Ok(Some(end)),
        _ => Err(unclosed()),
    }
}

fn pipeline(text: &str, open: usize, tokens: &[Token]) -> Result<Pipeline, BadTemplate> {
    let mut stages = tokens.split(|token| token.word == Word::Pipe);
    let first = stages.next().unwrap_or_default();
    let at = first.first().map_or(open, |token| token.offset);
    if tokens.is_empty() {
        return Err(bad(text, open, Problem::Empty));
    }
    let mut words = Words::new(text, at, first);
    let mut pipeline = Pipeline {
        at: Place::of(text, at),
        first: Operand::Literal(String::new()),
        stages: Vec::new(),
    };
    match words.name() {
        Some("default") => {
            let default = words.operand("a text or a field to fall back on")?;
            pipeline.first = words.operand("the field")?;
            pipeline.stages.push(Stage::Default(default));
            words.finish("default")?;
        }
        Some("json" | "toJson") => {
            pipeline.first = words.operand("the field")?;
            pipeline.stages.push(Stage::Json);
            words.finish("json")?;
        }
        Some("index") => pipeline.first = words.index()?,
        Some(_) => return Err(words.unknown()),
        None => {
            pipeline.first = words.operand("a field")?;
            words.finish("a field")?;
        }
    }
    let mut before = at;
    for stage in stages {
        let mut words = Words::new(text, before, stage);
        let parsed = match words.name() {
            Some("default") => {
                let default = words.operand("a text or a field to fall back on")?;
                words.finish("default")?;
                Stage::Default(default)
            }
            Some("json" | "toJson") => {
                words.finish("json")?;
                Stage::Json
            }
            Some(_) => return Err(words.unknown()),
            None => return Err(words.wanted("default or json")),
        };
        pipeline.stages.push(parsed);
        before = words.at;
    }
    Ok(pipeline)
}

/// The words of one stage, read from the left.
struct Words<'t> {
    text: &'t str,
    /// Where the last word was: what to point at when another is wanted.
    at: usize,
    rest: &'t [Token],
}

impl<'t> Words<'t> {
    fn new(text: &'t str, at: usize, rest: &'t [Token]) -> Self {
        Self { text, at, rest }
    }

    fn next(&mut self) -> Option<&'t Word> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        self.at = first.offset;
        Some(&first.word)
    }

    fn name(&mut self) -> Option<&'t str> {
        match self.rest.first()?.word {
            Word::Name(_) => match self.next()? {
                Word::Name(name) => Some(name),
                _ => None,
            },
            _ => None,
        }
    }

    fn operand(&mut self, wanted: &'static str) -> Result<Operand, BadTemplate> {
        match self.next() {
            Some(Word::Field(path)) => Ok(Operand::Field(path.clone())),
            Some(Word::Literal(text)) => Ok(Operand::Literal(text.clone())),
            Some(Word::Name(_)) => Err(self.unknown()),
            Some(Word::Pipe) | None => Err(self.wanted(wanted)),
        }
    }

    /// `index .a "b" 0`: the same as `.a.b.0`, with names that are no words.
    fn index(&mut self) -> Result<Operand, BadTemplate> {
        let Operand::Field(mut path) = self.operand("a field")? else {
            return Err(self.wanted("a field"));
        };
        loop {
            match self.next() {
                None => return Ok(Operand::Field(path)),
                Some(Word::Literal(name)) => path.push(name.clone()),
                Some(_) => return Err(self.wanted("a text or a number")),
            }
        }
    }

    fn finish(&mut self, of: &'static str) -> Result<(), BadTemplate> {
        match self.next() {
            None => Ok(()),
            Some(_) => Err(bad(self.text, self.at, Problem::TooMuch(of))),
        }
    }

    fn wanted(&self, what: &'static str) -> BadTemplate {
        bad(self.text, self.at, Problem::Wanted(what))
    }

    fn unknown(&self) -> BadTemplate {
        let word = &self.text[self.at..];
        let end = word.find(|c: char| !(c.is_alphanumeric() || c == '_'));
        let word = word[..end.unwrap_or(word.len())].to_owned();
        bad(self.text, self.at, Problem::Word(word))
    }
}
