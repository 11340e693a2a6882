//! E-mail addresses, as people write them: the common subset of RFC 5321, ASCII only.

/// RFC 5321: 64 before the `@`.
const LOCAL_CHARS: usize = 64;
/// RFC 5321: 254 for the whole path.
pub const MAX_CHARS: usize = 254;

/// Endings that make it a file (`logo@2x.png`), not a mailbox.
const NOT_DOMAINS: &[&str] = &[
    "png", "jpg", "jpeg", "gif", "svg", "webp", "ico", "js", "ts", "tsx", "jsx", "css",
];

/// An address with its domain in lower case; `None` if it is none.
pub(crate) fn parse(text: &str) -> Option<String> {
    let (local, domain) = text.split_once('@')?;
    if text.len() > MAX_CHARS || !is_local(local) || !is_domain(domain) {
        return None;
    }
    let domain = domain.to_ascii_lowercase();
    // An account that every clone address has, and nobody's mailbox.
    if local == "git"
        && matches!(
            domain.as_str(),
            "github.com" | "gitlab.com" | "bitbucket.org"
        )
    {
        return None;
    }
    Some(format!("{local}@{domain}"))
}

fn is_local(local: &str) -> bool {
    (1..=LOCAL_CHARS).contains(&local.len())
        && local
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'%' | b'+' | b'-'))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

fn is_domain(domain: &str) -> bool {
    let mut leading_numbers = 0;
    for (at, label) in domain.split('.').enumerate() {
        let ok = (1..=63).contains(&label.len())
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-');
        if !ok {
            return false;
        }
        if leading_numbers == at && label.bytes().all(|b| b.is_ascii_digit()) {
            leading_numbers += 1;
        }
    }
    let Some((_, ending)) = domain.rsplit_once('.') else {
        return false;
    };
    let ending = ending.to_ascii_lowercase();
    let ending_ok = (ending.len() >= 2 && ending.bytes().all(|b| b.is_ascii_alphabetic()))
        || ending.starts_with("xn--");
    // `react@18.2.next` is a version. `163.com` has one number in front and is a mail provider.
    ending_ok && leading_numbers < 2 && !NOT_DOMAINS.contains(&ending.as_str())
}
