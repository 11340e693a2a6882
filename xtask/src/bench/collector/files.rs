//! Files of the drop folder.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::program::Program;
use crate::bench::load::Measured;

/// So many files, as fast as one program renames them.
const SUSTAINED: usize = 20_000;
/// So many, with a pause after each: then nobody waits for the one before.
const SINGLE: usize = 1_000;
const PAUSE: Duration = Duration::from_millis(3);
const PATIENCE: Duration = Duration::from_mins(2);

/// How many files a second become lines, from the first rename to the last line.
#[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53 files")]
pub(super) fn sustained(program: &Program) -> Result<f64> {
    let (put, seen) = run(program, SUSTAINED, Duration::ZERO)?;
    let took = *seen.iter().max().unwrap_or(&put[0]) - put[0];
    Ok(SUSTAINED as f64 / took.as_secs_f64())
}

/// The times from rename to line.
pub(super) fn one_at_a_time(program: &Program) -> Result<Measured> {
    let (put, seen) = run(program, SINGLE, PAUSE)?;
    let latencies = put
        .iter()
        .zip(&seen)
        .map(|(put, seen)| seen.saturating_duration_since(*put));
    Ok(Measured {
        latencies: latencies.collect(),
        elapsed: Duration::ZERO,
    })
}

/// Renames files into the drop folder and watches the inbox: when each was put, and when it was seen.
fn run(program: &Program, count: usize, pause: Duration) -> Result<(Vec<Instant>, Vec<Instant>)> {
    let staged = program.drop.join(".staged");
    fs::create_dir_all(&staged)?;
    for number in 0..count {
        let text = format!(r#"{{"recipient":"files","type":"INFO","payload":"{number}"}}"#);
        fs::write(staged.join(format!("{number:06}.json")), text)?;
    }
    let inbox = program.inbox.with_file_name("files.inbox");
    // The collector begins it anew: nobody else reads it.
    let _ = fs::remove_file(&inbox);
    File::create(&inbox)?;
    thread::scope(|scope| {
        let watching = scope.spawn(|| watch(&inbox, count));
        let mut put = Vec::with_capacity(count);
        for number in 0..count {
            let name = format!("{number:06}.json");
            put.push(Instant::now());
            fs::rename(staged.join(&name), program.drop.join(&name))?;
            if !pause.is_zero() {
                sleep(pause);
            }
        }
        let seen = watching.join().expect("a watcher does not panic")?;
        Ok((put, seen))
    })
}

/// When the line of each file was there, by the number in its payload.
fn watch(inbox: &std::path::Path, count: usize) -> Result<Vec<Instant>> {
    let began = Instant::now();
    let mut seen = vec![None; count];
    let mut left = count;
    let mut lines = BufReader::new(File::open(inbox)?);
    let mut line = String::new();
    while left > 0 {
        ensure!(
            began.elapsed() < PATIENCE,
            "{left} files did not become lines"
        );
        if lines.read_line(&mut line)? == 0 {
            // Often enough not to add to what is measured.
            sleep(Duration::from_micros(50));
            continue;
        }
        if !line.ends_with('\n') {
            continue;
        }
        let event: serde_json::Value = serde_json::from_str(&line)?;
        let number = event["payload"]
            .as_str()
            .and_then(|it| it.parse::<usize>().ok());
        let place = number.and_then(|number| seen.get_mut(number));
        if let Some(place @ None) = place {
            *place = Some(Instant::now());
            left -= 1;
        }
        line.clear();
    }
    Ok(seen.into_iter().flatten().collect())
}
