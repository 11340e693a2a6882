//! What the collector costs: requests against Debian's `webhook`, which runs a shell that appends, and
//! files of the drop folder. Both programs have to have written every line that they accepted.

mod files;
mod program;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};

use self::program::Program;
use super::load::{self, Connection, Measured};
use super::ms;
use crate::project::Project;
use crate::run;
use crate::setup::debian;

/// How many times each has its turn; they alternate.
const ROUNDS: usize = 3;
const TURN: Duration = Duration::from_secs(4);

const BODY: &str = r#"{"name":"build 1234","state":"failed","url":"https://ci.example/1234"}"#;

pub(super) fn run(project: &Project) -> Result<()> {
    let webhook = debian::package(project, "webhook")?.join("usr/bin/webhook");
    build(project)?;
    let folder = project.path("target/bench/collector");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let fsync = Program::collector(project, &folder.join("fsync"), true)?;
    let quick = Program::collector(project, &folder.join("quick"), false)?;
    let debian = Program::webhook(&webhook, &folder.join("debian"))?;

    let programs = [&debian, &fsync, &quick];
    let mut measured = vec![Measured::default(); programs.len()];
    run::timed("requests", || {
        for _ in 0..ROUNDS {
            for (program, measured) in programs.iter().zip(&mut measured) {
                measured.add(load::run(program.address, &program.request(BODY), TURN)?);
            }
        }
        Ok(())
    })?;
    println!(
        "webhook: one line of an inbox a request, {} connections",
        load::CONNECTIONS
    );
    println!(
        "{:<24}{:>12}{:>12}{:>12}",
        "", "requests/s", "p50 ms", "p99 ms"
    );
    for (program, measured) in programs.iter().zip(&measured) {
        let lines = lines(&program.inbox)?;
        ensure!(
            lines == measured.count(),
            "{} accepted {} requests and wrote {lines} lines",
            program.name,
            measured.count()
        );
        println!(
            "{:<24}{:>12.0}{:>12.2}{:>12.2}",
            program.name,
            measured.per_second(),
            ms(measured.percentile(0.50)),
            ms(measured.percentile(0.99)),
        );
    }
    let [theirs, ours, ours_quick] = [0, 1, 2].map(|index| measured[index].per_second());
    println!("collector / webhook              {:.1}", ours / theirs);
    println!(
        "collector without fsync / webhook {:.1}",
        ours_quick / theirs
    );

    println!("drop folder");
    println!(
        "{:<24}{:>12}{:>22}{:>12}",
        "", "files/s", "rename to line p50 ms", "p99 ms"
    );
    for program in [&fsync, &quick] {
        let rate = run::timed("files, as many as go", || files::sustained(program))?;
        let latencies = run::timed("files, one at a time", || files::one_at_a_time(program))?;
        println!(
            "{:<24}{rate:>12.0}{:>22.2}{:>12.2}",
            program.name,
            ms(latencies.percentile(0.50)),
            ms(latencies.percentile(0.99)),
        );
    }
    Ok(())
}

fn build(project: &Project) -> Result<()> {
    let log = project.tool("logs/build-collector.log");
    let mut cargo = project.cargo();
    cargo.args(["build", "--release", "--package", "collector"]);
    run::step("the collector", &log, &mut cargo)
}

fn lines(inbox: &Path) -> Result<usize> {
    Ok(fs::read_to_string(inbox)?.lines().count())
}

/// Whether somebody listens there.
fn answers(program: &Program) -> bool {
    Connection::open(program.address).is_ok()
}
