//! Plays many scenarios, and shrinks one that fails to what matters.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use super::{Run, Scenario, play};

/// The run that makes the least trouble.
const PLAIN: Run = Run::Fixes(5);

/// How often a failing scenario is played again to make it smaller.
const MAX_PLAYS: usize = 300;

/// No scenario takes a tenth of this: one that takes longer waits for what never comes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A seed that fails.
#[derive(Debug, Clone)]
pub struct Found {
    /// The seed.
    pub seed: u64,
    /// What is left of its scenario.
    pub scenario: Scenario,
    /// What does not hold.
    pub why: String,
}

impl std::fmt::Display for Found {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            seed,
            scenario,
            why,
        } = self;
        write!(
            f,
            "seed {seed}: {why}\n\nThe least that shows it:\n\n{scenario}"
        )
    }
}

/// Plays the scenarios of these seeds on every processor, and stops at the first that fails.
pub fn hunt(seeds: std::ops::Range<u64>) -> Option<Found> {
    silence_panics();
    let next = AtomicU64::new(seeds.start);
    let is_over = AtomicBool::new(false);
    let found = Mutex::new(None);
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while !is_over.load(Ordering::Relaxed) {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds.end {
                        return;
                    }
                    let scenario = Scenario::drawn(seed);
                    let Err(why) = outcome(&scenario) else {
                        continue;
                    };
                    is_over.store(true, Ordering::Relaxed);
                    let (scenario, why) = shrunk(scenario, why);
                    let mut found = found.lock().expect("no worker panics with the lock");
                    found.get_or_insert(Found {
                        seed,
                        scenario,
                        why,
                    });
                }
            });
        }
    });
    found.into_inner().expect("no worker panics with the lock")
}

/// What does not hold at the end of a scenario, if anything.
fn outcome(scenario: &Scenario) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    IS_SILENT.set(true);
    let played = panic::catch_unwind(AssertUnwindSafe(|| {
        runtime.block_on(async {
            let played = tokio::time::timeout(PATIENCE, play(scenario)).await;
            played.expect("it comes to an end");
        });
    }));
    IS_SILENT.set(false);
    played.map_err(|payload| {
        let text = payload.downcast_ref::<String>().cloned();
        let text = text.or_else(|| payload.downcast_ref::<&str>().map(|it| (*it).to_owned()));
        text.unwrap_or_else(|| "a panic without words".to_owned())
    })
}

/// The scenario without whatever it fails without, too.
fn shrunk(mut scenario: Scenario, mut why: String) -> (Scenario, String) {
    let mut plays = 0;
    let mut chunk = scenario.ops.len().div_ceil(2);
    while chunk > 0 && plays < MAX_PLAYS {
        let mut at = 0;
        let mut is_smaller = false;
        while at < scenario.ops.len() && plays < MAX_PLAYS {
            let mut without = scenario.clone();
            without.ops.drain(at..(at + chunk).min(scenario.ops.len()));
            plays += 1;
            match outcome(&without) {
                Err(still) => {
                    (scenario, why, is_smaller) = (without, still, true);
                }
                Ok(()) => at += chunk,
            }
        }
        if chunk > 1 || !is_smaller {
            chunk /= 2;
        }
    }
    for simpler in [simpler_runs, simpler_rules] {
        let mut tried = 0;
        while let Some(without) = simpler(&scenario, tried) {
            match outcome(&without) {
                Err(still) => (scenario, why, tried) = (without, still, 0),
                Ok(()) => tried += 1,
            }
        }
    }
    (scenario, why)
}

/// The `nth` way of having fewer or plainer runs.
fn simpler_runs(scenario: &Scenario, nth: usize) -> Option<Scenario> {
    let mut simpler = scenario.clone();
    let runs = &mut simpler.runs;
    match nth {
        0 if runs.len() > 1 => drop(runs.pop()),
        _ => {
            let mut special = runs.iter_mut().filter(|run| **run != PLAIN);
            *special.nth(nth.saturating_sub(1))? = PLAIN;
        }
    }
    (simpler != *scenario).then_some(simpler)
}

/// The `nth` way of leaving a rule out.
fn simpler_rules(scenario: &Scenario, nth: usize) -> Option<Scenario> {
    let mut simpler = scenario.clone();
    (nth < simpler.rules.len()).then(|| simpler.rules.remove(nth))?;
    Some(simpler)
}

thread_local! {
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

/// A scenario that fails while it is shrunk says so hundreds of times.
fn silence_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_SILENT.get() {
                loud(info);
            }
        }));
    });
}
