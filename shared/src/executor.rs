//! The executor protocol: what the Job object and the program in the sandbox say to each other.
//!
//! | call | answer |
//! |---|---|
//! | `POST /runs` with a [`RunRequest`] | 202 and its [`RunStatus`]; the same request again: the same run; another request under the same id: 409; no room: 503 with `Retry-After` |
//! | `GET /runs/{id}` | 200 and its [`RunStatus`]; 404 for a run that this executor does not know (it was restarted: start the run again, with the last [`Checkpoint`]) |
//! | `GET /runs/{id}/checkpoint` | 200 and a [`Checkpoint`] of the work so far; 409 when there is no work to save |
//! | `GET /runs/{id}/result` | 200 and the [`RunResult`]; 202 while the run has not ended |
//! | `GET /runs/{id}/crash-report` | 200 and the tar that the result of a run that failed may name ([`CrashReport`]), in the [`Form`] that `Accept` names; 404 where there is none, or none any more |
//! | `POST /runs/{id}/steer` with a [`Steer`] | 202 and its [`RunStatus`], which says how the instruction stands; the same id again: nothing more; 409 when the agent has ended its work, or was told enough |
//! | `POST /runs/{id}/cancel` | 202 and its [`RunStatus`]; the agent process is gone within five seconds |
//! | `GET /health` | 200 and [`Health`], without a token |
//!
//! An error answers `{"error": "why"}`. Every call but `/health` carries `Authorization: Bearer`
//! when the executor was given an `EXECUTOR_TOKEN`.
//!
//! Architecture invariant: the sandbox holds no credential that can write. The clone token is
//! for reading and is forgotten after the clone; the model's key is not even there: the executor
//! has a token of the job, for calls that the gateway passes on, and stands between it and the
//! agent. What comes back is data: the core's path policy
//! decides about it.

mod client;
mod form;
mod progress;
mod prompt;
mod run;
mod steer;
mod verification;

pub use client::{
    ExecutorClient, cancel_request, checkpoint_request, crash_report_request, health_request,
    parse_checkpoint, parse_crash_report, parse_health, parse_result, parse_status, result_request,
    start_request, status_request, steer_request,
};
pub use form::Form;
pub use progress::{
    AgentNetwork, CrashReport, Health, RunFailure, RunOutcome, RunResult, RunState, RunStatus,
};
pub use prompt::{FollowUp, LikelyFile, Prompt};
pub use run::{
    Checkpoint, CloneSource, CodeSearch, MAX_REQUEST_BYTES, MAX_RESULT_BYTES, ModelAccess,
    RunLimits, RunRequest, Spent,
};
pub use steer::{Steer, SteerState, SteerStatus};
pub use verification::{MAX_VERIFY_BYTES, MAX_VERIFY_COMMANDS, Verification, VerifyOutcome};
