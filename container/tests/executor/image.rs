//! The container's image, as far as it can be checked without building it.

use std::collections::BTreeMap;
use std::fs;

use crate::bench::root;

/// The instructions of the Dockerfile, continued lines joined, comments gone.
fn instructions() -> Vec<(String, String)> {
    let text = fs::read_to_string(root().join("container/Dockerfile")).unwrap();
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let text = lines.collect::<Vec<_>>().join("\n").replace("\\\n", " ");
    let split = |line: &str| {
        let (word, rest) = line.trim().split_once(' ')?;
        Some((
            word.to_owned(),
            rest.split_whitespace().collect::<Vec<_>>().join(" "),
        ))
    };
    text.lines().filter_map(split).collect()
}

fn of(kind: &str) -> Vec<String> {
    let all = instructions().into_iter();
    all.filter(|(word, _)| word == kind)
        .map(|(_, rest)| rest)
        .collect()
}

/// `NAME=value` of `ARG` and `ENV`.
fn variables() -> BTreeMap<String, String> {
    let words = [of("ARG"), of("ENV")].concat().join(" ");
    let pairs = words.split(' ').filter_map(|word| word.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
        .collect()
}

#[test]
fn claude_code_is_the_version_that_the_tests_run() {
    let package = fs::read_to_string(root().join("package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_str(&package).unwrap();
    let pinned = package["devDependencies"]["@anthropic-ai/claude-code"]
        .as_str()
        .unwrap();
    assert!(
        pinned.bytes().all(|b| b.is_ascii_digit() || b == b'.'),
        "{pinned} is not a pin"
    );
    assert_eq!(variables()["CLAUDE_CODE_VERSION"], pinned);
    let runs = of("RUN").join("\n");
    assert!(
        runs.contains("@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}"),
        "{runs}"
    );
}

#[test]
fn every_base_image_is_a_pinned_slim_one() {
    let stages = of("FROM");
    assert_eq!(stages.len(), 2, "{stages:?}");
    assert!(
        stages[0].starts_with("rust:1.") && stages[0].contains("slim"),
        "{stages:?}"
    );
    assert!(
        stages[1].starts_with("node:24") && stages[1].contains("slim"),
        "{stages:?}"
    );
    // Both of one Debian: the executor is linked against its C library.
    for stage in &stages {
        assert!(stage.contains("bookworm"), "{stage}");
    }
}

#[test]
fn the_agent_has_a_user_that_is_not_root() {
    let variables = variables();
    let uid: u32 = variables["AGENT_UID"].parse().unwrap();
    let gid: u32 = variables["AGENT_GID"].parse().unwrap();
    assert!(uid >= 1000 && gid >= 1000);
    let runs = of("RUN").join("\n");
    assert!(
        runs.contains("useradd") && runs.contains(" agent"),
        "{runs}"
    );
    // The executor stays root: it gives the agent its user, and kills it.
    assert_eq!(of("USER"), [""; 0]);
}

#[test]
fn tini_reaps_and_the_executor_is_all_that_runs() {
    assert_eq!(
        of("ENTRYPOINT"),
        [r#"["/usr/bin/tini", "--", "/usr/local/bin/bugbot-executor"]"#]
    );
    assert_eq!(of("CMD"), [""; 0]);
    let runs = of("RUN").join("\n");
    for package in ["tini", "git", "ca-certificates"] {
        assert!(runs.contains(package), "{package}");
    }
    assert_eq!(variables()["EXECUTOR_ADDR"], "0.0.0.0:8080");
    assert_eq!(of("EXPOSE"), ["8080"]);
}

#[test]
fn no_secret_and_no_build_output_goes_into_the_image() {
    let ignored = fs::read_to_string(root().join(".dockerignore")).unwrap();
    let ignored: Vec<_> = ignored.lines().collect();
    // Everything is out, but for what is named.
    assert_eq!(ignored[0], "*");
    let kept: Vec<_> = ignored
        .iter()
        .filter_map(|line| line.strip_prefix('!'))
        .collect();
    for name in &kept {
        assert!(!name.contains("vars") && !name.contains("env") && !name.contains("node_modules"));
    }
    for copied in of("COPY").iter().filter(|copy| !copy.contains("--from")) {
        for source in copied.split(' ').rev().skip(1) {
            assert!(kept.contains(&source), "{source} is copied and ignored");
        }
    }
    for name in variables().keys() {
        assert!(
            !name.ends_with("_TOKEN") && !name.ends_with("_KEY"),
            "{name} is baked in"
        );
    }
}

/// Cargo reads every member, also those that the executor does not use.
#[test]
fn every_member_of_the_workspace_is_there_when_it_is_built() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let members = manifest
        .lines()
        .find_map(|line| line.strip_prefix("members = "));
    let members: Vec<String> = serde_json::from_str(members.unwrap()).unwrap();
    assert!(members.len() > 5, "{members:?}");
    let copied = of("COPY");
    for member in members {
        let copy = format!("{member} ./{member}");
        assert!(copied.contains(&copy), "{member} is not copied");
    }
}
