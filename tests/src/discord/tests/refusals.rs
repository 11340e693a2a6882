use super::*;
use crate::discord::Denied;

/// Posts the body, which must be refused as an invalid form, and gives the errors.
async fn form_errors(world: &World, body: Value) -> Value {
    let (status, refused) = world.post(&world.messages_path(), quiet(body)).await;
    assert_eq!(
        (status, &refused["code"], &refused["message"]),
        (400, &json!(50035), &json!("Invalid Form Body"))
    );
    assert_eq!(world.discord.take_violations().len(), 1);
    refused["errors"].clone()
}

#[tokio::test]
async fn content_of_2000_characters_is_the_most() {
    let world = World::new();
    assert_eq!(world.post_text(&"é".repeat(2_000)).await.0, 200);
    let errors = form_errors(&world, json!({"content": "é".repeat(2_001)})).await;
    insta::assert_snapshot!(errors, @r#"{"content":{"_errors":[{"code":"BASE_TYPE_MAX_LENGTH","message":"Must be 2000 or fewer in length."}]}}"#);
}

#[tokio::test]
async fn each_limit_of_an_embed_is_refused_at_its_place() {
    let world = World::new();
    let field = json!({"name": "n", "value": "v"});
    let cases = [
        (json!({"title": "x".repeat(257)}), "/embeds/0/title"),
        (
            json!({"description": "x".repeat(4_097)}),
            "/embeds/0/description",
        ),
        (json!({"fields": vec![field; 26]}), "/embeds/0/fields"),
        (
            json!({"fields": [{"name": "n", "value": "x".repeat(1_025)}]}),
            "/embeds/0/fields/0/value",
        ),
        (
            json!({"fields": [{"name": "", "value": "v"}]}),
            "/embeds/0/fields/0/name",
        ),
        (
            json!({"title": "x", "url": "javascript:alert(1)"}),
            "/embeds/0/url",
        ),
        (json!({"title": "x", "url": "not a url"}), "/embeds/0/url"),
        (
            json!({"title": "x", "color": 0x100_0000}),
            "/embeds/0/color",
        ),
        (
            json!({"title": "x", "timestamp": "yesterday"}),
            "/embeds/0/timestamp",
        ),
    ];
    for (embed, place) in cases {
        let errors = form_errors(&world, json!({"embeds": [embed]})).await;
        assert!(errors.pointer(place).is_some(), "{place}: {errors}");
    }
    let big = json!({"description": "x".repeat(3_001)});
    let errors = form_errors(&world, json!({"embeds": [big, big]})).await;
    assert_eq!(
        errors["embeds"]["_errors"][0]["code"],
        "MAX_EMBED_SIZE_EXCEEDED"
    );
    form_errors(&world, json!({"embeds": vec![json!({"title": "x"}); 11]})).await;
}

#[tokio::test]
async fn components_are_refused_at_their_place() {
    let world = World::new();
    let button = |id: &str| json!({"type": 2, "style": 1, "label": "x", "custom_id": id});
    let row = |components: Vec<Value>| json!({"content": "x", "components": [{"type": 1, "components": components}]});
    let errors = form_errors(&world, row(vec![button(&"x".repeat(101))])).await;
    assert!(
        errors
            .pointer("/components/0/components/0/custom_id")
            .is_some(),
        "{errors}"
    );
    let errors = form_errors(&world, row(vec![button("a"), button("a")])).await;
    let duplicate =
        &errors["components"]["0"]["components"]["1"]["custom_id"]["_errors"][0]["code"];
    assert_eq!(duplicate, "COMPONENT_CUSTOM_ID_DUPLICATED");
    form_errors(
        &world,
        row((0..6).map(|n| button(&n.to_string())).collect()),
    )
    .await;
    form_errors(
        &world,
        row(vec![json!({"type": 2, "style": 5, "label": "no url"})]),
    )
    .await;
    form_errors(
        &world,
        json!({"content": "x", "components": [button("bare")]}),
    )
    .await;
    let good = row(vec![
        button("a"),
        json!({"type": 2, "style": 5, "label": "Open", "url": "https://x.test"}),
    ]);
    assert_eq!(world.post(&world.messages_path(), quiet(good)).await.0, 200);
    world.discord.finish();
}

#[tokio::test]
async fn a_message_that_could_ping_is_taken_and_is_a_violation() {
    let world = World::new();
    for body in [
        json!({"content": "hi"}),
        json!({"content": "hi", "allowed_mentions": {"parse": ["users"]}}),
        json!({"content": "hi", "allowed_mentions": {"parse": [], "users": ["1"]}}),
    ] {
        assert_eq!(world.post(&world.messages_path(), body).await.0, 200);
        assert_eq!(world.discord.take_violations().len(), 1);
    }
    world
        .post(
            &world.messages_path(),
            quiet(json!({"content": "hi", "embed": {}})),
        )
        .await;
    let violations = world.discord.take_violations();
    assert_eq!(
        violations,
        ["POST messages: a message has no field \"embed\""]
    );
}

#[tokio::test]
async fn what_the_world_does_is_refused_without_a_violation() {
    let world = World::new();
    let path = world.messages_path();
    assert_eq!(world.get("/channels/1/messages").await.1["code"], 10003);
    assert_eq!(world.get(&format!("{path}/1")).await.1["code"], 10008);

    world.discord.deny(&world.thread, Some(Denied::Sending));
    assert_eq!(world.get(&path).await.0, 200);
    assert_eq!(
        world.post_text("x").await,
        (
            403,
            json!({"message": "Missing Permissions", "code": 50013})
        )
    );
    world.discord.deny(&world.thread, Some(Denied::Access));
    assert_eq!(
        world.get(&path).await,
        (403, json!({"message": "Missing Access", "code": 50001}))
    );
    world.discord.deny(&world.thread, None);

    let (_, ours) = world.post_text("x").await;
    let ours = format!("{path}/{}", ours["id"].as_str().unwrap());
    let edit = || world.patch(&ours, quiet(json!({"content": "y"})));
    world.discord.archive(&world.thread, true);
    assert_eq!(world.post_text("x").await.1["code"], 50083);
    world.discord.archive(&world.thread, false);
    // Only a new message wakes it.
    assert_eq!(edit().await.1["code"], 50083);
    assert_eq!(world.delete(&ours).await.1["code"], 50083);
    assert_eq!(world.post_text("x").await.0, 200);
    assert_eq!(edit().await.0, 200);
    world.discord.finish();
}

#[tokio::test]
async fn a_senders_mistakes_are_violations() {
    let world = World::new();
    let path = world.messages_path();
    let mut request = world.request(Method::GET, &path, &Value::Null);
    request
        .headers_mut()
        .insert("authorization", "Bearer x".parse().unwrap());
    let response = world.send(request).await;
    assert_eq!(response.status(), 401);
    assert_eq!(
        response.body(),
        br#"{"code":0,"message":"401: Unauthorized"}"#
    );

    let mut request = world.request(Method::GET, &path, &Value::Null);
    request
        .headers_mut()
        .insert("user-agent", "reqwest/0.13".parse().unwrap());
    assert_eq!(world.send(request).await.status(), 403);

    let mut request = world.request(Method::POST, &path, &json!({}));
    *request.body_mut() = b"{".to_vec();
    assert_eq!(world.send(request).await.status(), 400);

    assert_eq!(world.get("/nonsense").await.0, 404);
    assert_eq!(world.delete(&path).await.0, 405);
    assert_eq!(world.get("/channels/abc/messages").await.1["code"], 50035);
    assert_eq!(
        world.get(&format!("{path}?limit=101")).await.1["code"],
        50035
    );
    assert_eq!(world.post_text("  ").await.1["code"], 50006);
    let foreign = world.discord.say(&world.thread, &world.alice, "mine");
    let edit = world
        .patch(&format!("{path}/{foreign}"), quiet(json!({"content": "x"})))
        .await;
    assert_eq!((edit.0, &edit.1["code"]), (403, &json!(50005)));
    assert_eq!(world.discord.take_violations().len(), 9);
}
