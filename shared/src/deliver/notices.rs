//! Notices of GitHub: each is brought to the Job object of the fix that it is about, which acts on
//! it in its own time. Repeatable: the object knows the delivery by its id.

use super::{Settled, settle};
use crate::consumer::{Platform, Services};
use crate::fault::Fault;
use crate::fix::{Jobs, Request, Response, find_job};
use crate::github::webhook::Notice;
use crate::log::Event;
use crate::service::{Service, ServiceError};
use crate::settings::Settings;

/// Acts on one notice.
pub(super) async fn deliver<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    body: &str,
    notice: &Notice,
    attempt: u32,
) -> Settled {
    let delivery = notice.delivery.as_str();
    let done = match bring(platform, settings, notice).await {
        Ok(None) => {
            platform.note(&notice.trace(), Event::NoticeRead { delivery });
            Ok(())
        }
        Ok(Some(why)) => {
            platform.note(&notice.trace(), Event::NoticeIgnored { delivery, why });
            Ok(())
        }
        Err(fault) => Err(fault),
    };
    settle(platform, body, &notice.trace(), done, attempt).await
}

/// Brings it to its fix, or says why there is none.
async fn bring<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    notice: &Notice,
) -> Result<Option<&'static str>, Fault> {
    if !settings.github.allows(&notice.repository) {
        return Ok(Some("its repository is not worked on"));
    }
    let services = Services::new(platform, settings).map_err(|bad| Fault::Bug(bad.to_string()))?;
    let found = find_job(platform, &services, &notice.repository, &notice.place).await;
    let job = match found {
        Ok(Some(job)) => job,
        Ok(None) => return Ok(Some("no commit there names a fix")),
        // A repository that we cannot read has no pull request of ours.
        Err(ServiceError::Unauthorized(_) | ServiceError::Refused(_)) => {
            return Ok(Some("its repository cannot be read"));
        }
        Err(error) => return Err(Fault::upstream(Service::GitHub)(error)),
    };
    let request = Request::Notice {
        notice: Box::new(notice.clone()),
    };
    let answered = platform.ask_job(&job, &request).await;
    Ok(match answered.map_err(Fault::Platform)? {
        Response::Noted => None,
        _ => Some("the fix does not know this pull request"),
    })
}
