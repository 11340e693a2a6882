//! GraphQL for the fakes: a request is parsed and validated against the service's own schema and
//! executed by `apollo-compiler`, so that exactly the fields asked for come back, and nothing
//! that the schema does not know is ever asked.

mod bounds;
mod record;

use std::cell::RefCell;
use std::collections::HashMap;

use apollo_compiler::executable::OperationType;
use apollo_compiler::resolvers::{Execution, FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use self::bounds::connections;
pub(crate) use self::record::Record;

/// A service's schema.
pub(crate) struct Api(Valid<Schema>);

/// A request that the schema admits.
pub(crate) struct Operation {
    document: Valid<ExecutableDocument>,
    variables: JsonMap,
    pub(crate) is_mutation: bool,
}

/// A request that cannot be executed.
#[derive(Debug)]
pub(crate) enum Malformed {
    /// It is no GraphQL request at all.
    Body(String),
    /// The schema does not admit it: these are the reasons.
    Invalid(Vec<String>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    query: String,
    #[serde(default)]
    variables: Option<JsonMap>,
    #[serde(default)]
    operation_name: Option<String>,
}

impl Operation {
    /// Whether the request selects this field of the root.
    pub(crate) fn selects(&self, field: &str) -> bool {
        let fields = self
            .document
            .operations
            .iter()
            .flat_map(|operation| operation.root_fields(&self.document));
        fields.into_iter().any(|selected| selected.name == field)
    }
}

impl Api {
    /// Parses a schema that is part of the program.
    pub(crate) fn new(sdl: &str) -> Self {
        let schema = Schema::parse_and_validate(sdl, "schema.graphql");
        Self(schema.unwrap_or_else(|e| panic!("the schema is not valid:\n{e}")))
    }

    /// Reads a request's body and checks it against the schema, variables included.
    pub(crate) fn parse(&self, body: &[u8]) -> Result<Operation, Malformed> {
        let body: Body =
            serde_json::from_slice(body).map_err(|e| Malformed::Body(e.to_string()))?;
        let document =
            ExecutableDocument::parse_and_validate(&self.0, body.query, "request.graphql")
                .map_err(|e| {
                    Malformed::Invalid(
                        e.errors
                            .iter()
                            .map(|d| d.unstable_to_json_compat().message)
                            .collect(),
                    )
                })?;
        let operation = document.operations.get(body.operation_name.as_deref());
        let operation = operation.map_err(|e| Malformed::Invalid(vec![e.message().to_string()]))?;
        let variables = body.variables.unwrap_or_default();
        let is_mutation = operation.operation_type == OperationType::Mutation;
        let variables =
            apollo_compiler::request::coerce_variable_values(&self.0, operation, &variables)
                .map_err(|e| Malformed::Invalid(vec![e.message().to_string()]))?
                .into_inner();
        let chosen = body.operation_name.as_deref();
        if document.operations.iter().count() > 1
            || chosen.is_some_and(|name| operation.name.as_deref() != Some(name))
        {
            return Err(Malformed::Invalid(vec![
                "one operation a request".to_owned(),
            ]));
        }
        Ok(Operation {
            document,
            variables,
            is_mutation,
        })
    }

    /// Executes a request from a root object. The errors' own members are put in afterwards.
    pub(crate) fn execute(
        &self,
        operation: &Operation,
        root: &dyn ObjectValue,
        errors: &Errors,
    ) -> Value {
        let execution =
            Execution::new(&self.0, &operation.document).raw_variable_values(&operation.variables);
        let response = execution
            .execute_sync(root)
            .unwrap_or_else(|e| panic!("{}", e.message()));
        let mut response = serde_json::to_value(response).expect("a response is JSON");
        errors.complete(&mut response);
        plain_numbers(&mut response);
        response
    }
}

/// What the service adds to an error beside its message: `apollo-compiler` has no place for it,
/// so it waits here under the message until the response is made.
#[derive(Debug, Default)]
pub(crate) struct Errors(RefCell<HashMap<String, Value>>);

impl Errors {
    /// An error with more members (`type`, `extensions`).
    pub(crate) fn error(&self, message: impl Into<String>, members: Value) -> FieldError {
        let message = message.into();
        self.0.borrow_mut().insert(message.clone(), members);
        FieldError { message }
    }

    fn complete(&self, response: &mut Value) {
        let known = self.0.borrow();
        let errors = response.get_mut("errors").and_then(Value::as_array_mut);
        for error in errors.into_iter().flatten() {
            // `apollo-compiler` says that the error is a resolver's; no service does.
            let message = error["message"].as_str().unwrap_or_default();
            let message = message
                .strip_prefix("resolver error: ")
                .unwrap_or(message)
                .to_owned();
            let members = known.get(&message).and_then(Value::as_object);
            for (name, value) in members.into_iter().flatten() {
                error[name] = value.clone();
            }
            error["message"] = message.into();
        }
    }
}

/// Plain JSON for the executor.
pub(crate) fn leaf<'a>(value: &Value) -> ResolvedValue<'a> {
    ResolvedValue::Leaf(into_bytes_json(value))
}

fn into_bytes_json(value: &Value) -> JsonValue {
    serde_json::from_value(value.clone()).expect("JSON is JSON")
}

/// Plain JSON for a field that may be a `Float`, which the executor takes no integer for.
pub(crate) fn leaf_for<'a>(info: &ResolveInfo<'_>, value: &Value) -> ResolvedValue<'a> {
    let is_float = info.field_definition().ty.inner_named_type() == "Float";
    match value.as_f64() {
        Some(number) if is_float => ResolvedValue::leaf(number),
        _ => leaf(value),
    }
}

/// Whole numbers without a fraction, as every service written in JavaScript or Ruby sends them.
fn plain_numbers(value: &mut Value) {
    match value {
        Value::Object(fields) => fields.values_mut().for_each(plain_numbers),
        Value::Array(items) => items.iter_mut().for_each(plain_numbers),
        Value::Number(number) if number.is_f64() => {
            let text = number.to_string();
            if let Some(whole) = text
                .strip_suffix(".0")
                .and_then(|whole| whole.parse::<i64>().ok())
            {
                *value = whole.into();
            }
        }
        _ => {}
    }
}

/// The arguments of a field as plain JSON.
pub(crate) fn arguments(info: &ResolveInfo<'_>) -> Value {
    serde_json::to_value(info.arguments()).expect("JSON is JSON")
}
