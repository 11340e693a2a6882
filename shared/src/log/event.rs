//! Everything that is ever logged, event by event. The doc comment of an event is its row in
//! `docs/logs.md`.
//!
//! To log something new: add it here, in its section, and its row there (a test prints the table).
//! Fields are ids, numbers, words of ours, and errors as [`Said`].

use serde::Serialize;

use super::Said;
use crate::ports::Level;

/// A row of the table of events.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The constant message.
    pub message: &'static str,
    /// How much it matters.
    pub level: Level,
    /// The names of its fields.
    pub fields: &'static [&'static str],
    /// When it is logged.
    pub says: &'static str,
}

macro_rules! events {
    ($(
        #[doc = $says:literal]
        $level:ident $name:ident $message:literal { $($field:ident : $type:ty),* }
    )*) => {
        /// Something worth a log line.
        #[derive(Debug, Clone, Copy, Serialize)]
        #[serde(untagged)]
        #[expect(missing_docs, reason = "the fields are named for what they are")]
        pub enum Event<'a> {
            $(#[doc = $says] $name { $($field: $type),* },)*
        }

        impl Event<'_> {
            /// How much it matters.
            pub fn level(&self) -> Level {
                match self {
                    $(Self::$name { .. } => Level::$level,)*
                }
            }

            /// What is said of it, always in the same words.
            pub fn message(&self) -> &'static str {
                match self {
                    $(Self::$name { .. } => $message,)*
                }
            }
        }

        /// Every event.
        pub const TABLE: &[Entry] = &[
            $(Entry {
                message: $message,
                level: Level::$level,
                fields: &[$(stringify!($field)),*],
                says: $says,
            },)*
        ];
    };
}

events! {
    // The gateway.

    /// A request was not signed by Discord, or too long ago.
    Info RequestRefused "request refused" { reason: Said<'a> }
    /// Discord signed it, and it is not an interaction as we know them.
    Error InteractionUnreadable "interaction unreadable" { reason: Said<'a> }
    /// A command is on the queue.
    Info JobAccepted "job accepted" { command: &'a str }
    /// A command could not be put on the queue; its user was told.
    Error JobNotAccepted "job not accepted" { command: &'a str, reason: Said<'a> }
    /// The history did not come in time; the consumer reads it.
    Warn HistoryNotRead "history not read" { reason: Said<'a> }
    /// Autocomplete was left empty.
    Warn NothingToOffer "nothing to offer" { reason: Said<'a> }

    // Operators.

    /// Somebody came to the operator API without its token.
    Warn OperatorRefused "operator refused" { }
    /// An operator gave an order; it is in the audit log, and `bugbot` shows what came of it.
    Info OperatorOrder "operator order" { by: &'a str, action: &'a str }

    // GitHub's notices.

    /// A delivery was not signed by GitHub.
    Info NoticeRefused "github delivery refused" { reason: Said<'a> }
    /// GitHub signed it, and it is not a delivery as we know them.
    Error NoticeUnreadable "github delivery unreadable" { reason: Said<'a> }
    /// A notice is on the queue.
    Info NoticeAccepted "github delivery accepted" { delivery: &'a str }
    /// A notice could not be put on the queue; GitHub can send it again.
    Error NoticeNotAccepted "github delivery not accepted" { delivery: &'a str, reason: Said<'a> }
    /// The consumer acts on a notice.
    Info NoticeRead "github notice" { delivery: &'a str }
    /// It is about nothing of ours.
    Info NoticeIgnored "github notice ignored" { delivery: &'a str, why: &'a str }

    // Hooks.

    /// A delivery to a hook did not prove where it is from.
    Info HookRefused "hook refused" { route: &'a str, reason: Said<'a> }
    /// A delivery is in an inbox, or its job on the queue.
    Info HookAccepted "hook accepted" { route: &'a str, event: &'a str }
    /// It was taken before, and changes nothing.
    Info HookRepeated "hook repeated" { route: &'a str, event: &'a str }
    /// A delivery is of a type (`kind`) that the hook does not take; nothing is stored.
    Info HookNotWanted "hook not wanted" { route: &'a str, kind: &'a str }
    /// A delivery was refused that is from whom it should be; its sender was told.
    Warn HookNotAccepted "hook not accepted" { route: &'a str, reason: Said<'a> }
    /// Somebody wanted to pull events without a token that opens them.
    Warn PullRefused "pull refused" { reason: Said<'a> }
    /// An inbox did not answer; whoever pulls was told to try again.
    Error InboxFailed "the inbox failed" { error: Said<'a> }
    /// A delivery has a thread, and its job is on the queue.
    Info AlertPosted "alert posted" { route: &'a str, posted: &'a str }

    // Deliveries.

    /// The settings of the consumer are incomplete: nothing is done until they are mended.
    Error BadSettings "the settings cannot be used" { error: Said<'a> }
    /// Another delivery has the job, or the user asked for what cannot be done.
    Info DeliveryGaveWay "delivery gave way" { attempt: u32, error: Said<'a> }
    /// The delivery comes again.
    Warn DeliveryRetries "delivery failed, will retry" { attempt: u32, retry_in_s: u64, error: Said<'a> }
    /// The service is not to be asked yet: the job waits, and uses up no try.
    Info DeliveryHeldBack "delivery held back" { service: &'a str, retry_in_s: u64 }
    /// The delivery cannot succeed: the dead-letter queue gets it.
    Warn DeliveryParked "delivery parked" { attempt: u32 }
    /// A job's terminal message is out; `outcome` is one of `succeeded`, `rejected`, `failed`, `cancelled`, `parked`.
    Info JobEnded "job ended" { outcome: &'a str }
    /// The thread heard nothing of the start of a job; it will of its end.
    Warn StartNotShown "the start could not be shown" { error: Said<'a> }
    /// The thread cannot be told the end: it is gone, or closed to the bot.
    Error ThreadNotTold "the thread cannot be told" { error: Said<'a> }
    /// The history cannot be read for want of a permission; the command's own words have to do.
    Warn HistoryForbidden "the history cannot be read" { error: Said<'a> }
    /// The read cache did not take the thread's issue; the Thread object has it.
    Warn MappingNotCached "the mapping could not be cached" { error: Said<'a> }
    /// An id will be looked up again.
    Warn IdNotCached "an id could not be cached" { key: &'a str, error: Said<'a> }
    /// The issue has no link to its thread.
    Warn IssueNotLinked "the issue could not be linked to its thread" { error: Said<'a> }

    // Dead letters and the sweep.

    /// The dead-letter queue did not take a message; its delivery comes again.
    Error NotParked "could not park a message" { error: Said<'a> }
    /// A dead letter could not be recorded or told; it comes again.
    Error NotBuried "could not bury a dead letter" { error: Said<'a> }
    /// A job was given up and recorded under `key`.
    Error JobDead "job is dead" { key: &'a str, reason: Said<'a> }
    /// An errand of a fix failed as often as the queue allows, and is tried again later.
    Warn ErrandRests "an errand is tried again later" { again_in_s: u64 }
    /// The sweep will not know of this job.
    Warn NotMarked "could not mark a job as begun" { error: Said<'a> }
    /// The sweep could not list the open jobs.
    Error SweepBlind "the sweep found no jobs" { error: Said<'a> }
    /// The sweep comes back to this job.
    Warn SweepFailed "the sweep could not look after a job" { error: Said<'a> }
    /// The sweep found a job that nobody would have ended, and ended it.
    Error JobLost "a job was lost" {}

    // The outside services.

    /// A service does not answer, and is left alone for so long.
    Warn UpstreamRests "upstream rests" { service: &'a str, for_s: u64 }
    /// A service answers again.
    Info UpstreamBack "upstream is back" { service: &'a str }
    /// The object that knows how a service is did not answer; calls go ahead without it.
    Warn UpstreamSilent "upstream object silent" { service: &'a str, error: Said<'a> }

    // The audit log.

    /// The audit log has grown: noted down elsewhere, its head shows an end that was cut off.
    Info AuditHead "audit head" { number: u64, hash: &'a str }
    /// A refusal or a stop was not recorded: neither waits for the audit log.
    Error NotAudited "not in the audit log" { error: Said<'a> }

    // The hub.

    /// A part of the hub did not answer; the client was told to try again.
    Error HubFailed "the hub failed" { error: Said<'a> }
    /// What a claim is worth did not reach its client's numbers; it is carried again.
    Warn HubNewsLate "hub news not delivered" { error: Said<'a> }

    // Model calls.

    /// A model call was let in; `most_micro_usd` is held for it.
    Info ModelCallHeld "model call let in" { most_micro_usd: u64 }
    /// A model call was not let in, or its cap was reached.
    Info ModelCallRefused "model call refused" { reason: Said<'a> }
    /// A model call is over and has cost so much.
    Info ModelCallSettled "model call settled" { micro_usd: u64 }
    /// The ledger did not hear what a call has cost: it will count in full.
    Warn ModelCallNotSettled "model call not settled" { reason: Said<'a> }

    // Fixes.

    /// The fix is in another stage.
    Info StageEntered "fix moved on" { stage: &'a str }
    /// Something that a fix does failed; it is tried again, or done without.
    Warn EffectFailed "an effect failed" { service: &'a str, error: Said<'a> }
}
