//! Real inotify, real polling.

use std::fs;
use std::time::{Duration, Instant};

use crate::stage::{Collector, GOOD, Stage, set_mode, wait_until};

/// Well below the poll, which is every 30 seconds.
const HEARD: Duration = Duration::from_secs(15);

#[test]
fn files_that_were_there_before_are_taken_at_the_start() {
    let stage = Stage::new();
    fs::create_dir(stage.at("drop")).unwrap();
    for number in 0..600 {
        stage.put(&format!("{number:03}.json"), GOOD);
    }
    let _collector = stage.start();
    let lines = stage.wait_for_lines("dev", 600);
    // In the order of their names.
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line["source"], format!("drop-folder:{number:03}.json"));
    }
}

#[test]
fn a_new_file_is_heard_of_however_it_comes() {
    let stage = Stage::new();
    let _collector = stage.start();
    let began = Instant::now();
    stage.put("renamed.json", GOOD);
    stage.wait_for_lines("dev", 1);
    fs::write(stage.at("drop/written.json"), GOOD).unwrap();
    stage.wait_for_lines("dev", 2);
    fs::write(stage.at("linked"), GOOD).unwrap();
    fs::hard_link(stage.at("linked"), stage.at("drop/linked.json")).unwrap();
    stage.wait_for_lines("dev", 3);
    assert!(began.elapsed() < HEARD, "only the poll saw them");
    assert_eq!(fs::read_to_string(stage.at("linked")).unwrap(), GOOD);
}

#[test]
fn what_inotify_does_not_tell_the_poll_finds() {
    let stage = Stage::new();
    let root = stage.root.path().display().to_string();
    stage.write_config(&format!(
        "agent: a\ninbox_dir: {root}/inbox\n\
         drop_folder: {{path: {root}/drop, poll_fallback_seconds: 1}}\n"
    ));
    let collector = stage.start();
    // Of a folder that takes the place of the watched one, nothing is heard of its files.
    fs::create_dir(stage.at("other")).unwrap();
    fs::write(stage.at("other/a.json"), GOOD).unwrap();
    fs::rename(stage.at("drop"), stage.at("old")).unwrap();
    fs::rename(stage.at("other"), stage.at("drop")).unwrap();
    stage.wait_for_lines("dev", 1);
    collector.wait_for("the drop folder is another one now");
    stage.put("b.json", GOOD);
    stage.wait_for_lines("dev", 2);
}

#[test]
fn a_bad_file_becomes_a_dead_letter() {
    let stage = Stage::new();
    let collector = stage.start();
    stage.put("bad.json", "{}");
    wait_until("it is buried", || {
        stage.at("drop/.dead-letter/bad.json").exists()
    });
    let reason = fs::read_to_string(stage.at("drop/.dead-letter/bad.json.reason")).unwrap();
    assert!(reason.contains("missing field `recipient`"), "{reason}");
    let logged = collector.wait_for("a file is no event");
    assert_eq!(logged["file"], "bad.json");
    assert_eq!(collector.health()["errors"], 1);
}

/// As a user who is not root: nothing is read-only to root.
#[test]
fn a_folder_that_cannot_be_written_emits_nothing_until_it_can() {
    let stage = Stage::new();
    fs::create_dir(stage.at("drop")).unwrap();
    fs::create_dir(stage.at("inbox")).unwrap();
    stage.put("a.json", GOOD);
    stage.give_to_nobody();
    set_mode(&stage.at("drop"), 0o555);
    let collector = Collector::start(stage.command_of_nobody());
    let logged = collector.wait_for("it cannot be claimed");
    assert_eq!(logged["file"], "a.json");
    assert!(stage.lines("dev").is_empty());
    assert!(stage.at("drop/a.json").exists());
    set_mode(&stage.at("drop"), 0o755);
    stage.wait_for_lines("dev", 1);
    wait_until("it is gone", || !stage.at("drop/a.json").exists());
}

/// Whoever owns neither a file nor its folder may move things into a folder with the sticky bit, and
/// nothing out of it: here the collector, once it has claimed a file. Only root can set that up.
#[test]
fn a_file_that_cannot_be_removed_is_one_event_however_often_it_is_looked_at() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let stage = Stage::new();
    for folder in ["drop", "inbox", "drop/.claimed"] {
        fs::create_dir(stage.at(folder)).unwrap();
    }
    let root = stage.root.path().display().to_string();
    stage.write_config(&format!(
        "agent: a\ninbox_dir: {root}/inbox\n\
         drop_folder: {{path: {root}/drop, poll_fallback_seconds: 1}}\n"
    ));
    stage.give_to_nobody();
    std::os::unix::fs::chown(stage.at("drop/.claimed"), Some(0), Some(0)).unwrap();
    set_mode(&stage.at("drop/.claimed"), 0o1777);
    stage.put("a.json", GOOD);
    stage.put("bad.json", "{}");
    let mut collector = Collector::start(stage.command_of_nobody());
    let logged = collector.wait_for("a file whose event is written stays");
    assert_eq!(logged["file"], "a.json");
    collector.wait_for_nth("it cannot be put aside", 2);
    assert_eq!(stage.lines("dev").len(), 1);
    // Another one of its name waits for it.
    stage.put("a.json", GOOD);
    collector.kill();

    let collector = Collector::start(stage.command_of_nobody());
    collector.wait_for("a file whose event is written stays");
    collector.wait_for_nth("it cannot be put aside", 2);
    assert_eq!(stage.lines("dev").len(), 1);
    assert_eq!(fs::read_dir(stage.at("drop/.claimed")).unwrap().count(), 2);

    set_mode(&stage.at("drop/.claimed"), 0o777);
    stage.wait_for_lines("dev", 2);
    wait_until("all is gone", || {
        fs::read_dir(stage.at("drop/.claimed")).unwrap().count() == 0
    });
    assert!(stage.at("drop/.dead-letter/bad.json").exists());
    assert_eq!(stage.lines("dev").len(), 2);
}
