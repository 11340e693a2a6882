//! report: to be written.

pub mod escape;
pub mod limits;
pub mod split;
