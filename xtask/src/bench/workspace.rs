//! A capture and a snapshot of a tree, beside a `tar` of the same with the same options: whole
//! processes, from start to end, and the most memory that each had. What they write has to be the same
//! files.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{median, ms};
use crate::project::Project;
use crate::run;
use crate::setup::debian;

/// How many times each has its turn; they alternate.
const ROUNDS: usize = 15;

/// The tree: directories of files of 300 bytes to 8 KiB, as sources are.
const DIRECTORIES: u64 = 100;
const FILES_IN_EACH: u64 = 100;
const LEAST_BYTES: u64 = 300;
const MOST_BYTES: u64 = 8 * 1024;

/// What is measured: a name, and the words of its command in the bench's folder.
struct Contender {
    name: &'static str,
    program: String,
    words: &'static [&'static str],
    times: Vec<Duration>,
    peak_kib: u64,
}

pub(super) fn run(project: &Project) -> Result<()> {
    let time = debian::package(project, "time")?.join("usr/bin/time");
    build(project)?;
    let folder = project.path("target/bench/workspace");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    let bytes = run::timed("a tree", || make_tree(&folder.join("tree")))?;
    let ours = project.path("target/release/bugbot").display().to_string();
    let contender = |name, program: &str, words| Contender {
        name,
        program: program.to_owned(),
        words,
        times: Vec::new(),
        peak_kib: 0,
    };
    let mut contenders = [
        contender(
            "tar, sorted",
            "tar",
            &[
                "--sort=name",
                "--owner=0",
                "--group=0",
                "--numeric-owner",
                "--mtime=@0",
                "--mode=0600",
                "--format=gnu",
                "-cf",
                "theirs.tar",
                "-C",
                "tree",
                ".",
            ],
        ),
        contender(
            "bugbot snapshot",
            &ours,
            &["workspace", "snapshot", "tree", "--out", "ours.tar"],
        ),
        contender("bugbot capture", &ours, &["workspace", "capture", "tree"]),
    ];
    run::timed("turns", || {
        for round in 0..=ROUNDS {
            for contender in &mut contenders {
                let (took, peak_kib) = contender.turn(&time, &folder)?;
                // The first reads the disk.
                if round > 0 {
                    contender.times.push(took);
                    contender.peak_kib = contender.peak_kib.max(peak_kib);
                }
            }
        }
        Ok(())
    })?;
    are_the_same(&ours, &folder)?;

    println!(
        "workspace: {} files of {:.1} MB in all",
        DIRECTORIES * FILES_IN_EACH,
        to_float(bytes) / 1e6
    );
    println!("{:<24}{:>12}{:>12}", "", "median ms", "peak MB");
    for contender in &contenders {
        println!(
            "{:<24}{:>12.1}{:>12.1}",
            contender.name,
            ms(median(contender.times.clone())),
            to_float(contender.peak_kib) * 1024.0 / 1e6,
        );
    }
    let [tar, snapshot, capture] = &contenders;
    for ours in [snapshot, capture] {
        let pairs = ours.times.iter().zip(&tar.times);
        let ratios = pairs.map(|(ours, tar)| ours.as_secs_f64() / tar.as_secs_f64());
        println!(
            "{} / tar: time {:.2}, memory {:.1}",
            ours.name,
            median(ratios.collect()),
            to_float(ours.peak_kib) / to_float(tar.peak_kib),
        );
    }
    Ok(())
}

impl Contender {
    /// How long it took, and the most memory that it had, in KiB.
    fn turn(&self, time: &Path, folder: &Path) -> Result<(Duration, u64)> {
        for written in ["ours.tar", "theirs.tar"] {
            let _ = fs::remove_file(folder.join(written));
        }
        let mut command = Command::new(time);
        command
            .args(["--format", "%M", "--output", "peak", &self.program])
            .args(self.words)
            .current_dir(folder);
        let started = Instant::now();
        let output = command.output().context("cannot start time")?;
        let took = started.elapsed();
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{}: {said}", self.name);
        let peak = fs::read_to_string(folder.join("peak"))?;
        let peak = peak.trim().parse();
        Ok((took, peak.context("time said no number")?))
    }
}

/// The two tars hold the same files.
fn are_the_same(bugbot: &str, folder: &Path) -> Result<()> {
    let tar = ["--sort=name", "-cf", "theirs.tar", "-C", "tree", "."];
    run::output(Command::new("tar").args(tar).current_dir(folder))?;
    let snapshot = ["workspace", "snapshot", "tree", "--out", "ours.tar"];
    run::output(Command::new(bugbot).args(snapshot).current_dir(folder))?;
    let diff = ["workspace", "diff", "ours.tar", "theirs.tar"];
    let said = run::output(Command::new(bugbot).args(diff).current_dir(folder))?;
    ensure!(said.trim() == "Nothing differs.", "the tars differ: {said}");
    Ok(())
}

/// The same bytes every time. How many.
fn make_tree(root: &Path) -> Result<u64> {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = 0;
    for directory in 0..DIRECTORIES {
        let place = root.join(format!("src-{:02}/module-{directory:02}", directory % 10));
        fs::create_dir_all(&place)?;
        for file in 0..FILES_IN_EACH {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            let length = LEAST_BYTES + seed % (MOST_BYTES - LEAST_BYTES);
            let line = format!("export const value{seed} = {file};\n");
            let times = usize::try_from(length)? / line.len() + 1;
            let text = line.repeat(times);
            fs::write(place.join(format!("file-{file:03}.ts")), &text)?;
            bytes += text.len() as u64;
        }
    }
    Ok(bytes)
}

fn build(project: &Project) -> Result<()> {
    let log = project.tool("logs/build-bugbot.log");
    let mut cargo = project.cargo();
    cargo.args(["build", "--release", "--package", "cli"]);
    run::step("bugbot", &log, &mut cargo)
}

#[expect(clippy::cast_precision_loss, reason = "for people to read")]
fn to_float(number: u64) -> f64 {
    number as f64
}
