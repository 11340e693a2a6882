//! What an answer says about the tokens that it took, read as it passes: a stream of events or
//! one whole message.

use serde_json::Value;

/// The longest line that is looked at. The events that count are short; a whole message is one
/// line of at most some hundred thousand bytes.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// Tokens by what they cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Input that is read for the first time.
    pub input: u64,
    /// Output, thoughts included.
    pub output: u64,
    /// Input that is kept for five minutes.
    pub cache_write_5m: u64,
    /// Input that is kept for an hour.
    pub cache_write_1h: u64,
    /// Input that was kept.
    pub cache_read: u64,
}

impl Usage {
    /// Everything that the model read.
    pub fn all_input(&self) -> u64 {
        [
            self.input,
            self.cache_write_5m,
            self.cache_write_1h,
            self.cache_read,
        ]
        .into_iter()
        .fold(0, u64::saturating_add)
    }

    /// The events of an answer repeat some numbers, always as totals: the largest counts.
    #[must_use]
    fn with(self, usage: &Value) -> Self {
        let tokens = |value: &Value| value.as_u64().unwrap_or_default();
        let kept = &usage["cache_creation"];
        let brief = tokens(&kept["ephemeral_5m_input_tokens"]);
        let written = tokens(&usage["cache_creation_input_tokens"]);
        // What is not said to be kept for five minutes costs what an hour costs.
        let long = tokens(&kept["ephemeral_1h_input_tokens"]).max(written.saturating_sub(brief));
        Self {
            input: self.input.max(tokens(&usage["input_tokens"])),
            output: self.output.max(tokens(&usage["output_tokens"])),
            cache_write_5m: self.cache_write_5m.max(brief),
            cache_write_1h: self.cache_write_1h.max(long),
            cache_read: self
                .cache_read
                .max(tokens(&usage["cache_read_input_tokens"])),
        }
    }
}

/// Reads an answer.
#[derive(Debug, Default)]
pub struct Reader {
    /// The line that is not complete yet.
    pending: Vec<u8>,
    model: String,
    usage: Option<Usage>,
    is_complete: bool,
}

impl Reader {
    /// Reads on.
    pub fn read(&mut self, mut bytes: &[u8]) {
        while let Some(end) = bytes.iter().position(|byte| *byte == b'\n') {
            let (line, rest) = bytes.split_at(end);
            self.keep(line);
            let line = std::mem::take(&mut self.pending);
            self.line(&line);
            bytes = &rest[1..];
        }
        self.keep(bytes);
    }

    /// There is no more: a message that came whole ends without a line end.
    pub fn end(&mut self) {
        let line = std::mem::take(&mut self.pending);
        self.line(&line);
    }

    /// The tokens so far, if the answer has said anything about them.
    pub fn usage(&self) -> Option<Usage> {
        self.usage
    }

    /// The model that answers.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the answer has told its last numbers.
    pub fn is_complete(&self) -> bool {
        self.is_complete
    }

    fn keep(&mut self, bytes: &[u8]) {
        let room = MAX_LINE_BYTES.saturating_sub(self.pending.len());
        self.pending
            .extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    fn line(&mut self, line: &[u8]) {
        let data = line.strip_prefix(b"data:").unwrap_or(line);
        // Most events carry a piece of text, and are not worth parsing.
        let counts = |word: &[u8]| data.windows(word.len()).any(|window| window == word);
        if !counts(b"\"usage\"") {
            return;
        }
        let Ok(event) = serde_json::from_slice::<Value>(data) else {
            return;
        };
        let message = if event["message"].is_object() {
            &event["message"]
        } else {
            &event
        };
        if !message["usage"].is_object() {
            return;
        }
        if let Some(model) = message["model"].as_str() {
            model.clone_into(&mut self.model);
        }
        self.usage = Some(self.usage.unwrap_or_default().with(&message["usage"]));
        // A stream's last numbers come with the reason why it stopped, as a message's do.
        let stopped = [&event["delta"]["stop_reason"], &event["stop_reason"]];
        self.is_complete |= stopped.iter().any(|reason| reason.is_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: &str = r#"data: {"type":"message_start","message":{"model":"claude-sonnet-5-5","stop_reason":null,"usage":{"input_tokens":10,"cache_creation_input_tokens":500,"cache_creation":{"ephemeral_5m_input_tokens":400,"ephemeral_1h_input_tokens":100},"cache_read_input_tokens":2000,"output_tokens":1}}}"#;
    const TEXT: &str = r#"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"usage \"usage\": {}"}}"#;
    const DELTA: &str = r#"data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":300}}"#;

    fn stream() -> String {
        format!(
            "event: message_start\n{START}\n\n{TEXT}\n\nevent: message_delta\n{DELTA}\n\ndata: {{\"type\":\"message_stop\"}}\n\n"
        )
    }

    fn whole() -> Usage {
        Usage {
            input: 10,
            output: 300,
            cache_write_5m: 400,
            cache_write_1h: 100,
            cache_read: 2_000,
        }
    }

    #[test]
    fn a_stream_says_the_same_however_it_is_cut() {
        let stream = stream();
        for size in [1, 7, 64, stream.len()] {
            let mut reader = Reader::default();
            for piece in stream.as_bytes().chunks(size) {
                reader.read(piece);
            }
            assert_eq!(reader.usage(), Some(whole()), "in pieces of {size}");
            assert!(reader.is_complete());
            assert_eq!(reader.model(), "claude-sonnet-5-5");
        }
    }

    #[test]
    fn a_stream_that_breaks_off_is_not_complete() {
        let mut reader = Reader::default();
        reader.read(format!("{START}\n\n{TEXT}\n\n").as_bytes());
        reader.end();
        assert!(!reader.is_complete());
        assert_eq!(reader.usage().unwrap().output, 1);
    }

    #[test]
    fn a_whole_message_is_read_at_its_end() {
        let mut reader = Reader::default();
        let message = r#"{"model":"m","content":[],"stop_reason":"end_turn","usage":{"input_tokens":7,"output_tokens":2,"cache_creation_input_tokens":5}}"#;
        reader.read(message.as_bytes());
        assert_eq!(reader.usage(), None);
        reader.end();
        // Kept for who knows how long: that is counted at the dearer price.
        let expected = Usage {
            input: 7,
            output: 2,
            cache_write_1h: 5,
            ..Usage::default()
        };
        assert_eq!(reader.usage(), Some(expected));
        assert!(reader.is_complete());
    }

    #[test]
    fn anything_else_says_nothing() {
        let mut reader = Reader::default();
        reader.read(b"<html>\ndata: [DONE]\ndata: {\"usage\":3}\n\"usage\"\n\xff\xfe");
        reader.end();
        assert_eq!(reader.usage(), None);
        assert!(!reader.is_complete());
    }
}
