use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::change::{ChangeKind, Content, FileChange};
use crate::executor::{
    self, Checkpoint, RunFailure, RunOutcome, RunResult, RunState, RunStatus, Spent,
};
use crate::github::{PullRequest, PullRequestState};
use crate::http::Unreachable;
use crate::id::{
    ApplicationId, ChannelId, CommitId, GuildId, IssueKey, IssueUuid, MessageId, RunId,
};
use crate::policy::{Policy, Reason, Violation};
use crate::secret::Secret;
use crate::service::{Service, ServiceError};
use crate::thread::Outcome;

pub(crate) fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + secs).unwrap()
}

pub(crate) fn order() -> Order {
    Order {
        job: JobId::new("1001"),
        thread: ThreadId::new("77"),
        reply: ReplyTo {
            job: JobId::new("1001"),
            user: UserId::new("42"),
            guild: GuildId::new("9"),
            channel: ChannelId::new("77"),
            about: MessageId::new("88"),
            application: ApplicationId::new("5"),
            token: Secret::new("token"),
            accepted_at: at(0),
            trace: None,
        },
        live: None,
        quiet_until: None,
        issue: LinkedIssue {
            key: IssueKey::new("ENG-1"),
            uuid: IssueUuid::new("uuid"),
            url: "https://linear.app/acme/issue/ENG-1".to_owned(),
            title: "The cart total is wrong".to_owned(),
        },
        description: String::new(),
        report: String::new(),
        packet: None,
        repository: RepoName::parse("acme/shop").unwrap(),
        limits: RunLimits::default(),
        ordered_at: at(0),
        round: None,
        continues: None,
        rules: RepositoryPolicy::default(),
        claims: Vec::new(),
    }
}

pub(crate) fn base() -> Base {
    Base {
        branch: "main".to_owned(),
        commit: CommitId::new("a".repeat(40)),
    }
}

pub(crate) fn change(path: &str) -> FileChange {
    FileChange {
        path: path.to_owned(),
        kind: ChangeKind::Modified {
            old_mode: "100644".to_owned(),
            mode: "100644".to_owned(),
            content: Content(b"fixed\n".to_vec()),
        },
    }
}

pub(crate) fn spent() -> Spent {
    Spent {
        elapsed: Duration::from_secs(133),
        turns: 12,
        cost_usd: 0.42,
    }
}

pub(crate) fn work() -> Work {
    Work {
        changes: vec![change("src/cart.ts")],
        summary: "Adds the prices as numbers.".to_owned(),
        spent: spent(),
        verification: Vec::new(),
    }
}

fn pull_request() -> PullRequest {
    PullRequest {
        number: 12,
        url: "https://github.com/acme/shop/pull/12".to_owned(),
        state: PullRequestState::Open,
        draft: false,
        head: CommitId::new("c".repeat(40)),
    }
}

pub(crate) fn coding(phase: CodingPhase) -> Stage {
    let brief = Brief {
        base: base(),
        likely: Vec::new(),
        search: SearchNote::GitHub,
    };
    Stage::Coding(Coding {
        brief,
        run: NonZeroU32::MIN,
        checkpoint: None,
        saved_at: None,
        phase,
    })
}

pub(crate) fn watching() -> CodingPhase {
    CodingPhase::Watch {
        since: at(0),
        silent_since: None,
        look_at: at(0) + POLL_EVERY,
        last_step: Some("Editing src/cart.ts".to_owned()),
        spent: spent(),
        is_save_due: false,
    }
}

fn qa(step: QaStep) -> Stage {
    Stage::Qa(Qa {
        base: base(),
        work: work(),
        step,
    })
}

pub(crate) fn merge(step: MergeStep) -> Stage {
    Stage::Merge(Merge {
        pull_request: pull_request(),
        feature_branch: "bugbot/eng-1-0123abcd".to_owned(),
        commits_ahead: NonZeroU32::MIN,
        files: vec!["src/cart.ts".to_owned()],
        summary: "Adds the prices as numbers.".to_owned(),
        spent: spent(),
        verification: Vec::new(),
        opened_at: at(9),
        step,
    })
}

pub(crate) fn archived(cause: Cause, stop: Option<RunId>, closing: Closing) -> Stage {
    Stage::Archived(Archived {
        at: at(9),
        cause,
        stop,
        doubt: None,
        spent: spent(),
        kept: None,
        crash_report: None,
        closing,
    })
}

/// Its run has failed and left a report, which is to be kept.
pub(crate) fn crashed(place: Place, closing: Closing) -> Stage {
    let failure = RunFailure::AgentFailed {
        reason: "it said nothing".to_owned(),
    };
    let mut stage = archived(Cause::RunFailed { failure }, None, closing);
    if let Stage::Archived(archived) = &mut stage {
        archived.crash_report = Some(Box::new(CrashReport {
            run: RunId::new("r-1"),
            report: crash_report(),
            place,
            holds: Holds::Files,
        }));
    }
    stage
}

pub(crate) fn crash_report() -> executor::CrashReport {
    executor::CrashReport {
        name: "crash-acme-shop-issue-1-20261121-143000.tar".to_owned(),
        size_bytes: 20_480,
        packed_bytes: None,
        files: 12,
    }
}

pub(crate) fn in_bucket() -> Place {
    Place::Bucket {
        key: "1/r-1.tar".to_owned(),
        url: "https://gateway.test/operator/v1/jobs/1/crash-report".to_owned(),
    }
}

/// Cancelled while its run was being started.
fn doubtful(closing: Closing) -> Stage {
    Stage::Archived(Archived {
        at: at(9),
        cause: cancelled(),
        stop: None,
        doubt: Some(Doubt {
            run: RunId::new("r-1"),
            until: at(9) + START_ARRIVES_WITHIN,
        }),
        spent: spent(),
        kept: None,
        crash_report: None,
        closing,
    })
}

/// A fix that has come to this stage; the audit log holds all of it.
pub(crate) fn fix(stage: Stage) -> Fix {
    let mut fix = unrecorded(stage);
    let recorded = recorded(&fix.due_records());
    fix.step(recorded, &Policy::default(), at(0));
    fix
}

pub(crate) fn unrecorded(stage: Stage) -> Fix {
    Fix {
        stage,
        ..Fix::new(order())
    }
}

pub(super) fn brief() -> Brief {
    Brief {
        base: base(),
        likely: Vec::new(),
        search: SearchNote::GitHub,
    }
}

/// Waits for somebody's approval.
pub(super) fn waiting() -> Stage {
    Stage::Backlog(Backlog::Approve {
        brief: brief(),
        until: at(0) + APPROVAL_LIMIT,
    })
}

fn rules_read(needs_approval: bool) -> Event {
    Event::PolicyRead {
        rules: Box::default(),
        base: base(),
        needs_approval,
    }
}

fn cancelled() -> Cause {
    Cause::Cancelled {
        by: UserId::new("boss"),
    }
}

pub(super) fn coding_start() -> Stage {
    coding(CodingPhase::Start)
}

pub(super) fn qa_pull() -> Stage {
    qa(QaStep::OpenPullRequest {
        commit: CommitId::new("c".repeat(40)),
    })
}

/// One of every stage and step.
fn all_stages() -> Vec<Stage> {
    use Closing::{Closed, Report, TellThread};
    vec![
        Stage::Backlog(Backlog::TakeOver),
        Stage::Backlog(Backlog::ResolveBase),
        Stage::Backlog(Backlog::ReadPolicy { base: base() }),
        Stage::Backlog(Backlog::SearchCode { base: base() }),
        waiting(),
        coding(CodingPhase::Start),
        coding(watching()),
        coding(CodingPhase::Save { spent: spent() }),
        coding(CodingPhase::Collect { spent: spent() }),
        qa(QaStep::CreateBranch),
        qa(QaStep::Commit),
        qa(QaStep::OpenPullRequest {
            commit: CommitId::new("c".repeat(40)),
        }),
        merge(MergeStep::AskReview),
        merge(MergeStep::LinkIssue),
        merge(MergeStep::CommentIssue),
        merge(MergeStep::Close(Report)),
        merge(MergeStep::Close(TellThread)),
        merge(MergeStep::Close(Closed)),
        archived(cancelled(), Some(RunId::new("r-1")), Report),
        archived(cancelled(), None, Report),
        archived(cancelled(), None, TellThread),
        archived(cancelled(), None, Closed),
        doubtful(Report),
        doubtful(Closed),
        crashed(Place::Due, Report),
        crashed(in_bucket(), Report),
    ]
}

pub(crate) fn recorded(records: &[crate::audit::Record]) -> Event {
    Event::Recorded {
        keys: records.iter().map(|record| record.key.clone()).collect(),
    }
}

pub(super) fn status(state: RunState) -> RunStatus {
    RunStatus {
        run_id: RunId::new("r-1"),
        state,
        last_step: None,
        steps: 3,
        started_at: at(0),
        spent: spent(),
        steers: Vec::new(),
    }
}

fn result(outcome: RunOutcome, changes: Vec<FileChange>) -> Event {
    Event::RunCollected(Box::new(RunResult {
        checkpoint: None,
        run_id: RunId::new("r-1"),
        outcome,
        changes,
        summary: "I looked.".to_owned(),
        found_files: Vec::new(),
        verification: Vec::new(),
        crash_report: None,
        spent: spent(),
    }))
}

pub(super) fn live() -> LiveMessage {
    LiveMessage {
        channel: ChannelId::new("77"),
        message: MessageId::new("99"),
    }
}

fn refused() -> ServiceError {
    ServiceError::Refused("no".to_owned())
}

/// The effect that is pending failed.
fn failed(fix: &Fix, error: ServiceError) -> Event {
    Event::Failed {
        effect: Box::new(fix.pending().unwrap_or(Effect::Report)),
        service: Service::GitHub,
        error,
        not_before: at(60),
    }
}

/// One of every event, with the outcomes that matter.
#[expect(clippy::too_many_lines, reason = "one entry an event")]
fn all_events(fix: &Fix) -> Vec<(&'static str, Event)> {
    let ended = |outcome| Event::RunSeen(status(RunState::Ended { outcome }));
    let checkpoint = Checkpoint {
        base_commit: base().commit,
        changes: vec![change("src/cart.ts")],
        session_id: None,
        spent: spent(),
    };
    vec![
        ("tick", Event::Tick),
        (
            "shown",
            Event::Shown {
                live: live(),
                text: "text".to_owned(),
            },
        ),
        ("not shown", Event::NotShown { not_before: at(5) }),
        ("taken over", Event::TakenOver { cancelled_by: None }),
        (
            "taken over too late",
            Event::TakenOver {
                cancelled_by: Some(UserId::new("boss")),
            },
        ),
        ("not wanted", Event::NotWanted),
        ("base resolved", Event::BaseResolved(base())),
        ("rules read", rules_read(false)),
        (
            "rules unusable",
            Event::PolicyUnusable {
                why: "line 1".to_owned(),
            },
        ),
        (
            "approved",
            Event::Approved {
                by: UserId::new("boss"),
            },
        ),
        (
            "rejected",
            Event::Rejected {
                by: UserId::new("boss"),
            },
        ),
        ("review asked", Event::ReviewAsked),
        ("recorded", Event::Recorded { keys: Vec::new() }),
        ("not recorded", Event::NotRecorded { not_before: at(5) }),
        (
            "code searched",
            Event::CodeSearched {
                likely: Vec::new(),
                search: SearchNote::GitHub,
            },
        ),
        ("run works", Event::RunSeen(status(RunState::Running))),
        (
            "run interrupted",
            Event::RunSeen(status(RunState::Interrupted)),
        ),
        ("run ended", ended(RunOutcome::Completed)),
        ("run lost", Event::RunLost),
        ("run silent", Event::RunSilent),
        (
            "steer",
            Event::SteerRequested {
                by: UserId::new("42"),
                steer: executor::Steer {
                    id: JobId::new("9"),
                    text: "Only the cart.".to_owned(),
                },
            },
        ),
        (
            "steer refused",
            Event::SteerRefused {
                id: JobId::new("9"),
            },
        ),
        (
            "run checkpointed",
            Event::RunCheckpointed(Some(Box::new(checkpoint.clone()))),
        ),
        ("run saved", Event::RunSaved(Some(Box::new(checkpoint)))),
        (
            "report kept",
            Event::ReportKept {
                key: "1/r-1.tar".to_owned(),
                url: "https://gateway.test".to_owned(),
            },
        ),
        (
            "report not kept",
            Event::ReportNotKept {
                why: NotKept::NoBucket,
            },
        ),
        (
            "result: good",
            result(RunOutcome::Completed, vec![change("src/cart.ts")]),
        ),
        ("result: nothing", result(RunOutcome::Completed, Vec::new())),
        (
            "result: forbidden",
            result(RunOutcome::Completed, vec![change("package.json")]),
        ),
        (
            "result: failed",
            result(
                RunOutcome::Failed {
                    failure: RunFailure::TimedOut,
                },
                vec![],
            ),
        ),
        ("run stopped", Event::RunStopped),
        ("branch ready", Event::BranchReady),
        ("committed", Event::Committed(CommitId::new("c".repeat(40)))),
        (
            "policy broken",
            Event::PolicyBroken(vec![Violation {
                path: "package.json".to_owned(),
                reason: Reason::OutsideAllowedFolders,
            }]),
        ),
        ("conflict", Event::BranchConflict),
        ("pull request open", Event::PullRequestOpen(pull_request())),
        ("issue linked", Event::IssueLinked),
        ("issue commented", Event::IssueCommented),
        ("reported", Event::Reported { live: live() }),
        ("thread told", Event::ThreadTold),
        ("refused", failed(fix, refused())),
        (
            "unreachable",
            failed(fix, Unreachable::Connection("reset".to_owned()).into()),
        ),
        (
            "cancel",
            Event::CancelRequested {
                by: UserId::new("boss"),
            },
        ),
    ]
}

/// A stage in few words.
fn name(stage: &Stage) -> String {
    match stage {
        Stage::Backlog(Backlog::TakeOver) => "backlog/take over".to_owned(),
        Stage::Backlog(Backlog::ResolveBase) => "backlog/resolve".to_owned(),
        Stage::Backlog(Backlog::ReadPolicy { .. }) => "backlog/rules".to_owned(),
        Stage::Backlog(Backlog::SearchCode { .. }) => "backlog/search".to_owned(),
        Stage::Backlog(Backlog::Approve { .. }) => "backlog/approve".to_owned(),
        Stage::Coding(coding) => {
            let phase = match coding.phase {
                CodingPhase::Start => "start",
                CodingPhase::Watch { .. } => "watch",
                CodingPhase::Save { .. } => "save",
                CodingPhase::Collect { .. } => "collect",
            };
            format!("coding {}/{phase}", coding.run)
        }
        Stage::Qa(qa) => match qa.step {
            QaStep::CreateBranch => "qa/branch".to_owned(),
            QaStep::Commit => "qa/commit".to_owned(),
            QaStep::OpenPullRequest { .. } => "qa/pull".to_owned(),
        },
        Stage::Merge(merge) => match merge.step {
            MergeStep::AskReview => "merge/review".to_owned(),
            MergeStep::LinkIssue => "merge/link".to_owned(),
            MergeStep::CommentIssue => "merge/comment".to_owned(),
            MergeStep::Close(closing) => format!("merge/{closing:?}").to_lowercase(),
        },
        Stage::Archived(archived) => {
            let step = match &archived.stop {
                Some(_) => "stop".to_owned(),
                None if archived.doubt.is_some() => {
                    format!("{:?} in doubt", archived.closing).to_lowercase()
                }
                None => format!("{:?}", archived.closing).to_lowercase(),
            };
            let cause = serde_json::to_value(&archived.cause).unwrap();
            format!("archived ({})/{step}", cause["cause"].as_str().unwrap())
        }
    }
}

/// Every arrow of the machine. A pair that is not here changes nothing.
#[test]
fn every_pair_of_stage_and_event_has_its_place() {
    let mut table = String::new();
    for stage in all_stages() {
        let mut arrows = Vec::new();
        for (event_name, event) in all_events(&fix(stage.clone())) {
            let mut fix = fix(stage.clone());
            fix.step(event, &Policy::default(), at(1));
            if fix.stage != stage {
                arrows.push(format!("  {event_name} -> {}\n", name(&fix.stage)));
            }
        }
        writeln!(table, "{}", name(&stage)).unwrap();
        table += &arrows.concat();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn a_run_that_was_being_started_is_stopped_once_more_when_its_start_has_arrived() {
    let mut fix = fix(coding(CodingPhase::Start));
    let by = UserId::new("boss");
    fix.step(Event::CancelRequested { by }, &Policy::default(), at(5));
    let mut effects = Vec::new();
    let mut now = at(5);
    loop {
        match fix.next(now) {
            Next::WaitUntil(until) => {
                assert_eq!(until, at(5) + START_ARRIVES_WITHIN);
                now = until;
                continue;
            }
            Next::Rest => break,
            Next::Perform(effect) => effects.push(effect.clone()),
        }
        let event = match effects.last().unwrap() {
            Effect::StopRun { .. } => Event::RunStopped,
            Effect::Report => Event::Reported { live: live() },
            Effect::TellThread { .. } => Event::ThreadTold,
            Effect::Record { records } => recorded(records),
            other => panic!("not asked for: {other:?}"),
        };
        fix.step(event, &Policy::default(), now);
    }
    let stops = |effect: &&Effect| matches!(effect, Effect::StopRun { .. });
    assert_eq!(effects.iter().filter(stops).count(), 2);
    assert_eq!(effects.len(), 5, "{effects:?}");
    assert!(fix.stage.is_closed());
}

#[test]
fn the_terminal_message_waits_for_as_long_as_discord_asks() {
    let mut fix = fix(archived(cancelled(), None, Closing::Report));
    fix.step(
        Event::NotShown { not_before: at(90) },
        &Policy::default(),
        at(1),
    );
    assert_eq!(fix.next(at(2)), Next::WaitUntil(at(90)));
    assert_eq!(fix.next(at(90)), Next::Perform(Effect::Report));
}

#[test]
fn a_fix_goes_from_order_to_pull_request_by_the_effects_that_it_names() {
    let mut fix = Fix::new(order());
    let mut effects = Vec::new();
    let mut now = at(0);
    while effects.len() < 40 {
        let effect = match fix.next(now) {
            Next::Perform(effect) => effect,
            Next::WaitUntil(until) => {
                now = until;
                continue;
            }
            Next::Rest => break,
        };
        let ended = RunState::Ended {
            outcome: RunOutcome::Completed,
        };
        let event = match &effect {
            Effect::ShowProgress { message } => Event::Shown {
                live: live(),
                text: message.fingerprint(),
            },
            Effect::TakeOver => Event::TakenOver { cancelled_by: None },
            Effect::ResolveBase => Event::BaseResolved(base()),
            Effect::ReadPolicy { .. } => rules_read(false),
            Effect::AskReview { .. } => panic!("nobody is asked to review"),
            Effect::Record { records } => recorded(records),
            Effect::SearchCode => Event::CodeSearched {
                likely: Vec::new(),
                search: SearchNote::GitHub,
            },
            Effect::StartRun { .. } => Event::RunSeen(status(RunState::Cloning)),
            Effect::LookAtRun { .. } => Event::RunSeen(status(ended)),
            Effect::CollectRun { .. } => result(RunOutcome::Completed, vec![change("src/cart.ts")]),
            Effect::SteerRun { .. } => panic!("nobody steers"),
            Effect::CheckpointRun { .. } | Effect::SaveRun { .. } | Effect::StopRun { .. } => {
                panic!("nothing was interrupted")
            }
            Effect::KeepReport { .. } | Effect::KeepWork { .. } => panic!("nothing failed"),
            Effect::CreateBranch { .. } => Event::BranchReady,
            Effect::Commit { .. } => Event::Committed(CommitId::new("c".repeat(40))),
            Effect::OpenPullRequest { .. } => Event::PullRequestOpen(pull_request()),
            Effect::LinkIssue { .. } => Event::IssueLinked,
            Effect::CommentIssue { .. } => Event::IssueCommented,
            Effect::After(_) => panic!("nothing happened to the pull request"),
            Effect::Report => Event::Reported { live: live() },
            Effect::TellThread { outcome } => {
                assert!(matches!(outcome, Outcome::Succeeded(_)));
                Event::ThreadTold
            }
        };
        let debug = format!("{effect:?}");
        effects.push(debug.split([' ', '{']).next().unwrap().to_owned());
        fix.step(event, &Policy::default(), now);
    }
    assert!(fix.stage.is_closed(), "{effects:?}");
    effects.retain(|effect| effect != "ShowProgress");
    assert_eq!(
        effects,
        [
            "TakeOver",
            "ResolveBase",
            "ReadPolicy",
            "SearchCode",
            "Record",
            "StartRun",
            "LookAtRun",
            "CollectRun",
            "CreateBranch",
            "Commit",
            "Record",
            "OpenPullRequest",
            "Record",
            "LinkIssue",
            "CommentIssue",
            "Report",
            "TellThread",
        ]
    );
}

#[test]
fn a_silent_sandbox_loses_its_lease_and_the_run_is_started_elsewhere() {
    let mut fix = fix(coding(watching()));
    let policy = Policy::default();
    // We are late to ask, and there is no answer: silence begins here.
    fix.step(Event::Tick, &policy, at(300));
    fix.step(Event::RunSilent, &policy, at(300));
    assert_eq!(name(&fix.stage), "coding 1/watch");
    // A word in between begins it anew.
    fix.step(Event::RunSeen(status(RunState::Running)), &policy, at(310));
    fix.step(Event::RunSilent, &policy, at(320));
    fix.step(Event::RunSilent, &policy, at(349));
    assert_eq!(name(&fix.stage), "coding 1/watch");
    fix.step(Event::RunSilent, &policy, at(320) + HEARTBEAT_LIMIT);
    assert_eq!(name(&fix.stage), "coding 2/start");
}

#[test]
fn what_a_lost_run_used_up_counts_against_the_limits_of_the_next() {
    let mut fix = fix(coding(watching()));
    fix.step(Event::RunLost, &Policy::default(), at(1));
    let Stage::Coding(coding) = &fix.stage else {
        panic!("it starts again");
    };
    let checkpoint = coding.checkpoint.as_ref().unwrap();
    assert_eq!((checkpoint.spent, checkpoint.changes.len()), (spent(), 0));
    assert_eq!(coding.spent(), spent());
}

#[test]
fn a_failure_that_comes_late_is_not_taken_for_one_of_the_next_effect() {
    let mut starting = fix(coding(CodingPhase::Start));
    let late = failed(&starting, refused());
    let by = UserId::new("boss");
    let policy = Policy::default();
    starting.step(Event::CancelRequested { by }, &policy, at(1));
    starting.step(Event::RunStopped, &policy, at(2));
    starting.step(late, &policy, at(3));
    assert_eq!(
        name(&starting.stage),
        "archived (cancelled)/report in doubt"
    );
}

#[test]
fn a_run_that_starts_after_it_was_stopped_is_stopped_again() {
    for closing in [Closing::Report, Closing::TellThread, Closing::Closed] {
        let mut fix = fix(archived(cancelled(), None, closing));
        let late = Event::RunSeen(status(RunState::Running));
        fix.step(late, &Policy::default(), at(1));
        let run = RunId::new("r-1");
        assert_eq!(fix.next(at(1)), Next::Perform(Effect::StopRun { run }));
    }
}

#[test]
fn work_that_cannot_be_fetched_counts_as_lost_with_its_sandbox() {
    let phase = CodingPhase::Collect { spent: spent() };
    let mut fix = fix(coding(phase));
    for _ in 0..MAX_FETCH_ATTEMPTS {
        assert_eq!(name(&fix.stage), "coding 1/collect");
        let gone = Unreachable::Connection("reset".to_owned()).into();
        let event = failed(&fix, gone);
        fix.step(event, &Policy::default(), at(1));
    }
    assert_eq!(name(&fix.stage), "coding 2/start");
}

#[test]
fn the_thread_is_told_also_when_the_fix_has_become_old() {
    let mut fix = fix(archived(cancelled(), None, Closing::Report));
    let late = at(0) + MAX_AGE;
    let gone: ServiceError = Unreachable::Connection("reset".to_owned()).into();
    let event = failed(&fix, gone.clone());
    fix.step(event, &Policy::default(), late);
    assert_eq!(name(&fix.stage), "archived (cancelled)/report");
    let event = failed(&fix, gone);
    fix.step(event, &Policy::default(), at(0) + MAX_REPORT_AGE);
    assert_eq!(name(&fix.stage), "archived (cancelled)/tellthread");
}

/// A row of a Durable Object holds 2 MB.
#[test]
fn a_fix_fits_into_its_row_whatever_a_run_brings() {
    const ROW_BYTES: usize = 2_000_000;
    let large = |files: usize, bytes: usize| -> Vec<FileChange> {
        let content = || Content(vec![0xff; bytes]);
        let kind = || ChangeKind::Added {
            mode: "100644".to_owned(),
            content: content(),
        };
        (0..files)
            .map(|n| FileChange {
                path: format!("src/{n}"),
                kind: kind(),
            })
            .collect()
    };
    let stored = |fix: &Fix| serde_json::to_string(fix).unwrap().len();
    for (files, bytes) in [(1, 1_048_000), (1, 5_000_000), (10_000, 0)] {
        let checkpoint = Checkpoint {
            base_commit: base().commit,
            changes: large(files, bytes),
            session_id: None,
            spent: spent(),
        };
        let mut saving = fix(coding(CodingPhase::Save { spent: spent() }));
        let saved = Event::RunSaved(Some(Box::new(checkpoint)));
        saving.step(saved, &Policy::default(), at(1));
        assert_eq!(name(&saving.stage), "coding 2/start");
        assert!(stored(&saving) < ROW_BYTES, "{}", stored(&saving));

        let mut collecting = fix(coding(CodingPhase::Collect { spent: spent() }));
        let result = result(RunOutcome::Completed, large(files, bytes));
        collecting.step(result, &Policy::default(), at(1));
        assert!(stored(&collecting) < ROW_BYTES, "{}", stored(&collecting));
    }
}

#[test]
fn a_closed_fix_keeps_neither_the_token_nor_the_words() {
    let mut fix = fix(archived(cancelled(), None, Closing::TellThread));
    fix.order.description = "words".to_owned();
    fix.order.report = "words".to_owned();
    fix.step(Event::ThreadTold, &Policy::default(), at(1));
    assert!(fix.stage.is_closed());
    let stored = serde_json::to_string(&fix).unwrap();
    assert!(
        !stored.contains("\"token\":\"token\"") && !stored.contains("words"),
        "{stored}"
    );
}

#[test]
fn a_sandbox_that_is_lost_again_and_again_ends_the_fix() {
    let mut fix = fix(coding(watching()));
    let policy = Policy::default();
    for run in 2..=MAX_RUNS {
        fix.step(Event::RunLost, &policy, at(1));
        assert_eq!(name(&fix.stage), format!("coding {run}/start"));
        fix.step(Event::RunSeen(status(RunState::Running)), &policy, at(1));
    }
    fix.step(Event::RunLost, &policy, at(1));
    assert_eq!(name(&fix.stage), "archived (sandboxLost)/stop");
}

#[test]
fn a_run_past_its_time_is_given_up_even_if_it_still_answers() {
    let mut fix = fix(coding(CodingPhase::Watch {
        since: at(0),
        silent_since: None,
        look_at: at(962),
        last_step: None,
        spent: spent(),
        is_save_due: false,
    }));
    fix.step(
        Event::Tick,
        &Policy::default(),
        at(15 * 60) + WALL_CLOCK_SLACK,
    );
    assert_eq!(name(&fix.stage), "archived (runFailed)/stop");
}

#[test]
fn an_interrupted_run_goes_on_from_its_checkpoint() {
    let mut fix = fix(coding(watching()));
    let policy = Policy::default();
    fix.step(
        Event::RunSeen(status(RunState::Interrupted)),
        &policy,
        at(1),
    );
    let (_, saved) = all_events(&fix)
        .into_iter()
        .find(|(name, _)| *name == "run saved")
        .unwrap();
    fix.step(saved, &policy, at(2));
    // The progress comes first; then the run, with what was saved.
    fix.step(
        Event::NotShown {
            not_before: at(100),
        },
        &policy,
        at(2),
    );
    let Next::Perform(Effect::StartRun {
        checkpoint: Some(checkpoint),
        ..
    }) = fix.next(at(2))
    else {
        panic!("the run starts again: {:?}", fix.next(at(2)));
    };
    assert_eq!(checkpoint.changes, [change("src/cart.ts")]);
}

#[test]
fn a_transient_failure_is_tried_again_until_patience_ends() {
    let mut fix = fix(qa(QaStep::Commit));
    let policy = Policy::default();
    let lost: ServiceError = Unreachable::Connection("reset".to_owned()).into();
    for _ in 1..MAX_ATTEMPTS {
        let event = failed(&fix, lost.clone());
        fix.step(event, &policy, at(1));
        assert_eq!(name(&fix.stage), "qa/commit");
    }
    fix.step(
        Event::NotShown {
            not_before: at(500),
        },
        &policy,
        at(1),
    );
    assert_eq!(fix.next(at(1)), Next::WaitUntil(at(60)));
    let event = failed(&fix, lost);
    fix.step(event, &policy, at(1));
    assert_eq!(name(&fix.stage), "archived (upstream)/report");
}

#[test]
fn rate_limits_are_waited_for_but_not_for_ever() {
    let mut fix = fix(qa(QaStep::Commit));
    let policy = Policy::default();
    let limited = |fix: &Fix| {
        let retry_after = Duration::from_mins(1);
        failed(fix, ServiceError::RateLimited { retry_after })
    };
    for _ in 0..MAX_ATTEMPTS * 3 {
        let event = limited(&fix);
        fix.step(event, &policy, at(1));
    }
    assert_eq!(name(&fix.stage), "qa/commit");
    let event = limited(&fix);
    fix.step(event, &policy, at(0) + MAX_AGE);
    assert_eq!(name(&fix.stage), "archived (upstream)/report");
}

#[test]
fn what_linear_refuses_is_said_in_the_thread_instead() {
    let mut fix = fix(merge(MergeStep::LinkIssue));
    let event = failed(&fix, refused());
    fix.step(event, &Policy::default(), at(1));
    assert_eq!(name(&fix.stage), "merge/comment");
    assert_eq!(fix.notes(), ["GitHub refused: no."]);
}

#[test]
fn progress_is_edited_when_it_says_something_new_and_not_too_often() {
    let policy = Policy::default();
    let mut fix = Fix::new(order());
    assert_eq!(fix.next(at(0)), Next::Perform(Effect::TakeOver));
    fix.step(Event::TakenOver { cancelled_by: None }, &policy, at(0));
    let Next::Perform(Effect::ShowProgress { message }) = fix.next(at(0)) else {
        panic!("the first thing is to be seen");
    };
    let text = message.fingerprint();
    fix.step(Event::Shown { live: live(), text }, &policy, at(0));
    assert_eq!(fix.next(at(0)), Next::Perform(Effect::ResolveBase));
    fix.step(Event::BaseResolved(base()), &policy, at(1));
    // It says something new, but the last edit is too fresh.
    let reads = Effect::ReadPolicy { base: base() };
    assert_eq!(fix.next(at(1)), Next::Perform(reads));
    assert!(matches!(
        fix.next(at(0) + EDIT_EVERY),
        Next::Perform(Effect::ShowProgress { .. })
    ));
}

#[test]
fn a_fix_is_read_again_as_it_was_stored_in_every_stage() {
    for stage in all_stages() {
        let fix = fix(stage);
        let stored = serde_json::to_string(&fix).unwrap();
        assert_eq!(
            serde_json::from_str::<Fix>(&stored).unwrap(),
            fix,
            "{stored}"
        );
    }
}
