//! linear: to be written.
