//! Discord's markup as it shows: names for mentions, times for timestamps, addresses for links.

use std::fmt::Write;

use jiff::{SignedDuration, Timestamp};
use shared::ports::Clock;

use crate::discord::state::State;

pub(super) fn readable(state: &State, text: &str) -> String {
    links(&tags(state, text))
}

/// `<@1>`, `<#1>`, `<t:1:R>` and `<https://…>`; anything else in brackets stays.
fn tags(state: &State, text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, inside, after)) = bracketed(rest) {
        out.push_str(before);
        if let Some(shown) = tag(state, inside) {
            out.push_str(&shown);
            rest = after;
        } else {
            // Only the bracket is passed over: a tag may start within.
            out.push('<');
            rest = &rest[before.len() + 1..];
        }
    }
    out + rest
}

fn bracketed(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once('<')?;
    let (inside, after) = rest.split_once('>')?;
    Some((before, inside, after))
}

fn tag(state: &State, inside: &str) -> Option<String> {
    if inside.starts_with("https://") || inside.starts_with("http://") {
        return Some(inside.to_owned());
    }
    if let Some(id) = inside.strip_prefix('@') {
        return state
            .users
            .get(&id.parse().ok()?)
            .map(|u| format!("@{}", u.name));
    }
    if let Some(id) = inside.strip_prefix('#') {
        return state
            .channels
            .get(&id.parse().ok()?)
            .map(|c| format!("#{}", c.name));
    }
    let (seconds, style) = inside
        .strip_prefix("t:")?
        .split_once(':')
        .unwrap_or((&inside[2..], "f"));
    let at = Timestamp::from_second(seconds.parse().ok()?).ok()?;
    Some(match style {
        "R" => relative(at.duration_since(state.clock.now())),
        "t" => at.strftime("%H:%M").to_string(),
        "T" => at.strftime("%H:%M:%S").to_string(),
        "d" | "D" => at.strftime("%Y-%m-%d").to_string(),
        _ => at.strftime("%Y-%m-%d %H:%M").to_string(),
    })
}

fn relative(ahead: SignedDuration) -> String {
    let seconds = ahead.as_secs().abs();
    let (count, unit) = match seconds {
        0..60 => (seconds, "second"),
        60..3_600 => (seconds / 60, "minute"),
        3_600..86_400 => (seconds / 3_600, "hour"),
        _ => (seconds / 86_400, "day"),
    };
    let plural = if count == 1 { "" } else { "s" };
    if ahead.is_negative() {
        format!("{count} {unit}{plural} ago")
    } else {
        format!("in {count} {unit}{plural}")
    }
}

/// `[text](address)` becomes `text ⟨address⟩`.
fn links(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(middle) = rest.find("](http") {
        let Some(start) = rest[..middle].rfind('[') else {
            break;
        };
        let Some(length) = rest[middle..].find(')') else {
            break;
        };
        let (label, address) = (&rest[start + 1..middle], &rest[middle + 2..middle + length]);
        out.push_str(&rest[..start]);
        let _ = write!(out, "{label} ⟨{address}⟩");
        rest = &rest[middle + length + 1..];
    }
    out + rest
}
