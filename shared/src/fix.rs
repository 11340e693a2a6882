//! fix: to be written.
