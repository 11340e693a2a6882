//! The database of an object, as a port: SQLite on both sides.

/// A value that goes in or comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number. Within 53 bits: JavaScript carries it.
    Integer(i64),
    /// A text.
    Text(String),
}

/// The database failed, or holds what this code cannot read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the database failed: {0}")]
pub struct SqlFailed(pub String);

/// A database. What happens during one call of an object is one transaction.
pub trait Sql {
    /// Runs one statement and reads all its rows.
    fn run(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlFailed>;
}

impl<T: Sql + ?Sized> Sql for &T {
    fn run(&self, statement: &str, values: &[Value]) -> Result<Vec<Row>, SqlFailed> {
        (**self).run(statement, values)
    }
}

/// One row of an answer, read by the places of its columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub Vec<Value>);

impl Row {
    /// A text that must be there.
    pub fn text(&self, at: usize) -> Result<String, SqlFailed> {
        self.maybe_text(at)?.ok_or_else(|| self.unexpected(at))
    }

    /// A text that may be absent.
    pub fn maybe_text(&self, at: usize) -> Result<Option<String>, SqlFailed> {
        match self.0.get(at) {
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(Value::Null) => Ok(None),
            _ => Err(self.unexpected(at)),
        }
    }

    /// A number that must be there.
    pub fn integer(&self, at: usize) -> Result<i64, SqlFailed> {
        match self.0.get(at) {
            Some(Value::Integer(number)) => Ok(*number),
            _ => Err(self.unexpected(at)),
        }
    }

    /// A number that counts something.
    pub fn count(&self, at: usize) -> Result<u64, SqlFailed> {
        u64::try_from(self.integer(at)?).map_err(|_| self.unexpected(at))
    }

    /// A number that counts something, and may be absent.
    pub fn maybe_count(&self, at: usize) -> Result<Option<u64>, SqlFailed> {
        match self.0.get(at) {
            Some(Value::Null) => Ok(None),
            _ => self.count(at).map(Some),
        }
    }

    /// A sum: of no rows it is nothing.
    pub fn sum(&self, at: usize) -> Result<u64, SqlFailed> {
        Ok(self.maybe_count(at)?.unwrap_or_default())
    }

    fn unexpected(&self, at: usize) -> SqlFailed {
        SqlFailed(format!("column {at} is {:?}", self.0.get(at)))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(number.into())
    }
}

impl From<u64> for Value {
    /// What does not fit was never let in.
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(it: bool) -> Self {
        Self::Integer(it.into())
    }
}

impl From<jiff::Timestamp> for Value {
    fn from(at: jiff::Timestamp) -> Self {
        Self::Integer(at.as_millisecond())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(it: Option<T>) -> Self {
        it.map_or(Self::Null, Into::into)
    }
}

/// The time of a number of milliseconds that was stored.
pub(super) fn time(ms: i64) -> Result<jiff::Timestamp, SqlFailed> {
    jiff::Timestamp::from_millisecond(ms).map_err(|error| SqlFailed(error.to_string()))
}
