mod clock;

use std::collections::HashSet;
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::symlink;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use shared::hooks::{Agent, Recipient, Routes};
use tempfile::TempDir;

use super::sweep::Around;
use super::*;
use crate::counts::Counts;
use crate::inbox::Inbox;
use crate::live::Settings;

struct Stage {
    root: TempDir,
    folder: DropFolder,
    settings: Settings,
    counts: Counts,
    stop: AtomicBool,
}

const GOOD: &str = r#"{"recipient":"dev","type":"INFO","payload":"hello"}"#;

fn stage() -> Stage {
    let root = tempfile::tempdir().unwrap();
    let inbox = Inbox::new(root.path().join("inbox"), false);
    inbox.create().unwrap();
    Stage {
        folder: DropFolder::open(&root.path().join("drop")).unwrap(),
        settings: Settings {
            agent: Agent::parse("watcher").unwrap(),
            inbox: Arc::new(inbox),
            routes: Routes::default(),
            poll: Duration::from_secs(30),
            clock: crate::clock::system,
        },
        counts: Counts::default(),
        stop: AtomicBool::new(false),
        root,
    }
}

impl Stage {
    fn put(&self, name: &str, text: &str) {
        fs::write(self.root.path().join("drop").join(name), text).unwrap();
    }

    fn sweep(&mut self) -> Option<Instant> {
        let around = Around {
            settings: &self.settings,
            counts: &self.counts,
            stop: &self.stop,
        };
        self.folder.sweep(&around).unwrap()
    }

    /// Sweeps, and sweeps again when that is asked for, until nothing is left to do.
    fn sweep_all(&mut self) {
        while let Some(next) = self.sweep() {
            std::thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }

    fn inbox(&self, of: &str) -> Vec<serde_json::Value> {
        let path = self.settings.inbox.path(&Recipient::parse(of).unwrap());
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// The names in a folder below the drop folder.
    fn names(&self, below: &str) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.root.path().join("drop").join(below)) else {
            return Vec::new();
        };
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    fn restart(&mut self) {
        let dir = self.folder.path().to_owned();
        // Locks are the handle's: the old one goes first.
        self.folder.handle.unlock().unwrap();
        self.folder = DropFolder::open(&dir).unwrap();
    }

    fn counted(&self) -> serde_json::Value {
        serde_json::from_str(&self.counts.to_json()).unwrap()
    }
}

#[test]
fn a_file_becomes_a_line_and_is_gone() {
    let mut stage = stage();
    stage.put("b.json", GOOD);
    stage.put("a.json", r#"{"recipient":"dev","type":"ACK-REQUEST","priority":"urgent","payload":"é","sentinel":"s"}"#);
    assert_eq!(stage.sweep(), None);
    let lines = stage.inbox("dev");
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0]["source"], "drop-folder:a.json");
    assert_eq!(lines[0]["sentinel"], "s");
    assert_eq!(lines[0]["from"], "watcher");
    assert_eq!(lines[1]["source"], "drop-folder:b.json");
    assert_ne!(lines[0]["id"], lines[1]["id"]);
    assert_eq!(stage.names(""), [".claimed"]);
    assert_eq!(stage.names(".claimed"), [""; 0]);
    let counted = stage.counted();
    assert_eq!(
        (
            counted["received"].as_u64(),
            counted["emitted"].as_u64(),
            counted["errors"].as_u64()
        ),
        (Some(2), Some(2), Some(0))
    );
}

#[test]
fn files_of_other_names_are_left_alone() {
    let mut stage = stage();
    for name in ["a.txt", ".a.json", "a.json.tmp", "a.JSON", ".json", "json"] {
        stage.put(name, GOOD);
    }
    fs::create_dir(stage.root.path().join("drop/folder.json")).unwrap();
    assert_eq!(stage.sweep(), None);
    assert_eq!(stage.names("").len(), 7);
    assert!(stage.inbox("dev").is_empty());
}

#[test]
fn what_is_no_event_becomes_a_dead_letter_with_its_reason() {
    let mut stage = stage();
    stage.put(
        "bad.json",
        r#"{"recipient":"dev","type":"INFO","payload":"p","x":1}"#,
    );
    stage.put("good.json", GOOD);
    stage.sweep_all();
    assert_eq!(stage.names(".dead-letter"), ["bad.json", "bad.json.reason"]);
    let dead = stage.root.path().join("drop/.dead-letter");
    let reason = fs::read_to_string(dead.join("bad.json.reason")).unwrap();
    assert!(reason.starts_with("unknown field `x`"), "{reason}");
    assert_eq!(stage.inbox("dev").len(), 1);
    assert_eq!(stage.names(".claimed"), [""; 0]);
}

#[test]
fn links_pipes_and_what_is_too_long_are_dead_letters_and_nothing_is_read_through_them() {
    let mut stage = stage();
    let drop = stage.root.path().join("drop");
    fs::write(stage.root.path().join("secret"), GOOD).unwrap();
    symlink(stage.root.path().join("secret"), drop.join("link.json")).unwrap();
    rustix::fs::mknodat(
        rustix::fs::CWD,
        drop.join("pipe.json"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RWXU,
        0,
    )
    .unwrap();
    stage.put("long.json", &" ".repeat(shared::hooks::MAX_BODY_BYTES + 1));
    assert_eq!(stage.sweep(), None);
    assert_eq!(
        stage.names(".dead-letter"),
        [
            "link.json",
            "link.json.reason",
            "long.json",
            "long.json.reason",
            "pipe.json",
            "pipe.json.reason"
        ]
    );
    assert!(stage.inbox("dev").is_empty());
}

#[test]
fn a_file_that_is_still_being_written_is_waited_for() {
    let mut stage = stage();
    let (half, rest) = GOOD.split_at(20);
    stage.put("slow.json", half);
    let next = stage.sweep().unwrap();
    assert!(next > Instant::now());
    assert_eq!(stage.names(".dead-letter"), [""; 0]);
    std::thread::sleep(SETTLED / 2);
    let mut file = fs::OpenOptions::new()
        .append(true)
        .open(stage.root.path().join("drop/slow.json"))
        .unwrap();
    // Half of the rest: it has changed, so that the wait begins anew.
    file.write_all(&rest.as_bytes()[..5]).unwrap();
    std::thread::sleep(SETTLED / 2 + Duration::from_millis(100));
    assert!(stage.sweep().is_some());
    assert_eq!(stage.names(".dead-letter"), [""; 0]);
    file.write_all(&rest.as_bytes()[5..]).unwrap();
    assert_eq!(stage.sweep(), None);
    assert_eq!(stage.inbox("dev").len(), 1);
}

#[test]
fn a_name_that_is_no_text_is_a_name() {
    let mut stage = stage();
    let name = OsString::from_vec(b"\xff\xfe.json".to_vec());
    fs::write(stage.root.path().join("drop").join(name), GOOD).unwrap();
    assert_eq!(stage.sweep(), None);
    assert_eq!(
        stage.inbox("dev")[0]["source"],
        "drop-folder:\u{fffd}\u{fffd}.json"
    );
}

#[test]
fn what_is_not_emitted_goes_back_and_is_tried_again() {
    let mut stage = stage();
    let dev = stage.settings.inbox.path(&Recipient::parse("dev").unwrap());
    fs::create_dir(&dev).unwrap();
    stage.put("a.json", GOOD);
    stage.put("b.json", &GOOD.replace("dev", "ops"));
    assert!(stage.sweep().is_some());
    // Whoever else is written to has nothing to do with it.
    assert_eq!(stage.inbox("ops").len(), 1);
    assert_eq!(stage.names(""), [".claimed", "a.json"]);
    fs::remove_dir(&dev).unwrap();
    // Not at once: what fails is not tried without a pause.
    stage.sweep();
    assert!(stage.inbox("dev").is_empty());
    stage.sweep_all();
    assert_eq!(stage.inbox("dev").len(), 1);
    let counted = stage.counted();
    assert_eq!(counted["received"], 2);
    assert_eq!(counted["errors"], 1);
}

/// What a kill leaves between two steps: the file claimed, its line written or not.
#[test]
fn what_a_killed_collector_left_is_emitted_once() {
    let mut stage = stage();
    let drop = stage.root.path().join("drop");
    for name in ["written.json", "unwritten.json"] {
        stage.put(name, GOOD);
    }
    stage.put("next.json", GOOD);
    fs::create_dir(drop.join(".claimed")).unwrap();
    for name in ["written.json", "unwritten.json"] {
        fs::rename(drop.join(name), drop.join(".claimed").join(name)).unwrap();
    }
    let claimed = file::Claimed {
        name: "written.json".into(),
        path: drop.join(".claimed/written.json"),
    };
    let draft = shared::hooks::drop_file::parse("written.json", GOOD.as_bytes()).unwrap();
    let ts = (stage.settings.clock)();
    let event = draft.stamped(&stage.settings.agent, claimed.id().unwrap(), ts);
    let to = event.draft.to.clone();
    stage
        .settings
        .inbox
        .append(&to, event.line().as_bytes())
        .unwrap();

    stage.restart();
    assert_eq!(stage.sweep(), None);
    let mut sources: Vec<_> = stage
        .inbox("dev")
        .iter()
        .map(|line| line["source"].to_string())
        .collect();
    sources.sort();
    assert_eq!(
        sources,
        [
            "\"drop-folder:next.json\"",
            "\"drop-folder:unwritten.json\"",
            "\"drop-folder:written.json\""
        ]
    );
    assert_eq!(stage.names(".claimed"), [""; 0]);
}

/// A kill between the append and the removal, with nothing else under way.
#[test]
fn what_was_written_before_a_kill_is_only_removed() {
    let mut stage = stage();
    stage.put("a.json", GOOD);
    let drop = stage.root.path().join("drop");
    fs::create_dir(drop.join(".claimed")).unwrap();
    let path = drop.join(".claimed/a.json");
    fs::rename(drop.join("a.json"), &path).unwrap();
    let name = "a.json".into();
    let id = file::Claimed { name, path }.id().unwrap();
    let draft = shared::hooks::drop_file::parse("a.json", GOOD.as_bytes()).unwrap();
    let event = draft.stamped(&stage.settings.agent, id, (stage.settings.clock)());
    let inbox = &stage.settings.inbox;
    inbox
        .append(&event.draft.to, event.line().as_bytes())
        .unwrap();
    stage.restart();
    assert_eq!(stage.sweep(), None);
    assert_eq!(stage.inbox("dev").len(), 1);
    assert_eq!(stage.names(".claimed"), [""; 0]);
    assert_eq!(stage.counted()["emitted"], 0);
}

#[test]
fn the_same_file_dropped_twice_is_two_events() {
    let mut stage = stage();
    for _ in 0..20 {
        stage.put("a.json", GOOD);
        assert_eq!(stage.sweep(), None);
    }
    let ids: HashSet<_> = stage
        .inbox("dev")
        .iter()
        .map(|line| line["id"].to_string())
        .collect();
    assert_eq!(ids.len(), 20);
}

#[test]
fn a_second_collector_is_refused_the_folder() {
    let stage = stage();
    let second = DropFolder::open(stage.folder.path());
    assert!(matches!(second, Err(OpenError::Taken(_))));
}

#[test]
fn a_folder_that_is_replaced_is_taken_anew() {
    let mut stage = stage();
    assert!(!stage.folder.reopen_if_replaced().unwrap());
    let drop = stage.root.path().join("drop");
    fs::rename(&drop, stage.root.path().join("old")).unwrap();
    assert!(stage.folder.reopen_if_replaced().unwrap());
    stage.put("a.json", GOOD);
    assert_eq!(stage.sweep(), None);
    assert_eq!(stage.inbox("dev").len(), 1);
}

#[test]
fn a_stop_ends_a_sweep_and_loses_nothing() {
    let mut stage = stage();
    stage.put("a.json", GOOD);
    stage.stop = AtomicBool::new(true);
    stage.sweep();
    assert_eq!(
        stage
            .names("")
            .iter()
            .filter(|name| *name == "a.json")
            .count(),
        1
    );
}
