//! What is found in a text, and what is not, as tables; and the work that it takes.

use super::*;

/// Each reference as `explicitness reference`, in order.
fn shown(text: &str, scope: &Scope) -> Vec<String> {
    let render = |found: Found| {
        assert!(
            text.get(found.span.clone())
                .is_some_and(|span| !span.is_empty()),
            "{found:?}"
        );
        format!("{:?} {}", found.explicitness, found.reference)
    };
    find(text, scope).into_iter().map(render).collect()
}

fn assert_finds(table: &[(&str, &[&str])], scope: &Scope) {
    for (text, expected) in table {
        assert_eq!(shown(text, scope), *expected, "{text}");
    }
}

fn teams() -> Scope {
    Scope::of_teams(["ENG", "X", "UTF"])
}

const SESSION: &str = "0190b1c2-7d3e-7f00-8a1b-2c3d4e5f6071";

#[test]
fn bare_issue_identifiers_are_guesses() {
    assert_finds(
        &[
            ("ENG-123", &["Guess ENG-123"]),
            ("fixes ENG-123.", &["Guess ENG-123"]),
            (
                "(ENG-123), [ENG-4]: #ENG-5",
                &["Guess ENG-123", "Guess ENG-4", "Guess ENG-5"],
            ),
            (
                "**ENG-1** _ENG-2_ ~~ENG-3~~ `ENG-4` ||ENG-5||",
                &[
                    "Guess ENG-1",
                    "Guess ENG-2",
                    "Guess ENG-3",
                    "Guess ENG-4",
                    "Guess ENG-5",
                ],
            ),
            (
                "ENG-1–ENG-3 ENG-7's",
                &["Guess ENG-1", "Guess ENG-3", "Guess ENG-7"],
            ),
            ("WEB2-10", &["Guess WEB2-10"]),
            (
                "issue: ENG-9 or ticket ENG-8",
                &["Labelled ENG-9", "Guess ENG-8"],
            ),
            ("@bugbot fix issue:ENG-1", &["Labelled ENG-1"]),
        ],
        &Scope::default(),
    );
}

#[test]
fn what_only_looks_like_an_issue_is_none() {
    for text in [
        "UTF-8",
        "SHA-256",
        "GPT-4",
        "ISO-8601",
        "COVID-19",
        "RFC-2119",
        "CVE-2024-1234",
        "HTTP-2",
        "ES-2020",
        "US-ASCII",
        "IPV-4",
        "X-1",
        "F-16",
        "MD-5",
        "AES-128",
        "BASE-64",
        "H-264",
        "MP-3",
        "GPT-4o",
        "GPT-4.5",
        "UTC-5",
        "GMT-3",
        "Q1-2024",
        "FY-2025",
        "WIN-32",
        "X86-64",
        "RTX-4090",
        "ERR-500",
        "STEP-2",
        "PM-2.5",
        "eng-123",
        "Eng-123",
        "ENG-0",
        "ENG-012",
        "ENG-12345678",
        "ENGINEERING-1",
        "2FA-1",
        "ENG_123",
        "ENG-123-fix",
        "feature/ENG-123-x",
        "ENG-1a",
        "aENG-1",
        "1-1",
        "-1",
        "ENG-",
        "A-B-1",
        "UTF-16LE",
        "foo.ENG-1",
        "x@ENG-1",
        "ÜNG-1",
        "ENG‑1",
        "ＥＮＧ-1",
        "ENG-١",
    ] {
        assert_eq!(shown(text, &Scope::default()), [""; 0], "{text}");
        assert_eq!(
            shown(&format!("issue: {text}"), &Scope::default()),
            [""; 0],
            "{text}"
        );
    }
}

#[test]
fn known_teams_make_it_exact() {
    assert_finds(
        &[
            (
                "ENG-1 eng-2 Eng-3",
                &["Bare ENG-1", "Bare ENG-2", "Bare ENG-3"],
            ),
            // The deny list is for guessing; who has such a team has it.
            ("X-1 UTF-8", &["Bare X-1", "Bare UTF-8"]),
            ("OPS-1 WEB-2", &[]),
        ],
        &teams(),
    );
    assert_finds(&[("ENG-1", &[])], &Scope::of_teams([""; 0]));
}

#[test]
fn linear_addresses() {
    let url = "Address https://linear.app/acme/issue/ENG-123";
    assert_finds(
        &[
            ("https://linear.app/acme/issue/ENG-123/the-slug", &[url]),
            ("https://linear.app/acme/issue/eng-123", &[url]),
            (
                "HTTPS://Linear.App/acme/issue/ENG-123?x=1#comment-2",
                &[url],
            ),
            ("<https://linear.app/acme/issue/ENG-123>", &[url]),
            (
                "[the issue](https://linear.app/acme/issue/ENG-123/slug).",
                &[url],
            ),
            ("[x](<https://linear.app/acme/issue/ENG-123>)", &[url]),
            ("see (https://linear.app/acme/issue/ENG-123), and", &[url]),
            ("**https://linear.app/acme/issue/ENG-123**", &[url]),
            ("||https://linear.app/acme/issue/ENG-123||", &[url]),
            ("linear.app/acme/issue/ENG-123/slug", &[url]),
            ("\"https://linear.app/acme/issue/ENG-123\"", &[url]),
            ("https://linear.app/acme/issue/ENG-123。次", &[url]),
            ("https://linear.app/acme/project/x-123", &[]),
            ("https://linear.app/acme/issue/nothing", &[]),
            ("https://linear.app/acme", &[]),
            ("https://linear.app.evil.example/acme/issue/ENG-123", &[]),
            ("https://linear.app@evil.example/acme/issue/ENG-123", &[]),
            ("https://ann@linear.app/acme/issue/ENG-123", &[]),
            ("ftp://linear.app/acme/issue/ENG-123", &[]),
        ],
        &Scope::default(),
    );
}

#[test]
fn github_addresses() {
    assert_finds(
        &[
            (
                "https://github.com/acme/web",
                &["Address https://github.com/acme/web"],
            ),
            (
                "https://www.github.com/acme/web.git/",
                &["Address https://github.com/acme/web"],
            ),
            (
                "https://github.com/acme/web/tree/main",
                &["Address https://github.com/acme/web"],
            ),
            (
                "git@github.com:acme/web.git",
                &["Address https://github.com/acme/web"],
            ),
            (
                "https://github.com/acme/web/issues/12#issuecomment-1",
                &["Address https://github.com/acme/web/issues/12"],
            ),
            (
                "https://github.com/acme/web/pull/7/files",
                &["Address https://github.com/acme/web/pull/7"],
            ),
            (
                "https://github.com/acme/web/issues",
                &["Address https://github.com/acme/web"],
            ),
            (
                "https://github.com/acme/web/blob/main/src/a%20b.ts#L10-L20",
                &["Address https://github.com/acme/web/blob/main/src/a%20b.ts#L10-L20"],
            ),
            (
                "https://github.com/acme/web/blob/0a1b2c/src/%5Bid%5D.tsx?plain=1#L7C3",
                &["Address https://github.com/acme/web/blob/0a1b2c/src/%5Bid%5D.tsx#L7"],
            ),
            (
                "https://github.com/acme/web/tree/main/src",
                &["Address https://github.com/acme/web/tree/main/src"],
            ),
            (
                "https://raw.githubusercontent.com/acme/web/refs/heads/main/src/a.ts",
                &["Address https://github.com/acme/web/blob/main/src/a.ts"],
            ),
            (
                "acme/web#12",
                &["Bare https://github.com/acme/web/issues/12"],
            ),
            ("repo: acme/web", &["Labelled https://github.com/acme/web"]),
            (
                "github.com/acme/web",
                &["Address https://github.com/acme/web"],
            ),
            ("acme/web and/or src/app", &[]),
            ("https://github.com/orgs/acme", &[]),
            ("https://github.com/settings/tokens", &[]),
            ("https://github.com/acme", &[]),
            ("https://github.com/-a/web https://github.com/a/..", &[]),
            ("https://gist.github.com/ann/0a1b", &[]),
            ("https://github.com.evil.example/acme/web", &[]),
        ],
        &Scope::default(),
    );
}

#[test]
fn a_file_link_is_taken_apart() {
    let found = find(
        "https://github.com/acme/web/blob/main/app/%5Bid%5D/page.tsx#L9-L3",
        &Scope::default(),
    );
    let Reference::GitHubFile(link) = &found[0].reference else {
        panic!("{found:?}")
    };
    assert_eq!(
        (link.revision.as_str(), link.path.as_str()),
        ("main", "app/[id]/page.tsx")
    );
    assert_eq!(link.lines.map(|(a, b)| (a.get(), b.get())), Some((3, 9)));
}

#[test]
fn posthog_addresses() {
    let replay = format!("https://us.posthog.com/project/12/replay/{SESSION}");
    assert_finds(
        &[
            (&replay, &[&format!("Address {replay}")]),
            (
                &format!("{replay}?t=62"),
                &[&format!("Address {replay}?t=62")],
            ),
            (
                &format!("{replay}?t=1m2s,"),
                &[&format!("Address {replay}?t=62")],
            ),
            (
                &format!("{replay}?t=1:02#x"),
                &[&format!("Address {replay}?t=62")],
            ),
            (&format!("{replay}?t=abc"), &[&format!("Address {replay}")]),
            (
                &format!(
                    "https://us.posthog.com/project/12/replay/home?sessionRecordingId={SESSION}&t=3.7"
                ),
                &[&format!("Address {replay}?t=3")],
            ),
            (
                &format!("https://eu.posthog.com/replay/{SESSION}"),
                &[&format!("Address https://eu.posthog.com/replay/{SESSION}")],
            ),
            (
                &format!("https://app.posthog.com/recordings/{SESSION}"),
                &[&format!("Address https://app.posthog.com/replay/{SESSION}")],
            ),
            (
                &format!("http://posthog.acme.example:8000/project/1/replay/{SESSION}"),
                &[&format!(
                    "Address http://posthog.acme.example:8000/project/1/replay/{SESSION}"
                )],
            ),
            (
                "https://us.posthog.com/project/12/person/ann%40example.com#activeTab=events",
                &["Address https://us.posthog.com/project/12/person/ann%40example.com"],
            ),
            (
                &format!("https://us.posthog.com/project/12/persons/{SESSION}"),
                &[&format!(
                    "Address https://us.posthog.com/project/12/persons/{SESSION}"
                )],
            ),
            ("https://us.posthog.com/project/12/replay/home", &[]),
            ("https://us.posthog.com/project/12/insights/abc", &[]),
            ("https://news.example/replay/season-2-episode-12345", &[]),
            ("https://news.example/person/ann", &[]),
        ],
        &Scope::default(),
    );
}

#[test]
fn our_own_posthog_is_trusted_with_any_id() {
    let address = "http://posthog.acme.example:8000/person/device-1";
    assert_eq!(shown(address, &Scope::default()), [""; 0]);
    let scope = Scope::default().with_posthog("http://posthog.acme.example:8000/");
    assert_eq!(shown(address, &scope), [format!("Address {address}")]);
}

#[test]
fn session_ids() {
    let v4 = "0190b1c2-7d3e-4f00-8a1b-2c3d4e5f6071";
    let legacy = "17d3d5e6e0e4ff-0c1f2a3b4c5d-1f3d5b7a";
    let labelled = |id: &str| vec![format!("Labelled session: {id}")];
    for (text, expected) in [
        (SESSION.to_owned(), vec![format!("Bare session: {SESSION}")]),
        (
            SESSION.to_uppercase(),
            vec![format!("Bare session: {SESSION}")],
        ),
        (v4.to_owned(), vec![]),
        (format!("session: {v4}"), labelled(v4)),
        (format!("Session ID: `{v4}`"), labelled(v4)),
        (format!("the session {v4} shows it"), labelled(v4)),
        (format!(r#"{{"$session_id": "{v4}"}}"#), labelled(v4)),
        (format!("session_id={legacy}"), labelled(legacy)),
        (format!("session {legacy}"), vec![]),
        (format!("session:\n{legacy}"), vec![]),
        (format!("trace {v4}, session: {SESSION}"), labelled(SESSION)),
        ("session: yesterday-at-about-noon".to_owned(), vec![]),
        ("session: 2024-01-01T10:00".to_owned(), vec![]),
    ] {
        assert_eq!(shown(&text, &Scope::default()), expected, "{text}");
    }
}

#[test]
fn e_mail_addresses() {
    assert_finds(
        &[
            ("ann@example.com", &["Bare ann@example.com"]),
            (
                "Ann.B+bug@Example.CO.UK.",
                &["Bare Ann.B+bug@example.co.uk"],
            ),
            ("<mailto:ann@example.com>", &["Labelled ann@example.com"]),
            (
                "[mail](mailto:ann@example.com?subject=x)",
                &["Labelled ann@example.com"],
            ),
            (
                "<ann@example.com>, bob@163.com",
                &["Bare ann@example.com", "Bare bob@163.com"],
            ),
            ("email: ann@example.com", &["Labelled ann@example.com"]),
            ("no-reply@example.com", &["Guess no-reply@example.com"]),
            ("https://ann@example.com/ https://ann:pw@example.com/x", &[]),
            ("postgres://app:pw@db.example.com/prod", &[]),
            ("ssh://git@github.com/acme/web", &[]),
            (
                "logo@2x.png react@18.2.0 app@1.2.next @ann ann@ @ann@social.example",
                &[],
            ),
            (
                "ann@localhost ann@-x.com ann@x-.com a..b@x.com .@x.com",
                &[],
            ),
            ("foo@https://example.com/x.js:1:2", &[]),
            ("<@123456789012345678> <#123456789012345678>", &[]),
        ],
        &Scope::default(),
    );
}

#[test]
fn discord_message_links() {
    let link = "Address https://discord.com/channels/123456789012345678/223456789012345678/323456789012345678";
    for host in [
        "discord.com",
        "ptb.discord.com",
        "canary.discord.com",
        "discordapp.com",
    ] {
        let text = format!(
            "https://{host}/channels/123456789012345678/223456789012345678/323456789012345678"
        );
        assert_eq!(shown(&text, &Scope::default()), [link], "{text}");
    }
    assert_finds(
        &[
            (
                "https://discord.com/channels/@me/223456789012345678/323456789012345678",
                &["Address https://discord.com/channels/@me/223456789012345678/323456789012345678"],
            ),
            (
                "https://discord.com/channels/123456789012345678/223456789012345678",
                &[],
            ),
            ("https://discord.com/channels/1/2/3", &[]),
            ("https://discord.gg/abc", &[]),
        ],
        &Scope::default(),
    );
}

#[test]
fn code_blocks_are_hints_only() {
    assert_finds(
        &[
            (
                "```\nERR ABC-12 ann@example.com\n```\nENG-7",
                &["Code ann@example.com", "Guess ENG-7"],
            ),
            (
                "```https://github.com/acme/web```",
                &["Code https://github.com/acme/web"],
            ),
            ("``` ann@example.com", &["Bare ann@example.com"]),
            ("`ENG-7` is inline", &["Guess ENG-7"]),
        ],
        &Scope::default(),
    );
    assert_finds(&[("```\nENG-7\n```", &["Code ENG-7"])], &teams());
}

#[test]
fn an_endless_address_is_stepped_over() {
    let text = format!(
        "https://linear.app/acme/issue/ENG-1/{} ENG-2",
        "a".repeat(super::super::MAX_URL_BYTES)
    );
    assert_eq!(shown(&text, &Scope::default()), ["Guess ENG-2"]);
}

/// Repeated, these tempt a scanner to start again, look back, or match brackets.
const HOSTILE: &[&str] = &[
    "a",
    " ",
    "@",
    "a@",
    "a@b.",
    "-",
    "A-",
    "A-1",
    "AB-1-",
    "https://",
    "http://a/(",
    "(((",
    "[](",
    "[",
    "<",
    "```",
    "`",
    "://",
    "a://",
    "github.com/",
    "git@github.com:",
    "session:",
    "session ",
    "session id: ",
    "/",
    "a/b#",
    "#",
    "%",
    "....",
    "\u{301}",
    "é",
    "🦀",
    "0190b1c2-7d3e-7f00-8a1b-2c3d4e5f6071",
    "0-",
    "$session_id=",
    "issue:",
    "repo:a/",
    "\n",
    "*_~",
    "https://linear.app/a/issue/",
    "https://linear.app/a/issue/ENG-1,",
    "mailto:",
    "?t=",
    "ENG-1 ",
    "```\nENG-1```",
];

/// How often a byte may be looked at: found by counting, held here.
const PER_BYTE: usize = 5;

fn assert_linear(before: &str, unit: &str, after: &str, bytes: usize) {
    let work = |bytes: usize| {
        let text = format!("{before}{}{after}", unit.repeat(bytes / unit.len()));
        find_counting(&text, &teams()).1
    };
    let (small, large) = (work(bytes / 4), work(bytes));
    assert!(
        large <= PER_BYTE * bytes + 256,
        "{before}{unit}: {large} of {bytes}"
    );
    assert!(
        large <= 4 * small + small / 8 + 1_024,
        "{before}{unit}: {small}, then {large}"
    );
}

#[test]
fn the_work_is_linear_in_any_surroundings() {
    for unit in HOSTILE {
        for (before, after) in [
            ("https://", ")"),
            ("ann@example.com ", "."),
            ("session: ", ""),
            ("```", ""),
        ] {
            assert_linear(before, unit, after, 64 << 10);
        }
    }
}

#[test]
fn the_work_is_linear_up_to_a_megabyte() {
    for unit in [
        "a",
        "a@",
        "A-",
        "https://",
        "(",
        "[](",
        "```",
        "://",
        "session: ",
        "-",
    ] {
        assert_linear("", unit, "", 1 << 20);
    }
}

#[test]
fn a_flood_of_references_is_bounded() {
    assert_eq!(find(&"ENG-1 ".repeat(100_000), &teams()).len(), MAX_FOUND);
}
