//! The further instructions of a run, from the caller's hand to the agent's eyes.
//!
//! Invariant: an instruction is said to an agent once, however often it is sent, and one that was
//! taken is either read by the agent or was still queued when the run ended. The agent is only
//! let go when it has read all of them.

use std::sync::{Mutex, MutexGuard, PoisonError};

use shared::executor::{Steer, SteerState, SteerStatus};
use tokio::sync::Notify;

/// The instructions of one run.
#[derive(Debug, Default)]
pub(crate) struct Steering {
    book: Mutex<Book>,
    news: Notify,
}

#[derive(Debug, Default)]
struct Book {
    entries: Vec<Entry>,
    is_closed: bool,
}

#[derive(Debug)]
struct Entry {
    steer: Steer,
    /// The message in which the agent was told.
    said_in: Option<String>,
    is_read: bool,
}

/// Why an instruction was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SteerRefused {
    /// Nobody is there to read it.
    #[error("the agent has ended its work")]
    TooLate,
    /// There were [`Steer::MAX_COUNT`] already.
    #[error("the agent was given as many instructions as it takes")]
    TooMany,
    /// This id brought another text.
    #[error("another instruction has this id")]
    Conflict,
}

impl Steering {
    /// What was said before the run began.
    pub(super) fn new(steers: &[Steer]) -> Self {
        let entries = steers.iter().map(|steer| Entry {
            steer: steer.clone(),
            said_in: None,
            is_read: false,
        });
        let book = Book {
            entries: entries.collect(),
            is_closed: false,
        };
        Self {
            book: Mutex::new(book),
            news: Notify::new(),
        }
    }

    /// Takes an instruction, or finds it taken.
    pub(crate) fn take(&self, steer: Steer) -> Result<(), SteerRefused> {
        let mut book = self.book();
        if let Some(known) = book.entries.iter().find(|entry| entry.steer.id == steer.id) {
            let is_same = known.steer.text == steer.text;
            return if is_same {
                Ok(())
            } else {
                Err(SteerRefused::Conflict)
            };
        }
        if book.is_closed {
            return Err(SteerRefused::TooLate);
        }
        if book.entries.len() >= Steer::MAX_COUNT {
            return Err(SteerRefused::TooMany);
        }
        book.entries.push(Entry {
            steer,
            said_in: None,
            is_read: false,
        });
        self.news.notify_one();
        Ok(())
    }

    /// All of them, to be said in the first message of a conversation.
    pub(super) fn all_in(&self, message: &str) -> Vec<Steer> {
        let mut book = self.book();
        for entry in &mut book.entries {
            entry.said_in = Some(message.to_owned());
            entry.is_read = false;
        }
        let entries = book.entries.iter();
        entries.map(|entry| entry.steer.clone()).collect()
    }

    /// The next one that the agent was not told, to be said in a message of its own.
    pub(super) fn next_in(&self, message: &str) -> Option<Steer> {
        let mut book = self.book();
        let entry = book
            .entries
            .iter_mut()
            .find(|entry| entry.said_in.is_none())?;
        entry.said_in = Some(message.to_owned());
        Some(entry.steer.clone())
    }

    /// The agent has read a message.
    pub(super) fn is_read(&self, message: &str) {
        for entry in &mut self.book().entries {
            entry.is_read |= entry.said_in.as_deref() == Some(message);
        }
    }

    /// Takes no more, if the agent has read all there are.
    pub(super) fn close_if_all_are_read(&self) -> bool {
        let mut book = self.book();
        book.is_closed |= book.entries.iter().all(|entry| entry.is_read);
        book.is_closed
    }

    /// Takes no more.
    pub(super) fn close(&self) {
        self.book().is_closed = true;
    }

    /// Waits until there may be something to say. Loses nothing when it is dropped.
    pub(super) async fn news(&self) {
        self.news.notified().await;
    }

    /// How each stands.
    pub(super) fn statuses(&self) -> Vec<SteerStatus> {
        let book = self.book();
        let entries = book.entries.iter();
        entries
            .map(|entry| SteerStatus {
                id: entry.steer.id.clone(),
                state: if entry.is_read {
                    SteerState::Delivered
                } else {
                    SteerState::Queued
                },
            })
            .collect()
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use shared::id::JobId;

    use super::*;

    fn steer(id: &str, text: &str) -> Steer {
        Steer {
            id: JobId::new(id),
            text: text.to_owned(),
        }
    }

    #[test]
    fn an_instruction_is_taken_once_and_said_once() {
        let steering = Steering::new(&[]);
        steering.take(steer("1", "a")).unwrap();
        steering.take(steer("1", "a")).unwrap();
        assert_eq!(steering.take(steer("1", "b")), Err(SteerRefused::Conflict));
        assert_eq!(steering.next_in("m1"), Some(steer("1", "a")));
        assert_eq!(steering.next_in("m2"), None);
        assert_eq!(steering.statuses()[0].state, SteerState::Queued);
        assert!(!steering.close_if_all_are_read());
        steering.is_read("m2");
        assert!(!steering.close_if_all_are_read());
        steering.is_read("m1");
        assert_eq!(steering.statuses()[0].state, SteerState::Delivered);
        assert!(steering.close_if_all_are_read());
        // A repeat finds it taken, whenever it comes.
        steering.take(steer("1", "a")).unwrap();
        assert_eq!(steering.take(steer("2", "b")), Err(SteerRefused::TooLate));
    }

    #[test]
    fn a_new_conversation_is_told_everything() {
        let steering = Steering::new(&[steer("1", "a")]);
        steering.take(steer("2", "b")).unwrap();
        assert_eq!(steering.all_in("m1").len(), 2);
        steering.is_read("m1");
        assert_eq!(steering.all_in("m2").len(), 2);
        assert_eq!(steering.next_in("m3"), None);
        assert_eq!(steering.statuses()[0].state, SteerState::Queued);
    }

    #[test]
    fn there_is_a_limit() {
        let steering = Steering::new(&[]);
        for n in 0..Steer::MAX_COUNT {
            steering.take(steer(&n.to_string(), "a")).unwrap();
        }
        assert_eq!(steering.take(steer("x", "a")), Err(SteerRefused::TooMany));
    }
}
