//! Answers of the webhook.

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::json;
use shared::hooks::{EventId, Refusal};

pub(super) fn json(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let value = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, value);
    response
}

pub(super) fn accepted(id: &EventId) -> Response<Full<Bytes>> {
    json(StatusCode::ACCEPTED, json!({"id": id.as_str()}).to_string())
}

pub(super) fn refused(refusal: &Refusal) -> Response<Full<Bytes>> {
    let mut response = error(refusal.status(), &refusal.to_string());
    if let Refusal::Method(allowed) = refusal {
        let value = HeaderValue::from_static(allowed);
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

pub(super) fn error(status: StatusCode, reason: &str) -> Response<Full<Bytes>> {
    json(status, json!({"error": reason}).to_string())
}
