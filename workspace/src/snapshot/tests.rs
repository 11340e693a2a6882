use std::process::Command;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::*;

fn limits() -> Limits {
    Limits::default()
}

fn capture(files: impl IntoIterator<Item = (&'static str, &'static str)>) -> Capture {
    let file = |(path, text): (&str, &str)| {
        let path = FilePath::parse(path.as_bytes()).unwrap();
        (path, Box::from(text.as_bytes()))
    };
    Capture::from_parts(files.into_iter().map(file).collect(), Vec::new())
}

/// A tar that says what it likes.
fn tar(entries: &[(&[u8], EntryType, &[u8])]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for (name, kind, bytes) in entries {
        let mut header = Header::new_old();
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.set_entry_type(*kind);
        header.set_mode(0o777);
        header.set_size(bytes.len() as u64);
        header.set_cksum();
        tar.append(&header, *bytes).unwrap();
    }
    tar.into_inner().unwrap()
}

fn read_bytes(bytes: &[u8]) -> Result<Capture, BadSnapshot> {
    read(bytes, &limits())
}

#[test]
fn a_snapshot_holds_files_for_their_owner_and_nothing_else() {
    let long = "n".repeat(200);
    let path: &'static str = format!("deep/{long}/{long}").leak();
    let bytes = to_bytes(&capture([("b", "2"), ("a/x", "1"), (path, "3")]));
    let mut seen = Vec::new();
    for entry in Archive::new(bytes.as_slice()).entries().unwrap() {
        let entry = entry.unwrap();
        let header = entry.header();
        assert_eq!(header.entry_type(), EntryType::Regular);
        assert_eq!(header.mode().unwrap(), 0o600);
        assert_eq!((header.uid().unwrap(), header.mtime().unwrap()), (0, 0));
        seen.push(entry.path().unwrap().to_str().unwrap().to_owned());
    }
    assert_eq!(seen, ["a/x", "b", path]);
}

#[test]
fn tar_reads_what_we_write_and_we_read_what_tar_writes() {
    let place = tempfile::tempdir().unwrap();
    let original = capture([("a/b", "1"), ("c", "")]);
    std::fs::write(place.path().join("x.tar"), to_bytes(&original)).unwrap();
    let run = |words: &[&str]| {
        let done = Command::new("tar")
            .args(words)
            .current_dir(place.path())
            .output();
        let done = done.unwrap();
        assert!(done.status.success(), "{done:?}");
        done.stdout
    };
    std::fs::create_dir(place.path().join("out")).unwrap();
    run(&["xf", "x.tar", "-C", "out"]);
    let limits = limits();
    assert_eq!(
        Capture::of(&place.path().join("out"), &limits).unwrap(),
        original
    );
    for format in ["gnu", "pax", "ustar", "v7"] {
        let written = run(&["c", "-C", "out", "--format", format, "."]);
        assert_eq!(read_bytes(&written).unwrap(), original, "{format}");
    }
}

#[test]
fn a_path_that_leads_elsewhere_is_refused() {
    for name in [
        &b"../x"[..],
        b"/etc/x",
        b"a/../../x",
        b"a//x",
        b"",
        b"././../x",
    ] {
        let bytes = tar(&[
            (b"fine", EntryType::Regular, b"1"),
            (name, EntryType::Regular, b"2"),
        ]);
        let refused = read_bytes(&bytes);
        assert!(matches!(refused, Err(BadSnapshot::Path(_))), "{refused:?}");
    }
}

#[test]
fn what_is_no_file_is_refused() {
    for kind in [
        EntryType::Symlink,
        EntryType::Link,
        EntryType::Fifo,
        EntryType::Char,
        EntryType::Block,
        EntryType::GNUSparse,
        EntryType::new(b'Z'),
    ] {
        let refused = read_bytes(&tar(&[(b"x", kind, b"")]));
        assert!(refused.is_err(), "{kind:?}: {refused:?}");
    }
}

#[test]
fn what_is_there_twice_is_refused() {
    let regular = EntryType::Regular;
    let twice = tar(&[(b"x", regular, b"1"), (b"./x", regular, b"2")]);
    assert!(matches!(read_bytes(&twice), Err(BadSnapshot::Twice(_))));
    let below = tar(&[(b"x/y/z", regular, b"1"), (b"x", regular, b"2")]);
    assert!(matches!(read_bytes(&below), Err(BadSnapshot::Twice(_))));
    let beside = tar(&[(b"x", regular, b"1"), (b"x-/y", regular, b"2")]);
    assert_eq!(read_bytes(&beside).unwrap().len(), 2);
}

#[test]
fn limits_hold_for_what_is_read() {
    let regular = EntryType::Regular;
    let bytes = tar(&[(b"a", regular, b"12345"), (b"b", regular, b"12345")]);
    let with = |limits: Limits| read(bytes.as_slice(), &limits);
    let limits = limits();
    assert!(matches!(
        with(Limits {
            file_bytes: 4,
            ..limits
        }),
        Err(BadSnapshot::TooLarge(_))
    ));
    assert!(matches!(
        with(Limits { files: 1, ..limits }),
        Err(BadSnapshot::TooMuch(Exceeded::Files(1)))
    ));
    assert!(matches!(
        with(Limits {
            total_bytes: 9,
            ..limits
        }),
        Err(BadSnapshot::TooMuch(Exceeded::TotalBytes(9)))
    ));
    // A size that is only claimed costs nothing.
    let mut header = Header::new_gnu();
    header.set_path("huge").unwrap();
    header.set_size(u64::MAX / 2);
    header.set_cksum();
    let refused = read_bytes(header.as_bytes());
    assert!(
        matches!(refused, Err(BadSnapshot::TooLarge(_))),
        "{refused:?}"
    );
}

#[test]
fn half_a_tar_is_no_snapshot() {
    let whole = to_bytes(&capture([("a", "some text"), ("b", "more")]));
    for end in 0..=whole.len() - 1024 {
        let refused = read_bytes(&whole[..end]).unwrap_err();
        let is_between_files = [0, 1024, 2048].contains(&end);
        let is_no_end = matches!(refused, BadSnapshot::NoEnd);
        assert!(is_no_end || !is_between_files, "{end}: {refused:?}");
    }
    // One block of zeros is enough for everybody who reads tars.
    assert_eq!(read_bytes(&whole[..whole.len() - 512]).unwrap().len(), 2);
}

#[test]
fn what_is_not_in_a_tar_as_it_was_is_refused() {
    let place = tempfile::tempdir().unwrap();
    let file = std::fs::File::create(place.path().join("holes")).unwrap();
    file.set_len(500_000).unwrap();
    for format in ["gnu", "pax"] {
        let mut tar = Command::new("tar");
        tar.args(["c", "--sparse", "--format", format, "holes"]);
        let written = tar.current_dir(place.path()).output().unwrap();
        assert!(written.status.success(), "{written:?}");
        let refused = read_bytes(&written.stdout);
        let is_refused = matches!(refused, Err(BadSnapshot::NotAFile(_)));
        assert!(is_refused, "{format}: {refused:?}");
    }
}

#[test]
fn what_is_said_of_other_bytes_obeys_no_terminal() {
    for bytes in [
        &b"\x1b[31mred\x1b]0;title\x07\n".repeat(60)[..],
        &b"\xff\xfe\0\x07".repeat(500),
    ] {
        let said = read_bytes(bytes).unwrap_err().to_string();
        assert!(
            said.len() < 300 && !said.contains(char::is_control),
            "{said:?}"
        );
    }
}

fn path() -> impl Strategy<Value = FilePath> {
    let name = prop_oneof![
        vec(any::<u8>(), 1..8),
        "[a-c]{1,2}".prop_map(String::into_bytes),
        Just(vec![b'l'; 150]),
    ];
    vec(name, 1..4)
        .prop_map(|names| names.join(&b'/'))
        .prop_filter_map("a path", |bytes| FilePath::parse(&bytes).ok())
}

fn captures() -> impl Strategy<Value = Capture> {
    let files = btree_map(path(), vec(any::<u8>(), 0..700), 0..12);
    files.prop_map(|mut files| {
        // A file is no directory.
        let paths: Vec<_> = files.keys().map(|path| path.as_bytes().to_vec()).collect();
        files.retain(|path, _| {
            let mut inside = path.as_bytes().to_vec();
            inside.push(b'/');
            paths.iter().all(|other| !other.starts_with(&inside))
        });
        let files = files.into_iter();
        let boxed = files.map(|(path, bytes)| (path, bytes.into_boxed_slice()));
        Capture::from_parts(boxed.collect(), Vec::new())
    })
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(capture in captures()) {
        let bytes = to_bytes(&capture);
        prop_assert_eq!(read_bytes(&bytes).unwrap(), capture);
    }

    #[test]
    fn what_is_restored_is_what_is_captured_and_gives_the_same_bytes(capture in captures()) {
        let place = tempfile::tempdir().unwrap();
        let copy = place.path().join("copy");
        crate::restore::into(&capture, &copy).unwrap();
        let mut again = Capture::of(&copy, &limits()).unwrap();
        // The one name that a capture leaves out.
        let is_git = |path: &FilePath| path.names().next().is_some_and(|name| name == ".git");
        if capture.files().any(|(path, _)| is_git(path)) {
            again = capture.clone();
        }
        prop_assert_eq!(to_bytes(&again), to_bytes(&capture));
    }

    #[test]
    fn bytes_that_are_no_tar_do_no_harm(mut bytes in vec(any::<u8>(), 0..3000)) {
        let _ = read_bytes(&bytes);
        // With a header that says that it is one.
        let valid = to_bytes(&capture([("a", "text"), ("b/c", "more")]));
        for (at, byte) in bytes.iter_mut().enumerate() {
            if *byte > 10 && let Some(known) = valid.get(at) {
                *byte = *known;
            }
        }
        let _ = read_bytes(&bytes);
    }
}
