//! Circles between the modules of `shared`: each use must lead further down, so that a module can
//! be read, and moved, without those that stand on it.
//!
//! Some circles are older than this check. They are named in [`KNOWN`], which only ever gets
//! shorter: a new circle fails the check, and so does a name that is not needed any more. Tests
//! may use whatever they like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};

use super::sources;
use crate::project::Project;

/// Uses that lead up: without them there is no circle.
const KNOWN: [(&str, &str); 13] = [
    // What was got wrong in an option is said by what was expected of it.
    ("command", "reference"),
    ("command", "report"),
    ("errand", "fix"),
    // The desk of operators answers behind the gateway, and asks over its ports.
    ("gateway", "operator"),
    ("job", "history"),
    ("job", "reference"),
    ("ledger", "report"),
    ("model", "gateway"),
    // A log takes events, and an event has a level.
    ("ports", "log"),
    // What is said of a thing is said from its parts; and each ends with what is said of it.
    ("report", "contextualize"),
    ("report", "fix"),
    ("report", "thread"),
    ("settings", "fix"),
];

/// The modules that each module uses.
type Uses = BTreeMap<String, BTreeSet<String>>;

pub(super) fn check(project: &Project) -> Result<()> {
    let root = project.path("shared").join("src");
    let uses = uses_in(&root)?;
    let wrong = problems(&uses, &KNOWN);
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}

/// What is wrong with the uses, where those of `known` may lead up.
fn problems(uses: &Uses, known: &[(&str, &str)]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut without = uses.clone();
    for (from, to) in known {
        let is_used = uses.get(*from).is_some_and(|used| used.contains(*to));
        if !is_used || path(uses, to, from).is_none() {
            wrong.push(format!(
                "{from} -> {to} closes no circle any more: take it off the list of known ones"
            ));
        }
        if let Some(used) = without.get_mut(*from) {
            used.remove(*to);
        }
    }
    for (from, used) in &without {
        for to in used {
            if let Some(back) = path(&without, to, from) {
                let way = back.join(" -> ");
                wrong.push(format!("modules of shared in a circle: {from} -> {way}"));
                return wrong;
            }
        }
    }
    wrong
}

/// The shortest way from one module to another, both included.
fn path<'a>(uses: &'a Uses, from: &'a str, to: &str) -> Option<Vec<&'a str>> {
    let mut ways = std::collections::VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::from([from]);
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        if last == to {
            return Some(way);
        }
        for next in uses.get(last).into_iter().flatten() {
            if seen.insert(next) {
                let mut further = way.clone();
                further.push(next);
                ways.push_back(further);
            }
        }
    }
    None
}

/// What the modules below `root` use of one another, outside their tests.
fn uses_in(root: &Path) -> Result<Uses> {
    let mut uses = Uses::new();
    for file in sources(root)? {
        let within = file.strip_prefix(root)?.with_extension("");
        let names: Vec<_> = within.iter().filter_map(|name| name.to_str()).collect();
        let is_test = |name: &&str| *name == "tests" || name.ends_with("_test");
        let Some(module) = names.first().filter(|name| **name != "lib") else {
            continue;
        };
        if names.iter().any(is_test) {
            continue;
        }
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        let others = uses.entry((*module).to_owned()).or_default();
        others.extend(
            named_in(&text)
                .filter(|other| other != module)
                .map(str::to_owned),
        );
    }
    Ok(uses)
}

/// The modules of the crate that the code names before its tests.
fn named_in(text: &str) -> impl Iterator<Item = &str> {
    let code = text.split("#[cfg(test)]\nmod tests {").next();
    let lines = code.unwrap_or_default().lines();
    let lines = lines.filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| {
        line.match_indices("crate::").filter_map(|(at, found)| {
            // Not `$crate::`, nor the end of a longer name.
            let before = line[..at].chars().next_back();
            let is_longer = before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$');
            let rest = &line[at + found.len()..];
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_'));
            let name = &rest[..end.unwrap_or(rest.len())];
            (!is_longer && !name.is_empty()).then_some(name)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses(all: &[(&str, &[&str])]) -> Uses {
        let owned = |(from, used): &(&str, &[&str])| {
            let used = used.iter().map(|name| (*name).to_owned()).collect();
            ((*from).to_owned(), used)
        };
        all.iter().map(owned).collect()
    }

    #[test]
    fn a_circle_is_found_with_its_way() {
        let circle = uses(&[("a", &["b"]), ("b", &["c"]), ("c", &["a"]), ("d", &["a"])]);
        assert_eq!(
            problems(&circle, &[]),
            ["modules of shared in a circle: a -> b -> c -> a"]
        );
        assert!(problems(&circle, &[("c", "a")]).is_empty());
        let line = uses(&[("a", &["b", "c"]), ("b", &["c"])]);
        assert!(problems(&line, &[]).is_empty());
    }

    #[test]
    fn a_known_circle_that_is_gone_has_to_be_forgotten() {
        let line = uses(&[("a", &["b"])]);
        for gone in [("a", "b"), ("b", "a")] {
            let wrong = problems(&line, &[gone]);
            assert!(wrong[0].contains("take it off the list"), "{wrong:?}");
        }
    }

    #[test]
    fn modules_are_found_where_code_names_them() {
        let text = "//! See [`crate::z`].\nuse crate::a::B;\nfn f() { crate::c::d(); not_crate::e }\n\
                    #[cfg(test)]\nmod tests {\nuse crate::y;\n";
        assert!(named_in(text).eq(["a", "c"]));
    }
}
