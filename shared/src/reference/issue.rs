//! Linear's issues: `ENG-123` and `https://linear.app/{workspace}/issue/ENG-123/{slug}`.
//!
//! The bare form looks like a hundred other things. With the team keys known it is exact. Without
//! them a shape and a deny list decide, and what they let through counts as a guess: it never
//! wins over something certain in the history ([`super::merge`]).

use super::Scope;
use super::value::IssueRef;
use crate::id::IssueKey;

/// The longest key that Linear allows a team.
const TEAM_CHARS: usize = 7;
/// More digits than any team has issues.
const NUMBER_DIGITS: usize = 7;

/// Words that go before `-number` in ordinary technical talk. A team that is called like one of
/// them is still found by address, by option, or once the team keys are known.
const NOT_TEAMS: &[&str] = &[
    // Character sets and encodings.
    "ASCII", "BASE", "BIG", "CP", "EUC", "GB", "ISO", "KOI", "LATIN", "UCS", "US", "UTF", "WIN",
    // Hashes, ciphers, signatures.
    "AES", "BLAKE", "CRC", "DES", "DH", "ECDSA", "ED", "EDDSA", "HMAC", "HS", "MD", "PBKDF", "PKCS",
    "PS", "RSA", "SHA", "SHAKE", "SSL", "TLS", // Standards and their bodies.
    "ANSI", "BCP", "BS", "CVE", "CWE", "DIN", "ECMA", "EN", "EIP", "ERC", "ES", "FIPS", "GHSA",
    "IEC", "IEEE", "ITU", "JEP", "JSR", "NIST", "OWASP", "PEP", "PSR", "RFC", "SOC", "STD", "UL",
    "WCAG", // Protocols and media.
    "AC", "AV", "DDR", "DVI", "HDMI", "HTTP", "HTTPS", "IP", "IPV", "JPEG", "MP", "MPEG", "OAUTH",
    "PCI", "PCIE", "PNG", "QUIC", "SAE", "SMTP", "SSH", "TCP", "UDP", "UHS", "USB", "VP", "WEP",
    "WIFI", "WPA", // Machines and systems.
    "AMD", "ARM", "ARMV", "DX", "GTX", "INTEL", "KB", "MIPS", "PS", "RISC", "RTX", "RX", "SSE",
    "XBOX", "X86", // Models.
    "CLAUDE", "DALLE", "GEMINI", "GEMMA", "GLM", "GPT", "GROK", "KIMI", "LLAMA", "MISTRAL", "OPUS",
    "PHI", "QWEN", "SONNET", // Time.
    "CET", "CST", "EST", "FY", "GMT", "H1", "H2", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL",
    "AUG", "SEP", "OCT", "NOV", "DEC", "MST", "PST", "Q1", "Q2", "Q3", "Q4", "UTC",
    // Counted things and messages.
    "CODE", "COL", "DAY", "ERR", "ERROR", "EXIT", "FIG", "ISSUE", "LEVEL", "LINE", "LVL", "MAX",
    "MIN", "NO", "NUM", "PAGE", "PART", "PHASE", "PORT", "REV", "ROW", "STATUS", "STEP", "TABLE",
    "TEST", "TOP", "TYPE", "VER", "VERSION", "WARN", "WEEK", // The world.
    "AK", "CO", "COVID", "MARK", "MIG", "MK", "PG", "PM", "SARS", "VITAMIN",
];

/// An identifier by its shape alone, upper-cased: `eng-123` gives `ENG-123`.
pub fn parse_key(text: &str) -> Option<IssueKey> {
    split(text)?;
    Some(IssueKey::new(text.to_ascii_uppercase()))
}

/// A word of a text that is an issue's identifier, and whether that is certain.
pub(crate) fn parse_bare(word: &str, scope: &Scope) -> Option<(IssueKey, bool)> {
    let (team, _) = split(word)?;
    let upper = team.to_ascii_uppercase();
    let certain = match scope.is_team(&upper) {
        Some(true) => true,
        Some(false) => return None,
        None if team != upper || team.len() < 2 || NOT_TEAMS.contains(&team) => return None,
        None => false,
    };
    Some((IssueKey::new(word.to_ascii_uppercase()), certain))
}

/// The team key of an identifier.
pub fn team_of(key: &IssueKey) -> &str {
    key.as_str()
        .split_once('-')
        .map_or(key.as_str(), |(team, _)| team)
}

/// `{workspace}/issue/{identifier}[/{slug}]`.
pub(crate) fn parse_link(segments: &[&str]) -> Option<IssueRef> {
    let [workspace, "issue", key, ..] = segments else {
        return None;
    };
    let in_workspace = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !workspace.chars().all(in_workspace) {
        return None;
    }
    let key = parse_key(key)?;
    let url = format!("https://linear.app/{workspace}/issue/{key}");
    Some(IssueRef {
        key,
        url: Some(url),
    })
}

fn split(text: &str) -> Option<(&str, &str)> {
    let (team, number) = text.split_once('-')?;
    let team_ok = (1..=TEAM_CHARS).contains(&team.len())
        && team.starts_with(|c: char| c.is_ascii_alphabetic())
        && team.bytes().all(|b| b.is_ascii_alphanumeric());
    let number_ok = (1..=NUMBER_DIGITS).contains(&number.len())
        && number.bytes().all(|b| b.is_ascii_digit())
        && !number.starts_with('0');
    (team_ok && number_ok).then_some((team, number))
}
