//! A long text as several messages: nothing is lost, and each part reads on its own.
//!
//! A part ends, in this order of preference, after a paragraph, a line, a word, a grapheme. A
//! code block that runs over the end is closed there and opened again in the next part, in its
//! language. Discord counts code points ([`crate::shorten`]).
//!
//! Invariant: the parts put together are the text, but for the added fences and for parts that
//! would be blank (Discord refuses those).

use std::ops::Range;

use crate::discord::message::MAX_CONTENT_CHARS;
use crate::shorten::{count, grapheme_floor};

const FENCE: &str = "```";
/// A line break and a fence: what closing a block may add.
const CLOSING_CHARS: usize = 1 + FENCE.len();
/// The longest word after a fence that is taken for a language.
const LANGUAGE_CHARS: usize = 20;
/// Below this a part has no room for an opened and closed block with something in it.
const SMALLEST: usize = 2 * (FENCE.len() + LANGUAGE_CHARS + CLOSING_CHARS);

/// `text` as messages of Discord.
pub fn split(text: &str) -> Vec<String> {
    split_at(text, MAX_CONTENT_CHARS)
}

/// `text` in parts of at most `limit` characters. A limit below the smallest sensible one (54)
/// is raised to it.
pub fn split_at(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(SMALLEST);
    let blocks = blocks(text);
    let mut parts = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let inside = block_around(&blocks, start);
        let prefix = inside.map(Block::opening).unwrap_or_default();
        let room = limit - count(&prefix);
        let end = match text[start..].char_indices().nth(room) {
            None => text.len(),
            Some(_) => cut(text, &blocks, start, room - CLOSING_CHARS),
        };
        let mut part = prefix + &text[start..end];
        if block_around(&blocks, end).is_some() {
            part.push_str(if part.ends_with('\n') { FENCE } else { "\n```" });
        }
        if !text[start..end].trim().is_empty() {
            parts.push(part);
        }
        start = end;
    }
    parts
}

/// A code block: from its opening fence to the end of its closing one.
struct Block<'a> {
    opening: Range<usize>,
    language: &'a str,
    /// Where the closing fence begins.
    closing: usize,
}

impl Block<'_> {
    fn opening(&self) -> String {
        format!("{FENCE}{}\n", self.language)
    }
}

/// The blocks of a text. A fence without a partner is text, as in Discord.
fn blocks(text: &str) -> Vec<Block<'_>> {
    let fences: Vec<usize> = text.match_indices(FENCE).map(|(at, _)| at).collect();
    let block = |open: usize, closing: usize| {
        let inner = open + FENCE.len();
        let is_language = |word: &&str| {
            word.len() <= LANGUAGE_CHARS
                && word.bytes().all(|b| {
                    b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'_' | b'.' | b'#')
                })
        };
        let line = text[inner..closing]
            .split_once('\n')
            .map(|(line, _)| line)
            .filter(is_language);
        Block {
            opening: open..inner + line.map_or(0, |line| line.len() + 1),
            language: line.unwrap_or_default(),
            closing,
        }
    };
    fences
        .chunks_exact(2)
        .map(|pair| block(pair[0], pair[1]))
        .collect()
}

/// The block whose content the position `at` is in.
fn block_around<'b, 'a>(blocks: &'b [Block<'a>], at: usize) -> Option<&'b Block<'a>> {
    let next = blocks.partition_point(|block| block.closing + FENCE.len() <= at);
    blocks.get(next).filter(|block| block.opening.start < at)
}

/// Where a part that begins at `start` and has `room` characters ends best; after `start`.
fn cut(text: &str, blocks: &[Block<'_>], start: usize, room: usize) -> usize {
    let window = match text[start..].char_indices().nth(room) {
        Some((length, _)) => start + length,
        None => text.len(),
    };
    let best = boundary(text, start, window);
    let next = blocks.partition_point(|block| block.closing + FENCE.len() <= best);
    let Some(block) = blocks.get(next) else {
        return best;
    };
    if best > block.closing - usize::from(text[..block.closing].ends_with('\n')) {
        // Within the closing fence, or right before it: the fence comes along. There is room for
        // it, because none has to be added.
        return block.closing + FENCE.len();
    }
    if best > block.opening.start && best <= block.opening.end && block.opening.start > start {
        // Within the opening fence: the block begins in the next part.
        return block.opening.start;
    }
    if best < block.opening.end && block.opening.start <= start && start < block.opening.end {
        // The part begins with the opening: it must at least get past it.
        return block.opening.end;
    }
    best
}

fn boundary(text: &str, start: usize, window: usize) -> usize {
    let piece = &text[start..window];
    // A nicer end is not worth a part that is nearly empty.
    let after = |separator: &str, least: usize| {
        piece
            .rfind(separator)
            .map(|at| at + separator.len())
            .filter(|length| *length >= piece.len() / least)
    };
    let nice = after("\n\n", 2)
        .or_else(|| after("\n", 3))
        .or_else(|| after(" ", 4));
    if let Some(length) = nice {
        return start + length;
    }
    // Looking no further back than this part: its start is a boundary already.
    start + grapheme_floor(&text[start..], window - start)
}

#[cfg(test)]
mod tests;
