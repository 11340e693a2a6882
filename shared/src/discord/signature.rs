//! signature: to be written.
