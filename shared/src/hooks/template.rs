//! Templates of payloads: text with `{{ .field }}` in it.
//!
//! They are the part of Go's `text/template` that payloads need, so that templates which people have
//! go on working:
//!
//! | written | is |
//! |---|---|
//! | `{{ .user.email }}` | a field, however deep; `{{ .items.0.name }}` goes through a list |
//! | `{{ . }}` | the whole body, as JSON |
//! | `{{ index .headers "x-id" }}` | a field whose name is no word, or the member of a list |
//! | `{{ .user \| default "nobody" }}`, `{{ default "nobody" .user }}` | a field, or else a text (or another field) |
//! | `{{ .user \| json }}` | JSON also where it is a text |
//! | `{{ "{{" }}` | a text as it is |
//! | `{{- .a -}}` | without the white space before, and after |
//! | `{{/* why */}}` | nothing |
//!
//! A text stands for itself, a whole number of up to 64 bits is written as it came, another as
//! the double that it is, objects and lists are compact JSON. `null` is missing; `default` also fills in
//! for an empty text, but not for `0` or `false`.
//!
//! Invariant: a template that parses renders in time and space linear in its own and its output's
//! length, whatever it is given; it reads nothing but the fields.

mod parse;
#[cfg(test)]
mod tests;
mod token;

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The longest template.
pub const MAX_TEMPLATE_BYTES: usize = 64 * 1024;

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    pieces: Vec<Piece>,
}

/// What a missing field does, where there is no default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Missing {
    /// The template cannot be filled in.
    #[default]
    Strict,
    /// Nothing stands in its place.
    Lenient,
}

/// A place in a template, both numbers counted from 1; columns are characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Place {
    fn of(text: &str, offset: usize) -> Self {
        let before = &text[..offset];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Self {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// What is wrong with a template, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct BadTemplate {
    /// Where.
    pub at: Place,
    /// What.
    pub problem: Problem,
}

/// What is wrong with a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// An action has no end.
    #[error("this has no closing }}}}")]
    Unclosed,
    /// A comment has no end.
    #[error("this comment has no closing */}}}}")]
    UnclosedComment,
    /// A text has no end.
    #[error("this text has no closing quote")]
    UnclosedText,
    /// A text with an escape that no string has.
    #[error("{0} is no escape: there are \\\" \\\\ \\n \\r \\t")]
    Escape(String),
    /// Nothing between the braces.
    #[error("there is nothing in it")]
    Empty,
    /// A character that begins nothing.
    #[error("{0:?} cannot stand here")]
    Character(char),
    /// A word that templates here do not have.
    #[error("{0:?} is not known: there are fields (.a.b), texts, default, index and json")]
    Word(String),
    /// Something is missing.
    #[error("{0} is wanted here")]
    Wanted(&'static str),
    /// More than a stage of a pipeline takes.
    #[error("there is more here than {0} takes")]
    TooMuch(&'static str),
    /// More than is read.
    #[error("the template is longer than {MAX_TEMPLATE_BYTES} bytes")]
    TooLong,
}

/// Why a template cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A field is not there.
    #[error("{at}: there is no field {path}")]
    MissingField {
        /// The field.
        path: String,
        /// Where it is asked for.
        at: Place,
    },
    /// The result is longer than allowed.
    #[error("the result is longer than {limit} bytes")]
    TooLong {
        /// What is allowed.
        limit: usize,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Value(Pipeline),
}

/// A value, and what happens to it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Pipeline {
    at: Place,
    first: Operand,
    stages: Vec<Stage>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Operand {
    Literal(String),
    Field(Vec<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Default(Operand),
    Json,
}

impl Template {
    /// Reads a template.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        parse::template(text)
    }

    /// Fills it in, with at most `limit` bytes of result.
    pub fn render(
        &self,
        fields: &Value,
        missing: Missing,
        limit: usize,
    ) -> Result<String, RenderError> {
        let mut out = String::new();
        for piece in &self.pieces {
            let text = match piece {
                Piece::Text(text) => Cow::Borrowed(text.as_str()),
                Piece::Value(pipeline) => match (pipeline.evaluate(fields, limit)?, missing) {
                    (Some(found), _) => found.text(),
                    (None, Missing::Lenient) => Cow::Borrowed(""),
                    (None, Missing::Strict) => {
                        return Err(RenderError::MissingField {
                            path: pipeline.last_field(),
                            at: pipeline.at,
                        });
                    }
                },
            };
            if out.len() + text.len() > limit {
                return Err(RenderError::TooLong { limit });
            }
            out.push_str(&text);
        }
        Ok(out)
    }
}

/// What an operand came to: never `null`, which is missing.
enum Found<'v> {
    Text(Cow<'v, str>),
    Value(&'v Value),
}

impl<'v> Found<'v> {
    fn text(self) -> Cow<'v, str> {
        match self {
            Self::Text(text) => text,
            Self::Value(Value::String(text)) => Cow::Borrowed(text),
            Self::Value(value) => Cow::Owned(value.to_string()),
        }
    }

    fn json(self) -> Self {
        Self::Text(Cow::Owned(match self {
            Self::Text(text) => Value::from(text).to_string(),
            Self::Value(value) => value.to_string(),
        }))
    }

    fn is_empty_text(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Value(value) => value.as_str() == Some(""),
        }
    }
}

impl Pipeline {
    /// Nothing on the way is longer than `limit`: JSON of JSON doubles with every stage, and no stage
    /// makes a text shorter that is not empty.
    fn evaluate<'v>(
        &'v self,
        fields: &'v Value,
        limit: usize,
    ) -> Result<Option<Found<'v>>, RenderError> {
        let mut found = self.first.evaluate(fields);
        for stage in &self.stages {
            found = match (stage, found) {
                (Stage::Default(_), Some(found)) if !found.is_empty_text() => Some(found),
                (Stage::Default(other), _) => other.evaluate(fields),
                (Stage::Json, found) => found.map(Found::json),
            };
            if let Some(Found::Text(text)) = &found
                && text.len() > limit
            {
                return Err(RenderError::TooLong { limit });
            }
        }
        Ok(found)
    }

    /// The field that would have had to be there.
    fn last_field(&self) -> String {
        let defaults = self.stages.iter().rev().filter_map(|stage| match stage {
            Stage::Default(operand) => Some(operand),
            Stage::Json => None,
        });
        let mut operands = defaults.chain([&self.first]);
        let path = operands.find_map(|operand| match operand {
            Operand::Field(path) => Some(path.join(".")),
            Operand::Literal(_) => None,
        });
        format!(".{}", path.unwrap_or_default())
    }
}

impl Operand {
    fn evaluate<'v>(&'v self, fields: &'v Value) -> Option<Found<'v>> {
        match self {
            Self::Literal(text) => Some(Found::Text(Cow::Borrowed(text))),
            Self::Field(path) => {
                let step = |at: &'v Value, name: &String| match at {
                    Value::Object(fields) => fields.get(name),
                    Value::Array(items) => items.get(name.parse::<usize>().ok()?),
                    _ => None,
                };
                let found = path.iter().try_fold(fields, step)?;
                (!found.is_null()).then_some(Found::Value(found))
            }
        }
    }
}
