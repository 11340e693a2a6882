//! Whether a run may be started: everything in a request that reaches a path, a command line or
//! an address is checked here, once.

use std::time::Duration;

use shared::executor::{MAX_RESULT_BYTES, MAX_VERIFY_COMMANDS, RunRequest, Steer, Verification};
use url::Url;

/// The longest run.
const MAX_WALL_CLOCK: Duration = Duration::from_hours(2);
/// The most money a run may spend, whatever its request says.
const MAX_BUDGET_USD: f64 = 100.0;
/// The most words of a code search that are looked at.
const MAX_LIST: usize = 100;

/// What is wrong with a request, in words for its sender.
pub fn validate(run: &RunRequest) -> Result<(), String> {
    run_id(run.run_id.as_str())?;
    address("source.url", &run.source.url)?;
    address("model.baseUrl", &run.model.base_url)?;
    branch(&run.source.branch)?;
    commit(run.source.base_commit.as_str())?;
    if let Some(checkpoint) = &run.checkpoint
        && checkpoint.base_commit != run.source.base_commit
    {
        return Err("checkpoint.baseCommit: is not the source's base commit".to_owned());
    }
    if run
        .source
        .token
        .as_ref()
        .is_some_and(|token| !is_header_safe(token.expose()))
    {
        return Err("source.token: must be printable ASCII".to_owned());
    }
    if run.model.api_key.expose().is_empty() || !is_header_safe(run.model.api_key.expose()) {
        return Err("model.apiKey: must be printable ASCII".to_owned());
    }
    if run
        .model
        .name
        .as_deref()
        .is_some_and(|name| name.starts_with('-') || !is_header_safe(name))
    {
        return Err("model.name: is not a model's name".to_owned());
    }
    if run.prompt.allowed_folders.len() > MAX_LIST {
        return Err(format!("prompt.allowedFolders: more than {MAX_LIST}"));
    }
    if run.steers.len() > Steer::MAX_COUNT {
        return Err(format!("steers: more than {}", Steer::MAX_COUNT));
    }
    if let Some(problem) = run.steers.iter().find_map(Steer::problem) {
        return Err(format!("steers: {problem}"));
    }
    if run.verify.len() > MAX_VERIFY_COMMANDS {
        return Err(format!("verify: more than {MAX_VERIFY_COMMANDS}"));
    }
    if !run.verify.iter().all(|line| Verification::is_command(line)) {
        return Err("verify: a command is one line of bounded length".to_owned());
    }
    limits(run)
}

fn limits(run: &RunRequest) -> Result<(), String> {
    let limits = &run.limits;
    if limits.wall_clock.is_zero() || limits.wall_clock > MAX_WALL_CLOCK {
        return Err(format!(
            "limits.wallClockMs: must be above 0 and at most {MAX_WALL_CLOCK:?}"
        ));
    }
    // Written so that NaN is refused.
    if !(limits.max_budget_usd > 0.0 && limits.max_budget_usd <= MAX_BUDGET_USD) {
        return Err(format!(
            "limits.maxBudgetUsd: must be above 0 and at most {MAX_BUDGET_USD}"
        ));
    }
    if limits.max_result_bytes > MAX_RESULT_BYTES {
        return Err(format!(
            "limits.maxResultBytes: must be at most {MAX_RESULT_BYTES}"
        ));
    }
    Ok(())
}

/// Whether `id` is one that a run may have: it becomes a directory's name.
pub fn run_id(id: &str) -> Result<(), String> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if (1..=64).contains(&id.len()) && id.bytes().all(allowed) {
        return Ok(());
    }
    Err("runId: must be 1 to 64 of A-Z a-z 0-9 _ -".to_owned())
}

/// https, or http to this very machine; no credentials, which would end up in logs.
fn address(name: &str, text: &str) -> Result<(), String> {
    let url = Url::parse(text).map_err(|error| format!("{name}: {error}"))?;
    let is_loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
        return Err(format!("{name}: must be https, or http on loopback"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!("{name}: must hold no credentials"));
    }
    Ok(())
}

/// The rules of `git check-ref-format` that matter for a name given to `git fetch`.
fn branch(name: &str) -> Result<(), String> {
    let forbidden = |c: char| c.is_control() || " ~^:?*[\\".contains(c);
    let ok = (1..=255).contains(&name.len())
        && !name.contains(forbidden)
        && !name.contains("..")
        && !name.contains("//")
        && !name.contains("@{")
        && !name.starts_with(['-', '/', '.'])
        && !name.ends_with(['/', '.']);
    if ok {
        Ok(())
    } else {
        Err("source.branch: is not a branch's name".to_owned())
    }
}

fn commit(id: &str) -> Result<(), String> {
    let lower_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    if id.len() == 40 && id.bytes().all(lower_hex) {
        return Ok(());
    }
    Err("source.baseCommit: must be 40 lower-case hex digits".to_owned())
}

fn is_header_safe(text: &str) -> bool {
    text.len() <= 4096 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_could_leave_a_directory_are_refused() {
        for good in ["a", "run-1_B", &"x".repeat(64)] {
            run_id(good).unwrap();
        }
        for bad in ["", ".", "..", "a/b", "a\\b", "a b", "é", &"x".repeat(65)] {
            run_id(bad).unwrap_err();
        }
    }

    #[test]
    fn only_https_and_loopback_http_are_addresses() {
        for good in [
            "https://github.com/acme/shop.git",
            "http://127.0.0.1:1234/acme/shop.git",
            "http://localhost/x",
            "http://[::1]:8/x",
        ] {
            address("url", good).unwrap();
        }
        for bad in [
            "http://github.com/acme/shop.git",
            "http://127.0.0.1.evil.test/x",
            "file:///etc",
            "ext::sh -c id",
            "ssh://git@github.com/acme/shop.git",
            "git@github.com:acme/shop.git",
            "https://user:pass@github.com/acme/shop.git",
            "--upload-pack=id",
            "/etc",
        ] {
            address("url", bad).unwrap_err();
        }
    }

    #[test]
    fn branches_that_could_be_read_as_something_else_are_refused() {
        for good in ["main", "feature/x", "bugbot/SHOP-12-abcd1234"] {
            branch(good).unwrap();
        }
        for bad in [
            "",
            "-x",
            "--upload-pack=id",
            "a:b",
            "a..b",
            "a b",
            "/a",
            "a/",
            "a\n",
            "+a:b",
        ] {
            branch(bad).unwrap_err();
        }
    }

    #[test]
    fn a_commit_is_forty_hex_digits() {
        commit(&"0a".repeat(20)).unwrap();
        for bad in ["HEAD", &"0A".repeat(20), &"0".repeat(39), "--all"] {
            commit(bad).unwrap_err();
        }
    }
}
