//! Money as people type it.

/// The least that a fix may be given in addition.
pub const MIN_BUDGET_USD: f64 = 0.1;
/// The most: a slip of the decimal point is to be refused here already. What is really allowed
/// is up to the limits of the operator.
pub const MAX_BUDGET_USD: f64 = 1_000.0;

/// `2.50`, `$2.50` or `2.50 $`, within the limits.
pub(super) fn parse_usd(value: &str) -> Option<f64> {
    let bare = value.trim().trim_matches('$').trim();
    // `parse` knows `1e3`, `inf` and `NaN` too, which nobody means.
    if !bare.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return None;
    }
    let usd: f64 = bare.parse().ok()?;
    (MIN_BUDGET_USD..=MAX_BUDGET_USD)
        .contains(&usd)
        .then_some(usd)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_has_a_dollar_sign_or_none() {
        for (given, usd) in [("2.50", 2.5), ("$3", 3.0), ("4 $", 4.0), (" 0.1 ", 0.1)] {
            assert_eq!(parse_usd(given), Some(usd), "{given}");
        }
    }

    #[test]
    fn what_is_no_reasonable_amount_is_none() {
        for given in [
            "", "$", "free", "-1", "0", "0.01", "1e3", "inf", "NaN", "1000.01", "1.2.3",
        ] {
            assert_eq!(parse_usd(given), None, "{given}");
        }
    }
}
