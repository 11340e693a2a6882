//! Discord: the interactions that it sends us, and the REST calls that we make.

pub mod client;
pub mod interaction;
pub mod message;
pub mod modal;
pub mod signature;
