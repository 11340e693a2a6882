//! The context packet: what is known about a report, as a comment of its issue (Markdown) and as
//! the terminal message in its thread.

use super::escape::{inline_code, text as escape};
use super::{format, markdown};
use crate::contextualize::{Chosen, Contextualized, Evidence, Hint, Recordings, Report};
use crate::discord::message::{Attachment, Color, Embed, Message};
use crate::job::Job;
use crate::shorten::shorten;

/// The file with the whole packet, where the thread shows a part of it.
const PACKET_FILE: &str = "context.md";
/// The most characters of the report that are quoted.
const MAX_QUOTE_CHARS: usize = 4_000;
/// The most characters of it that are quoted in the thread, where it stands anyway.
const MAX_THREAD_QUOTE_CHARS: usize = 300;

/// The most recordings that are listed in the thread.
const MAX_RECORDINGS: usize = 3;
/// The most hints that are listed there.
const MAX_HINTS: usize = 4;

/// What is known about a report.
#[derive(Debug, Clone, PartialEq)]
pub struct Packet {
    reporter: String,
    quote: String,
    message_link: String,
    at: jiff::Timestamp,
    also: Vec<String>,
    evidence: Evidence,
}

impl Packet {
    /// The packet of a job's report.
    pub fn new(job: &Job, report: &Report, evidence: Evidence) -> Self {
        let references = &report.references;
        let also = [
            references
                .github_repo_url
                .as_ref()
                .map(|url| format!("repository {url}")),
            references
                .github_issue_url
                .as_ref()
                .map(|url| format!("on GitHub {url}")),
            references
                .github_file_url
                .as_ref()
                .map(|url| format!("file {url}")),
            references
                .discord_message_url
                .as_ref()
                .map(|url| format!("message {url}")),
        ];
        Self {
            reporter: report
                .reporter
                .clone()
                .unwrap_or_else(|| format!("Discord user {}", job.discord_context.user_id)),
            quote: report.text.clone(),
            message_link: report.link.clone(),
            at: report.at,
            also: also.into_iter().flatten().collect(),
            evidence,
        }
    }

    /// As a comment in Linear, and as context for an agent.
    pub fn markdown(&self) -> String {
        let mut parts = vec![
            "## Context from Discord".to_owned(),
            format!(
                "**Reported by** {} at {} ([message]({}))",
                markdown::line(&self.reporter),
                self.at.strftime("%Y-%m-%d %H:%M UTC"),
                self.message_link
            ),
            markdown::quote(&shorten(&self.quote, MAX_QUOTE_CHARS)),
        ];
        if !self.also.is_empty() {
            parts.push(format!("**Also mentioned:** {}", self.also.join(", ")));
        }
        parts.push("### Reproduction hints".to_owned());
        parts.push(if self.evidence.hints.is_empty() {
            "None: no events of a matching session are known.".to_owned()
        } else {
            self.evidence
                .hints
                .iter()
                .map(hint_line)
                .collect::<Vec<_>>()
                .join("\n")
        });
        parts.push("### Recordings".to_owned());
        parts.push(match &self.evidence.recordings {
            Recordings::Matched(chosen) => chosen
                .iter()
                .map(recording_line)
                .collect::<Vec<_>>()
                .join("\n"),
            Recordings::None { tried } => {
                let tried: Vec<String> = tried.iter().map(|line| format!("- {line}")).collect();
                format!(
                    "No recording matched. What was tried:\n\n{}",
                    tried.join("\n")
                )
            }
        });
        parts.join("\n\n")
    }

    /// Whether the thread shows all recordings and hints.
    fn fits_the_thread(&self) -> bool {
        let recordings = match &self.evidence.recordings {
            Recordings::Matched(chosen) => chosen.len(),
            Recordings::None { .. } => 0,
        };
        recordings <= MAX_RECORDINGS && self.evidence.hints.len() <= MAX_HINTS
    }

    fn recordings_field(&self) -> String {
        match &self.evidence.recordings {
            Recordings::Matched(chosen) => {
                format::list(chosen.iter().map(short_recording_line), MAX_RECORDINGS)
            }
            Recordings::None { tried } => {
                format!("None matched. {}", escape(&tried.join(" ")))
            }
        }
    }
}

fn recording_line(chosen: &Chosen) -> String {
    let page = chosen
        .start_url
        .as_deref()
        .map_or_else(String::new, |url| format!(", from {}", inline_code(url)));
    let from = chosen
        .offset
        .map_or_else(String::new, |offset| format!(" (from {})", clock(offset)));
    format!(
        "- [{}, {}]({}){from}{page} · chosen: {}",
        chosen.started_at.strftime("%Y-%m-%d %H:%M UTC"),
        format::duration(chosen.duration),
        chosen.link,
        chosen.why
    )
}

fn short_recording_line(chosen: &Chosen) -> String {
    format!(
        "[▶ {} · {}]({}) {}",
        chosen.started_at.strftime("%b %-d, %H:%M"),
        format::duration(chosen.duration),
        chosen.link,
        chosen.why
    )
}

fn hint_line(hint: &Hint) -> String {
    format!(
        "1. [{}]({}) {}",
        clock(hint.offset),
        hint.link,
        markdown::line(&hint.what)
    )
}

/// `3:07`, as players show it.
fn clock(offset: std::time::Duration) -> String {
    let seconds = offset.as_secs();
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// The terminal message of a `contextualize`.
pub fn contextualized(done: &Contextualized) -> Message {
    let issue = &done.issue;
    let packet = &done.packet;
    let verb = if done.created { "Created" } else { "Found" };
    let mut embed = Embed::titled(format!("{}: {}", issue.key, escape(&issue.title)))
        .with_url(&issue.url)
        .with_color(Color::GOOD)
        .with_description(super::escape::quote(&shorten(
            &packet.quote,
            MAX_THREAD_QUOTE_CHARS,
        )))
        .with_inline_field("Reported by", escape(&packet.reporter))
        .with_inline_field("Report", format!("[message]({})", packet.message_link))
        .with_field("Recordings", packet.recordings_field());
    if !packet.evidence.hints.is_empty() {
        let last = packet.evidence.hints.iter().rev().take(MAX_HINTS).rev();
        let lines: Vec<String> = last
            .map(|hint| {
                format!(
                    "[{}]({}) {}",
                    clock(hint.offset),
                    hint.link,
                    escape(&hint.what)
                )
            })
            .collect();
        embed = embed.with_field("Before the report", lines.join("\n"));
    }
    embed = embed.with_field("What next", "`/bugbot fix` has an agent propose a fix.");
    let message = Message::text(format!(
        "✅ {verb} **[{}](<{}>)** and added the context.",
        issue.key, issue.url
    ));
    if packet.fits_the_thread() {
        return message.with_embed(embed);
    }
    message
        .with_embed(embed.with_field("In full", format!("`{PACKET_FILE}`")))
        .with_file(Attachment::text(PACKET_FILE, packet.markdown()))
}
