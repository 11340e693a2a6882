//! The tables of an object that keeps more than named rows.

use shared::hub::sql::{Row, Sql, SqlFailed, Value};
use worker::SqlStorageValue;

use crate::rows::{Rows, StoreFailed};

impl Sql for Rows {
    fn run(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlFailed> {
        let bindings = values.iter().map(|value| match value {
            Value::Null => SqlStorageValue::Null,
            Value::Integer(number) => SqlStorageValue::Integer(*number),
            Value::Text(text) => SqlStorageValue::String(text.clone()),
        });
        let rows = self
            .exec(statement, bindings.collect())
            .map_err(|failed| SqlFailed(failed.0))?;
        rows.into_iter().map(read).collect()
    }
}

impl From<SqlFailed> for StoreFailed {
    fn from(failed: SqlFailed) -> Self {
        Self(failed.0)
    }
}

fn read(row: Vec<SqlStorageValue>) -> Result<Row, SqlFailed> {
    let value = |value| match value {
        SqlStorageValue::Null => Ok(Value::Null),
        SqlStorageValue::Boolean(it) => Ok(Value::Integer(it.into())),
        SqlStorageValue::Integer(number) => Ok(Value::Integer(number)),
        SqlStorageValue::String(text) => Ok(Value::Text(text)),
        // Whole numbers come as integers; nothing of ours is a fraction or a blob.
        other => Err(SqlFailed(format!("no column of ours is {other:?}"))),
    };
    row.into_iter()
        .map(value)
        .collect::<Result<_, _>>()
        .map(Row)
}
