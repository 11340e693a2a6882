use serde_json::{Value, json};
use shared::http::{Http, Response};

use super::*;
use crate::fake::Wired;
use crate::fault::Fault;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

struct World {
    posthog: PostHog,
    http: Wired,
}

impl World {
    fn new() -> Self {
        let posthog = PostHog::new(TestClock::story());
        let http = Wired::new().at(ORIGIN, posthog.router());
        Self { posthog, http }
    }

    async fn send(&self, method: &str, path: &str, key: &str, body: &Value) -> Response {
        let body = if body.is_null() {
            Vec::new()
        } else {
            body.to_string().into_bytes()
        };
        let request = http::Request::builder()
            .method(method)
            .uri(format!("{ORIGIN}/api/projects/4711/{path}"))
            .header("authorization", format!("Bearer {key}"))
            .body(body)
            .unwrap();
        self.http
            .send(request, Duration::from_secs(1))
            .await
            .unwrap()
    }

    async fn call(&self, method: &str, path: &str, body: Value) -> (u16, Value) {
        let response = self
            .send(method, path, self.posthog.key().expose(), &body)
            .await;
        (
            response.status().as_u16(),
            serde_json::from_slice(response.body()).unwrap(),
        )
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, Value::Null).await
    }

    async fn query(&self, text: &str, values: Value) -> (u16, Value) {
        let query = json!({"kind": "HogQLQuery", "query": text, "values": values});
        self.call("POST", "query/", json!({"query": query})).await
    }

    /// The one violation that the test provoked.
    fn violation(&self) -> String {
        let violations = self.posthog.take_violations();
        assert_eq!(violations.len(), 1, "{violations:?}");
        violations.into_iter().next().unwrap()
    }
}

fn ids(answer: &Value) -> Vec<&str> {
    answer["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|r| r["id"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn a_person_is_found_by_the_exact_address() {
    let world = World::new();
    let ada = world.posthog.person("ada@shop.test", "d-ada");
    world.posthog.person("bob@shop.test", "d-bob");
    let (status, found) = world.get("persons/?email=ada%40shop.test").await;
    assert_eq!((status, ids(&found)), (200, vec![ada.as_str()]));
    assert_eq!(found["results"][0]["distinct_ids"], json!(["d-ada"]));
    assert_eq!(
        ids(&world.get("persons?email=nobody%40shop.test").await.1),
        Vec::<&str>::new()
    );
    world.posthog.finish();
}

#[tokio::test]
async fn recordings_of_a_person_are_newest_first_and_three_days_back_by_default() {
    let world = World::new();
    let ada = world.posthog.person("ada@shop.test", "d-ada");
    let minute = Duration::from_mins(1);
    let old = world
        .posthog
        .recording("d-ada", 10 * DAY, minute, "https://shop.test/");
    let late = world
        .posthog
        .recording("d-ada", HOUR, 90 * minute, "https://shop.test/cart");
    let early = world
        .posthog
        .recording("d-ada", 2 * HOUR, minute, "https://shop.test/");
    world
        .posthog
        .recording("d-bob", HOUR, minute, "https://shop.test/");

    let path = format!("session_recordings/?person_uuid={ada}");
    let (status, recent) = world.get(&path).await;
    assert_eq!(
        (status, ids(&recent)),
        (200, vec![late.as_str(), early.as_str()])
    );
    assert_eq!(
        (
            &recent["has_next"],
            &recent["version"],
            recent.get("next_cursor")
        ),
        (&json!(false), &json!(4), None)
    );
    assert_eq!(recent["results"][0]["recording_duration"], 5_400);
    assert_eq!(
        recent["results"][0]["person"]["properties"]["email"],
        "ada@shop.test"
    );

    let (_, first) = world.get(&format!("{path}&date_from=-30d&limit=2")).await;
    assert_eq!((ids(&first).len(), &first["has_next"]), (2, &json!(true)));
    let cursor = first["next_cursor"].as_str().unwrap();
    let (_, second) = world
        .get(&format!("{path}&date_from=-30d&limit=2&after={cursor}"))
        .await;
    assert_eq!(
        (ids(&second), &second["has_next"]),
        (vec![old.as_str()], &json!(false))
    );

    let by_distinct = "session_recordings/?date_from=-30d&distinct_ids=%5B%22d-ada%22%5D";
    assert_eq!(ids(&world.get(by_distinct).await.1).len(), 3);
    let (status, one) = world.get(&format!("session_recordings/{old}/")).await;
    assert_eq!(
        (status, &one["start_url"]),
        (200, &json!("https://shop.test/"))
    );
    world.posthog.finish();
}

#[tokio::test]
async fn a_recording_that_is_gone_is_404_and_nobodys_mistake() {
    let world = World::new();
    let (status, gone) = world.get("session_recordings/0194/").await;
    assert_eq!(status, 404);
    insta::assert_snapshot!(gone, @r#"{"attr":null,"code":"not_found","detail":"Not found.","type":"invalid_request"}"#);
    world.posthog.finish();
}

#[tokio::test]
async fn what_the_schema_does_not_know_is_refused() {
    let world = World::new();
    for (query, kind) in [
        ("email=x", "extra_forbidden"),
        ("distinct_ids=d-ada", "list_type"),
        ("limit=many", "int_parsing"),
        ("person_uuid=12", "string_type"),
    ] {
        let (status, refused) = world.get(&format!("session_recordings/?{query}")).await;
        assert_eq!(
            (status, &refused["type"]),
            (400, &json!("validation_error")),
            "{query}"
        );
        assert!(
            refused["detail"].as_str().unwrap().contains(kind),
            "{query}: {refused}"
        );
        assert!(world.violation().contains(query));
    }
    assert_eq!(world.get("persons/?mail=x").await.0, 200);
    assert_eq!(world.violation(), "GET persons has no parameter \"mail\"");
    assert_eq!(world.get("events/").await.0, 404);
    world.violation();
}

#[tokio::test]
async fn a_key_is_checked_for_its_text_and_its_scopes() {
    let world = World::new();
    let wrong = world
        .send("GET", "persons/", "phx_wrong", &Value::Null)
        .await;
    assert_eq!(wrong.status(), 401);
    let body: Value = serde_json::from_slice(wrong.body()).unwrap();
    assert_eq!(
        (&body["type"], &body["code"]),
        (
            &json!("authentication_error"),
            &json!("authentication_failed")
        )
    );
    world.violation();

    world.posthog.restrict_key(&["session_recording:read"]);
    let (status, forbidden) = world.get("persons/").await;
    assert_eq!(
        (status, &forbidden["detail"]),
        (403, &json!("API key missing required scope 'person:read'"))
    );
    assert_eq!(world.get("session_recordings/").await.0, 200);
    world.posthog.finish();
}

#[tokio::test]
async fn throttling_says_when_to_come_back() {
    let world = World::new();
    world.posthog.fail_next(
        "GET /**",
        Fault::RateLimit {
            retry_after: Duration::from_millis(31_200),
        },
        1,
    );
    let limited = world.send("GET", "persons/", "", &Value::Null).await;
    assert_eq!(
        (limited.status().as_u16(), &limited.headers()["retry-after"]),
        (429, &"32".parse().unwrap())
    );
    let body: Value = serde_json::from_slice(limited.body()).unwrap();
    assert_eq!(
        body["detail"],
        "Request was throttled. Expected available in 32 seconds."
    );
    world.posthog.finish();
}

#[tokio::test]
async fn the_events_of_a_session_answer_a_query() {
    let world = World::new();
    let session =
        world
            .posthog
            .recording("d-ada", HOUR, Duration::from_mins(5), "https://shop.test/");
    let other =
        world
            .posthog
            .recording("d-ada", HOUR, Duration::from_mins(5), "https://shop.test/");
    let second = Duration::from_secs(1);
    world.posthog.event(
        &session,
        9 * second,
        "$exception",
        json!({"$exception_message": "x is null"}),
    );
    world.posthog.event(
        &session,
        second,
        "$pageview",
        json!({"$current_url": "https://shop.test/cart"}),
    );
    world
        .posthog
        .event(&session, 2 * second, "$autocapture", json!({}));
    world.posthog.event(&other, second, "$pageview", json!({}));

    let text = "SELECT event, timestamp, properties.$current_url AS url, toString(properties.$exception_message)\n\
                FROM events WHERE $session_id = {session} AND event IN ('$pageview', '$exception')\n\
                ORDER BY timestamp LIMIT 50";
    let (status, answer) = world
        .query(text, json!({"session": session.as_str()}))
        .await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["columns"][2], "url");
    let start = world.posthog.started(&session);
    assert_eq!(
        answer["results"],
        json!([
            [
                "$pageview",
                (start + second).to_string(),
                "https://shop.test/cart",
                null
            ],
            [
                "$exception",
                (start + 9 * second).to_string(),
                null,
                "x is null"
            ],
        ])
    );
    assert_eq!(
        world.get(&format!("session_recordings/{session}/")).await.1["console_error_count"],
        1
    );

    let narrow =
        "select event from events where properties.$session_id = {s} and event != {not} limit 1";
    let (_, answer) = world
        .query(narrow, json!({"s": session.as_str(), "not": "$exception"}))
        .await;
    assert_eq!(
        (&answer["results"], &answer["hasMore"]),
        (&json!([["$autocapture"]]), &json!(true))
    );
    world.posthog.finish();
}

#[tokio::test]
async fn a_query_that_cannot_be_run_is_refused() {
    let world = World::new();
    let session = world
        .posthog
        .recording("d-ada", HOUR, HOUR, "https://shop.test/");
    world.posthog.event(&session, HOUR, "$pageview", json!({}));
    for (text, why) in [
        (
            "select event from events where $session_id = {other}",
            "Unresolved placeholder: {other}",
        ),
        (
            "select nothing from events where $session_id = {s}",
            "Unable to resolve field: nothing",
        ),
        (
            "select event from people where $session_id = {s}",
            "Unknown table `people`.",
        ),
        (
            "select event from events where event = 'x'",
            "one session only",
        ),
        ("delete from events", "SELECT"),
    ] {
        let (status, refused) = world.query(text, json!({"s": session.as_str()})).await;
        assert_eq!(status, 400, "{text}");
        assert!(
            refused["detail"].as_str().unwrap().contains(why),
            "{text}: {refused}"
        );
        world.violation();
    }
}
