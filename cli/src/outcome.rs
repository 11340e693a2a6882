//! How a command came out: what is shown, and the exit code.

use serde::Serialize;
use serde_json::{Value, json};
use shared::operator::OperatorError;
use shared::service::ServiceError;

/// The exit codes. They are part of the interface: scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, also where there was nothing to do.
    Done = 0,
    /// It was tried and did not work, or the doctor found something that will not.
    Failed = 1,
    /// The command line is not right.
    Usage = 2,
    /// Nobody answered, or a part of bugbot did not: worth another try.
    Unreachable = 3,
    /// A credential is missing or not good, or the operator API is not open.
    Refused = 4,
    /// There is no such thing, or it cannot be done as things stand.
    NotPossible = 5,
    /// It waits on the disk for the hub to answer.
    Queued = 6,
}

/// What a command shows when it worked.
#[derive(Debug)]
pub struct Done {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: Value,
    /// Not always 0: a doctor works well and finds something.
    pub exit: Exit,
}

impl Done {
    pub(crate) fn new(text: impl Into<String>, json: &impl Serialize) -> Self {
        Self {
            text: text.into(),
            json: serde_json::to_value(json).expect("what is shown is JSON"),
            exit: Exit::Done,
        }
    }

    pub(crate) fn with_exit(self, exit: Exit) -> Self {
        Self { exit, ..self }
    }

    /// The JSON, as it is printed.
    pub fn to_json(&self) -> String {
        match &self.json {
            // What is JSON line by line already.
            Value::String(lines) => lines.clone(),
            value => format!("{value:#}\n"),
        }
    }
}

/// Why a command did not work, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// What went wrong.
    pub message: String,
    /// What to do, if anything is known to help.
    pub fix: Option<String>,
}

impl Failure {
    /// It was tried and did not work.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(Exit::Failed, message)
    }

    /// What the reader of command lines says, for programs.
    pub fn of_usage(error: &clap::Error) -> Self {
        let text = error.to_string();
        let mut parts = text.split("\n\n").map(shared::shorten::one_line);
        let said = parts.next().unwrap_or_default();
        let usage = parts.find(|part| part.starts_with("Usage:"));
        let failure = Self::new(Exit::Usage, said.trim_start_matches("error: "));
        match usage {
            Some(usage) => failure.with_fix(usage),
            None => failure,
        }
    }

    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            fix: None,
        }
    }

    pub(crate) fn with_fix(self, fix: impl Into<String>) -> Self {
        Self {
            fix: Some(fix.into()),
            ..self
        }
    }

    /// One word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self.exit {
            Exit::Done => "done",
            Exit::Failed => "failed",
            Exit::Usage => "usage",
            Exit::Unreachable => "unreachable",
            Exit::Refused => "refused",
            Exit::NotPossible => "notPossible",
            Exit::Queued => "queued",
        }
    }

    pub(crate) fn json(&self) -> Value {
        json!({"code": self.code(), "message": self.message, "fix": self.fix})
    }

    /// The failure as it is printed for programs.
    pub fn to_json(&self) -> String {
        format!("{:#}\n", json!({"error": self.json()}))
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)?;
        match &self.fix {
            Some(fix) => write!(f, "\n  → {fix}"),
            None => Ok(()),
        }
    }
}

impl From<OperatorError> for Failure {
    fn from(error: OperatorError) -> Self {
        let message = error.to_string();
        let refused = || Self::new(Exit::Refused, &message);
        match error {
            OperatorError::Unreachable(_) => {
                let message = format!("the gateway did not answer: {message}");
                Self::new(Exit::Unreachable, message)
                    .with_fix("Look at --url (BUGBOT_URL); `bugbot doctor` says more.")
            }
            OperatorError::Unavailable(_) => Self::new(Exit::Unreachable, message)
                .with_fix("Give the order again in a minute: nothing is done twice."),
            OperatorError::Closed => refused().with_fix(
                "Set OPERATOR_TOKEN (16 characters or more) on the gateway: `npx wrangler secret \
                 put OPERATOR_TOKEN --env gateway`. Or the address is not the gateway's.",
            ),
            OperatorError::Unauthorized(_) => refused()
                .with_fix("BUGBOT_OPERATOR_TOKEN has to be what OPERATOR_TOKEN is on the gateway."),
            OperatorError::NotFound(_) | OperatorError::Conflict(_) => {
                Self::new(Exit::NotPossible, message)
            }
            OperatorError::Unexpected { .. } => Self::failed(format!(
                "the gateway gave an answer that this program does not know: {message}"
            ))
            .with_fix("This program and the gateway may be of different versions."),
        }
    }
}

/// A service's failure, met by this program itself.
pub(crate) fn of_service(what: &str, error: &ServiceError, fix: &str) -> Failure {
    let exit = match error {
        ServiceError::Unreachable(_) | ServiceError::RateLimited { .. } => Exit::Unreachable,
        ServiceError::Unauthorized(_) => Exit::Refused,
        _ => Exit::Failed,
    };
    Failure::new(exit, format!("{what}: {error}")).with_fix(fix)
}
