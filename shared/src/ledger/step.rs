//! The rules of the books: one arm per request.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::{
    ACCOUNT_KEPT, Account, Begun, Hold, LEAST_WAIT, LONGEST_WINDOW, Ledger, PLACE_LEASE, Quota,
    Refusal, Request, Response, Rules, Shut, View, Whose, Window,
};
use crate::id::{JobId, UserId};
use crate::money::Money;

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

impl Ledger {
    /// Applies one request. Total: there is an answer to every request in every state, and a
    /// repeated request changes nothing more.
    pub fn step(&mut self, request: Request, rules: &Rules, now: Timestamp) -> Response {
        self.pass_time(now);
        match request {
            Request::Admit {
                job,
                user,
                expected,
            } => answer(self.admit(job, user, expected, rules, now)),
            Request::Withdraw { job } => {
                self.begun.retain(|begun| begun.job != job);
                Response::Granted
            }
            Request::Open { job, user, cap } => {
                self.open(job, user, cap, now);
                Response::Granted
            }
            Request::Close { job } => {
                if let Some(account) = self.jobs.get_mut(&job) {
                    account.open = false;
                }
                self.free_place(&job);
                Response::Granted
            }
            Request::Pass => answer(self.pass()),
            Request::Reserve {
                call,
                job,
                amount,
                within,
            } => answer(self.reserve(call, job, amount, within, rules, now)),
            Request::Settle { call, cost } => {
                // One that is not held was settled before, or has counted in full since.
                if let Some(hold) = self.held.remove(&call) {
                    self.book(&hold, cost);
                }
                Response::Granted
            }
            Request::Switch { on, by, reason } => {
                self.shut = (!on).then_some(Shut {
                    by,
                    reason,
                    at: now,
                });
                Response::Granted
            }
            Request::Look => Response::Seen(Box::new(self.view())),
        }
    }

    /// Lets what ended with time end: days, holds, places, and what is kept of old fixes.
    fn pass_time(&mut self, now: Timestamp) {
        let today = day_of(now);
        // A clock that goes back a little does not give a day's money twice.
        if self.day.is_none_or(|day| day < today) {
            self.day = Some(today);
            self.spent = Money::ZERO;
            self.users.clear();
        }
        let expired: Vec<String> = self
            .held
            .iter()
            .filter(|(_, hold)| hold.until <= now)
            .map(|(call, _)| call.clone())
            .collect();
        for call in expired {
            if let Some(hold) = self.held.remove(&call) {
                self.book(&hold, hold.amount);
            }
        }
        for begun in &mut self.begun {
            begun.running &= now < begun.at + PLACE_LEASE;
        }
        self.begun
            .retain(|begun| begun.running || now < begun.at + LONGEST_WINDOW);
        let held = &self.held;
        self.jobs.retain(|job, account| {
            now < account.at + ACCOUNT_KEPT || held.values().any(|hold| hold.job == *job)
        });
    }

    fn admit(
        &mut self,
        job: JobId,
        user: UserId,
        expected: Duration,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.begun.iter().any(|begun| begun.job == job) {
            return Ok(());
        }
        self.pass()?;
        let everybody = if rules.is_global {
            Whose::Everyone
        } else {
            Whose::Server
        };
        if let Some(quota) = rules.user_fixes {
            self.keep_quota(quota, Whose::User, Some(&user), now)?;
        }
        self.keep_quota(rules.all_fixes, everybody, None, now)?;
        // A fix that could not make its first call need not begin.
        if self.left_of_day(&user, rules, now)? == Money::ZERO {
            return Err(Refusal::Held);
        }
        self.begun.push_back(Begun {
            job,
            user,
            at: now,
            expected: now + expected,
            running: true,
        });
        Ok(())
    }

    fn keep_quota(
        &self,
        quota: Quota,
        whose: Whose,
        of: Option<&UserId>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let mine = || {
            let begun = self.begun.iter();
            begun.filter(|begun| of.is_none_or(|user| begun.user == *user))
        };
        let refused = |window, most, next: Timestamp| {
            Err(Refusal::TooMany {
                whose,
                window,
                most,
                next: next.max(now + LEAST_WAIT),
            })
        };
        for (window, length, most) in [
            (Window::Day, DAY, quota.day),
            (Window::Hour, HOUR, quota.hour),
        ] {
            let within: Vec<Timestamp> = mine()
                .map(|begun| begun.at)
                .filter(|at| now < *at + length)
                .collect();
            // There is room again when so many of the oldest have left the window that one more
            // fits.
            let surplus = (within.len() + 1).saturating_sub(most as usize);
            if surplus > 0 {
                let next = within.get(surplus - 1).map_or(now, |at| *at) + length;
                return refused(window, most, next);
            }
        }
        let running: Vec<Timestamp> = mine()
            .filter(|begun| begun.running)
            .map(|begun| begun.expected)
            .collect();
        if running.len() >= quota.at_once as usize {
            let next = running.into_iter().min().unwrap_or(now);
            return refused(Window::AtOnce, quota.at_once, next);
        }
        Ok(())
    }

    fn open(&mut self, job: JobId, user: UserId, cap: Money, now: Timestamp) {
        let account = self.jobs.entry(job).or_insert_with(|| Account {
            user,
            cap,
            spent: Money::ZERO,
            open: true,
            at: now,
        });
        account.cap = account.cap.max(cap);
        account.open = true;
        account.at = now;
    }

    fn free_place(&mut self, job: &JobId) {
        for begun in &mut self.begun {
            if begun.job == *job {
                begun.running = false;
            }
        }
    }

    fn pass(&self) -> Result<(), Refusal> {
        match &self.shut {
            None => Ok(()),
            Some(shut) => Err(Refusal::Shut(shut.clone())),
        }
    }

    fn reserve(
        &mut self,
        call: String,
        job: JobId,
        amount: Money,
        within: Duration,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if self.held.contains_key(&call) {
            return Ok(());
        }
        self.pass()?;
        let Some(account) = self.jobs.get(&job).filter(|account| account.open) else {
            return Err(Refusal::Closed);
        };
        let (cap, spent, user) = (account.cap, account.spent, account.user.clone());
        if amount > cap.less(spent) {
            return Err(Refusal::JobSpent { cap, spent });
        }
        let under_way = self.sum_held(|hold| hold.job == job);
        if amount > cap.less(spent + under_way) {
            return Err(Refusal::Held);
        }
        self.fits_the_day(amount, &user, rules, now)?;
        let hold = Hold {
            job,
            user,
            day: self.today(now),
            amount,
            until: now + within,
        };
        self.held.insert(call, hold);
        Ok(())
    }

    /// Whether a call of this price fits into what is left of the person's and the server's day.
    fn fits_the_day(
        &self,
        amount: Money,
        user: &UserId,
        rules: &Rules,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        for (whose, cap, spent, held) in self.days(user, rules, now) {
            if amount > cap.less(spent) {
                let next = self.tomorrow(now);
                return Err(Refusal::DaySpent { whose, cap, next });
            }
            if amount > cap.less(spent + held) {
                return Err(Refusal::Held);
            }
        }
        Ok(())
    }

    /// What is left of the day for one more fix; an error if it is nothing whatever comes.
    fn left_of_day(&self, user: &UserId, rules: &Rules, now: Timestamp) -> Result<Money, Refusal> {
        let mut left = Money::micros(u64::MAX);
        for (whose, cap, spent, held) in self.days(user, rules, now) {
            if spent >= cap {
                let next = self.tomorrow(now);
                return Err(Refusal::DaySpent { whose, cap, next });
            }
            left = left.min(cap.less(spent + held));
        }
        Ok(left)
    }

    /// The caps of the day, with what is spent and held of each.
    fn days(
        &self,
        user: &UserId,
        rules: &Rules,
        now: Timestamp,
    ) -> impl Iterator<Item = (Whose, Money, Money, Money)> {
        let today = self.today(now);
        let of_user = self.users.get(user).copied().unwrap_or_default();
        let held_by_user = self.sum_held(|hold| hold.day == today && hold.user == *user);
        let held = self.sum_held(|hold| hold.day == today);
        let user = rules
            .user_day
            .map(|cap| (Whose::User, cap, of_user, held_by_user));
        let all = rules
            .all_day
            .map(|cap| (Whose::Server, cap, self.spent, held));
        user.into_iter().chain(all)
    }

    fn sum_held(&self, which: impl Fn(&Hold) -> bool) -> Money {
        let held = self.held.values().filter(|hold| which(hold));
        held.map(|hold| hold.amount).sum()
    }

    /// Books what a call cost: to its fix, and to its day if that is today.
    fn book(&mut self, hold: &Hold, cost: Money) {
        if let Some(account) = self.jobs.get_mut(&hold.job) {
            account.spent += cost;
        }
        if self.day == Some(hold.day) {
            self.spent += cost;
            *self.users.entry(hold.user.clone()).or_default() += cost;
        }
    }

    fn view(&self) -> View {
        View {
            spent_today: self.spent,
            held: self.sum_held(|_| true),
            users: self
                .users
                .iter()
                .map(|(user, spent)| (user.clone(), *spent))
                .collect(),
            jobs: self
                .jobs
                .iter()
                .filter(|(_, account)| account.open)
                .map(|(job, account)| (job.clone(), account.spent, account.cap))
                .collect(),
            running: self
                .begun
                .iter()
                .filter(|begun| begun.running)
                .map(|begun| begun.job.clone())
                .collect(),
            shut: self.shut.clone(),
        }
    }

    /// The day that is booked on: never an earlier one than before.
    fn today(&self, now: Timestamp) -> Date {
        self.day.unwrap_or_else(|| day_of(now))
    }

    fn tomorrow(&self, now: Timestamp) -> Timestamp {
        let midnight = self.today(now).tomorrow().ok();
        let midnight = midnight.and_then(|day| Offset::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
        midnight.unwrap_or(now + DAY)
    }
}

fn day_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

fn answer(decided: Result<(), Refusal>) -> Response {
    match decided {
        Ok(()) => Response::Granted,
        Err(refusal) => Response::Refused { refusal },
    }
}
