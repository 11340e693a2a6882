use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

const WIDE: Bounds = Bounds {
    files: 100,
    bytes: 1_000_000,
};

/// A base of three files and a symlink, as git would have hashed them.
fn base() -> Tree {
    let entry = |mode, content: &str| Entry {
        mode,
        oid: oid_of(content),
        size: content.len() as u64,
    };
    Tree::from([
        (b"README.md".to_vec(), entry("100644", "read me\n")),
        (b"src/a.js".to_vec(), entry("100644", "let a;\n")),
        (b"src/run.sh".to_vec(), entry("100755", "#!/bin/sh\n")),
        (b"src/link".to_vec(), entry("120000", "/etc/passwd")),
        (
            b"lib".to_vec(),
            Entry {
                mode: "160000",
                oid: "0".repeat(40),
                size: 0,
            },
        ),
    ])
}

fn oid_of(content: &str) -> String {
    use sha1::{Digest as _, Sha1};
    hex::encode(Sha1::digest(format!("blob {}\0{content}", content.len())))
}

/// The base as the executor writes it.
fn checked_out() -> tempfile::TempDir {
    let work = tempfile::tempdir().unwrap();
    let at = |path| work.path().join(path);
    fs::create_dir_all(at("src")).unwrap();
    fs::create_dir_all(at("lib")).unwrap();
    fs::write(at("README.md"), "read me\n").unwrap();
    fs::write(at("src/a.js"), "let a;\n").unwrap();
    fs::write(at("src/run.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(at("src/run.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(at("src/link"), "/etc/passwd").unwrap();
    work
}

/// One line a change: what happened, modes, path, content.
fn seen(work: &tempfile::TempDir) -> String {
    let changes = diff(work.path(), &base(), WIDE).unwrap();
    let line = |change: &FileChange| {
        let text = |content: &Content| format!("{:?}", String::from_utf8_lossy(&content.0));
        let path = &change.path;
        match &change.kind {
            ChangeKind::Added { mode, content } => format!("A {mode} {path} {}", text(content)),
            ChangeKind::Modified {
                old_mode,
                mode,
                content,
            } => {
                format!("M {old_mode} {mode} {path} {}", text(content))
            }
            ChangeKind::Deleted { old_mode } => format!("D {old_mode} {path}"),
            ChangeKind::Renamed {
                from,
                old_mode,
                mode,
                content,
            } => {
                format!("R {old_mode} {mode} {from} -> {path} {}", text(content))
            }
        }
    };
    changes.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn an_untouched_tree_has_no_changes() {
    assert_eq!(seen(&checked_out()), "");
}

#[test]
fn edits_additions_and_deletions_are_seen() {
    let work = checked_out();
    let at = |path| work.path().join(path);
    fs::write(at("src/a.js"), "let b;\n").unwrap();
    fs::write(at("src/new.js"), "new\n").unwrap();
    fs::create_dir(at("empty")).unwrap();
    fs::remove_file(at("README.md")).unwrap();
    insta::assert_snapshot!(seen(&work), @r#"
    D 100644 README.md
    M 100644 100644 src/a.js "let b;\n"
    A 100644 src/new.js "new\n"
    "#);
}

#[test]
fn modes_and_renames_are_seen() {
    let work = checked_out();
    let at = |path| work.path().join(path);
    fs::set_permissions(at("README.md"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::rename(at("src/a.js"), at("src/moved.js")).unwrap();
    insta::assert_snapshot!(seen(&work), @r#"
    M 100644 100755 README.md "read me\n"
    R 100644 100644 src/a.js -> src/moved.js "let a;\n"
    "#);
}

#[test]
fn symlinks_are_reported_and_never_followed() {
    let work = checked_out();
    let at = |path| work.path().join(path);
    symlink("/etc/passwd", at("src/new")).unwrap();
    symlink("/etc", at("src/folder")).unwrap();
    fs::remove_file(at("src/a.js")).unwrap();
    symlink("run.sh", at("src/a.js")).unwrap();
    fs::write(at("src/link"), "/etc/shadow").unwrap();
    insta::assert_snapshot!(seen(&work), @r#"
    M 100644 120000 src/a.js "run.sh"
    A 120000 src/folder "/etc"
    M 120000 120000 src/link "/etc/shadow"
    A 120000 src/new "/etc/passwd"
    "#);
}

#[test]
fn a_symlink_turned_real_with_the_same_target_is_no_change() {
    let work = checked_out();
    fs::remove_file(work.path().join("src/link")).unwrap();
    symlink("/etc/passwd", work.path().join("src/link")).unwrap();
    assert_eq!(seen(&work), "");
}

#[test]
fn git_directories_are_reported_and_not_entered() {
    let work = checked_out();
    let at = |path| work.path().join(path);
    fs::create_dir_all(at(".git/hooks")).unwrap();
    fs::write(at(".git/config"), "[core]\n\tfsmonitor = id\n").unwrap();
    fs::create_dir_all(at("src/nested/.Git")).unwrap();
    fs::write(at("src/nested/a.js"), "x").unwrap();
    fs::write(at("src/.git"), "gitdir: /tmp/x\n").unwrap();
    fs::write(at(".gitattributes"), "* filter=evil\n").unwrap();
    insta::assert_snapshot!(seen(&work), @r#"
    A 040755 .git ""
    A 100644 .gitattributes "* filter=evil\n"
    A 100644 src/.git "gitdir: /tmp/x\n"
    A 040755 src/nested/.Git ""
    A 100644 src/nested/a.js "x"
    "#);
}

#[test]
fn files_in_a_submodules_place_are_seen() {
    let work = checked_out();
    fs::write(work.path().join("lib/x.js"), "x").unwrap();
    insta::assert_snapshot!(seen(&work), @r#"A 100644 lib/x.js "x""#);
    fs::remove_dir_all(work.path().join("lib")).unwrap();
    assert_eq!(seen(&work), "");
    fs::write(work.path().join("lib"), "x").unwrap();
    insta::assert_snapshot!(seen(&work), @r#"M 160000 100644 lib "x""#);
}

#[test]
fn a_directory_in_a_files_place_is_seen() {
    let work = checked_out();
    fs::remove_file(work.path().join("README.md")).unwrap();
    fs::create_dir(work.path().join("README.md")).unwrap();
    fs::write(work.path().join("README.md/a"), "x").unwrap();
    insta::assert_snapshot!(seen(&work), @r#"
    M 100644 040755 README.md ""
    A 100644 README.md/a "x"
    "#);
}

#[test]
fn what_is_no_file_is_reported_without_content() {
    let work = checked_out();
    let at = |path| work.path().join(path);
    rustix::fs::mknodat(
        rustix::fs::CWD,
        at("src/pipe"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::from_raw_mode(0o644),
        0,
    )
    .unwrap();
    // A second name of a file could be that of a file from elsewhere.
    fs::write(at("src/one"), "secret").unwrap();
    fs::hard_link(at("src/one"), at("src/two")).unwrap();
    let seen = seen(&work);
    assert!(seen.contains("A 010644 src/pipe \"\""), "{seen}");
    assert!(!seen.contains("secret"), "{seen}");
}

#[test]
fn the_bounds_hold_before_anything_large_is_read() {
    let work = checked_out();
    fs::write(work.path().join("src/big"), vec![b'x'; 5_000]).unwrap();
    let bounds = Bounds {
        files: 10,
        bytes: 4_999,
    };
    assert_eq!(
        diff(work.path(), &base(), bounds),
        Err(RunFailure::ResultTooLarge {
            files: 0,
            bytes: 5_000
        })
    );
    for number in 0..4 {
        fs::write(work.path().join(format!("src/{number}")), "x").unwrap();
    }
    let bounds = Bounds {
        files: 3,
        bytes: 10_000,
    };
    assert!(matches!(
        diff(work.path(), &base(), bounds),
        Err(RunFailure::ResultTooLarge { files: 4, .. })
    ));
}

#[test]
fn a_name_that_is_not_utf8_fails_the_run() {
    use std::os::unix::ffi::OsStrExt;
    let work = checked_out();
    let name = std::ffi::OsStr::from_bytes(b"src/\xff.js");
    fs::write(work.path().join(name), "x").unwrap();
    assert!(matches!(
        diff(work.path(), &base(), WIDE),
        Err(RunFailure::AgentFailed { .. })
    ));
}
