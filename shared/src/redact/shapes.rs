//! The shapes of secrets and addresses, each told by how it begins.

use super::Kinds;

/// Something to be taken out.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) what: &'static str,
}

/// Tokens by their prefixes: what follows, of letters, digits, `_` and `-`, is at least so long.
const PREFIXES: [(&str, usize, &str); 26] = [
    ("github_pat_", 20, "GitHub token"),
    ("ghp_", 20, "GitHub token"),
    ("gho_", 20, "GitHub token"),
    ("ghu_", 20, "GitHub token"),
    ("ghs_", 20, "GitHub token"),
    ("ghr_", 20, "GitHub token"),
    ("glpat-", 16, "GitLab token"),
    ("xoxb-", 10, "Slack token"),
    ("xoxp-", 10, "Slack token"),
    ("xoxa-", 10, "Slack token"),
    ("xoxr-", 10, "Slack token"),
    ("xoxs-", 10, "Slack token"),
    ("xapp-", 10, "Slack token"),
    ("AKIA", 16, "AWS key"),
    ("ASIA", 16, "AWS key"),
    ("sk_live_", 10, "Stripe key"),
    ("rk_live_", 10, "Stripe key"),
    ("sk_test_", 10, "Stripe key"),
    ("whsec_", 16, "webhook secret"),
    ("sk-ant-", 16, "Anthropic key"),
    ("sk-", 20, "API key"),
    ("lin_api_", 16, "Linear key"),
    ("phx_", 16, "PostHog key"),
    ("npm_", 20, "npm token"),
    ("AIza", 30, "Google key"),
    ("ya29.", 20, "Google token"),
];

/// Keys whose values are secret whatever they look like, and those whose values have to look it.
const PASSWORDS: [&str; 4] = ["password", "passwd", "passwort", "pwd"];
const SECRETS: [&str; 8] = [
    "secret",
    "token",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "private_key",
    "client_key",
];

/// How far a value is looked at to tell whether it is a secret.
const MAX_LOOK_BYTES: usize = 256;
/// The longest name of a key that is looked at.
const MAX_KEY_BYTES: usize = 40;
/// The longest header of a token that is looked at.
const MAX_JWT_HEADER_BYTES: usize = 256;
/// The longest that people's and hosts' parts of an address are.
/// <https://datatracker.ietf.org/doc/html/rfc5321#section-4.5.3.1>
const MAX_LOCAL_BYTES: usize = 64;
const MAX_DOMAIN_BYTES: usize = 255;
/// The longest name and password in a link that are looked for.
const MAX_USERINFO_BYTES: usize = 512;

/// What begins at `at`, the start of a word or something that is no word.
pub(super) fn find(text: &str, at: usize, kinds: Kinds) -> Option<Found> {
    let rest = &text.as_bytes()[at..];
    let secret = || {
        private_key(text, at)
            .or_else(|| prefixed(rest, at))
            .or_else(|| json_web_token(rest, at))
            .or_else(|| after_scheme(rest, at))
            .or_else(|| userinfo(rest, at))
            .or_else(|| assigned(text, at))
    };
    let found = kinds.secrets.then(secret).flatten();
    found.or_else(|| kinds.emails.then(|| email(rest, at)).flatten())
}

fn run(bytes: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| is_part(**byte)).count()
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

fn is_base64(byte: u8) -> bool {
    is_token(byte) || matches!(byte, b'.' | b'~' | b'+' | b'/' | b'=')
}

/// The longest key with its armour; one of RSA with 16,384 bits has 12,700.
const MAX_PRIVATE_KEY_BYTES: usize = 16 * 1024;

/// To its last line, or as far as a key can reach in a text that was cut off.
fn private_key(text: &str, at: usize) -> Option<Found> {
    const BEGIN: &str = "-----BEGIN ";
    const KEY: &str = "PRIVATE KEY";
    let rest = text[at..].strip_prefix(BEGIN)?;
    let kind = run(rest.as_bytes(), |byte| {
        byte.is_ascii_uppercase() || byte == b' '
    });
    // The kind is a few words; more than that is no armour.
    if kind > MAX_LOCAL_BYTES || !rest[..kind].contains(KEY) {
        return None;
    }
    let rest = &rest[..rest.floor_char_boundary(MAX_PRIVATE_KEY_BYTES)];
    let end = rest.find("-----END ").map_or(rest.len(), |end| {
        let line = &rest.as_bytes()[end..];
        let is_armour = |byte: u8| byte.is_ascii_uppercase() || matches!(byte, b'-' | b' ');
        end + run(line, is_armour)
    });
    let (from, to) = (at, at + BEGIN.len() + end);
    let what = "private key";
    Some(Found { from, to, what })
}

fn prefixed(rest: &[u8], at: usize) -> Option<Found> {
    let known = PREFIXES
        .iter()
        .find(|(prefix, _, _)| rest.starts_with(prefix.as_bytes()))?;
    let (prefix, least, what) = *known;
    let body = &rest[prefix.len()..];
    // Looked at no further than this before it is known for one: what is not taken out is looked at
    // again from its next word on. Names such as `sk-learn-a-lot-of-things` have no digit.
    let begin = &body[..run(&body[..body.len().min(MAX_LOOK_BYTES)], is_token)];
    let is_one = begin.len() >= least && begin.iter().any(u8::is_ascii_digit);
    is_one.then(|| Found {
        from: at,
        to: at + prefix.len() + run(body, is_token),
        what,
    })
}

/// Three parts of base64, the first two of which begin as JSON objects do.
fn json_web_token(rest: &[u8], at: usize) -> Option<Found> {
    const OBJECT: &[u8] = b"eyJ";
    if !rest.starts_with(OBJECT) {
        return None;
    }
    let header = run(&rest[..rest.len().min(MAX_JWT_HEADER_BYTES)], is_token);
    let payload = rest[header..].strip_prefix(b".")?;
    if !payload.starts_with(OBJECT) {
        return None;
    }
    let more = run(payload, |byte| is_token(byte) || byte == b'.');
    Some(Found {
        from: at,
        to: at + header + 1 + more,
        what: "JSON web token",
    })
}

/// `Bearer` and `Basic` with what follows.
fn after_scheme(rest: &[u8], at: usize) -> Option<Found> {
    const LEAST: usize = 12;
    let scheme = [&b"bearer "[..], b"basic "].into_iter().find(|scheme| {
        rest.len() > scheme.len() && rest[..scheme.len()].eq_ignore_ascii_case(scheme)
    })?;
    let body = run(&rest[scheme.len()..], is_base64);
    let token = &rest[scheme.len()..][..body];
    let odd = token
        .iter()
        .any(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    (body >= LEAST && odd).then(|| Found {
        from: at + scheme.len(),
        to: at + scheme.len() + body,
        what: "credential",
    })
}

/// `://name:password@`.
fn userinfo(rest: &[u8], at: usize) -> Option<Found> {
    let authority = rest.strip_prefix(b"://")?;
    let authority = &authority[..authority.len().min(MAX_USERINFO_BYTES)];
    let end = run(authority, |byte| {
        byte.is_ascii_graphic() && !b"/?#\"<>".contains(&byte)
    });
    let host_at = authority[..end].iter().rposition(|byte| *byte == b'@')?;
    authority[..host_at].contains(&b':').then_some(Found {
        from: at + 3,
        to: at + 3 + host_at,
        what: "credential",
    })
}

/// `password: ...`, `API_KEY=...`, `"client_secret": "..."`.
fn assigned(text: &str, at: usize) -> Option<Found> {
    let rest = &text.as_bytes()[at..];
    let key = run(&rest[..rest.len().min(MAX_KEY_BYTES + 1)], is_token);
    if key == 0 || key > MAX_KEY_BYTES {
        return None;
    }
    let name = text[at..at + key].to_ascii_lowercase();
    let is_password = PASSWORDS.iter().any(|end| name.ends_with(end));
    if !is_password && !SECRETS.iter().any(|end| name.ends_with(end)) {
        return None;
    }
    // `-ghp_...-password: ...`: the token is found at its own start, which lies behind this one.
    if (1..key).any(|start| rest[start - 1] == b'-' && prefixed(&rest[start..key], 0).is_some()) {
        return None;
    }
    let mut from = key;
    from += run(&rest[from..rest.len().min(from + 1)], |byte| {
        matches!(byte, b'"' | b'\'')
    });
    from += run(&rest[from..rest.len().min(from + 2)], |byte| byte == b' ');
    if !matches!(rest.get(from), Some(b'=' | b':')) {
        return None;
    }
    from += 1;
    from += run(&rest[from..rest.len().min(from + 2)], |byte| byte == b' ');
    from += run(&rest[from..rest.len().min(from + 1)], |byte| {
        matches!(byte, b'"' | b'\'' | b'`')
    });
    let from = at + from;
    let is_end =
        |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | ',' | ';' | '&' | '<' | '[');
    let value = &text[from..];
    let seen = &value[..value.floor_char_boundary(MAX_LOOK_BYTES)];
    let seen = &seen[..seen.find(is_end).unwrap_or(seen.len())];
    let secret = if is_password {
        seen.chars().count() >= 4
    } else {
        looks_random(seen)
    };
    let length = || value.find(is_end).unwrap_or(value.len());
    secret.then(|| Found {
        from,
        to: from + length(),
        what: if is_password { "password" } else { "secret" },
    })
}

/// Long, of letters and digits, and no character far too often: three bits a character.
fn looks_random(value: &str) -> bool {
    const LEAST: usize = 16;
    const LEAST_BITS: f64 = 3.0;
    let bytes = value.as_bytes();
    if bytes.len() < LEAST
        || !bytes.iter().any(u8::is_ascii_digit)
        || !bytes.iter().any(u8::is_ascii_alphabetic)
    {
        return false;
    }
    let mut counts = [0_u16; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    #[expect(clippy::cast_precision_loss, reason = "at most 256")]
    let length = bytes.len() as f64;
    let bits: f64 = counts
        .iter()
        .filter(|count| **count > 0)
        .map(|count| f64::from(*count) / length)
        .map(|share| -share * share.log2())
        .sum();
    bits >= LEAST_BITS
}

/// What looks like the end of an address and is the end of a file: `icon@2x.png`.
const FILES: [&[u8]; 12] = [
    b"css", b"gif", b"html", b"jpeg", b"jpg", b"js", b"json", b"png", b"svg", b"ts", b"tsx",
    b"webp",
];
/// How [`crate::report`] takes the meaning from an `@`.
const ZERO_WIDTH_SPACE: &[u8] = "\u{200b}".as_bytes();

fn email(rest: &[u8], at: usize) -> Option<Found> {
    let is_local = |byte: u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(&byte);
    let is_domain = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    let local = run(&rest[..rest.len().min(MAX_LOCAL_BYTES)], is_local);
    if local == 0 || !rest[0].is_ascii_alphanumeric() || rest.get(local) != Some(&b'@') {
        return None;
    }
    let mut begin = local + 1;
    if rest[begin..].starts_with(ZERO_WIDTH_SPACE) {
        begin += ZERO_WIDTH_SPACE.len();
    }
    let domain = &rest[begin..];
    let mut length = run(&domain[..domain.len().min(MAX_DOMAIN_BYTES)], is_domain);
    // The end of a sentence.
    while length > 0 && !domain[length - 1].is_ascii_alphanumeric() {
        length -= 1;
    }
    let dot = domain[..length].iter().rposition(|byte| *byte == b'.')?;
    let ending = &domain[dot + 1..length];
    let is_name = ending.len() >= 2 && ending.iter().all(u8::is_ascii_alphabetic) && dot > 0;
    let is_file = FILES.iter().any(|file| ending.eq_ignore_ascii_case(file));
    (is_name && !is_file).then(|| Found {
        from: at,
        to: at + begin + length,
        what: "e-mail address",
    })
}
