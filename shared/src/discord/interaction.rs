//! interaction: to be written.
