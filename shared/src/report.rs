//! What users see: every text of the consumer, and the one message that it appears in.
//!
//! A job has one message in its thread. It is made by the first edit of the deferred response,
//! edited while the job goes on, and ends as the job's terminal message.
//!
//! Whatever comes from outside (titles, the agent's words, error texts of services) is escaped
//! where it enters a text here: for Discord by [`escape`], for Linear and GitHub by `markdown`.

mod after;
mod alerts;
mod answers;
mod approval;
pub mod buttons;
mod crash;
mod details;
pub mod escape;
mod fix;
mod format;
mod forms;
pub mod hub;
mod limits;
mod live;
pub(crate) mod markdown;
mod orders;
mod packet;
mod progress;
mod pull_request;
mod roles;
mod show;
pub mod split;
mod steering;
#[cfg(test)]
mod tests;
mod verification;
mod waits;

pub use after::{deployed, no_deploy_hook, pull_request_news, review_answer};
pub use alerts::alert;
pub use answers::*;
pub use approval::{approved, not_approved};
pub use fix::{fix_line, fix_outcome, fix_terminal};
pub use format::mention;
pub use forms::form;
pub use limits::*;
pub use live::{LiveMessage, ReplyTo};
pub use orders::*;
pub use packet::{Packet, contextualized};
pub use progress::fix_progress;
pub use pull_request::{
    TRAILER, commit_body, commit_headline, issue_comment, job_trailer, pull_request_body,
    pull_request_title,
};
pub use roles::denied;
pub(crate) use show::answer_to;
pub use show::{show, show_outcome};
pub use steering::{steer_too_long, steering_taken, too_many_steers};
pub use waits::waits_for;
