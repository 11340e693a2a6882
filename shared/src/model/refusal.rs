//! Calls that are not let through, in the form of the service's own errors, so that the agent's
//! program understands them. None of them is worth retrying for minutes: they are no 429 and no
//! 5xx, save the one that a few seconds may change.
//!
//! A header says in a word what it was, for our own executor: the run then ends as what it is.

use http::{StatusCode, header};
use jiff::Timestamp;

use crate::http::Response;
use crate::ledger::Refusal;

/// The header that tells the executor why a call was refused.
pub const REFUSAL_HEADER: &str = "x-bugbot-refusal";

/// Why a call was not let through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refused {
    /// There is nothing else at this address.
    NotFound,
    /// The token is not ours, is another job's, or has ended.
    Unauthorized,
    /// It is longer than it may be.
    TooLarge,
    /// Nobody can say what it costs, and why.
    Unbounded(String),
    /// The model has no price.
    UnknownModel(String),
    /// The money of the job is used up.
    JobSpent(String),
    /// The money of the day is used up until then; which limit it was.
    DaySpent(String, Timestamp, &'static str),
    /// Calls under way hold the money.
    Held,
    /// Somebody has shut the calls off, and why.
    Shut(String),
    /// The gateway is not set up for it.
    NotSetUp,
    /// The ledger does not answer.
    LedgerLost,
    /// The service does not answer.
    Unreachable,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let setting = refusal.setting();
        match refusal {
            Refusal::JobSpent { cap, spent } => Self::JobSpent(format!(
                "The budget of this job is used up: {spent} of {cap} are spent, and the rest does not pay for another call."
            )),
            Refusal::DaySpent { cap, next, .. } => Self::DaySpent(
                format!("The budget of the day ({cap}) is used up until {next}."),
                next,
                setting,
            ),
            Refusal::Held | Refusal::TooMany { .. } => Self::Held,
            Refusal::Closed => Self::Unauthorized,
            Refusal::Shut(shut) => Self::Shut(shut.reason),
        }
    }
}

/// For the log: what it says to the caller, save that a caller without a good token may have
/// written anything.
impl std::fmt::Display for Refused {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.words())
    }
}

impl Refused {
    /// The word for [`REFUSAL_HEADER`], where it is about money or the switch.
    pub fn word(&self) -> Option<String> {
        Some(match self {
            Self::JobSpent(_) => "job-spent".to_owned(),
            Self::DaySpent(_, until, _) => format!("day-spent {until}"),
            Self::Held => "held".to_owned(),
            Self::Shut(_) => "shut".to_owned(),
            Self::UnknownModel(_) => "unknown-model".to_owned(),
            _ => return None,
        })
    }

    /// The limit that is reached, by the name of its setting. A call that may be let in a moment
    /// later has reached none.
    pub(super) fn cap(&self) -> Option<&'static str> {
        match self {
            Self::JobSpent(_) => Some("RUN_BUDGET_USD"),
            Self::DaySpent(_, _, setting) => Some(setting),
            Self::Shut(_) => Some("MODEL_SWITCH"),
            _ => None,
        }
    }

    fn status_and_kind(&self) -> (u16, &'static str) {
        match self {
            Self::NotFound => (404, "not_found_error"),
            Self::Unauthorized => (401, "authentication_error"),
            Self::TooLarge => (413, "request_too_large"),
            Self::Unbounded(_) | Self::UnknownModel(_) => (400, "invalid_request_error"),
            Self::JobSpent(_) | Self::DaySpent(..) | Self::Shut(_) => (403, "permission_error"),
            Self::Held => (429, "rate_limit_error"),
            Self::NotSetUp | Self::LedgerLost | Self::Unreachable => (503, "api_error"),
        }
    }

    fn words(&self) -> String {
        match self {
            Self::NotFound => "Not found".to_owned(),
            Self::Unauthorized => "The token of this job is not valid (any more).".to_owned(),
            Self::TooLarge => "The request is too large.".to_owned(),
            Self::Unbounded(why) => format!("The request is refused because {why}."),
            Self::UnknownModel(model) => format!(
                "The model {model:?} has no price here: the operator has to name it in MODEL_PRICES."
            ),
            Self::JobSpent(words) | Self::DaySpent(words, ..) => words.clone(),
            Self::Held => "Calls under way hold the rest of the budget.".to_owned(),
            Self::Shut(reason) => format!("Model calls are shut off: {reason}"),
            Self::NotSetUp => "Model calls are not set up.".to_owned(),
            Self::LedgerLost => "The budget cannot be looked up right now.".to_owned(),
            Self::Unreachable => "The model cannot be reached.".to_owned(),
        }
    }

    /// The answer to the caller.
    pub fn response(&self) -> Response {
        let (status, kind) = self.status_and_kind();
        let error = serde_json::json!({ "type": kind, "message": self.words() });
        let body = serde_json::json!({ "type": "error", "error": error });
        let mut response = http::Response::builder()
            .status(StatusCode::from_u16(status).expect("a constant status is one"))
            .header(header::CONTENT_TYPE, "application/json");
        if let Some(word) = self.word() {
            response = response.header(REFUSAL_HEADER, word);
        }
        let is_worth_a_retry = status == 429 || status == 503;
        response = if is_worth_a_retry {
            response.header(header::RETRY_AFTER, "3")
        } else {
            response.header("x-should-retry", "false")
        };
        response
            .body(serde_json::to_vec(&body).expect("it is JSON"))
            .expect("constant headers are valid")
    }
}
