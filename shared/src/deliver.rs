//! deliver: to be written.
