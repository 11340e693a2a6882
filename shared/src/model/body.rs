//! What a request to the model asks for, and the most that it can cost.
//!
//! Only what bounds the price is read. A token is at least one byte of the request, so that its
//! length bounds the input; pictures, whose tokens depend on their size and not on their bytes,
//! come on top. Whatever the service itself would add to the bill (its own tools, files behind
//! addresses, faster or regional computers) is refused. A field that is there twice is refused as
//! well: whichever of the two counts, the other was not looked at.

use serde::Deserialize;
use serde::de::IgnoredAny;

use super::{Prices, Refused};
use crate::money::Money;

/// The most tokens of a picture, whatever its size.
/// <https://platform.claude.com/docs/en/build-with-claude/vision>
const MAX_PICTURE_TOKENS: u64 = 10_000;
/// What the service adds to a request that has tools, and around its messages.
const OVERHEAD_TOKENS: u64 = 5_000;
/// Tools of the service's making that the client runs: they cost their tokens, and no more.
const CLIENT_TOOLS: [&str; 4] = ["bash_", "text_editor_", "memory_", "computer_"];

/// A request, as far as it bounds its price.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The model.
    pub model: String,
    /// The most tokens of its answer.
    pub max_output: u64,
    /// The most tokens of what it reads.
    pub max_input: u64,
}

#[derive(Deserialize)]
struct Body {
    model: String,
    max_tokens: Option<u64>,
    messages: Vec<Message>,
    #[serde(default)]
    system: Option<Content>,
    #[serde(default)]
    tools: Vec<Kind>,
    #[serde(default)]
    speed: Option<String>,
    #[serde(default)]
    inference_geo: Option<String>,
    #[serde(default)]
    mcp_servers: Vec<IgnoredAny>,
    #[serde(default)]
    container: Option<IgnoredAny>,
    #[serde(default)]
    context_management: Option<ContextManagement>,
}

#[derive(Deserialize)]
struct Message {
    content: Content,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Content {
    Text(#[expect(dead_code, reason = "that it is text and no block is all that counts")] String),
    Blocks(Vec<Block>),
}

#[derive(Deserialize)]
struct Block {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    source: Option<Kind>,
    #[serde(default)]
    content: Option<Content>,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type", default)]
    kind: Option<String>,
}

#[derive(Deserialize)]
struct ContextManagement {
    #[serde(default)]
    edits: Vec<Kind>,
}

impl Wish {
    /// Reads a request to `/v1/messages`.
    pub fn read(body: &[u8]) -> Result<Self, Refused> {
        let asked: Body = serde_json::from_slice(body)
            .map_err(|error| Refused::Unbounded(format!("it cannot be read: {error}")))?;
        let unbounded = |what: &str| Err(Refused::Unbounded(what.to_owned()));
        let Some(max_output) = asked.max_tokens else {
            return unbounded("it has no max_tokens");
        };
        if asked.speed.is_some_and(|speed| speed != "standard") {
            return unbounded("a faster speed costs more");
        }
        if asked.inference_geo.is_some_and(|place| place != "global") {
            return unbounded("a region costs more");
        }
        if !asked.mcp_servers.is_empty() || asked.container.is_some() {
            return unbounded("the service would run more than the model");
        }
        let runs_at_the_service = |tool: &Kind| {
            let kind = tool.kind.as_deref().unwrap_or("custom");
            kind != "custom" && !CLIENT_TOOLS.iter().any(|known| kind.starts_with(known))
        };
        if asked.tools.iter().any(runs_at_the_service) {
            return unbounded("the service itself would run a tool");
        }
        let edits = asked.context_management.into_iter().flat_map(|it| it.edits);
        let mut edits = edits.filter_map(|edit| edit.kind);
        if edits.any(|kind| kind.starts_with("compact")) {
            return unbounded("the service would summarise, which is a call of its own");
        }
        let contents = asked.messages.iter().map(|message| &message.content);
        let mut pictures = 0;
        for content in contents.chain(&asked.system) {
            if let Content::Blocks(blocks) = content {
                pictures += count_pictures(blocks)?;
            }
        }
        Ok(Self {
            model: asked.model,
            max_output,
            max_input: body.len() as u64 + OVERHEAD_TOKENS + pictures * MAX_PICTURE_TOKENS,
        })
    }

    /// The most that it can cost.
    pub fn most(&self, prices: &Prices) -> Result<Money, Refused> {
        prices
            .most(&self.model, self.max_input, self.max_output)
            .ok_or_else(|| Refused::UnknownModel(self.model.clone()))
    }
}

fn count_pictures(blocks: &[Block]) -> Result<u64, Refused> {
    let mut pictures = 0;
    for block in blocks {
        let source = block.source.as_ref().map(|source| source.kind.as_deref());
        match (block.kind.as_str(), source) {
            ("image", Some(Some("base64"))) => pictures += 1,
            ("document", Some(Some("text" | "content"))) | (_, None) => {}
            (kind, _) => {
                let what = format!("nobody can tell how long its {kind} is");
                return Err(Refused::Unbounded(what));
            }
        }
        if let Some(Content::Blocks(inside)) = &block.content {
            pictures += count_pictures(inside)?;
        }
    }
    Ok(pictures)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn asked() -> Value {
        json!({
            "model": "claude-sonnet-5-5",
            "max_tokens": 1000,
            "stream": true,
            "system": [{"type": "text", "text": "Be brief.", "cache_control": {"type": "ephemeral"}}],
            "tools": [{"name": "Read", "input_schema": {}}, {"type": "bash_20250124", "name": "bash"}],
            "thinking": {"type": "adaptive"},
            "context_management": {"edits": [{"type": "clear_thinking_20251015"}]},
            "messages": [
                {"role": "user", "content": "Hello"},
                {"role": "assistant", "content": [
                    {"type": "tool_use", "id": "1", "name": "Read", "input": {"type": "url", "source": "x"}}
                ]},
                {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": [
                    {"type": "image", "source": {"type": "base64", "data": "AAAA"}}
                ]}]}
            ]
        })
    }

    fn read(body: &Value) -> Result<Wish, Refused> {
        Wish::read(&serde_json::to_vec(body).unwrap())
    }

    #[test]
    fn a_request_costs_at_most_its_bytes_and_pictures_and_its_longest_answer() {
        let length = serde_json::to_vec(&asked()).unwrap().len() as u64;
        let wish = read(&asked()).unwrap();
        assert_eq!(wish.max_output, 1000);
        assert_eq!(
            wish.max_input,
            length + OVERHEAD_TOKENS + MAX_PICTURE_TOKENS
        );
        let dear = Money::micros((wish.max_input * 4) + 1000 * 10);
        assert_eq!(wish.most(&Prices::default()), Ok(dear));
    }

    #[test]
    fn what_the_bytes_do_not_bound_is_refused() {
        let picture = |source: Value| json!([{"role": "user", "content": [{"type": "image", "source": source}]}]);
        for (field, value) in [
            ("max_tokens", json!(null)),
            ("speed", json!("fast")),
            ("inference_geo", json!("us")),
            ("mcp_servers", json!([{"url": "https://x.test"}])),
            ("container", json!("c")),
            (
                "tools",
                json!([{"type": "web_search_20250305", "name": "web_search"}]),
            ),
            (
                "context_management",
                json!({"edits": [{"type": "compact_20260112"}]}),
            ),
            (
                "messages",
                picture(json!({"type": "url", "url": "https://x.test/p.png"})),
            ),
            ("messages", picture(json!({"type": "file", "file_id": "f"}))),
            (
                "messages",
                json!([{"role": "user", "content": [
                    {"type": "document", "source": {"type": "base64", "data": "JVBERi0="}}
                ]}]),
            ),
        ] {
            let mut body = asked();
            body[field] = value;
            assert!(matches!(read(&body), Err(Refused::Unbounded(_))), "{body}");
        }
    }

    #[test]
    fn a_field_that_is_there_twice_is_refused() {
        let twice = br#"{"model":"m","max_tokens":1,"messages":[],"max_tokens":100000}"#;
        assert!(matches!(Wish::read(twice), Err(Refused::Unbounded(_))));
        assert!(Wish::read(b"").is_err() && Wish::read(b"[]").is_err());
    }

    #[test]
    fn a_model_without_a_price_is_refused_by_its_name() {
        let mut body = asked();
        body["model"] = json!("claude-next");
        let refused = read(&body).unwrap().most(&Prices::default());
        assert_eq!(
            refused,
            Err(Refused::UnknownModel("claude-next".to_owned()))
        );
    }
}
