//! Lines of bounded length from a stream that we do not trust.

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};

/// The longest line: an event that quotes a whole file of the agent's own largest size.
const MAX_LINE_BYTES: usize = 4 * 1024 * 1024;

/// The lines of a stream. A longer line than [`MAX_LINE_BYTES`] is skipped.
#[derive(Debug)]
pub(super) struct Lines<R> {
    stream: BufReader<R>,
    line: Vec<u8>,
    is_too_long: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(stream: R) -> Self {
        Self {
            stream: BufReader::new(stream),
            line: Vec::new(),
            is_too_long: false,
        }
    }

    /// The next line without its end; `None` at the end of the stream. Keeps its place when the
    /// future is dropped.
    pub(super) async fn next(&mut self) -> Option<Vec<u8>> {
        loop {
            let Ok(chunk) = self.stream.fill_buf().await else {
                return None;
            };
            if chunk.is_empty() {
                let last = std::mem::take(&mut self.line);
                return (!last.is_empty() && !self.is_too_long).then_some(last);
            }
            let end = chunk.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(chunk.len());
            if self.line.len() + taken > MAX_LINE_BYTES {
                self.is_too_long = true;
                self.line.clear();
            }
            if !self.is_too_long {
                self.line.extend_from_slice(&chunk[..taken]);
            }
            self.stream.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                if !std::mem::take(&mut self.is_too_long) {
                    return Some(line);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn lines(text: &[u8]) -> Vec<String> {
        let mut lines = Lines::new(text);
        let mut all = Vec::new();
        while let Some(line) = lines.next().await {
            all.push(String::from_utf8(line).unwrap());
        }
        all
    }

    #[tokio::test]
    async fn lines_come_whole_with_or_without_a_last_end() {
        assert_eq!(lines(b"a\n\nbc").await, ["a", "", "bc"]);
        assert_eq!(lines(b"").await, [""; 0]);
    }

    #[tokio::test]
    async fn a_line_that_is_too_long_is_skipped_and_the_next_is_not() {
        let long = "x".repeat(MAX_LINE_BYTES + 1);
        let fits = "y".repeat(MAX_LINE_BYTES);
        let text = format!("a\n{long}\n{fits}\nb\n{long}");
        assert_eq!(lines(text.as_bytes()).await, ["a", &fits, "b"]);
    }
}
