//! Bodies: read field by field, so that whatever is wrong is named.

use serde_json::{Map, Value};

use super::answer::Problem;
use crate::hub::IssueRef;
use crate::hub::client::ClientId;
use crate::hub::clients::Admitted;

/// A number that is asked for by its name may not be greater: JavaScript carries it.
const MAX_NUMBER: u64 = 1 << 53;

/// The fields of a body, and what is wrong with them.
pub(super) struct Fields {
    object: Map<String, Value>,
    errors: Vec<(String, String)>,
}

impl Fields {
    /// A body that is a JSON object.
    pub(super) fn read(body: &[u8]) -> Result<Self, Problem> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(object)) => Ok(Self {
                object,
                errors: Vec::new(),
            }),
            Ok(_) => Err(Problem::invalid("body", "must be a JSON object")),
            Err(_) => Err(Problem::invalid("body", "is not JSON")),
        }
    }

    /// Something is wrong with a field.
    pub(super) fn wrong(&mut self, name: &str, what: impl std::fmt::Display) {
        self.errors.push((name.to_owned(), what.to_string()));
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// A text that may be absent.
    pub(super) fn maybe_text(&mut self, name: &str, max_chars: usize) -> Option<String> {
        let Value::String(text) = self.value(name)? else {
            self.wrong(name, "must be a text");
            return None;
        };
        let text = text.trim().to_owned();
        if text.chars().count() > max_chars {
            self.wrong(name, format!("must have at most {max_chars} characters"));
            return None;
        }
        if text.chars().any(char::is_control) {
            self.wrong(name, "must not hold control characters");
            return None;
        }
        (!text.is_empty()).then_some(text)
    }

    /// A text that has to be there. A wrong one is empty, and noted.
    pub(super) fn text(&mut self, name: &str, max_chars: usize) -> String {
        let wrong_before = self.errors.len();
        let text = self.maybe_text(name, max_chars);
        if text.is_none() && self.errors.len() == wrong_before {
            self.wrong(name, "is required");
        }
        text.unwrap_or_default()
    }

    /// A web address that may be absent.
    pub(super) fn maybe_url(&mut self, name: &str, max_chars: usize) -> Option<String> {
        let text = self.maybe_text(name, max_chars)?;
        match url::Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Some(text),
            _ => {
                self.wrong(name, "must be an http(s) address");
                None
            }
        }
    }

    /// A number that counts something and may be absent.
    pub(super) fn maybe_number(&mut self, name: &str) -> Option<u64> {
        match self.value(name)?.as_u64() {
            Some(number) if number <= MAX_NUMBER => Some(number),
            _ => {
                self.wrong(name, "must be a whole number, and not negative");
                None
            }
        }
    }

    /// What is below a name, as an object of its own.
    pub(super) fn object(&mut self, name: &str) -> Map<String, Value> {
        match self.value(name) {
            Some(Value::Object(object)) => object.clone(),
            Some(_) => {
                self.wrong(name, "must be an object");
                Map::new()
            }
            None => {
                self.wrong(name, "is required");
                Map::new()
            }
        }
    }

    /// A list of texts that may be absent.
    pub(super) fn maybe_texts(&mut self, name: &str) -> Option<Vec<String>> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let list = self.value(name)?.as_array();
        let texts = list.and_then(|list| list.iter().map(text).collect::<Option<Vec<_>>>());
        if texts.is_none() {
            self.wrong(name, "must be a list of texts");
        }
        texts
    }

    /// The client, which has to be the one whose key came.
    pub(super) fn client(&mut self, by: &Admitted) -> Result<ClientId, Problem> {
        let text = self.text("client_id", crate::hub::client::MAX_CLIENT_CHARS);
        if text.is_empty() || text == by.client.as_str() {
            return Ok(by.client.clone());
        }
        match ClientId::parse(&text) {
            Ok(_) => Err(Problem::Forbidden("This key is another client's.")),
            Err(bad) => {
                self.wrong("client_id", bad);
                Ok(by.client.clone())
            }
        }
    }

    /// All is well, or what is not.
    pub(super) fn done(self) -> Result<(), Problem> {
        if self.errors.is_empty() {
            Ok(())
        } else {
            Err(Problem::Invalid(self.errors))
        }
    }

    /// The fields of an object below this one.
    pub(super) fn of(object: Map<String, Value>) -> Self {
        Self {
            object,
            errors: Vec::new(),
        }
    }

    /// What is wrong below `name` is wrong here.
    pub(super) fn adopt(&mut self, name: &str, below: Self) {
        for (field, what) in below.errors {
            self.errors.push((format!("{name}.{field}"), what));
        }
    }
}

/// The issue that a claim is about, if the body names one. What is wrong is said later.
pub(super) fn claimed_issue(body: &[u8]) -> Option<IssueRef> {
    #[derive(serde::Deserialize)]
    struct Named {
        issue_id: String,
    }
    let named: Named = serde_json::from_slice(body).ok()?;
    IssueRef::parse(&named.issue_id).ok()
}

/// A parameter of the address.
pub(super) fn parameter(request: &crate::http::Request, name: &str) -> Option<String> {
    let pairs = request.uri().query()?;
    let mut pairs = url::form_urlencoded::parse(pairs.as_bytes());
    let found = pairs.find(|(known, _)| known == name);
    found
        .map(|(_, value)| value.trim().to_owned())
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(body: &str, read: impl FnOnce(&mut Fields)) -> String {
        let mut fields = match Fields::read(body.as_bytes()) {
            Ok(fields) => fields,
            Err(problem) => return format!("{problem:?}"),
        };
        read(&mut fields);
        match fields.done() {
            Ok(()) => "none".to_owned(),
            Err(Problem::Invalid(errors)) => {
                let lines = errors.iter().map(|(name, what)| format!("{name} {what}"));
                lines.collect::<Vec<_>>().join("; ")
            }
            Err(other) => format!("{other:?}"),
        }
    }

    #[test]
    fn whatever_is_wrong_is_named() {
        let all = |fields: &mut Fields| {
            fields.text("name", 5);
            fields.maybe_url("url", 30);
            fields.maybe_number("number");
            fields.maybe_texts("list");
            fields.object("below");
        };
        for (body, expected) in [
            (r#"{"name": "ann", "below": {}}"#, "none"),
            (
                r#"{"name": "ann", "url": "https://a.b/", "number": 0, "list": ["x"], "below": {}}"#,
                "none",
            ),
            (
                r#"{"name": null, "url": null, "number": null}"#,
                "name is required; below is required",
            ),
            (
                r#"{"name": "too long", "url": "ftp://a", "number": -1, "list": [1], "below": 1}"#,
                "name must have at most 5 characters; url must be an http(s) address; \
                 number must be a whole number, and not negative; list must be a list of texts; \
                 below must be an object",
            ),
            (
                r#"{"name": 7, "number": 1.5, "below": {}}"#,
                "name must be a text; number must be a whole number, and not negative",
            ),
            (
                r#"{"name": "a", "number": 9007199254740992, "below": {}}"#,
                "none",
            ),
            (
                r#"{"name": "a", "number": 9007199254740993, "below": {}}"#,
                "number must be a whole number, and not negative",
            ),
            (
                r#"{"name": "a\u0000", "below": {}}"#,
                "name must not hold control characters",
            ),
        ] {
            assert_eq!(problems(body, all), expected, "{body}");
        }
    }

    #[test]
    fn what_is_no_object_is_refused_whole() {
        for (body, what) in [("", "is not JSON"), ("[]", "must be a JSON object")] {
            assert_eq!(
                Fields::read(body.as_bytes()).err(),
                Some(Problem::invalid("body", what))
            );
        }
    }
}
