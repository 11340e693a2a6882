//! The real program is killed at any moment, over and over, while the hub loses connections before
//! and after the effect.
//!
//! What has to hold: files that were written are whole; a write that was on the disk, or of which the
//! program said that it is done or waits, reaches the hub; writes arrive in the order in which they
//! were given; and what the hub did is what it would have done had each arrived once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tests::bugseti::{Effect, Generation};
use tests::fault::Fault;

use super::stage::Stage;

const ROUNDS: u64 = 60;
const ISSUES: [&str; 3] = ["acme/shop#1", "acme/shop#2", "acme/tea#1"];
const WORDS: [&str; 3] = ["in_progress", "completed", "skipped"];

/// A write that carries its number, so that it is known again.
#[derive(Debug, Clone, Copy)]
enum Order {
    Claim(&'static str),
    Status(&'static str, &'static str),
}

/// Repeatable chance (an LCG of Knuth's).
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        let n = usize::try_from(self.below(all.len() as u64)).unwrap();
        all[n]
    }
}

impl Order {
    fn args(self, number: u64) -> Vec<String> {
        let args = match self {
            Self::Claim(issue) => vec!["claim".to_owned(), issue.to_owned(), "--title".to_owned()],
            Self::Status(issue, word) => {
                let words = ["status", issue, word, "--pr-number"];
                words.map(str::to_owned).to_vec()
            }
        };
        [args, vec![number.to_string()]].concat()
    }
}

/// The number of the write that a body is of.
fn number(body: &Value) -> Option<u64> {
    let title = || body["title"].as_str()?.parse().ok();
    body["pr_number"].as_u64().or_else(title)
}

fn waiting(stage: &Stage) -> Vec<u64> {
    let Ok(text) = std::fs::read_to_string(stage.pending_file()) else {
        return Vec::new();
    };
    let entries: Vec<Value> = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{e}: {text}"));
    entries
        .iter()
        .filter_map(|entry| number(&entry["body"]))
        .collect()
}

/// The orders that the portal has heard of, each once, as they came.
fn arrived(stage: &Stage) -> Vec<u64> {
    let mut arrived = Vec::new();
    for request in stage.portal.requests() {
        if let Some(n) = number(&request.json())
            && !arrived.contains(&n)
        {
            arrived.push(n);
        }
    }
    arrived
}

/// What the portal has to have done, and the claims that there are then.
fn effects_of(
    orders: &[Order],
    arrived: &[u64],
) -> (BTreeMap<&'static str, &'static str>, Vec<String>) {
    let mut claims = BTreeMap::new();
    let mut expected = Vec::new();
    for n in arrived {
        match orders[usize::try_from(*n).unwrap()] {
            // A claim that is renewed stays as it is.
            Order::Claim(issue) if claims.contains_key(issue) => {}
            Order::Claim(issue) => {
                claims.insert(issue, "claimed");
                expected.push(format!("claimed {issue}"));
            }
            Order::Status(issue, word) => {
                if claims.get(issue).is_some_and(|it| *it != word) {
                    claims.insert(issue, word);
                    expected.push(format!("{word} {issue}"));
                }
            }
        }
    }
    (claims, expected)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_at_any_moment_loses_nothing_and_doubles_nothing() {
    let stage = Stage::logged_in(Generation::Both).await;
    let mut chance = Chance(20_261_121);
    let mut orders = Vec::new();
    let mut kept = BTreeSet::new();
    let mut kills = 0;
    for round in 0..ROUNDS {
        let issue = chance.of(&ISSUES);
        let order = match chance.below(3) {
            0 => Order::Claim(issue),
            _ => Order::Status(issue, chance.of(&WORDS)),
        };
        orders.push(order);
        let ms = Duration::from_millis;
        let held = Fault::Delay(ms(400));
        let fault = chance.of(&[0, 1, 2, 3, 3, 3, 4, 4]);
        let faults = [
            Fault::DropBefore,
            Fault::DropAfter,
            Fault::BeforeEffect(503),
            held,
        ];
        if let Some(fault) = faults.get(fault) {
            stage.portal.fail_next("*", fault.clone(), 1);
        }
        let seen = stage.portal.requests().len();
        let args = order.args(round);
        let args: Vec<_> = args.iter().map(String::as_str).collect();
        let mut process = stage.program(&args);
        process
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        let mut process = process.kill_on_drop(true).spawn().unwrap();
        let delay = ms(chance.below(60));
        let after_its_request = chance.below(2) == 0;
        let strike = async {
            while after_its_request && stage.portal.requests().len() == seen {
                tokio::time::sleep(ms(1)).await;
            }
            tokio::time::sleep(delay).await;
        };
        let ended = tokio::select! {
            ended = process.wait() => Some(ended.unwrap()),
            () = strike => None,
        };
        if let Some(status) = ended {
            let code = status.code().unwrap();
            assert!([0, 5, 6].contains(&code), "round {round}: exit code {code}");
            kept.insert(round);
        } else {
            process.kill().await.unwrap();
            kills += 1;
        }
        kept.extend(waiting(&stage));
    }
    // Whatever fault is left over strikes here.
    let mut totals = stage.hub(&["sync", "--json"]).await;
    for _ in 0..ROUNDS {
        if totals.code == 0 {
            break;
        }
        totals = stage.hub(&["sync", "--json"]).await;
    }
    assert_eq!(totals.code, 0, "{totals:?}");
    assert!(waiting(&stage).is_empty());

    let arrived = arrived(&stage);
    assert!(arrived.is_sorted(), "something was overtaken: {arrived:?}");
    let lost: Vec<_> = kept.iter().filter(|n| !arrived.contains(n)).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!((10..ROUNDS).contains(&kills), "{kills} kills prove nothing");

    let (claims, expected) = effects_of(&orders, &arrived);
    let effects = stage.portal.lock().effects.clone();
    let seen: Vec<_> = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Claimed(issue, _) => Some(format!("claimed {issue}")),
            Effect::Status(issue, word) => Some(format!("{word} {issue}")),
            _ => None,
        })
        .collect();
    assert_eq!(seen, expected);
    let totals: Value = serde_json::from_str(&totals.out).unwrap();
    assert_eq!(totals["totals"]["issues_attempted"], claims.len());
    assert!(stage.portal.take_violations().is_empty());

    let files = std::fs::read_dir(stage.data()).unwrap();
    let mut files: Vec<_> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    files.retain(|name| name.contains(".new"));
    assert!(files.is_empty(), "kills left {files:?}");
}
