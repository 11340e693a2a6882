use super::*;

#[tokio::test]
async fn a_page_of_messages_is_newest_first_and_bounded() {
    let world = World::new();
    let ids = world.discord.converse(
        &world.thread,
        &[
            ("Alice", "one"),
            ("Bob", "two"),
            ("Alice", "three"),
            ("Bob", "four"),
        ],
    );
    let path = world.messages_path();
    let (_, all) = world.get(&path).await;
    assert_eq!(contents(&all), ["four", "three", "two", "one"]);
    let (_, newest) = world.get(&format!("{path}?limit=2")).await;
    assert_eq!(contents(&newest), ["four", "three"]);
    let (_, before) = world
        .get(&format!("{path}?limit=2&before={}", ids[2]))
        .await;
    assert_eq!(contents(&before), ["two", "one"]);
    let (_, after) = world.get(&format!("{path}?limit=2&after={}", ids[0])).await;
    assert_eq!(contents(&after), ["three", "two"]);
    let (status, one) = world.get(&format!("{path}/{}", ids[1])).await;
    assert_eq!(
        (status, &one["content"], &one["author"]["global_name"]),
        (200, &json!("two"), &json!("Bob"))
    );
    world.discord.finish();
}

#[tokio::test]
async fn an_edit_changes_only_what_it_names() {
    let world = World::new();
    let embed = json!({"title": "ENG-1", "url": "https://linear.app/x", "fields": [{"name": "State", "value": "Todo"}]});
    let body = quiet(json!({"content": " working ", "embeds": [embed]}));
    let (_, message) = world.post(&world.messages_path(), body).await;
    assert_eq!(message["content"], "working");
    assert_eq!(message["embeds"][0]["type"], "rich");
    assert_eq!(message["embeds"][0]["fields"][0]["inline"], false);
    assert_eq!(message["edited_timestamp"], Value::Null);

    world.clock.advance(Duration::from_secs(2));
    let path = format!(
        "{}/{}",
        world.messages_path(),
        message["id"].as_str().unwrap()
    );
    let (_, edited) = world.patch(&path, quiet(json!({"content": "done"}))).await;
    assert_eq!(
        (&edited["content"], &edited["embeds"]),
        (&json!("done"), &message["embeds"])
    );
    assert_eq!(
        edited["edited_timestamp"],
        "2026-03-06T14:30:02.000000+00:00"
    );

    let (_, cleared) = world.patch(&path, quiet(json!({"embeds": []}))).await;
    assert_eq!(
        (&cleared["content"], &cleared["embeds"]),
        (&json!("done"), &json!([]))
    );
    assert_eq!(world.delete(&path).await.0, 204);
    assert_eq!(world.get(&path).await.1["code"], 10008);
    world.discord.finish();
}

#[tokio::test]
async fn an_enforced_nonce_gives_back_the_first_message_for_a_while() {
    let world = World::new();
    let body =
        |text: &str| quiet(json!({"content": text, "nonce": "job-1", "enforce_nonce": true}));
    let path = world.messages_path();
    let (_, first) = world.post(&path, body("first")).await;
    let (status, again) = world.post(&path, body("second")).await;
    assert_eq!((status, &again), (200, &first));
    assert_eq!(first["nonce"], "job-1");

    let (_, unenforced) = world
        .post(&path, quiet(json!({"content": "x", "nonce": "job-1"})))
        .await;
    assert_ne!(unenforced["id"], first["id"]);
    world.clock.advance(Duration::from_mins(6));
    let (_, later) = world.post(&path, body("third")).await;
    assert_eq!(later["content"], "third");
    world.discord.finish();
}

#[tokio::test]
async fn a_file_arrives_with_its_message() {
    let world = World::new();
    let form = [
        "--b\r\nContent-Disposition: form-data; name=\"payload_json\"\r\nContent-Type: application/json\r\n\r\n",
        &quiet(json!({"content": "the diff", "attachments": [{"id": 0, "filename": "fix.diff"}]}))
            .to_string(),
        "\r\n--b\r\nContent-Disposition: form-data; name=\"files[0]\"; filename=\"fix.diff\"\r\n",
        "Content-Type: text/plain\r\n\r\n+ fixed\n\r\n--b--\r\n",
    ];
    let mut request = world.request(Method::POST, &world.messages_path(), &Value::Null);
    request.headers_mut().insert(
        "content-type",
        "multipart/form-data; boundary=b".parse().unwrap(),
    );
    *request.body_mut() = form.concat().into_bytes();
    let response = world.send(request).await;
    assert_eq!(response.status(), 200);
    let message: Value = serde_json::from_slice(response.body()).unwrap();
    let file = &message["attachments"][0];
    assert_eq!(
        (&file["filename"], &file["size"]),
        (&json!("fix.diff"), &json!(8))
    );
    let id = message["id"].as_str().unwrap().into();
    assert_eq!(
        world.discord.attachment(&id, "fix.diff").unwrap(),
        b"+ fixed\n"
    );
    world.discord.finish();
}

#[tokio::test]
async fn a_thread_made_from_a_message_has_its_id_and_points_to_it() {
    let world = World::new();
    let report = world.discord.say(&world.bugs, &world.alice, "It crashes");
    let path = format!("/channels/{}/messages/{report}/threads", world.bugs);
    let (status, thread) = world.post(&path, json!({"name": "It crashes"})).await;
    assert_eq!(
        (status, &thread["id"], &thread["type"]),
        (201, &json!(report.as_str()), &json!(11))
    );
    assert_eq!(thread["parent_id"], world.bugs.as_str());

    let (_, messages) = world.get(&format!("/channels/{report}/messages")).await;
    assert_eq!(
        (&messages[0]["type"], &messages[0]["content"]),
        (&json!(21), &json!(""))
    );
    assert_eq!(messages[0]["referenced_message"]["content"], "It crashes");
    let (status, refused) = world.post(&path, json!({"name": "Again"})).await;
    assert_eq!((status, &refused["code"]), (400, &json!(160_004)));
    world.discord.finish();
}

#[tokio::test]
async fn without_the_intent_what_others_wrote_is_empty() {
    let world = World::new();
    world.discord.withhold_content();
    world.discord.say(&world.thread, &world.alice, "secret");
    world.discord.say(
        &world.thread,
        &world.alice,
        &format!("<@{}> help", world.discord.application()),
    );
    world.post_text("mine").await;
    let (_, page) = world.get(&world.messages_path()).await;
    assert_eq!(page[0]["content"], "mine");
    assert!(page[1]["content"].as_str().unwrap().ends_with("help"));
    assert_eq!(page[2]["content"], "");
    assert_eq!(world.get("/applications/@me").await.1["flags"], 0);
    world.discord.finish();
}

#[tokio::test]
async fn the_headers_tell_of_the_bucket_and_an_empty_one_refuses() {
    let world = World::new();
    world.discord.limit_rates(2, Duration::from_millis(2_500));
    let path = world.messages_path();
    let first = world
        .send(world.request(Method::GET, &path, &Value::Null))
        .await;
    assert_eq!(first.headers()["x-ratelimit-limit"], "2");
    assert_eq!(first.headers()["x-ratelimit-remaining"], "1");
    assert_eq!(first.headers()["x-ratelimit-reset-after"], "2.500");
    assert_eq!(world.get(&path).await.0, 200);

    let refused = world
        .send(world.request(Method::GET, &path, &Value::Null))
        .await;
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.headers()["retry-after"], "3");
    assert_eq!(refused.headers()["x-ratelimit-scope"], "user");
    let body: Value = serde_json::from_slice(refused.body()).unwrap();
    assert_eq!(
        (&body["retry_after"], &body["global"]),
        (&json!(2.5), &json!(false))
    );

    // Another route has another bucket, and another channel as well.
    assert_eq!(world.post_text("x").await.0, 200);
    assert_eq!(
        world
            .get(&format!("/channels/{}/messages", world.bugs))
            .await
            .0,
        200
    );
    world.clock.advance(Duration::from_secs(3));
    assert_eq!(world.get(&path).await.0, 200);
    world.discord.finish();
}

#[tokio::test]
async fn limits_of_every_scope_can_be_planned() {
    let world = World::new();
    let path = world.messages_path();
    let half = Duration::from_millis(500);
    world.discord.fail_next(
        "GET /**",
        Discord::rate_limit(half, crate::discord::Scope::Global),
        1,
    );
    let global = world
        .send(world.request(Method::GET, &path, &Value::Null))
        .await;
    assert_eq!(global.headers()["x-ratelimit-global"], "true");
    world.discord.fail_next(
        "GET /**",
        Discord::rate_limit(half, crate::discord::Scope::Shared),
        1,
    );
    let (status, shared) = world.get(&path).await;
    assert_eq!(
        (status, &shared["message"]),
        (429, &json!("The resource is being rate limited."))
    );
    world.discord.fail_next("GET /**", Discord::banned(), 1);
    assert_eq!(world.get(&path).await, (429, Value::Null));
    world.discord.finish();
}
