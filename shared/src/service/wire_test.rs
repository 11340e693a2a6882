//! What the clients' wire tests share: a request as text, and a response from text.

use crate::http::{Request, Response};

/// A request as it would go over the wire, save the version and the user agent (which is checked
/// to be there).
pub(crate) fn shown(request: &Request) -> String {
    use std::fmt::Write as _;
    let mut text = format!("{} {}\n", request.method(), request.uri());
    let mut headers: Vec<_> = request.headers().iter().collect();
    headers.sort_by_key(|(name, _)| name.as_str());
    assert_eq!(request.headers()["user-agent"], crate::http::USER_AGENT);
    for (name, value) in headers
        .into_iter()
        .filter(|(name, _)| *name != "user-agent")
    {
        writeln!(text, "{name}: {}", value.to_str().unwrap()).unwrap();
    }
    let body = std::str::from_utf8(request.body())
        .unwrap()
        .replace('\r', "");
    if !body.is_empty() {
        write!(text, "\n{body}").unwrap();
    }
    text.trim_end().to_owned()
}

/// A response with a JSON (or other) body.
pub(crate) fn answer(status: u16, body: &str) -> Response {
    answer_with(status, &[], body)
}

/// A response with headers.
pub(crate) fn answer_with(status: u16, headers: &[(&str, &str)], body: &str) -> Response {
    let mut response = ::http::Response::builder().status(status);
    for (name, value) in headers {
        response = response.header(*name, *value);
    }
    response.body(body.as_bytes().to_vec()).unwrap()
}
