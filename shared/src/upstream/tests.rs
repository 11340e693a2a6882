use std::cell::{Cell, RefCell};

use futures_util::FutureExt as _;

use super::*;
use crate::http::{self, Http, Unreachable};
use crate::ports::{Clock, Dice, Level, Log};
use crate::service::wire_test::{answer, answer_with};

fn at(secs: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + secs).unwrap()
}

/// A service, its object and one isolate.
struct Stage {
    now: Cell<Timestamp>,
    upstream: RefCell<Upstream>,
    memory: RefCell<Memory>,
    object_is_silent: Cell<bool>,
    service_is_down: Cell<bool>,
    answer: RefCell<http::Response>,
    asked_object: Cell<usize>,
    reached_service: Cell<usize>,
    log: RefCell<Vec<String>>,
}

impl Stage {
    fn new() -> Self {
        Self {
            now: Cell::new(at(0)),
            upstream: RefCell::default(),
            memory: RefCell::default(),
            object_is_silent: Cell::new(false),
            service_is_down: Cell::new(false),
            answer: RefCell::new(answer(200, "")),
            asked_object: Cell::new(0),
            reached_service: Cell::new(0),
            log: RefCell::default(),
        }
    }

    fn wait(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }

    fn another_isolate(&self) {
        self.memory.take();
    }

    /// The status that came back.
    fn call(&self, service: Service, path: &str) -> Result<u16, Unreachable> {
        let request = ::http::Request::get(format!("https://x.example{path}"));
        let request = request.body(Vec::new()).unwrap();
        Guarded::new(self, service)
            .send(request, Duration::from_secs(1))
            .now_or_never()
            .expect("nothing waits here")
            .map(|answer| answer.status().as_u16())
    }

    /// So often was the object asked, and so often the service reached, since this was last said.
    fn calls(&self) -> (usize, usize) {
        (self.asked_object.take(), self.reached_service.take())
    }
}

impl Http for Stage {
    async fn send(
        &self,
        _request: http::Request,
        within: Duration,
    ) -> Result<http::Response, Unreachable> {
        self.reached_service.set(self.reached_service.get() + 1);
        if self.service_is_down.get() {
            return Err(Unreachable::TimedOut(within));
        }
        Ok(self.answer.borrow().clone())
    }
}

impl Clock for Stage {
    fn now(&self) -> Timestamp {
        self.now.get()
    }
}

impl Dice for Stage {
    fn roll(&self) -> f64 {
        0.0
    }
}

impl Log for Stage {
    fn write(&self, _level: Level, line: &str) {
        self.log.borrow_mut().push(line.to_owned());
    }
}

impl Upstreams for Stage {
    async fn ask_upstream(&self, service: Service, request: &Request) -> Result<Response, String> {
        self.asked_object.set(self.asked_object.get() + 1);
        if self.object_is_silent.get() {
            return Err("no answer".to_owned());
        }
        let now = self.now.get();
        let (response, turn) = self.upstream.borrow_mut().step(request.clone(), now);
        if let Some(turn) = turn {
            self.note(
                &crate::trace::Trace::none(),
                turn.event(object_name(service), now),
            );
        }
        Ok(response)
    }

    fn with_memory<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(&mut self.memory.borrow_mut())
    }
}

#[test]
fn a_service_that_is_well_costs_one_question_in_half_a_minute() {
    let stage = Stage::new();
    for _ in 0..20 {
        stage.call(Service::Linear, "/graphql").unwrap();
        stage.wait(Duration::from_secs(1));
    }
    assert_eq!(stage.calls(), (1, 20));
    stage.wait(Duration::from_secs(10));
    stage.call(Service::Linear, "/graphql").unwrap();
    assert_eq!(stage.calls(), (1, 1));
}

#[test]
fn a_service_that_does_not_answer_is_left_alone_by_every_isolate_and_then_probed() {
    let stage = Stage::new();
    stage.service_is_down.set(true);
    for _ in 0..3 {
        let failed = stage.call(Service::Linear, "/graphql").unwrap_err();
        assert!(matches!(failed, Unreachable::TimedOut(_)));
    }
    stage.calls();
    let retry_after = Duration::from_secs(10);
    for _ in 0..5 {
        let held = stage.call(Service::Linear, "/graphql");
        assert_eq!(held, Err(Unreachable::Resting { retry_after }));
    }
    assert_eq!(stage.calls(), (0, 0), "this isolate knows");
    stage.another_isolate();
    let held = stage.call(Service::Linear, "/graphql");
    assert_eq!(held, Err(Unreachable::Resting { retry_after }));
    assert_eq!(stage.calls(), (1, 0), "another one is told");

    stage.wait(retry_after);
    let failed = stage.call(Service::Linear, "/graphql").unwrap_err();
    assert!(matches!(failed, Unreachable::TimedOut(_)), "the probe");
    let held = stage.call(Service::Linear, "/graphql");
    let retry_after = Duration::from_secs(20);
    assert_eq!(held, Err(Unreachable::Resting { retry_after }));

    stage.wait(retry_after);
    stage.service_is_down.set(false);
    stage.call(Service::Linear, "/graphql").unwrap();
    stage.calls();
    stage.call(Service::Linear, "/graphql").unwrap();
    assert_eq!(stage.calls(), (0, 1), "all is well again");
    insta::assert_snapshot!(stage.log.borrow().join("\n"), @r#"
    {"level":"warn","message":"upstream rests","service":"linear","for_s":10}
    {"level":"warn","message":"upstream rests","service":"linear","for_s":20}
    {"level":"info","message":"upstream is back","service":"linear"}
    "#);
}

#[test]
fn a_service_that_says_no_is_not_down() {
    let stage = Stage::new();
    for status in [400, 401, 403, 404, 422] {
        stage.answer.replace(answer(status, "no"));
        for _ in 0..5 {
            assert_eq!(stage.call(Service::GitHub, "/repos").unwrap(), status);
        }
    }
}

#[test]
fn an_object_that_does_not_answer_stops_nothing_and_is_said_once() {
    let stage = Stage::new();
    stage.object_is_silent.set(true);
    for _ in 0..10 {
        stage.call(Service::GitHub, "/search/code").unwrap();
    }
    assert_eq!(stage.calls(), (1, 10), "it is not waited for each time");
    // What the isolate counted itself still holds.
    let held = stage.call(Service::GitHub, "/search/code");
    assert!(
        matches!(held, Err(Unreachable::OverBudget { .. })),
        "{held:?}"
    );
    stage.service_is_down.set(true);
    for _ in 0..5 {
        stage.call(Service::Linear, "/graphql").unwrap_err();
    }
    assert_eq!(stage.log.borrow().len(), 2, "{:?}", stage.log.borrow());
}

#[test]
fn a_small_budget_is_counted_across_isolates_and_not_overdrawn() {
    let stage = Stage::new();
    for _ in 0..10 {
        stage.another_isolate();
        stage.call(Service::GitHub, "/search/code?q=x").unwrap();
        stage.wait(Duration::from_secs(1));
    }
    stage.another_isolate();
    let retry_after = Duration::from_secs(50);
    let held = stage.call(Service::GitHub, "/search/code?q=x");
    assert_eq!(held, Err(Unreachable::OverBudget { retry_after }));
    stage.call(Service::GitHub, "/repos/a/b").unwrap();
    assert_eq!(stage.calls(), (12, 11));
    stage.wait(retry_after);
    stage.call(Service::GitHub, "/search/code?q=x").unwrap();
}

#[test]
fn a_bucket_that_a_service_calls_empty_is_left_alone_by_all() {
    let stage = Stage::new();
    let empty = answer_with(
        200,
        &[
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "0"),
            ("x-ratelimit-reset-after", "4.5"),
        ],
        "",
    );
    stage.answer.replace(empty);
    let edit = "/api/v10/channels/1/messages";
    stage.call(Service::Discord, edit).unwrap();
    stage.another_isolate();
    let held = stage.call(Service::Discord, edit);
    let retry_after = Duration::from_millis(4_500);
    assert_eq!(held, Err(Unreachable::OverBudget { retry_after }));
    stage.answer.replace(answer(200, ""));
    stage
        .call(Service::Discord, "/api/v10/channels/2/messages")
        .unwrap();
}

#[test]
fn a_call_that_is_held_back_by_one_bucket_draws_on_none() {
    let mut upstream = Upstream::default();
    let draw = |bucket: &str, limit| Draw {
        bucket: bucket.to_owned(),
        limit,
        window: Duration::from_mins(1),
        is_scarce: true,
    };
    let may = || Request::May {
        draws: vec![draw("wide", 9), draw("narrow", 1)],
    };
    for _ in 0..5 {
        upstream.step(may(), at(0));
    }
    let (Response::Seen(health), _) = upstream.step(Request::Look, at(1)) else {
        panic!("another answer");
    };
    let left: Vec<_> = health
        .budgets
        .iter()
        .map(|it| (it.bucket.as_str(), it.remaining))
        .collect();
    assert_eq!(left, [("narrow", 0), ("wide", 8)]);
    // What is full again is forgotten.
    upstream.step(Request::Look, at(60));
    assert_eq!(upstream, Upstream::default());
}
