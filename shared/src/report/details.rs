//! What does not fit into a message goes along as a file: nothing is cut without a trace, and
//! nothing is spread over many messages.

use crate::discord::message::{Attachment, Embed, Message};
use crate::report::format;
use crate::shorten::{count, shorten};

/// The files of a message, collected while it is written.
#[derive(Debug, Default)]
pub(super) struct Details(Vec<Attachment>);

impl Details {
    /// A text of at most `max` characters: `text`, or the beginning of it, with all of it in the
    /// file `name`.
    pub(super) fn text(&mut self, name: &str, text: &str, max: usize) -> String {
        if count(text) > max {
            self.0.push(Attachment::text(name, text));
        }
        shorten(text, max)
    }

    /// A list of at most `max` lines, with all of them in the file `name` if there are more.
    /// `shown` is how a line looks in the message, `plain` how it looks in the file.
    pub(super) fn list<T>(
        &mut self,
        name: &str,
        items: &[T],
        max: usize,
        shown: impl Fn(&T) -> String,
        plain: impl Fn(&T) -> String,
    ) -> String {
        if items.len() > max {
            let all: Vec<String> = items.iter().map(plain).collect();
            self.0.push(Attachment::text(name, all.join("\n") + "\n"));
        }
        format::list(items.iter().map(shown), max)
    }

    /// The embed, which names the files.
    pub(super) fn named_in(&self, embed: Embed) -> Embed {
        if self.0.is_empty() {
            return embed;
        }
        let names: Vec<String> = self
            .0
            .iter()
            .map(|file| format!("`{}`", file.name()))
            .collect();
        embed.with_field("In full", names.join(", "))
    }

    /// The message with the files.
    pub(super) fn attached_to(self, message: Message) -> Message {
        self.0.into_iter().fold(message, Message::with_file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_needs_no_file() {
        let mut details = Details::default();
        assert_eq!(details.text("a.md", "short", 5), "short");
        let line = |n: &u32| n.to_string();
        assert_eq!(details.list("b.txt", &[1, 2], 2, line, line), "1\n2");
        assert!(details.attached_to(Message::text("x")).files().is_empty());
    }

    #[test]
    fn what_does_not_fit_is_in_a_file_whole() {
        let mut details = Details::default();
        let long = "word ".repeat(100);
        assert!(details.text("a.md", &long, 200).contains("more characters"));
        let shown = details.list("b.txt", &[1, 2, 3], 1, |n| format!("• {n}"), u32::to_string);
        assert_eq!(shown, "• 1\n… and 2 more");
        let message = details.attached_to(Message::text("x"));
        let files: Vec<_> = message.files().iter().map(Attachment::contents).collect();
        assert_eq!(files, [long.as_str(), "1\n2\n3\n"]);
    }
}
