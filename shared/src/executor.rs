//! executor: to be written.
