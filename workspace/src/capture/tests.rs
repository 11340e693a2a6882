use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

const SECRET: &[u8] = b"outside";

fn place() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

fn capture(root: &Path) -> Capture {
    Capture::of(root, &Limits::default()).unwrap()
}

fn names(capture: &Capture) -> Vec<String> {
    capture.files().map(|(path, _)| path.to_string()).collect()
}

fn skipped(capture: &Capture) -> Vec<(String, Why)> {
    let all = capture.skipped().iter();
    all.map(|it| (it.path.to_string(), it.why)).collect()
}

/// Does something over and over while `body` runs.
fn meanwhile<T>(mut again: impl FnMut() + Send, body: impl FnOnce() -> T) -> T {
    /// Also where `body` fails: the thread would go on for ever, and the test with it.
    struct Over<'a>(&'a AtomicBool);
    impl Drop for Over<'_> {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                again();
            }
        });
        let _over = Over(&is_over);
        body()
    })
}

#[test]
fn files_come_by_path_with_their_bytes() {
    let root = place();
    fs::create_dir_all(root.path().join("b/c")).unwrap();
    fs::create_dir(root.path().join("empty")).unwrap();
    fs::write(root.path().join("b/c/d"), "deep").unwrap();
    fs::write(root.path().join("b-"), "").unwrap();
    fs::write(root.path().join("a"), [0, 255]).unwrap();
    let capture = capture(root.path());
    assert_eq!(names(&capture), ["a", "b-", "b/c/d"]);
    assert_eq!((capture.len(), capture.bytes()), (3, 6));
    let path = FilePath::parse(b"a").unwrap();
    assert_eq!(capture.get(&path), Some(&[0, 255][..]));
    assert_eq!(capture.skipped(), []);
}

#[test]
fn any_bytes_may_be_a_name() {
    let root = place();
    let odd = [
        &b"\xff\xfe"[..],
        b"new\nline",
        b" ",
        b"-rf",
        b"\"'$(x)",
        b"...",
    ];
    for name in odd {
        fs::write(root.path().join(std::ffi::OsStr::from_bytes(name)), name).unwrap();
    }
    let capture = capture(root.path());
    assert_eq!(capture.len(), odd.len());
    for (path, bytes) in capture.files() {
        assert_eq!(path.as_bytes(), bytes);
    }
}

#[test]
fn the_roots_own_git_is_left_out_and_no_other() {
    for is_file in [true, false] {
        let root = place();
        let git = root.path().join(".git");
        if is_file {
            fs::write(&git, "gitdir: elsewhere").unwrap();
        } else {
            fs::create_dir(&git).unwrap();
            fs::write(git.join("config"), "token").unwrap();
        }
        fs::create_dir_all(root.path().join("vendored/.git")).unwrap();
        fs::write(root.path().join("vendored/.git/HEAD"), "x").unwrap();
        fs::write(root.path().join(".gitignore"), "").unwrap();
        let capture = capture(root.path());
        assert_eq!(names(&capture), [".gitignore", "vendored/.git/HEAD"]);
        assert_eq!(capture.skipped(), []);
    }
}

#[test]
fn no_link_is_followed_and_each_is_named() {
    let (root, outside) = (place(), place());
    fs::write(outside.path().join("secret"), SECRET).unwrap();
    symlink(outside.path().join("secret"), root.path().join("file")).unwrap();
    symlink(outside.path(), root.path().join("directory")).unwrap();
    symlink("..", root.path().join("up")).unwrap();
    symlink("loop", root.path().join("loop")).unwrap();
    let link = |name: &str| (name.to_owned(), Why::Link);
    let capture = capture(root.path());
    assert!(capture.is_empty());
    let all = ["directory", "file", "loop", "up"].map(link);
    assert_eq!(skipped(&capture), all);
}

#[test]
fn what_is_no_file_is_named_and_not_opened() {
    let root = place();
    let pipe = root.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.path().join("socket")).unwrap();
    let special = |name: &str| (name.to_owned(), Why::Special);
    assert_eq!(
        skipped(&capture(root.path())),
        ["pipe", "socket"].map(special)
    );
}

#[test]
fn a_file_of_a_mebibyte_is_taken_and_a_larger_one_is_named() {
    let root = place();
    fs::write(root.path().join("most"), vec![b'x'; 1024 * 1024]).unwrap();
    fs::write(root.path().join("more"), vec![b'x'; 1024 * 1024 + 1]).unwrap();
    let capture = capture(root.path());
    assert_eq!(names(&capture), ["most"]);
    assert_eq!(skipped(&capture), [("more".to_owned(), Why::TooLarge)]);
}

#[test]
fn too_much_is_an_error_and_not_half_a_tree() {
    let root = place();
    for name in 0..10 {
        fs::write(root.path().join(name.to_string()), "1234").unwrap();
    }
    let with = |files, total_bytes| {
        let limits = Limits {
            files,
            total_bytes,
            ..Limits::default()
        };
        Capture::of(root.path(), &limits)
    };
    assert_eq!(with(10, 40).unwrap().len(), 10);
    let refused = |result: Result<_, _>| match result {
        Err(CaptureFailed::TooMuch(exceeded)) => exceeded,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(with(9, 40)), Exceeded::Files(9));
    assert_eq!(refused(with(10, 39)), Exceeded::TotalBytes(39));
}

#[test]
fn what_is_too_deep_is_named() {
    let root = place();
    let limits = Limits {
        depth: 2,
        ..Limits::default()
    };
    fs::create_dir_all(root.path().join("1/2/3")).unwrap();
    fs::write(root.path().join("1/2/file"), "").unwrap();
    fs::write(root.path().join("1/2/3/file"), "").unwrap();
    let capture = Capture::of(root.path(), &limits).unwrap();
    assert_eq!(names(&capture), ["1/2/file"]);
    assert_eq!(skipped(&capture), [("1/2/3".to_owned(), Why::TooDeep)]);
}

#[test]
fn a_path_that_is_too_long_is_named_by_its_directory() {
    use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat};
    let root = place();
    // Longer than one call takes: name by name.
    let name = "d".repeat(250);
    let mut at = openat(CWD, root.path(), OFlags::RDONLY, Mode::empty()).unwrap();
    for _ in 0..20 {
        mkdirat(&at, &name, Mode::RWXU).unwrap();
        at = openat(&at, &name, OFlags::RDONLY, Mode::empty()).unwrap();
    }
    let capture = capture(root.path());
    let [only] = capture.skipped() else {
        panic!("{:?}", capture.skipped());
    };
    assert_eq!((only.path.names().count(), only.why), (16, Why::TooDeep));
}

#[test]
fn a_root_that_is_not_there_or_no_directory_is_an_error() {
    let root = place();
    fs::write(root.path().join("file"), "").unwrap();
    symlink(root.path(), root.path().join("link")).unwrap();
    for name in ["missing", "file"] {
        let failed = Capture::of(&root.path().join(name), &Limits::default());
        assert!(matches!(failed, Err(CaptureFailed::Root(_))), "{failed:?}");
    }
    // What people type may be a link.
    assert_eq!(capture(&root.path().join("link")).len(), 1);
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_there() {
    use std::os::unix::fs::PermissionsExt as _;
    if rustix::process::geteuid().is_root() {
        return;
    }
    let root = place();
    fs::write(root.path().join("open"), "").unwrap();
    fs::write(root.path().join("shut"), "").unwrap();
    fs::create_dir(root.path().join("shut-directory")).unwrap();
    for name in ["shut", "shut-directory"] {
        fs::set_permissions(root.path().join(name), fs::Permissions::from_mode(0o0)).unwrap();
    }
    let capture = capture(root.path());
    assert_eq!(names(&capture), ["open"]);
    let unreadable = |name: &str| (name.to_owned(), Why::Unreadable);
    assert_eq!(
        skipped(&capture),
        ["shut", "shut-directory"].map(unreadable)
    );
}

#[test]
fn a_directory_that_becomes_a_link_leads_nowhere() {
    let (root, outside) = (place(), place());
    fs::write(outside.path().join("file"), SECRET).unwrap();
    let (shown, hidden, link) = (
        root.path().join("shown"),
        outside.path().join("hidden"),
        outside.path().join("link"),
    );
    fs::create_dir(&shown).unwrap();
    fs::write(shown.join("file"), "inside").unwrap();
    symlink(outside.path(), &link).unwrap();
    let mut is_link = false;
    let swap = || {
        if is_link {
            let _ = fs::rename(&shown, &link);
            let _ = fs::rename(&hidden, &shown);
        } else {
            let _ = fs::rename(&shown, &hidden);
            let _ = fs::rename(&link, &shown);
        }
        is_link = !is_link;
    };
    meanwhile(swap, || {
        for _ in 0..1000 {
            let capture = capture(root.path());
            assert!(capture.files().all(|(_, bytes)| bytes == b"inside"));
        }
    });
}

#[test]
fn what_is_in_a_capture_was_in_the_file_at_one_time() {
    let root = place();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let mut byte = 0_u8;
    let change = || {
        byte = byte.wrapping_add(1);
        // In place, so that a reader can see the half of it. Emptied first: of a write that had begun
        // before the first look, and stands still, no look can tell.
        let open = fs::OpenOptions::new()
            .write(true)
            .truncate(true)
            .open(&file);
        std::io::Write::write_all(&mut open.unwrap(), &vec![byte; 100_000]).unwrap();
        std::thread::sleep(std::time::Duration::from_micros(200));
    };
    meanwhile(change, || {
        let mut seen = 0;
        for _ in 0..100 {
            let capture = capture(root.path());
            match capture.files().next() {
                Some((_, bytes)) => {
                    assert!(bytes.iter().all(|byte| *byte == bytes[0]), "torn");
                    seen += 1;
                }
                None => assert_eq!(skipped(&capture), [("file".to_owned(), Why::Unsteady)]),
            }
        }
        assert!(seen > 0, "it was never at rest");
    });
}

#[test]
fn files_that_come_and_go_do_no_harm() {
    let root = place();
    fs::write(root.path().join("stays"), "x").unwrap();
    let comes = root.path().join("comes");
    let churn = || {
        fs::create_dir(&comes).unwrap();
        fs::write(comes.join("file"), "y").unwrap();
        fs::remove_dir_all(&comes).unwrap();
    };
    meanwhile(churn, || {
        for _ in 0..500 {
            let capture = capture(root.path());
            let stays = FilePath::parse(b"stays").unwrap();
            assert_eq!(capture.get(&stays), Some(&b"x"[..]));
            for (path, why) in skipped(&capture) {
                assert!(path.starts_with("comes"), "{path}: {why}");
            }
        }
    });
}
