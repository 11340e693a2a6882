//! What a channel reads when a hook has brought something.

use super::escape;
use crate::discord::message::Message;
use crate::hooks::edge::Alert;
use crate::shorten::shorten;

/// What is shown of an alert; its issue has more.
const MAX_LINES: usize = 15;
const MAX_CHARS: usize = 800;

/// The message at which the thread of an alert is begun. The first line has the mark by which it is
/// found again.
pub fn alert(alert: &Alert) -> Message {
    let mark = alert.interaction();
    let head = format!("-# 🔔 {} · {}", escape::text(&alert.route), mark.as_str());
    let text = shorten(&alert.text, MAX_CHARS);
    let lines = text
        .lines()
        .map(|line| format!("> {}", escape::text(line)))
        .collect::<Vec<_>>();
    let lines = super::format::list(lines.into_iter(), MAX_LINES);
    Message::text(format!("{head}\n{lines}")).without_previews()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::hooks::EventId;
    use crate::id::{ChannelId, GuildId};

    fn shown(text: &str) -> String {
        let alert_of = Alert::new(
            EventId::of([7; 16]),
            "sentry-prod",
            GuildId::new("1"),
            ChannelId::new("2"),
            text.to_owned(),
            Timestamp::UNIX_EPOCH,
        );
        let message = serde_json::to_value(alert(&alert_of)).unwrap();
        message["content"].as_str().unwrap().to_owned()
    }

    #[test]
    fn an_alert_is_quoted_and_does_nothing() {
        let text = "TypeError: **x** is null\n# @everyone [a](https://x.test)";
        let shown = shown(text).replace('\u{200b}', "⟨⟩");
        insta::assert_snapshot!(shown, @r"
        -# 🔔 sentry-prod · hook-07070707070707070707070707070707
        > TypeError: \*\*x\*\* is null
        > \# @⟨⟩everyone \[a](https://x.test)
        ");
    }

    #[test]
    fn a_long_alert_keeps_its_mark() {
        let long = shown(&"*\n".repeat(5_000));
        assert!(long.starts_with("-# 🔔 sentry-prod · hook-0707"), "{long}");
        assert!(long.contains("and 373 more"), "{long}");
    }
}
