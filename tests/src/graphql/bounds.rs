//! How much a request asks for: every list that can be bounded by `first`, with the bound that it
//! is given.

use apollo_compiler::ast::Value;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::response::JsonValue;

use super::Operation;

/// One connection that a request selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Connection {
    /// The field's name.
    pub(crate) field: String,
    /// Its `first` or `last`; `None` when it gives neither.
    pub(crate) bound: Option<i64>,
}

/// Every connection of the request, nested ones included.
pub(crate) fn connections(operation: &Operation) -> Vec<Connection> {
    let mut found = Vec::new();
    for operation_definition in operation.document.operations.iter() {
        walk(operation, &operation_definition.selection_set, &mut found);
    }
    found
}

fn walk(operation: &Operation, set: &SelectionSet, found: &mut Vec<Connection>) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                if field.definition.argument_by_name("first").is_some() {
                    found.push(Connection {
                        field: field.name.to_string(),
                        bound: bound(operation, field),
                    });
                }
                walk(operation, &field.selection_set, found);
            }
            Selection::InlineFragment(fragment) => walk(operation, &fragment.selection_set, found),
            Selection::FragmentSpread(spread) => {
                // Validation has refused unknown fragments, and fragments that contain themselves.
                if let Some(fragment) = operation.document.fragments.get(&spread.fragment_name) {
                    walk(operation, &fragment.selection_set, found);
                }
            }
        }
    }
}

fn bound(operation: &Operation, field: &Field) -> Option<i64> {
    let mut given = field
        .arguments
        .iter()
        .filter(|a| a.name == "first" || a.name == "last");
    given.find_map(|argument| match &*argument.value {
        Value::Int(number) => number.try_to_i32().ok().map(i64::from),
        Value::Variable(name) => operation
            .variables
            .get(name.as_str())
            .and_then(JsonValue::as_i64),
        _ => None,
    })
}
