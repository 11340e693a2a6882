//! Values of options: what is taken, and what a refusal says.

use super::*;

#[test]
fn an_issue_by_identifier_or_address() {
    let scope = Scope::default();
    for (given, key, url) in [
        ("ENG-123", "ENG-123", None),
        (" eng-123 ", "ENG-123", None),
        ("#ENG-123", "ENG-123", None),
        ("`ENG-123`", "ENG-123", None),
        // Who names it as an option means it: no deny list.
        ("UTF-8", "UTF-8", None),
        (
            "<https://linear.app/acme/issue/eng-1/slug>",
            "ENG-1",
            Some("https://linear.app/acme/issue/ENG-1"),
        ),
        (
            "linear.app/acme/issue/ENG-1",
            "ENG-1",
            Some("https://linear.app/acme/issue/ENG-1"),
        ),
    ] {
        let found = parse_issue_ref(given, &scope).unwrap();
        assert_eq!(
            (found.key.as_str(), found.url.as_deref()),
            (key, url),
            "{given}"
        );
    }
    for given in [
        "",
        "ENG",
        "123",
        "ENG 123",
        "ENG-1 ENG-2",
        "https://github.com/acme/web/issues/1",
        "https://linear.app/acme",
    ] {
        assert!(
            matches!(parse_issue_ref(given, &scope), Err(Unrecognised::Issue(_))),
            "{given}"
        );
    }
}

#[test]
fn an_issue_of_an_unknown_team_is_refused_even_by_address() {
    let scope = Scope::of_teams(["OPS"]);
    for given in ["ENG-1", "https://linear.app/acme/issue/ENG-1"] {
        assert!(
            matches!(
                parse_issue_ref(given, &scope),
                Err(Unrecognised::Team { .. })
            ),
            "{given}"
        );
    }
    assert!(parse_issue_ref("ops-1", &scope).is_ok());
}

#[test]
fn a_repository_by_any_of_its_addresses() {
    for given in [
        "acme/web",
        "acme/web.git",
        "https://github.com/acme/web",
        "http://github.com/acme/web/",
        "<https://github.com/acme/web/issues/3>",
        "https://github.com/acme/web/blob/main/a.ts",
        "github.com/acme/web",
        "git@github.com:acme/web.git",
        "ssh://git@github.com/acme/web.git",
    ] {
        assert_eq!(
            parse_repo_ref(given).unwrap().to_string(),
            "acme/web",
            "{given}"
        );
    }
    for given in [
        "",
        "web",
        "acme/",
        "/web",
        "acme/web/x",
        "acme web",
        "https://gitlab.com/acme/web",
        "a--/b",
        "acme/we b",
        "acme/..",
    ] {
        assert!(parse_repo_ref(given).is_err(), "{given}");
    }
}

#[test]
fn a_session_by_id_or_recording() {
    let id = "0190b1c2-7d3e-4f00-8a1b-2c3d4e5f6071";
    let scope = Scope::default();
    for given in [
        id.to_owned(),
        id.to_uppercase(),
        format!("https://eu.posthog.com/replay/{id}?t=5"),
    ] {
        assert_eq!(
            parse_session_ref(&given, &scope).unwrap().session.as_str(),
            id,
            "{given}"
        );
    }
    assert_eq!(
        parse_session_ref(&format!("https://eu.posthog.com/replay/{id}?t=5"), &scope)
            .unwrap()
            .offset_s,
        Some(5)
    );
    for given in [
        "",
        "yesterday",
        "the-login-session-i-mean",
        "https://eu.posthog.com/replay/home",
        "0190",
    ] {
        assert!(parse_session_ref(given, &scope).is_err(), "{given}");
    }
}

#[test]
fn an_e_mail_address() {
    for given in [
        "ann@example.com",
        "<mailto:ann@example.com>",
        "MAILTO:ann@Example.com",
    ] {
        assert_eq!(parse_email(given).unwrap(), "ann@example.com", "{given}");
    }
    for given in [
        "",
        "ann",
        "ann@",
        "@example.com",
        "ann@example",
        "a b@example.com",
        "ann@example.com, bob@example.com",
    ] {
        assert!(parse_email(given).is_err(), "{given}");
    }
}

#[test]
fn a_refusal_shows_the_value_harmlessly_and_shortly() {
    let message = parse_repo_ref(&format!("`@everyone` {}", "x".repeat(500)))
        .unwrap_err()
        .user_message();
    insta::assert_snapshot!(message, @"`@everyoneˋ xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` is not a GitHub repository. Give `owner/name` or its address, such as `https://github.com/acme/web`.");
}
