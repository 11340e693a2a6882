//! Reading answers of two generations: flat objects in camelCase, and objects in `snake_case` inside of
//! an envelope. An answer may be either, or both at once.

use jiff::Timestamp;
use serde_json::{Map, Value};

/// Objects that say the same thing, the most trusted first.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a>(Vec<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    /// What an answer holds: in its envelope, and beside it.
    pub(crate) fn of(answer: &'a Value, envelope: &str) -> Self {
        let inner = answer.get(envelope);
        Self::of_all([inner, Some(answer)].into_iter().flatten())
    }

    /// What these hold together.
    pub(crate) fn of_all(values: impl IntoIterator<Item = &'a Value>) -> Self {
        let objects = values.into_iter().filter_map(Value::as_object);
        Self(objects.collect())
    }

    /// There is nothing to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.iter().all(|object| object.is_empty())
    }

    /// The first value under any of these names that `read` takes; names go before objects.
    fn first<T>(&self, names: &[&str], read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let under = |name: &&str| {
            let mut values = self.0.iter().filter_map(|object| object.get(*name));
            values.find_map(&read)
        };
        names.iter().find_map(under)
    }

    /// A text that is not empty; a number is one too.
    pub(crate) fn text(&self, names: &[&str]) -> Option<String> {
        let read = |value: &Value| match value {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        };
        self.first(names, read)
    }

    pub(crate) fn number(&self, names: &[&str]) -> Option<u64> {
        self.first(names, Value::as_u64)
    }

    /// A number with a fraction, or without.
    pub(crate) fn score(&self, names: &[&str]) -> Option<f64> {
        self.first(names, Value::as_f64)
    }

    pub(crate) fn moment(&self, names: &[&str]) -> Option<Timestamp> {
        self.first(names, |value| value.as_str()?.parse().ok())
    }
}

/// The list of an answer: the answer itself, or under one of these names.
pub(crate) fn list<'a>(answer: &'a Value, names: &[&str]) -> Option<&'a Vec<Value>> {
    let under = |name: &&str| answer.get(*name)?.as_array();
    answer.as_array().or_else(|| names.iter().find_map(under))
}
