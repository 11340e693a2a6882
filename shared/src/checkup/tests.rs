//! What the checks make of answers. Against the fakes of the services they are run in
//! `tests/tests/stories/checkup.rs`.

use std::time::Duration;

use super::*;
use crate::http::{Request, Response, Unreachable};

struct Offline;

impl Http for Offline {
    async fn send(&self, _: Request, within: Duration) -> Result<Response, Unreachable> {
        Err(Unreachable::TimedOut(within))
    }
}

impl Clock for Offline {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH
    }
}

fn settings(extra: &[(&str, &str)]) -> Result<Settings, BadSettings> {
    let minimum = [
        ("DISCORD_BOT_TOKEN", "bot"),
        ("LINEAR_API_KEY", "lin"),
        ("LINEAR_TEAM_KEY", "ENG"),
        ("GITHUB_TOKEN", "ghp"),
        ("PUBLIC_URL", "https://gateway.test"),
        (
            "MODEL_TOKEN_KEY",
            "a key of more than thirty-two characters",
        ),
    ];
    Settings::from_env(|name| {
        let mut known = extra.iter().chain(&minimum);
        known
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

async fn checked(settings: Result<Settings, BadSettings>) -> Vec<String> {
    let checks = check_up(&Offline, &settings, &CheckUp::default()).await;
    let line = |check: Check| format!("{:?} {}: {}", check.health, check.area, check.name);
    checks.into_iter().map(line).collect()
}

#[tokio::test]
async fn services_that_cannot_be_reached_are_no_reason_to_change_anything() {
    let lines = checked(settings(&[("DEFAULT_REPOSITORY", "acme/shop")])).await;
    let expected = [
        "Ok settings: consumer",
        "Warn Discord: bot token",
        "Warn Linear: API key",
        "Warn PostHog: project",
        "Warn GitHub: allowed repositories",
        "Warn GitHub: acme/shop",
        // Nobody but an App can be asked about it.
        "Ok GitHub: webhook",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn settings_that_cannot_be_used_are_named_and_nothing_is_asked() {
    let lines = checked(settings(&[("LINEAR_TEAM_KEY", ""), ("RUN_TURNS", "0")])).await;
    assert_eq!(
        lines,
        ["Fail settings: consumer", "Fail settings: consumer"]
    );
}

#[tokio::test]
async fn a_credential_that_no_header_can_hold_is_a_failure() {
    let lines = checked(settings(&[("LINEAR_API_KEY", "lin\nX: y")])).await;
    assert_eq!(lines, ["Fail settings: access"]);
}

#[test]
fn a_bucket_that_one_worker_alone_has_is_a_failure_and_none_is_a_note() {
    let found = |gateway: Option<bool>, consumer| {
        let asked = CheckUp {
            keeps_reports: gateway,
            ..CheckUp::default()
        };
        let check = crash_reports(&asked, consumer);
        assert_eq!(check.fix.is_some(), check.health != Health::Ok);
        format!("{:?} {}", check.health, check.found)
    };
    insta::assert_snapshot!(found(Some(true), true), @"Ok a bucket is bound");
    insta::assert_snapshot!(found(Some(false), false), @"Warn no bucket is bound: what a failed run leaves behind goes with its sandbox");
    insta::assert_snapshot!(found(Some(false), true), @"Fail is bound in the consumer only: reports are kept there, and nobody can fetch one");
    insta::assert_snapshot!(found(Some(true), false), @"Fail is bound in the gateway only: no report is kept");
    // A gateway of the last version does not say.
    assert_eq!(found(None, true), found(Some(true), true));
    assert_eq!(found(None, false), found(Some(false), false));
}
