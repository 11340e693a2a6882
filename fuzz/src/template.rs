//! Templates (`shared::hooks::template`): the first half of an input is the template, the second what
//! it is filled in with.
//!
//! Held: a refusal points into the text; a result is as long as is allowed or refused, whatever the
//! limit; a lenient template never lacks a field, and a strict one that lacks none says the same.

use serde_json::Value;
use shared::hooks::template::{MAX_TEMPLATE_BYTES, Missing, RenderError, Template};

use crate::input::{halves, is_within};

/// More than any of these inputs come to, but for those that grow without end.
const LONG: usize = 1 << 16;

pub(crate) fn check(bytes: &[u8]) {
    let (template, body) = halves(bytes);
    let Ok(text) = std::str::from_utf8(template) else {
        return;
    };
    let template = match Template::parse(text) {
        Ok(template) => template,
        Err(bad) => {
            assert!(is_within(text, bad.at.line, bad.at.column), "{bad}");
            assert!(!bad.problem.to_string().is_empty());
            return;
        }
    };
    assert!(text.len() <= MAX_TEMPLATE_BYTES);
    let fields: Value = serde_json::from_slice(body).unwrap_or_default();
    let render = |missing, limit| template.render(&fields, missing, limit);
    let lenient = render(Missing::Lenient, LONG);
    match &lenient {
        Ok(whole) => keeps_every_limit(whole, |limit| render(Missing::Lenient, limit)),
        Err(RenderError::TooLong { limit }) => assert_eq!(*limit, LONG),
        Err(missing) => panic!("a lenient template lacks a field: {missing}"),
    }
    match render(Missing::Strict, LONG) {
        Err(RenderError::MissingField { path, at }) => {
            assert!(path.starts_with('.'), "{path}");
            assert!(is_within(text, at.line, at.column), "{at}");
        }
        strict => assert_eq!(strict, lenient),
    }
    if !text.contains("{{") {
        assert_eq!(lenient.as_deref(), Ok(text));
    }
}

fn keeps_every_limit(whole: &str, render: impl Fn(usize) -> Result<String, RenderError>) {
    for limit in [
        0,
        1,
        whole.len() / 2,
        whole.len().saturating_sub(1),
        whole.len(),
    ] {
        let expected = if whole.len() <= limit {
            Ok(whole.to_owned())
        } else {
            Err(RenderError::TooLong { limit })
        };
        assert_eq!(render(limit), expected);
    }
}
