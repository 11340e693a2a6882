//! How messages and threads come to be and change, whichever route asks for it.

use serde_json::Value;

use super::body::Posted;
use super::message::{Message, THREAD_STARTER};
use super::refusal::Refusal;
use super::state::{ChannelKind, State};

impl State {
    /// Fills a blank message and puts it into its channel.
    pub(super) fn finish_message(
        &mut self,
        mut message: Message,
        posted: &Posted,
    ) -> Result<Value, Refusal> {
        message.write(self, posted);
        if message.is_empty() {
            return Err(Refusal::empty_message());
        }
        let json = self.message_json(&message);
        self.messages.insert(message.id, message);
        Ok(json)
    }

    /// Edits a message in place. The first edit of one that was "thinking" does not show as one.
    pub(super) fn edit_message(&mut self, id: u64, posted: &Posted) -> Result<Value, Refusal> {
        let mut message = self
            .messages
            .get(&id)
            .cloned()
            .ok_or_else(Refusal::unknown_message)?;
        if !message.is_loading() {
            message.edited = Some(self.now());
        }
        message.write(self, posted);
        if message.is_empty() {
            return Err(Refusal::empty_message());
        }
        let json = self.message_json(&message);
        self.messages.insert(id, message);
        Ok(json)
    }

    /// Makes a thread from a message. Such a thread has the id of its message, and its first
    /// message only points to it.
    pub(super) fn start_thread(
        &mut self,
        parent: u64,
        message: u64,
        owner: u64,
        name: &str,
    ) -> Result<(), Refusal> {
        if self.channels.contains_key(&message) {
            return Err(Refusal::thread_exists());
        }
        let kind = ChannelKind::Thread {
            parent,
            owner,
            archived: false,
            locked: false,
        };
        self.add_channel_with_id(message, name, kind);
        let author = self.messages.get(&message).map_or(owner, |m| m.author);
        let mut starter = Message::blank(self, message, author);
        starter.kind = THREAD_STARTER;
        starter.reply_to = Some(message);
        self.messages.insert(starter.id, starter);
        Ok(())
    }
}
