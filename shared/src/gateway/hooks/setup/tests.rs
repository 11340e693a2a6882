use super::*;

const SECRET: &str = "0123456789abcdef";
const SENTRY: &str = r#"{"format": "sentry", "to": {"inbox": "alice"}, "type": "INFO",
                         "template": "{{ .data.event.title }}"}"#;

fn read(variables: &[(&str, &str)]) -> HooksSetup {
    let text = |name: &str| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    HooksSetup::read(text, |_| true)
}

fn said(setup: &HooksSetup) -> String {
    let lines: Vec<String> = setup.off().iter().map(ToString::to_string).collect();
    lines.join("; ")
}

/// What is said of a hook `a` that is described so.
fn wrong(described: &str) -> String {
    let variables = [
        ("HOOKS", "a"),
        ("HOOK_A", described),
        ("HOOK_A_SECRET", SECRET),
    ];
    let setup = read(&variables);
    assert!(setup.hook("a").is_err(), "{described} was taken");
    said(&setup)
}

#[test]
fn without_names_there_are_no_hooks_and_nothing_is_wrong() {
    let setup = read(&[]);
    assert!(setup.hook("sentry").unwrap().is_none());
    assert_eq!(said(&setup), "");
}

#[test]
fn a_hook_has_a_variable_and_a_secret_of_its_own() {
    let setup = read(&[
        ("HOOKS", " sentry-prod , "),
        ("HOOK_SENTRY_PROD", SENTRY),
        ("HOOK_SENTRY_PROD_SECRET", SECRET),
    ]);
    let hook = setup.hook("sentry-prod").unwrap().unwrap();
    assert_eq!(hook.format, Format::Sentry);
    let Target::Inbox(route) = &hook.target else {
        panic!("{hook:?}")
    };
    assert_eq!(route.path.as_str(), "/hooks/sentry-prod");
    insta::assert_snapshot!(said(&setup), @"HOOKS_PULL_TOKEN is missing: nobody can pull what the hooks put into inboxes");
    assert!(!format!("{setup:?}").contains(SECRET));
}

#[test]
fn every_mistake_names_the_hook_and_the_field() {
    insta::assert_snapshot!(said(&read(&[("HOOKS", "a")])), @"HOOKS wants the secret HOOK_A_SECRET, which is missing");
    insta::assert_snapshot!(said(&read(&[("HOOKS", "a"), ("HOOK_A_SECRET", SECRET)])), @r#"HOOKS names "a": HOOK_A is missing"#);
    insta::assert_snapshot!(said(&read(&[("HOOKS", "a"), ("HOOK_A_SECRET", "short")])), @"HOOKS wants the secret HOOK_A_SECRET, which has fewer than 16 characters");
    insta::assert_snapshot!(said(&read(&[("HOOKS", "A")])), @r#"HOOKS names "A": a name is of lower-case letters, digits and -, and begins with a letter"#);
    insta::assert_snapshot!(said(&read(&[("HOOKS", "events")])), @r#"HOOKS names "events", which is taken"#);
    insta::assert_snapshot!(said(&read(&[("HOOKS", "a-secret")])), @r#"HOOKS names "a-secret", which is taken"#);
    insta::assert_snapshot!(said(&read(&[("HOOKS", "a,a"), ("HOOK_A", SENTRY), ("HOOK_A_SECRET", SECRET)])), @r#"HOOKS names "a" twice"#);
    insta::assert_snapshot!(said(&read(&[("HOOKS_PULL_TOKEN", "short")])), @"HOOKS_PULL_TOKEN has fewer than 16 characters: it can be guessed");
    insta::assert_snapshot!(wrong("[]"), @r#"HOOKS names "a": in HOOK_A, invalid type: sequence, expected a map at line 1 column 0"#);
    insta::assert_snapshot!(wrong("{}"), @r#"HOOKS names "a": in HOOK_A, format is missing"#);
    insta::assert_snapshot!(wrong(r#"{"format": "slack"}"#), @r#"HOOKS names "a": in HOOK_A, format is "slack": there are github, forgejo, sentry, posthog, linear, bearer"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "{{ .a "}"#), @r#"HOOKS names "a": in HOOK_A, template: line 1, column 1: this has no closing }}"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": "alice"}"#), @r#"HOOKS names "a": in HOOK_A, to is no object"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": {}}"#), @r#"HOOKS names "a": in HOOK_A, to is neither inbox nor contextualize"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": {"inbox": "../x"}}"#), @r#"HOOKS names "a": in HOOK_A, to.inbox may not contain '/'"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": {"inbox": "x", "y": 1}}"#), @r#"HOOKS names "a": in HOOK_A, to.y has no meaning here"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": {"inbox": "x"}}"#), @r#"HOOKS names "a": in HOOK_A, type is missing"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": {"inbox": "x"}, "type": "info"}"#), @r#"HOOKS names "a": in HOOK_A, type: unknown variant `info`, expected one of `INFO`, `NEEDS-RESPONSE`, `ACK-REQUEST`"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": {"inbox": "x"}, "type": "INFO", "prio": 1}"#), @r#"HOOKS names "a": in HOOK_A, prio has no meaning here"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": {"contextualize": {"guild": "1", "channel": "bugs"}}}"#), @r#"HOOKS names "a": in HOOK_A, to.contextualize.channel is no id of Discord's"#);
    // A filter that nothing could pass, or everything.
    insta::assert_snapshot!(wrong(r#"{"format": "github", "events": "push"}"#), @r#"HOOKS names "a": in HOOK_A, events: invalid type: string "push", expected a sequence"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "events": []}"#), @r#"HOOKS names "a": in HOOK_A, events is empty: leave it out to take all"#);
    insta::assert_snapshot!(wrong(r#"{"format": "github", "events": ["push "]}"#), @r#"HOOKS names "a": in HOOK_A, events names "push ", which is no type"#);
    insta::assert_snapshot!(wrong(r#"{"format": "posthog", "events": ["$pageview"]}"#), @r#"HOOKS names "a": in HOOK_A, events: no delivery of posthog says of which type it is"#);
    insta::assert_snapshot!(wrong(r#"{"format": "bearer", "events": ["push"]}"#), @r#"HOOKS names "a": in HOOK_A, events: no delivery of bearer says of which type it is"#);
    // What is only of an event has no meaning where there is none.
    insta::assert_snapshot!(wrong(r#"{"format": "github", "template": "", "to": {"contextualize": {"guild": "1", "channel": "2"}}, "type": "INFO"}"#), @r#"HOOKS names "a": in HOOK_A, type has no meaning here"#);
}

#[test]
fn one_mistake_closes_all_hooks_and_the_pull() {
    let setup = read(&[
        ("HOOKS", "a, b"),
        ("HOOK_A", SENTRY),
        ("HOOK_A_SECRET", SECRET),
        ("HOOKS_PULL_TOKEN", SECRET),
    ]);
    assert!(setup.hook("a").is_err());
    assert!(setup.tokens().is_none());
}

#[test]
fn that_no_token_opens_an_inbox_is_said_to_anybody_without_whose() {
    let bobs = SENTRY.replace("alice", "bob");
    let with = |tokens: &str| {
        let setup = read(&[
            ("HOOKS", "a, b"),
            ("HOOK_A", SENTRY),
            ("HOOK_A_SECRET", SECRET),
            ("HOOK_B", &bobs),
            ("HOOK_B_SECRET", SECRET),
            ("HOOKS_PULL_TOKENS", tokens),
        ]);
        assert!(setup.tokens().is_some());
        said(&setup)
    };
    let alices = with(r#"{"alice": "0123456789abcdef"}"#);
    insta::assert_snapshot!(alices, @"HOOKS_PULL_TOKENS has no token for some recipients: nobody can pull what waits for them");
    let both = with(r#"{"alice": "0123456789abcdef", "bob": "0123456789abcdef"}"#);
    assert_eq!(both, "");
}

#[test]
fn hooks_without_the_objects_that_keep_their_deliveries_are_closed() {
    let text = |name: &str| match name {
        "HOOKS" => Some("a".to_owned()),
        "HOOK_A" => Some(SENTRY.to_owned()),
        "HOOK_A_SECRET" => Some(SECRET.to_owned()),
        _ => None,
    };
    let setup = HooksSetup::read(text, |_| false);
    assert!(setup.hook("a").is_err());
    assert_eq!(said(&setup), "INBOXES is not bound");
    // Who has no hooks needs none.
    assert_eq!(said(&HooksSetup::read(|_| None, |_| false)), "");
}

#[test]
fn a_name_has_at_most_forty_bytes() {
    let named = |bytes: usize| said(&read(&[("HOOKS", &"a".repeat(bytes))]));
    assert!(named(40).contains("_SECRET, which is missing"));
    assert!(named(41).ends_with("which is longer than 40 bytes"));
}
