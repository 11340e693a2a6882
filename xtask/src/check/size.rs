//! The size budgets of the workers.
//!
//! Cloudflare takes 3 MB gzipped on the free plan, so this is not about the limit: a worker is
//! compiled in every isolate that starts, and a dependency that doubles it should be noticed on
//! the day it comes in. Raise a budget in the commit that needs it, and say there what for.

use anyhow::{Result, ensure};

use crate::build::{Size, Worker, size};
use crate::project::Project;

fn budget(worker: Worker) -> Size {
    match worker {
        Worker::GatewayWorker => Size {
            raw: 500_000,
            gzip: 200_000,
        },
        Worker::ConsumerWorker => Size {
            raw: 1_500_000,
            gzip: 500_000,
        },
    }
}

pub(crate) fn check(project: &Project) -> Result<()> {
    for worker in Worker::ALL {
        let (size, budget) = (size(project, worker)?, budget(worker));
        ensure!(
            size.raw <= budget.raw && size.gzip <= budget.gzip,
            "{} is over its budget: {size}; allowed are {budget}",
            worker.package(),
        );
    }
    Ok(())
}
