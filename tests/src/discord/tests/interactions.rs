use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response as Reply};
use ed25519_dalek::{Signature, VerifyingKey};
use http::{HeaderMap, StatusCode};

use super::*;
use crate::discord::{Act, Endpoint, Exchange};

const URL: &str = "https://bot.test/discord/interactions";

/// An application that verifies, and answers what the test told it to.
#[derive(Clone)]
struct App {
    key: VerifyingKey,
    reply: Arc<Mutex<Value>>,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl App {
    #[expect(clippy::unused_async, reason = "axum's handlers are async")]
    async fn interact(Shared(app): Shared<Self>, headers: HeaderMap, body: bytes::Bytes) -> Reply {
        let header = |name| headers.get(name).unwrap().to_str().unwrap().to_owned();
        let signature = hex::decode(header("x-signature-ed25519")).unwrap();
        let signed = [header("x-signature-timestamp").as_bytes(), &body].concat();
        if app
            .key
            .verify_strict(&signed, &Signature::from_slice(&signature).unwrap())
            .is_err()
        {
            return StatusCode::UNAUTHORIZED.into_response();
        }
        let payload: Value = serde_json::from_slice(&body).unwrap();
        let is_ping = payload["type"] == 1;
        app.seen.lock().unwrap().push(payload);
        axum::Json(if is_ping {
            json!({"type": 1})
        } else {
            app.reply.lock().unwrap().clone()
        })
        .into_response()
    }
}

/// The world, with an application in it.
struct Stage {
    world: World,
    app: App,
    endpoint: Endpoint<Wired>,
}

impl Stage {
    fn new() -> Self {
        let world = World::new();
        let key = hex::decode(world.discord.public_key()).unwrap();
        let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
        let app = App {
            key,
            reply: Arc::default(),
            seen: Arc::default(),
        };
        let routes = Router::new()
            .fallback(App::interact)
            .with_state(app.clone());
        let endpoint = world.discord.endpoint(Wired::new().at(URL, routes), URL);
        Self {
            world,
            app,
            endpoint,
        }
    }

    /// Alice does this in the thread, and is answered so.
    async fn act(&self, act: impl Into<Act>, reply: Value) -> Exchange {
        *self.app.reply.lock().unwrap() = reply;
        self.endpoint
            .act(&self.world.alice, &self.world.thread, act)
            .await
    }

    fn webhook(&self, exchange: &Exchange) -> String {
        format!(
            "/webhooks/{}/{}",
            self.world.discord.application(),
            exchange.token.expose()
        )
    }

    fn original(&self, exchange: &Exchange) -> String {
        format!("{}/messages/@original", self.webhook(exchange))
    }
}

#[tokio::test]
async fn an_endpoint_must_answer_a_ping_and_refuse_a_bad_signature() {
    let stage = Stage::new();
    stage.endpoint.is_accepted().await.unwrap();
    let gullible = Router::new().fallback(|| async { axum::Json(json!({"type": 1})) });
    let endpoint = stage
        .world
        .discord
        .endpoint(Wired::new().at(URL, gullible), URL);
    assert_eq!(
        endpoint.is_accepted().await.unwrap_err(),
        "a bad signature was answered 200"
    );
}

#[tokio::test]
async fn a_deferred_answer_thinks_until_its_first_edit() {
    let stage = Stage::new();
    let sent = stage
        .act(
            Act::slash("bugbot fix").option("issue", "ENG-1"),
            json!({"type": 5}),
        )
        .await;
    sent.taken();
    let world = &stage.world;
    let (_, thinking) = world.get(&world.messages_path()).await;
    assert_eq!(
        (&thinking[0]["flags"], &thinking[0]["type"]),
        (&json!(128), &json!(20))
    );
    assert_eq!(
        thinking[0]["interaction_metadata"]["user"]["global_name"],
        "Alice"
    );
    let finished =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.discord.finish()));
    assert!(
        finished.is_err(),
        "a message that still thinks is unsettled"
    );

    let (status, edited) = world
        .patch(&stage.original(&sent), quiet(json!({"content": "done"})))
        .await;
    assert_eq!(
        (status, &edited["flags"], &edited["edited_timestamp"]),
        (200, &json!(0), &Value::Null)
    );
    let (_, again) = world
        .patch(&stage.original(&sent), quiet(json!({"content": "really"})))
        .await;
    assert!(again["edited_timestamp"].is_string());
    assert_eq!(again["id"], edited["id"]);
    // A message of an interaction is an ordinary one for the bot's token.
    let path = format!(
        "{}/{}",
        world.messages_path(),
        again["id"].as_str().unwrap()
    );
    assert_eq!(
        world
            .patch(&path, quiet(json!({"content": "by token"})))
            .await
            .0,
        200
    );
    world.discord.finish();
}

#[tokio::test]
async fn a_program_faster_than_its_own_answer_meets_an_unknown_webhook() {
    let stage = Stage::new();
    let payload = stage.world.discord.interaction(
        &stage.world.alice,
        &stage.world.thread,
        Act::slash("bugbot"),
    );
    let token = payload["token"].as_str().unwrap();
    let path = format!(
        "/webhooks/{}/{token}/messages/@original",
        stage.world.discord.application()
    );
    let (status, early) = stage
        .world
        .patch(&path, quiet(json!({"content": "x"})))
        .await;
    assert_eq!((status, &early["code"]), (404, &json!(10015)));
    *stage.app.reply.lock().unwrap() = json!({"type": 5});
    stage.endpoint.deliver(&payload).await.taken();
    assert_eq!(
        stage
            .world
            .patch(&path, quiet(json!({"content": "x"})))
            .await
            .0,
        200
    );
    stage.world.discord.finish();
}

#[tokio::test]
async fn follow_ups_belong_to_their_token_and_die_with_it() {
    let stage = Stage::new();
    let answer = json!({"type": 4, "data": quiet(json!({"content": "first"}))});
    let sent = stage.act(Act::slash("bugbot help"), answer).await;
    let world = &stage.world;
    let (status, more) = world
        .post(&stage.webhook(&sent), quiet(json!({"content": "more"})))
        .await;
    assert_eq!(status, 200);
    let more_path = format!(
        "{}/messages/{}",
        stage.webhook(&sent),
        more["id"].as_str().unwrap()
    );
    assert_eq!(world.get(&more_path).await.1["content"], "more");
    assert_eq!(
        world.get(&stage.original(&sent)).await.1["content"],
        "first"
    );
    let stranger = world.discord.say(&world.thread, &world.alice, "hers");
    assert_eq!(
        world
            .get(&format!("{}/messages/{stranger}", stage.webhook(&sent)))
            .await
            .1["code"],
        10008
    );
    assert_eq!(world.delete(&more_path).await.0, 204);

    world.clock.advance(Duration::from_mins(15));
    let (status, expired) = world.get(&stage.original(&sent)).await;
    assert_eq!(
        (status, expired),
        (
            401,
            json!({"message": "Invalid Webhook Token", "code": 50027})
        )
    );
    world.discord.finish();
}

#[tokio::test]
async fn a_follow_up_in_place_of_the_first_edit_is_a_violation() {
    let stage = Stage::new();
    let sent = stage
        .act(Act::slash("bugbot help"), json!({"type": 5}))
        .await;
    let (_, message) = stage
        .world
        .post(&stage.webhook(&sent), quiet(json!({"content": "x"})))
        .await;
    assert_eq!(
        stage.world.get(&stage.original(&sent)).await.1["id"],
        message["id"]
    );
    assert_eq!(stage.world.discord.take_violations().len(), 1);
}

#[tokio::test]
async fn only_one_person_sees_an_ephemeral_answer() {
    let stage = Stage::new();
    let answer = json!({"type": 4, "data": quiet(json!({"content": "psst", "flags": 64}))});
    let sent = stage.act(Act::slash("bugbot status"), answer).await;
    let world = &stage.world;
    assert_eq!(world.get(&world.messages_path()).await.1, json!([]));
    let (_, original) = world.get(&stage.original(&sent)).await;
    assert_eq!(
        (&original["content"], &original["flags"]),
        (&json!("psst"), &json!(64))
    );
    let path = format!(
        "{}/{}",
        world.messages_path(),
        original["id"].as_str().unwrap()
    );
    assert_eq!(world.get(&path).await.0, 404);
    assert_eq!(world.discord.said_by_bot(&world.thread).len(), 1);
    insta::assert_snapshot!(world.discord.transcript(&world.thread), @r"
    #bugs › Checkout is broken

    ╭ Alice used /bugbot status
    bugbot [BOT]  14:30  (only Alice can see this)
      psst
    ");
    world.discord.finish();
}

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
