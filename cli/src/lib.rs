//! `bugbot`: what an operator does from a terminal. So far: registering the commands in Discord.

pub mod commands;
pub mod net;
