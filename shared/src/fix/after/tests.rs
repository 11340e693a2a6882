//! What GitHub tells, in every order.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::fix::round::RoundEnd;
use crate::fix::tests::{fix, merge, order};
use crate::fix::{Closing, Effect, Fix, MAX_ATTEMPTS, MergeStep, Next};
use crate::github::webhook::{Happening, Notice, Place};
use crate::github::{PullRequestState, RepoName};
use crate::http::Unreachable;
use crate::pipeline;
use crate::service::{Service, ServiceError};

const LIMITS: AfterLimits = AfterLimits {
    fix_rounds: 2,
    delete_merged_branches: true,
};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + secs).unwrap()
}

fn head(letter: &str) -> CommitId {
    CommitId::new(letter.repeat(40))
}

/// A fix whose job has ended with a pull request.
fn open() -> Fix {
    fix(merge(MergeStep::Close(Closing::Closed)))
}

fn notice(delivery: &str, happening: Happening) -> Notice {
    let place = Place {
        number: Some(12),
        ..Place::default()
    };
    let repository = RepoName::parse("acme/shop").unwrap();
    Notice::new(delivery, repository, place, happening, at(0))
}

fn ask(id: &str) -> Ask {
    Ask {
        id: id.to_owned(),
        by: "grace".to_owned(),
        text: "/bugbot fix the rounding".to_owned(),
        url: "https://github.com/acme/shop/pull/12#r1".to_owned(),
        place: None,
    }
}

fn preview(url: &str, seconds: i64) -> Happening {
    Happening::Deployed(Preview {
        url: url.to_owned(),
        environment: "Preview".to_owned(),
        at: at(seconds),
    })
}

fn seen(state: PullRequestState) -> PullRequest {
    PullRequest {
        number: 12,
        url: "https://github.com/acme/shop/pull/12".to_owned(),
        state,
        draft: false,
        head: head("c"),
    }
}

fn merged() -> PullRequestState {
    PullRequestState::Merged {
        at: at(5),
        commit: head("e"),
    }
}

/// GitHub as it is when it is asked.
struct GitHub {
    state: PullRequestState,
    head: CommitId,
    verdict: ChecksVerdict,
}

impl GitHub {
    fn new(state: PullRequestState) -> Self {
        Self {
            state,
            head: head("c"),
            verdict: ChecksVerdict::None,
        }
    }

    fn failing(head: CommitId) -> Self {
        let failed = vec!["test".to_owned()];
        Self {
            head,
            verdict: ChecksVerdict::Failed { failed },
            ..Self::new(PullRequestState::Open)
        }
    }

    fn pull_request(&self) -> PullRequest {
        PullRequest {
            head: self.head.clone(),
            ..seen(self.state.clone())
        }
    }

    fn answer(&self, todo: &Todo) -> AfterEvent {
        match todo {
            Todo::Look { hint } => AfterEvent::Seen {
                hint: *hint,
                seen: Box::new(self.pull_request()),
            },
            Todo::ReadChecks { .. } => AfterEvent::ChecksRead {
                seen: Box::new(self.pull_request()),
                verdict: self.verdict.clone(),
                log: "expected 2, got 11".to_owned(),
            },
            Todo::ReadReview { ask } => AfterEvent::ReviewRead {
                ask: ask.clone(),
                seen: Box::new(self.pull_request()),
                remarks: "grace wrote: round it".to_owned(),
            },
            Todo::MoveIssue => AfterEvent::IssueMoved(Moved::To("Done".to_owned())),
            other => AfterEvent::Done(other.clone()),
        }
    }
}

/// Does everything that is to be done, and says what that was. Rounds are ordered, and go on.
fn run(fix: &mut Fix, github: &GitHub, mut now: Timestamp) -> Vec<String> {
    let mut done = Vec::new();
    for _ in 0..50 {
        fix.tick_after(now);
        match fix.next(now) {
            Next::Perform(Effect::After(todo)) => {
                done.push(name(&todo));
                let event = github.answer(&todo);
                fix.step_after(event, &LIMITS, now);
            }
            Next::Perform(Effect::Record { records }) => {
                fix.recorded(records.into_iter().map(|record| record.key).collect());
            }
            Next::WaitUntil(until) if until < at(3_000) => now = until,
            Next::WaitUntil(_) | Next::Rest => return done,
            other @ Next::Perform(_) => panic!("{other:?}"),
        }
    }
    panic!("a circle: {done:?}");
}

fn name(todo: &Todo) -> String {
    let value = serde_json::to_value(todo).unwrap();
    let what = value["do"].as_str().unwrap().to_owned();
    match todo {
        Todo::Tell { news } => {
            let news = serde_json::to_value(news).unwrap();
            format!("{what} {}", news["news"].as_str().unwrap())
        }
        Todo::Answer { answer, .. } => format!("{what} {answer:?}"),
        _ => what,
    }
}

fn end(round: u32, commit: Option<&str>, cost_usd: f64) -> RoundEnd {
    RoundEnd {
        round: JobId::new(format!("1001-round-{round}")),
        spent: Spent {
            cost_usd,
            ..Spent::default()
        },
        commit: commit.map(head),
    }
}

/// One of everything that can be told, and the state of GitHub by the time of the look.
fn all_happenings() -> Vec<(&'static str, Happening)> {
    vec![
        ("pull request", Happening::PullRequest),
        ("checks", Happening::Checks),
        ("asked", Happening::Asked(ask("comment-1"))),
        ("deployed", preview("https://a.test", 1)),
    ]
}

/// Every two things that can be told, in either order, against every state of GitHub.
#[test]
fn every_pair_of_notices_comes_to_the_same_whichever_is_first() {
    let mut table = String::new();
    for (state_name, state) in [
        ("open", PullRequestState::Open),
        ("merged", merged()),
        ("closed", PullRequestState::Closed),
    ] {
        writeln!(table, "# GitHub says {state_name}").unwrap();
        for (first_name, first) in all_happenings() {
            for (second_name, second) in all_happenings() {
                let mut fix = open();
                let mut github = GitHub::failing(head("c"));
                github.state = state.clone();
                fix.notice(&notice("d1", first.clone()), at(0));
                fix.notice(&notice("d2", second), at(0));
                let done = run(&mut fix, &github, at(0));
                let standing = serde_json::to_value(&fix.after.standing).unwrap();
                writeln!(
                    table,
                    "{first_name}, {second_name} -> {} ({})",
                    standing["standing"].as_str().unwrap(),
                    done.join(", ")
                )
                .unwrap();
            }
        }
    }
    insta::assert_snapshot!(table);
}

/// What comes after a merge or a closing, late or again, moves nothing.
#[test]
fn what_comes_late_to_a_merged_or_closed_pull_request_does_nothing() {
    for state in [merged(), PullRequestState::Closed] {
        let mut fix = open();
        fix.notice(&notice("d1", Happening::PullRequest), at(0));
        let github = GitHub::new(state);
        run(&mut fix, &github, at(0));
        let before = fix.after.standing.clone();
        for (which, (_, happening)) in all_happenings().into_iter().enumerate() {
            fix.notice(&notice(&format!("late {which}"), happening), at(9));
            let done = run(&mut fix, &github, at(9));
            assert!(done.is_empty() || done == ["look"], "{done:?}");
        }
        assert_eq!(fix.after.standing, before);
    }
}

#[test]
fn a_delivery_that_comes_twice_is_one() {
    let mut fix = open();
    for _ in 0..3 {
        fix.notice(&notice("d1", Happening::Asked(ask("comment-1"))), at(0));
    }
    let github = GitHub::new(PullRequestState::Open);
    let done = run(&mut fix, &github, at(0));
    assert_eq!(done, ["readReview", "startRound", "answer Begun"]);
    fix.round_ended(&end(1, Some("d"), 0.1), at(60));
    fix.notice(&notice("d1", Happening::Asked(ask("comment-1"))), at(61));
    assert!(!run(&mut fix, &github, at(61)).contains(&"readReview".to_owned()));
}

#[test]
fn a_merge_moves_the_issue_tells_the_thread_and_archives() {
    let mut fix = open();
    fix.order.description = "words".to_owned();
    fix.notice(&notice("d1", Happening::PullRequest), at(0));
    assert!(matches!(fix.pipeline(), pipeline::Stage::Merge { .. }));
    let github = GitHub::new(merged());
    let Next::Perform(Effect::After(look)) = fix.next(at(0)) else {
        panic!("it looks first");
    };
    fix.step_after(github.answer(&look), &LIMITS, at(6));
    let done = pipeline::Stage::Done {
        merged_at: at(5),
        merge_commit: head("e"),
    };
    assert_eq!(fix.pipeline(), done);
    assert_eq!(
        run(&mut fix, &github, at(7)),
        ["moveIssue", "deleteBranch", "tell merged", "show", "settle"]
    );
    let archived = pipeline::Stage::Archived {
        archived_at: at(7),
        reason: pipeline::Reason::Completed,
    };
    assert_eq!(fix.pipeline(), archived);
    assert!(fix.order.description.is_empty(), "no round will need them");
}

#[test]
fn a_pull_request_that_is_closed_and_reopened_is_told_twice_and_worked_on_again() {
    let mut fix = open();
    fix.notice(&notice("d1", Happening::PullRequest), at(0));
    run(&mut fix, &GitHub::new(PullRequestState::Closed), at(0));
    let abandoned = pipeline::Stage::Archived {
        archived_at: at(0),
        reason: pipeline::Reason::Abandoned,
    };
    assert_eq!(fix.pipeline(), abandoned);
    fix.notice(&notice("d2", Happening::PullRequest), at(60));
    let done = run(&mut fix, &GitHub::failing(head("c")), at(60));
    assert_eq!(
        done,
        [
            "look",
            "tell reopened",
            "show",
            "readChecks",
            "show",
            "startRound"
        ]
    );
    assert!(matches!(fix.pipeline(), pipeline::Stage::Merge { .. }));
    assert!(fix.after.running().is_some(), "{done:?}");
}

#[test]
fn failing_checks_are_answered_with_two_rounds_and_then_the_thread_is_told() {
    let mut fix = open();
    let mut told = Vec::new();
    for (nth, letter) in ["c", "d", "f"].into_iter().enumerate() {
        let now = at(600 * i64::try_from(nth).unwrap());
        fix.notice(&notice(&format!("d{nth}"), Happening::Checks), now);
        let github = GitHub::failing(head(letter));
        told.extend(run(&mut fix, &github, now));
        let round = u32::try_from(nth + 1).unwrap();
        fix.round_ended(
            &end(round, Some(["d", "f", "f"][nth]), 0.1),
            now + Duration::from_mins(2),
        );
    }
    assert_eq!(
        told,
        [
            "readChecks",
            "show",
            "startRound",
            // What the checks said was said of the commit before the round's.
            "show",
            "readChecks",
            "show",
            "startRound",
            "show",
            "readChecks",
            "show",
            "tell checksFail"
        ]
    );
    // The same head is not answered twice.
    fix.notice(&notice("again", Happening::Checks), at(2_000));
    assert_eq!(
        run(&mut fix, &GitHub::failing(head("f")), at(2_000)),
        ["readChecks"]
    );
}

#[test]
fn a_round_costs_what_is_left_and_none_begins_without_money() {
    let mut fix = open();
    fix.order.limits.max_budget_usd = 1.0;
    fix.notice(&notice("d1", Happening::Checks), at(0));
    run(&mut fix, &GitHub::failing(head("c")), at(0));
    let ordered = fix.order_of_round(&JobId::new("1001-round-1")).unwrap();
    // The fix itself cost 0.42.
    assert!((ordered.limits.max_budget_usd - 0.58).abs() < 1e-9);
    assert_eq!(ordered.reply.job, ordered.job);
    assert!(
        ordered
            .round
            .unwrap()
            .material
            .contains("expected 2, got 11")
    );
    fix.round_ended(&end(1, Some("d"), 0.55), at(100));
    assert!(fix.order_of_round(&JobId::new("1001-round-1")).is_none());
    let done = run(&mut fix, &GitHub::failing(head("d")), at(200));
    assert_eq!(done, ["show", "readChecks", "show", "tell checksFail"]);
}

#[test]
fn a_fix_keeps_its_words_for_the_rounds() {
    let mut telling = fix(merge(MergeStep::Close(Closing::TellThread)));
    telling.order.description = "words".to_owned();
    telling.step(
        crate::fix::Event::ThreadTold,
        &crate::policy::Policy::default(),
        at(1),
    );
    assert_eq!(telling.order.description, "words");
    assert_eq!(telling.order.reply.token.expose(), "");
    let mut order = order();
    order.description = "words".to_owned();
    assert!(
        Fix::new(order)
            .order_of_round(&JobId::new("1001-round-1"))
            .is_none()
    );
}

#[test]
fn reviewers_wait_while_a_round_works_and_have_rounds_of_their_own() {
    let mut fix = open();
    fix.notice(&notice("d1", Happening::Checks), at(0));
    run(&mut fix, &GitHub::failing(head("c")), at(0));
    fix.notice(&notice("d2", Happening::Asked(ask("comment-1"))), at(60));
    let github = GitHub::new(PullRequestState::Open);
    assert!(run(&mut fix, &github, at(60)).is_empty());
    fix.round_ended(&end(1, Some("d"), 0.1), at(100));
    assert_eq!(
        run(&mut fix, &github, at(100)),
        ["readReview", "show", "startRound", "answer Begun"]
    );
    for nth in 2..=4 {
        fix.round_ended(&end(nth, None, 0.1), at(200));
        let happening = Happening::Asked(ask(&format!("comment-{nth}")));
        fix.notice(&notice(&format!("r{nth}"), happening), at(201));
        let done = run(&mut fix, &github, at(201));
        let last = done.iter().rfind(|done| done.starts_with("answer"));
        let expected = if nth < 4 {
            "answer Begun"
        } else {
            "answer None(Rounds)"
        };
        assert_eq!(last.map(String::as_str), Some(expected), "{done:?}");
    }
}

#[test]
fn a_merge_stops_the_round_and_drops_what_waits() {
    let mut fix = open();
    fix.notice(&notice("d1", Happening::Checks), at(0));
    run(&mut fix, &GitHub::failing(head("c")), at(0));
    fix.notice(&notice("d2", Happening::Asked(ask("comment-1"))), at(60));
    fix.notice(&notice("d3", Happening::PullRequest), at(61));
    let done = run(&mut fix, &GitHub::new(merged()), at(61));
    assert_eq!(
        done,
        [
            "look",
            "stopRound",
            "moveIssue",
            "deleteBranch",
            "tell merged",
            "show",
            "settle"
        ]
    );
    fix.round_ended(&end(1, None, 0.1), at(70));
    assert_eq!(fix.next(at(70)), Next::Rest);
}

#[test]
fn a_round_that_falls_silent_is_over_some_day() {
    let mut fix = open();
    fix.notice(&notice("d1", Happening::Checks), at(0));
    run(&mut fix, &GitHub::failing(head("c")), at(0));
    let late = at(60) + ROUND_IS_LOST_AFTER;
    assert!(matches!(fix.next(at(60)), Next::WaitUntil(until) if until <= late));
    fix.tick_after(late);
    assert!(fix.after.running().is_none());
    assert!(
        fix.after.spent_on_rounds() > 1.0,
        "it may have spent it all"
    );
}

#[test]
fn checks_that_have_not_ended_are_waited_for_but_not_for_ever() {
    let mut fix = open();
    let failed = vec!["lint".to_owned()];
    let github = GitHub {
        verdict: ChecksVerdict::Pending { failed },
        ..GitHub::failing(head("c"))
    };
    fix.notice(&notice("d1", Happening::Checks), at(0));
    let done = run(&mut fix, &github, at(0));
    let reads = done.iter().filter(|what| *what == "readChecks").count();
    assert!((5..=15).contains(&reads), "{done:?}");
    assert_eq!(done.last().map(String::as_str), Some("startRound"));
}

#[test]
fn the_newest_preview_is_shown_whichever_comes_last() {
    let mut fix = open();
    fix.notice(&notice("d1", preview("https://new.test", 9)), at(10));
    fix.notice(&notice("d2", preview("https://old.test", 3)), at(11));
    let done = run(&mut fix, &GitHub::new(PullRequestState::Open), at(11));
    assert_eq!(done, ["show", "linkPreview"]);
    assert_eq!(fix.after.preview.as_ref().unwrap().url, "https://new.test");
}

#[test]
fn a_hint_that_comes_while_another_is_looked_into_is_looked_into_too() {
    let mut fix = open();
    fix.notice(&notice("d1", Happening::PullRequest), at(0));
    let Next::Perform(Effect::After(look)) = fix.next(at(0)) else {
        panic!("it looks");
    };
    // The answer was read before the merge, the notice comes after it.
    let stale = GitHub::new(PullRequestState::Open).answer(&look);
    fix.notice(&notice("d2", Happening::PullRequest), at(1));
    fix.step_after(stale, &LIMITS, at(2));
    let done = run(&mut fix, &GitHub::new(merged()), at(2));
    assert_eq!(done[0], "look");
    assert!(matches!(fix.after.standing, Standing::Merged { .. }));
}

#[test]
fn notices_of_other_branches_numbers_and_repositories_are_not_ours() {
    let mut fix = open();
    let mut other = notice("d1", Happening::PullRequest);
    other.place.number = Some(13);
    assert!(!fix.notice(&other, at(0)));
    let mut other = notice("d1", Happening::PullRequest);
    other.place.branch = Some("bugbot/eng-2-ffffffff".to_owned());
    assert!(!fix.notice(&other, at(0)));
    let mut other = notice("d1", Happening::PullRequest);
    other.repository = RepoName::parse("acme/payroll").unwrap();
    assert!(!fix.notice(&other, at(0)));
    assert_eq!(fix, open());
}

#[test]
fn what_is_told_before_the_job_has_ended_is_acted_on_afterwards() {
    let mut early = fix(merge(MergeStep::LinkIssue));
    early.notice(&notice("d1", Happening::PullRequest), at(0));
    assert!(!matches!(
        early.next(at(0)),
        Next::Perform(Effect::After(_))
    ));
    early.stage = merge(MergeStep::Close(Closing::Closed));
    assert!(matches!(early.next(at(0)), Next::Perform(Effect::After(_))));
}

#[test]
fn what_cannot_be_done_is_given_up_and_the_rest_goes_on() {
    let mut fix = open();
    fix.notice(&notice("d1", Happening::PullRequest), at(0));
    let github = GitHub::new(merged());
    let Next::Perform(Effect::After(look)) = fix.next(at(0)) else {
        panic!("it looks first");
    };
    let gone: ServiceError = Unreachable::Connection("reset".to_owned()).into();
    fix.fail_after(&look, Service::GitHub, &gone, at(4), at(0));
    assert_eq!(fix.next(at(1)), Next::WaitUntil(at(4)));
    fix.step_after(github.answer(&look), &LIMITS, at(5));
    for _ in 0..MAX_ATTEMPTS {
        fix.fail_after(&Todo::MoveIssue, Service::Linear, &gone, at(5), at(5));
    }
    let Some(Moved::Failed(why)) = &fix.after.moved else {
        panic!("it was given up: {:?}", fix.after);
    };
    assert!(why.contains("Linear"), "{why}");
    assert!(run(&mut fix, &github, at(6)).contains(&"tell merged".to_owned()));
    // A failure of what is not first any more is late news.
    let before = fix.clone();
    fix.fail_after(&look, Service::GitHub, &gone, at(9), at(9));
    assert_eq!(fix, before);
}

#[test]
fn what_came_after_is_read_again_as_it_was_stored_and_old_fixes_have_none() {
    let mut fix = open();
    for (which, (_, happening)) in all_happenings().into_iter().enumerate() {
        fix.notice(&notice(&format!("d{which}"), happening), at(0));
    }
    run(&mut fix, &GitHub::failing(head("c")), at(0));
    let stored = serde_json::to_string(&fix).unwrap();
    assert_eq!(serde_json::from_str::<Fix>(&stored).unwrap(), fix);
    let mut old: serde_json::Value = serde_json::from_str(&stored).unwrap();
    old.as_object_mut().unwrap().remove("after");
    let old: Fix = serde_json::from_value(old).unwrap();
    assert_eq!(old.after, After::default());
}
