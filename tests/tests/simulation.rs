//! The simulation over many seeds.
//!
//! `cargo xtask test --seeds 10000` plays more than usual, and faster. Here `SIMULATION_SEEDS` says
//! how many, and `SIMULATION_FROM` begins elsewhere than at 0.

use std::time::Instant;

use tests::simulation::{Happening, Hit, Op, Run, Scenario, Telling, Verb, hunt, play};

/// As many as take less than a minute on two slow cores.
const USUAL: u64 = 300;

#[test]
fn whatever_happens_every_job_ends_once() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let seeds = number("SIMULATION_SEEDS").unwrap_or(USUAL);
    let from = number("SIMULATION_FROM").unwrap_or(0);
    let began = Instant::now();
    let found = hunt(from..from + seeds);
    if let Some(found) = found {
        panic!("{found}");
    }
    let took = began.elapsed();
    println!("{seeds} seeds in {took:.1?}, from {from}");
}

// What the simulation has found, kept.

/// Discord's token had expired before the first edit, and "thinking…" stayed.
#[tokio::test]
async fn a_delivery_that_comes_after_fifteen_minutes_finds_the_message_that_thinks() {
    let ops = [Op::Give(0, Verb::Contextualize), Op::Stall(1_000)];
    play(&Scenario::of(&[Run::Fixes(5)], &ops)).await;
}

/// The run that had lost its lease was forgotten by the cancel of its successor.
#[tokio::test]
async fn a_cancel_stops_the_runs_that_were_given_up_too() {
    let ops = [
        Op::Give(0, Verb::Fix),
        Op::Run(45),
        Op::Give(0, Verb::Cancel),
    ];
    play(&Scenario::of(&[Run::FallsSilent(120)], &ops)).await;
}

/// The sweep can die too, and the next one goes on.
#[tokio::test]
async fn a_sweep_that_dies_is_followed_by_another() {
    let ops = [
        Op::Give(0, Verb::Fix),
        Op::Run(5),
        Op::Strike(1, Hit::Crash),
        Op::Sweep,
    ];
    play(&Scenario::of(&[Run::Fixes(20)], &ops)).await;
}

/// The errand that begins a round waited behind a delivery that had died, used up its tries while the
/// queue took no copies, and was buried: its thread waited for the round for ever.
#[tokio::test]
async fn a_round_that_cannot_begin_for_a_while_begins_later() {
    let ops = [
        Op::Give(0, Verb::Fix),
        Op::Run(400),
        Op::Give(0, Verb::Contextualize),
        Op::GitHub(0, Happening::ChecksFail, Telling::AtOnce),
        Op::Strike(9, Hit::Crash),
        Op::Run(20),
        Op::QueueRefuses(200),
    ];
    play(&Scenario::of(&[Run::Fixes(5)], &ops)).await;
}
