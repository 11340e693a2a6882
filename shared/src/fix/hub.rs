//! A fix and the hub: it keeps its issue while it works, and gives it back with its outcome.
//!
//! Repeatable: what is kept is renewed, what was settled stays so. The claim was made before the fix
//! was ordered; what is left of a fix that is lost runs out.

use super::services::{Failed, FixServices, Sandbox};
use super::{Fix, Stage};
use crate::claiming::{self, FIX_LEASE};
use crate::consumer::Platform;
use crate::hub::claim::PullRequestRef;
use crate::service::{Service, ServiceError};

/// Keeps the issue for as long as a fix can take. Somebody else can have it by now only if the order
/// was on its way for hours: then they do it.
pub(super) async fn keep<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
) -> Result<(), Failed> {
    let order = &fix.order;
    let (job, ids) = (&order.job, &order.claims);
    let about = (&order.issue).into();
    let kept = claiming::claim_for_fix(on.platform, job, ids, about, FIX_LEASE).await;
    match kept.map_err(no_answer)? {
        Ok(()) => Ok(()),
        Err(others) => {
            let why = format!("{} is claimed by somebody else by now", others.issue);
            Err(Failed(Service::Hub, ServiceError::Refused(why)))
        }
    }
}

/// A fix with a pull request has done its issue; any other leaves it to others.
pub(super) async fn settle<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
) -> Result<(), Failed> {
    let (job, ids) = (&fix.order.job, &fix.order.claims);
    let settled = match &fix.stage {
        Stage::Merge(merge) => {
            let pull_request = PullRequestRef {
                url: Some(merge.pull_request.url.clone()),
                number: Some(merge.pull_request.number),
            };
            claiming::complete_for_fix(on.platform, job, ids, &pull_request).await
        }
        _ => claiming::release_for_fix(on.platform, job, ids).await,
    };
    settled.map_err(no_answer)
}

/// Our own objects: their weather passes.
fn no_answer(lost: String) -> Failed {
    let error = ServiceError::Unexpected {
        status: 503,
        detail: lost,
    };
    Failed(Service::Hub, error)
}
