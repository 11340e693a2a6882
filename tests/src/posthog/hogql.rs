//! Enough of `HogQL` to run `SELECT … FROM events WHERE a = {a} AND … ORDER BY timestamp LIMIT n`
//! over the fake's events. What it does not understand it refuses, so that a query is never
//! answered wrongly.

use serde_json::{Value, json};

use super::state::Event;

/// A parsed query.
#[derive(Debug)]
pub(super) struct Select {
    columns: Vec<Column>,
    conditions: Vec<Condition>,
    pub(super) ascending: bool,
    pub(super) limit: Option<usize>,
}

#[derive(Debug)]
struct Column {
    field: String,
    name: String,
}

#[derive(Debug)]
struct Condition {
    field: String,
    operator: &'static str,
    values: Vec<Value>,
}

/// In the order of a query.
const CLAUSES: [&str; 5] = ["select ", " from ", " where ", " order by ", " limit "];

/// The longer first: `>=` must not be read as `>`.
const OPERATORS: [&str; 8] = [" not in ", " in ", ">=", "<=", "!=", "=", ">", "<"];

impl Select {
    /// Parses the query and fills in its placeholders.
    pub(super) fn parse(text: &str, values: &Value) -> Result<Self, String> {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let [select, from, conditions, order, limit] = clauses(&text)?;
        if from != "events" {
            return Err(format!("Unknown table `{from}`."));
        }
        let columns = split_top(&select, ",")
            .into_iter()
            .map(column)
            .collect::<Result<_, _>>()?;
        let all: Result<Vec<_>, _> = split_top(&conditions, " and ")
            .into_iter()
            .map(|c| condition(c, values))
            .collect();
        let conditions = all?;
        if !conditions.iter().any(|c| c.field == "$session_id") {
            return Err(
                "the fake answers for one session only: WHERE $session_id = {…}".to_owned(),
            );
        }
        let limit = match limit.as_str() {
            "" => None,
            limit => {
                let limit = resolve(limit, values)?;
                Some(
                    limit
                        .as_u64()
                        .and_then(|n| usize::try_from(n).ok())
                        .ok_or("LIMIT must be a number")?,
                )
            }
        };
        let ascending = match order.to_lowercase().as_str() {
            "timestamp" | "timestamp asc" => true,
            "" | "timestamp desc" => false,
            other => return Err(format!("the fake cannot order by {other:?}")),
        };
        Ok(Self {
            columns,
            conditions,
            ascending,
            limit,
        })
    }

    pub(super) fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(|c| c.name.as_str()).collect()
    }

    pub(super) fn row(&self, event: &Event) -> Result<Value, String> {
        self.columns
            .iter()
            .map(|c| field(event, &c.field))
            .collect()
    }

    pub(super) fn takes(&self, event: &Event) -> Result<bool, String> {
        for condition in &self.conditions {
            if !condition.holds(&field(event, &condition.field)?) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Condition {
    fn holds(&self, actual: &Value) -> bool {
        let first = self.values.first().unwrap_or(&Value::Null);
        // Timestamps are compared as the text that they are shown as.
        let order = actual.as_str().zip(first.as_str()).map(|(a, b)| a.cmp(b));
        match self.operator {
            "=" | " in " => self.values.contains(actual),
            "!=" | " not in " => !self.values.contains(actual),
            ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
            "<=" => order.is_some_and(std::cmp::Ordering::is_le),
            ">" => order.is_some_and(std::cmp::Ordering::is_gt),
            _ => order.is_some_and(std::cmp::Ordering::is_lt),
        }
    }
}

/// The text of each clause; empty for one that is left out.
fn clauses(text: &str) -> Result<[String; 5], String> {
    // Lower-casing ASCII keeps every position.
    let lower = text.to_ascii_lowercase();
    let starts = CLAUSES.map(|clause| find_top(&lower, clause));
    if starts[0] != Some(0) || starts[1].is_none() || starts[2].is_none() {
        return Err("the fake runs SELECT … FROM … WHERE … only".to_owned());
    }
    let clause = |n: usize| {
        let Some(start) = starts[n] else {
            return String::new();
        };
        let end = starts[n + 1..]
            .iter()
            .flatten()
            .next()
            .copied()
            .unwrap_or(text.len());
        text[start + CLAUSES[n].len()..end].trim().to_owned()
    };
    Ok([clause(0), clause(1), clause(2), clause(3), clause(4)])
}

/// Where `needle` stands outside of brackets and quotes.
fn find_top(text: &str, needle: &str) -> Option<usize> {
    let (mut depth, mut quoted) = (0, false);
    for (at, c) in text.char_indices() {
        if depth == 0 && !quoted && text[at..].starts_with(needle) {
            return Some(at);
        }
        match c {
            '\'' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    None
}

fn split_top<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = find_top(&rest.to_ascii_lowercase(), separator) {
        parts.push(rest[..at].trim());
        rest = &rest[at + separator.len()..];
    }
    parts.push(rest.trim());
    parts
}

fn column(text: &str) -> Result<Column, String> {
    let (expression, name) = match find_top(&text.to_ascii_lowercase(), " as ") {
        Some(at) => (&text[..at], text[at + 4..].trim()),
        None => (text, text),
    };
    Ok(Column {
        field: field_name(expression)?,
        name: name.to_owned(),
    })
}

/// The field of an expression: itself, or the first argument of a function around it.
fn field_name(expression: &str) -> Result<String, String> {
    let mut name = expression.trim();
    while let (Some(open), Some(inside)) = (name.find('('), name.strip_suffix(')')) {
        name = split_top(&inside[open + 1..], ",")[0];
    }
    let name = name
        .strip_prefix("properties.")
        .unwrap_or(name)
        .trim_matches('`');
    if name.is_empty()
        || !name
            .chars()
            .all(|c| c.is_alphanumeric() || "_$.".contains(c))
    {
        return Err(format!(
            "the fake cannot read the expression {expression:?}"
        ));
    }
    Ok(name.to_owned())
}

fn condition(text: &str, values: &Value) -> Result<Condition, String> {
    let lower = text.to_ascii_lowercase();
    let found = OPERATORS
        .into_iter()
        .find_map(|operator| Some((operator, find_top(&lower, operator)?)));
    let (operator, at) =
        found.ok_or_else(|| format!("the fake cannot read the condition {text:?}"))?;
    let right = text[at + operator.len()..].trim();
    let list = right
        .strip_prefix('(')
        .and_then(|r| r.strip_suffix(')'))
        .unwrap_or(right);
    let mut resolved = Vec::new();
    for item in split_top(list, ",") {
        match resolve(item, values)? {
            Value::Array(items) => resolved.extend(items),
            one => resolved.push(one),
        }
    }
    Ok(Condition {
        field: field_name(&text[..at])?,
        operator,
        values: resolved,
    })
}

/// A placeholder's value, a quoted text or a number.
fn resolve(text: &str, values: &Value) -> Result<Value, String> {
    let text = text.trim();
    if let Some(name) = text.strip_prefix('{').and_then(|t| t.strip_suffix('}')) {
        return values
            .get(name.trim())
            .cloned()
            .ok_or_else(|| format!("Unresolved placeholder: {{{name}}}"));
    }
    if let Some(quoted) = text.strip_prefix('\'').and_then(|t| t.strip_suffix('\'')) {
        return Ok(json!(quoted));
    }
    if let Some((open, inside)) = text.find('(').zip(text.strip_suffix(')')) {
        return resolve(&inside[open + 1..], values);
    }
    serde_json::from_str(text).map_err(|_| format!("the fake cannot read the value {text:?}"))
}

fn field(event: &Event, name: &str) -> Result<Value, String> {
    Ok(match name {
        "event" => json!(event.name),
        "timestamp" => json!(event.at.to_string()),
        "distinct_id" => json!(event.distinct_id),
        "$session_id" => json!(event.session),
        // A property that an event lacks is null, as in the service.
        property if property.starts_with('$') || event.properties.get(property).is_some() => {
            event.properties[property].clone()
        }
        other => return Err(format!("Unable to resolve field: {other}")),
    })
}
