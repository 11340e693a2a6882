//! Queued jobs (`shared::job`).
//!
//! Held: a job that can be read can be written, within what the queue takes, and reads again as the
//! same; one that cannot be read says of its thread no more than ids.

use shared::id::{ApplicationId, ChannelId, InteractionId};
use shared::job::{EncodeFault, Job, MAX_BYTES};

/// Longer is no id or name of anybody's.
const MAX_ID_BYTES: usize = 64;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Job::decode(text) {
        Ok(job) => match job.encode() {
            Ok(written) => {
                assert!(written.len() <= MAX_BYTES);
                let again = Job::decode(&written).expect("what is written can be read");
                if written.len() < MAX_BYTES / 2 {
                    assert_eq!(again, job, "{written}");
                }
            }
            Err(EncodeFault::TooLarge { bytes }) => assert!(bytes > MAX_BYTES),
        },
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            let salvage = fault.salvage();
            let _ = salvage.trace();
            let ids = [
                salvage.conversation.as_ref().map(ChannelId::as_str),
                salvage.interaction.as_ref().map(InteractionId::as_str),
                salvage.application.as_ref().map(ApplicationId::as_str),
                salvage.command.as_deref(),
            ];
            for id in ids.into_iter().flatten() {
                assert!((1..=MAX_ID_BYTES).contains(&id.len()));
            }
        }
    }
}
