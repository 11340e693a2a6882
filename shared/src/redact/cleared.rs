//! Things whose texts went through redaction, told from others by their type.

use serde::{Serialize, Serializer};

use super::{Place, Redaction};

/// Something that holds texts of others.
pub trait Redact: Sized {
    /// The same with each of these texts as `clean` gives it. An implementation takes the thing
    /// apart field by field, so that a new field has to be decided about.
    #[must_use]
    fn redact(self, clean: &dyn Fn(&str) -> String) -> Self;
}

/// Something as it may go to a place: only [`Redaction::clear`] makes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleared<T>(T);

impl Redaction {
    /// The thing as it may go there.
    pub fn clear<T: Redact>(&self, place: Place, thing: T) -> Cleared<T> {
        Cleared(thing.redact(&|text| self.towards(place, text)))
    }
}

impl<T> std::ops::Deref for Cleared<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Serialize> Serialize for Cleared<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl Redact for String {
    fn redact(self, clean: &dyn Fn(&str) -> String) -> Self {
        clean(&self)
    }
}

impl<T: Redact> Redact for Option<T> {
    fn redact(self, clean: &dyn Fn(&str) -> String) -> Self {
        self.map(|thing| thing.redact(clean))
    }
}

impl<T: Redact> Redact for Vec<T> {
    fn redact(self, clean: &dyn Fn(&str) -> String) -> Self {
        self.into_iter().map(|thing| thing.redact(clean)).collect()
    }
}
