//! Text of others, made harmless for Discord: it shows as it was written and does nothing.
//!
//! Architecture invariant: whatever a person, an issue, a recording or a repository wrote goes
//! through here before it becomes part of a message of ours. `allowed_mentions` is empty on every
//! message all the same: this is about what a reader sees, that about whom Discord notifies.

/// Splits what Discord would otherwise read as a unit; invisible.
const ZERO_WIDTH_SPACE: char = '\u{200b}';

/// Stands for a backtick inside code, where Discord knows no escape.
const LOOKALIKE_BACKTICK: char = 'ˋ';

/// Text of others inside a sentence or paragraph of ours. Formatting characters lose their
/// meaning, mentions and masked links become plain; an address stays an address that works.
pub fn text(given: &str) -> String {
    let given = visible(given);
    let mut out = String::with_capacity(given.len() + given.len() / 8);
    push_text(&mut out, &given);
    out
}

/// The same for text in which code is marked as Markdown does it, as agents write: what stands
/// between backticks on one line stays code, in which nothing else means anything.
pub fn prose(given: &str) -> String {
    let given = visible(given);
    let mut out = String::with_capacity(given.len() + given.len() / 8);
    let mut rest = given.as_str();
    while let Some((before, code, after)) = first_code(rest) {
        push_text(&mut out, before);
        out.push_str(&inline_code(code));
        rest = after;
    }
    push_text(&mut out, rest);
    out
}

/// The first span of code of a text, with what is before and after it: from one run of backticks to
/// the next that is as long, on the same line. Three or more are no span but a fence.
fn first_code(text: &str) -> Option<(&str, &str, &str)> {
    let mut from = 0;
    while let Some((start, ticks)) = run_of_ticks(text, from) {
        let inside = start + ticks;
        from = inside;
        let line = &text[inside..];
        let line = &line[..line.find('\n').unwrap_or(line.len())];
        let mut at = 0;
        while let Some((end, closing)) = run_of_ticks(line, at) {
            if ticks < 3 && closing == ticks {
                let after = &text[inside + end + closing..];
                return Some((&text[..start], &line[..end], after));
            }
            at = end + closing;
        }
    }
    None
}

/// Where the next run of backticks begins, and how many they are.
fn run_of_ticks(text: &str, from: usize) -> Option<(usize, usize)> {
    let start = from + text[from..].find('`')?;
    let ticks = text[start..].bytes().take_while(|b| *b == b'`').count();
    Some((start, ticks))
}

/// First of all, so that nothing comes together later that was apart before.
fn visible(given: &str) -> String {
    let shown = given.chars().filter(|c| !is_invisible_control(*c));
    shown.collect()
}

fn push_text(out: &mut String, given: &str) {
    let mut line_start = true;
    let mut digits_only = false;
    let mut rest = given;
    while let Some(c) = rest.chars().next() {
        if is_address(rest) {
            let end = rest
                .find(|c: char| c.is_whitespace() || matches!(c, '<' | '`' | '\\'))
                .unwrap_or(rest.len());
            push_unmentioned(out, &rest[..end]);
            rest = &rest[end..];
            (line_start, digits_only) = (false, false);
            continue;
        }
        let after = &rest[c.len_utf8()..];
        match c {
            '\\' | '*' | '_' | '~' | '`' | '|' | '[' => out.extend(['\\', c]),
            '#' | '>' | '-' | '+' if line_start => out.extend(['\\', c]),
            '.' if digits_only => out.extend(['\\', c]),
            '<' => {
                out.push(c);
                if after.starts_with(['@', '#', ':', '/']) || after.starts_with(is_tag_letter) {
                    out.push(ZERO_WIDTH_SPACE);
                }
            }
            '@' => push_at(out, after),
            _ => out.push(c),
        }
        if c == '\n' {
            (line_start, digits_only) = (true, false);
        } else if c.is_ascii_digit() {
            digits_only |= line_start;
            line_start = false;
        } else {
            line_start &= c.is_whitespace();
            digits_only = false;
        }
        rest = after;
    }
}

/// Text of others as a block quote.
pub fn quote(given: &str) -> String {
    text(given)
        .lines()
        .map(|line| format!("> {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Text of others as inline code, on one line.
pub fn inline_code(given: &str) -> String {
    let shown: String = given
        .chars()
        .filter(|c| c.is_whitespace() || !is_invisible_control(*c))
        .map(|c| match c {
            '`' => LOOKALIKE_BACKTICK,
            _ if c.is_whitespace() => ' ',
            _ => c,
        })
        .collect();
    match shown.trim() {
        "" => "(nothing)".to_owned(),
        shown => format!("`{shown}`"),
    }
}

/// Text of others as a code block, in a language that we chose.
pub fn code_block(language: &str, given: &str) -> String {
    let mut body = String::with_capacity(given.len());
    let mut ticks = 0;
    for c in given.chars().filter(|c| !is_invisible_control(*c)) {
        ticks = if c == '`' { ticks + 1 } else { 0 };
        if ticks == 3 {
            body.push(ZERO_WIDTH_SPACE);
            ticks = 1;
        }
        body.push(c);
    }
    let separator = if body.ends_with('`') {
        "\u{200b}\n"
    } else {
        "\n"
    };
    format!("```{language}\n{body}{separator}```")
}

/// A masked link of ours with a label of others. The address is ours or was parsed.
pub fn link(label: &str, address: &str) -> String {
    let label: String = text(&label.replace(['\n', '\r'], " ")).replace(']', "\\]");
    // A label that is itself an address is not rendered as a link by Discord: split it.
    let label = label.replace("://", ":\u{200b}//");
    let address: String = address
        .chars()
        .filter(|c| !c.is_control())
        .map(|c| match c {
            ' ' => "%20".to_owned(),
            '(' => "%28".to_owned(),
            ')' => "%29".to_owned(),
            '<' => "%3C".to_owned(),
            '>' => "%3E".to_owned(),
            _ => c.to_string(),
        })
        .collect();
    format!("[{label}](<{address}>)")
}

fn is_address(rest: &str) -> bool {
    rest.starts_with("https://") || rest.starts_with("http://")
}

/// Letters after `<` that begin a tag of Discord: `<a:emoji:1>`, `<t:0:R>`, `<id:home>`.
fn is_tag_letter(c: char) -> bool {
    matches!(c, 'a' | 't' | 'i')
}

fn push_at(out: &mut String, after: &str) {
    out.push('@');
    let is = |word: &str| {
        after
            .get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    if is("everyone") || is("here") {
        out.push(ZERO_WIDTH_SPACE);
    }
}

fn push_unmentioned(out: &mut String, address: &str) {
    for (at, c) in address.char_indices() {
        match c {
            '@' => push_at(out, &address[at + 1..]),
            _ => out.push(c),
        }
    }
}

/// Control characters, and the marks that turn the direction of what follows (so that a reader
/// sees another order than the one that is there).
fn is_invisible_control(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formatting_shows_as_it_was_typed() {
        assert_eq!(
            text("**b** _i_ ~~s~~ ||p|| `c`"),
            r"\*\*b\*\* \_i\_ \~\~s\~\~ \|\|p\|\| \`c\`"
        );
        assert_eq!(
            text("# big\n> quote\n- item\n-# small\n12. two"),
            "\\# big\n\\> quote\n\\- item\n\\-# small\n12\\. two"
        );
        assert_eq!(text("a - b > c # d 1.5"), "a - b > c # d 1.5");
        assert_eq!(text(r"\*"), r"\\\*");
    }

    #[test]
    fn a_mention_is_only_text() {
        assert_eq!(
            text("@everyone @Here @hello"),
            "@\u{200b}everyone @\u{200b}Here @hello"
        );
        assert_eq!(
            text("<@1> <@!1> <@&1> <#1> <:x:1>"),
            "<\u{200b}@1> <\u{200b}@!1> <\u{200b}@&1> <\u{200b}#1> <\u{200b}:x:1>"
        );
        assert_eq!(text("<t:0:R> 1 < 2"), "<\u{200b}t:0:R> 1 < 2");
    }

    #[test]
    fn a_masked_link_shows_where_it_goes() {
        assert_eq!(
            text("[your bank](https://evil.example/a_b)"),
            r"\[your bank](https://evil.example/a_b)"
        );
    }

    #[test]
    fn an_e_mail_address_can_still_be_copied() {
        assert_eq!(text("ann@example.com"), "ann@example.com");
    }

    #[test]
    fn direction_marks_and_control_characters_vanish() {
        assert_eq!(text("a\u{202e}b\u{7}c\td"), "abc\td");
        assert_eq!(text("<\u{202a}@1>"), "<\u{200b}@1>");
    }

    #[test]
    fn code_cannot_be_left() {
        assert_eq!(inline_code("a`b\nc"), "`aˋb c`");
        assert_eq!(inline_code(" \n"), "(nothing)");
        assert_eq!(code_block("rust", "a```b"), "```rust\na``\u{200b}`b\n```");
        assert_eq!(code_block("", "a``"), "```\na``\u{200b}\n```");
    }

    #[test]
    fn code_in_prose_stays_code_and_the_rest_is_text() {
        assert_eq!(
            prose("`a[0]` is *not* ``b`c`` @everyone"),
            "`a[0]` is \\*not\\* `bˋc` @\u{200b}everyone"
        );
        assert_eq!(prose("`<@1>` <@1>"), "`<@1>` <\u{200b}@1>");
        assert_eq!(
            prose("`[x](https://evil.example)`"),
            "`[x](https://evil.example)`"
        );
        assert_eq!(prose("a ` b"), r"a \` b");
        assert_eq!(prose("a `b\nc` d"), "a \\`b\nc\\` d");
        assert_eq!(prose("a ``b` c"), r"a \`\`b\` c");
        assert_eq!(prose("```js\nx\n```"), "\\`\\`\\`js\nx\n\\`\\`\\`");
        assert_eq!(prose(r"\`x`"), r"\\`x`");
    }

    #[test]
    fn every_line_of_a_quote_is_quoted() {
        assert_eq!(quote("a\n\n@everyone"), "> a\n> \n> @\u{200b}everyone");
    }

    #[test]
    fn a_link_cannot_be_broken_by_its_label() {
        assert_eq!(
            link("a](https://evil.example) [b", "https://ok.example/x y(1)"),
            "[a\\](https:\u{200b}//evil.example) \\[b](<https://ok.example/x%20y%281%29>)"
        );
    }

    /// What is outside and inside of code, in turns: backticks that are not escaped are between.
    fn around_code(text: &str) -> Vec<&str> {
        let (mut parts, mut from, mut is_inside, mut is_escaped) = (Vec::new(), 0, false, false);
        for (at, c) in text.char_indices() {
            if c == '`' && !is_escaped {
                parts.push(&text[from..at]);
                (from, is_inside) = (at + 1, !is_inside);
            }
            is_escaped = c == '\\' && !is_escaped && !is_inside;
        }
        parts.push(&text[from..]);
        parts
    }

    proptest! {
        #[test]
        fn nothing_pings_and_no_block_opens(given in r"(?s)([`@<>\[\]*#\\ \n]|everyone|here|https://|.){0,60}") {
            let shown = text(&given).to_lowercase();
            prop_assert!(!shown.contains("@everyone") && !shown.contains("@here"));
            prop_assert!(!shown.contains("<@") && !shown.contains("<#"));
            let said = prose(&given);
            let code = around_code(&said);
            prop_assert!(code.len() % 2 == 1, "every span of code ends: {said}");
            let outside = code.iter().step_by(2).copied().collect::<Vec<_>>().join("|").to_lowercase();
            prop_assert!(!outside.contains("@everyone") && !outside.contains("@here"));
            prop_assert!(!outside.contains("<@") && !outside.contains("<#"));
            let block = code_block("", &given);
            prop_assert_eq!(block.matches("```").count(), 2);
            prop_assert_eq!(inline_code(&given).matches('`').count() % 2, 0);
        }

        #[test]
        fn only_invisible_things_are_lost(given in r"(?s)[a-z `*_~|@<>#\n-]{0,60}") {
            let shown: String = text(&given).chars().filter(|c| *c != '\\' && *c != ZERO_WIDTH_SPACE).collect();
            prop_assert_eq!(shown, given);
        }
    }
}
