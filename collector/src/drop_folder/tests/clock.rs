//! Clocks that jump.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use super::*;

/// The time of day, in seconds.
static TIME: AtomicI64 = AtomicI64::new(0);

fn jumping() -> Timestamp {
    Timestamp::from_second(TIME.load(Ordering::Relaxed)).unwrap()
}

#[test]
fn a_clock_that_jumps_is_seen_in_the_times_of_events_and_nowhere_else() {
    let mut stage = stage();
    stage.settings.clock = jumping;
    let dev = stage.settings.inbox.path(&Recipient::parse("dev").unwrap());
    let jumps = [
        1_800_000_000,
        0,
        4_000_000_000,
        1_700_000_000,
        1_700_000_000,
    ];
    for (number, time) in jumps.into_iter().enumerate() {
        TIME.store(time, Ordering::Relaxed);
        // Not taken yet, and half written: both wait for a moment, over the jump.
        let aside = dev.with_extension("aside");
        let was_there = fs::rename(&dev, &aside).is_ok();
        fs::create_dir(&dev).unwrap();
        stage.put("again.json", GOOD);
        stage.put("half.json", "{");
        let next = stage.sweep().unwrap();
        assert!(next <= Instant::now() + SETTLED);
        TIME.fetch_sub(86_400 * 365, Ordering::Relaxed);
        fs::remove_dir(&dev).unwrap();
        if was_there {
            fs::rename(&aside, &dev).unwrap();
        }
        stage.sweep_all();
        assert_eq!(stage.inbox("dev").len(), number + 1);
        assert_eq!(stage.names(".dead-letter").len(), 2 * (number + 1));
    }
    let lines = stage.inbox("dev");
    let times: Vec<_> = lines.iter().map(|line| line["ts"].to_string()).collect();
    assert_eq!(times[0], "\"2026-01-15T08:00:00.000Z\"");
    assert!(times[1] < times[0] && times[2] > times[0] && times[3] < times[2]);
    let ids: HashSet<_> = lines.iter().map(|line| line["id"].to_string()).collect();
    assert_eq!(ids.len(), jumps.len());
    assert!(stage.counted()["uptime_sec"].as_u64().unwrap() < 600);
}
