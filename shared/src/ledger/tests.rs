use proptest::prelude::*;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn noon() -> Timestamp {
    at("2026-08-01T12:00:00Z")
}

fn usd(usd: f64) -> Money {
    Money::from_usd(usd)
}

fn rules() -> Rules {
    let quota = |at_once, hour, day| Quota { at_once, hour, day };
    Rules {
        is_global: false,
        user_fixes: Some(quota(2, 3, 4)),
        all_fixes: quota(3, 5, 6),
        user_day: Some(usd(5.0)),
        all_day: Some(usd(8.0)),
    }
}

/// A ledger, and the clock that its requests carry.
struct Books {
    ledger: Ledger,
    now: Timestamp,
}

impl Books {
    fn new() -> Self {
        Self {
            ledger: Ledger::default(),
            now: noon(),
        }
    }

    fn ask(&mut self, request: Request) -> Response {
        // As it lives: stored JSON between any two requests.
        let stored = serde_json::to_string(&self.ledger).unwrap();
        self.ledger = serde_json::from_str(&stored).unwrap();
        self.ledger.step(request, &rules(), self.now)
    }

    fn admit(&mut self, job: &str, user: &str) -> Response {
        self.ask(Request::Admit {
            job: job.into(),
            user: user.into(),
            expected: 15 * MINUTE,
        })
    }

    fn open(&mut self, job: &str, user: &str, cap: f64) -> Response {
        self.ask(Request::Open {
            job: job.into(),
            user: user.into(),
            cap: usd(cap),
        })
    }

    fn reserve(&mut self, call: &str, job: &str, amount: f64) -> Response {
        self.ask(Request::Reserve {
            call: call.to_owned(),
            job: job.into(),
            amount: usd(amount),
            within: 10 * MINUTE,
        })
    }

    fn settle(&mut self, call: &str, cost: f64) -> Response {
        self.ask(Request::Settle {
            call: call.to_owned(),
            cost: usd(cost),
        })
    }

    fn close(&mut self, job: &str) -> Response {
        self.ask(Request::Close { job: job.into() })
    }

    fn look(&mut self) -> View {
        match self.ask(Request::Look) {
            Response::Seen(view) => *view,
            other => panic!("{other:?}"),
        }
    }

    fn spent_by(&mut self, job: &str) -> Money {
        let spent = self
            .look()
            .jobs
            .into_iter()
            .find(|(known, ..)| known.as_str() == job);
        spent.unwrap().1
    }
}

fn why(response: Response) -> Refusal {
    match response {
        Response::Refused { refusal } => refusal,
        other => panic!("it was not refused: {other:?}"),
    }
}

#[test]
fn a_call_that_the_rest_of_the_cap_does_not_pay_for_is_refused() {
    let mut books = Books::new();
    books.open("fix", "ann", 2.0);
    assert_eq!(books.reserve("a", "fix", 1.5), Response::Granted);
    assert_eq!(why(books.reserve("b", "fix", 0.6)), Refusal::Held);
    books.settle("a", 1.0);
    assert_eq!(books.reserve("b", "fix", 0.6), Response::Granted);
    books.settle("b", 0.6);
    let refusal = why(books.reserve("c", "fix", 0.41));
    let (cap, spent) = (usd(2.0), usd(1.6));
    assert_eq!(refusal, Refusal::JobSpent { cap, spent });
    assert_eq!(books.reserve("d", "fix", 0.4), Response::Granted);
}

#[test]
fn a_repeated_request_changes_nothing_more() {
    let mut books = Books::new();
    books.open("fix", "ann", 2.0);
    books.reserve("a", "fix", 1.5);
    assert_eq!(books.reserve("a", "fix", 1.5), Response::Granted);
    books.settle("a", 1.0);
    books.settle("a", 1.0);
    assert_eq!(books.spent_by("fix"), usd(1.0));
    books.open("fix", "ann", 1.0);
    assert_eq!(books.look().jobs, [("fix".into(), usd(1.0), usd(2.0))]);
    books.admit("fix", "ann");
    books.admit("fix", "ann");
    assert_eq!(books.look().running.len(), 1);
}

#[test]
fn a_call_that_nobody_settles_is_spent_in_full_and_stays_so() {
    let mut books = Books::new();
    books.open("fix", "ann", 2.0);
    books.reserve("a", "fix", 1.5);
    books.now += 10 * MINUTE;
    assert_eq!(books.spent_by("fix"), usd(1.5));
    books.settle("a", 0.1);
    assert_eq!(books.spent_by("fix"), usd(1.5));
    assert_eq!(books.look().held, Money::ZERO);
}

#[test]
fn a_raised_cap_lets_the_same_fix_go_on() {
    let mut books = Books::new();
    books.open("fix", "ann", 1.0);
    books.reserve("a", "fix", 1.0);
    books.settle("a", 1.0);
    assert!(matches!(
        why(books.reserve("b", "fix", 0.5)),
        Refusal::JobSpent { .. }
    ));
    books.open("fix", "ann", 1.5);
    assert_eq!(books.reserve("b", "fix", 0.5), Response::Granted);
}

#[test]
fn the_day_of_a_person_and_that_of_the_server_have_their_own_caps() {
    let mut books = Books::new();
    let tomorrow = at("2026-08-02T00:00:00Z");
    for job in ["one", "two"] {
        books.open(job, "ann", 9.0);
    }
    books.open("bobs", "bob", 9.0);
    books.reserve("a", "one", 4.0);
    books.settle("a", 4.0);
    let spent = |whose, cap| Refusal::DaySpent {
        whose,
        cap: usd(cap),
        next: tomorrow,
    };
    assert_eq!(why(books.reserve("b", "two", 1.5)), spent(Whose::User, 5.0));
    books.reserve("c", "bobs", 3.5);
    // It may come to less than it holds.
    assert_eq!(why(books.reserve("d", "two", 1.0)), Refusal::Held);
    books.settle("c", 3.5);
    assert_eq!(
        why(books.reserve("d", "two", 1.0)),
        spent(Whose::Server, 8.0)
    );
    assert_eq!(books.reserve("d", "two", 0.5), Response::Granted);

    books.now = tomorrow;
    assert_eq!(books.reserve("e", "two", 5.0), Response::Granted);
    // What was held before midnight counts for its own day, and for its fix.
    books.settle("d", 0.5);
    assert_eq!(books.look().spent_today, Money::ZERO);
    assert_eq!(books.spent_by("two"), usd(0.5));
}

#[test]
fn no_call_is_made_for_a_fix_that_is_unknown_or_over() {
    let mut books = Books::new();
    assert_eq!(why(books.reserve("a", "fix", 0.1)), Refusal::Closed);
    books.open("fix", "ann", 2.0);
    books.reserve("a", "fix", 0.1);
    books.close("fix");
    assert_eq!(why(books.reserve("b", "fix", 0.1)), Refusal::Closed);
    // A call that was under way is booked all the same.
    books.settle("a", 0.1);
    assert_eq!(books.look().spent_today, usd(0.1));
    // A further round of the same fix goes on with the same account.
    books.open("fix", "ann", 2.0);
    assert_eq!(books.spent_by("fix"), usd(0.1));
}

#[test]
fn as_many_fixes_run_at_once_as_may() {
    let mut books = Books::new();
    books.admit("1", "ann");
    books.now += MINUTE;
    books.admit("2", "ann");
    let refusal = why(books.admit("3", "ann"));
    let expected = Refusal::TooMany {
        whose: Whose::User,
        window: Window::AtOnce,
        most: 2,
        next: noon() + 15 * MINUTE,
    };
    assert_eq!(refusal, expected);
    books.admit("4", "bob");
    let refusal = why(books.admit("5", "cleo"));
    assert!(
        matches!(
            refusal,
            Refusal::TooMany {
                whose: Whose::Server,
                window: Window::AtOnce,
                ..
            }
        ),
        "{refusal:?}"
    );
    books.close("1");
    assert_eq!(books.admit("3", "ann"), Response::Granted);
}

#[test]
fn the_next_try_is_when_the_oldest_has_left_the_window() {
    let mut books = Books::new();
    for job in ["1", "2", "3"] {
        assert_eq!(books.admit(job, "ann"), Response::Granted);
        books.close(job);
        books.now += 10 * MINUTE;
    }
    let of_the_hour = Refusal::TooMany {
        whose: Whose::User,
        window: Window::Hour,
        most: 3,
        next: noon() + 60 * MINUTE,
    };
    assert_eq!(why(books.admit("4", "ann")), of_the_hour);
    books.now = noon() + 60 * MINUTE;
    assert_eq!(books.admit("4", "ann"), Response::Granted);
    books.close("4");
    books.now = noon() + 120 * MINUTE;
    let of_the_day = Refusal::TooMany {
        whose: Whose::User,
        window: Window::Day,
        most: 4,
        next: noon() + 24 * 60 * MINUTE,
    };
    assert_eq!(why(books.admit("5", "ann")), of_the_day);
}

#[test]
fn a_fix_that_did_not_begin_does_not_count() {
    let mut books = Books::new();
    books.admit("1", "ann");
    books.admit("2", "ann");
    books.ask(Request::Withdraw { job: "2".into() });
    assert_eq!(books.admit("3", "ann"), Response::Granted);
}

#[test]
fn a_place_that_nobody_gave_back_is_free_when_its_lease_ends() {
    let mut books = Books::new();
    books.admit("1", "ann");
    books.admit("2", "ann");
    books.now += PLACE_LEASE;
    assert_eq!(books.admit("3", "ann"), Response::Granted);
    assert_eq!(books.look().running, ["3".into()]);
}

#[test]
fn nobody_begins_a_fix_when_the_money_of_the_day_is_gone() {
    let mut books = Books::new();
    books.open("1", "ann", 5.0);
    books.reserve("a", "1", 5.0);
    assert_eq!(why(books.admit("2", "ann")), Refusal::Held);
    books.settle("a", 5.0);
    let refusal = why(books.admit("2", "ann"));
    assert_eq!(refusal.next(), Some(at("2026-08-02T00:00:00Z")));
    assert_eq!(books.admit("2", "bob"), Response::Granted);
}

#[test]
fn the_switch_stops_every_call_at_once_and_says_why() {
    let mut books = Books::new();
    books.open("1", "ann", 5.0);
    let switch = |on| Request::Switch {
        on,
        by: "op".to_owned(),
        reason: "the key leaked".to_owned(),
    };
    books.ask(switch(false));
    let shut = Refusal::Shut(Shut {
        by: "op".to_owned(),
        reason: "the key leaked".to_owned(),
        at: noon(),
    });
    assert_eq!(why(books.ask(Request::Pass)), shut);
    assert_eq!(why(books.reserve("a", "1", 0.1)), shut);
    assert_eq!(why(books.admit("2", "ann")), shut);
    books.ask(switch(true));
    assert_eq!(books.ask(Request::Pass), Response::Granted);
    assert_eq!(books.reserve("a", "1", 0.1), Response::Granted);
}

/// What the stored books of an older version look like.
#[test]
fn stored_books_stay_readable() {
    let stored = r#"{"day":"2026-08-01","spent":1000000,"users":{"7":1000000},
        "jobs":{"9":{"user":"7","cap":2000000,"spent":1000000,"open":true,"at":"2026-08-01T12:00:00Z"}},
        "held":{"c":{"job":"9","user":"7","day":"2026-08-01","amount":500000,"until":"2026-08-01T12:10:00Z"}},
        "begun":[{"job":"9","user":"7","at":"2026-08-01T11:59:00Z","expected":"2026-08-01T12:14:00Z","running":true}],
        "shut":null}"#;
    let mut ledger: Ledger = serde_json::from_str(stored).unwrap();
    let Response::Seen(view) = ledger.step(Request::Look, &rules(), noon()) else {
        panic!("it was looked at");
    };
    assert_eq!((view.spent_today, view.held), (usd(1.0), usd(0.5)));
    assert_eq!(view.running, ["9".into()]);
}

#[derive(Debug, Clone)]
enum Act {
    Admit(u8, u8),
    Open(u8, u8, u64),
    Close(u8),
    Reserve(u8, u8, u64),
    /// What it really cost, in percent of what it held.
    Settle(u8, u64),
    Wait(u64),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        (0..6_u8, 0..3_u8).prop_map(|(job, user)| Act::Admit(job, user)),
        (0..6_u8, 0..3_u8, 0..4_000_000_u64).prop_map(|(job, user, cap)| Act::Open(job, user, cap)),
        (0..6_u8).prop_map(Act::Close),
        (0..12_u8, 0..6_u8, 0..3_000_000_u64)
            .prop_map(|(call, job, most)| Act::Reserve(call, job, most)),
        (0..12_u8, 0..=100_u64).prop_map(|(call, share)| Act::Settle(call, share)),
        (0..60 * 60 * 9_u64).prop_map(Act::Wait),
    ];
    proptest::collection::vec(act, 1..120)
}

/// What was really paid for, as the model's own bill would have it.
#[derive(Default)]
struct Bill {
    jobs: BTreeMap<u8, Money>,
    caps: BTreeMap<u8, Money>,
    users: BTreeMap<(Date, u8), Money>,
    days: BTreeMap<Date, Money>,
    /// Calls that were let through: their fix, their payer, their day and the most they cost.
    calls: BTreeMap<u8, (u8, u8, Date, Money)>,
}

impl Bill {
    fn pay(&mut self, call: u8, share: u64) {
        let Some((job, user, day, most)) = self.calls.remove(&call) else {
            return;
        };
        let cost = Money::micros(most.as_micros() * share / 100);
        *self.jobs.entry(job).or_default() += cost;
        *self.users.entry((day, user)).or_default() += cost;
        *self.days.entry(day).or_default() += cost;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// Whoever settles, settles late or never, in whatever order: no cap is exceeded by anything.
    #[test]
    fn no_cap_is_ever_exceeded(acts in acts()) {
        let mut books = Books::new();
        let mut bill = Bill::default();
        let mut payers: BTreeMap<u8, u8> = BTreeMap::new();
        for act in acts {
            let today = jiff::tz::Offset::UTC.to_datetime(books.now).date();
            match act {
                Act::Admit(job, user) => {
                    books.admit(&job.to_string(), &user.to_string());
                }
                Act::Open(job, user, cap) => {
                    books.open(&job.to_string(), &user.to_string(), Money::micros(cap).usd());
                    // An account belongs to who opened it first.
                    payers.entry(job).or_insert(user);
                    let known = bill.caps.entry(job).or_default();
                    *known = (*known).max(Money::micros(cap));
                }
                Act::Close(job) => {
                    books.close(&job.to_string());
                }
                Act::Reserve(call, job, most) => {
                    // Ids of calls are unique: one that is under way is not begun again.
                    if bill.calls.contains_key(&call) {
                        continue;
                    }
                    let granted = books.reserve(&call.to_string(), &job.to_string(), Money::micros(most).usd());
                    if granted == Response::Granted {
                        bill.calls.insert(call, (job, payers[&job], today, Money::micros(most)));
                    }
                }
                Act::Settle(call, share) => {
                    let most = bill.calls.get(&call).map_or(Money::ZERO, |call| call.3);
                    let cost = Money::micros(most.as_micros() * share / 100);
                    books.settle(&call.to_string(), cost.usd());
                    bill.pay(call, share);
                }
                Act::Wait(secs) => {
                    books.now += Duration::from_secs(secs);
                    // Nobody settles any more what the ledger counts in full by now: it cost all.
                    let kept = books.ledger.held.clone();
                    let gone: Vec<u8> = bill.calls.keys().copied()
                        .filter(|call| kept.get(&call.to_string()).is_none_or(|hold| hold.until <= books.now))
                        .collect();
                    for call in gone {
                        bill.pay(call, 100);
                    }
                    // What was forgotten with time begins anew.
                    books.look();
                    let known = books.ledger.jobs.clone();
                    bill.jobs.retain(|job, _| known.contains_key(&JobId::new(job.to_string())));
                    bill.caps.retain(|job, _| known.contains_key(&JobId::new(job.to_string())));
                    payers.retain(|job, _| known.contains_key(&JobId::new(job.to_string())));
                }
            }
            for (job, paid) in &bill.jobs {
                prop_assert!(*paid <= bill.caps[job], "fix {job} paid {paid}");
            }
            for ((day, user), paid) in &bill.users {
                prop_assert!(*paid <= usd(5.0), "{user} paid {paid} on {day}");
            }
            for (day, paid) in &bill.days {
                prop_assert!(*paid <= usd(8.0), "{paid} was paid on {day}");
            }
        }
    }
}
