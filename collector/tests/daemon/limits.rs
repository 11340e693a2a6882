//! Full disks and clocks that jump.

use std::fs;
use std::process::Command;

use crate::stage::{Collector, GOOD, Stage, wait_until};

/// A limit on the size of files is met in the same places as the end of a disk, and needs no rights.
#[test]
fn a_disk_that_is_full_tears_no_line_and_loses_no_file() {
    let stage = Stage::new();
    let mut command = Command::new("sh");
    let program = stage.command();
    // 8 blocks of 512 or 1024 bytes, as the shell has it.
    command
        .args(["-c", "ulimit -f 8; exec \"$@\"", "sh"])
        .arg(program.get_program());
    command.args(program.get_args()).env("RUST_LOG", "info");
    let mut limited = Collector::start(command);
    for number in 0..100 {
        stage.put(&format!("{number:02}.json"), GOOD);
    }
    limited.wait_for("events were not emitted");
    assert_eq!(
        limited
            .post("/hello", &format!(r#"{{"name": "{}"}}"#, "x".repeat(9000)))
            .status,
        500
    );
    let inbox = fs::read(stage.at("inbox/dev.inbox")).unwrap_or_default();
    assert!(inbox.is_empty() || inbox.ends_with(b"\n"), "a line is torn");
    let written = stage.lines("dev").len();
    assert!(written < 100, "the limit was not met");
    assert!(limited.health()["errors"].as_u64().unwrap() > 0);
    limited.kill();

    let _unlimited = stage.start();
    wait_until("all files are there", || stage.lines("dev").len() == 100);
    let mut sources: Vec<_> = stage
        .lines("dev")
        .iter()
        .map(|it| it["source"].to_string())
        .collect();
    sources.sort();
    sources.dedup();
    assert_eq!(sources.len(), 100);
}

/// Files from the future and from 1970, and clocks that differ, change nothing: nothing here is measured
/// by the wall clock.
#[test]
fn times_of_files_mean_nothing() {
    let stage = Stage::new();
    let collector = stage.start();
    for (name, time) in [("past.json", "1970-01-02"), ("future.json", "2100-01-01")] {
        for (name, text) in [(name.to_owned(), GOOD), (format!("bad-{name}"), "{")] {
            let hidden = stage.at(&format!("drop/.{name}"));
            fs::write(&hidden, text).unwrap();
            let touched = Command::new("touch")
                .args(["-d", time])
                .arg(&hidden)
                .status();
            assert!(touched.unwrap().success());
            fs::rename(&hidden, stage.at("drop").join(name)).unwrap();
        }
    }
    stage.wait_for_lines("dev", 2);
    wait_until("the others are buried", || {
        stage.at("drop/.dead-letter/bad-past.json").exists()
            && stage.at("drop/.dead-letter/bad-future.json").exists()
    });
    assert!(collector.health()["uptime_sec"].as_u64().unwrap() < 60);
}
