//! Commands in a text, for any transport: `@bugbot fix issue:ENG-123 the save button is dead`.
//!
//! - A command begins with a mention at the start of a line, outside of quotes (`> ..`) and code.
//!   A mention within a sentence is talk *about* bugbot and asks for nothing.
//! - Then the command's name or synonym, in any case. A mention alone asks for help.
//! - Then options, as `name:value`, `name=value` or `--name value`, the value in double quotes if
//!   it has spaces; and references that need no name, because their form says what they are.
//! - The first word that is neither begins the description, which is taken as it stands. Options
//!   of the unmistakable forms `name:value` and `--name value` are still taken out of it, so that
//!   they may come last; `--` alone says that no more options follow.
//!
//! Text that is not for us is no error (`Ok(None)`); a command that we cannot follow is a
//! [`Rejection`].

use super::catalogue::NAME;
use super::lexer::{Name, OpenQuote, Word, next_word};
use super::rejection::nearest_option;
use super::{Command, OptionName, Options, Rejection, Verb};
use crate::id::ApplicationId;
use crate::reference::{Reference, Scope, find, parse_repo_ref};

/// How people address us: `@bugbot` everywhere, and by mention where the application has an id.
#[derive(Debug, Clone, Copy)]
pub struct Addressee<'a> {
    /// Our application on Discord, whose id is also our user's.
    pub application_id: Option<&'a ApplicationId>,
}

impl Addressee<'_> {
    /// The length of a mention of us at the beginning of `text`.
    fn mention_len(self, text: &str) -> Option<usize> {
        let ended = |length: usize| {
            let word = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '/');
            let after = text[length..].chars().next();
            (!after.is_some_and(word)).then_some(length)
        };
        let name = text
            .strip_prefix('@')
            .and_then(|rest| rest.get(..NAME.len()));
        if name.is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            return ended(1 + NAME.len());
        }
        let id = self.application_id?.as_str();
        let inner = text.strip_prefix("<@")?;
        let inner = inner.strip_prefix('!').unwrap_or(inner);
        let after = inner.strip_prefix(id)?.strip_prefix('>')?;
        Some(text.len() - after.len())
    }
}

/// The command in a text, if the text is for us.
pub fn parse_text(
    text: &str,
    addressee: Addressee<'_>,
    scope: &Scope,
) -> Result<Option<Command>, Rejection> {
    let Some(body_at) = mentions(text, addressee).next() else {
        return Ok(None);
    };
    let body = text[body_at..].trim_start_matches([',', ':']);
    parse_body(body, addressee, scope).map(Some)
}

/// Where the text after each mention begins that stands at the start of a line, outside of quotes
/// and code blocks.
fn mentions<'a>(text: &'a str, addressee: Addressee<'a>) -> impl Iterator<Item = usize> + 'a {
    let mut in_code = false;
    let mut line_at = 0;
    text.split_inclusive('\n').filter_map(move |line| {
        let at = line_at;
        line_at += line.len();
        let begins_in_code = in_code;
        in_code ^= line.matches("```").count() % 2 == 1;
        let start = line.len() - line.trim_start().len();
        let length = addressee.mention_len(&line[start..])?;
        (!begins_in_code).then_some(at + start + length)
    })
}

/// What follows the mention.
fn parse_body(body: &str, addressee: Addressee<'_>, scope: &Scope) -> Result<Command, Rejection> {
    let body = body.trim_start();
    let length = body.find(char::is_whitespace).unwrap_or(body.len());
    let name = body[..length]
        .trim_end_matches([',', ':', '.', '!', '?'])
        .trim_start_matches('/');
    if name.is_empty() {
        return Ok(Command::Help(Options::default()));
    }
    let verb = Verb::parse(name).ok_or_else(|| Rejection::unknown_command(name))?;
    let mut reader = Reader {
        text: body,
        verb,
        scope,
        options: Options::default(),
        free: Vec::new(),
    };
    reader.read(length)?;
    // Within a quoted value a mention is text; elsewhere it is a second command.
    if reader
        .free
        .iter()
        .any(|piece| mentions(piece, addressee).next().is_some())
    {
        return Err(Rejection::SecondCommand);
    }
    reader.finish()
}

struct Reader<'a> {
    text: &'a str,
    verb: Verb,
    scope: &'a Scope,
    options: Options,
    /// The pieces of free text: what is left when the options are taken out.
    free: Vec<&'a str>,
}

impl Reader<'_> {
    fn read(&mut self, from: usize) -> Result<(), Rejection> {
        let mut at = from;
        // Where the piece of free text began that we are in.
        let mut free_from: Option<usize> = None;
        loop {
            let in_text = free_from.is_some();
            let (word, end) = match next_word(self.text, at) {
                Ok(Some(next)) => next,
                Ok(None) => break,
                // A stray quotation mark in a sentence is just that.
                Err(OpenQuote) if in_text || !self.is_option_ahead(at) => {
                    free_from = free_from.or(Some(at));
                    break;
                }
                Err(OpenQuote) => return Err(Rejection::OpenQuote),
            };
            if word.name.is_none() && !word.quoted && matches!(word.value.as_str(), "--" | "—") {
                self.close(free_from, word.start);
                free_from = Some(end);
                break;
            }
            let option = match &word.name {
                Some(name) => self.option(name, &word, in_text)?,
                None => None,
            };
            if let Some(option) = option {
                self.close(free_from.take(), word.start);
                at = self.take(option, word, end, in_text)?;
                // After an option within the text, text goes on.
                free_from = in_text.then_some(at);
                continue;
            }
            if !in_text && !self.take_bare(&word)? {
                free_from = Some(word.start);
            }
            // A quoted word of a text is still several words, among which options may be; but
            // whoever quotes them means them as text.
            at = end;
        }
        self.close(free_from, self.text.len());
        Ok(())
    }

    /// The option that a named word is, `None` if it is text after all.
    fn option(
        &self,
        name: &Name,
        word: &Word,
        in_text: bool,
    ) -> Result<Option<OptionName>, Rejection> {
        let known = OptionName::parse(&name.text);
        if let Some(option) = known.filter(|option| self.verb.takes(*option)) {
            // `the repo: it is ..` is a sentence; `repo:acme/web` is not.
            let is_sentence = in_text && !name.dashed && word.value.is_empty() && !word.quoted;
            return Ok((!is_sentence).then_some(option));
        }
        if in_text {
            return Ok(None);
        }
        let meant =
            name.dashed || known.is_some() || nearest_option(self.verb, &name.text).is_some();
        if meant {
            Err(Rejection::unknown_option(self.verb, &name.text))
        } else {
            Ok(None)
        }
    }

    /// Sets an option, whose value may be the next word; says where reading goes on.
    fn take(
        &mut self,
        option: OptionName,
        word: Word,
        end: usize,
        in_text: bool,
    ) -> Result<usize, Rejection> {
        if !word.value.is_empty() || word.quoted {
            self.set(option, word.value)?;
            return Ok(end);
        }
        match next_word(self.text, end) {
            Ok(Some((next, next_end))) if !in_text || next.name.is_none() => {
                // `--session 0190..`: the next word as it stands, even if it looks like a name.
                let value = if next.quoted && next.name.is_none() {
                    next.value
                } else {
                    self.text[next.start..next_end].to_owned()
                };
                self.set(option, value)?;
                Ok(next_end)
            }
            Ok(_) => Err(Rejection::NoValue { option }),
            Err(OpenQuote) => Err(Rejection::OpenQuote),
        }
    }

    fn set(&mut self, option: OptionName, value: String) -> Result<(), Rejection> {
        self.options.set(option, value, self.scope)
    }

    /// Takes a word that is a reference by its own form. `false` if it is something else, or if
    /// the command has no use for it, or has one already: then it is text.
    fn take_bare(&mut self, word: &Word) -> Result<bool, Rejection> {
        if word.quoted {
            return Ok(false);
        }
        let end = word.start
            + self.text[word.start..]
                .find(char::is_whitespace)
                .unwrap_or(self.text.len() - word.start);
        let whole = &self.text[word.start..end];
        let amount = bare_amount(whole).filter(|_| self.verb.takes(OptionName::Budget));
        let Some((option, value)) = amount.or_else(|| bare_option(whole, self.scope)) else {
            return Ok(false);
        };
        if !self.verb.takes(option) || self.options.get(option).is_some() {
            return Ok(false);
        }
        self.set(option, value)?;
        Ok(true)
    }

    /// Whether an option of ours stands at `at`: then its value's quote had to be closed.
    fn is_option_ahead(&self, at: usize) -> bool {
        let rest = self.text[at..]
            .trim_start()
            .trim_start_matches(['-', '—', '–']);
        let length = rest.find([':', '=', ' ']).unwrap_or(0);
        OptionName::parse(&rest[..length]).is_some()
    }

    fn close(&mut self, from: Option<usize>, to: usize) {
        if let Some(from) = from {
            let piece = self.text[from..to].trim();
            if !piece.is_empty() {
                self.free.push(piece);
            }
        }
    }

    fn finish(mut self) -> Result<Command, Rejection> {
        // "cancel, please": a command about the thread needs no words, and minds none.
        if !self.free.is_empty()
            && let Some(option) = self.verb.free_text()
        {
            let explicit = self.options.take(option);
            let pieces: Vec<&str> = explicit
                .as_deref()
                .into_iter()
                .chain(self.free.iter().copied())
                .collect();
            let text = pieces.join(" ");
            self.set(option, text)?;
        }
        Ok(Command::new(self.verb, self.options))
    }
}

/// `@bugbot continue $5`: an amount needs no name either.
fn bare_amount(word: &str) -> Option<(OptionName, String)> {
    super::amount::parse_usd(word)?;
    Some((OptionName::Budget, word.to_owned()))
}

/// The option whose value a whole word is by its form. A repository counts by address only: half
/// of all words with a slash look like `owner/name`.
fn bare_option(word: &str, scope: &Scope) -> Option<(OptionName, String)> {
    let word = word.trim_end_matches([',', '.', ';']);
    let found = find(word, scope);
    let [only] = found.as_slice() else {
        return None;
    };
    // `<...>` and `(...)` around it are no text of their own.
    let around = word[..only.span.start]
        .chars()
        .chain(word[only.span.end..].chars());
    let mut around = around.filter(|c| !matches!(c, '<' | '>' | '(' | ')' | '`' | '#'));
    if around.next().is_some() {
        return None;
    }
    let value = word[only.span.clone()].to_owned();
    let option = match &only.reference {
        Reference::LinearIssue(_) => OptionName::Issue,
        Reference::GitHubRepository(_) if parse_repo_ref(&value).is_ok() => OptionName::Repo,
        Reference::PostHogSession(_) => OptionName::Session,
        Reference::Email(_) => OptionName::Email,
        // Files, issues and pull requests on GitHub, persons and messages have no option: they
        // stay in the description, where they are found again.
        _ => return None,
    };
    Some((option, value))
}
