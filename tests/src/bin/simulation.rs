//! Plays many scenarios of the simulation, and ends at the first that fails; or plays a load and
//! says what it took.
//!
//! `cargo xtask test --seeds 10000` and `cargo xtask bench` run it, built so that it is fast.

use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;
use tests::load::Load;
use tests::simulation::hunt;

/// How many are played between two signs of life.
const AT_A_TIME: u64 = 500;

/// Plays the scenarios of many seeds.
#[derive(Debug, Parser)]
struct Options {
    /// How many seeds.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Instead, queues so many jobs at once.
    #[arg(long)]
    load: Option<usize>,
}

fn main() -> ExitCode {
    let Options { seeds, from, load } = Options::parse();
    if let Some(jobs) = load {
        return play_load(jobs);
    }
    let (began, end) = (Instant::now(), from + seeds);
    let mut next = from;
    while next < end {
        let until = end.min(next + AT_A_TIME);
        if let Some(found) = hunt(next..until) {
            eprintln!("{found}");
            return ExitCode::FAILURE;
        }
        next = until;
        eprintln!("{} of {seeds} seeds, {:.0?}", next - from, began.elapsed());
    }
    println!("{seeds} seeds in {:.1?}, from {from}", began.elapsed());
    ExitCode::SUCCESS
}

fn play_load(jobs: usize) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    println!("{}", runtime.block_on(Load { jobs }.play()));
    ExitCode::SUCCESS
}
