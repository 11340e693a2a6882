use proptest::prelude::*;

use super::*;
use crate::policy::Reason;

fn central(allowed: &str) -> Policy {
    Policy::parse(allowed, "").unwrap()
}

fn read(text: &str) -> Result<RepositoryPolicy, BadPolicy> {
    parse(text.as_bytes(), &central("src, app/web"))
}

fn mistake(text: &str) -> String {
    read(text).unwrap_err().to_string()
}

#[test]
fn the_whole_file_is_read() {
    let policy = read(
        r#"
allowed_paths = ["src/cart/", "app"]
denied_paths = ["src/cart/legacy", "*.snap"]
verify = ["npm ci", "npm test"]
base_branch = "release/2.x"
reviewers = ["ann", "acme/front-end"]
labels = ["bugbot", "needs review"]
approval = true
fix_rounds = 1
"#,
    )
    .unwrap();
    assert_eq!(policy.allowed_paths.unwrap(), ["src/cart", "app"]);
    assert_eq!(policy.verify, ["npm ci", "npm test"]);
    assert_eq!(policy.base_branch.as_deref(), Some("release/2.x"));
    assert_eq!(policy.reviewers, ["ann", "acme/front-end"]);
    assert_eq!(policy.labels, ["bugbot", "needs review"]);
    assert!(policy.approval);
    assert_eq!(policy.fix_rounds, Some(1));
}

#[test]
fn an_empty_file_changes_nothing() {
    let policy = read("# nothing yet\n").unwrap();
    assert_eq!(policy, RepositoryPolicy::default());
    assert_eq!(policy.narrow(&central("src")), central("src"));
}

#[test]
fn a_mistake_is_said_with_its_place() {
    insta::assert_snapshot!(mistake("labels = [\"a\"]\nallowed_path = [\"src\"]\n"), @"line 2, column 1: unknown field `allowed_path`, expected one of `allowed_paths`, `denied_paths`, `verify`, `base_branch`, `reviewers`, `labels`, `approval`, `fix_rounds`");
    insta::assert_snapshot!(mistake("approval = yes"), @"line 1, column 12: string values must be quoted, expected literal string");
    insta::assert_snapshot!(mistake("labels = \"bugbot\""), @r#"line 1, column 10: invalid type: string "bugbot", expected a sequence"#);
    insta::assert_snapshot!(mistake("fix_rounds = -1"), @"line 1, column 14: invalid value: integer `-1`, expected u32");
    insta::assert_snapshot!(mistake("labels = [\"a\"]\nlabels = [\"b\"]"), @"line 2, column 1: duplicate key");
    insta::assert_snapshot!(mistake("allowed_paths = [\n  \"src\",\n  \"lib\",\n]"), @"line 3, column 3: the operator does not allow `lib/`, only: src/, app/web/");
    insta::assert_snapshot!(mistake("allowed_paths = [\"src/../server\"]"), @"line 1, column 18: allowed folder `src/../server`: has `.` or `..` as a folder");
    insta::assert_snapshot!(mistake("allowed_paths = []"), @"line 1, column 1: allowed_paths is empty: nothing could be changed");
    insta::assert_snapshot!(mistake("denied_paths = [\"!src\"]"), @"line 1, column 17: denied glob `!src`: negation would allow what is protected");
    insta::assert_snapshot!(mistake("base_branch = \"-D main\""), @r#"line 1, column 15: "-D main" is no name of a branch"#);
    insta::assert_snapshot!(mistake("reviewers = [\"@ann\"]"), @r#"line 1, column 14: "@ann" is neither a login nor an `org/team`"#);
    insta::assert_snapshot!(mistake("verify = [\"npm test\\nrm -rf /\"]"), @"line 1, column 11: a command is one line");
    insta::assert_snapshot!(mistake("labels = [\"\"]"), @"line 1, column 11: a label has 1 to 50 characters");
    insta::assert_snapshot!(mistake(&format!("verify = [{}]", "\"a\",".repeat(6))), @"line 1, column 31: at most 5 entries");
}

#[test]
fn what_is_too_long_or_no_text_is_not_read() {
    let long = "#".repeat(MAX_BYTES + 1);
    assert!(mistake(&long).contains("bytes"));
    assert!(read(&"#".repeat(MAX_BYTES)).is_ok());
    let error = parse(b"labels = [\"\xff\"]", &central("src")).unwrap_err();
    assert!(error.to_string().contains("UTF-8"));
}

#[test]
fn the_file_makes_narrower_and_never_wider() {
    let operator = central("src, app/web");
    let policy = read("allowed_paths = [\"src/cart\", \"app\"]\ndenied_paths = [\"old\"]").unwrap();
    let narrowed = policy.narrow(&operator);
    assert_eq!(narrowed.allowed_folders(), ["app/web/", "src/cart/"]);
    for (path, allowed) in [
        ("src/cart/total.ts", true),
        ("app/web/page.tsx", true),
        ("src/other.ts", false),
        ("app/server/main.ts", false),
        ("src/cart/old/x.ts", false),
    ] {
        assert_eq!(narrowed.would_allow(path).is_ok(), allowed, "{path}");
    }
    // The operator has changed their mind since the fix began: what is left is nothing.
    let later = policy.narrow(&central("pages"));
    assert!(later.allows_nothing());
    assert_eq!(
        later.would_allow("src/cart/total.ts"),
        Err(Reason::OutsideAllowedFolders)
    );
}

#[test]
fn a_fix_cannot_change_the_file() {
    for path in [".bugbot.toml", "src/.bugbot.toml", "src/.BugBot.toml"] {
        let verdict = central("src").would_allow(path);
        assert!(verdict.is_err(), "{path}");
    }
    let inside = central("src").would_allow("src/.bugbot.toml");
    assert!(
        matches!(inside, Err(Reason::Protected { .. })),
        "{inside:?}"
    );
}

#[test]
fn the_operator_has_the_last_word_on_rounds_and_commands() {
    let policy = read("fix_rounds = 9\nverify = [\"npm test\"]").unwrap();
    assert_eq!(policy.rounds_of(2), 2);
    assert_eq!(read("fix_rounds = 0").unwrap().rounds_of(2), 0);
    assert_eq!(RepositoryPolicy::default().rounds_of(2), 2);
    assert!(policy.verify_if(false).is_empty());
    assert_eq!(policy.verify_if(true), ["npm test"]);
}

proptest! {
    /// Whatever is in the file, it is read or refused, and widens nothing.
    #[test]
    fn no_text_widens_anything(text in "([a-z_]{1,14} = (\\[\"[a-z./*]{0,12}\"\\]|true|[0-9])\n){0,4}|.{0,80}", path in "(src|app|app/web|server|pages)(/[a-z.]{1,8}){1,3}") {
        let operator = central("src, app/web");
        if let Ok(policy) = parse(text.as_bytes(), &operator)
            && policy.narrow(&operator).would_allow(&path).is_ok()
        {
            prop_assert!(operator.would_allow(&path).is_ok());
        }
    }
}
