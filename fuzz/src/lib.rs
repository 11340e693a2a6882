//! What holds for any bytes that come from outside, as functions that panic where it does not.
//!
//! A fuzzer calls them with bytes that it chooses by what they reach (`cargo xtask fuzz`, by way of
//! the package `libfuzzer`); without any fuzzer, `cargo test` calls them with every input that is
//! kept here (`tests/replay.rs`): `corpus/`, written by hand, and `regressions/`, the findings.
//!
//! Architecture invariants:
//! - A target states what is promised of *every* input. That it does not panic is the least of it:
//!   what is accepted is compared with a second way to the same answer.
//! - An input alone decides what a target does: no clock and no chance, but for the nonces of a
//!   cipher. So every finding can be played again.
//! - Nothing here needs a fuzzer or a C++ compiler: the package `libfuzzer`, which does, is not in
//!   the workspace.
#![forbid(unsafe_code)]

mod bundle;
mod command;
mod config;
mod delivery;
mod drop_file;
mod forge;
mod input;
mod interaction;
mod job;
mod mac;
mod policy;
mod references;
mod sealed;
mod snapshot;
mod surroundings;
mod template;
mod template_meaning;
mod webhook;

/// Something that is tried with any bytes.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: of its folder of inputs, and of its program.
    pub name: &'static str,
    /// Tries it. A panic is a finding.
    pub check: fn(&[u8]),
}

/// Everything that is tried.
pub const TARGETS: [Target; 15] = [
    target("bundle", bundle::check),
    target("command", command::check),
    target("config", config::check),
    target("delivery", delivery::check),
    target("drop_file", drop_file::check),
    target("forge", forge::check),
    target("interaction", interaction::check),
    target("job", job::check),
    target("policy", policy::check),
    target("references", references::check),
    target("sealed", sealed::check),
    target("snapshot", snapshot::check),
    target("template", template::check),
    target("template_meaning", template_meaning::check),
    target("webhook", webhook::check),
];

const fn target(name: &'static str, check: fn(&[u8])) -> Target {
    Target { name, check }
}

/// Tries one target.
///
/// # Panics
/// If there is no such target, or the bytes are a finding.
pub fn check(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("the target has a name of the list").check)(bytes);
}
