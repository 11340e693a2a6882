//! The core's ports for a native program: those that the hub's client has too.

pub use hub::Net;
