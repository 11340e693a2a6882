//! Reads a request's body: JSON, or a form with `payload_json` and `files[n]`.
//! <https://docs.discord.com/developers/reference#uploading-files>

use axum::extract::{FromRequest, Multipart, Request};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use serde_json::Value;

use super::refusal::{FormErrors, Refusal};

/// The most files on one message.
const MAX_FILES: usize = 10;

/// A body as it was posted.
#[derive(Debug, Default)]
pub(super) struct Posted {
    pub(super) json: Value,
    pub(super) files: Vec<Upload>,
}

#[derive(Debug)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) content_type: Option<String>,
    pub(super) content: Bytes,
}

impl From<Value> for Posted {
    fn from(json: Value) -> Self {
        Self {
            json,
            files: Vec::new(),
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let kind = request
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default();
        if kind.starts_with("application/json") {
            let body = Bytes::from_request(request, state)
                .await
                .map_err(|_| Refusal::invalid_json())?;
            let json = serde_json::from_slice(&body).map_err(|_| Refusal::invalid_json())?;
            Ok(Self {
                json,
                files: Vec::new(),
            })
        } else if kind.starts_with("multipart/form-data") {
            let form = Multipart::from_request(request, state)
                .await
                .map_err(|_| Refusal::invalid_json())?;
            read_form(form).await
        } else {
            Err(wrong_content_type())
        }
    }
}

async fn read_form(mut form: Multipart) -> Result<Posted, Refusal> {
    let mut posted = Posted {
        json: Value::Null,
        files: Vec::new(),
    };
    while let Some(field) = form
        .next_field()
        .await
        .map_err(|_| Refusal::invalid_json())?
    {
        let part = field.name().unwrap_or_default().to_owned();
        let name = field.file_name().map(str::to_owned);
        let content_type = field.content_type().map(str::to_owned);
        let content = field.bytes().await.map_err(|_| Refusal::invalid_json())?;
        if part == "payload_json" {
            posted.json = serde_json::from_slice(&content).map_err(|_| Refusal::invalid_json())?;
        } else if part == format!("files[{}]", posted.files.len()) {
            let name = name.ok_or_else(|| misnamed(&part))?;
            posted.files.push(Upload {
                name,
                content_type,
                content,
            });
        } else {
            return Err(misnamed(&part));
        }
    }
    if posted.files.len() > MAX_FILES {
        let mut errors = FormErrors::default();
        errors.add(
            "files",
            "BASE_TYPE_MAX_LENGTH",
            format!("Must be {MAX_FILES} or fewer in length."),
        );
        errors.check()?;
    }
    Ok(posted)
}

fn misnamed(part: &str) -> Refusal {
    let mut errors = FormErrors::default();
    errors.add(
        part,
        "BASE_TYPE_BAD_TYPE",
        "Expected payload_json, or files[n] in order with a file name.",
    );
    errors.check().expect_err("an error was added")
}

fn wrong_content_type() -> Refusal {
    let mut errors = FormErrors::default();
    let message = "Expected \"Content-Type\" header to be one of {'application/json', 'multipart/form-data'}.";
    errors.add("_misc", "CONTENT_TYPE_INVALID", message);
    errors.check().expect_err("an error was added")
}
