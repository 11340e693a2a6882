use proptest::prelude::*;

use super::*;

fn all(text: &str) -> String {
    redact(text, Kinds::ALL)
}

/// Built here, so that no scanner takes this file for a leak.
fn of(prefix: &str) -> String {
    format!("{prefix}{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
}

#[test]
fn every_known_shape_is_taken_out_wherever_it_stands() {
    let jwt = ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxIn0", "sig-nature_1"].join(".");
    let armour = |kind: &str| format!("-----{kind} RSA PRIVATE KEY-----");
    let pem = format!("{}\nMIIE\nabc=\n{}", armour("BEGIN"), armour("END"));
    let cases = [
        (of("ghp_"), "GitHub token"),
        (of("github_pat_"), "GitHub token"),
        (of("ghs_"), "GitHub token"),
        (of("glpat-"), "GitLab token"),
        (of("xoxb-"), "Slack token"),
        ("AKIA".to_owned() + "IOSFODNN7EXAMPLE", "AWS key"),
        (of("sk_live_"), "Stripe key"),
        (of("whsec_"), "webhook secret"),
        (of("sk-ant-"), "Anthropic key"),
        (of("sk-proj-"), "API key"),
        (of("lin_api_"), "Linear key"),
        (of("phx_"), "PostHog key"),
        (of("npm_"), "npm token"),
        (of("AIza"), "Google key"),
        (jwt, "JSON web token"),
        (pem, "private key"),
    ];
    for (secret, what) in cases {
        let mark = format!("[redacted: {what}]");
        for (before, after) in [
            ("", ""),
            ("see `", "`, thanks"),
            ("ключ: ", "\n"),
            ("(", ")"),
        ] {
            let text = format!("{before}{secret}{after}");
            assert_eq!(all(&text), format!("{before}{mark}{after}"), "{what}");
        }
    }
}

#[test]
fn what_stands_after_a_telling_word_is_taken_out() {
    for (text, expected) in [
        (
            "Authorization: Bearer abc.DEF-123_xyz==",
            "Authorization: Bearer [redacted: credential]",
        ),
        ("password: hunter2", "password: [redacted: password]"),
        (
            "DB_PASSWORD=\"p4ss wort\"",
            "DB_PASSWORD=\"[redacted: password] wort\"",
        ),
        (
            "?api_key=9f8e7d6c5b4a39281706&x=1",
            "?api_key=[redacted: secret]&x=1",
        ),
        (
            "{\"client_secret\": \"Zm9vYmFyYmF6cXV4MTIz\"}",
            "{\"client_secret\": \"[redacted: secret]\"}",
        ),
        (
            "https://bob:s3cret@example.com/x",
            "https://[redacted: credential]@example.com/x",
        ),
        (
            "postgres://u:p@db:5432/x",
            "postgres://[redacted: credential]@db:5432/x",
        ),
        (
            "mail bob.b+x@mail.example.com.",
            "mail [redacted: e-mail address].",
        ),
    ] {
        assert_eq!(all(text), expected);
    }
}

#[test]
fn ordinary_words_stay() {
    for text in [
        "the token: expired",
        "a secret: do not tell",
        "token = getToken(user)",
        "sk-learn is a library, and task-force a film",
        "bearer of bad news, basic understanding",
        "https://example.com/a@b and https://user@host/x",
        "react@18.2.0 and @alice and a@b and icon@2x.png",
        "commit 0123456789abcdef0123456789abcdef01234567",
        "018f4e2a-7b3c-7def-8a9b-0123456789ab",
        "eyJ is how base64 of JSON begins",
        "-----BEGIN CERTIFICATE-----",
        "I forgot my password",
    ] {
        assert_eq!(all(text), text);
    }
}

#[test]
fn a_key_that_was_cut_off_takes_the_rest_with_it() {
    let text = format!("-----BEGIN {} KEY-----\nMIIE\nabc", "PRIVATE");
    assert_eq!(all(&text), "[redacted: private key]");
}

#[test]
fn kinds_are_chosen_by_where_the_text_goes() {
    let text = format!("bob@example.com sent {}", of("ghp_"));
    let default = Redaction::default();
    let linear = default.towards(Place::Linear, &text);
    assert_eq!(linear, "bob@example.com sent [redacted: GitHub token]");
    let model = default.towards(Place::Model, &text);
    assert_eq!(
        model,
        "[redacted: e-mail address] sent [redacted: GitHub token]"
    );
    let places = |list| Some(Places::parse(list).unwrap());
    let other = Redaction::new(places("nowhere"), places("linear"));
    assert_eq!(other.towards(Place::Model, &text), text);
    assert!(other.towards(Place::Linear, &text).starts_with("[redacted"));
    assert_eq!(Redaction::new(places("model, linear"), None), default);
    for bad in ["modell", "model nowhere", "everywhere"] {
        assert!(Places::parse(bad).is_err(), "{bad}");
    }
}

/// The bot's own escapes come before the redaction, and logs quote logs.
#[test]
fn what_is_escaped_or_quoted_is_found_all_the_same() {
    let token = of("ghp_");
    for (text, expected) in [
        (
            "Bob <\u{200b}bob@\u{200b}example.com>",
            "Bob <\u{200b}[redacted: e-mail address]>".to_owned(),
        ),
        (
            &format!("“{token}”"),
            "“[redacted: GitHub token]”".to_owned(),
        ),
        (
            &format!("a\\n{token}\\nb"),
            "a\\n[redacted: GitHub token]\\nb".to_owned(),
        ),
    ] {
        assert_eq!(all(text), expected);
    }
}

#[test]
fn a_cut_goes_through_no_secret_and_no_mark() {
    let text = format!("see {} for ENG-1", of("ghp_"));
    let end = 4 + of("ghp_").len();
    for at in 0..=text.len() {
        let expected = if (5..end).contains(&at) {
            (4, end)
        } else {
            (at, at)
        };
        assert_eq!((floor(&text, at), ceil(&text, at)), expected, "{at}");
    }
    let text = all(&text);
    let end = text.find(']').unwrap() + 1;
    assert_eq!((floor(&text, 9), ceil(&text, 9)), (4, end));
    assert_eq!((floor(&text, end), ceil(&text, end)), (end, end));
}

/// 1 MiB of what makes a careless scanner slow. Generous: this machine may be busy, and a quadratic
/// one takes hours.
#[test]
fn hostile_text_takes_no_longer_than_its_length() {
    let size = 1024 * 1024;
    for unit in [
        "eyJa-",
        "a.",
        "a@",
        "ghp_",
        "sk-",
        "://",
        "://a:b",
        "password",
        "password=",
        "token: ",
        "-----BEGIN ",
        "-----BEGIN A PRIVATE KEY",
        "bearer ",
        "a_",
        "é",
        "x",
        "AKIA",
        "secret:\"'",
    ] {
        let text = unit.repeat(size / unit.len());
        // A scan that is not linear does not come back from this for hours.
        assert!(!all(&text).is_empty(), "{unit:?}");
    }
}

#[test]
fn a_token_in_the_name_of_a_key_is_taken_out() {
    let token = "ghp_A00A0AA0ghp_password";
    for text in [format!("-{token}:token="), format!("a-{token}: x")] {
        assert!(!all(&text).contains(token), "{text}");
    }
}

proptest! {
    #[test]
    fn once_is_enough(text in "([a-z:=@./ \"-]|ghp_|eyJ|password[=:]|://|token=|[0-9A-F]{4}|é){0,60}") {
        let once = all(&text);
        prop_assert_eq!(all(&once), once);
    }

    /// The shape of half a token is not known any more.
    #[test]
    fn a_cut_leaves_no_half_of_what_is_taken_out(text in "([a-z:=@./ \"-]|ghp_|password[=:]|[0-9A-Fg-z]{12}|é){0,60}", share in 0.0..1.0_f64) {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a place in a short text")]
        let at = text.floor_char_boundary((text.len() as f64 * share) as usize);
        let (floor, ceil) = (floor(&text, at), ceil(&text, at));
        prop_assert!(floor <= at && at <= ceil);
        for taken in found(&text, |at| shapes::find(&text, at, Kinds::ALL)) {
            for cut in [floor, ceil] {
                prop_assert!(cut <= taken.from || taken.to <= cut, "{cut} in {taken:?}");
            }
        }
    }

    #[test]
    fn a_token_never_survives(before in "[ a-z.,:é(]{0,20}[ (:]|", body in "[A-Za-z0-9]{30}[0-9]") {
        let token = format!("ghp_{body}");
        let text = format!("{before}{token}");
        prop_assert!(!all(&text).contains(&body));
    }
}
