use std::collections::HashSet;
use std::fs;
use std::io::Write as _;

use shared::hooks::{Agent, Draft, EventId, Kind, Priority};
use tempfile::TempDir;

use super::*;

struct Stage {
    folder: TempDir,
    inbox: Inbox,
    dev: Recipient,
}

fn stage() -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let inbox = Inbox::new(folder.path().join("inbox"), false);
    inbox.create().unwrap();
    let dev = Recipient::parse("dev").unwrap();
    Stage { folder, inbox, dev }
}

impl Stage {
    fn text(&self) -> String {
        fs::read_to_string(self.inbox.path(&self.dev)).unwrap()
    }

    fn torn(&self) -> String {
        fs::read_to_string(self.folder.path().join("inbox/dev.inbox.torn")).unwrap_or_default()
    }

    fn begin_with(&self, text: &str) {
        fs::write(self.inbox.path(&self.dev), text).unwrap();
    }

    fn append(&self, line: &str) -> Result<(), AppendError> {
        self.inbox.append(&self.dev, line.as_bytes())
    }
}

#[test]
fn lines_are_appended_to_a_file_that_only_its_owner_reads() {
    let stage = stage();
    stage.append("{\"a\":1}\n").unwrap();
    stage.append("{\"a\":2}\n{\"a\":3}\n").unwrap();
    assert_eq!(stage.text(), "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n");
    let file = fs::metadata(stage.inbox.path(&stage.dev)).unwrap();
    assert_eq!(file.mode() & 0o777, 0o600);
    let folder = fs::metadata(stage.folder.path().join("inbox")).unwrap();
    assert_eq!(folder.mode() & 0o777, 0o700);
}

#[test]
fn an_unfinished_line_is_put_aside_before_the_next() {
    let stage = stage();
    stage.begin_with("{\"a\":1}\n{\"a\":\"hal");
    stage.append("{\"a\":2}\n").unwrap();
    assert_eq!(stage.text(), "{\"a\":1}\n{\"a\":2}\n");
    assert_eq!(stage.torn(), "{\"a\":\"hal\n");
}

#[test]
fn an_inbox_that_is_only_an_unfinished_line_is_mended() {
    let stage = stage();
    stage.begin_with("{\"a\":");
    stage.append("{\"a\":2}\n").unwrap();
    assert_eq!(stage.text(), "{\"a\":2}\n");
    assert_eq!(stage.torn(), "{\"a\":\n");
}

#[test]
fn a_whole_line_that_lacks_its_break_gets_it() {
    let stage = stage();
    stage.begin_with("{\"a\":1}");
    stage.append("{\"a\":2}\n").unwrap();
    assert_eq!(stage.text(), "{\"a\":1}\n{\"a\":2}\n");
    assert_eq!(stage.torn(), "");
}

#[test]
fn a_writer_that_is_about_to_finish_its_line_is_waited_for() {
    let stage = stage();
    stage.begin_with("{\"a\":");
    let path = stage.inbox.path(&stage.dev);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            sleep(Duration::from_millis(6));
            let mut file = OpenOptions::new().append(true).open(path).unwrap();
            file.write_all(b"1}\n").unwrap();
        });
        stage.append("{\"a\":2}\n").unwrap();
    });
    // Had the writer come too late, its end would stand alone; it would not be lost either way.
    let all = stage.text() + &stage.torn();
    for part in ["{\"a\":", "1}\n", "{\"a\":2}\n"] {
        assert!(all.contains(part), "{all}");
    }
}

#[test]
fn an_inbox_that_was_taken_away_is_begun_anew() {
    let stage = stage();
    stage.append("{\"a\":1}\n").unwrap();
    let path = stage.inbox.path(&stage.dev);
    let taken = stage.folder.path().join("taken");
    let holder = OpenOptions::new().append(true).open(&path).unwrap();
    holder.lock().unwrap();
    std::thread::scope(|scope| {
        let appending = scope.spawn(|| stage.append("{\"a\":2}\n"));
        sleep(Duration::from_millis(20));
        fs::rename(&path, &taken).unwrap();
        drop(holder);
        appending.join().unwrap().unwrap();
    });
    assert_eq!(fs::read_to_string(taken).unwrap(), "{\"a\":1}\n");
    assert_eq!(stage.text(), "{\"a\":2}\n");
}

#[test]
fn whoever_keeps_the_lock_does_not_keep_us() {
    let stage = stage();
    stage.append("{\"a\":1}\n").unwrap();
    let holder = File::open(stage.inbox.path(&stage.dev)).unwrap();
    holder.lock().unwrap();
    let refused = stage.append("{\"a\":2}\n").unwrap_err();
    assert!(matches!(refused, AppendError::Locked(_)), "{refused}");
    assert_eq!(stage.text(), "{\"a\":1}\n");
}

#[test]
fn what_is_no_file_is_refused() {
    let stage = stage();
    fs::create_dir(stage.inbox.path(&stage.dev)).unwrap();
    assert!(matches!(
        stage.append("{}\n").unwrap_err(),
        AppendError::Unopened { .. }
    ));
    std::os::unix::fs::symlink("/dev/null", stage.folder.path().join("inbox/ops.inbox")).unwrap();
    let ops = Recipient::parse("ops").unwrap();
    let refused = stage.inbox.append(&ops, b"{}\n").unwrap_err();
    assert!(matches!(refused, AppendError::NoFile(_)), "{refused}");
}

#[test]
fn a_hundred_writers_tear_and_lose_nothing() {
    let stage = stage();
    let (writers, each) = (100, 20);
    std::thread::scope(|scope| {
        for writer in 0..writers {
            let stage = &stage;
            scope.spawn(move || {
                let filler = "x".repeat(writer * 97);
                for line in 0..each {
                    let line = format!("{{\"w\":{writer},\"n\":{line},\"f\":\"{filler}\"}}\n");
                    match writer % 4 {
                        // One in four does not lock.
                        0 => {
                            let path = stage.inbox.path(&stage.dev);
                            let mut options = OpenOptions::new();
                            let mut file = options.append(true).create(true).open(path).unwrap();
                            assert_eq!(file.write(line.as_bytes()).unwrap(), line.len());
                        }
                        _ => stage.append(&line).unwrap(),
                    }
                }
            });
        }
    });
    let mut seen = HashSet::new();
    for line in stage.text().lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let of = (value["w"].as_u64().unwrap(), value["n"].as_u64().unwrap());
        assert!(seen.insert(of), "{of:?} is there twice");
    }
    assert_eq!(seen.len(), writers * each);
}

#[test]
fn ids_are_found_in_the_lines_that_have_them() {
    let stage = stage();
    let id = |byte| EventId::of([byte; 16]);
    let event = |byte, payload: &str| {
        let draft = Draft {
            to: stage.dev.clone(),
            kind: Kind::Info,
            priority: Priority::Normal,
            payload: payload.to_owned(),
            sentinel: None,
            source: None,
        };
        let ts = jiff::Timestamp::UNIX_EPOCH;
        draft.stamped(&Agent::parse("a").unwrap(), id(byte), ts)
    };
    let asked = HashSet::from([id(1), id(2), id(3)]);
    assert!(stage.inbox.holds(&stage.dev, &asked).unwrap().is_empty());
    stage.append(&event(1, "one").line()).unwrap();
    // An id that is only spoken of is not there.
    let spoken = format!("\",\"id\":\"{}", id(2).as_str());
    stage.append(&event(4, &spoken).line()).unwrap();
    stage.append("not ours\n{}\n").unwrap();
    stage.append(&event(3, "three").line()).unwrap();
    let found = stage.inbox.holds(&stage.dev, &asked).unwrap();
    assert_eq!(found, HashSet::from([id(1), id(3)]));
    // One that a killed writer left unfinished is put aside by the next: it is not there.
    let cut = event(2, "two").line();
    let path = stage.inbox.path(&stage.dev);
    let mut file = OpenOptions::new().append(true).open(path).unwrap();
    file.write_all(&cut.as_bytes()[..cut.len() - 9]).unwrap();
    let found = stage.inbox.holds(&stage.dev, &asked).unwrap();
    assert_eq!(found, HashSet::from([id(1), id(3)]));
    // One that lacks its line break only gets it.
    file.write_all(&cut.as_bytes()[cut.len() - 9..cut.len() - 1])
        .unwrap();
    assert_eq!(stage.inbox.holds(&stage.dev, &asked).unwrap(), asked);
    stage.append("{}\n").unwrap();
    assert_eq!(stage.inbox.holds(&stage.dev, &asked).unwrap(), asked);
}
