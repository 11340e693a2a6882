//! The gateway in raw workerd, against two yardsticks in the same run: an empty JavaScript worker
//! (workerd's own cost), and Discord's JavaScript package verifying the same request. Last, the memory
//! that a thousand jobs at once take.

use std::fs;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use super::load::{self, Measured, Ping};
use super::workerd::{self, Candidate, Workerd};
use super::{median, ms};
use crate::build::{self, Worker};
use crate::project::Project;
use crate::{run, simulation};

/// How many times each candidate has its turn; they alternate, so that a slow moment of the
/// machine hits all of them.
const ROUNDS: usize = 5;

/// One turn.
const TURN: Duration = Duration::from_secs(3);

/// How many cold starts are measured of each candidate.
const STARTS: usize = 9;

const CANDIDATES: [Candidate; 3] = [
    Candidate::Empty,
    Candidate::DiscordInteractions,
    Candidate::Gateway,
];

pub(super) fn run(project: &Project) -> Result<()> {
    build::run(project, None)?;
    let folder = project.path("target/bench");
    fs::create_dir_all(&folder)?;
    workerd::bundle(project, &folder)?;
    let ping = signed_ping(project)?;
    let starts = measure_starts(project, &ping)?;
    let measured = measure_load(project, &ping)?;

    println!(
        "gateway in raw workerd: a signed PING, {} connections",
        load::CONNECTIONS
    );
    println!(
        "{:<24}{:>12}{:>12}{:>12}{:>16}",
        "", "requests/s", "p50 ms", "p99 ms", "first answer ms"
    );
    for ((candidate, load), start) in CANDIDATES.iter().zip(&measured).zip(&starts) {
        println!(
            "{:<24}{:>12.0}{:>12.2}{:>12.2}{:>16.1}",
            candidate.name(),
            load.per_second(),
            ms(load.percentile(0.50)),
            ms(load.percentile(0.99)),
            ms(*start),
        );
    }
    let [empty, javascript, gateway] =
        [&measured[0], &measured[1], &measured[2]].map(Measured::per_second);
    println!("gateway / empty worker         {:.2}", gateway / empty);
    println!("gateway / discord-interactions {:.2}", gateway / javascript);
    println!(
        "verification and all else above an empty worker: {:.0} us a request",
        (1.0 / gateway - 1.0 / empty) * 1e6
    );
    for worker in Worker::ALL {
        println!("{:<24}{}", worker.package(), build::size(project, worker)?);
    }
    simulation::run(project, &["--load", "1000"])
}

fn signed_ping(project: &Project) -> Result<Ping> {
    let mut node = project.command(project.node_bin("node"));
    let signed = run::output(node.arg(project.path("tests/harness/bench/sign.mjs")))?;
    let signed: Value = serde_json::from_str(&signed)?;
    let text = |name: &str| {
        signed[name]
            .as_str()
            .map(str::to_owned)
            .with_context(|| format!("sign.mjs gave no {name}"))
    };
    Ok(Ping {
        public_key: text("publicKey")?,
        timestamp: text("timestamp")?,
        signature: text("signature")?,
        body: text("body")?,
    })
}

fn measure_load(project: &Project, ping: &Ping) -> Result<Vec<Measured>> {
    let server = Workerd::start(project, &CANDIDATES, ping)?;
    let mut all = vec![Measured::default(); CANDIDATES.len()];
    for (index, candidate) in CANDIDATES.iter().enumerate() {
        let answer = server.ask(index, ping)?;
        ensure!(
            answer.contains(r#""type":1"#),
            "{} answers {answer}",
            candidate.name()
        );
        // Lets the engine compile what is hot; not counted.
        load::run(server.address(index), &ping.bytes(), Duration::from_secs(2))?;
    }
    run::timed("load", || {
        for _ in 0..ROUNDS {
            for (index, measured) in all.iter_mut().enumerate() {
                measured.add(load::run(server.address(index), &ping.bytes(), TURN)?);
            }
        }
        Ok(())
    })?;
    Ok(all)
}

/// The median time from the start of the process to the first answer, of each candidate alone.
fn measure_starts(project: &Project, ping: &Ping) -> Result<Vec<Duration>> {
    run::timed("cold starts", || {
        let mut times = vec![Vec::new(); CANDIDATES.len()];
        for _ in 0..STARTS {
            for (candidate, times) in CANDIDATES.iter().zip(&mut times) {
                let started = Instant::now();
                let server = Workerd::start(project, &[*candidate], ping)?;
                server.ask(0, ping)?;
                times.push(started.elapsed());
            }
        }
        Ok(times.into_iter().map(median).collect())
    })
}
