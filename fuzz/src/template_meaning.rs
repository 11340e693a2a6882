//! What templates mean (`shared::hooks::template`), against a second way to the same text: the bytes
//! choose what a template is to say and the fields that there are, and both are written down and read.

use arbitrary::{Arbitrary, Unstructured};
use serde_json::{Map, Value, json};
use shared::hooks::template::{Missing, Template};

/// The names that fields have: few, so that many are found.
const NAMES: [&str; 4] = ["a", "b_1", "ü", "0"];
const DEPTH: usize = 3;
/// Of a result: JSON of JSON grows fast.
const LIMIT: usize = 1 << 14;

#[derive(Debug, Arbitrary)]
enum Piece {
    Text(String),
    Comment,
    /// A value, how it is written, and whether the white space around it goes.
    Value(Pipeline, bool, bool),
}

#[derive(Debug, Arbitrary)]
struct Pipeline {
    first: Operand,
    stages: Vec<Stage>,
}

#[derive(Debug, Arbitrary)]
enum Operand {
    Text(String),
    Raw(String),
    Whole,
    Field(Vec<Name>),
    Indexed(Vec<Name>),
}

#[derive(Debug, Clone, Copy, Arbitrary)]
struct Name(u8);

impl Name {
    fn text(self) -> &'static str {
        NAMES[usize::from(self.0) % NAMES.len()]
    }
}

#[derive(Debug, Arbitrary)]
enum Stage {
    Default(Operand),
    Json,
}

pub(crate) fn check(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let (Ok(fields), Ok(pieces)) = (
        object(&mut bytes, DEPTH),
        Vec::<Piece>::arbitrary(&mut bytes),
    ) else {
        return;
    };
    let written: String = pieces.iter().map(Piece::written).collect();
    let Ok(template) = Template::parse(&written) else {
        panic!("{:?}: {written}", Template::parse(&written));
    };
    let Some(expected) = meaning(&pieces, &fields) else {
        return;
    };
    let rendered = template.render(&fields, Missing::Lenient, LIMIT);
    assert_eq!(rendered.as_deref(), Ok(expected.as_str()), "{written}");
}

fn object(bytes: &mut Unstructured<'_>, depth: usize) -> arbitrary::Result<Value> {
    let mut fields = Map::new();
    for name in NAMES {
        let value = match bytes.int_in_range(0..=8_u8)? {
            0 => continue,
            1 => Value::Null,
            2 => json!(bytes.arbitrary::<bool>()?),
            3 => json!(bytes.arbitrary::<i64>()?),
            4 => json!(""),
            5 if depth > 0 => object(bytes, depth - 1)?,
            6 if depth > 0 => json!([object(bytes, depth - 1)?, bytes.arbitrary::<u8>()?]),
            _ => json!(bytes.arbitrary::<String>()?),
        };
        fields.insert(name.to_owned(), value);
    }
    Ok(Value::Object(fields))
}

impl Piece {
    fn written(&self) -> String {
        match self {
            // Braces would begin something: they can be written as a text of the template.
            Self::Text(text) => plain(text),
            Self::Comment => "{{/* }} */}}".to_owned(),
            Self::Value(pipeline, before, behind) => {
                let (before, behind) = (mark(*before, "- "), mark(*behind, " -"));
                let stages = pipeline.stages.iter().map(Stage::written);
                let stages: String = stages.flat_map(|stage| [" | ".to_owned(), stage]).collect();
                format!(
                    "{{{{{before}{}{stages}{behind}}}}}",
                    pipeline.first.written()
                )
            }
        }
    }
}

fn mark(is_there: bool, mark: &str) -> &str {
    if is_there { mark } else { " " }
}

fn plain(text: &str) -> String {
    text.replace('{', "(")
}

impl Stage {
    fn written(&self) -> String {
        match self {
            Self::Default(operand) => match operand {
                // Only a value of its own can be an index.
                Operand::Indexed(path) => format!("default {}", Operand::dotted(path)),
                operand => format!("default {}", operand.written()),
            },
            Self::Json => "json".to_owned(),
        }
    }
}

impl Operand {
    fn written(&self) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Raw(text) => format!("`{}`", text.replace('`', "'")),
            Self::Whole => ".".to_owned(),
            Self::Field(path) => Self::dotted(path),
            Self::Indexed(path) => {
                let path: String = path
                    .iter()
                    .flat_map(|name| [" ".to_owned(), quoted(name.text())])
                    .collect();
                format!("index .{path}")
            }
        }
    }

    fn dotted(path: &[Name]) -> String {
        match path {
            [] => ".".to_owned(),
            path => path.iter().flat_map(|name| [".", name.text()]).collect(),
        }
    }

    /// What it comes to: `Err` is a text, `Ok` a value.
    fn meaning(&self, fields: &Value) -> Option<Result<Value, String>> {
        match self {
            Self::Text(text) => Some(Err(text.clone())),
            Self::Raw(text) => Some(Err(text.replace('`', "'"))),
            Self::Whole => Some(Ok(fields.clone())),
            Self::Field(path) | Self::Indexed(path) => {
                let path: String = path.iter().flat_map(|name| ["/", name.text()]).collect();
                let found = fields.pointer(&path).filter(|value| !value.is_null());
                found.cloned().map(Ok)
            }
        }
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

/// What the pieces come to; `None` where that is longer than is allowed.
fn meaning(pieces: &[Piece], fields: &Value) -> Option<String> {
    let mut result = String::new();
    // What was written as it is since the last value: white space of it may go.
    let mut literal = String::new();
    let mut trims = false;
    for piece in pieces {
        match piece {
            Piece::Text(text) => literal.push_str(&plain(text)),
            Piece::Comment => {
                result.push_str(trimmed(&literal, trims, false));
                (literal, trims) = (String::new(), false);
            }
            Piece::Value(pipeline, before, behind) => {
                result.push_str(trimmed(&literal, trims, *before));
                (literal, trims) = (String::new(), *behind);
                result.push_str(&pipeline.meaning(fields)?);
            }
        }
        if result.len() > LIMIT {
            return None;
        }
    }
    result.push_str(trimmed(&literal, trims, false));
    (result.len() <= LIMIT).then_some(result)
}

fn trimmed(text: &str, start: bool, end: bool) -> &str {
    let text = if start { text.trim_start() } else { text };
    if end { text.trim_end() } else { text }
}

impl Pipeline {
    fn meaning(&self, fields: &Value) -> Option<String> {
        let mut value = self.first.meaning(fields);
        for stage in &self.stages {
            value = match (stage, value) {
                (Stage::Json, None) => None,
                (Stage::Json, Some(Ok(value))) => Some(Err(value.to_string())),
                (Stage::Json, Some(Err(text))) => Some(Err(json!(text).to_string())),
                (Stage::Default(operand), None) => operand.meaning(fields),
                (Stage::Default(operand), Some(Ok(value))) if value == json!("") => {
                    operand.meaning(fields)
                }
                (Stage::Default(operand), Some(Err(text))) if text.is_empty() => {
                    operand.meaning(fields)
                }
                (Stage::Default(_), value) => value,
            };
            // JSON of JSON of JSON grows without end.
            if matches!(&value, Some(Err(text)) if text.len() > LIMIT) {
                return None;
            }
        }
        Some(match value {
            None => String::new(),
            Some(Err(text) | Ok(Value::String(text))) => text,
            Some(Ok(value)) => value.to_string(),
        })
    }
}
