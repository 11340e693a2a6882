//! Times, money and counts as people write them.

use std::fmt::Write as _;
use std::time::Duration;

use super::escape;
use crate::executor::Spent;
use crate::id::UserId;

/// With a capital at its beginning.
pub(super) fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).collect(),
        None => String::new(),
    }
}

/// `2 min 13 s`, `45 s`, `1 h 4 min`.
pub(super) fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, s) => format!("{s} s"),
        (0, min, 0) => format!("{min} min"),
        (0, min, s) => format!("{min} min {s} s"),
        (h, 0, _) => format!("{h} h"),
        (h, min, _) => format!("{h} h {min} min"),
    }
}

/// `$0.42`; less than a cent is said so, because "$0.00" reads as free.
pub(super) fn money(usd: f64) -> String {
    if usd > 0.0 && usd < 0.01 {
        "under $0.01".to_owned()
    } else {
        format!("${usd:.2}")
    }
}

/// `$0.42 · 12 turns`.
pub(super) fn cost(spent: &Spent) -> String {
    format!(
        "{} · {}",
        money(spent.cost_usd),
        count(spent.turns as usize, "turn")
    )
}

/// Somebody as Discord shows them; operators, who act from outside Discord, by what they call
/// themselves ([`crate::operator::Operator`]).
pub fn mention(user: &UserId) -> String {
    match (user.operator(), user.hook()) {
        (Some(name), _) => format!("operator {}", escape::text(name)),
        (_, Some(name)) => format!("the hook {}", escape::text(name)),
        _ => format!("<@{user}>"),
    }
}

/// `1 file`, `3 files`.
pub(super) fn count(n: usize, thing: &str) -> String {
    format!("{n} {thing}{}", if n == 1 { "" } else { "s" })
}

/// `700 bytes`, `34.5 KB`, `1.2 MB`.
pub(super) fn bytes(bytes: u64) -> String {
    let tenths = |unit: u64| (bytes + unit / 20) / (unit / 10);
    match bytes {
        0..1_000 => count(usize::try_from(bytes).unwrap_or(usize::MAX), "byte"),
        1_000..1_000_000 => format!("{}.{} KB", tenths(1_000) / 10, tenths(1_000) % 10),
        _ => format!("{}.{} MB", tenths(1_000_000) / 10, tenths(1_000_000) % 10),
    }
}

/// The first `max` of `lines`, and a line that says how many more there are.
pub(super) fn list(lines: impl ExactSizeIterator<Item = String>, max: usize) -> String {
    let rest = lines.len().saturating_sub(max);
    let mut text = lines.take(max).collect::<Vec<_>>().join("\n");
    if rest > 0 {
        let _ = write!(text, "\n… and {rest} more");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_or_a_hook_is_named_and_no_broken_mention() {
        assert_eq!(mention(&UserId::of_hook("sentry")), "the hook sentry");
        assert_eq!(mention(&UserId::new("123")), "<@123>");
        assert_eq!(mention(&UserId::of_operator("ann")), "operator ann");
        assert_eq!(mention(&UserId::of_operator("a_b_")), r"operator a\_b\_");
    }

    #[test]
    fn durations_read_as_people_say_them() {
        let said = |s| duration(Duration::from_secs(s));
        assert_eq!(said(0), "0 s");
        assert_eq!(said(59), "59 s");
        assert_eq!(said(60), "1 min");
        assert_eq!(said(133), "2 min 13 s");
        assert_eq!(said(3840), "1 h 4 min");
    }

    #[test]
    fn sizes_are_rounded_to_a_tenth() {
        assert_eq!(bytes(1), "1 byte");
        assert_eq!(bytes(999), "999 bytes");
        assert_eq!(bytes(1_000), "1.0 KB");
        assert_eq!(bytes(34_549), "34.5 KB");
        assert_eq!(bytes(34_550), "34.6 KB");
        assert_eq!(bytes(8_388_608), "8.4 MB");
    }

    #[test]
    fn a_little_money_is_not_called_free() {
        assert_eq!(money(0.0), "$0.00");
        assert_eq!(money(0.004), "under $0.01");
        assert_eq!(money(1.005_01), "$1.01");
    }

    #[test]
    fn a_long_list_says_how_long_it_is() {
        let lines = || ["a", "b", "c"].map(str::to_owned).into_iter();
        assert_eq!(list(lines(), 3), "a\nb\nc");
        assert_eq!(list(lines(), 1), "a\n… and 2 more");
    }
}
