//! discord: to be written.
