use std::cell::RefCell;

use proptest::prelude::*;

use super::*;
use crate::id::JobId;

/// A log in memory.
#[derive(Default)]
struct Memory(RefCell<Vec<Entry>>);

impl Store for Memory {
    fn head(&self) -> Result<Head, String> {
        Ok(self.0.borrow().last().map(Entry::head).unwrap_or_default())
    }

    fn has(&self, key: &str) -> Result<bool, String> {
        Ok(self.0.borrow().iter().any(|entry| entry.key == key))
    }

    fn append(&self, entry: &Entry) -> Result<(), String> {
        self.0.borrow_mut().push(entry.clone());
        Ok(())
    }

    fn page(&self, after: u64, limit: u32) -> Result<Vec<Entry>, String> {
        let entries = self.0.borrow();
        let rest = entries.iter().filter(|entry| entry.number > after);
        Ok(rest.take(limit as usize).cloned().collect())
    }

    fn find(&self, beginning: &str, limit: u32) -> Result<Vec<Entry>, String> {
        let entries = self.0.borrow();
        let found = entries.iter().filter(|it| it.key.starts_with(beginning));
        Ok(found.take(limit as usize).cloned().collect())
    }
}

fn at(secs: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_700_000_000 + secs).unwrap()
}

fn approved(job: &str, by: &str) -> Record {
    let fact = Fact::Approved {
        job: JobId::new(job),
        by: UserId::new(by),
    };
    Record::of_job(&JobId::new(job), "approved", fact)
}

fn log_of(records: u32) -> Vec<Entry> {
    let log = Memory::default();
    for nth in 0..records {
        let records = vec![approved(&nth.to_string(), "42")];
        answer(&log, Request::Append { records }, at(i64::from(nth))).unwrap();
    }
    log.0.into_inner()
}

fn head_of(log: &[Entry]) -> Option<Head> {
    log.last().map(Entry::head)
}

#[test]
fn a_log_that_nobody_touched_verifies() {
    let log = log_of(5);
    assert_eq!(verify(&log, head_of(&log)), Ok(head_of(&log).unwrap()));
    // A head that was noted down earlier is still on the way.
    assert!(verify(&log, Some(log[2].head())).is_ok());
    assert_eq!(verify([], None), Ok(Head::default()));
}

#[test]
fn an_entry_that_was_changed_is_noticed() {
    let changes: [fn(&mut Entry); 3] = [
        |entry| entry.fact["by"] = "boss".into(),
        |entry| entry.at = at(999),
        |entry| entry.key = "1/refused".to_owned(),
    ];
    for change in changes {
        let mut log = log_of(5);
        change(&mut log[1]);
        assert_eq!(verify(&log, None), Err(Broken::Content { number: 2 }));
    }
}

#[test]
fn an_entry_that_was_changed_and_hashed_anew_breaks_the_next_one() {
    let mut log = log_of(5);
    log[1].fact["by"] = "boss".into();
    log[1].hash = log[1].computed_hash();
    assert_eq!(verify(&log, None), Err(Broken::Link { number: 3 }));
}

#[test]
fn an_entry_that_was_removed_is_noticed() {
    let mut log = log_of(5);
    log.remove(2);
    let gap = Broken::Order {
        expected: 3,
        found: 4,
    };
    assert_eq!(verify(&log, None), Err(gap));
    // Numbered anew, the chain is broken instead.
    log[2].number = 3;
    log[2].hash = log[2].computed_hash();
    assert_eq!(verify(&log, None), Err(Broken::Link { number: 3 }));
    log.remove(0);
    assert!(verify(&log, None).is_err());
}

#[test]
fn entries_in_another_order_are_noticed() {
    let mut log = log_of(5);
    log.swap(1, 3);
    assert!(matches!(verify(&log, None), Err(Broken::Order { .. })));
}

#[test]
fn an_entry_that_was_inserted_is_noticed() {
    let mut log = log_of(5);
    let inserted = Entry::after(&log[1].head(), approved("9", "boss"), at(1));
    log.insert(2, inserted);
    let doubled = Broken::Order {
        expected: 4,
        found: 3,
    };
    assert_eq!(verify(&log, None), Err(doubled));
}

#[test]
fn an_end_that_was_cut_off_is_noticed_against_a_known_head() {
    let mut log = log_of(5);
    let known = head_of(&log);
    log.truncate(3);
    assert!(verify(&log, None).is_ok(), "the rest is whole in itself");
    assert_eq!(
        verify(&log, known.clone()),
        Err(Broken::Truncated { end: 3, known: 5 })
    );
    assert_eq!(
        verify([], known),
        Err(Broken::Truncated { end: 0, known: 5 })
    );
}

#[test]
fn a_log_that_was_written_anew_is_noticed_against_a_known_head() {
    let known = head_of(&log_of(3));
    let forged = Memory::default();
    let records = (0..5).map(|nth| approved(&nth.to_string(), "boss"));
    let request = Request::Append {
        records: records.collect(),
    };
    answer(&forged, request, at(0)).unwrap();
    let forged = forged.0.into_inner();
    assert!(verify(&forged, None).is_ok());
    assert_eq!(verify(&forged, known), Err(Broken::Replaced { number: 3 }));
}

#[test]
fn a_record_that_comes_again_adds_nothing() {
    let log = Memory::default();
    let request = |by| Request::Append {
        records: vec![approved("1", by), approved("2", by)],
    };
    let first = answer(&log, request("42"), at(0)).unwrap();
    let Response::Appended { new: 2, head } = first else {
        panic!("{first:?}")
    };
    let again = answer(&log, request("other"), at(9)).unwrap();
    assert_eq!(again, Response::Appended { new: 0, head });
    // Half of it is new.
    let more = Request::Append {
        records: vec![approved("2", "42"), approved("3", "42")],
    };
    let more = answer(&log, more, at(9)).unwrap();
    assert!(
        matches!(more, Response::Appended { new: 1, .. }),
        "{more:?}"
    );
    assert!(verify(log.0.borrow().iter(), None).is_ok());
}

#[test]
fn a_key_without_bounds_is_refused() {
    for key in [String::new(), "k".repeat(Record::MAX_KEY_BYTES + 1)] {
        let log = Memory::default();
        let record = Record {
            key,
            ..approved("1", "42")
        };
        let request = Request::Append {
            records: vec![approved("0", "42"), record],
        };
        let refused = answer(&log, request, at(0)).unwrap();
        assert!(matches!(refused, Response::Refused { .. }), "{refused:?}");
        assert!(log.0.borrow().is_empty(), "nothing of it was appended");
    }
}

#[test]
fn an_export_is_read_page_by_page_and_back() {
    let log = Memory(RefCell::new(log_of(5)));
    let mut text = String::new();
    let mut after = Some(0);
    let mut pages = 0;
    while let Some(from) = after {
        let request = Request::Export {
            after: from,
            limit: 2,
        };
        let Response::Page(page) = answer(&log, request, at(9)).unwrap() else {
            panic!("no page")
        };
        text += &page.to_lines();
        after = page.next_after();
        pages += 1;
    }
    assert_eq!(pages, 3);
    let entries: Vec<_> = parse_lines(&text).collect::<Result<_, _>>().unwrap();
    assert_eq!(entries, log.0.into_inner());
    let bad = parse_lines("\n{}\n").next().unwrap().unwrap_err();
    assert_eq!(bad.line, 2);
}

/// The bytes under a hash must never change: logs that exist would not verify any more.
#[test]
fn the_form_of_an_entry_is_pinned() {
    let entry = Entry::after(&Head::default(), approved("1001", "42"), at(0));
    insta::assert_snapshot!(serde_json::to_string(&entry).unwrap(), @r#"{"number":1,"at":"2023-11-14T22:13:20Z","key":"1001/approved","fact":{"by":"42","job":"1001","what":"approved"},"previous":"0000000000000000000000000000000000000000000000000000000000000000","hash":"1c4b35051f60001d8af5d0ea0c590c9460dcc766650819b481115fd241381019"}"#);
}

/// Whatever rewrites an export keeps its meaning: other orders of keys, other white space.
#[test]
fn the_order_of_keys_does_not_matter() {
    let entry = Entry::after(&Head::default(), approved("1001", "42"), at(0));
    let mut other = entry.clone();
    other.fact = serde_json::from_str(r#"{"what": "approved",  "job":"1001","by":"42"}"#).unwrap();
    assert_eq!(entry.computed_hash(), other.computed_hash());
}

#[test]
fn logs_of_servers_are_apart() {
    let name = |guild| LogName::of(&GuildId::new(guild));
    assert_ne!(name("1"), name("2"));
    assert_ne!(name(""), LogName::operator());
    assert_eq!(name("1").as_str(), "guild:1");
}

#[test]
fn money_is_whole() {
    assert_eq!(micro_usd(0.42), 420_000);
    assert_eq!(micro_usd(-1.0), 0);
    assert_eq!(micro_usd(f64::NAN), 0);
}

proptest! {
    /// Any change to any byte of an export is noticed, against a known head.
    #[test]
    fn no_byte_of_an_export_can_change_unseen(at in any::<prop::sample::Index>(), byte in any::<u8>()) {
        let log = log_of(4);
        let head = head_of(&log);
        let export = Export { entries: log.clone(), head: head.clone().unwrap() };
        let mut bytes = export.to_lines().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let Ok(text) = String::from_utf8(bytes) else { return Ok(()) };
        let Ok(read) = parse_lines(&text).collect::<Result<Vec<_>, _>>() else { return Ok(()) };
        // White space, and another spelling of the same time, mean the same.
        prop_assert!(read == log || verify(&read, head).is_err());
    }
}

#[test]
fn what_is_about_a_job_is_found_in_the_order_in_which_it_was_written() {
    let log = Memory::default();
    for (job, what) in [("1", "a"), ("12", "a"), ("1", "b"), ("2", "a")] {
        let fact = Fact::ApprovalExpired {
            job: JobId::new(job),
        };
        let records = vec![Record::of_job(&JobId::new(job), what, fact)];
        answer(&log, Request::Append { records }, at(0)).unwrap();
    }
    let found = |beginnings: &[&str]| {
        let beginnings = beginnings.iter().map(ToString::to_string).collect();
        match answer(&log, Request::Find { beginnings }, at(1)).unwrap() {
            Response::Found { entries } => entries.iter().map(|it| it.key.clone()).collect(),
            other => vec![format!("{other:?}")],
        }
    };
    assert_eq!(found(&["2/", "1/", "1/a"]), ["1/a", "1/b", "2/a"]);
    assert_eq!(found(&["3/"]), Vec::<String>::new());
}
