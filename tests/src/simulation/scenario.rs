//! What happens in a scenario, and how one is drawn.

use crate::world::Service;

/// What the runs do, and what happens in which order.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What the runs do, in the order of their start; the last one's course is everybody's after.
    pub runs: Vec<Run>,
    /// What happens.
    pub ops: Vec<Op>,
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It fixes the bug within so many seconds.
    Fixes(u64),
    /// Its sandbox dies after five seconds.
    Dies,
    /// It is not heard of for so many seconds.
    FallsSilent(u64),
    /// It is told to shut down.
    IsInterrupted,
    /// It finds nothing to change.
    ChangesNothing,
    /// Its time is up.
    Fails,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Op {
    /// Somebody gives a command in a thread.
    Give(usize, Verb),
    /// Everything that is due by then happens in its order.
    Run(u64),
    /// So many seconds pass in which nothing is delivered and no alarm rings.
    Stall(u64),
    /// What waits on the queue is there twice.
    Duplicate,
    /// What waits on the queue is delivered in the opposite order.
    Reverse,
    /// What is due on the queue is delivered at once, by consumers that overtake each other.
    AtOnce(u64),
    /// The call over a port after so many others is hit.
    Strike(usize, Hit),
    /// A service is away for so many seconds.
    Away(Service, u64),
    /// The sandbox dies, with every run in it.
    SandboxDies,
    /// The key-value store is so many seconds behind.
    KvBehind(u64),
    /// The sweep runs.
    Sweep,
}

/// What somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `/bugbot contextualize`
    Contextualize,
    /// `/bugbot fix`
    Fix,
    /// `/bugbot cancel`
    Cancel,
    /// `/bugbot retry`
    Retry,
    /// `/bugbot status`
    Status,
    /// `/bugbot steer`
    Steer,
    /// `/bugbot approve`
    Approve,
    /// `/bugbot reject`
    Reject,
    /// `/bugbot continue`
    Continue,
    /// `/bugbot deploy`
    Deploy,
}

/// What hits a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// It takes effect, and its caller dies.
    Crash,
    /// It does not arrive.
    LostBefore,
    /// Its answer is lost.
    LostAfter,
    /// Its answer is a broken one.
    Broken,
    /// It is refused for so many seconds.
    Limited(u64),
}

impl Scenario {
    /// A scenario as a failure prints it.
    pub fn of(runs: &[Run], ops: &[Op]) -> Self {
        Self {
            runs: runs.to_vec(),
            ops: ops.to_vec(),
        }
    }

    /// The scenario of a seed.
    pub fn drawn(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let threads = 1 + dice.below(3);
        let runs = (0..=dice.below(3)).map(|_| dice.run()).collect();
        let count = 4 + dice.below(14);
        let mut ops = vec![Op::Give(0, dice.work())];
        ops.extend((0..count).map(|_| dice.op(threads)));
        Self { runs, ops }
    }
}

/// A `SplitMix64`: small, and the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end).expect("a small number");
        usize::try_from(self.next() % end).expect("below a small number")
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len())]
    }

    fn seconds(&mut self) -> u64 {
        self.one_of(&[1, 2, 3, 5, 8, 20, 45, 90, 200, 400, 1_000])
    }

    fn work(&mut self) -> Verb {
        self.one_of(&[Verb::Contextualize, Verb::Fix, Verb::Fix])
    }

    fn run(&mut self) -> Run {
        match self.below(10) {
            0 => Run::Dies,
            1 => Run::FallsSilent(self.one_of(&[10, 60, 120])),
            2 => Run::IsInterrupted,
            3 => Run::ChangesNothing,
            4 => Run::Fails,
            _ => Run::Fixes(self.one_of(&[2, 5, 20, 300])),
        }
    }

    fn verb(&mut self) -> Verb {
        match self.below(16) {
            0..4 => Verb::Contextualize,
            4..7 => Verb::Fix,
            7..10 => Verb::Cancel,
            10..12 => Verb::Retry,
            12 => Verb::Status,
            13 => Verb::Steer,
            14 => self.one_of(&[Verb::Approve, Verb::Reject]),
            _ => self.one_of(&[Verb::Continue, Verb::Deploy]),
        }
    }

    fn hit(&mut self) -> Hit {
        match self.below(8) {
            0..3 => Hit::Crash,
            3 => Hit::LostBefore,
            4 | 5 => Hit::LostAfter,
            6 => Hit::Broken,
            _ => Hit::Limited(self.seconds()),
        }
    }

    fn op(&mut self, threads: usize) -> Op {
        match self.below(20) {
            0..5 => Op::Give(self.below(threads), self.verb()),
            5..8 => Op::Run(self.seconds()),
            8..13 => Op::Strike(self.below(40), self.hit()),
            13 => Op::Stall(self.seconds()),
            14 => Op::Duplicate,
            15 => self.one_of(&[Op::Reverse, Op::Sweep]),
            16 => Op::AtOnce(self.next()),
            17 => {
                let service = self.one_of(&[
                    Service::Discord,
                    Service::Linear,
                    Service::PostHog,
                    Service::GitHub,
                    Service::Executor,
                ]);
                Op::Away(service, self.seconds())
            }
            18 => Op::SandboxDies,
            _ => Op::KvBehind(60),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_is_always_the_same_scenario_and_seeds_differ() {
        assert_eq!(Scenario::drawn(7), Scenario::drawn(7));
        assert_ne!(Scenario::drawn(7), Scenario::drawn(8));
    }
}
