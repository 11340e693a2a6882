//! How Discord says no: `{code, message, errors}`.
//!
//! Invariant: a refusal is either the way of the world (a message was deleted, a token ran out)
//! or the sender's mistake. Mistakes are noted as violations, because no retry mends them and
//! Discord bans an address for too many.
//! <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::{Map, Value, json};

/// A request that is not carried out.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    status: StatusCode,
    code: u32,
    message: &'static str,
    errors: Option<Value>,
    is_mistake: bool,
}

/// Rides on a response for the front to note; never leaves the fake.
#[derive(Debug, Clone)]
pub(super) struct Mistake(pub(super) String);

macro_rules! refusals {
    ($($name:ident: $status:ident $code:literal $message:literal $kind:ident;)*) => {
        impl Refusal {$(
            pub(super) fn $name() -> Self {
                Self {
                    status: StatusCode::$status,
                    code: $code,
                    message: $message,
                    errors: None,
                    is_mistake: refusals!(@ $kind),
                }
            }
        )*}
    };
    (@ mistake) => { true };
    (@ world) => { false };
}

refusals! {
    unauthorized: UNAUTHORIZED 0 "401: Unauthorized" mistake;
    no_such_route: NOT_FOUND 0 "404: Not Found" mistake;
    wrong_method: METHOD_NOT_ALLOWED 0 "405: Method Not Allowed" mistake;
    unknown_channel: NOT_FOUND 10003 "Unknown Channel" world;
    unknown_guild: NOT_FOUND 10004 "Unknown Guild" world;
    unknown_message: NOT_FOUND 10008 "Unknown Message" world;
    unknown_webhook: NOT_FOUND 10015 "Unknown Webhook" world;
    unknown_interaction: NOT_FOUND 10062 "Unknown interaction" world;
    already_acknowledged: BAD_REQUEST 40060 "Interaction has already been acknowledged." mistake;
    bad_user_agent: FORBIDDEN 40333 "internal network error" mistake;
    missing_access: FORBIDDEN 50001 "Missing Access" world;
    not_the_author: FORBIDDEN 50005 "Cannot edit a message authored by another user" mistake;
    empty_message: BAD_REQUEST 50006 "Cannot send an empty message" mistake;
    missing_permissions: FORBIDDEN 50013 "Missing Permissions" world;
    invalid_webhook_token: UNAUTHORIZED 50027 "Invalid Webhook Token" world;
    archived: BAD_REQUEST 50083 "Thread is archived" world;
    invalid_json: BAD_REQUEST 50109 "The request body contains invalid JSON." mistake;
    thread_exists: BAD_REQUEST 160_004 "A thread has already been created for this message" world;
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({"message": self.message, "code": self.code});
        if let Some(errors) = &self.errors {
            body["errors"] = errors.clone();
        }
        let mistake = self
            .is_mistake
            .then(|| Mistake(format!("{} {body}", self.status)));
        let mut response = (self.status, axum::Json(body)).into_response();
        if let Some(mistake) = mistake {
            response.extensions_mut().insert(mistake);
        }
        response
    }
}

/// What is wrong with the fields of a form, gathered: all of it goes into one 50035.
#[derive(Debug, Default)]
pub(super) struct FormErrors(Vec<FieldError>);

#[derive(Debug)]
struct FieldError {
    /// Dotted: `embeds.0.title`. Empty for the form as a whole.
    path: String,
    code: &'static str,
    message: String,
}

impl FormErrors {
    pub(super) fn add(
        &mut self,
        path: impl Into<String>,
        code: &'static str,
        message: impl Into<String>,
    ) {
        self.0.push(FieldError {
            path: path.into(),
            code,
            message: message.into(),
        });
    }

    /// The text at `path` is there and no longer than `most` characters.
    pub(super) fn text(&mut self, path: &str, value: &Value, most: usize, required: bool) -> usize {
        let length = match value {
            Value::Null => 0,
            Value::String(text) => text.chars().count(),
            _ => {
                self.add(path, "BASE_TYPE_BAD_TYPE", "Could not interpret as string.");
                return 0;
            }
        };
        if length > most {
            self.add(
                path,
                "BASE_TYPE_MAX_LENGTH",
                format!("Must be {most} or fewer in length."),
            );
        } else if required && length == 0 {
            self.add(path, "BASE_TYPE_REQUIRED", "This field is required");
        }
        length
    }

    /// The list at `path`, if it is one and holds no more than `most`.
    pub(super) fn list<'a>(&mut self, path: &str, value: &'a Value, most: usize) -> &'a [Value] {
        match value {
            Value::Null => &[],
            Value::Array(items) if items.len() <= most => items,
            Value::Array(_) => {
                self.add(
                    path,
                    "BASE_TYPE_MAX_LENGTH",
                    format!("Must be {most} or fewer in length."),
                );
                &[]
            }
            _ => {
                self.add(
                    path,
                    "LIST_TYPE_CONVERT",
                    "Only iterables may be used in a ListType",
                );
                &[]
            }
        }
    }

    /// An `http` or `https` address, if there is one.
    pub(super) fn address(&mut self, path: &str, value: &Value, most: usize) {
        self.text(path, value, most, false);
        let Some(text) = value.as_str() else { return };
        match url::Url::parse(text) {
            Err(_) => self.add(path, "URL_TYPE_INVALID_URL", "Not a well formed URL."),
            Ok(url) if !matches!(url.scheme(), "http" | "https" | "attachment") => {
                let scheme = format!(
                    "Scheme \"{}\" is not supported. Scheme must be one of ('http', 'https').",
                    url.scheme()
                );
                self.add(path, "URL_TYPE_INVALID_SCHEME", scheme);
            }
            Ok(_) => {}
        }
    }

    /// `Err` with all of it, if there is any.
    pub(super) fn check(self) -> Result<(), Refusal> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut tree = json!({});
        for error in &self.0 {
            let mut at = &mut tree;
            for key in error.path.split('.').filter(|key| !key.is_empty()) {
                at = object(at).entry(key).or_insert_with(|| json!({}));
            }
            let list = object(at).entry("_errors").or_insert_with(|| json!([]));
            list.as_array_mut()
                .expect("just made")
                .push(json!({"code": error.code, "message": error.message}));
        }
        Err(Refusal {
            status: StatusCode::BAD_REQUEST,
            code: 50035,
            message: "Invalid Form Body",
            errors: Some(tree),
            is_mistake: true,
        })
    }
}

fn object(value: &mut Value) -> &mut Map<String, Value> {
    value.as_object_mut().expect("the tree holds objects only")
}
