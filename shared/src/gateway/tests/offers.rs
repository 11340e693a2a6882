//! Autocomplete.

use super::*;
use crate::thread::{LinkedIssue, View};

fn typing(option: &str, typed: &str, others: &[(&str, &str)]) -> Value {
    let mut options: Vec<_> = others
        .iter()
        .map(|(name, value)| super::option(name, value))
        .collect();
    options.push(json!({"name": option, "type": 3, "value": typed, "focused": true}));
    let mut body = slash("fix", &json!(options));
    body["type"] = json!(4);
    body
}

fn offers(world: &World, body: &Value) -> Vec<(String, String)> {
    let answer = world.interact(body);
    assert_eq!(answer["type"], 8);
    let text = |choice: &Value, field: &str| choice[field].as_str().unwrap().to_owned();
    let choices = answer["data"]["choices"].as_array().unwrap();
    choices
        .iter()
        .map(|choice| (text(choice, "name"), text(choice, "value")))
        .collect()
}

fn values(world: &World, body: &Value) -> Vec<String> {
    offers(world, body)
        .into_iter()
        .map(|(_, value)| value)
        .collect()
}

#[test]
fn issues_of_the_thread_are_offered_with_their_titles() {
    let world = World::knowing(&[("ENG-12", "Save is dead"), ("ENG-3", "")], &["acme/web"]);
    let expected = [
        ("ENG-12 Save is dead".to_owned(), "ENG-12".to_owned()),
        ("ENG-3".into(), "ENG-3".into()),
    ];
    assert_eq!(offers(&world, &typing("issue", "", &[])), expected);
    assert_eq!(values(&world, &typing("issue", "eng-1", &[])), ["ENG-12"]);
    assert_eq!(values(&world, &typing("issue", "SAVE", &[])), ["ENG-12"]);
    assert_eq!(
        values(&world, &typing("issue", "zzz", &[])),
        Vec::<String>::new()
    );
}

#[test]
fn repositories_are_offered_and_what_other_options_name() {
    let world = World::knowing(&[], &["acme/web", "acme/api"]);
    assert_eq!(values(&world, &typing("repo", "WEB", &[])), ["acme/web"]);
    let others = [(
        "description",
        "see https://github.com/acme/shop/blob/main/src/a.ts and https://github.com/acme/web",
    )];
    assert_eq!(
        values(&world, &typing("repo", "", &others)),
        ["acme/web", "acme/api", "acme/shop"]
    );
}

#[test]
fn a_pasted_address_is_offered_as_what_it_names() {
    let world = World::knowing(&[("ENG-12", "Save is dead")], &[]);
    assert_eq!(
        values(
            &world,
            &typing("issue", "https://linear.app/acme/issue/ENG-7/x", &[])
        ),
        ["ENG-7"]
    );
    assert_eq!(
        values(&world, &typing("repo", "https://github.com/acme/web", &[])),
        ["acme/web"]
    );
}

#[test]
fn a_conversation_knows_its_issue_and_its_repositories() {
    let view = View {
        issue: Some(LinkedIssue {
            key: "ENG-12".into(),
            uuid: "0b4f".into(),
            url: "https://linear.app/acme/issue/ENG-12".into(),
            title: "Save is dead".into(),
        }),
        repositories: vec!["acme/web".into()],
        ..View::default()
    };
    let world = World::default();
    *world.memory.borrow_mut() = Some(view.into());
    assert_eq!(values(&world, &typing("issue", "", &[])), ["ENG-12"]);
    assert_eq!(values(&world, &typing("repo", "", &[])), ["acme/web"]);
}

#[test]
fn nothing_is_offered_when_the_thread_does_not_say() {
    let world = World::default();
    assert_eq!(
        values(&world, &typing("issue", "", &[])),
        Vec::<String>::new()
    );
    assert!(
        world.log.borrow()[0]
            .starts_with(r#"{"level":"warn","message":"nothing to offer","trace":""#)
    );
}

#[test]
fn other_options_and_strange_requests_get_an_empty_list() {
    let world = World::knowing(&[("ENG-12", "Save")], &["acme/web"]);
    for body in [
        typing("session", "", &[]),
        typing("colour", "", &[]),
        interaction(4, &json!({"name": "bugbot"})),
        interaction(
            4,
            &json!({"name": "other", "options": [option("issue", "x")]}),
        ),
    ] {
        assert_eq!(values(&world, &body), Vec::<String>::new());
    }
}

#[test]
fn offers_stay_within_discords_limits() {
    let many: Vec<_> = (0..60)
        .map(|n| (format!("ENG-{n}"), "x".repeat(300)))
        .collect();
    let many: Vec<_> = many
        .iter()
        .map(|(key, title)| (key.as_str(), title.as_str()))
        .collect();
    let long = format!("acme/{}", "x".repeat(100));
    let world = World::knowing(&many, &[&long, "acme/web", "acme/web", ""]);
    let issues = offers(&world, &typing("issue", "", &[]));
    assert_eq!(issues.len(), 25);
    assert!(issues.iter().all(|(name, _)| name.chars().count() <= 100));
    assert_eq!(values(&world, &typing("repo", "", &[])), ["acme/web"]);
}
