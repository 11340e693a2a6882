//! Golden bytes, tolerance, and every fault.

use insta::assert_snapshot;
use serde_json::{Value, json};

use super::*;
use crate::command::{Command, Options};
use crate::id::IssueKey;
use crate::job::{DiscordContext, Interaction, RecentMessage};
use crate::reference::References;
use crate::secret::Secret;

pub(crate) fn job() -> Job {
    Job {
        version: VERSION,
        command: Command::Fix(Options {
            issue: Some("ENG-7".into()),
            ..Options::default()
        }),
        discord_context: DiscordContext {
            channel_id: "100".into(),
            thread_id: Some("200".into()),
            message_id: "300".into(),
            user_id: "400".into(),
            user_roles: Vec::new(),
            guild_id: "500".into(),
            message_content: "The \"save\" button 🦀\nis dead".into(),
            message_author: None,
            message_timestamp: None,
            recent_messages: vec![RecentMessage {
                id: "299".into(),
                author_id: "401".into(),
                author_name: "Ann".into(),
                author_is_bot: false,
                content: "me too".into(),
                timestamp: "2026-01-02T03:04:05Z".parse().unwrap(),
            }],
            history_trimmed: false,
            history_read: true,
        },
        extracted_refs: References {
            linear_issue_id: Some(IssueKey::new("ENG-7")),
            ..References::default()
        },
        timestamp: "2026-01-02T03:05:00.5Z".parse().unwrap(),
        interaction: Interaction {
            id: "600".into(),
            application_id: "700".into(),
            token: Secret::new("tok"),
        },
        trace: None,
    }
}

fn golden() -> Value {
    serde_json::from_str(&job().encode().unwrap()).unwrap()
}

#[test]
fn the_bytes_on_the_queue() {
    assert_snapshot!(job().encode().unwrap(), @r##"{"version":1,"command":"fix","options":{"issue":"ENG-7"},"discordContext":{"channelId":"100","threadId":"200","messageId":"300","userId":"400","guildId":"500","messageContent":"The \"save\" button 🦀\nis dead","recentMessages":[{"id":"299","authorId":"401","authorName":"Ann","authorIsBot":false,"content":"me too","timestamp":"2026-01-02T03:04:05Z"}],"historyRead":true},"extractedRefs":{"linearIssueId":"ENG-7"},"timestamp":"2026-01-02T03:05:00.5Z","interaction":{"id":"600","applicationId":"700","token":"tok"}}"##);
}

#[test]
fn a_job_survives_the_queue() {
    for verb in crate::command::Verb::ALL {
        let job = Job {
            command: Command::new(verb, job().command.options().clone()),
            ..job()
        };
        assert_eq!(Job::decode(&job.encode().unwrap()), Ok(job));
    }
}

#[test]
fn unknown_fields_are_tolerated_at_every_level() {
    let mut value = golden();
    value["new"] = json!({"a": [1]});
    for part in ["options", "discordContext", "extractedRefs", "interaction"] {
        value[part]["new"] = json!(1);
    }
    value["discordContext"]["recentMessages"][0]["new"] = json!(null);
    assert_eq!(Job::decode(&value.to_string()), Ok(job()));
}

#[test]
fn optional_fields_may_be_missing() {
    let mut value = golden();
    value.as_object_mut().unwrap().remove("options");
    for field in [
        "threadId",
        "recentMessages",
        "historyTrimmed",
        "historyRead",
    ] {
        value["discordContext"]
            .as_object_mut()
            .unwrap()
            .remove(field);
    }
    value["extractedRefs"] = json!({});
    let job = Job::decode(&value.to_string()).unwrap();
    assert_eq!(job.command, Command::Fix(Options::default()));
    assert_eq!(job.thread().as_str(), "100");
    assert!(!job.discord_context.history_read);
}

#[test]
fn text_that_is_no_object_is_not_json() {
    for text in [
        "",
        "{",
        "[]",
        "7",
        "\"a\"",
        "null",
        "{}x",
        &"[".repeat(100_000),
    ] {
        let fault = Job::decode(text).unwrap_err();
        assert!(matches!(fault, DecodeFault::NotJson { .. }), "{fault}");
        assert_eq!(fault.salvage(), Salvage::default());
    }
}

#[test]
fn an_unknown_version_still_says_which_thread_it_is_of() {
    let mut value = golden();
    value["version"] = json!(2);
    value["command"] = json!("teleport");
    let fault = Job::decode(&value.to_string()).unwrap_err();
    assert_eq!(fault.to_string(), "version 2 is not 1");
    assert_eq!(
        fault.salvage(),
        Salvage {
            conversation: Some("200".into()),
            interaction: Some("600".into()),
            application: Some("700".into()),
            command: Some("teleport".into()),
        }
    );
    for version in [json!(null), json!("1"), json!(1.5), json!(-1)] {
        value["version"] = version;
        let fault = Job::decode(&value.to_string()).unwrap_err();
        assert!(matches!(fault, DecodeFault::Version { found: None, .. }));
        assert_eq!(fault.to_string(), "version (none) is not 1");
    }
}

#[test]
fn salvage_takes_the_channel_without_a_thread_and_nothing_of_the_wrong_kind() {
    let mut value = golden();
    value["version"] = json!(2);
    value["discordContext"]["threadId"] = json!(5);
    value["interaction"]["id"] = json!("x".repeat(65));
    let salvage = Job::decode(&value.to_string()).unwrap_err().salvage();
    assert_eq!(salvage.conversation, Some("100".into()));
    assert_eq!(salvage.interaction, None);
    assert_eq!(Job::decode("{}").unwrap_err().salvage(), Salvage::default());
}

/// Every object member of a value, as JSON pointers.
fn members(value: &Value, at: &str, out: &mut Vec<String>) {
    if let Some(object) = value.as_object() {
        for (name, inner) in object {
            let pointer = format!("{at}/{name}");
            members(inner, &pointer, out);
            out.push(pointer);
        }
    }
}

#[test]
fn exactly_the_required_fields_are_missed() {
    let mut all = Vec::new();
    members(&golden(), "", &mut all);
    assert!(all.len() > REQUIRED.len());
    for pointer in all {
        let mut value = golden();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        value
            .pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap()
            .remove(name);
        let decoded = Job::decode(&value.to_string());
        match decoded {
            Ok(_) => assert!(!REQUIRED.contains(&pointer.as_str()), "{pointer}"),
            Err(DecodeFault::Missing { field, .. }) => assert_eq!(field, pointer),
            Err(DecodeFault::Version { .. }) => assert_eq!(pointer, "/version"),
            Err(other) => panic!("{pointer}: {other}"),
        }
    }
}

#[test]
fn a_field_of_the_wrong_form_is_named() {
    for (pointer, wrong) in [
        ("/command", json!("teleport")),
        ("/timestamp", json!("yesterday")),
        ("/discordContext/recentMessages", json!([{}])),
        ("/options", json!([1])),
        ("/discordContext", json!({"channelId": 1})),
    ] {
        let mut value = golden();
        *value.pointer_mut(pointer).unwrap() = wrong;
        let fault = Job::decode(&value.to_string()).unwrap_err();
        assert!(
            matches!(
                fault,
                DecodeFault::Malformed { .. } | DecodeFault::Missing { .. }
            ),
            "{fault:?}"
        );
        assert!(!format!("{fault:?} {fault}").contains("tok\""));
        assert_eq!(fault.salvage().interaction, Some("600".into()));
    }
}
