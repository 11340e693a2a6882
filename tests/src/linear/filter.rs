//! Linear's filters, over a thing seen as JSON: comparators on values, filters on what it links
//! to, and `and`, `or`, `some`, `every` over those.

use serde_json::{Map, Value};

/// The things that a filter admits. Nothing at all when the filter uses what is not modelled.
pub(super) fn admitted<'a, T>(
    things: impl IntoIterator<Item = &'a T>,
    filter: &Value,
    view: impl Fn(&T) -> Value,
) -> Option<Vec<&'a T>> {
    let admits = |thing: &'a T| match matches(filter, &view(thing)) {
        Some(false) => None,
        Some(true) => Some(Some(thing)),
        None => Some(None),
    };
    things.into_iter().filter_map(admits).collect()
}

/// Whether a filter admits a thing.
fn matches(filter: &Value, view: &Value) -> Option<bool> {
    let Some(conditions) = filter.as_object() else {
        return Some(true);
    };
    let mut all = true;
    for (name, condition) in conditions {
        all &= match (name.as_str(), condition) {
            (_, Value::Null) => true,
            ("and", Value::Array(filters)) => every(filters, |f| matches(f, view))?,
            ("or", Value::Array(filters)) => any(filters, |f| matches(f, view))?,
            (_, Value::Object(condition)) => admits(condition, view.get(name)?)?,
            _ => return None,
        };
    }
    Some(all)
}

fn every<T>(items: &[T], test: impl Fn(&T) -> Option<bool>) -> Option<bool> {
    items
        .iter()
        .map(test)
        .try_fold(true, |all, one| Some(all & one?))
}

fn any<T>(items: &[T], test: impl Fn(&T) -> Option<bool>) -> Option<bool> {
    items
        .iter()
        .map(test)
        .try_fold(false, |any, one| Some(any | one?))
}

/// A condition on one field: on a value, on another thing, or on a list of things.
fn admits(condition: &Map<String, Value>, value: &Value) -> Option<bool> {
    if let Value::Array(things) = value {
        let mut all = true;
        for (name, filter) in condition {
            all &= match name.as_str() {
                "some" => any(things, |thing| matches(filter, thing))?,
                "every" => every(things, |thing| matches(filter, thing))?,
                _ => return None,
            };
        }
        return Some(all);
    }
    if condition.len() == 1 && condition.contains_key("null") || !value.is_object() {
        return condition
            .iter()
            .map(|(how, with)| compare(how, value, with))
            .try_fold(true, |all, one| Some(all & one?));
    }
    matches(&Value::Object(condition.clone()), value)
}

fn compare(how: &str, value: &Value, with: &Value) -> Option<bool> {
    let text = value.as_str().unwrap_or_default();
    let other = with.as_str().unwrap_or_default();
    let (lower, other_lower) = (text.to_lowercase(), other.to_lowercase());
    let listed = |with: &Value| with.as_array().is_some_and(|all| all.contains(value));
    Some(match how {
        "eq" => value == with || value.as_f64().is_some_and(|n| with.as_f64() == Some(n)),
        "neq" => value != with,
        "in" => listed(with),
        "nin" => !listed(with),
        "null" => value.is_null() == (with == true),
        "eqIgnoreCase" => lower == other_lower,
        "neqIgnoreCase" => lower != other_lower,
        "contains" => text.contains(other),
        "notContains" => !text.contains(other),
        "containsIgnoreCase" => lower.contains(&other_lower),
        "notContainsIgnoreCase" => !lower.contains(&other_lower),
        "startsWith" => text.starts_with(other),
        "startsWithIgnoreCase" => lower.starts_with(&other_lower),
        "notStartsWith" => !text.starts_with(other),
        "endsWith" => text.ends_with(other),
        "notEndsWith" => !text.ends_with(other),
        // Moments are written in one form, so their texts are in their order.
        "gt" => ordered(value, with)?.is_gt(),
        "gte" => ordered(value, with)?.is_ge(),
        "lt" => ordered(value, with)?.is_lt(),
        "lte" => ordered(value, with)?.is_le(),
        _ => return None,
    })
}

fn ordered(value: &Value, with: &Value) -> Option<std::cmp::Ordering> {
    match (value, with) {
        (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
        _ => value.as_f64()?.partial_cmp(&with.as_f64()?),
    }
}
