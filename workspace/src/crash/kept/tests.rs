use std::fs::File;

use super::*;

const HOUR: Duration = Duration::from_hours(1);
const KEPT: Kept = Kept {
    reports: 10,
    bytes: 1_000_000,
    ttl: Duration::from_hours(10),
};

/// Reports of 100 bytes and a record of 10, one an hour, the last just now; and the time.
fn reports(count: u32) -> (tempfile::TempDir, SystemTime) {
    let data = tempfile::tempdir().unwrap();
    let place = directory(data.path());
    fs::create_dir(&place).unwrap();
    let now = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * 365 * 50);
    for nth in 0..count {
        for (ending, bytes) in [("tar", 100), ("json", 10)] {
            let path = place.join(format!("crash-a-b-issue-{nth}-x.{ending}"));
            fs::write(&path, vec![0; bytes]).unwrap();
            touch(&path, now - HOUR * (count - 1 - nth));
        }
    }
    (data, now)
}

fn touch(path: &Path, at: SystemTime) {
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(at).unwrap();
}

fn names(data: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory(data)).unwrap();
    let name = |entry: io::Result<DirEntry>| entry.unwrap().file_name().into_string().unwrap();
    let mut names: Vec<_> = entries.map(name).collect();
    names.sort();
    names
}

fn left(data: &Path) -> String {
    let tars = names(data)
        .into_iter()
        .filter(|name| name.split('.').next_back() == Some("tar"));
    let numbers = tars.map(|name| name.split('-').nth(4).unwrap().to_owned());
    numbers.collect::<Vec<_>>().join(" ")
}

#[test]
fn the_newest_stay_within_each_limit() {
    for (kept, swept, expected) in [
        (KEPT, (0, 0), "0 1 2 3"),
        (Kept { reports: 3, ..KEPT }, (0, 1), "1 2 3"),
        (
            Kept {
                bytes: 110 * 2,
                ..KEPT
            },
            (0, 2),
            "2 3",
        ),
        (
            Kept {
                bytes: 110 * 2 - 1,
                ..KEPT
            },
            (0, 3),
            "3",
        ),
        (
            Kept {
                ttl: HOUR * 3,
                ..KEPT
            },
            (1, 0),
            "1 2 3",
        ),
        (
            Kept {
                ttl: HOUR * 2,
                reports: 1,
                ..KEPT
            },
            (2, 1),
            "3",
        ),
        (Kept { reports: 0, ..KEPT }, (0, 4), ""),
    ] {
        let (data, now) = reports(4);
        let done = sweep(data.path(), &kept, now).unwrap();
        assert_eq!((done.expired, done.displaced), swept, "{kept:?}");
        assert_eq!(left(data.path()), expected, "{kept:?}");
        assert_eq!(
            names(data.path()).len(),
            expected.split_whitespace().count() * 2
        );
        assert_eq!(sweep(data.path(), &kept, now).unwrap(), Swept::default());
    }
}

#[test]
fn what_a_crash_left_is_swept_and_what_others_put_there_is_not() {
    let (data, now) = reports(1);
    let place = directory(data.path());
    let draft = place.join(".crash-a-b-issue-9-x.tar.17-0.draft");
    fs::write(&draft, "half").unwrap();
    touch(&draft, now - KEPT.ttl);
    for theirs in ["notes.txt", "crash-mine.zip", "holiday.tar"] {
        fs::write(place.join(theirs), "").unwrap();
        touch(&place.join(theirs), now - KEPT.ttl * 2);
    }
    fs::create_dir(place.join("crash-dir.tar")).unwrap();
    let nothing = Kept { reports: 0, ..KEPT };
    let done = sweep(data.path(), &nothing, now).unwrap();
    assert_eq!((done.expired, done.displaced), (1, 1));
    assert_eq!(
        names(data.path()),
        [
            "crash-dir.tar",
            "crash-mine.zip",
            "holiday.tar",
            "notes.txt"
        ]
    );
}

#[test]
fn where_nothing_ever_failed_there_is_nothing_to_sweep() {
    let data = tempfile::tempdir().unwrap();
    let done = sweep(data.path(), &KEPT, SystemTime::now()).unwrap();
    assert_eq!(done, Swept::default());
}
