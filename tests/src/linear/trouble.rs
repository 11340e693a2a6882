//! Linear's errors, as they come in `errors` with their `extensions`.

use apollo_compiler::resolvers::FieldError;
use serde_json::{Value, json};

use crate::graphql::Errors;

/// An error of one field.
#[derive(Debug)]
pub(super) struct Trouble {
    message: String,
    extensions: Value,
}

impl Trouble {
    /// What was named does not exist, or is hidden.
    pub(super) fn not_found(kind: &str) -> Self {
        let presentable = format!("Could not find referenced {kind}.");
        Self::input(format!("Entity not found: {kind}"), &presentable)
    }

    /// A thing with the id that the client chose exists.
    pub(super) fn conflict(kind: &str, id: &str) -> Self {
        let presentable = format!("Entity {kind} with id {id} already exists.");
        Self::input(format!("conflict on insert of {kind}"), &presentable)
    }

    /// An argument that the schema admits and Linear does not.
    pub(super) fn invalid(presentable: &str) -> Self {
        let extensions = json!({
            "type": "invalid input",
            "code": "INVALID_INPUT",
            "statusCode": 400,
            "userError": true,
            "userPresentableMessage": presentable,
        });
        Self {
            message: "Argument Validation Error".to_owned(),
            extensions,
        }
    }

    /// The key may not do this.
    pub(super) fn forbidden() -> Self {
        let extensions = json!({
            "type": "forbidden",
            "code": "FORBIDDEN",
            "statusCode": 403,
            "userError": true,
            "userPresentableMessage": "You don't have permission to perform this action.",
        });
        Self {
            message: "Invalid scope: `write` required".to_owned(),
            extensions,
        }
    }

    fn input(message: String, presentable: &str) -> Self {
        let extensions = json!({
            "type": "invalid input",
            "code": "INPUT_ERROR",
            "statusCode": 400,
            "userError": true,
            "userPresentableMessage": presentable,
        });
        Self {
            message,
            extensions,
        }
    }

    /// As the executor takes it.
    pub(super) fn into_error(self, errors: &Errors) -> FieldError {
        errors.error(self.message, json!({ "extensions": self.extensions }))
    }
}
