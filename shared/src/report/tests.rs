//! Every terminal message of a fix as people read it.

use crate::executor::RunFailure;
use crate::fix::tests::{archived, crashed, fix, in_bucket, merge};
use crate::fix::{Cause, Closing, Holds, MergeStep, NotKept, Place, Stage};
use crate::id::UserId;
use crate::policy::{Reason, Violation};
use crate::report::fix_terminal;
use crate::service::Service;

fn shown(cause: Cause) -> String {
    let message = fix_terminal(&fix(archived(cause, None, Closing::Report)), false);
    serde_json::to_string_pretty(&message).unwrap()
}

#[test]
fn an_open_pull_request() {
    let message = fix_terminal(&fix(merge(MergeStep::Close(Closing::Report))), false);
    insta::assert_snapshot!(serde_json::to_string_pretty(&message).unwrap());
}

#[test]
fn a_cancelled_fix() {
    insta::assert_snapshot!(shown(Cause::Cancelled {
        by: UserId::new("42")
    }));
}

#[test]
fn a_fix_without_a_change() {
    insta::assert_snapshot!(shown(Cause::NoChange {
        summary: "It is *fine* @everyone".into()
    }));
}

#[test]
fn a_change_that_breaks_the_policy() {
    insta::assert_snapshot!(shown(Cause::PolicyViolated {
        violations: vec![Violation {
            path: "server/db.ts".to_owned(),
            reason: Reason::OutsideAllowedFolders,
        }],
    }));
}

#[test]
fn a_crash_report_is_named_and_only_operators_get_it() {
    let field = |place| {
        let message = fix_terminal(&fix(crashed(place, Closing::Report)), false);
        let message = serde_json::to_value(&message).unwrap();
        let fields = message["embeds"][0]["fields"].as_array().unwrap().clone();
        let field = fields.iter().find(|field| field["name"] == "Crash report");
        field.map(|field| field["value"].as_str().unwrap().to_owned())
    };
    let packed = || Place::Bucket {
        key: "1/r-1.tar.gz".to_owned(),
        url: "https://gateway.test/operator/v1/jobs/1/crash-report".to_owned(),
    };
    let stays = |why| field(Place::Executor { why }).unwrap();
    let all = [
        field(in_bucket()).unwrap(),
        field(packed()).unwrap(),
        stays(NotKept::NoBucket),
        stays(NotKept::TooLarge),
        stays(NotKept::Failed),
    ];
    insta::assert_snapshot!(all.join("\n"), @r"
    [The files that the agent began with](https://gateway.test/operator/v1/jobs/1/crash-report) (12 files, 20.5 KB), for operators: `bugbot jobs crash-report 1001 --out 1001.tar`
    [The files that the agent began with](https://gateway.test/operator/v1/jobs/1/crash-report) (12 files, 20.5 KB), for operators: `bugbot jobs crash-report 1001 --out 1001.tar.gz`
    `crash-acme-shop-issue-1-20261121-143000.tar` (12 files, 20.5 KB) in the executor's `crash-reports`, while it has it
    `crash-acme-shop-issue-1-20261121-143000.tar` (12 files, 20.5 KB) in the executor's `crash-reports`, while it has it; it is too large to be kept elsewhere
    `crash-acme-shop-issue-1-20261121-143000.tar` (12 files, 20.5 KB) in the executor's `crash-reports`, while it has it; it could not be put elsewhere
    ");
    assert_eq!(field(Place::Due), None);
}

#[test]
fn what_is_left_of_a_lost_sandbox_is_no_crash_report() {
    let field = |place| {
        let mut stage = crashed(place, Closing::Report);
        if let Stage::Archived(archived) = &mut stage {
            archived.cause = Cause::SandboxLost { runs: 3 };
            let report = archived.crash_report.as_mut().unwrap();
            report.holds = Holds::SavedWork { work: None };
        }
        let message = serde_json::to_value(fix_terminal(&fix(stage), false)).unwrap();
        let fields = message["embeds"][0]["fields"].as_array().unwrap().clone();
        let field = fields.iter().find(|field| field["name"] == "Crash report");
        field.map(|field| field["value"].as_str().unwrap().to_owned())
    };
    let kept = Place::Bucket {
        key: "1/r-3.checkpoint.json".to_owned(),
        url: "https://gateway.test/operator/v1/jobs/1/crash-report".to_owned(),
    };
    insta::assert_snapshot!(field(kept).unwrap(), @"None could be taken: the sandbox was lost. [The work that was saved last](https://gateway.test/operator/v1/jobs/1/crash-report) (12 files, 20.5 KB), for operators: `bugbot jobs crash-report 1001 --out 1001.checkpoint.json`");
    let why = NotKept::NoBucket;
    assert_eq!(field(Place::Nowhere { why }), None);
}

#[test]
fn a_conflict() {
    insta::assert_snapshot!(shown(Cause::Conflict {
        branch: "bugbot/eng-1-0123abcd".into()
    }));
}

#[test]
fn a_run_that_failed() {
    for (name, failure) in [
        (
            "clone",
            RunFailure::CloneFailed {
                reason: "no access".to_owned(),
            },
        ),
        (
            "agent",
            RunFailure::AgentFailed {
                reason: "exit 1".to_owned(),
            },
        ),
        (
            "model",
            RunFailure::ModelUnavailable {
                status: 401,
                reason: "bad key".to_owned(),
            },
        ),
        ("time", RunFailure::TimedOut),
        ("turns", RunFailure::TurnsExhausted),
        ("budget", RunFailure::BudgetExhausted),
        (
            "day_budget",
            RunFailure::DayBudgetExhausted {
                until: "2026-08-02T00:00:00Z".parse().unwrap(),
            },
        ),
        ("model_shut", RunFailure::ModelShut),
        (
            "size",
            RunFailure::ResultTooLarge {
                files: 900,
                bytes: 9_000_000,
            },
        ),
        (
            "internal",
            RunFailure::Internal {
                reason: "disk full".to_owned(),
            },
        ),
    ] {
        insta::assert_snapshot!(
            format!("run_failed_{name}"),
            shown(Cause::RunFailed { failure })
        );
    }
}

#[test]
fn a_lost_sandbox() {
    insta::assert_snapshot!(shown(Cause::SandboxLost { runs: 3 }));
}

#[test]
fn a_fix_that_nobody_waited_for() {
    insta::assert_snapshot!(shown(Cause::Superseded));
}

#[test]
fn a_service_that_failed() {
    let upstream = |exhausted| Cause::Upstream {
        service: Service::GitHub,
        error: "GitHub refused: *no*".to_owned(),
        exhausted,
    };
    insta::assert_snapshot!("upstream_refused", shown(upstream(false)));
    insta::assert_snapshot!("upstream_exhausted", shown(upstream(true)));
}
