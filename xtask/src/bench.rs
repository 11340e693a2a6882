//! What the gateway, the collector and a workspace's snapshot cost.
//!
//! Each is measured beside something that people know, in the same run and in turns, so that a slow
//! moment of the machine hits all of them. Absolute numbers belong to a machine; the ratios travel.

mod collector;
mod gateway;
mod load;
mod workerd;
mod workspace;

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;

use crate::project::Project;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Subject {
    /// The gateway, in raw workerd.
    Gateway,
    /// The collector.
    Collector,
    /// Capturing a directory, beside `tar`.
    Workspace,
}

pub(crate) fn run(project: &Project, only: Option<Subject>) -> Result<()> {
    let is_wanted = |subject| only.is_none_or(|only| only == subject);
    if is_wanted(Subject::Workspace) {
        workspace::run(project)?;
    }
    if is_wanted(Subject::Collector) {
        collector::run(project)?;
    }
    if is_wanted(Subject::Gateway) {
        gateway::run(project)?;
    }
    Ok(())
}

pub(crate) fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn median<T: PartialOrd + Copy>(mut values: Vec<T>) -> T {
    values.sort_by(|a, b| a.partial_cmp(b).expect("what was measured is in an order"));
    values[values.len() / 2]
}
