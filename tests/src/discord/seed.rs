//! Fills the server: channels, threads, people and what they said before a story begins.

use serde_json::json;
use shared::id::{ChannelId, MessageId, UserId};

use super::message::Message;
use super::state::{ChannelKind, State};
use super::{Discord, number, number_of};

impl Discord {
    /// The person of that name, who joins if there is none yet.
    pub fn person(&self, name: &str) -> UserId {
        UserId::new(self.lock().person(name).to_string())
    }

    /// A person gets a role in the server.
    pub fn give_role(&self, person: &UserId, role: &str) {
        let mut state = self.lock();
        let user = state.users.get_mut(&number_of(person));
        let user = user.expect("a person of this server");
        user.roles.push(number(role));
    }

    /// A new text channel.
    pub fn channel(&self, name: &str) -> ChannelId {
        ChannelId::new(self.lock().add_channel(name, ChannelKind::Text).to_string())
    }

    /// A new thread in a text channel, opened by `owner`.
    pub fn thread(&self, parent: &ChannelId, name: &str, owner: &UserId) -> ChannelId {
        let kind = ChannelKind::Thread {
            parent: number_of(parent),
            owner: number_of(owner),
            archived: false,
            locked: false,
        };
        ChannelId::new(self.lock().add_channel(name, kind).to_string())
    }

    /// A new thread, made from a message of `parent`: it has that message's id, and its first
    /// message only points to it.
    pub fn thread_from(
        &self,
        parent: &ChannelId,
        message: &MessageId,
        name: &str,
        owner: &UserId,
    ) -> ChannelId {
        let (parent, message) = (number_of(parent), number(message.as_str()));
        let started = self
            .lock()
            .start_thread(parent, message, number_of(owner), name);
        started.expect("the message has no thread yet");
        ChannelId::new(message.to_string())
    }

    /// The conversation of two between `user` and the bot.
    pub fn direct(&self, user: &UserId) -> ChannelId {
        let kind = ChannelKind::Direct {
            with: number_of(user),
        };
        ChannelId::new(self.lock().add_channel("direct", kind).to_string())
    }

    /// A person says something. That wakes a thread that is archived and not locked.
    pub fn say(&self, channel: &ChannelId, author: &UserId, text: &str) -> MessageId {
        let mut state = self.lock();
        let _ = state.writable_channel(number_of(channel));
        let mut message = Message::blank(&mut state, number_of(channel), number_of(author));
        message.write(&mut state, &json!({"content": text}).into());
        let id = MessageId::new(message.id.to_string());
        state.messages.insert(message.id, message);
        id
    }

    /// A conversation: who, and what they say, in order.
    pub fn converse(&self, channel: &ChannelId, lines: &[(&str, &str)]) -> Vec<MessageId> {
        lines
            .iter()
            .map(|(name, text)| self.say(channel, &self.person(name), text))
            .collect()
    }
}

impl State {
    pub(super) fn roles_of(&self, user: u64) -> Vec<String> {
        let user = self.users.get(&user);
        let roles = user.into_iter().flat_map(|user| &user.roles);
        roles.map(ToString::to_string).collect()
    }

    pub(super) fn archive(&mut self, thread: u64, lock: bool) {
        match self.channels.get_mut(&thread).map(|c| &mut c.kind) {
            Some(ChannelKind::Thread {
                archived, locked, ..
            }) => (*archived, *locked) = (true, lock),
            _ => panic!("only a thread can be archived"),
        }
    }
}
