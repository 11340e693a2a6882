//! The course of things: deliveries and alarms, one after the other or all at once.

use std::time::Duration;

use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};
use shared::deliver::{Settled, bury, deliver, sweep};
use shared::fault::attempt_at;
use shared::id::JobId;
use shared::ports::Clock as _;

use super::objects::JobCell;
use super::queue::Message;
use super::strike::Target;
use super::{Strike, World};

/// After this many deliveries and alarms, a story goes in a circle: so many in any case, and so
/// many for each job.
const MAX_TURNS: usize = 5_000;
const MAX_TURNS_OF_A_JOB: usize = 300;
/// How soon a delivery or an alarm that died comes again.
const COMES_AGAIN: Duration = Duration::from_secs(2);

/// What is nearer is under way.
const FAR: Duration = Duration::from_mins(5);

/// What happens next.
enum Next {
    Command(Message),
    DeadLetter(Message),
    Alarm(JobId),
}

impl World {
    /// Lets everything happen that is under way, however long it takes by the story's clock. That
    /// a pull request is looked at now and then is nothing under way: it goes on for months.
    pub async fn run_until_quiet(&self) {
        self.run_while(|world| !world.only_looks_are_left()).await;
    }

    /// The same, but at most for so long.
    pub async fn run_for(&self, time: Duration) {
        let until = self.clock.now() + time;
        self.run_while(|world| world.next_at().is_some_and(|at| at <= until))
            .await;
        let rest = Duration::try_from(until - self.clock.now()).unwrap_or_default();
        self.clock.advance(rest);
    }

    /// Lets things happen one by one for as long as `goes_on` says so before each.
    pub async fn run_while(&self, goes_on: impl Fn(&Self) -> bool) {
        let most = MAX_TURNS + MAX_TURNS_OF_A_JOB * self.accepted.borrow().len();
        for _ in 0..most {
            if self.next_at().is_none() || !goes_on(self) {
                return;
            }
            self.one_thing().await;
        }
        panic!("a circle: {}", self.log().join("\n"));
    }

    /// The sweep runs once, if it lives so long.
    pub async fn sweep(&self) {
        // One that dies is followed by the next.
        self.alive(Box::pin(sweep(self, &self.settings))).await;
    }

    /// The `nth` call over a port, from 0 and from the beginning of the story, is struck.
    pub fn strike(&self, nth: usize, strike: Strike) {
        self.meter.plan(Target::Nth(nth), strike);
    }

    /// Every call over a port so far.
    pub fn calls(&self) -> Vec<String> {
        self.meter.calls()
    }

    /// How many those are.
    pub fn calls_so_far(&self) -> usize {
        self.meter.calls_so_far()
    }

    /// The call that was struck, if the story came as far.
    pub fn struck(&self) -> Option<String> {
        self.meter.struck()
    }

    /// The next call whose name holds `part` is struck.
    pub fn strike_call(&self, part: &str, strike: Strike) {
        self.meter.plan(Target::Named(part.to_owned()), strike);
    }

    /// Callers overtake each other from now on, in an order of this seed.
    pub fn shuffle(&self, seed: u64) {
        self.meter.shuffle(seed);
    }

    /// From now on an alarm that dies is not rung again by the platform: only what the object
    /// itself has set is left.
    pub fn lose_alarms_that_die(&self) {
        self.is_alarm_lost.set(true);
    }

    fn only_looks_are_left(&self) -> bool {
        let now = self.clock.now();
        let is_look = |cell: &JobCell| {
            let looks = || cell.fix().and_then(|fix| fix.looks_again_at(now));
            // The first question is the cheaper one: no pause between looks is that short.
            let is_far = |at: Timestamp| at > now + FAR;
            cell.alarm
                .is_none_or(|at| is_far(at) && looks() == Some(at))
        };
        let queues = [&self.commands, &self.dead_letters];
        queues.iter().all(|queue| queue.is_empty()) && self.jobs.borrow().values().all(is_look)
    }

    /// When the next thing happens.
    fn next_at(&self) -> Option<Timestamp> {
        let queues = [&self.commands, &self.dead_letters];
        let due = queues.iter().filter_map(|queue| queue.next_due());
        due.chain(self.jobs.borrow().values().filter_map(|cell| cell.alarm))
            .min()
    }

    async fn one_thing(&self) {
        if let Some(at) = self.next_at() {
            let wait = Duration::try_from(at - self.clock.now()).unwrap_or_default();
            self.clock.advance(wait);
        }
        match self.take_due() {
            Some(Next::Command(message)) => self.deliver_command(message).await,
            Some(Next::DeadLetter(message)) => self.deliver_dead_letter(message).await,
            Some(Next::Alarm(job)) => self.ring_alarm(&job).await,
            None => {}
        }
    }

    fn take_due(&self) -> Option<Next> {
        if let Some(message) = self.commands.take_due() {
            return Some(Next::Command(message));
        }
        if let Some(message) = self.dead_letters.take_due() {
            return Some(Next::DeadLetter(message));
        }
        let now = self.clock.now();
        let mut jobs = self.jobs.borrow_mut();
        let due = jobs
            .iter_mut()
            .find(|(_, cell)| cell.alarm.is_some_and(|at| at <= now));
        due.map(|(job, cell)| {
            cell.alarm = None;
            Next::Alarm(job.clone())
        })
    }

    /// Delivers what is due on the queue of commands, one after the other.
    pub async fn deliver_due(&self) {
        while let Some(message) = self.commands.take_due() {
            self.deliver_command(message).await;
        }
        self.meter.count(false);
    }

    /// Delivers everything that is due on the queue of commands at once: the deliveries take
    /// turns at every call.
    pub async fn deliver_due_at_once(&self) {
        let mut due = Vec::new();
        while let Some(message) = self.commands.take_due() {
            due.push(self.deliver_command(message));
        }
        join_all(due).await;
    }

    async fn deliver_command(&self, message: Message) {
        let attempt = self.attempt(&message);
        let settled = self
            .alive(Box::pin(deliver(
                self,
                &self.settings,
                &message.body,
                attempt,
            )))
            .await;
        let Some(wait) = wait(settled) else { return };
        if message.deliveries < self.commands.max_retries {
            self.commands.put_back(self.again(message, wait));
        } else {
            self.dead_letters.put(&message.body, Duration::ZERO);
        }
    }

    async fn deliver_dead_letter(&self, message: Message) {
        let attempt = self.attempt(&message);
        let settled = self
            .alive(Box::pin(bury(self, &self.settings, &message.body, attempt)))
            .await;
        let Some(wait) = wait(settled) else { return };
        // Nothing comes after this queue: the platform forgets the message. Whether its job has an
        // outcome all the same is seen at the end.
        if message.deliveries < self.dead_letters.max_retries {
            self.dead_letters.put_back(self.again(message, wait));
        }
    }

    async fn ring_alarm(&self, job: &JobId) {
        let rang = self.alive(Box::pin(self.ring(job))).await;
        if rang == Some(Ok(())) || (rang.is_none() && self.is_alarm_lost.get()) {
            return;
        }
        let again = self.clock.now() + COMES_AGAIN;
        if let Some(cell) = self.jobs.borrow_mut().get_mut(job) {
            cell.alarm = Some(cell.alarm.map_or(again, |set| set.min(again)));
        }
    }

    /// `None` if it died.
    async fn alive<T>(&self, activity: impl Future<Output = T>) -> Option<T> {
        self.meter.count(true);
        self.meter.alive(activity).await
    }

    fn attempt(&self, message: &Message) -> u32 {
        let age = self.clock.now() - message.sent_at;
        attempt_at(Duration::try_from(age).unwrap_or_default())
    }

    fn again(&self, message: Message, wait: Duration) -> Message {
        let wait = SignedDuration::try_from(wait).expect("no wait lasts for aeons");
        Message {
            due: self.clock.now() + wait,
            deliveries: message.deliveries + 1,
            ..message
        }
    }
}

/// How long until the message comes again; `None` if it is done with.
fn wait(settled: Option<Settled>) -> Option<Duration> {
    match settled {
        Some(Settled::Ack) => None,
        // As the platform rounds it.
        Some(Settled::Retry(wait)) => Some(Duration::from_secs_f64(wait.as_secs_f64().ceil())),
        None => Some(COMES_AGAIN),
    }
}
