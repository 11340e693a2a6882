//! What hits a call over a port: the dying of its caller, the loss of its answer, or something
//! that happens meanwhile.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

/// Something that happens while a call is under way.
pub type Meanwhile = Box<dyn FnOnce() -> Pin<Box<dyn Future<Output = ()>>>>;

/// What hits a call.
pub enum Strike {
    /// Whoever makes the call dies before it does.
    CrashBefore,
    /// The call takes effect, and whoever made it dies before it sees the answer.
    Crash,
    /// The call does not arrive.
    LostBefore,
    /// The call takes effect and its answer is lost.
    LostAfter,
    /// An HTTP request is answered 502 by something on the way, after it took effect.
    BrokenAfter,
    /// An HTTP request is refused by the service's rate limit.
    RateLimited(Duration),
    /// This happens after the call took effect and before its answer arrives.
    Meanwhile(Meanwhile),
    /// This happens while the call is on its way.
    MeanwhileBefore(Meanwhile),
    /// The same, and whoever made the call dies before it sees the answer.
    MeanwhileAndCrash(Meanwhile),
}

impl fmt::Debug for Strike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CrashBefore => "CrashBefore",
            Self::Crash => "Crash",
            Self::LostBefore => "LostBefore",
            Self::LostAfter => "LostAfter",
            Self::BrokenAfter => "BrokenAfter",
            Self::RateLimited(_) => "RateLimited",
            Self::Meanwhile(_) => "Meanwhile",
            Self::MeanwhileBefore(_) => "MeanwhileBefore",
            Self::MeanwhileAndCrash(_) => "MeanwhileAndCrash",
        })
    }
}

/// Which call is struck.
#[derive(Debug)]
pub(super) enum Target {
    /// The one of this number, from 0.
    Nth(usize),
    /// The next one whose name holds this.
    Named(String),
}

/// Counts the calls that deliveries and alarms make, and strikes those that are planned.
#[derive(Debug, Default)]
pub(super) struct Meter {
    is_counting: Cell<bool>,
    calls: RefCell<Vec<String>>,
    plan: RefCell<Vec<(Target, Strike)>>,
    struck: RefCell<Option<String>>,
    /// Which activity (a delivery, an alarm) is being polled; 0 is none.
    current: Cell<u64>,
    activities: Cell<u64>,
    /// Activities that have died and do not know it yet.
    dead: RefCell<Vec<u64>>,
    /// The state of a xorshift generator that lets callers overtake each other; 0 is fairness.
    shuffle: Cell<u64>,
}

impl Meter {
    /// What the gateway does is not counted: it has no retries, and Discord's 3 seconds.
    pub(super) fn count(&self, is_counting: bool) {
        self.is_counting.set(is_counting);
    }

    pub(super) fn plan(&self, target: Target, strike: Strike) {
        self.plan.borrow_mut().push((target, strike));
    }

    pub(super) fn calls(&self) -> Vec<String> {
        self.calls.borrow().clone()
    }

    pub(super) fn calls_so_far(&self) -> usize {
        self.calls.borrow().len()
    }

    /// The call that was struck.
    pub(super) fn struck(&self) -> Option<String> {
        self.struck.borrow().clone()
    }

    pub(super) fn shuffle(&self, seed: u64) {
        self.shuffle.set(seed);
    }

    /// Counts a call, and gives what hits it.
    pub(super) async fn begin(&self, call: impl FnOnce() -> String) -> Option<Strike> {
        if !self.is_counting.get() {
            return None;
        }
        for _ in 0..self.overtaken_by() {
            tokio::task::yield_now().await;
        }
        let call = call();
        let nth = self.calls.borrow().len();
        self.calls.borrow_mut().push(call.clone());
        let mut plan = self.plan.borrow_mut();
        let hit = plan.iter().position(|(target, _)| match target {
            Target::Nth(at) => *at == nth,
            Target::Named(part) => call.contains(part.as_str()),
        })?;
        self.struck.replace(Some(call));
        Some(plan.remove(hit).1)
    }

    /// The caller is no more: this never returns, and [`Meter::alive`] gives its activity up.
    pub(super) async fn die(&self) -> ! {
        self.dead.borrow_mut().push(self.current.get());
        std::future::pending().await
    }

    /// Runs an activity to its end, or until it dies: then `None`. Activities may run side by side
    /// and inside one another; each dies alone.
    pub(super) async fn alive<T>(&self, activity: impl Future<Output = T>) -> Option<T> {
        let id = self.activities.get() + 1;
        self.activities.set(id);
        let mut activity = pin!(activity);
        std::future::poll_fn(|context| {
            let outer = self.current.replace(id);
            let polled = activity.as_mut().poll(context);
            self.current.set(outer);
            let mut dead = self.dead.borrow_mut();
            match (polled, dead.iter().position(|died| *died == id)) {
                (Poll::Ready(done), _) => Poll::Ready(Some(done)),
                (Poll::Pending, Some(at)) => {
                    dead.swap_remove(at);
                    Poll::Ready(None)
                }
                (Poll::Pending, None) => Poll::Pending,
            }
        })
        .await
    }

    /// Lets something else happen, and counts on.
    pub(super) async fn let_happen(&self, happens: Meanwhile) {
        happens().await;
        self.count(true);
    }

    fn overtaken_by(&self) -> u64 {
        match self.shuffle.get() {
            0 => 1,
            mut seed => {
                seed ^= seed << 13;
                seed ^= seed >> 7;
                seed ^= seed << 17;
                self.shuffle.set(seed);
                seed % 4
            }
        }
    }

    /// Makes a call whose failure is `lost`.
    pub(super) async fn call<T, E>(
        &self,
        name: impl FnOnce() -> String,
        lost: impl FnOnce() -> E,
        effect: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        match self.begin(name).await {
            // Only HTTP has these.
            None | Some(Strike::BrokenAfter | Strike::RateLimited(_)) => effect.await,
            Some(Strike::CrashBefore) => self.die().await,
            Some(Strike::LostBefore) => Err(lost()),
            Some(Strike::LostAfter) => {
                let _ = effect.await;
                Err(lost())
            }
            Some(Strike::Crash) => {
                let _ = effect.await;
                self.die().await
            }
            Some(Strike::Meanwhile(happens)) => {
                let done = effect.await;
                self.let_happen(happens).await;
                done
            }
            Some(Strike::MeanwhileBefore(happens)) => {
                self.let_happen(happens).await;
                effect.await
            }
            Some(Strike::MeanwhileAndCrash(happens)) => {
                self.let_happen(happens).await;
                let _ = effect.await;
                self.die().await
            }
        }
    }
}
