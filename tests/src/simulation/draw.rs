//! How a scenario is drawn from a seed.

use super::scenario::{Answered, Happening, Hit, Op, Rule, Run, Scenario, Telling, Verb};
use crate::world::Service;

impl Scenario {
    /// The scenario of a seed.
    pub fn drawn(seed: u64) -> Self {
        let mut dice = Dice(seed);
        let threads = 1 + dice.below(3);
        let rules = dice.rules();
        let runs = (0..=dice.below(3)).map(|_| dice.run()).collect();
        let count = 4 + dice.below(14);
        let mut ops = vec![Op::Give(0, dice.work())];
        ops.extend((0..count).map(|_| dice.op(threads)));
        Self { rules, runs, ops }
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

    fn rules(&mut self) -> Vec<Rule> {
        match self.below(8) {
            0 => vec![Rule::Approval],
            1 => vec![Rule::OneAtOnce],
            2 => vec![Rule::OneAnHour, Rule::DeleteBranches],
            3 => vec![Rule::LittleMoney],
            4 => vec![Rule::DeleteBranches],
            _ => Vec::new(),
        }
    }

    fn work(&mut self) -> Verb {
        self.one_of(&[Verb::Contextualize, Verb::Fix, Verb::Fix])
    }

    fn run(&mut self) -> Run {
        match self.below(12) {
            0 => Run::Dies,
            1 => Run::FallsSilent(self.one_of(&[10, 60, 120])),
            2 => Run::IsInterrupted,
            3 => Run::ChangesNothing,
            4 => Run::Fails,
            5 => Run::RunsOutOfMoney,
            6 => Run::Oversteps,
            _ => Run::Fixes(self.one_of(&[2, 5, 20, 300])),
        }
    }

    fn verb(&mut self) -> Verb {
        match self.below(20) {
            0..4 => Verb::Contextualize,
            4..7 => Verb::Fix,
            7..10 => Verb::Cancel,
            10..12 => Verb::Retry,
            12 => Verb::Status,
            13..15 => Verb::Steer,
            15 | 16 => Verb::Approve,
            17 => Verb::Reject,
            18 => Verb::Continue,
            _ => Verb::Deploy,
        }
    }

    fn hit(&mut self) -> Hit {
        match self.below(9) {
            0..3 => Hit::Crash,
            3 => Hit::LostBefore,
            4 | 5 => Hit::LostAfter,
            6 => Hit::Broken,
            7 => Hit::CrashBefore,
            _ => Hit::Limited(self.seconds()),
        }
    }

    fn on_github(&mut self) -> Op {
        let happening = match self.below(12) {
            0..4 => Happening::ChecksFail,
            4 => Happening::ChecksPass,
            5..7 => Happening::Merged,
            7 => Happening::Closed,
            8 => Happening::Reopened,
            9 => Happening::Deployed,
            _ => Happening::Asked,
        };
        let telling = self.one_of(&[
            Telling::AtOnce,
            Telling::AtOnce,
            Telling::Twice,
            Telling::Late,
        ]);
        Op::GitHub(self.below(3), happening, telling)
    }

    fn service(&mut self) -> Service {
        self.one_of(&[
            Service::Discord,
            Service::Linear,
            Service::PostHog,
            Service::GitHub,
            Service::Executor,
        ])
    }

    fn op(&mut self, threads: usize) -> Op {
        match self.below(32) {
            0..6 => Op::Give(self.below(threads), self.verb()),
            6..11 => Op::Run(self.seconds()),
            11..17 => Op::Strike(self.below(40), self.hit()),
            17..22 => self.on_github(),
            22 => Op::Stall(self.seconds()),
            23 => self.one_of(&[Op::Duplicate, Op::Redeliver]),
            24 => self.one_of(&[Op::Reverse, Op::Sweep]),
            25 => Op::AtOnce(self.next()),
            26 => Op::Away(self.service(), self.seconds()),
            27 => self.one_of(&[Op::SandboxDies, Op::SandboxStops]),
            28 => Op::KvBehind(60),
            29 => Op::AlarmsLate(self.seconds()),
            30 => Op::QueueRefuses(self.seconds()),
            _ => match self.below(4) {
                0 => Op::SwitchModel(false),
                1 => Op::SwitchModel(true),
                2 => Op::CallModel(20_000, Answered::Never),
                _ => Op::CallModel(20_000, Answered::Yes),
            },
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
