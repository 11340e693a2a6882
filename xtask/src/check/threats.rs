//! The tests that docs/threat-model.md names exist: a proof that was renamed or deleted is none.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::project::Project;

const PAGE: &str = "docs/threat-model.md";
/// What the first cell of every row of the table of threats begins with.
const ROW: &str = "| T";

pub(crate) fn check(project: &Project) -> Result<()> {
    let page = fs::read_to_string(project.path(PAGE)).context(PAGE)?;
    let mut problems = unproven(&page);
    for Named { file, test } in named(&page) {
        let source = fs::read_to_string(project.path(file)).unwrap_or_default();
        if !has_test(&source, test) {
            problems.push(format!("{file} has no test {test} that runs"));
        }
    }
    ensure!(problems.is_empty(), "{PAGE}:\n{}", problems.join("\n"));
    Ok(())
}

/// The threats that name no test.
fn unproven(page: &str) -> Vec<String> {
    let rows: Vec<&str> = page.lines().filter(|line| line.starts_with(ROW)).collect();
    if rows.is_empty() {
        return vec!["there are no threats".to_owned()];
    }
    let without = rows.into_iter().filter(|row| named(row).next().is_none());
    without.map(|row| format!("no test holds {row}")).collect()
}

/// A test by its file and its name.
#[derive(Debug, PartialEq, Eq)]
struct Named<'a> {
    file: &'a str,
    test: &'a str,
}

/// Everything in backticks of the form `folder/file.rs::test`.
fn named(page: &str) -> impl Iterator<Item = Named<'_>> {
    let spans = page.split('`').skip(1).step_by(2);
    spans.filter_map(|span| {
        let (file, test) = span.split_once(".rs::")?;
        let file = &span[..file.len() + ".rs".len()];
        Some(Named { file, test })
    })
}

/// Whether a source has a test of this name, which is not left out by default.
fn has_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_it = |line: &str| {
        let line = line.strip_prefix("async ").unwrap_or(line);
        let rest = line
            .strip_prefix("fn ")
            .and_then(|rest| rest.strip_prefix(name));
        rest.is_some_and(|rest| rest.starts_with('('))
    };
    lines.iter().enumerate().any(|(at, line)| {
        let above = lines[..at].iter().rev();
        let above: Vec<_> = above
            .take_while(|line| !line.is_empty() && !line.ends_with('}'))
            .collect();
        let marked = |mark: &str| above.iter().any(|line| line.starts_with(mark));
        is_it(line) && (marked("#[test]") || marked("#[tokio::test")) && !marked("#[ignore")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_test_is_found_with_its_attributes_and_nothing_else_is_one() {
        let source = "\
/// Says something.
#[tokio::test(flavor = \"current_thread\")]
#[expect(clippy::x, reason = \"y\")]
async fn it_holds() {
}

fn a_helper() {}

#[test]
#[ignore = \"slow\"]
fn it_is_left_out() {}
";
        assert!(has_test(source, "it_holds"));
        for name in ["it_hold", "a_helper", "it_is_left_out", "gone"] {
            assert!(!has_test(source, name), "{name}");
        }
    }

    #[test]
    fn a_row_without_a_test_is_a_threat_that_nothing_holds() {
        let page =
            "| T1 | a | `b` | `x/y.rs::holds` `z.rs::too` |\n| T2 | c | d | `src/lib.rs` |\n";
        let tests: Vec<_> = named(page).map(|named| (named.file, named.test)).collect();
        assert_eq!(tests, [("x/y.rs", "holds"), ("z.rs", "too")]);
        let unproven = unproven(page);
        assert_eq!(unproven.len(), 1);
        assert!(unproven[0].contains("| T2 |"), "{unproven:?}");
        assert_eq!(super::unproven("").len(), 1);
    }
}
