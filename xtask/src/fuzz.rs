//! Coverage-guided fuzzing: `cargo xtask fuzz [TARGET] [--seconds N]`.
//!
//! The targets are in `fuzz/src`; `fuzz/libfuzzer` has `libFuzzer` call them, built by `cargo-fuzz` with
//! the instrumentation that a stable compiler has (no sanitizer: there is no unsafe code of ours to
//! watch). What a run learns lies in `target/fuzz/corpus` and is where the next one begins; what is
//! worth keeping a person moves to `fuzz/regressions`, from where `cargo test` replays it.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::project::{Project, prepend_path};
use crate::setup::cargo_tools;
use crate::{run, setup};

/// The longest input. Tars come in blocks of 512 bytes.
const MAX_BYTES: usize = 16 * 1024;
/// Of memory, for any input: each is a few kilobytes.
const MAX_MEMORY_MB: usize = 1024;
/// For one input, on a busy machine. Most take microseconds.
const MAX_SECONDS: usize = 20;

#[derive(clap::Args)]
pub(crate) struct Options {
    /// Only this one.
    target: Option<String>,
    /// For how long each is tried.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
}

pub(crate) fn run(project: &Project, options: &Options) -> Result<()> {
    setup::tool(project, cargo_tools::FUZZ)?;
    let all = targets(project)?;
    let chosen = match &options.target {
        None => all,
        Some(target) if all.contains(target) => vec![target.clone()],
        Some(target) => bail!("there is no target {target}: there are {}", all.join(", ")),
    };
    // In the versions that are shipped; a lock file of its own would grow old beside the project's.
    fs::copy(
        project.path("Cargo.lock"),
        project.path("fuzz/libfuzzer/Cargo.lock"),
    )
    .context("Cargo.lock cannot be copied")?;
    let mut found = Vec::new();
    for target in &chosen {
        found.extend(fuzz(project, target, options.seconds)?);
    }
    if found.is_empty() {
        return Ok(());
    }
    let found: Vec<_> = found
        .iter()
        .map(|finding| format!("  {}", finding.display()))
        .collect();
    bail!(
        "these inputs are findings; what is moved to fuzz/regressions/TARGET/ is replayed by \
         `cargo test --test replay`:\n{}",
        found.join("\n")
    )
}

/// As there are inputs for them: a test holds that to the list in `fuzz/src/lib.rs`.
fn targets(project: &Project) -> Result<Vec<String>> {
    let folder = project.path("fuzz/corpus");
    let entries = fs::read_dir(&folder).with_context(|| folder.display().to_string())?;
    let name = |entry: std::io::Result<fs::DirEntry>| {
        Ok(entry?.file_name().to_string_lossy().into_owned())
    };
    let mut names = entries.map(name).collect::<Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// Tries one target, and returns the inputs that do not hold.
fn fuzz(project: &Project, target: &str, seconds: u64) -> Result<Vec<PathBuf>> {
    let place = |kind: &str| project.path("target/fuzz").join(kind).join(target);
    let (learned, findings) = (place("corpus"), place("findings"));
    for folder in [&learned, &findings] {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    let before = files(&findings)?;
    let mut cargo = project.cargo();
    // cargo finds its subcommand there.
    prepend_path(&mut cargo, &[project.tool("cargo/bin")]);
    cargo.args(["fuzz", "run", "--fuzz-dir"]);
    cargo.arg(project.path("fuzz/libfuzzer"));
    cargo.arg("--target-dir").arg(project.path("target/fuzz"));
    // What is tried is what is shipped: no dependency shall notice that it is fuzzed.
    cargo.args(["--sanitizer", "none", "--no-cfg-fuzzing", target]);
    cargo.arg(&learned);
    for kept in ["fuzz/corpus", "fuzz/regressions"] {
        let folder = project.path(kept).join(target);
        if folder.exists() {
            cargo.arg(folder);
        }
    }
    cargo.arg("--");
    cargo.arg(format!("-max_total_time={seconds}"));
    cargo.arg(format!("-artifact_prefix={}/", findings.display()));
    cargo.arg(format!("-max_len={MAX_BYTES}"));
    cargo.arg(format!("-timeout={MAX_SECONDS}"));
    cargo.arg(format!("-rss_limit_mb={MAX_MEMORY_MB}"));
    cargo.arg("-print_final_stats=1");
    let log = project.tool(&format!("logs/fuzz-{target}.log"));
    let ended = run::step(&format!("fuzz {target}, {seconds} s"), &log, &mut cargo);
    let mut found = files(&findings)?;
    found.retain(|finding| !before.contains(finding));
    let said = fs::read_to_string(&log).unwrap_or_default();
    match ended {
        Ok(()) => eprintln!("     {}", summary(&said)),
        Err(_) if !found.is_empty() => {
            eprintln!("     {}\n     {}", complaint(&said), log.display());
        }
        Err(error) => return Err(error),
    }
    Ok(found)
}

fn files(folder: &PathBuf) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let paths = entries.map(|entry| Ok(entry?.path()));
    paths.collect()
}

/// What libFuzzer says at the end, in a line: how much it reached, and how fast.
fn summary(log: &str) -> String {
    let last = |word: &str| {
        let mut lines = log.lines().rev();
        lines.find(|line| line.starts_with('#') && line.contains(word))
    };
    let reached = last("\tDONE ")
        .or_else(|| last("\tpulse "))
        .unwrap_or("nothing was said");
    let words: Vec<_> = reached.split_whitespace().collect();
    words.join(" ")
}

/// What a target says of an input that does not hold.
fn complaint(log: &str) -> String {
    let mut lines = log
        .lines()
        .skip_while(|line| !line.contains(" panicked at "));
    let shown: Vec<_> = lines
        .by_ref()
        .take_while(|line| *line != "stack backtrace:")
        .collect();
    match shown.as_slice() {
        [] => "it took too long, or too much memory".to_owned(),
        shown => shown.join("\n     "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_of_a_run_is_told() {
        let log = "#2\tINITED cov: 3 ft: 4\n#900\tpulse  cov: 8 ft: 9\n\
                   #1024\tDONE   cov: 10 ft: 20 corp: 3/2Kb exec/s: 512 rss: 40Mb\nDone 1024 runs\n";
        assert_eq!(
            summary(log),
            "#1024 DONE cov: 10 ft: 20 corp: 3/2Kb exec/s: 512 rss: 40Mb"
        );
        assert_eq!(summary(""), "nothing was said");
    }

    #[test]
    fn a_finding_is_told_without_its_stack() {
        let log = "#7\tNEW cov: 3\n\nthread '<unnamed>' (1) panicked at fuzz/src/a.rs:1:1:\n2:1 is not \
                   there\nstack backtrace:\n   0: main\n";
        let told = "thread '<unnamed>' (1) panicked at fuzz/src/a.rs:1:1:\n     2:1 is not there";
        assert_eq!(complaint(log), told);
        assert_eq!(
            complaint("#7\tNEW\n"),
            "it took too long, or too much memory"
        );
    }
}
