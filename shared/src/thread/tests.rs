use std::time::Duration;

use jiff::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::command::{Command, Options};
use crate::id::{ApplicationId, ChannelId, GuildId, MessageId};
use crate::reference::References;
use crate::report::{LiveMessage, ReplyTo};
use crate::secret::Secret;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + secs).unwrap()
}

fn arrival(job: &str, command: Command) -> Arrival {
    Arrival {
        reply: ReplyTo {
            job: JobId::new(job),
            user: UserId::new("user"),
            guild: GuildId::new("guild"),
            channel: ChannelId::new("thread"),
            about: MessageId::new("1"),
            application: ApplicationId::new("app"),
            token: Secret::new("s3cret"),
            accepted_at: at(0),
            trace: None,
        },
        task: Task {
            command,
            message_id: MessageId::new("1"),
            message_content: "it is broken".to_owned(),
            message_author: Some("Ann".to_owned()),
            message_timestamp: Some(at(0)),
            references: References::default(),
        },
    }
}

fn retry(job: &str) -> Arrival {
    arrival(job, Command::Retry(Options::default()))
}

/// What a retry that begins now would do again.
fn stands_for(begun: Begun) -> Option<&'static str> {
    match begun {
        Begun::YourTurn { known, .. } => known.again.map(|task| task.command.name()),
        other => panic!("no turn was given: {other:?}"),
    }
}

fn contextualize(job: &str) -> Arrival {
    arrival(job, Command::Contextualize(Options::default()))
}

fn fix(job: &str) -> Arrival {
    arrival(job, Command::Fix(Options::default()))
}

fn issue(key: &str) -> LinkedIssue {
    LinkedIssue {
        key: IssueKey::new(key),
        uuid: IssueUuid::new(format!("uuid-{key}")),
        url: format!("https://linear.app/acme/issue/{key}"),
        title: "Broken".to_owned(),
    }
}

fn begin(thread: &mut Thread, arrival: Arrival, now: Timestamp) -> Begun {
    match thread.step(
        Request::Begin {
            arrival: Box::new(arrival),
        },
        now,
    ) {
        Response::Began(begun) => begun,
        other => panic!("not an answer to begin: {other:?}"),
    }
}

fn turn_of(begun: Begun) -> TurnHeld {
    match begun {
        Begun::YourTurn { turn, .. } => turn,
        other => panic!("no turn was given: {other:?}"),
    }
}

fn end(thread: &mut Thread, job: &str, outcome: Outcome, now: Timestamp) {
    thread.step(
        Request::End {
            job: JobId::new(job),
            outcome,
        },
        now,
    );
}

fn hand_over(turn: TurnHeld) -> Request {
    Request::HandOver { job: turn.job }
}

fn failed() -> Outcome {
    Outcome::Failed("it did not work".to_owned())
}

fn view(thread: &mut Thread) -> View {
    match thread.step(Request::Look, at(0)) {
        Response::Seen(view) => *view,
        other => panic!("not an answer to look: {other:?}"),
    }
}

#[test]
fn one_job_acts_at_a_time_and_the_next_waits_in_line() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    assert_eq!(
        begin(&mut thread, contextualize("b"), at(1)),
        Begun::Wait {
            retry_in: WAIT_STEP
        }
    );
    end(&mut thread, "a", Outcome::Succeeded(String::new()), at(2));
    turn_of(begin(&mut thread, contextualize("b"), at(4)));
}

#[test]
fn the_line_keeps_the_order_of_arrival() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    begin(&mut thread, contextualize("b"), at(1));
    begin(&mut thread, contextualize("c"), at(2));
    end(&mut thread, "a", failed(), at(3));
    assert!(matches!(
        begin(&mut thread, contextualize("c"), at(3)),
        Begun::Wait { .. }
    ));
    turn_of(begin(&mut thread, contextualize("b"), at(4)));
}

#[test]
fn a_job_in_line_that_never_comes_back_is_passed_over() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    begin(&mut thread, contextualize("lost"), at(1));
    end(&mut thread, "a", failed(), at(2));
    let patience = STALE_AFTER + WAIT_STEP;
    assert!(matches!(
        begin(&mut thread, contextualize("c"), at(3)),
        Begun::Wait { .. }
    ));
    turn_of(begin(&mut thread, contextualize("c"), at(1) + patience));
}

#[test]
fn a_job_that_pauses_keeps_its_place_and_says_why() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, contextualize("a"), at(0)));
    begin(&mut thread, contextualize("b"), at(0));
    let pause = Request::Pause {
        turn,
        retry_in: Duration::from_mins(1),
        because: "Linear could not be reached.".to_owned(),
    };
    assert_eq!(thread.step(pause, at(1)), Response::Noted);
    assert!(matches!(
        begin(&mut thread, contextualize("b"), at(30)),
        Begun::Wait { .. }
    ));
    let Response::Inspected(Inspection::Open(open)) = thread.step(
        Request::Inspect {
            job: JobId::new("a"),
        },
        at(30),
    ) else {
        panic!("the job is open");
    };
    assert_eq!(
        open.because.as_deref(),
        Some("Linear could not be reached.")
    );
    turn_of(begin(&mut thread, contextualize("a"), at(61)));
}

#[test]
fn a_redelivery_while_the_first_delivery_is_alive_waits_for_its_lease() {
    let mut thread = Thread::default();
    let first = turn_of(begin(&mut thread, contextualize("a"), at(0)));
    assert!(matches!(
        begin(&mut thread, contextualize("a"), at(1)),
        Begun::Wait { .. }
    ));
    let later = at(0) + TURN_LEASE;
    let second = turn_of(begin(&mut thread, contextualize("a"), later));
    assert_ne!(first.number, second.number);
    // The first delivery was only slow: it is refused from now on.
    let bind = Request::Bind {
        turn: first,
        issue: issue("ENG-1"),
        replaces: false,
    };
    assert_eq!(thread.step(bind, later), Response::TurnLost);
}

#[test]
fn a_sign_of_life_renews_the_lease() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, contextualize("a"), at(0)));
    let live = LiveMessage {
        channel: ChannelId::new("thread"),
        message: MessageId::new("9"),
    };
    thread.step(
        Request::Shown {
            job: JobId::new("a"),
            live,
        },
        at(40),
    );
    let bind = Request::Bind {
        turn,
        issue: issue("ENG-1"),
        replaces: false,
    };
    assert_eq!(
        thread.step(bind, at(60)),
        Response::Bound {
            issue: issue("ENG-1")
        }
    );
}

#[test]
fn the_first_issue_found_stays_until_somebody_names_another() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, contextualize("a"), at(0)));
    let mut bind = |key: &str, replaces: bool| {
        let request = Request::Bind {
            turn: turn.clone(),
            issue: issue(key),
            replaces,
        };
        thread.step(request, at(1))
    };
    assert_eq!(
        bind("ENG-1", false),
        Response::Bound {
            issue: issue("ENG-1")
        }
    );
    assert_eq!(
        bind("ENG-2", false),
        Response::Bound {
            issue: issue("ENG-1")
        }
    );
    assert_eq!(
        bind("ENG-3", true),
        Response::Bound {
            issue: issue("ENG-3")
        }
    );
}

#[test]
fn a_job_that_ended_stays_ended_with_its_first_outcome() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, fix("a"), at(0)));
    end(&mut thread, "a", failed(), at(1));
    end(
        &mut thread,
        "a",
        Outcome::Succeeded("late".to_owned()),
        at(2),
    );
    assert_eq!(begin(&mut thread, fix("a"), at(3)), Begun::Ended);
    assert_eq!(view(&mut thread).last, Some(("fix".to_owned(), failed())));
}

#[test]
fn a_thread_has_one_running_fix_and_goes_on_with_other_work_meanwhile() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    let handed_over = Response::HandedOver(HandedOver::Open { cancelled_by: None });
    assert_eq!(thread.step(hand_over(turn), at(1)), handed_over);
    assert_eq!(
        begin(&mut thread, fix("a"), at(2)),
        Begun::HandedOver { cancelled_by: None }
    );
    let running = Begun::FixRunning {
        job: JobId::new("a"),
    };
    assert_eq!(begin(&mut thread, fix("b"), at(2)), running);
    end(&mut thread, "b", Outcome::Rejected(String::new()), at(2));
    turn_of(begin(&mut thread, contextualize("c"), at(2)));
    assert_eq!(view(&mut thread).running_fix, Some(JobId::new("a")));
    end(&mut thread, "a", failed(), at(9));
    assert_eq!(view(&mut thread).running_fix, None);
}

#[test]
fn questions_do_not_wait_for_work() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    let status = arrival("s", Command::Status(Options::default()));
    assert_eq!(turn_of(begin(&mut thread, status, at(1))).number, 0);
}

#[test]
fn cancel_of_one_job_leaves_the_others_alone() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    thread.step(hand_over(turn), at(1));
    turn_of(begin(&mut thread, contextualize("b"), at(2)));
    begin(&mut thread, contextualize("c"), at(3));
    let mut cancel = |only: &str| {
        let request = Request::Cancel {
            by: UserId::new("boss"),
            except: JobId::new("x"),
            only: Some(JobId::new(only)),
            others: true,
        };
        thread.step(request, at(4))
    };
    let answer = |fix: Option<&str>, waiting| {
        Response::Cancelling(Cancelling {
            fix: fix.map(JobId::new),
            waiting,
            of_others: 0,
        })
    };
    assert_eq!(cancel("c"), answer(None, 1));
    assert_eq!(cancel("a"), answer(Some("a"), 0));
    assert_eq!(cancel("of-another-thread"), answer(None, 0));
}

#[test]
fn a_retry_of_a_named_job_does_only_that_one_again() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, fix("a"), at(0)));
    end(&mut thread, "a", failed(), at(1));
    turn_of(begin(&mut thread, contextualize("b"), at(2)));
    end(&mut thread, "b", failed(), at(3));
    let of = |job: &str, named: &str| {
        let job_option = Some(named.to_owned());
        let options = Options {
            job: job_option,
            ..Options::default()
        };
        arrival(job, Command::Retry(options))
    };
    assert_eq!(stands_for(begin(&mut thread, of("r", "a"), at(4))), None);
    end(&mut thread, "r", Outcome::Rejected(String::new()), at(5));
    let again = begin(&mut thread, of("s", "b"), at(6));
    assert_eq!(stands_for(again), Some("contextualize"));
    // The retry fails too: by now it is the one to be done again.
    end(&mut thread, "s", failed(), at(7));
    assert_eq!(view(&mut thread).again_of, Some(JobId::new("s")));
}

#[test]
fn a_conversation_tells_of_its_jobs_the_open_ones_first() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    thread.step(hand_over(turn), at(1));
    turn_of(begin(&mut thread, contextualize("b"), at(2)));
    end(&mut thread, "b", failed(), at(3));
    turn_of(begin(&mut thread, contextualize("c"), at(4)));
    begin(&mut thread, contextualize("d"), at(5));
    // Questions are no work.
    begin(
        &mut thread,
        arrival("q", Command::Status(Options::default())),
        at(6),
    );
    let seen = view(&mut thread);
    let told: Vec<_> = seen
        .jobs
        .iter()
        .map(|known| (known.job.as_str(), known.is_fix, known.standing.clone()))
        .collect();
    let expected = [
        ("d", false, Standing::Waiting),
        ("c", false, Standing::Running),
        ("a", true, Standing::Running),
        ("b", false, Standing::Ended(failed())),
    ];
    assert_eq!(told, expected);
    assert_eq!(seen.newest_fix().map(|fix| fix.job.as_str()), Some("a"));
    end(&mut thread, "a", failed(), at(7));
    let seen = view(&mut thread);
    assert_eq!(seen.running_fix, None);
    assert_eq!(seen.newest_fix().map(|fix| fix.job.as_str()), Some("a"));
}

#[test]
fn a_conversation_tells_of_no_more_jobs_than_can_be_offered() {
    let mut thread = Thread::default();
    for n in 0..40 {
        let job = format!("j{n}");
        turn_of(begin(&mut thread, contextualize(&job), at(n)));
        end(&mut thread, &job, failed(), at(n));
    }
    let jobs = view(&mut thread).jobs;
    assert_eq!((jobs.len(), jobs[0].job.as_str()), (MAX_KNOWN_JOBS, "j39"));
}

#[test]
fn cancel_stops_what_waits_and_names_the_running_fix() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    thread.step(hand_over(turn), at(1));
    turn_of(begin(&mut thread, contextualize("b"), at(2)));
    begin(&mut thread, contextualize("c"), at(3));
    let by = UserId::new("boss");
    let cancel = Request::Cancel {
        by: by.clone(),
        except: JobId::new("x"),
        only: None,
        others: true,
    };
    let expected = Response::Cancelling(Cancelling {
        fix: Some(JobId::new("a")),
        waiting: 1,
        of_others: 0,
    });
    assert_eq!(thread.step(cancel.clone(), at(4)), expected);
    assert_eq!(
        begin(&mut thread, contextualize("c"), at(5)),
        Begun::Cancelled {
            by,
            started: false,
            live: None
        }
    );
    // A repeat is told what is as true as before.
    assert_eq!(thread.step(cancel, at(6)), expected);
}

fn cancel() -> Request {
    Request::Cancel {
        by: UserId::new("boss"),
        except: JobId::new("x"),
        only: None,
        others: true,
    }
}

fn starting(turn: &TurnHeld) -> Request {
    Request::Starting {
        turn: turn.clone(),
        repository: "acme/shop".to_owned(),
    }
}

#[test]
fn a_fix_that_is_cancelled_while_it_is_prepared_does_not_start() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    let one = Response::Cancelling(Cancelling {
        waiting: 1,
        ..Cancelling::default()
    });
    assert_eq!(thread.step(cancel(), at(1)), one);
    // Another delivery of it leaves it to the one that acts.
    let wait = Begun::Wait {
        retry_in: WAIT_STEP,
    };
    assert_eq!(begin(&mut thread, fix("a"), at(2)), wait);
    let by = UserId::new("boss");
    let stopped = Response::Stopped { by };
    assert_eq!(thread.step(starting(&turn), at(3)), stopped);
}

#[test]
fn a_fix_that_is_cancelled_while_it_starts_is_stopped_when_it_has_started() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    assert_eq!(thread.step(starting(&turn), at(1)), Response::Noted);
    let asked = Response::Cancelling(Cancelling {
        fix: Some(JobId::new("a")),
        ..Cancelling::default()
    });
    assert_eq!(thread.step(cancel(), at(2)), asked);
    let handed_over = Response::HandedOver(HandedOver::Open {
        cancelled_by: Some(UserId::new("boss")),
    });
    assert_eq!(thread.step(hand_over(turn), at(3)), handed_over);
    // Nor does a delivery that comes again forget it.
    let begun = Begun::HandedOver {
        cancelled_by: Some(UserId::new("boss")),
    };
    assert_eq!(begin(&mut thread, fix("a"), at(4)), begun);
}

#[test]
fn a_fix_that_may_have_started_is_told_so_and_keeps_others_from_beginning() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    thread.step(starting(&turn), at(1));
    // Its delivery dies, and its redelivery stays away for long.
    let later = at(10 * 60);
    let running = Begun::FixRunning {
        job: JobId::new("a"),
    };
    assert_eq!(begin(&mut thread, fix("b"), later), running);
    match begin(&mut thread, fix("a"), later) {
        Begun::YourTurn { known, .. } => assert!(known.started),
        other => panic!("no turn was given: {other:?}"),
    }
}

#[test]
fn an_object_that_takes_over_a_job_that_has_ended_is_told_so() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    thread.step(starting(&turn), at(1));
    end(&mut thread, "a", failed(), at(2));
    let ended = Response::HandedOver(HandedOver::Ended);
    assert_eq!(thread.step(hand_over(turn), at(3)), ended);
}

#[test]
fn whoever_lost_the_turn_starts_nothing() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    end(&mut thread, "a", failed(), at(1));
    assert_eq!(thread.step(starting(&turn), at(2)), Response::TurnLost);
}

#[test]
fn without_the_right_to_it_cancel_stops_only_what_one_asked_for_oneself() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    thread.step(hand_over(turn), at(1));
    turn_of(begin(&mut thread, contextualize("b"), at(2)));
    let mut mine = contextualize("c");
    mine.reply.user = UserId::new("me");
    begin(&mut thread, mine, at(3));
    let cancel = |by: &str| Request::Cancel {
        by: UserId::new(by),
        except: JobId::new("x"),
        only: None,
        others: false,
    };
    let expected = Response::Cancelling(Cancelling {
        fix: None,
        waiting: 1,
        of_others: 1,
    });
    assert_eq!(thread.step(cancel("me"), at(4)), expected);
    let requester = fix("a").reply.user;
    let expected = Response::Cancelling(Cancelling {
        fix: Some(JobId::new("a")),
        waiting: 0,
        of_others: 0,
    });
    assert_eq!(thread.step(cancel(requester.as_str()), at(5)), expected);
}

#[test]
fn retry_does_the_newest_work_that_failed_again_until_it_succeeds() {
    let mut thread = Thread::default();
    assert_eq!(stands_for(begin(&mut thread, retry("r0"), at(0))), None);
    end(&mut thread, "r0", Outcome::Rejected(String::new()), at(0));
    turn_of(begin(&mut thread, fix("a"), at(0)));
    end(&mut thread, "a", failed(), at(1));
    assert_eq!(view(&mut thread).again.as_deref(), Some("fix"));
    // What was missing is added first: that is no reason to forget the fix.
    turn_of(begin(&mut thread, contextualize("b"), at(2)));
    end(&mut thread, "b", Outcome::Succeeded(String::new()), at(3));
    let first = begin(&mut thread, retry("r1"), at(4));
    assert_eq!(stands_for(first), Some("fix"));
    end(&mut thread, "r1", Outcome::Succeeded(String::new()), at(5));
    assert_eq!(view(&mut thread).again, None);
}

#[test]
fn a_retry_that_failed_can_be_retried_itself() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    end(&mut thread, "a", failed(), at(1));
    for job in ["r1", "r2", "r3"] {
        let begun = begin(&mut thread, retry(job), at(2));
        assert_eq!(stands_for(begun), Some("contextualize"));
        end(&mut thread, job, failed(), at(3));
    }
}

#[test]
fn a_redelivered_retry_does_the_same_again_whatever_failed_meanwhile() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    end(&mut thread, "a", failed(), at(1));
    let first = begin(&mut thread, retry("r"), at(2));
    assert_eq!(stands_for(first), Some("contextualize"));
    // Its delivery dies, and others are let through.
    turn_of(begin(&mut thread, fix("b"), at(200)));
    end(&mut thread, "b", failed(), at(201));
    let second = begin(&mut thread, retry("r"), at(202));
    assert_eq!(stands_for(second), Some("contextualize"));
}

#[test]
fn context_can_be_added_again_while_a_fix_runs_and_a_second_fix_cannot_begin() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    end(&mut thread, "a", failed(), at(1));
    let turn = turn_of(begin(&mut thread, fix("b"), at(2)));
    thread.step(hand_over(turn), at(2));
    let again = begin(&mut thread, retry("r1"), at(3));
    assert_eq!(stands_for(again), Some("contextualize"));
    end(&mut thread, "r1", Outcome::Succeeded(String::new()), at(4));
    end(&mut thread, "b", failed(), at(5));
    let turn = turn_of(begin(&mut thread, fix("c"), at(6)));
    thread.step(hand_over(turn), at(6));
    assert!(matches!(
        begin(&mut thread, retry("r2"), at(7)),
        Begun::FixRunning { .. }
    ));
}

#[test]
fn a_slow_holder_goes_on_while_nobody_else_was_given_the_turn() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, contextualize("a"), at(0)));
    let late = at(0) + TURN_LEASE + TURN_LEASE;
    let bind = Request::Bind {
        turn: turn.clone(),
        issue: issue("ENG-1"),
        replaces: false,
    };
    assert!(matches!(thread.step(bind, late), Response::Bound { .. }));
    // And it can say for how long it stays away, so that it is not taken for lost meanwhile.
    let pause = Request::Pause {
        turn,
        retry_in: Duration::from_hours(1),
        because: String::new(),
    };
    assert_eq!(thread.step(pause, late), Response::Noted);
    let lost = |thread: &mut Thread, now| match thread.step(
        Request::Inspect {
            job: JobId::new("a"),
        },
        now,
    ) {
        Response::Inspected(Inspection::Open(open)) => open.lost,
        other => panic!("the job is open: {other:?}"),
    };
    let expected = late + Duration::from_hours(1);
    assert!(!lost(&mut thread, expected));
    assert!(lost(&mut thread, expected + LOST_AFTER));
}

#[test]
fn whoever_waits_for_a_job_that_stays_away_asks_less_often() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, contextualize("a"), at(0)));
    let pause = Request::Pause {
        turn,
        retry_in: Duration::from_hours(1),
        because: String::new(),
    };
    thread.step(pause, at(0));
    let wait = |retry_in| Begun::Wait { retry_in };
    assert_eq!(
        begin(&mut thread, contextualize("b"), at(1)),
        wait(LONGEST_WAIT_STEP)
    );
    assert_eq!(
        begin(&mut thread, contextualize("b"), at(3_590)),
        wait(Duration::from_secs(10))
    );
    assert_eq!(
        begin(&mut thread, contextualize("b"), at(3_600)),
        wait(WAIT_STEP)
    );
}

#[test]
fn another_delivery_of_the_same_job_does_not_make_it_a_waiting_one() {
    let mut thread = Thread::default();
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    begin(&mut thread, contextualize("a"), at(1));
    let cancel = Request::Cancel {
        by: UserId::new("boss"),
        except: JobId::new("x"),
        only: None,
        others: true,
    };
    assert_eq!(
        thread.step(cancel, at(2)),
        Response::Cancelling(Cancelling {
            fix: None,
            waiting: 0,
            of_others: 0,
        })
    );
}

#[test]
fn of_an_ended_job_neither_words_nor_tokens_are_kept() {
    let mut thread = Thread::default();
    for n in 0..3 {
        let job = format!("{n}");
        turn_of(begin(&mut thread, contextualize(&job), at(0)));
        let long = Outcome::Succeeded("x".repeat(10_000));
        end(&mut thread, &job, long, at(1));
    }
    let stored = serde_json::to_string(&thread).unwrap();
    assert!(!stored.contains("s3cret") && !stored.contains("it is broken"));
    assert!(stored.len() < 3 * 500, "{} bytes", stored.len());
}

#[test]
fn the_sweep_learns_when_nobody_will_end_a_job() {
    let mut thread = Thread::default();
    let inspect = |thread: &mut Thread, now| match thread.step(
        Request::Inspect {
            job: JobId::new("a"),
        },
        now,
    ) {
        Response::Inspected(inspection) => inspection,
        other => panic!("not an answer to inspect: {other:?}"),
    };
    assert_eq!(inspect(&mut thread, at(0)), Inspection::Unknown);
    turn_of(begin(&mut thread, contextualize("a"), at(0)));
    let is_lost = |inspection| match inspection {
        Inspection::Open(open) => open.lost,
        other => panic!("the job is open: {other:?}"),
    };
    assert!(!is_lost(inspect(&mut thread, at(0) + TURN_LEASE)));
    assert!(is_lost(inspect(
        &mut thread,
        at(0) + TURN_LEASE + LOST_AFTER
    )));
    end(&mut thread, "a", failed(), at(2000));
    assert_eq!(inspect(&mut thread, at(2001)), Inspection::Ended);
}

#[test]
fn too_many_open_jobs_are_refused_and_ended_ones_forgotten_at_last() {
    let mut thread = Thread::default();
    for n in 0..MAX_OPEN_JOBS {
        assert_ne!(
            begin(&mut thread, contextualize(&format!("{n}")), at(0)),
            Begun::Crowded
        );
    }
    assert_eq!(
        begin(&mut thread, contextualize("more"), at(0)),
        Begun::Crowded
    );
    for n in 0..MAX_OPEN_JOBS + MAX_ENDED_JOBS {
        let job = format!("{n}");
        if n >= MAX_OPEN_JOBS {
            begin(&mut thread, contextualize(&job), at(n.try_into().unwrap()));
        }
        end(&mut thread, &job, failed(), at(5));
    }
    assert_eq!((thread.jobs.len(), thread.ended.len()), (0, MAX_ENDED_JOBS));
}

#[test]
fn what_is_stored_is_read_again() {
    let mut thread = Thread::default();
    let turn = turn_of(begin(&mut thread, fix("a"), at(0)));
    thread.step(
        Request::Bind {
            turn,
            issue: issue("ENG-1"),
            replaces: true,
        },
        at(1),
    );
    end(&mut thread, "a", failed(), at(2));
    begin(&mut thread, contextualize("b"), at(3));
    let stored = serde_json::to_string(&thread).unwrap();
    assert_eq!(serde_json::from_str::<Thread>(&stored).unwrap(), thread);
}

#[test]
fn every_answer_survives_the_wire() {
    let mut thread = Thread::default();
    for request in [
        Request::Begin {
            arrival: Box::new(fix("a")),
        },
        Request::Begin {
            arrival: Box::new(contextualize("b")),
        },
        Request::Cancel {
            by: UserId::new("u"),
            except: JobId::new("x"),
            only: None,
            others: true,
        },
        Request::Begin {
            arrival: Box::new(contextualize("b")),
        },
        Request::Look,
        Request::Inspect {
            job: JobId::new("a"),
        },
        Request::Inspect {
            job: JobId::new("nobody"),
        },
    ] {
        let sent: Request =
            serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
        assert_eq!(sent, request);
        let response = thread.step(sent, at(1));
        let heard: Response =
            serde_json::from_str(&serde_json::to_string(&response).unwrap()).unwrap();
        assert_eq!(heard, response);
    }
}

fn any_request() -> impl Strategy<Value = Request> {
    let job = || prop::sample::select(vec!["a", "b", "c", "d"]);
    prop_oneof![
        4 => job().prop_map(|job| Request::Begin { arrival: Box::new(contextualize(job)) }),
        2 => job().prop_map(|job| Request::Begin { arrival: Box::new(fix(job)) }),
        2 => job().prop_map(|job| Request::End { job: JobId::new(job), outcome: failed() }),
        1 => job().prop_map(|job| Request::HandOver { job: JobId::new(job) }),
        1 => (job(), 1_u64..8).prop_map(|(job, number)| Request::Starting {
            turn: TurnHeld { job: JobId::new(job), number },
            repository: "acme/shop".to_owned(),
        }),
        1 => (job(), 1_u64..8).prop_map(|(job, number)| Request::Pause {
            turn: TurnHeld { job: JobId::new(job), number },
            retry_in: Duration::from_secs(5),
            because: String::new(),
        }),
        1 => Just(Request::Cancel { by: UserId::new("u"), except: JobId::new("x"), only: None, others: true }),
    ]
}

proptest! {
    #[test]
    fn whatever_is_asked_at_most_one_turn_is_held(
        requests in prop::collection::vec((any_request(), 0_i64..30), 1..60),
    ) {
        let mut thread = Thread::default();
        let mut now = 0;
        let mut held: Option<(TurnHeld, Timestamp)> = None;
        for (request, pause) in requests {
            now += pause;
            let before = thread.turn.clone();
            if let Response::Began(Begun::YourTurn { turn, .. }) = thread.step(request, at(now)) {
                if let (Some((_, until)), Some(before)) = (&held, before) {
                    // A second turn is given only after the first was given back or ran out.
                    prop_assert!(at(now) >= *until || before.until <= at(now));
                }
                held = Some((turn, at(now) + TURN_LEASE));
            }
            let acting = thread
                .jobs
                .iter()
                .filter(|entry| thread.turn.as_ref().is_some_and(|t| t.job == *entry.arrival.job()))
                .count();
            prop_assert!(acting <= 1);
        }
    }

    #[test]
    fn an_ended_job_never_begins_again(
        requests in prop::collection::vec((any_request(), 0_i64..30), 1..60),
    ) {
        let mut thread = Thread::default();
        let mut ended = std::collections::BTreeSet::new();
        let mut now = 0;
        for (request, pause) in requests {
            now += pause;
            let job = match &request {
                Request::Begin { arrival } => Some(arrival.job().clone()),
                _ => None,
            };
            if let Request::End { job, .. } = &request
                && thread.entry_is_known(job)
            {
                ended.insert(job.clone());
            }
            let response = thread.step(request, at(now));
            if let Some(job) = job.filter(|job| ended.contains(job)) {
                prop_assert_eq!(response, Response::Began(Begun::Ended), "{}", job);
            }
        }
    }
}

impl Thread {
    fn entry_is_known(&self, job: &JobId) -> bool {
        self.jobs.iter().any(|entry| entry.arrival.job() == job)
    }
}
