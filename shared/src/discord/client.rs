//! client: to be written.
