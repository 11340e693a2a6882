//! An object whose fields are all known beforehand.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use serde_json::{Map, Value};

use super::leaf;

/// A JSON object as a GraphQL object; it names its type in `__typename`. Objects and lists within
/// are resolved the same way.
pub(crate) struct Record(Map<String, Value>);

impl Record {
    /// An object of this type with these fields.
    pub(crate) fn new(type_name: &str, fields: Value) -> Self {
        let Value::Object(mut fields) = fields else {
            panic!("a record is made of an object")
        };
        fields.insert("__typename".to_owned(), type_name.into());
        Self(fields)
    }
}

impl ObjectValue for Record {
    fn type_name(&self) -> &str {
        self.0["__typename"]
            .as_str()
            .expect("the name of a type is text")
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        self.0
            .get(info.field_name())
            .map(resolved)
            .ok_or_else(|| self.unknown_field_error(info))
    }
}

fn resolved<'a>(value: &Value) -> ResolvedValue<'a> {
    match value {
        Value::Object(fields) if fields.contains_key("__typename") => {
            ResolvedValue::object(Record(fields.clone()))
        }
        Value::Array(items) => ResolvedValue::list(items.iter().map(resolved).collect::<Vec<_>>()),
        leaf_value => leaf(leaf_value),
    }
}
