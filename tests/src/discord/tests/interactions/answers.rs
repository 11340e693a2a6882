//! Every type of answer, and what Discord does with a wrong one.

use super::*;

#[tokio::test]
async fn a_button_updates_its_message() {
    let stage = Stage::new();
    let world = &stage.world;
    let row = json!([{"type": 1, "components": [{"type": 2, "style": 4, "label": "Cancel", "custom_id": "cancel:1"}]}]);
    let (_, message) = world
        .post(
            &world.messages_path(),
            quiet(json!({"content": "running", "components": row})),
        )
        .await;
    let id = message["id"].as_str().unwrap().into();
    let update =
        json!({"type": 7, "data": quiet(json!({"content": "cancelled", "components": []}))});
    stage.act(Act::press(&id, "cancel:1"), update).await.taken();
    let seen = stage.app.seen.lock().unwrap()[0].clone();
    assert_eq!(
        (&seen["type"], &seen["data"]["custom_id"]),
        (&json!(3), &json!("cancel:1"))
    );
    assert_eq!(seen["message"]["id"], message["id"]);
    let (_, updated) = world.get(&format!("{}/{id}", world.messages_path())).await;
    assert_eq!(
        (&updated["content"], &updated["components"]),
        (&json!("cancelled"), &json!([]))
    );
    world.discord.finish();
}

#[tokio::test]
async fn a_button_may_be_acknowledged_or_open_a_form() {
    let stage = Stage::new();
    let world = &stage.world;
    let row = json!([{"type": 1, "components": [{"type": 2, "style": 1, "label": "Retry", "custom_id": "retry"}]}]);
    let (_, message) = world
        .post(
            &world.messages_path(),
            quiet(json!({"content": "failed", "components": row})),
        )
        .await;
    let id = message["id"].as_str().unwrap().into();
    let sent = stage
        .act(Act::press(&id, "retry"), json!({"type": 6}))
        .await;
    assert_eq!(
        world.get(&stage.original(&sent)).await.1["id"],
        message["id"]
    );

    let input = json!({"type": 4, "style": 2, "custom_id": "hint", "label": "Hint"});
    let modal = json!({"custom_id": "retry-form", "title": "Retry", "components": [{"type": 1, "components": [input]}]});
    stage
        .act(Act::press(&id, "retry"), json!({"type": 9, "data": modal}))
        .await
        .taken();
    let submit = Act::Submit {
        custom_id: "retry-form".to_owned(),
        fields: vec![("hint".to_owned(), "look at src".to_owned())],
        from: Some(id.clone()),
    };
    stage
        .act(submit, json!({"type": 5, "data": {"flags": 64}}))
        .await
        .taken();
    let seen = stage.app.seen.lock().unwrap().last().unwrap().clone();
    assert_eq!(
        seen["data"]["components"][0]["components"][0]["value"],
        "look at src"
    );
    assert!(!world.discord.messages(&world.thread).is_empty());
}

#[tokio::test]
async fn choices_answer_what_is_being_typed() {
    let stage = Stage::new();
    let typing = Act::slash("bugbot fix")
        .option("repo", "a/b")
        .typing("issue", "EN");
    let choices =
        json!({"type": 8, "data": {"choices": [{"name": "ENG-1 Checkout", "value": "ENG-1"}]}});
    let sent = stage.act(typing, choices).await;
    assert_eq!(sent.choices(), ["ENG-1 Checkout"]);
    let options = stage.app.seen.lock().unwrap()[0]["data"]["options"][0]["options"].clone();
    assert_eq!(
        options[1],
        json!({"name": "issue", "type": 3, "value": "EN", "focused": true})
    );
    assert_eq!(options[0].get("focused"), None);
    assert!(stage.world.discord.messages(&stage.world.thread).is_empty());
    stage.world.discord.finish();
}

#[tokio::test]
async fn an_answer_that_discord_refuses_shows_as_no_response() {
    let stage = Stage::new();
    let wrong = [
        json!({"type": 1}),
        json!({"type": 6}),
        json!({"type": 7, "data": {"content": "x"}}),
        json!({"type": 8, "data": {"choices": []}}),
        json!({"type": 4, "data": quiet(json!({"content": ""}))}),
        json!({"type": 9, "data": {"custom_id": "x", "title": "x".repeat(46), "components": []}}),
    ];
    for reply in wrong {
        let sent = stage.act(Act::slash("bugbot help"), reply.clone()).await;
        assert!(sent.answer.is_err(), "{reply}");
        assert_eq!(stage.world.discord.take_violations().len(), 1, "{reply}");
        assert_eq!(
            stage.world.get(&stage.original(&sent)).await.1["code"],
            10015
        );
    }
    assert!(
        stage
            .world
            .discord
            .transcript(&stage.world.thread)
            .contains("The application did not respond")
    );
    assert!(stage.world.discord.messages(&stage.world.thread).is_empty());
    stage.world.discord.finish();
}

#[tokio::test]
async fn a_deferred_answer_with_more_than_the_flag_is_a_violation() {
    let stage = Stage::new();
    let reply = json!({"type": 5, "data": {"content": "on it"}});
    stage.act(Act::slash("bugbot help"), reply).await.taken();
    assert_eq!(stage.world.discord.take_violations().len(), 1);
}

#[tokio::test]
async fn the_callback_answers_once_and_in_time() {
    let world = World::new();
    let open = || {
        let payload =
            world
                .discord
                .interaction(&world.alice, &world.thread, Act::slash("bugbot help"));
        let path = format!(
            "/interactions/{}/{}/callback",
            payload["id"].as_str().unwrap(),
            payload["token"].as_str().unwrap()
        );
        (
            path,
            json!({"type": 4, "data": quiet(json!({"content": "hello"}))}),
        )
    };
    let (path, body) = open();
    assert_eq!(world.post(&path, body.clone()).await.0, 204);
    world.discord.finish();
    assert_eq!(world.post(&path, body).await.1["code"], 40060);
    assert_eq!(world.discord.take_violations().len(), 1);
    let (path, body) = open();
    world.clock.advance(Duration::from_secs(4));
    assert_eq!(world.post(&path, body).await.1["code"], 10062);
}

#[tokio::test]
async fn a_redelivery_has_the_same_bytes_and_changes_nothing() {
    let stage = Stage::new();
    let sent = stage
        .act(Act::slash("bugbot help"), json!({"type": 5}))
        .await;
    let before = stage.world.discord.messages(&stage.world.thread);
    assert_eq!(stage.endpoint.redeliver(&sent).await.unwrap().status(), 200);
    assert_eq!(stage.world.discord.messages(&stage.world.thread), before);
    let seen = stage.app.seen.lock().unwrap();
    assert_eq!(seen[0], seen[1]);
}

#[test]
#[should_panic(expected = "has no component \"absent\"")]
fn a_button_that_is_not_there_cannot_be_pressed() {
    let world = World::new();
    let message = world.discord.say(&world.thread, &world.alice, "no buttons");
    world
        .discord
        .interaction(&world.alice, &world.thread, Act::press(&message, "absent"));
}
