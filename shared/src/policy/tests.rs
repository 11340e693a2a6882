use super::*;
use crate::change::{ChangeKind, Content};

mod paths;
mod properties;

fn added(path: &str) -> FileChange {
    added_with_mode(path, "100644")
}

fn added_with_mode(path: &str, mode: &str) -> FileChange {
    FileChange {
        path: path.into(),
        kind: ChangeKind::Added {
            mode: mode.into(),
            content: Content(b"x".to_vec()),
        },
    }
}

fn modified(path: &str, old_mode: &str, mode: &str) -> FileChange {
    let kind = ChangeKind::Modified {
        old_mode: old_mode.into(),
        mode: mode.into(),
        content: Content(b"x".to_vec()),
    };
    FileChange {
        path: path.into(),
        kind,
    }
}

fn deleted(path: &str, old_mode: &str) -> FileChange {
    FileChange {
        path: path.into(),
        kind: ChangeKind::Deleted {
            old_mode: old_mode.into(),
        },
    }
}

fn renamed(from: &str, path: &str, mode: &str) -> FileChange {
    let kind = ChangeKind::Renamed {
        from: from.into(),
        old_mode: mode.into(),
        mode: mode.into(),
        content: Content(b"x".to_vec()),
    };
    FileChange {
        path: path.into(),
        kind,
    }
}

fn violations(changes: &[FileChange]) -> Vec<Violation> {
    match Policy::default().judge(changes) {
        Verdict::Allowed(_) => Vec::new(),
        Verdict::Violations(violations) => violations,
    }
}

fn shown(changes: &[FileChange]) -> String {
    violations(changes)
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn every_built_in_glob_matches_something_and_is_lower_case() {
    for (why, globs) in protected::BUILT_IN {
        for glob in globs {
            assert_eq!(*glob, glob.to_lowercase(), "{why:?}");
            assert!(
                glob.starts_with("**/"),
                "{glob} would hold at the root only"
            );
            let example = glob.replace("**/", "x/").replace('*', "y");
            let example = example.split('{').map(|part| match part.split_once('}') {
                Some((choices, rest)) => {
                    choices.split(',').next().unwrap_or_default().to_owned() + rest
                }
                None => part.to_owned(),
            });
            let example: String = example.collect();
            assert!(
                fast_glob::glob_match(glob, &example),
                "{glob} does not match {example}"
            );
        }
    }
}

#[test]
fn regular_files_keep_their_mode() {
    assert_eq!(shown(&[added("src/a.ts")]), "");
    assert_eq!(shown(&[modified("src/a.ts", "100644", "100644")]), "");
    assert_eq!(shown(&[modified("src/a.ts", "100755", "100755")]), "");
    assert_eq!(
        shown(&[deleted("src/a.ts", "100644"), deleted("src/b.ts", "100755")]),
        ""
    );
    assert_eq!(shown(&[renamed("src/a.ts", "app/a.ts", "100644")]), "");
}

#[test]
fn links_submodules_and_mode_changes_are_refused() {
    insta::assert_snapshot!(shown(&[
        added_with_mode("src/a.ts", "120000"),
        added_with_mode("src/b.ts", "160000"),
        added_with_mode("src/c.ts", "100755"),
        added_with_mode("src/d.ts", "100664"),
        added_with_mode("src/e.ts", "`x`\u{202e}"),
        modified("src/f.ts", "100644", "100755"),
        modified("src/g.ts", "100755", "100644"),
        modified("src/h.ts", "100644", "120000"),
        modified("src/i.ts", "120000", "120000"),
        deleted("src/j.ts", "120000"),
        deleted("src/k.ts", "160000"),
        renamed("src/l.ts", "src/m.ts", "120000"),
        renamed("src/n.ts", "src/o.ts", "100755"),
    ]), @r"
    `src/a.ts` is a symbolic link and not a regular file
    `src/b.ts` is a submodule and not a regular file
    `src/c.ts` is a new or moved executable file
    `src/d.ts` is of mode 100664 and not a regular file
    `src/e.ts` is of mode  and not a regular file
    `src/f.ts` changes its mode from 100644 to 100755
    `src/g.ts` changes its mode from 100755 to 100644
    `src/h.ts` is a symbolic link and not a regular file
    `src/i.ts` is a symbolic link and not a regular file
    `src/j.ts` is a symbolic link and not a regular file
    `src/k.ts` is a submodule and not a regular file
    `src/m.ts` is a symbolic link and not a regular file
    `src/o.ts` is a new or moved executable file
    ");
}

#[test]
fn both_ends_of_a_rename_and_deletes_are_judged() {
    insta::assert_snapshot!(shown(&[
        renamed("lib/in.ts", "src/in.ts", "100644"),
        renamed("src/out.ts", "lib/out.ts", "100644"),
        renamed("src/package.json", "src/innocent.json", "100644"),
        renamed("src/innocent.ts", "src/middleware.ts", "100644"),
        deleted("yarn.lock", "100644"),
        modified("README.md", "100644", "100644"),
    ]), @r"
    `README.md` is outside the folders that may change
    `lib/in.ts` is outside the folders that may change
    `lib/out.ts` is outside the folders that may change
    `src/middleware.ts` is back-end code (`**/{middleware,proxy,instrumentation}.{js,mjs,cjs,ts,mts,cts}`)
    `src/package.json` is a dependency manifest or dependency (`**/package.json`)
    `yarn.lock` is a dependency manifest or dependency (`**/*.lock`)
    ");
}

#[test]
fn paths_that_are_one_path_on_some_systems_are_refused() {
    for changes in [
        vec![added("src/Button.tsx"), added("src/button.tsx")],
        vec![added("src/a/x.ts"), added("src/A/y.ts")],
        vec![added("src/übersicht.md"), added("src/Übersicht.md")],
        vec![added("src/straße.md"), added("src/STRASSE.md")],
        vec![renamed("src/button.tsx", "src/Button.tsx", "100644")],
        vec![added("src/a.ts"), added("src/a.ts")],
        vec![
            renamed("src/a.ts", "src/b.ts", "100644"),
            deleted("src/b.ts", "100644"),
        ],
    ] {
        let found = violations(&changes);
        assert!(
            !found.is_empty() && found.iter().all(|v| v.reason == Reason::Collides),
            "{changes:?}: {found:?}"
        );
    }
    assert_eq!(
        shown(&[
            added("src/a/x.ts"),
            added("src/a/y.ts"),
            added("src/a1.ts"),
            added("src/al.ts")
        ]),
        ""
    );
}

#[test]
fn a_huge_result_is_refused_whole_and_cheaply() {
    let many: Vec<_> = (0..=MAX_FILES)
        .map(|n| added(&format!("src/{n}.ts")))
        .collect();
    assert_eq!(
        shown(&many),
        "the result has 101 files, more than the 100 that one fix may touch"
    );
    assert_eq!(shown(&many[1..]), "");

    let mut big = added("src/a.ts");
    big.kind = ChangeKind::Added {
        mode: "100644".into(),
        content: Content(vec![0; MAX_TOTAL_BYTES]),
    };
    assert_eq!(shown(std::slice::from_ref(&big)), "");
    assert_eq!(
        shown(&[big, added("src/b.ts")]),
        "the result has 1048577 bytes, more than the 1048576 that one fix may write"
    );
}

#[test]
fn one_violation_withholds_everything() {
    let changes = [added("src/a.ts"), added(".github/workflows/x.yml")];
    assert_eq!(
        shown(&changes),
        "`.github/workflows/x.yml` belongs to git (`**/.git*`)"
    );
}

#[test]
fn nothing_is_allowed_and_empty() {
    let Verdict::Allowed(approved) = Policy::default().judge(&[]) else {
        panic!("refused")
    };
    assert!(approved.is_empty());
}

#[test]
fn a_hostile_path_is_shown_without_harm() {
    let show = |path: &str| {
        let reason = Policy::default().would_allow(path).unwrap_err();
        Violation::new(path, reason).to_string()
    };
    insta::assert_snapshot!([
        show("\u{455}rc/a.ts"),
        show("src/\u{202e}st.a"),
        show("lib/`@everyone`.ts"),
        show("src/a\nb\0"),
        show(r"src\it's.ts"),
        show("lib/日本語.md"),
    ].join("\n"), @r"
    `\u{455}rc/a.ts` has letters that look like others
    `src/\u{202e}st.a` has an invisible character
    `lib/\u{60}@everyone\u{60}.ts` is outside the folders that may change
    `src/a\nb\0` has a control character
    `src\it's.ts` has a backslash
    `lib/日本語.md` is outside the folders that may change
    ");
    assert!(show(&"x".repeat(10_000)).len() < 400);
}

#[test]
fn folders_and_globs_come_from_configuration() {
    let policy = Policy::parse(
        "apps/web/src/, packages/ui",
        "legacy\n*.Snap, packages/ui/billing/",
    )
    .unwrap();
    for path in [
        "apps/web/src/a.ts",
        "packages/ui/a.ts",
        "packages/ui/x/billing/a.ts",
    ] {
        assert_eq!(policy.would_allow(path), Ok(()), "{path}");
    }
    assert_eq!(
        policy.would_allow("src/a.ts"),
        Err(Reason::OutsideAllowedFolders)
    );
    for path in [
        "packages/ui/legacy/a.ts",
        "packages/ui/LEGACY",
        "packages/ui/a.snap",
        "packages/ui/billing/a.ts",
    ] {
        let refused = policy.would_allow(path);
        assert!(
            matches!(
                refused,
                Err(Reason::Protected {
                    why: Protected::Operator,
                    ..
                })
            ),
            "{path}: {refused:?}"
        );
    }
    assert_eq!(Policy::parse("", " \n"), Ok(Policy::default()));
}

#[test]
fn a_mistake_in_the_configuration_is_an_error() {
    let error = |allowed, denied| Policy::parse(allowed, denied).unwrap_err().to_string();
    insta::assert_snapshot!([
        error("/", ""), error("/src", ""), error("src,..", ""), error(".", ""), error("src//x", ""),
        error(".github", ""), error("src/server", ""), error(r"src\x", ""), error("src*", ""),
        error("", "/etc"), error("", "!src"), error("", "**"), error("", "{a"), error("", "a//b"),
    ].join("\n"), @r#"
    allowed folder `/`: has a file with an empty path
    allowed folder `/src`: is not relative to the repository
    allowed folder `..`: has `.` or `..` as a folder
    allowed folder `.`: has `.` or `..` as a folder
    allowed folder `src//x`: has an empty folder name
    allowed folder `.github`: belongs to git (`**/.git*`)
    allowed folder `src/server`: is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
    allowed folder `src\x`: has a backslash
    allowed folder `src*`: has one of `< > " | ? *`
    denied glob `/etc`: starts with a slash; globs start at the root of the repository anyway
    denied glob `!src`: negation would allow what is protected
    denied glob `**`: denies everything
    denied glob `{a`: only `*`, `**` and `?` are special here
    denied glob `a//b`: has an empty, `.` or `..` folder
    "#);
}
