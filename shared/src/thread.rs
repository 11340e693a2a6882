//! thread: to be written.
