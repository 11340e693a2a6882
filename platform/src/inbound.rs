//! Requests that come in, and the answers to them.

use shared::http::{Request, Response};
use worker::Headers;

use crate::fetch::{ReadFailed, read_bounded};

/// Why a request could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// Its body is longer than the caller allows: answer 413.
    #[error("the body is longer than {0} bytes")]
    TooLarge(usize),
    /// The connection broke off, or the request is not one: answer 400.
    #[error("the request could not be read: {0}")]
    Broken(String),
}

/// Reads a request with a body of at most `limit` bytes. Only the headers named in `wanted` cross
/// from JavaScript, each crossing having its price.
///
/// A body that announces too great a length is refused unread; one that announces none is read as
/// it comes, up to the limit and no further. One that announces a fitting length is taken whole:
/// the runtime's HTTP parser ends it there, and a stream costs several promises more.
pub async fn read(
    mut request: worker::Request,
    limit: usize,
    wanted: &[&str],
) -> Result<Request, Unreadable> {
    let broken = |error: worker::Error| Unreadable::Broken(error.to_string());
    let announced = request.headers().get("content-length").map_err(broken)?;
    let announced = announced.and_then(|length| length.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(Unreadable::TooLarge(limit));
    }
    let mut read = http::Request::builder()
        .method(request.method().as_ref())
        .uri(request.inner().url());
    for name in wanted {
        if let Some(value) = request.headers().get(name).map_err(broken)? {
            read = read.header(*name, value);
        }
    }
    let body = match announced {
        Some(0) => Vec::new(),
        Some(_) => request.bytes().await.map_err(broken)?,
        None if request.inner().body().is_none() => Vec::new(),
        None => match read_bounded(request.stream().map_err(broken)?, limit).await {
            Ok(body) => body,
            Err(ReadFailed::TooLarge) => return Err(Unreadable::TooLarge(limit)),
            Err(ReadFailed::Broken(detail)) => return Err(Unreadable::Broken(detail)),
        },
    };
    if body.len() > limit {
        return Err(Unreadable::TooLarge(limit));
    }
    read.body(body)
        .map_err(|error| Unreadable::Broken(error.to_string()))
}

/// The runtime's form of an answer.
pub fn answer(response: Response) -> worker::Result<worker::Response> {
    let (head, body) = response.into_parts();
    let headers = Headers::new();
    for (name, value) in &head.headers {
        let value = value
            .to_str()
            .map_err(|error| worker::Error::RustError(error.to_string()))?;
        headers.append(name.as_str(), value)?;
    }
    let answer = worker::Response::builder()
        .with_status(head.status.as_u16())
        .with_headers(headers);
    Ok(if body.is_empty() {
        answer.empty()
    } else {
        answer.fixed(body)
    })
}
