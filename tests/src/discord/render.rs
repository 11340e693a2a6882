//! A channel as a person would see it, in plain text: for snapshots, the demo and the README.
//!
//! Every line of an embed starts with a square in the nearest colour: the embed's colour bar.
//! Mentions show names, timestamps show times, masked links show their address.

mod text;

use std::fmt::Write;

use serde_json::Value;

use self::text::readable;
use super::answer::{COMPONENT, MODAL_SUBMIT};
use super::message::{
    CHAT_INPUT_COMMAND, CONTEXT_MENU_COMMAND, DEFAULT, Message, SUPPRESS_EMBEDS, THREAD_STARTER,
};
use super::state::{ChannelKind, State};

/// The whole channel, oldest message first.
pub(super) fn transcript(state: &State, channel: u64) -> String {
    let mut out = heading(state, channel);
    for message in state.messages.values().filter(|m| m.channel == channel) {
        out.push('\n');
        out.push_str(&one(state, message));
    }
    out
}

fn heading(state: &State, channel: u64) -> String {
    let Some(channel) = state.channels.get(&channel) else {
        return "(no such channel)\n".to_owned();
    };
    match channel.kind {
        ChannelKind::Text => format!("#{}\n", channel.name),
        ChannelKind::Direct { with } => format!("@{}\n", name(state, with)),
        ChannelKind::Thread {
            parent, archived, ..
        } => {
            let parent = state.channels.get(&parent).map_or("?", |p| p.name.as_str());
            let archived = if archived { " (archived)" } else { "" };
            format!("#{parent} › {}{archived}\n", channel.name)
        }
    }
}

/// One message: a line of who and when, then what it shows, indented.
fn one(state: &State, message: &Message) -> String {
    let mut lines = Vec::new();
    lines.extend(before(state, message));
    lines.push(byline(state, message));
    // A thread's first message only points to the one that the thread was made from.
    let original = message.reply_to.and_then(|id| state.messages.get(&id));
    let shown = if message.kind == THREAD_STARTER {
        original.unwrap_or(message)
    } else {
        message
    };
    let mut body = Vec::new();
    if shown.is_loading() {
        body.push(format!("{} is thinking…", name(state, shown.author)));
    }
    body.extend(readable(state, &shown.content).lines().map(str::to_owned));
    let is_bare = shown.flags & SUPPRESS_EMBEDS != 0;
    for embed in shown.embeds.iter().filter(|_| !is_bare) {
        body.extend(self::embed(state, embed));
    }
    for attachment in &shown.attachments {
        body.push(format!(
            "[file] {} ({} bytes)",
            attachment.name,
            attachment.content.len()
        ));
    }
    body.extend(shown.components.iter().map(row));
    lines.extend(
        body.iter()
            .map(|line| format!("  {line}").trim_end().to_owned()),
    );
    lines.join("\n") + "\n"
}

/// What stands above a message: the command that it answers, or the message that it replies to.
fn before(state: &State, message: &Message) -> Option<String> {
    let interaction = message
        .interaction
        .and_then(|id| state.interactions.values().find(|i| i.id == id));
    if let (CHAT_INPUT_COMMAND | CONTEXT_MENU_COMMAND, Some(interaction)) =
        (message.kind, interaction)
    {
        return Some(format!(
            "╭ {} used {}",
            name(state, interaction.user),
            interaction.label
        ));
    }
    // Discord shows the message that was pressed, and not the button; a reader wants both.
    if let (DEFAULT, Some(interaction)) = (message.kind, interaction) {
        let who = name(state, interaction.user);
        match interaction.kind {
            COMPONENT => return Some(format!("╭ {who} pressed [ {} ]", interaction.label)),
            MODAL_SUBMIT => return Some(format!("╭ {who} sent “{}”", interaction.label)),
            _ => {}
        }
    }
    let original = message.reply_to.filter(|_| message.kind == DEFAULT)?;
    let Some(original) = state.messages.get(&original) else {
        return Some("╭ (original message was deleted)".to_owned());
    };
    let first_line = original.content.lines().next().unwrap_or_default();
    Some(format!("╭ {}: {first_line}", name(state, original.author)))
}

fn byline(state: &State, message: &Message) -> String {
    let mut line = name(state, message.author);
    if state.users.get(&message.author).is_some_and(|u| u.bot) {
        line.push_str(" [BOT]");
    }
    let _ = write!(line, "  {}", message.created.strftime("%H:%M"));
    if message.edited.is_some() {
        line.push_str(" (edited)");
    }
    if let Some(user) = message.only_for {
        let _ = write!(line, "  (only {} can see this)", name(state, user));
    }
    line
}

fn name(state: &State, user: u64) -> String {
    state
        .users
        .get(&user)
        .map_or_else(|| "Deleted User".to_owned(), |u| u.name.clone())
}

fn embed(state: &State, embed: &Value) -> Vec<String> {
    let text = |value: &Value| readable(state, value.as_str().unwrap_or_default());
    let mut lines: Vec<String> = Vec::new();
    lines.extend(linked(
        text(&embed["author"]["name"]),
        &embed["author"]["url"],
    ));
    lines.extend(linked(text(&embed["title"]), &embed["url"]));
    lines.extend(text(&embed["description"]).lines().map(str::to_owned));
    lines.extend(fields(
        state,
        embed["fields"].as_array().map_or(&[][..], Vec::as_slice),
    ));
    for key in ["image", "thumbnail"] {
        lines.extend(
            embed[key]["url"]
                .as_str()
                .map(|url| format!("[{key}] {url}")),
        );
    }
    let footer = text(&embed["footer"]["text"]);
    let at = embed["timestamp"]
        .as_str()
        .and_then(|t| t.parse::<jiff::Timestamp>().ok());
    let at = at.map(|at| at.strftime("%Y-%m-%d %H:%M").to_string());
    let foot: Vec<String> = [Some(footer).filter(|f| !f.is_empty()), at]
        .into_iter()
        .flatten()
        .collect();
    if !foot.is_empty() {
        lines.push(foot.join(" • "));
    }
    let bar = square(embed["color"].as_u64());
    lines
        .iter()
        .map(|line| format!("{bar} {line}").trim_end().to_owned())
        .collect()
}

fn linked(text: String, url: &Value) -> Option<String> {
    let text = Some(text).filter(|t| !t.is_empty())?;
    Some(
        url.as_str()
            .map_or_else(|| text.clone(), |url| format!("{text} ⟨{url}⟩")),
    )
}

/// Up to three inline fields share a row; others have a heading and their value below.
fn fields(state: &State, fields: &[Value]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut row: Vec<String> = Vec::new();
    for field in fields {
        let text = |key: &str| readable(state, field[key].as_str().unwrap_or_default());
        if field["inline"] == true && !text("value").contains('\n') {
            if row.len() == 3 {
                lines.push(std::mem::take(&mut row).join(" │ "));
            }
            row.push(format!("{}: {}", text("name"), text("value")));
            continue;
        }
        if !row.is_empty() {
            lines.push(std::mem::take(&mut row).join(" │ "));
        }
        lines.push(format!("▸ {}", text("name")));
        lines.extend(text("value").lines().map(|line| format!("  {line}")));
    }
    if !row.is_empty() {
        lines.push(row.join(" │ "));
    }
    lines
}

fn row(row: &Value) -> String {
    let components = row["components"].as_array().map_or(&[][..], Vec::as_slice);
    components
        .iter()
        .map(component)
        .collect::<Vec<_>>()
        .join(" ")
}

fn component(component: &Value) -> String {
    let emoji = component["emoji"]["name"]
        .as_str()
        .map(|e| format!("{e} "))
        .unwrap_or_default();
    let label = component["label"]
        .as_str()
        .or(component["placeholder"].as_str())
        .unwrap_or_default();
    let arrow = component["url"]
        .as_str()
        .map(|url| format!(" ↗ {url}"))
        .unwrap_or_default();
    let disabled = if component["disabled"] == true {
        " (disabled)"
    } else {
        ""
    };
    let list = if component["type"] == 3 { " ▾" } else { "" };
    format!("[ {emoji}{label}{arrow}{disabled}{list} ]")
}

/// The square whose colour is nearest.
fn square(color: Option<u64>) -> char {
    const SQUARES: [(char, [i64; 3]); 8] = [
        ('🟥', [0xDD, 0x2E, 0x44]),
        ('🟧', [0xF4, 0x90, 0x0C]),
        ('🟨', [0xFD, 0xCB, 0x58]),
        ('🟩', [0x57, 0xC2, 0x6A]),
        ('🟦', [0x55, 0x7C, 0xF0]),
        ('🟪', [0x9B, 0x59, 0xB6]),
        ('⬜', [0xE6, 0xE7, 0xE8]),
        ('⬛', [0x2B, 0x2D, 0x31]),
    ];
    let [.., b2, b1, b0] = color.unwrap_or(0x2B_2D31).to_be_bytes().map(i64::from);
    let distance = |[r, g, b]: [i64; 3]| (r - b2).pow(2) + (g - b1).pow(2) + (b - b0).pow(2);
    SQUARES
        .into_iter()
        .min_by_key(|(_, rgb)| distance(*rgb))
        .map_or('⬛', |(square, _)| square)
}
