use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{REFUSAL_HEADER, TokenKey};
use super::*;
use crate::ledger::{Ledger, LedgerSettings};
use crate::money::Money;
use crate::ports::Level;
use crate::secret::Secret;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const REAL_KEY: &str = "sk-ant-the-real-one";

/// The gateway's ports, with the books in memory.
struct Desk {
    books: RefCell<BTreeMap<LedgerName, Ledger>>,
    calls: Cell<u32>,
    /// How many of the next answers of ledgers are lost.
    lost: Cell<u32>,
    log: RefCell<String>,
    audited: RefCell<Vec<String>>,
}

impl Clock for Desk {
    fn now(&self) -> Timestamp {
        "2026-08-01T12:00:00Z".parse().unwrap()
    }
}

impl Log for Desk {
    fn write(&self, _level: Level, line: &str) {
        self.log.borrow_mut().push_str(line);
    }
}

impl Ledgers for Desk {
    async fn ask_ledger(
        &self,
        ledger: &LedgerName,
        request: &ledger::Request,
    ) -> Result<ledger::Response, String> {
        let rules = LedgerSettings::default().rules(ledger);
        let mut books = self.books.borrow_mut();
        let books = books.entry(ledger.clone()).or_default();
        let answer = books.step(request.clone(), &rules, self.now());
        if self.lost.get() > 0 {
            self.lost.set(self.lost.get() - 1);
            return Err("lost".to_owned());
        }
        Ok(answer)
    }
}

impl Audits for Desk {
    async fn ask_audit(
        &self,
        log: &LogName,
        request: &audit::Request,
    ) -> Result<audit::Response, String> {
        let audit::Request::Append { records } = request else {
            return Err("nobody reads it here".to_owned());
        };
        let mut audited = self.audited.borrow_mut();
        for record in records {
            audited.push(format!("{} {}", log.as_str(), record.key));
        }
        let head = audit::Head::default();
        Ok(audit::Response::Appended { new: 1, head })
    }
}

impl Ports for Desk {
    fn clock(&self) -> &impl Clock {
        self
    }

    fn log(&self) -> &impl Log {
        self
    }

    fn new_call(&self) -> String {
        self.calls.set(self.calls.get() + 1);
        self.calls.get().to_string()
    }
}

impl Desk {
    /// A desk with an open account of a dollar.
    async fn new() -> Self {
        let desk = Self {
            books: RefCell::default(),
            calls: Cell::new(0),
            lost: Cell::new(0),
            log: RefCell::default(),
            audited: RefCell::default(),
        };
        let open = ledger::Request::Open {
            job: "77".into(),
            user: "3".into(),
            cap: Money::dollars(1),
        };
        desk.ask_ledger(&server(), &open).await.unwrap();
        desk
    }

    async fn spent(&self) -> (Money, Money) {
        let asked = self.ask_ledger(&server(), &ledger::Request::Look).await;
        match asked.unwrap() {
            ledger::Response::Seen(view) => (view.spent_today, view.held),
            other => panic!("{other:?}"),
        }
    }

    async fn shut(&self) {
        let shut = ledger::Request::Switch {
            on: false,
            by: "op".to_owned(),
            reason: "a leak".to_owned(),
        };
        let global = LedgerName::global();
        self.ask_ledger(&global, &shut).await.unwrap();
    }
}

fn server() -> LedgerName {
    LedgerName::of(&"2".into(), &"3".into())
}

fn setup_with(variables: &[(&str, &str)]) -> ModelSetup {
    let usual = [
        ("ANTHROPIC_API_KEY", REAL_KEY),
        ("MODEL_TOKEN_KEY", KEY),
        ("ANTHROPIC_BASE_URL", "https://model.test/"),
    ];
    let read = |name: &str| {
        let mut all = usual.iter().chain(variables).rev();
        let found = all.find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    ModelSetup::read(read, |_| true)
}

fn setup() -> ModelSetup {
    setup_with(&[])
}

fn token(desk: &Desk) -> Secret {
    let hour = Duration::from_hours(1);
    let claim = Claim::new("77".into(), "2".into(), "3".into(), hour, desk.now());
    let key = TokenKey::new(Secret::new(KEY)).unwrap();
    key.token(&claim)
}

fn body(max_tokens: u64) -> Value {
    json!({
        "model": "claude-sonnet-5-5",
        "max_tokens": max_tokens,
        "messages": [{"role": "user", "content": "Hello"}]
    })
}

fn call(desk: &Desk, path: &str, body: &Value) -> Request {
    http::Request::post(format!("https://gateway.test{path}"))
        .header("x-api-key", token(desk).expose())
        .header("anthropic-version", "2023-06-01")
        .header("anthropic-beta", "context-1m-2025-08-07, files-1")
        .header("x-stainless-lang", "js")
        .header("cookie", "c=1")
        .header("authorization", "Bearer other")
        .body(serde_json::to_vec(body).unwrap())
        .unwrap()
}

const PATH: &str = "/model/77/v1/messages?beta=true";

fn error(response: &Response) -> (u16, String) {
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        body["type"], "error",
        "it has the form of the service's own"
    );
    let message = body["error"]["message"].as_str().unwrap();
    (response.status().as_u16(), message.to_owned())
}

#[tokio::test]
async fn a_call_goes_on_with_the_real_key_and_nothing_else_of_the_callers() {
    let desk = Desk::new().await;
    let call = call(&desk, PATH, &body(100));
    let passage = admit(&call, &setup(), &desk).await.unwrap();
    let sent = &passage.request;
    assert_eq!(sent.uri(), "https://model.test/v1/messages?beta=true");
    assert_eq!(sent.body(), call.body());
    let headers: BTreeMap<&str, &str> = sent
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    let expected = [
        ("accept-encoding", "identity"),
        ("anthropic-beta", "files-1"),
        ("anthropic-version", "2023-06-01"),
        ("x-api-key", REAL_KEY),
        ("x-stainless-lang", "js"),
    ];
    assert_eq!(headers, expected.into());
    assert!(!format!("{:?}", sent.headers()).contains(REAL_KEY));
    assert!(!desk.log.borrow().contains(REAL_KEY));
}

#[tokio::test]
async fn the_most_is_held_before_a_call_and_what_it_cost_is_booked_after() {
    let desk = Desk::new().await;
    let call = call(&desk, PATH, &body(10_000));
    let mut bill = admit(&call, &setup(), &desk).await.unwrap().bill.unwrap();
    let most = Wish::read(call.body())
        .unwrap()
        .most(&super::super::Prices::default());
    assert_eq!(desk.spent().await, (Money::ZERO, most.unwrap()));
    bill.meter.status(200);
    bill.meter.read(br#"{"model":"claude-sonnet-5-5","stop_reason":"end_turn","usage":{"input_tokens":1000,"output_tokens":10}}"#);
    settle(bill, &setup(), &desk).await;
    assert_eq!(desk.spent().await, (Money::micros(2_100), Money::ZERO));
}

#[tokio::test]
async fn counting_tokens_costs_nothing_and_takes_a_token_all_the_same() {
    let desk = Desk::new().await;
    let path = "/model/77/v1/messages/count_tokens";
    let passage = admit(&call(&desk, path, &body(1)), &setup(), &desk).await;
    assert!(passage.unwrap().bill.is_none());
    assert_eq!(desk.spent().await, (Money::ZERO, Money::ZERO));
    let mut without = call(&desk, path, &body(1));
    without.headers_mut().remove("x-api-key");
    let refused = admit(&without, &setup(), &desk).await.unwrap_err();
    assert_eq!(refused.status(), 401);
}

#[tokio::test]
async fn a_token_opens_the_calls_of_its_own_job_and_no_other_address() {
    let desk = Desk::new().await;
    for (path, status) in [
        ("/model/78/v1/messages", 401),
        ("/model/77/v1/models", 404),
        ("/model/77/v1/messages/batches", 404),
        ("/model/77/v1/messages/../../v1/files", 404),
        ("/model/77", 404),
        ("/model/", 404),
    ] {
        let refused = admit(&call(&desk, path, &body(1)), &setup(), &desk).await;
        assert_eq!(refused.unwrap_err().status(), status, "{path}");
    }
    assert!(
        desk.audited.borrow().is_empty(),
        "a stranger writes no records"
    );
    let mut get = call(&desk, PATH, &body(1));
    *get.method_mut() = Method::GET;
    let refused = admit(&get, &setup(), &desk).await.unwrap_err();
    assert_eq!(refused.status(), 404);
    assert_eq!(desk.spent().await, (Money::ZERO, Money::ZERO));
}

#[tokio::test]
async fn a_call_above_the_cap_is_refused_for_good_and_in_words() {
    let desk = Desk::new().await;
    let refused = admit(&call(&desk, PATH, &body(200_000)), &setup(), &desk).await;
    let refused = refused.unwrap_err();
    let (status, message) = error(&refused);
    assert_eq!(status, 403);
    assert_eq!(
        message,
        "The budget of this job is used up: $0.00 of $1.00 are spent, and the rest does not pay for another call."
    );
    assert_eq!(refused.headers()[REFUSAL_HEADER], "job-spent");
    assert_eq!(refused.headers()["x-should-retry"], "false");
    assert_eq!(*desk.audited.borrow(), ["guild:2 77/cap:RUN_BUDGET_USD"]);
}

#[tokio::test]
async fn a_call_whose_money_another_one_holds_may_come_again_in_seconds() {
    let desk = Desk::new().await;
    let large = body(60_000);
    let under_way = admit(&call(&desk, PATH, &large), &setup(), &desk).await;
    let refused = admit(&call(&desk, PATH, &large), &setup(), &desk)
        .await
        .unwrap_err();
    assert_eq!(error(&refused).0, 429);
    assert_eq!(refused.headers()["retry-after"], "3");
    assert!(desk.audited.borrow().is_empty(), "no limit is reached yet");
    let mut bill = under_way.unwrap().bill.unwrap();
    bill.meter.status(529);
    settle(bill, &setup(), &desk).await;
    assert!(
        admit(&call(&desk, PATH, &large), &setup(), &desk)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn either_switch_stops_every_call_at_once() {
    let desk = Desk::new().await;
    let off = setup_with(&[("MODEL_SWITCH", "off")]);
    let refused = admit(&call(&desk, PATH, &body(1)), &off, &desk)
        .await
        .unwrap_err();
    assert_eq!(refused.headers()[REFUSAL_HEADER], "shut");
    assert_eq!(*desk.audited.borrow(), ["guild:2 77/cap:MODEL_SWITCH"]);
    desk.shut().await;
    for path in [PATH, "/model/77/v1/messages/count_tokens"] {
        let refused = admit(&call(&desk, path, &body(1)), &setup(), &desk).await;
        let (status, message) = error(&refused.unwrap_err());
        assert_eq!(
            (status, message.as_str()),
            (403, "Model calls are shut off: a leak")
        );
    }
}

#[tokio::test]
async fn what_cannot_be_priced_is_refused_before_anything_is_held() {
    let desk = Desk::new().await;
    let mut unknown = body(1);
    unknown["model"] = json!("claude-next");
    let refused = admit(&call(&desk, PATH, &unknown), &setup(), &desk)
        .await
        .unwrap_err();
    let (status, message) = error(&refused);
    assert_eq!(status, 400);
    assert!(
        message.contains("\"claude-next\"") && message.contains("MODEL_PRICES"),
        "{message}"
    );
    let mut long = call(&desk, PATH, &body(1));
    *long.body_mut() = vec![b' '; super::super::MAX_BODY_BYTES + 1];
    let refused = admit(&long, &setup(), &desk).await.unwrap_err();
    assert_eq!(refused.status(), 413);
    assert_eq!(desk.spent().await, (Money::ZERO, Money::ZERO));
}

#[tokio::test]
async fn a_lost_answer_of_the_ledger_holds_the_money_once() {
    let desk = Desk::new().await;
    let large = call(&desk, PATH, &body(60_000));
    desk.lost.set(1);
    assert!(admit(&large, &setup(), &desk).await.is_ok());
    let (_, held) = desk.spent().await;
    assert!(held < Money::dollars(1), "{held}");
    desk.lost.set(2);
    let refused = admit(&large, &setup(), &desk).await.unwrap_err();
    assert_eq!(refused.status(), 503, "without the ledger nothing is spent");
}

#[tokio::test]
async fn a_gateway_that_is_not_set_up_passes_nothing_on() {
    let desk = Desk::new().await;
    let without = setup_with(&[("ANTHROPIC_API_KEY", "")]);
    assert_eq!(without.problems().len(), 1);
    let refused = admit(&call(&desk, PATH, &body(1)), &without, &desk).await;
    assert_eq!(refused.unwrap_err().status(), 503);
}
