use proptest::prelude::*;

use super::*;

const FULL: &str = r#"
agent: watcher
inbox_dir: ~/inbox
fsync: false
webhook:
  listen: "[::1]:0"
  routes:
    - path: /sentry
      recipient: dev
      type: NEEDS-RESPONSE
      priority: urgent
      missing: lenient
      template: |
        {{ .title }}
        {{ .url | default "no link" }}
    - path: /ping
      recipient: ops
      type: INFO
      template: ping
drop_folder:
  path: /var/drop
  poll_fallback_seconds: 5
pull:
  from: https://edge.example
  token_file: ~/pull.token
  recipients: [alice, bob]
  seconds: 60
"#;

fn parse(text: &str) -> Result<Config, BadConfig> {
    Config::parse(Path::new("c.yaml"), text, Some(Path::new("/home/ann")))
}

fn refusal(text: &str) -> String {
    parse(text).unwrap_err().to_string()
}

/// A good configuration with one line changed.
fn with(line: &str, instead: &str) -> String {
    assert!(FULL.contains(line), "{line}");
    refusal(&FULL.replacen(line, instead, 1))
}

#[test]
fn all_that_can_be_said_is_read() {
    let config = parse(FULL).unwrap();
    assert_eq!(config.agent.as_str(), "watcher");
    assert_eq!(config.inbox_dir, Path::new("/home/ann/inbox"));
    assert!(!config.fsync);
    let webhook = config.webhook.unwrap();
    assert_eq!(webhook.listen, "[::1]:0".parse().unwrap());
    assert_eq!(webhook.routes.len(), 2);
    let folder = config.drop_folder.unwrap();
    assert_eq!(folder.path, Path::new("/var/drop"));
    assert_eq!(folder.poll, Duration::from_secs(5));
    let pull = config.pull.unwrap();
    assert_eq!(pull.from, "https://edge.example");
    assert_eq!(pull.token_file, Path::new("/home/ann/pull.token"));
    assert_eq!(pull.recipients.len(), 2);
    assert_eq!(pull.every, Duration::from_mins(1));
}

#[test]
fn the_token_goes_over_https_or_stays_here() {
    let line = "from: https://edge.example";
    for good in [
        "http://127.0.0.1:8787",
        "http://[::1]:1",
        "http://localhost/x",
        "https://a.b/c",
    ] {
        let text = FULL.replacen(line, &format!("from: \"{good}\""), 1);
        assert_eq!(parse(&text).unwrap().pull.unwrap().from, good);
    }
    insta::assert_snapshot!(with(line, "from: http://edge.example"), @r#"c.yaml:24:9: from "http://edge.example" has to be the https address of a gateway"#);
    insta::assert_snapshot!(with(line, "from: https://u:p@edge.example"), @r#"c.yaml:24:9: from "https://u:p@edge.example" has to be the https address of a gateway"#);
    insta::assert_snapshot!(with(line, "from: https://edge.example?x=1"), @r#"c.yaml:24:9: from "https://edge.example?x=1" has to be the https address of a gateway"#);
    insta::assert_snapshot!(with(line, "from: edge.example"), @r#"c.yaml:24:9: from "edge.example" has to be the https address of a gateway"#);
    insta::assert_snapshot!(with("[alice, bob]", "[]"), @r#"c.yaml:26:15: recipients has to name from 1 to 100 recipients"#);
    insta::assert_snapshot!(with("[alice, bob]", "[alice, alice]"), @r#"c.yaml:26:23: recipient is there twice"#);
    insta::assert_snapshot!(with("[alice, bob]", "[../x]"), @r#"c.yaml:26:16: recipient may not contain '/'"#);
    insta::assert_snapshot!(with("seconds: 60", "seconds: 0"), @r#"c.yaml:27:12: seconds has to be from 1 to 86400"#);
    insta::assert_snapshot!(with("token_file: ~/pull.token", "token_file: pull.token"), @r#"c.yaml:25:15: token_file "pull.token" has to begin with / or ~/"#);
}

#[test]
fn little_has_to_be_said() {
    let config =
        parse("agent: a\ndrop_folder: {path: ~/drop, poll_fallback_seconds: 0}\n").unwrap();
    assert_eq!(
        config.inbox_dir,
        Path::new("/home/ann/.local/share/agent-watcher/inbox")
    );
    assert!(config.fsync);
    assert_eq!(config.webhook, None);
    assert_eq!(config.drop_folder.unwrap().poll, DEFAULT_POLL);
    let route = "{path: /a, recipient: b, type: INFO, template: t}";
    let config = parse(&format!("agent: a\nwebhook: {{routes: [{route}]}}\n")).unwrap();
    assert_eq!(
        config.webhook.unwrap().listen,
        DEFAULT_LISTEN.parse().unwrap()
    );
    assert_eq!(config.drop_folder, None);
}

#[test]
fn unknown_keys_are_errors_with_their_place() {
    insta::assert_snapshot!(with("fsync: false", "fsnc: false"), @"c.yaml:4:1: unknown field `fsnc`, expected one of agent, inbox_dir, fsync, webhook, drop_folder, pull");
    insta::assert_snapshot!(with("  listen:", "  listne:"), @"c.yaml:6:3: unknown field `listne`, expected one of listen, routes");
    insta::assert_snapshot!(with("      missing: lenient", "      mising: lenient"), @"c.yaml:12:7: unknown field `mising`, expected one of path, recipient, type, priority, template, missing");
    insta::assert_snapshot!(with("  poll_fallback_seconds: 5", "  poll_seconds: 5"), @"c.yaml:22:3: unknown field `poll_seconds`, expected one of path, poll_fallback_seconds");
}

#[test]
fn keys_given_twice_and_missing_ones_are_errors() {
    insta::assert_snapshot!(with("fsync: false", "agent: other"), @"c.yaml:4:1: duplicate mapping key `agent` is not allowed here");
    insta::assert_snapshot!(with("agent: watcher", ""), @"c.yaml:23:1: missing field `agent`");
    insta::assert_snapshot!(with("      recipient: dev", ""), @"c.yaml:13:7: missing field `recipient`");
    insta::assert_snapshot!(refusal("agent: a"), @"c.yaml:1:1: there is nothing to collect: webhook, drop_folder or pull is wanted");
    insta::assert_snapshot!(refusal("agent: a\nwebhook: {routes: []}"), @"c.yaml:2:19: routes has to have at least one route");
}

#[test]
fn wrong_values_are_errors_with_their_place() {
    insta::assert_snapshot!(with("agent: watcher", "agent: \"\""), @"c.yaml:2:8: agent is empty");
    insta::assert_snapshot!(with("\"[::1]:0\"", "0.0.0.0:18790"), @r#"c.yaml:6:11: listen "0.0.0.0:18790" can be reached from other machines: only loopback is listened on"#);
    insta::assert_snapshot!(with("\"[::1]:0\"", "192.168.1.5:18790"), @r#"c.yaml:6:11: listen "192.168.1.5:18790" can be reached from other machines: only loopback is listened on"#);
    insta::assert_snapshot!(with("\"[::1]:0\"", "18790"), @r#"c.yaml:6:11: listen "18790" is not an address such as 127.0.0.1:18790"#);
    insta::assert_snapshot!(with("path: /sentry", "path: sentry"), @"c.yaml:8:13: path has to begin with /");
    insta::assert_snapshot!(with("path: /ping", "path: /sentry"), @"c.yaml:16:13: the path /sentry is there twice");
    insta::assert_snapshot!(with("recipient: dev", "recipient: ../dev"), @"c.yaml:9:18: recipient may not contain '/'");
    insta::assert_snapshot!(with("type: INFO", "type: info"), @"c.yaml:18:13: unknown variant `info`, expected one of INFO, NEEDS-RESPONSE, ACK-REQUEST");
    insta::assert_snapshot!(with("priority: urgent", "priority: high"), @"c.yaml:11:17: unknown variant `high`, expected one of normal, urgent");
    insta::assert_snapshot!(with("missing: lenient", "missing: no"), @"c.yaml:12:16: unknown variant `no`, expected one of strict, lenient");
    insta::assert_snapshot!(with(".url | default", ".url | fallback"), @r#"c.yaml:14:9: template: line 2, column 11: "fallback" is not known: there are fields (.a.b), texts, default, index and json"#);
    insta::assert_snapshot!(with("poll_fallback_seconds: 5", "poll_fallback_seconds: -1"), @"c.yaml:22:26: poll_fallback_seconds may not be negative");
    insta::assert_snapshot!(with("poll_fallback_seconds: 5", "poll_fallback_seconds: 1.5"), @"c.yaml:22:26: a whole number is wanted here");
    insta::assert_snapshot!(with("path: /var/drop", "path: var/drop"), @r#"c.yaml:21:9: path "var/drop" has to begin with / or ~/"#);
    insta::assert_snapshot!(with("fsync: false", "fsync: maybe"), @"c.yaml:4:8: true or false is wanted here");
    insta::assert_snapshot!(with("agent: watcher", "agent: [watcher"), @"c.yaml:2:8: a text is wanted here; one that begins with { or [ has to be in quotes: '{{ .title }}'");
}

/// A mistake of a program that writes configurations; the daemon reads one while it runs.
#[test]
fn a_configuration_without_end_is_refused() {
    let laughs = (1..40).map(|n| format!("a{n}: &a{n} [*a{0},*a{0},*a{0},*a{0}]\n", n - 1));
    let laughs = format!("a0: &a0 lol\n{}", laughs.collect::<String>());
    let texts = [
        ("b: &b xxxxxxxxx\nc: [", "*b, "),
        ("", "? "),
        ("agent: ", "!!str "),
    ];
    let unending =
        ["[", "{a: ", "- ", "a:\n- ", "\"", "'", "{", "&a ", "# "].map(|unit| ("", unit));
    for (before, unit) in texts.into_iter().chain(unending) {
        let text = format!("{before}{}", unit.repeat(1_000_000 / unit.len()));
        parse(&text).unwrap_err();
    }
    parse(&laughs).unwrap_err();
    let stairs: String = (0..1_000).map(|n| " ".repeat(n) + "- \n").collect();
    parse(&stairs).unwrap_err();
    for depth in 0..600 {
        parse(&" ".repeat(depth).replace(' ', "a: {")).unwrap_err();
    }
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let missing = Config::load(Path::new("/nowhere/c.yaml"), None).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "/nowhere/c.yaml: No such file or directory (os error 2)"
    );
}

#[test]
fn without_a_home_there_is_no_tilde() {
    let text = "agent: a\ninbox_dir: /i\ndrop_folder: {path: ~/drop}\n";
    let error = Config::parse(Path::new("c.yaml"), text, None).unwrap_err();
    assert!(error.to_string().contains("HOME is not set"), "{error}");
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in r#"(agent|webhook|drop_folder|routes|path|type|: |- |\n|  |"|'|\{|\}|\[|\]|[&*|>#a-z!%@]){0,60}"#) {
        let _ = parse(&text);
    }

    #[test]
    fn a_good_configuration_with_a_character_changed_is_read_or_refused(at in 0..FULL.len(), c in any::<char>()) {
        prop_assume!(FULL.is_char_boundary(at) && FULL.is_char_boundary(at + 1));
        let mut text = FULL.to_owned();
        text.replace_range(at..=at, &c.to_string());
        let _ = parse(&text);
    }
}

#[test]
fn what_has_another_shape_is_told_in_words_that_say_what_to_write() {
    insta::assert_snapshot!(refusal(""), @"c.yaml:1:1: the file is empty; `bugbot collect example` prints one to begin with");
    insta::assert_snapshot!(refusal("# nothing yet\n"), @"c.yaml:2:1: the file is empty; `bugbot collect example` prints one to begin with");
    insta::assert_snapshot!(refusal("- agent: me\n"), @"c.yaml:1:1: keys with values are wanted here, `key: value`");
    insta::assert_snapshot!(with("      template: ping", "      template: {{ .title }}"), @"c.yaml:19:17: a text is wanted here; one that begins with { or [ has to be in quotes: '{{ .title }}'");
    insta::assert_snapshot!(with("poll_fallback_seconds: 5", "poll_fallback_seconds: 5s"), @"c.yaml:22:26: a whole number is wanted here");
    insta::assert_snapshot!(with("type: INFO", "type: [INFO]"), @"c.yaml:18:13: one word is wanted here");
    insta::assert_snapshot!(with("recipients: [alice, bob]", "recipients: alice"), @"c.yaml:26:15: a list is wanted here, with `- ` before each");
    insta::assert_snapshot!(refusal("agent: me\ndrop_folder: /tmp/drop\n"), @"c.yaml:2:14: keys with values are wanted here, `key: value`");
}
