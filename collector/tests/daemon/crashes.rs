//! `kill -9`, at any moment.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use crate::stage::{Stage, ask, request, wait_until};

/// Kills; the moments are spread over the time that some hundred files take.
const KILLS: u64 = 12;
const FILES: usize = 1500;

#[test]
fn every_file_is_one_line_however_often_the_collector_is_killed() {
    let stage = Stage::new();
    std::fs::create_dir(stage.at("drop")).unwrap();
    // Lines longer than a page: a kill may cut them.
    let filler = "x".repeat(6000);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..FILES {
                let payload = format!("{number} {filler}");
                let text = format!(r#"{{"recipient":"dev","type":"INFO","payload":"{payload}"}}"#);
                stage.put(&format!("{number:05}.json"), &text);
            }
        });
        for kill in 0..KILLS {
            let mut collector = stage.start();
            std::thread::sleep(Duration::from_millis(5 + 17 * kill));
            collector.kill();
        }
    });
    let _last = stage.start();
    wait_until("all files are gone", || {
        let left = std::fs::read_dir(stage.at("drop")).unwrap().count();
        let claimed = std::fs::read_dir(stage.at("drop/.claimed"))
            .unwrap()
            .count();
        (left, claimed) == (1, 0)
    });
    let mut numbers: Vec<usize> = stage
        .lines("dev")
        .iter()
        .map(|line| {
            let payload = line["payload"].as_str().unwrap();
            payload.split(' ').next().unwrap().parse().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..FILES).collect::<Vec<_>>());
}

#[test]
fn what_was_accepted_is_there_after_a_kill() {
    let stage = Stage::new();
    let (accepted, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    for _ in 0..4 {
        let mut collector = stage.start();
        let address = collector.address();
        stop.store(false, Ordering::Relaxed);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let hello = request("POST", "/hello", &[], r#"{"name": "x"}"#);
                    while !stop.load(Ordering::Relaxed) {
                        if ask(address, &hello).is_ok_and(|answer| answer.status == 202) {
                            accepted.fetch_add(1, Ordering::Relaxed);
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(150));
            collector.kill();
            stop.store(true, Ordering::Relaxed);
        });
    }
    let (accepted, there) = (accepted.into_inner(), stage.lines("dev").len());
    assert!(accepted > 0);
    // Those whose answer was cut off are there too: at most one of each sender and kill.
    assert!(
        (accepted..=accepted + 16).contains(&there),
        "{accepted} accepted, {there} there"
    );
}
