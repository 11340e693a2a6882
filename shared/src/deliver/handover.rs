//! Between a delivery and the Job object: who has a fix, and what each may not know of the other.
//!
//! Invariant: once a delivery was about to start a Job object, nobody ends, parks or starts that
//! job again without having asked the object first.

use crate::consumer::{Platform, mark};
use crate::fault::Fault;
use crate::fix::{Jobs, Request, Response};
use crate::id::{JobId, UserId};
use crate::thread::ThreadClient;

/// Whether the Job object has this open job, and so ends it. The Thread object may not know yet:
/// the delivery that handed it over can have died before it said so. Likewise the end may not
/// have reached the Thread object; then it does now.
pub(super) async fn kept_by_its_object<P: Platform + Jobs>(
    platform: &P,
    thread: &ThreadClient<'_, P>,
    job: &JobId,
) -> Result<bool, Fault> {
    let response = platform.ask_job(job, &Request::Poke).await;
    match response.map_err(Fault::Platform)? {
        Response::Seen(fix) => {
            let cancelled_by = thread.hand_over(job).await?.cancelled_by();
            if let Some(outcome) = fix.ended {
                thread.end(job, outcome).await?;
                mark::unmark(platform, job).await;
            } else {
                pass_on(platform, job, cancelled_by).await?;
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Tells the Job object of a cancel that came before it had the job. Whether it is too late is the
/// object's to say, in its own message.
pub(super) async fn pass_on<P: Jobs>(
    platform: &P,
    job: &JobId,
    cancelled_by: Option<UserId>,
) -> Result<(), Fault> {
    let Some(by) = cancelled_by else {
        return Ok(());
    };
    let response = platform.ask_job(job, &Request::Cancel { by }).await;
    response.map(drop).map_err(Fault::Platform)
}
