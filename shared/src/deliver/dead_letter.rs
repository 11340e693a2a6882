//! Jobs that cannot be done: put on the dead-letter queue, recorded for the operator, and told
//! to the thread.
//!
//! Two roads lead to that queue. The queue itself moves a message there when it was delivered
//! too often; and a delivery that knows that trying again cannot help puts it there at once,
//! with the reason. Both end in [`bury`].

mod record;
mod thread;

use std::time::Duration;

pub use record::{DEAD_PREFIX, DeadRecord, Mark};
use serde::{Deserialize, Serialize};
pub(super) use thread::tell_late;
use thread::{Dead, tell_thread};

use super::Settled;
use crate::consumer::{Platform, mark};
use crate::errand::Errand;
use crate::fault::backoff;
use crate::fix::Jobs;
use crate::id::JobId;
use crate::job::{DecodeFault, Job};
use crate::log::{Event, Said};
use crate::ports::Queue as _;
use crate::settings::Settings;
use crate::thread::{Inspection, ThreadClient};
use crate::trace::Trace;

/// The reason of a record where no delivery has said one.
const TRIED_OUT: &str = "tried as often as allowed";

/// A message that a delivery parked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DeadLetter {
    /// Why, for people.
    pub dead_letter: String,
    /// The message as it was delivered.
    pub body: String,
    /// The error in its own words, for the log, where the reason is another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl DeadLetter {
    pub(super) fn new(body: &str, reason: String) -> Self {
        Self {
            dead_letter: reason,
            body: body.to_owned(),
            error: None,
        }
    }

    pub(super) fn with_error(self, error: String) -> Self {
        Self {
            error: Some(error),
            ..self
        }
    }
}

/// How long an errand rests before it is tried again.
const ERRAND_RESTS: Duration = Duration::from_mins(10);

/// Puts a message on the dead-letter queue.
pub(super) async fn park<P: Platform>(
    platform: &P,
    trace: &Trace,
    letter: &DeadLetter,
    attempt: u32,
) -> Settled {
    let letter = serde_json::to_string(letter).expect("strings are JSON");
    match platform.dead_letters().send(&letter, Duration::ZERO).await {
        Ok(()) => {
            platform.note(trace, Event::DeliveryParked { attempt });
            Settled::Ack
        }
        Err(error) => {
            let error = Said(&error);
            platform.note(trace, Event::NotParked { error });
            Settled::Retry(backoff(attempt, platform.roll()))
        }
    }
}

/// Acts on one message of the dead-letter queue: records it and tells its thread. Repeatable:
/// the record has one key, and a job that has ended is not told again.
///
/// An errand that was only unlucky is no dead letter: no person could give it again, so it is tried
/// until it is done. What cannot be done at all a delivery has parked, with a reason.
pub async fn bury<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    message: &str,
    attempt: u32,
) -> Settled {
    let letter = serde_json::from_str::<DeadLetter>(message).ok();
    let body = letter
        .as_ref()
        .map_or(message, |letter| letter.body.as_str());
    if letter.is_none()
        && let Some(Ok(errand)) = Errand::decode(body)
    {
        return revive(platform, body, &errand, attempt).await;
    }
    let decoded = Job::decode(body);
    let trace = match &decoded {
        Ok(job) => job.trace(),
        Err(fault) => fault.salvage().trace(),
    };
    match entomb(platform, settings, body, letter.as_ref(), decoded, &trace).await {
        Ok(()) => Settled::Ack,
        Err(error) => {
            // This queue too gives up at last. What nobody has been told by then the sweep finds.
            if let (Some(job), Some(thread)) = (&trace.job, &trace.thread) {
                mark::mark(platform, job, thread).await;
            }
            let error = Said(&error);
            platform.note(&trace, Event::NotBuried { error });
            Settled::Retry(backoff(attempt, platform.roll()))
        }
    }
}

/// Repeatable: so is every errand.
async fn revive<P: Platform>(platform: &P, body: &str, errand: &Errand, attempt: u32) -> Settled {
    let trace = Trace::of_job(&errand.of);
    match platform.commands().send(body, ERRAND_RESTS).await {
        Ok(()) => {
            let again_in_s = ERRAND_RESTS.as_secs();
            platform.note(&trace, Event::ErrandRests { again_in_s });
            Settled::Ack
        }
        Err(error) => {
            let error = Said(&error);
            platform.note(&trace, Event::NotBuried { error });
            Settled::Retry(backoff(attempt, platform.roll()))
        }
    }
}

async fn entomb<P: Platform + Jobs>(
    platform: &P,
    settings: &Settings,
    body: &str,
    letter: Option<&DeadLetter>,
    decoded: Result<Job, DecodeFault>,
    trace: &Trace,
) -> Result<(), String> {
    let now = platform.now();
    let reason = letter.map(|letter| letter.dead_letter.as_str());
    let key = match &trace.job {
        Some(job) => format!("{DEAD_PREFIX}{job}"),
        None => format!("{DEAD_PREFIX}{}", JobId::new(body).short()),
    };
    let waited_for = match (reason, &decoded) {
        (None, Ok(job)) => waited_for(platform, job).await,
        _ => None,
    };
    let cause = reason.or(waited_for.as_deref()).unwrap_or(TRIED_OUT);
    let body = without_token(body);
    let record = DeadRecord::new(cause, body, now);
    record
        .store(platform, &key)
        .await
        .map_err(|error| error.to_string())?;
    let error = letter.and_then(|letter| letter.error.as_deref());
    let event = Event::JobDead {
        key: &key,
        reason: Said(&error.or(reason).unwrap_or(TRIED_OUT)),
    };
    platform.note(trace, event);

    let dead = Dead {
        key: &key,
        reason,
        is_late: false,
    };
    tell_thread(platform, settings, decoded, &dead, trace).await
}

/// What the thread was told last that the job waits for: the cause, in plain words.
async fn waited_for<P: Platform>(platform: &P, job: &Job) -> Option<String> {
    let thread = ThreadClient::new(platform, job.thread());
    match thread.inspect(&job.id()).await {
        Ok(Inspection::Open(open)) => open.because,
        _ => None,
    }
}

/// The body as it is kept for weeks: the interaction's token is good for minutes, and nobody needs
/// it afterwards.
fn without_token(body: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<serde_json::Value>(body) else {
        return body.to_owned();
    };
    if let Some(token) = value.pointer_mut("/interaction/token") {
        *token = serde_json::Value::Null;
    }
    value.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_record_of_a_dead_job_holds_no_token() {
        let body = r#"{"version":1,"interaction":{"id":"1","token":"s3cret"}}"#;
        let kept = without_token(body);
        assert!(
            !kept.contains("s3cret") && kept.contains(r#""version":1"#),
            "{kept}"
        );
        assert_eq!(without_token("not json"), "not json");
    }
}
