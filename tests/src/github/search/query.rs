//! The query language of code search: words and quoted phrases that must all occur, and
//! qualifiers that narrow where.

use std::ops::Range;

use crate::github::refusal::Refusal;

/// GitHub refuses longer ones; operators and qualifiers do not count.
const MAX_CHARACTERS: usize = 256;

/// GitHub refuses more `AND`, `OR` and `NOT` than this.
const MAX_OPERATORS: usize = 5;

/// How a word is joined to the one before it.
#[derive(Debug, Clone, Copy, Default)]
enum Joint {
    #[default]
    And,
    Or,
    Not,
}

#[derive(Debug, Default)]
pub(super) struct SearchQuery {
    /// All of these must occur, each in one of its forms joined by `OR`. In lower case: search
    /// does not tell case.
    terms: Vec<Vec<String>>,
    excluded: Vec<String>,
    repositories: Vec<String>,
    owners: Vec<String>,
    paths: Vec<String>,
    extensions: Vec<String>,
    filenames: Vec<String>,
    in_path: bool,
    in_file: bool,
}

impl SearchQuery {
    pub(super) fn parse(text: &str) -> Result<Self, Refusal> {
        let mut query = Self::default();
        let mut operators = 0;
        let mut joint = Joint::And;
        for word in words(text) {
            match word.as_str() {
                "AND" => operators += 1,
                "OR" => {
                    operators += 1;
                    joint = Joint::Or;
                }
                "NOT" => {
                    operators += 1;
                    joint = Joint::Not;
                }
                _ => query.take(&word, std::mem::take(&mut joint))?,
            }
        }
        if operators > MAX_OPERATORS {
            return Err(Refusal::unprocessable(
                "More than five AND / OR / NOT operators were used.",
            ));
        }
        let characters: usize = query
            .terms
            .iter()
            .flatten()
            .map(|term| term.chars().count())
            .sum();
        if characters > MAX_CHARACTERS {
            return Err(Refusal::validation(serde_json::json!([{
                "message": "The search is longer than 256 characters.",
                "resource": "Search", "field": "q", "code": "invalid",
            }])));
        }
        if query.terms.is_empty() {
            return Err(Refusal::unprocessable(
                "Must include at least one search term.",
            ));
        }
        if !query.in_file && !query.in_path {
            query.in_file = true;
        }
        Ok(query)
    }

    fn take(&mut self, word: &str, joint: Joint) -> Result<(), Refusal> {
        let lower = word.trim_matches('"').to_lowercase();
        let qualifier = lower.split_once(':').filter(|_| !word.starts_with('"'));
        let qualifier = qualifier.map(|(name, value)| (name, value.trim_matches('"')));
        match qualifier {
            Some(("repo", name)) => self.repositories.push(name.to_owned()),
            Some(("user" | "org", name)) => self.owners.push(name.to_owned()),
            Some(("path", path)) => self.paths.push(path.trim_matches('/').to_owned()),
            Some(("extension", extension)) => self
                .extensions
                .push(extension.trim_start_matches('.').to_owned()),
            Some(("filename", name)) => self.filenames.push(name.to_owned()),
            Some(("language", language)) => {
                let known = extensions_of(language);
                let known =
                    known.ok_or_else(|| Refusal::invalid_field("Search", "language", "invalid"))?;
                self.extensions
                    .extend(known.iter().map(|e| (*e).to_owned()));
            }
            Some(("in", places)) => {
                self.in_file |= places.split(',').any(|p| p == "file");
                self.in_path |= places.split(',').any(|p| p == "path");
            }
            _ => match (joint, self.terms.last_mut()) {
                (Joint::Not, _) => self.excluded.push(lower),
                (Joint::Or, Some(group)) => group.push(lower),
                _ => self.terms.push(vec![lower]),
            },
        }
        Ok(())
    }

    pub(super) fn covers(&self, owner: &str, name: &str) -> bool {
        let full_name = format!("{owner}/{name}").to_lowercase();
        let anywhere = self.repositories.is_empty() && self.owners.is_empty();
        anywhere
            || self.repositories.contains(&full_name)
            || self.owners.contains(&owner.to_lowercase())
    }

    /// Whether the qualifiers admit a file.
    pub(super) fn admits(&self, path: &str) -> bool {
        let lower = path.to_lowercase();
        let name = lower.rsplit('/').next().unwrap_or_default();
        let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
        let below = |folder: &String| folder.is_empty() || lower.starts_with(&format!("{folder}/"));
        (self.paths.is_empty() || self.paths.iter().any(below))
            && (self.extensions.is_empty() || self.extensions.iter().any(|e| e == extension))
            && (self.filenames.is_empty()
                || self.filenames.iter().any(|f| name.contains(f.as_str())))
    }

    /// How often the terms occur, if all of them do and none that must not.
    pub(super) fn score(&self, path: &str, text: &str) -> Option<usize> {
        let path = if self.in_path {
            path.to_lowercase()
        } else {
            String::new()
        };
        let text = if self.in_file {
            text.to_lowercase()
        } else {
            String::new()
        };
        let count = |term: &String| {
            text.matches(term.as_str()).count() + path.matches(term.as_str()).count()
        };
        if self.excluded.iter().any(|term| count(term) > 0) {
            return None;
        }
        let of_group = |group: &Vec<String>| group.iter().map(count).sum::<usize>();
        let counts = self
            .terms
            .iter()
            .map(|group| Some(of_group(group)).filter(|n| *n > 0));
        let counts: Option<Vec<_>> = counts.collect();
        counts.map(|counts| counts.iter().sum())
    }

    /// Where the terms occur, in order.
    pub(super) fn occurrences(&self, text: &str) -> Vec<Range<usize>> {
        // ASCII case only: offsets must stay those of the text as it is.
        let lower = text.to_ascii_lowercase();
        let of_term = |term: &'_ String| {
            let found = lower
                .match_indices(term.as_str())
                .map(|(at, hit)| at..at + hit.len());
            found.collect::<Vec<_>>()
        };
        let mut found: Vec<_> = self.terms.iter().flatten().flat_map(of_term).collect();
        found.sort_by_key(|range| range.start);
        found.dedup_by(|later, earlier| later.start < earlier.end);
        found
    }
}

/// Splits at blanks, but not inside quotes.
fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        match words.last_mut() {
            Some(word) if quoted || !c.is_whitespace() => word.push(c),
            _ => words.push(String::new()),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn extensions_of(language: &str) -> Option<&'static [&'static str]> {
    Some(match language {
        "typescript" => &["ts", "mts", "cts"],
        "tsx" => &["tsx"],
        "javascript" => &["js", "jsx", "mjs", "cjs"],
        "css" => &["css"],
        "scss" => &["scss"],
        "html" => &["html", "htm"],
        "vue" => &["vue"],
        "svelte" => &["svelte"],
        "rust" => &["rs"],
        "python" => &["py"],
        "go" => &["go"],
        "json" => &["json"],
        "markdown" => &["md"],
        _ => return None,
    })
}
