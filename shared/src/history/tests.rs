//! The budget, from one long message to any history.

use proptest::prelude::*;

use super::*;
use crate::command::{Command, Options};
use crate::job::{EncodeFault, Interaction, RecentMessage, VERSION};
use crate::reference::References;
use crate::secret::Secret;
use crate::shorten::count;

fn message(id: usize, content: String) -> RecentMessage {
    RecentMessage {
        id: id.to_string().as_str().into(),
        author_id: "1".into(),
        author_name: "Ann".into(),
        author_is_bot: false,
        content,
        timestamp: "2026-01-02T03:04:05Z".parse().unwrap(),
    }
}

fn job(message_content: String, contents: Vec<String>) -> Job {
    Job {
        version: VERSION,
        command: Command::Contextualize(Options::default()),
        discord_context: DiscordContext {
            channel_id: "100".into(),
            thread_id: None,
            message_id: "300".into(),
            user_id: "400".into(),
            user_roles: Vec::new(),
            guild_id: "500".into(),
            message_content,
            message_author: None,
            message_timestamp: None,
            recent_messages: contents
                .into_iter()
                .enumerate()
                .map(|(id, content)| message(id, content))
                .collect(),
            history_trimmed: false,
            history_read: true,
        },
        extracted_refs: References::default(),
        timestamp: "2026-01-02T03:05:00Z".parse().unwrap(),
        interaction: Interaction {
            id: "600".into(),
            application_id: "700".into(),
            token: Secret::new("tok"),
        },
        trace: None,
    }
}

fn ids(job: &Job) -> Vec<usize> {
    job.discord_context
        .recent_messages
        .iter()
        .map(|m| m.id.as_str().parse().unwrap())
        .collect()
}

#[test]
fn a_small_history_travels_whole() {
    let mut small = job("it broke".into(), vec!["a".into(); 100]);
    let before = small.clone();
    fit(&mut small);
    assert_eq!(small, before);
}

#[test]
fn the_oldest_messages_go_first_and_it_says_so() {
    let mut large = job("it broke".into(), vec!["x".repeat(4_000); 50]);
    let bytes = fit(&mut large);
    assert!(bytes <= MAX_BYTES && bytes > MAX_BYTES - 4_200, "{bytes}");
    assert!(large.discord_context.history_trimmed);
    let kept = ids(&large);
    assert_eq!(kept, (50 - kept.len()..50).collect::<Vec<_>>());
    assert_eq!(serde_json::to_string(&large).unwrap().len(), bytes);
}

#[test]
fn more_than_a_page_of_messages_is_trimmed_to_a_page() {
    let mut long = job(String::new(), vec![String::new(); 130]);
    fit(&mut long);
    assert_eq!(ids(&long), (30..130).collect::<Vec<_>>());
    assert!(long.discord_context.history_trimmed);
}

#[test]
fn a_message_that_is_too_long_shows_its_cut_and_stays_between_characters() {
    let crab = "🦀".repeat(9_000);
    let mut long = job(crab.clone(), vec![crab]);
    fit(&mut long);
    for content in [
        &long.discord_context.message_content,
        &long.discord_context.recent_messages[0].content,
    ] {
        assert!(count(content) <= MESSAGE_CHARS);
        let (kept, mark) = content.split_once('\n').unwrap();
        assert_eq!(
            mark,
            format!(
                "[… {} more characters are not shown here]",
                9_000 - count(kept)
            )
        );
        assert!(kept.chars().all(|c| c == '🦀'));
    }
    assert!(
        !long.discord_context.history_trimmed,
        "no message was left out"
    );
}

#[test]
fn a_message_of_the_greatest_length_is_whole() {
    let most = "x".repeat(MESSAGE_CHARS);
    assert_eq!(shortened(&most), None);
    assert!(shortened(&format!("{most}y")).is_some());
}

#[test]
fn a_job_that_is_too_large_without_history_is_refused() {
    let mut huge = job(String::new(), vec!["a".into()]);
    huge.command.options_mut().description = Some("x".repeat(MAX_BYTES));
    assert!(matches!(huge.encode(), Err(EncodeFault::TooLarge { bytes }) if bytes > MAX_BYTES));
}

#[test]
fn every_flagship_limit_fits_at_once() {
    // The worst case that passes the gateway: each byte of text doubled or worse by JSON.
    let mut worst = job(
        "\u{1}".repeat(MESSAGE_CHARS),
        vec!["\u{1}".repeat(MESSAGE_CHARS); 100],
    );
    worst.command.options_mut().description =
        Some("\u{1}".repeat(crate::command::catalogue::DESCRIPTION_CHARS));
    let text = worst.encode().unwrap();
    assert!(text.len() <= MAX_BYTES);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn any_history_fits_and_is_stable(
        target in r#"(?s)([a-z"\\\n🦀]|e\u{301}){0,50}"#,
        repeat in 1_usize..600,
        sizes in prop::collection::vec((r#"(?s).{0,3}["\\\u{1}🦀a]"#, 0_usize..9_000), 0..60),
    ) {
        let contents = sizes.into_iter().map(|(unit, times)| unit.repeat(times)).collect();
        let original = job(target.repeat(repeat), contents);
        let text = original.encode().unwrap();
        prop_assert!(text.len() <= MAX_BYTES);
        let decoded = Job::decode(&text).unwrap();
        let kept = ids(&decoded);
        let all = original.discord_context.recent_messages.len();
        prop_assert_eq!(decoded.discord_context.history_trimmed, kept.len() < all);
        prop_assert_eq!(kept.clone(), (all - kept.len()..all).collect::<Vec<_>>());
        prop_assert_eq!(decoded.encode().unwrap(), text);
    }
}
