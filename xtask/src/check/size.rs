//! The size budgets of the workers.
//!
//! Cloudflare takes 3 MB gzipped on the free plan, but that is not the point: a worker is compiled
//! in every isolate that starts, and a dependency that adds a tenth should be noticed on the day
//! it comes in. Raise a budget in the commit that needs it, and say there what for.
//!
//! Both are compiled for speed: for the consumer, opt-level "s" was measured to save 8 %, "z" 10 %
//! of the gzipped bytes, which is not worth compiling every dependency once more.

use anyhow::{Result, ensure};

use crate::build::{Size, Worker, size};
use crate::project::Project;

fn budget(worker: Worker) -> Size {
    match worker {
        Worker::GatewayWorker => Size {
            raw: 2_900_000,
            gzip: 1_060_000,
        },
        Worker::ConsumerWorker => Size {
            raw: 5_800_000,
            gzip: 2_020_000,
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
