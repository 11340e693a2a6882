//! github: to be written.
