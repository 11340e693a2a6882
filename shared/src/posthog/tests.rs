//! Requests as they go out, and one answer of each kind.

use std::time::Duration;

use serde_json::{Value, json};

use super::*;
use crate::service::wire_test::{answer, answer_with, shown};

fn project() -> Project {
    Project::new(DEFAULT_HOST, "4711", &Secret::new("phx_1")).unwrap()
}

fn session() -> SessionId {
    SessionId::new("019b7c3e-5a00-7000-8000-000000000001")
}

#[test]
fn reading_requests() {
    insta::assert_snapshot!(shown(&persons_request(&project(), "a+b&c@example.com")), @r"
    GET https://us.posthog.com/api/projects/4711/persons/?email=a%2Bb%26c%40example.com&limit=10
    authorization: Bearer phx_1
    ");
    let known = Person {
        uuid: Some("uuid-1".to_owned()),
        distinct_ids: vec!["ada".to_owned()],
    };
    insta::assert_snapshot!(recordings_request(&project(), &known).uri(), @"https://us.posthog.com/api/projects/4711/session_recordings/?person_uuid=uuid-1&date_from=-30d&limit=20");
    let named = recordings_request(&project(), &Person::of_distinct_id("a\"b"));
    let query = named.uri().query().unwrap();
    let pairs: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).collect();
    assert_eq!(pairs[0], ("distinct_ids".into(), r#"["a\"b"]"#.into()));
    insta::assert_snapshot!(recording_request(&project(), &"../x".into()).uri(), @"https://us.posthog.com/api/projects/4711/session_recordings/..%2Fx/");
}

#[test]
fn an_id_of_unknown_kind_is_told_by_its_form() {
    let own = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
    assert_eq!(Person::of_id(own).uuid.as_deref(), Some(own));
    for distinct in ["ada@example.com", session().as_str()] {
        assert_eq!(Person::of_id(distinct), Person::of_distinct_id(distinct));
    }
}

#[test]
fn the_session_of_a_query_is_a_value_and_bounds_it_in_time() {
    let request = events_request(&project(), &session());
    insta::assert_snapshot!(request.uri(), @"https://us.posthog.com/api/projects/4711/query/");
    let body: Value = serde_json::from_slice(request.body()).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap(), @r#"
    {
      "query": {
        "kind": "HogQLQuery",
        "query": "SELECT event, timestamp, properties.$current_url AS url, properties.$exception_types AS types, properties.$exception_values AS messages, properties.$exception_type AS type, properties.$exception_message AS message, properties.$el_text AS text FROM events WHERE properties.$session_id = {session} AND event IN ('$pageview', '$exception', '$rageclick') AND timestamp >= toDateTime({from}) AND timestamp <= toDateTime({to}) ORDER BY timestamp DESC LIMIT 200",
        "values": {
          "from": "2026-01-01T01:06:59Z",
          "session": "019b7c3e-5a00-7000-8000-000000000001",
          "to": "2026-01-04T01:06:59Z"
        }
      },
      "refresh": "blocking"
    }
    "#);
    let hostile = events_request(&project(), &"' OR 1=1".into());
    let hostile: Value = serde_json::from_slice(hostile.body()).unwrap();
    assert_eq!(hostile["query"]["query"], body["query"]["query"]);
    assert_eq!(hostile["query"]["values"]["from"], "1970-01-01T00:00:00Z");
    assert!(
        body["query"]["query"]
            .as_str()
            .unwrap()
            .ends_with(&format!("LIMIT {MAX_EVENTS}"))
    );
}

#[test]
fn a_link_opens_the_replay_at_the_moment() {
    let link = |from| project().replay_link(&"a/b".into(), from);
    insta::assert_snapshot!(link(None), @"https://us.posthog.com/project/4711/replay/a%2Fb");
    insta::assert_snapshot!(link(Some(Duration::from_millis(61_900))), @"https://us.posthog.com/project/4711/replay/a%2Fb?t=61");
}

#[test]
fn persons_are_bounded_and_may_be_none() {
    let person = json!({ "uuid": "u", "distinct_ids": vec!["d"; 50], "properties": {} });
    let body = json!({ "next": null, "results": vec![person; 30] });
    let persons = parse_persons(&answer(200, &body.to_string())).unwrap();
    assert_eq!(
        (persons.len(), persons[0].distinct_ids.len()),
        (MAX_PERSONS, 10)
    );
    assert_eq!(
        parse_persons(&answer(200, r#"{"results": []}"#)),
        Ok(vec![])
    );
}

fn recording(duration: &Value) -> Value {
    json!({
        "id": session(), "distinct_id": "ada", "viewed": false, "recording_duration": duration,
        "active_seconds": 40, "start_time": "2026-01-02T03:00:00.500000Z",
        "end_time": "2026-01-02T03:02:00.500000+00:00", "click_count": 12, "keypress_count": null,
        "console_error_count": 2, "start_url": "https://shop.example/cart",
        "person": {"uuid": "u", "distinct_ids": ["ada"]}, "snapshot_source": "web",
    })
}

#[test]
fn a_recording_is_read_with_its_length_in_seconds() {
    let read = |duration| parse_recording(&answer(200, &recording(&duration).to_string())).unwrap();
    let whole = read(json!(118));
    assert_eq!(whole.duration, Duration::from_secs(118));
    assert_eq!(
        whole.start_url.as_deref(),
        Some("https://shop.example/cart")
    );
    assert_eq!(whole.person.unwrap().uuid.as_deref(), Some("u"));
    let activity = Activity {
        clicks: 12,
        console_errors: 2,
        active: Duration::from_secs(40),
        ..Activity::default()
    };
    assert_eq!(whole.activity, activity);
    let span = Duration::from_mins(2);
    for nonsense in [json!(118_000), json!(-1), json!(null)] {
        assert_eq!(read(nonsense).duration, span);
    }
}

#[test]
fn recordings_are_bounded() {
    let body = json!({ "results": vec![recording(&json!(1)); 30], "has_next": true, "version": 4 });
    assert_eq!(
        parse_recordings(&answer(200, &body.to_string()))
            .unwrap()
            .len(),
        MAX_RECORDINGS
    );
}

#[test]
fn events_come_oldest_first_and_read_as_what_happened() {
    let at = |s: u32| format!("2026-01-02T03:00:{s:02}.000000Z");
    let row = |event: &str, s, types: Value, text: Value| {
        json!([
            event,
            at(s),
            "https://shop.example/cart?token=secret#x",
            types,
            types,
            null,
            null,
            text
        ])
    };
    let body = json!({ "columns": [], "error": null, "results": [
        ["$exception", at(9), null, null, null, "RangeError", "old  library\n", null],
        row("$rageclick", 5, json!(null), json!("")),
        row("$rageclick", 4, json!(null), json!("Pay")),
        row("$exception", 3, json!(["TypeError", "cause"]), json!(null)),
        row("$exception", 2, json!("[\"TypeError\"]"), json!(null)),
        row("$something", 2, json!(null), json!(null)),
        row("$pageview", 1, json!(null), json!(null)),
    ]});
    let events = parse_events(&answer(200, &body.to_string())).unwrap();
    let told: Vec<_> = events.iter().map(SessionEvent::what).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    opened https://shop.example/cart
    error "TypeError: TypeError" on https://shop.example/cart
    error "TypeError: TypeError" on https://shop.example/cart
    clicked "Pay" again and again on https://shop.example/cart
    clicked again and again on https://shop.example/cart
    error "RangeError: old library"
    "#);
    assert!(events.windows(2).all(|pair| pair[0].at < pair[1].at));
}

#[test]
fn a_query_that_failed_under_200_is_refused() {
    let body = r#"{"results": [], "error": "Query timed out"}"#;
    let refused = Err(ServiceError::Refused("Query timed out".to_owned()));
    assert_eq!(parse_events(&answer(200, body)), refused);
}

#[test]
fn each_status_says_what_can_be_done() {
    let of = |status, headers: &[(&str, &str)], detail: &str| {
        let body = json!({ "type": "t", "code": "c", "detail": detail, "attr": null }).to_string();
        parse_recording(&answer_with(status, headers, &body))
            .unwrap_err()
            .to_string()
    };
    insta::assert_snapshot!(of(400, &[], "Extra inputs are not permitted"), @"refused: Extra inputs are not permitted");
    insta::assert_snapshot!(of(401, &[], "Personal API key found in request Authorization header is invalid."), @"not authorised: Personal API key found in request Authorization header is invalid.");
    insta::assert_snapshot!(of(403, &[], "API key missing required scope 'person:read'"), @"not authorised: API key missing required scope 'person:read'");
    insta::assert_snapshot!(of(404, &[], "Not found."), @"not found");
    insta::assert_snapshot!(of(429, &[("Retry-After", "13")], "Request was throttled."), @"rate limited for 13s");
    insta::assert_snapshot!(of(500, &[], "A server error occurred."), @"unexpected answer, status 500: A server error occurred.");
    insta::assert_snapshot!(parse_recording(&answer(200, "{}")).unwrap_err(), @"unexpected answer, status 200: cannot read the answer: missing field `id` at line 1 column 2");
}
