//! What holds for every list of changes, hostile ones above all.

use proptest::prelude::*;

use super::*;

/// Pieces that hostile and ordinary paths are made of, so that random paths come near the rules.
fn path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "src",
            "SRC",
            "app",
            "api",
            "pages",
            "components",
            "lib",
            "server",
            ".git",
            ".github",
            "..",
            ".",
            "",
            "a.ts",
            "A.ts",
            "b.tsx",
            "package.json",
            "Package.json",
            "x.config.js",
            ".env",
            "route.ts",
            "caf\u{e9}",
            "cafe\u{301}",
            "\u{455}rc",
            "git~1",
            "con",
            "a.",
            " a",
            "a:b",
            "\u{200b}",
            "日本語",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,6}",
        any::<String>(),
    ];
    prop_oneof![
        prop::collection::vec(piece.clone(), 0..5).prop_map(|pieces| pieces.join("/")),
        prop::collection::vec(piece, 1..4).prop_map(|pieces| format!("src/{}", pieces.join("/"))),
    ]
}

fn change() -> impl Strategy<Value = FileChange> {
    let mode = prop::sample::select(vec!["100644", "100755", "120000", "160000", ""]);
    prop_oneof![
        path().prop_map(|path| added(&path)),
        (path(), mode.clone()).prop_map(|(path, mode)| added_with_mode(&path, mode)),
        (path(), mode.clone(), mode.clone()).prop_map(|(path, old, new)| modified(&path, old, new)),
        (path(), mode.clone()).prop_map(|(path, mode)| deleted(&path, mode)),
        (path(), path(), mode).prop_map(|(from, path, mode)| renamed(&from, &path, mode)),
    ]
}

proptest! {
    #[test]
    fn nothing_outside_the_allowed_folders_ever_passes(path in path()) {
        if Policy::default().would_allow(&path).is_ok() {
            let (folder, rest) = path.split_once('/').expect("an allowed path lies in a folder");
            prop_assert!(DEFAULT_FOLDERS.contains(&folder));
            prop_assert!(rest.split('/').all(|s| !s.is_empty() && !s.starts_with('.')));
            let hostile = ['\\', ':', '\0', char::REPLACEMENT_CHARACTER];
            prop_assert!(!path.contains(hostile));
            prop_assert!(!path.to_lowercase().split('/').any(|s| s == "package.json"));
        }
    }

    #[test]
    fn a_path_that_is_denied_stays_denied_in_any_case_and_below_any_folder(path in path()) {
        let denied = |path: &str| matches!(Policy::default().would_allow(path), Err(Reason::Protected { .. }));
        if path.is_ascii() && path.len() < 200 && denied(&path) {
            prop_assert!(denied(&path.to_uppercase()));
            let (deeper, above) = (format!("src/{path}"), format!("{path}/x.ts"));
            prop_assert!(denied(&deeper));
            prop_assert!(denied(&above));
        }
    }

    #[test]
    fn the_order_of_the_changes_does_not_matter(
        (one, other) in prop::collection::vec(change(), 0..8)
            .prop_flat_map(|list| (Just(list.clone()), Just(list).prop_shuffle()))
    ) {
        prop_assert_eq!(Policy::default().judge(&one), Policy::default().judge(&other));
    }

    #[test]
    fn a_result_passes_only_if_each_of_its_changes_would(changes in prop::collection::vec(change(), 0..6)) {
        if let Verdict::Allowed(approved) = Policy::default().judge(&changes) {
            prop_assert_eq!(approved.changes().len(), changes.len());
            for change in approved.changes() {
                for path in list::ends(change) {
                    prop_assert_eq!(Policy::default().would_allow(path), Ok(()));
                }
                prop_assert_eq!(list::check_modes(&change.kind), Ok(()));
            }
        }
    }

    #[test]
    fn every_violation_can_be_shown_in_one_harmless_line(changes in prop::collection::vec(change(), 0..6)) {
        for violation in violations(&changes) {
            let shown = violation.to_string();
            prop_assert!(!shown.chars().any(char::is_control));
            let path = shown.strip_prefix('`').and_then(|rest| rest.split_once('`'));
            prop_assert!(violation.path.is_empty() || path.is_some());
            prop_assert!(shown.chars().count() < 500);
        }
    }
}
