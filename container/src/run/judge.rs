//! What an agent's end means.

use std::process::ExitStatus;

use shared::executor::{RunFailure, RunOutcome};

use crate::agent::Report;
use crate::proxy::Meter;
use crate::redact::{Redactor, one_line};

/// The longest reason kept.
const MAX_REASON_CHARS: usize = 500;

/// How an agent ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) report: Option<Report>,
    pub(super) status: ExitStatus,
    pub(super) stderr: String,
}

/// The agent's last words, or why the run failed.
pub(super) fn verdict(ended: Ended, meter: &Meter) -> Result<String, RunFailure> {
    if let Some(failure) = meter.refusal() {
        return Err(failure);
    }
    let Some(report) = ended.report else {
        let said = last_line(&ended.stderr);
        let reason = format!("it ended without a result ({}): {said}", ended.status);
        return Err(RunFailure::AgentFailed { reason });
    };
    if !report.is_error {
        return Ok(report.summary);
    }
    let reason = one_line(&report.summary, MAX_REASON_CHARS);
    Err(match report.subtype.as_str() {
        "error_max_turns" => RunFailure::TurnsExhausted,
        "error_max_budget_usd" => RunFailure::BudgetExhausted,
        _ => match report.api_status.or_else(|| meter.last_failure()) {
            Some(status) => RunFailure::ModelUnavailable { status, reason },
            None => RunFailure::AgentFailed { reason },
        },
    })
}

fn last_line(text: &str) -> String {
    let last = text.trim().lines().next_back().unwrap_or("it said nothing");
    one_line(last, MAX_REASON_CHARS)
}

/// The outcome with no secret in its reason.
pub(super) fn redacted(outcome: RunOutcome, redactor: &Redactor) -> RunOutcome {
    let RunOutcome::Failed { mut failure } = outcome else {
        return outcome;
    };
    match &mut failure {
        RunFailure::CloneFailed { reason }
        | RunFailure::AgentFailed { reason }
        | RunFailure::ModelUnavailable { reason, .. }
        | RunFailure::Internal { reason } => *reason = redactor.redact(reason),
        RunFailure::TimedOut
        | RunFailure::TurnsExhausted
        | RunFailure::BudgetExhausted
        | RunFailure::DayBudgetExhausted { .. }
        | RunFailure::ModelShut
        | RunFailure::ResultTooLarge { .. } => {}
    }
    RunOutcome::Failed { failure }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;

    use shared::model::Prices;

    use super::*;

    fn judged(report: Option<Report>) -> Result<String, RunFailure> {
        let status = ExitStatus::from_raw(256);
        let stderr = "warning\ncannot start claude: No such file\n".to_owned();
        verdict(
            Ended {
                report,
                status,
                stderr,
            },
            &Meter::new(1.0, Prices::default()),
        )
    }

    fn error(subtype: &str, api_status: Option<u16>) -> RunFailure {
        let report = Report {
            is_error: true,
            subtype: subtype.into(),
            summary: "Sorry".into(),
            api_status,
            ..Report::default()
        };
        judged(Some(report)).unwrap_err()
    }

    #[test]
    fn a_report_is_judged_by_is_error() {
        let fine = Report {
            summary: "Fixed.".into(),
            subtype: "success".into(),
            ..Report::default()
        };
        assert_eq!(judged(Some(fine)), Ok("Fixed.".into()));
        assert_eq!(error("error_max_turns", None), RunFailure::TurnsExhausted);
        assert_eq!(
            error("error_max_budget_usd", None),
            RunFailure::BudgetExhausted
        );
        let reason = || "Sorry".to_owned();
        assert_eq!(
            error("success", Some(401)),
            RunFailure::ModelUnavailable {
                status: 401,
                reason: reason()
            }
        );
        assert_eq!(
            error("success", None),
            RunFailure::AgentFailed { reason: reason() }
        );
    }

    #[test]
    fn an_agent_without_a_report_is_judged_by_its_last_words() {
        let failure = judged(None).unwrap_err().to_string();
        assert!(failure.contains("exit status: 1"), "{failure}");
        assert!(
            failure.ends_with("cannot start claude: No such file"),
            "{failure}"
        );
    }
}
