use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response as Reply};
use ed25519_dalek::{Signature, VerifyingKey};
use http::{HeaderMap, StatusCode};

use super::*;
use crate::discord::{Act, Endpoint, Exchange};

mod answers;

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
