//! Whether a log is what was written: a function of its entries, and of a head that is known from
//! elsewhere. Whoever holds an export needs nothing of ours to check it but this.

use super::{Digest, Entry, Head};

/// What is wrong with a log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry is missing, doubled, inserted or out of order.
    #[error(
        "entry {expected} is expected, and {found} is there: entries are missing or out of order"
    )]
    Order {
        /// The number that would be next.
        expected: u64,
        /// The number that is.
        found: u64,
    },
    /// An entry does not follow the one before it.
    #[error("entry {number} does not follow the entry before it: one of the two was exchanged")]
    Link {
        /// Which one.
        number: u64,
    },
    /// An entry is not what was hashed.
    #[error("entry {number} was changed after it was written")]
    Content {
        /// Which one.
        number: u64,
    },
    /// The log is shorter than it has been.
    #[error("the log ends at entry {end}, and has had {known}: its end was cut off")]
    Truncated {
        /// Its last entry.
        end: u64,
        /// The known head's.
        known: u64,
    },
    /// The log is whole in itself, and another one than before.
    #[error("entry {number} has another hash than the known one: the log was written anew")]
    Replaced {
        /// The known head's number.
        number: u64,
    },
}

/// Verifies entry by entry, for logs that are read page by page.
#[derive(Debug, Clone, Default)]
pub struct Verifier {
    head: Head,
    known: Option<Head>,
}

impl Verifier {
    /// For a log from its first entry, of which `known` was the head once.
    pub fn new(known: Option<Head>) -> Self {
        Self {
            head: Head::default(),
            known,
        }
    }

    /// Takes the next entry.
    pub fn push(&mut self, entry: &Entry) -> Result<(), Broken> {
        let expected = self.head.number + 1;
        let number = entry.number;
        if number != expected {
            return Err(Broken::Order {
                expected,
                found: number,
            });
        }
        if entry.previous != self.head.hash {
            return Err(Broken::Link { number });
        }
        if entry.computed_hash() != entry.hash {
            return Err(Broken::Content { number });
        }
        self.head = entry.head();
        match &self.known {
            Some(known) if known.number == number && known.hash != entry.hash => {
                Err(Broken::Replaced { number })
            }
            _ => Ok(()),
        }
    }

    /// The head, when there are no more entries.
    pub fn finish(self) -> Result<Head, Broken> {
        match &self.known {
            Some(known) if known.number > self.head.number => Err(Broken::Truncated {
                end: self.head.number,
                known: known.number,
            }),
            Some(known) if known.number == 0 && known.hash != Digest::genesis() => {
                Err(Broken::Replaced { number: 0 })
            }
            _ => Ok(self.head),
        }
    }
}

/// Verifies a whole log. Without a `known` head, an end that was cut off is not noticed.
pub fn verify<'a>(
    entries: impl IntoIterator<Item = &'a Entry>,
    known: Option<Head>,
) -> Result<Head, Broken> {
    let mut verifier = Verifier::new(known);
    for entry in entries {
        verifier.push(entry)?;
    }
    verifier.finish()
}
