//! fault: to be written.
