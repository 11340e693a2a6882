//! What a request to the Messages API says, and the rules that the service holds it to.

use std::collections::BTreeSet;

use serde_json::Value;

use super::ToolResult;
use super::refusal::Refusal;

/// A request body that the service would take.
#[derive(Debug, Clone)]
pub(super) struct Conversation(Value);

impl Conversation {
    /// Refuses in the service's words what the service would refuse.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Refusal> {
        let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(body) else {
            return Err(Refusal::invalid("The request body is not valid JSON"));
        };
        let conversation = Self(body);
        conversation.check_fields()?;
        conversation.check_messages()?;
        Ok(conversation)
    }

    fn check_fields(&self) -> Result<(), Refusal> {
        if self.model().is_empty() {
            return Err(Refusal::invalid("model: Field required"));
        }
        if self.0["max_tokens"]
            .as_u64()
            .is_none_or(|tokens| tokens == 0)
        {
            return Err(Refusal::invalid("max_tokens: must be a positive integer"));
        }
        if self.messages().is_empty() {
            return Err(Refusal::invalid(
                "messages: at least one message is required",
            ));
        }
        for tool in self.0["tools"].as_array().into_iter().flatten() {
            if tool["name"].as_str().is_none_or(str::is_empty) {
                return Err(Refusal::invalid("tools: name: Field required"));
            }
        }
        Ok(())
    }

    /// Every tool use is answered in the next user message, and nothing else is.
    fn check_messages(&self) -> Result<(), Refusal> {
        let mut open = BTreeSet::new();
        for (number, message) in self.messages().iter().enumerate() {
            match message["role"].as_str() {
                Some("user") => {
                    for id in ids_of(message, "tool_result", "tool_use_id") {
                        if !open.remove(id) {
                            return Err(Refusal::invalid(format!(
                                "messages.{number}: unexpected `tool_use_id` {id} found in \
                                 `tool_result` blocks"
                            )));
                        }
                    }
                }
                Some("assistant") if number > 0 => {
                    open.extend(ids_of(message, "tool_use", "id"));
                    continue;
                }
                // Instructions of the client in the middle of a conversation.
                Some("system") => continue,
                _ => {
                    return Err(Refusal::invalid(format!(
                        "messages.{number}: unexpected role"
                    )));
                }
            }
            if let Some(id) = open.first() {
                return Err(Refusal::invalid(format!(
                    "messages.{number}: `tool_use` id {id} was found without a `tool_result` \
                     block immediately after"
                )));
            }
        }
        Ok(())
    }

    fn messages(&self) -> &[Value] {
        self.0["messages"].as_array().map_or(&[], Vec::as_slice)
    }

    pub(super) fn model(&self) -> &str {
        self.0["model"].as_str().unwrap_or_default()
    }

    pub(super) fn wants_stream(&self) -> bool {
        self.0["stream"] == true
    }

    pub(super) fn offers_tools(&self) -> bool {
        self.0["tools"]
            .as_array()
            .is_some_and(|tools| !tools.is_empty())
    }

    /// About four bytes a token is what English and code come to.
    pub(super) fn input_tokens(&self) -> usize {
        self.0.to_string().len() / 4
    }

    /// How many turns the model has taken.
    pub(super) fn turns_taken(&self) -> usize {
        self.messages()
            .iter()
            .filter(|message| message["role"] == "assistant")
            .count()
    }

    /// The text of the first user message.
    pub(super) fn first_words(&self) -> String {
        let first = self
            .messages()
            .iter()
            .find(|message| message["role"] == "user");
        first
            .map(|message| text_of(&message["content"]))
            .unwrap_or_default()
    }

    /// The directory that the client says it works in.
    pub(super) fn working_directory(&self) -> Option<String> {
        const LABEL: &str = "Primary working directory: ";
        let everything = self
            .messages()
            .iter()
            .map(|message| text_of(&message["content"]))
            .chain([text_of(&self.0["system"])]);
        for text in everything {
            if let Some((_, rest)) = text.split_once(LABEL) {
                return rest.lines().next().map(|line| line.trim().to_owned());
            }
        }
        None
    }

    /// The tool results in the last user message.
    pub(super) fn last_tool_results(&self) -> Vec<ToolResult> {
        let last = self
            .messages()
            .iter()
            .rfind(|message| message["role"] == "user");
        let blocks = last.and_then(|message| message["content"].as_array());
        blocks
            .into_iter()
            .flatten()
            .filter(|block| block["type"] == "tool_result")
            .map(|block| ToolResult {
                id: block["tool_use_id"].as_str().unwrap_or_default().to_owned(),
                text: text_of(&block["content"]),
                is_error: block["is_error"] == true,
            })
            .collect()
    }
}

fn ids_of<'a>(message: &'a Value, kind: &str, field: &str) -> Vec<&'a str> {
    let blocks = message["content"].as_array().into_iter().flatten();
    blocks
        .filter(|b| b["type"] == kind)
        .filter_map(|b| b[field].as_str())
        .collect()
}

/// The text of a content that is a string or a list of blocks.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(blocks) => {
            let texts = blocks.iter().filter_map(|block| block["text"].as_str());
            texts.collect::<Vec<_>>().join("\n")
        }
        _ => String::new(),
    }
}
