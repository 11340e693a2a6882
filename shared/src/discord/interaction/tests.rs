use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::*;

fn parse_json(json: &Json) -> Result<Incoming, ParseError> {
    wire::parse(json.to_string().as_bytes())
}

fn parse_kind(json: &Json) -> Kind {
    match parse_json(json).unwrap() {
        Incoming::Interaction(interaction) => interaction.kind,
        Incoming::Ping => panic!("a ping"),
    }
}

/// As Discord sends it, with fields that we have no use for.
fn interaction(kind: u8, data: &Json) -> Json {
    json!({
        "type": kind,
        "id": "1198622483471925248",
        "application_id": "845027738276462632",
        "token": "aW50ZXJhY3Rpb246",
        "version": 1,
        "guild_id": "290926798626357999",
        "guild": {"id": "290926798626357999", "features": []},
        "channel_id": "645027906669510667",
        "channel": {"id": "645027906669510667", "type": 11, "parent_id": "545027906669510667", "name": "Save is broken"},
        "member": {
            "user": {"id": "53908232506183680", "username": "mason", "global_name": "Mason", "avatar": null},
            "roles": [], "permissions": "2147483647"
        },
        "app_permissions": "442368",
        "locale": "en-US",
        "entitlements": [],
        "data": data,
    })
}

fn slash(options: &Json) -> Json {
    json!({"id": "1", "name": "bugbot", "type": 1, "options": [{"name": "fix", "type": 1, "options": options}]})
}

#[test]
fn a_ping_needs_nothing_but_its_type() {
    assert_eq!(parse_json(&json!({"type": 1})), Ok(Incoming::Ping));
    assert_eq!(
        parse_json(&json!({"type": 1, "id": "1", "token": "x", "version": 1})),
        Ok(Incoming::Ping)
    );
}

#[test]
fn a_slash_command_in_a_thread_knows_where_and_by_whom() {
    let Ok(Incoming::Interaction(parsed)) = parse_json(&interaction(2, &slash(&json!([])))) else {
        panic!()
    };
    assert_eq!(parsed.id.as_str(), "1198622483471925248");
    assert_eq!(parsed.application_id.as_str(), "845027738276462632");
    assert_eq!(parsed.token.expose(), "aW50ZXJhY3Rpb246");
    assert_eq!(parsed.guild_id, Some("290926798626357999".into()));
    assert_eq!(parsed.user_id.as_str(), "53908232506183680");
    assert_eq!(parsed.place.channel.as_str(), "545027906669510667");
    assert_eq!(parsed.place.thread, Some("645027906669510667".into()));
    assert_eq!(parsed.place.conversation().as_str(), "645027906669510667");
    assert!(
        !format!("{parsed:?}").contains("aW50"),
        "the token is not for logs"
    );
}

#[test]
fn a_channel_in_a_category_is_no_thread() {
    let mut json = interaction(2, &slash(&json!([])));
    json["channel"]["type"] = json!(0);
    let Ok(Incoming::Interaction(parsed)) = parse_json(&json) else {
        panic!()
    };
    assert_eq!(
        parsed.place,
        Place {
            channel: "645027906669510667".into(),
            thread: None
        }
    );
}

#[test]
fn a_direct_message_has_a_user_and_no_server() {
    let mut json = interaction(2, &slash(&json!([])));
    for gone in ["guild_id", "guild", "member", "channel"] {
        json.as_object_mut().unwrap().remove(gone);
    }
    json["user"] = json!({"id": "7", "username": "ann"});
    let Ok(Incoming::Interaction(parsed)) = parse_json(&json) else {
        panic!()
    };
    assert_eq!((parsed.guild_id, parsed.user_id.as_str()), (None, "7"));
    assert_eq!(parsed.place.conversation().as_str(), "645027906669510667");
}

#[test]
fn the_options_of_a_subcommand_are_typed() {
    let kind = parse_kind(&interaction(
        2,
        &slash(&json!([
            {"name": "issue", "type": 3, "value": "ENG-1"},
            {"name": "turns", "type": 4, "value": 3},
            {"name": "draft", "type": 5, "value": true},
        ])),
    ));
    let option = |name: &str, value| GivenOption {
        name: name.into(),
        value,
        focused: false,
    };
    assert_eq!(
        kind,
        Kind::Slash(Invocation {
            name: "bugbot".into(),
            subcommands: vec!["fix".into()],
            options: vec![
                option("issue", Value::Text("ENG-1".into())),
                option("turns", Value::Number(3.into())),
                option("draft", Value::Flag(true)),
            ],
        })
    );
}

#[test]
fn a_group_and_a_bare_command_are_understood() {
    let group = json!({"name": "bugbot", "options": [{"name": "admin", "type": 2, "options": [{"name": "fix", "type": 1}]}]});
    let Kind::Slash(invocation) = parse_kind(&interaction(2, &group)) else {
        panic!()
    };
    assert_eq!(invocation.subcommands, ["admin", "fix"]);
    let Kind::Slash(invocation) = parse_kind(&interaction(2, &json!({"name": "bugbot"}))) else {
        panic!()
    };
    assert!(invocation.subcommands.is_empty() && invocation.options.is_empty());
}

#[test]
fn a_message_command_carries_its_target() {
    let data = json!({
        "id": "2", "name": "Add context", "type": 3, "target_id": "867793854505943041",
        "resolved": {"messages": {"867793854505943041": {
            "id": "867793854505943041", "type": 0, "content": "Save does nothing", "channel_id": "645027906669510667",
            "author": {"id": "9", "username": "ann_", "global_name": null, "bot": true},
            "timestamp": "2026-07-22T12:34:56.789000+00:00", "embeds": [], "mentions": [], "flags": 0,
        }}}
    });
    let Kind::OnMessage { name, target } = parse_kind(&interaction(2, &data)) else {
        panic!()
    };
    assert_eq!(name, "Add context");
    assert_eq!(
        target,
        Target {
            id: "867793854505943041".into(),
            author_id: "9".into(),
            author_name: "ann_".into(),
            author_is_bot: true,
            content: "Save does nothing".into(),
            timestamp: "2026-07-22T12:34:56.789Z".parse().unwrap(),
        }
    );
}

#[test]
fn autocomplete_knows_the_option_being_typed() {
    let Kind::Autocomplete(invocation) = parse_kind(&interaction(
        4,
        &slash(&json!([
            {"name": "repo", "type": 3, "value": "acme/web"},
            {"name": "issue", "type": 3, "value": "EN", "focused": true},
        ])),
    )) else {
        panic!()
    };
    let focused = invocation.focused().unwrap();
    assert_eq!(
        (focused.name.as_str(), focused.value.to_string().as_str()),
        ("issue", "EN")
    );
}

#[test]
fn components_and_modals_carry_their_custom_id() {
    let component = json!({"custom_id": "retry:1", "component_type": 2});
    assert_eq!(
        parse_kind(&interaction(3, &component)),
        Kind::Component {
            custom_id: "retry:1".into()
        }
    );
    // Labels are what Discord sends by now, rows what it sent before; other inputs have no text.
    let modal = json!({"custom_id": "describe", "components": [
        {"type": 18, "component": {"type": 4, "custom_id": "x", "value": "y"}},
        {"type": 1, "components": [{"type": 4, "custom_id": "z", "value": ""}]},
        {"type": 18, "component": {"type": 3, "custom_id": "list", "values": ["a"]}},
        {"type": 10, "id": 7},
    ]});
    assert_eq!(
        parse_kind(&interaction(5, &modal)),
        Kind::ModalSubmit {
            custom_id: "describe".into(),
            fields: vec![("x".into(), "y".into()), ("z".into(), String::new())],
        }
    );
}

#[test]
fn what_is_newer_than_this_code_is_unknown_and_no_error() {
    assert_eq!(
        parse_kind(&interaction(6, &json!({"anything": []}))),
        Kind::Unknown
    );
    // A command on a user: never registered by us.
    assert_eq!(
        parse_kind(&interaction(
            2,
            &json!({"name": "x", "type": 2, "target_id": "1"})
        )),
        Kind::Unknown
    );
}

#[test]
fn a_missing_field_is_named() {
    let without = |field: &str, data: &Json| {
        let mut json = interaction(2, data);
        json.as_object_mut().unwrap().remove(field);
        parse_json(&json).unwrap_err().to_string()
    };
    let slash = slash(&json!([]));
    for (field, named) in [
        ("type", "type"),
        ("id", "id"),
        ("application_id", "application_id"),
        ("token", "token"),
        ("member", "user.id"),
        ("data", "data"),
    ] {
        assert_eq!(without(field, &slash), format!("missing field {named}"));
    }
    for (data, named) in [
        (json!({}), "data.name"),
        (json!({"name": "x", "type": 3}), "data.target_id"),
        (
            json!({"name": "x", "type": 3, "target_id": "1"}),
            "data.resolved.messages[target_id]",
        ),
        (
            json!({"name": "x", "type": 3, "target_id": "1", "resolved": {"messages": {"2": {}}}}),
            "data.resolved.messages[target_id]",
        ),
        (
            json!({"name": "x", "type": 3, "target_id": "1", "resolved": {"messages": {"1": {}}}}),
            "message.author",
        ),
        (
            json!({"name": "x", "options": [{"type": 3, "value": "a"}]}),
            "data.options.name",
        ),
        (
            json!({"name": "x", "options": [{"type": 3, "name": "a"}]}),
            "data.options.value",
        ),
        (
            json!({"name": "x", "options": [{"type": 3, "name": "a", "value": {}}]}),
            "data.options.value",
        ),
    ] {
        assert_eq!(
            parse_json(&interaction(2, &data)).unwrap_err(),
            ParseError::Missing(named)
        );
    }
    let mut nowhere = interaction(2, &slash);
    nowhere["channel"] = Json::Null;
    assert!(parse_json(&nowhere).is_ok(), "channel_id alone is a place");
    nowhere["channel_id"] = Json::Null;
    assert_eq!(
        parse_json(&nowhere).unwrap_err(),
        ParseError::Missing("channel_id")
    );
}

#[test]
fn broken_json_is_told_from_wrong_types_and_neither_is_repeated() {
    let error = |body: &str| wire::parse(body.as_bytes()).unwrap_err().to_string();
    assert_eq!(error(""), "not JSON, at line 1 column 0");
    assert_eq!(error("{\"type\":1"), "not JSON, at line 1 column 9");
    assert_eq!(error("<html>"), "not JSON, at line 1 column 1");
    assert_eq!(
        error("{\"type\":\"sesame\"}"),
        "a value has the wrong type, at line 1 column 16"
    );
    assert_eq!(
        error("[]"),
        "a value has the wrong type, at line 1 column 2"
    );
    assert_eq!(
        error("{\"type\":-1}"),
        "a value has the wrong type, at line 1 column 10"
    );
    assert_eq!(error("{}"), "missing field type");
    // Nesting is bounded by the decoder, not by the stack.
    let deep = format!("{{\"data\":{{\"x\":{}", "[".repeat(100_000));
    assert!(error(&deep).starts_with("not JSON"));
}

/// JSON that is near an interaction: the real thing with parts replaced.
fn near_interaction() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        "\\PC{0,8}".prop_map(Json::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([{"name": "fix", "type": 1, "options": [{"name": "a", "type": 1}]}])),
    ];
    let field = prop::sample::select(vec![
        "/type",
        "/id",
        "/token",
        "/channel",
        "/channel/type",
        "/member",
        "/member/user",
        "/data",
        "/data/name",
        "/data/options",
        "/data/options/0",
        "/data/options/0/options",
        "/data/type",
        "/guild_id",
    ]);
    (0u8..8, prop::collection::vec((field, leaf), 0..4)).prop_map(|(kind, changes)| {
        let mut json = interaction(
            kind,
            &slash(&json!([{"name": "issue", "type": 3, "value": "ENG-1"}])),
        );
        for (pointer, value) in changes {
            if let Some(slot) = json.pointer_mut(pointer) {
                *slot = value;
            }
        }
        json
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(body: Vec<u8>) {
        let _ = wire::parse(&body);
    }

    #[test]
    fn no_json_that_is_near_an_interaction_makes_it_panic(json in near_interaction()) {
        let _ = parse_json(&json);
    }
}
