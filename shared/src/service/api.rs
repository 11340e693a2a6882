//! Where a service is and how we identify ourselves there: what every request to it has in
//! common. Checked once, when it is made, so that building a request cannot fail.
//!
//! Invariant: text from outside reaches a path only as one whole segment, percent-encoded, so
//! that no id or name can change which call is made.

use ::http::{HeaderName, HeaderValue, Method, Uri, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::http::{Request, USER_AGENT};
use crate::secret::Secret;

/// What may stand in a path segment as it is: RFC 3986's unreserved characters, and `@`.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'@');

/// The address of a service and the headers that go with every request to it.
#[derive(Debug, Clone)]
pub struct Api {
    base: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

/// An address or credential of the configuration that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadAccess {
    /// Not an absolute http(s) address.
    #[error("the address {0:?} is not an absolute http(s) address")]
    Address(String),
    /// The credential holds characters that no header may.
    #[error("the credential holds a line break or other control character")]
    Credential,
}

impl Api {
    /// A service at `base`, with or without a trailing slash, and without a query.
    pub fn new(base: &str) -> Result<Self, BadAccess> {
        let bad = || BadAccess::Address(base.to_owned());
        let trimmed = base.trim_end_matches('/');
        let uri: Uri = trimmed.parse().map_err(|_| bad())?;
        let absolute = matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some();
        if !absolute || uri.query().is_some() {
            return Err(bad());
        }
        Ok(Self {
            base: trimmed.to_owned(),
            headers: Vec::new(),
        })
    }

    /// Adds `Authorization: {scheme}{credential}`; `scheme` ends with its blank (`"Bearer "`).
    pub fn authorized(mut self, scheme: &str, credential: &Secret) -> Result<Self, BadAccess> {
        let mut value = HeaderValue::try_from(format!("{scheme}{}", credential.expose()))
            .map_err(|_| BadAccess::Credential)?;
        value.set_sensitive(true);
        self.headers
            .retain(|(name, _)| name != header::AUTHORIZATION);
        self.headers.push((header::AUTHORIZATION, value));
        Ok(self)
    }

    /// Adds a fixed header to every request.
    pub(crate) fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.push((name, HeaderValue::from_static(value)));
        self
    }

    /// A request without a body.
    pub(crate) fn call(&self, method: Method, path: &[&str], query: &[(&str, &str)]) -> Request {
        self.build(method, path, query, None, Vec::new())
    }

    /// A request with a JSON body.
    pub(crate) fn call_json(
        &self,
        method: Method,
        path: &[&str],
        body: &impl serde::Serialize,
    ) -> Request {
        let body = serde_json::to_vec(body).expect("our bodies have text keys and no failing part");
        self.build(method, path, &[], Some("application/json"), body)
    }

    /// A request with any body.
    pub(crate) fn call_with(
        &self,
        method: Method,
        path: &[&str],
        content_type: &str,
        body: Vec<u8>,
    ) -> Request {
        self.build(method, path, &[], Some(content_type), body)
    }

    fn build(
        &self,
        method: Method,
        path: &[&str],
        query: &[(&str, &str)],
        content_type: Option<&str>,
        body: Vec<u8>,
    ) -> Request {
        let mut request = ::http::Request::builder()
            .method(method)
            .uri(self.address(path, query))
            .header(header::USER_AGENT, USER_AGENT);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        request
            .body(body)
            .expect("the base was checked and everything after it is encoded")
    }

    /// The address of a path and query below the base.
    pub(crate) fn address(&self, path: &[&str], query: &[(&str, &str)]) -> String {
        let mut address = self.base.clone();
        for segment in path {
            address.push('/');
            match *segment {
                // URL parsers resolve dot segments even when they are percent-encoded. Encoded
                // twice they are a name that exists nowhere.
                "." => address.push_str("%252E"),
                ".." => address.push_str("%252E%252E"),
                other => address.extend(utf8_percent_encode(other, SEGMENT)),
            }
        }
        if !query.is_empty() {
            address.push('?');
            let mut pairs = url::form_urlencoded::Serializer::new(String::new());
            address.push_str(&pairs.extend_pairs(query).finish());
        }
        address
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path_of(segments: &[&str]) -> String {
        let api = Api::new("https://api.example/v1/").unwrap();
        api.call(Method::GET, segments, &[]).uri().to_string()
    }

    #[test]
    fn text_from_outside_cannot_leave_its_path_segment() {
        assert_eq!(
            path_of(&["a", "b/c?d#e"]),
            "https://api.example/v1/a/b%2Fc%3Fd%23e"
        );
        assert_eq!(
            path_of(&["..", "users"]),
            "https://api.example/v1/%252E%252E/users"
        );
        assert_eq!(path_of(&["ü", "@me"]), "https://api.example/v1/%C3%BC/@me");
    }

    #[test]
    fn an_address_that_is_not_absolute_is_refused() {
        for base in [
            "",
            "api.example",
            "/v1",
            "ftp://api.example",
            "https://a/?x=1",
            "https://a b",
        ] {
            assert!(Api::new(base).is_err(), "{base:?} was taken");
        }
    }

    #[test]
    fn a_credential_with_a_line_break_is_refused_and_none_shows_in_debug() {
        let api = Api::new("https://api.example").unwrap();
        let broken = api.clone().authorized("Bot ", &Secret::new("a\r\nX: y"));
        assert_eq!(broken.unwrap_err(), BadAccess::Credential);
        let api = api.authorized("Bot ", &Secret::new("hunter2")).unwrap();
        let request = api.call(Method::GET, &["a"], &[]);
        assert_eq!(request.headers()["authorization"], "Bot hunter2");
        assert!(!format!("{api:?} {request:?}").contains("hunter2"));
    }
}
