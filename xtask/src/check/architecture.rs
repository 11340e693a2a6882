//! What may depend on what (ARCHITECTURE.md): the compiler does not check it, so this does.

mod circles;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use crate::project::Project;
use crate::run;

/// The core is pure: none of these may be anywhere below it.
const NOT_BELOW_SHARED: [&str; 8] = [
    "worker",
    "wasm-bindgen",
    "js-sys",
    "web-sys",
    "tokio",
    "reqwest",
    "hyper",
    "axum",
];

/// The crates that may name `worker`.
const MAY_NAME_WORKER: [&str; 3] = ["platform", "gateway-worker", "consumer-worker"];

/// Our crates, none of which xtask may need.
const OURS: &[&str] = &[
    "shared",
    "platform",
    "gateway-worker",
    "consumer-worker",
    "container",
    "cli",
    "collector",
    "fuzz",
    "hub",
    "tests",
    "workspace",
];

pub(crate) fn check(project: &Project) -> Result<()> {
    let below_shared = dependencies(project, "shared")?;
    for banned in NOT_BELOW_SHARED {
        ensure!(
            !below_shared.iter().any(|name| name == banned),
            "shared depends on {banned}; `cargo tree -p shared -i {banned}` says through what"
        );
    }
    let below_xtask = dependencies(project, "xtask")?;
    for ours in OURS {
        ensure!(
            !below_xtask.iter().any(|name| name == ours),
            "xtask depends on {ours}"
        );
    }
    for package in OURS.iter().filter(|name| !MAY_NAME_WORKER.contains(name)) {
        for file in sources(&project.path(package))? {
            let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
            if let Some(line) = names_worker(&text) {
                anyhow::bail!(
                    "{}:{line} names worker; only {MAY_NAME_WORKER:?} may",
                    file.display()
                );
            }
        }
    }
    circles::check(project)
}

/// The names of everything that `package` needs to run, transitively.
fn dependencies(project: &Project, package: &str) -> Result<Vec<String>> {
    let mut tree = project.cargo();
    tree.args([
        "tree",
        "--package",
        package,
        "--edges",
        "normal,build",
        "--prefix",
        "none",
    ]);
    tree.args(["--target", "all", "--format", "{p}"]);
    let names = run::output(&mut tree)?;
    Ok(names
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect())
}

fn sources(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    Ok(found)
}

/// The first line, counted from 1, that names the crate `worker` in code.
fn names_worker(text: &str) -> Option<usize> {
    let named = |line: &str| {
        let code = line.trim_start();
        !code.starts_with("//")
            && code.match_indices("worker::").any(|(at, _)| {
                // Not the end of a longer name.
                !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_')
            })
    };
    text.lines().position(named).map(|index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_use_of_worker_is_found_with_its_line() {
        assert_eq!(names_worker("mod a;\n    use worker::Env;\n"), Some(2));
        assert_eq!(names_worker("fn f(e: &::worker::Env) {}"), Some(1));
    }

    #[test]
    fn longer_names_and_comments_are_not_worker() {
        assert_eq!(
            names_worker("use gateway_worker::route;\n// worker::Env\n"),
            None
        );
    }
}
