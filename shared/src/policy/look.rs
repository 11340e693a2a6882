//! How a path looks: two paths that a person or a file system may take for one another are
//! never both fine.
//!
//! ASCII passes. Other scripts pass when each word of a name keeps to one script (or one of the
//! usual combinations with Latin, such as Japanese), is in its composed form, and could not be
//! read as an ASCII word: Unicode Technical Standard 39, "highly restrictive".
//! <https://www.unicode.org/reports/tr39/#Restriction_Level_Detection>

use unicode_normalization::UnicodeNormalization as _;
use unicode_security::{RestrictionLevel, RestrictionLevelDetection as _, skeleton};

use super::Reason;

pub(super) fn check(path: &str) -> Result<(), Reason> {
    if path.is_ascii() {
        return Ok(());
    }
    if path.chars().any(is_invisible) {
        return Err(Reason::InvisibleCharacter);
    }
    // macOS decomposes: a path that is not composed is another path after a checkout there.
    if !path.chars().eq(path.nfc()) {
        return Err(Reason::NotComposed);
    }
    // Fullwidth and other compatibility forms of plain letters.
    if !path.chars().eq(path.nfkc()) {
        return Err(Reason::LookAlike);
    }
    let words = path.split(|c: char| c.is_ascii() && !c.is_ascii_alphanumeric());
    if words.filter(|word| !word.is_ascii()).any(is_look_alike) {
        return Err(Reason::LookAlike);
    }
    Ok(())
}

fn is_look_alike(word: &str) -> bool {
    !word.check_restriction_level(RestrictionLevel::HighlyRestrictive)
        || skeleton(word).all(|c| c.is_ascii())
}

/// Characters without a mark of their own: Unicode's `Default_Ignorable_Code_Point` (HFS+ skips
/// some of them when it compares names, so that `.g\u{200c}it` was once `.git`), bidirectional
/// controls among them, and every white space but the ASCII space.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
        | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
        | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || (c.is_whitespace() && c != ' ')
}

/// What a file system that folds case would compare. Paths that pass [`check`] have no other
/// second spelling.
pub(super) fn fold(path: &str) -> String {
    path.nfkc()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfkc()
        .collect()
}
