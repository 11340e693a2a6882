//! The endpoint as HTTP: paths, methods, signatures, limits, health.

use super::*;

fn status_and_text(request: &Request) -> (u16, String) {
    let world = World::default();
    let response = world.handle(request);
    assert!(world.queued.borrow().is_empty() && world.asked.borrow().is_empty());
    (response.status().as_u16(), text_of(&response))
}

#[test]
fn a_signed_ping_is_answered_with_a_pong_at_both_addresses() {
    let mut request = signed(br#"{"type":1}"#);
    assert_eq!(status_and_text(&request), (200, r#"{"type":1}"#.into()));
    *request.uri_mut() = "https://gateway.test/".parse().unwrap();
    assert_eq!(status_and_text(&request), (200, r#"{"type":1}"#.into()));
    *request.uri_mut() = "/".parse().unwrap();
    assert_eq!(status_and_text(&request), (200, r#"{"type":1}"#.into()));
}

#[test]
fn discords_probe_with_a_bad_signature_is_refused() {
    let mut request = signed(br#"{"type":1}"#);
    let zeros = "0".repeat(128).parse().unwrap();
    request.headers_mut().insert(SIGNATURE_HEADER, zeros);
    assert_eq!(status_and_text(&request), (401, "invalid signature".into()));
}

#[test]
fn every_refusal_is_a_401_with_its_reason_and_is_logged() {
    let unsigned = request("POST", "/discord/interactions", br#"{"type":1}"#);
    let stale = signed_at(NOW - 301, br#"{"type":1}"#);
    for (request, reason) in [
        (unsigned, "missing header x-signature-ed25519"),
        (stale, "stale timestamp"),
    ] {
        let world = World::default();
        let response = world.handle(&request);
        assert_eq!(
            (response.status().as_u16(), text_of(&response).as_str()),
            (401, reason)
        );
        let expected =
            format!(r#"{{"level":"info","message":"request refused","reason":"{reason}"}}"#);
        assert_eq!(*world.log.borrow(), [expected]);
    }
}

#[test]
fn an_unsigned_body_is_not_parsed() {
    // Were it parsed, the answer would be a 400.
    let request = request("POST", "/", b"\xff not json");
    assert_eq!(status_and_text(&request).0, 401);
}

#[test]
fn broken_json_after_a_good_signature_is_a_400() {
    assert_eq!(
        status_and_text(&signed(b"{")),
        (400, "not JSON, at line 1 column 1".into())
    );
    assert_eq!(
        status_and_text(&signed(b"{}")),
        (400, "missing field type".into())
    );
    assert_eq!(
        status_and_text(&signed(br#"{"type":2}"#)),
        (400, "missing field id".into())
    );
}

#[test]
fn a_body_past_the_limit_is_a_413_even_when_signed() {
    let mut body = br#"{"type":1}"#.to_vec();
    body.resize(MAX_BODY_BYTES, b' ');
    assert_eq!(status_and_text(&signed(&body)).0, 200);
    body.push(b' ');
    assert_eq!(
        status_and_text(&signed(&body)),
        (413, "body too large".into())
    );
    assert_eq!(too_large("/").status(), 413);
    let of_the_hub = too_large("/api/bugseti/heartbeat");
    assert_eq!(of_the_hub.status(), 413);
    let said: Value = serde_json::from_slice(of_the_hub.body()).unwrap();
    assert_eq!(said["error"], "too_large");
    let of_a_hook = too_large("/hooks/deploys");
    assert_eq!(of_a_hook.status(), 413);
    assert!(text_of(&of_a_hook).starts_with(r#"{"error":"#));
    assert_eq!(answer::unreadable().status(), 400);
}

#[test]
fn wrong_methods_are_told_the_right_ones_and_other_paths_do_not_exist() {
    for (method, path, status, allow) in [
        ("GET", "/", 405, Some("POST")),
        ("PUT", "/discord/interactions", 405, Some("POST")),
        ("OPTIONS", "/discord/interactions", 405, Some("POST")),
        ("POST", "/health", 405, Some("GET, HEAD")),
        ("DELETE", "/health/ready", 405, Some("GET, HEAD")),
        ("POST", "/discord", 404, None),
        ("POST", "/discord/interactions/", 404, None),
        ("GET", "/.env", 404, None),
        ("GET", "//", 404, None),
    ] {
        let response = World::default().handle(&request(method, path, b""));
        assert_eq!(response.status(), status, "{method} {path}");
        let found = response
            .headers()
            .get("allow")
            .map(|value| value.to_str().unwrap());
        assert_eq!(found, allow, "{method} {path}");
    }
}

#[test]
fn health_is_plain_and_ready_when_everything_is_configured() {
    assert_eq!(
        status_and_text(&request("GET", "/health", b"")),
        (200, "ok".into())
    );
    let ready = (200, r#"{"off":["GITHUB_WEBHOOK_SECRET is missing: what happens to pull requests (checks, reviews, merges) is not followed","ANTHROPIC_API_KEY is missing","MODEL_TOKEN_KEY is missing","HUB_FORGES is missing: no volunteer can log in to the hub"],"problems":[],"ready":true}"#.into());
    assert_eq!(
        status_and_text(&request("GET", "/health/ready", b"")),
        ready
    );
}

fn readiness_of(text: impl Fn(&str) -> Option<String>, is_bound: impl Fn(&str) -> bool) -> String {
    let setup = Setup::read(text, is_bound);
    let ready = run(handle(
        &request("GET", "/health/ready", b""),
        &setup,
        &World::default(),
    ));
    let ping = run(handle(&signed(br#"{"type":1}"#), &setup, &World::default()));
    assert_eq!(
        (ready.status().as_u16(), ping.status().as_u16()),
        (503, 503),
        "nothing is accepted either"
    );
    assert_eq!(text_of(&ready), text_of(&ping));
    let live = run(handle(
        &request("GET", "/health", b""),
        &setup,
        &World::default(),
    ));
    assert_eq!(live.status(), 200);
    text_of(&ready)
}

#[test]
fn what_is_missing_is_named() {
    insta::assert_snapshot!(readiness_of(|_| None, |_| false), @r#"{"problems":["COMMANDS is not bound","DISCORD_BOT_TOKEN is missing","DISCORD_PUBLIC_KEY is missing","THREADS is not bound"],"ready":false}"#);
    insta::assert_snapshot!(
        readiness_of(configured, |name| name != "THREADS"),
        @r#"{"problems":["THREADS is not bound"],"ready":false}"#
    );
}

#[test]
fn what_is_malformed_is_named_without_its_value() {
    let swapped = |name: &str| match name {
        "DISCORD_PUBLIC_KEY" => Some("secret-token\n".to_owned()),
        "DISCORD_BOT_TOKEN" => Some("secret\ntoken".to_owned()),
        "DISCORD_API_URL" => Some("discord.com/secret".to_owned()),
        _ => None,
    };
    let shown = readiness_of(swapped, |_| true);
    assert!(!shown.contains("secret"));
    insta::assert_snapshot!(shown, @r#"{"problems":["DISCORD_API_URL is not an absolute http(s) address","DISCORD_BOT_TOKEN holds a line break or another control character","DISCORD_PUBLIC_KEY has 12 characters, not 64; copy \"Public Key\" from the application's General Information page"],"ready":false}"#);
}

#[test]
fn discords_address_defaults_to_production() {
    let text = |name: &str| configured(name).filter(|_| name != "DISCORD_API_URL");
    let setup = Setup::read(text, |_| true);
    assert_eq!(
        setup.settings().unwrap().discord_api_url,
        "https://discord.com/api/v10"
    );
}

proptest! {
    #[test]
    fn no_request_makes_it_panic(
        method in "(GET|POST|PUT|HEAD|[A-Z]{1,5})",
        path in "(/|/discord/interactions|/health|/health/ready|/[a-z/]{0,9})",
        body: Vec<u8>,
        headers in prop::collection::vec(("(x-signature-ed25519|x-signature-timestamp)", "[ -~]{0,140}"), 0..4),
    ) {
        let mut request = request(&method, &path, &body);
        for (name, value) in headers {
            request.headers_mut().append(::http::HeaderName::try_from(name).unwrap(), value.parse().unwrap());
        }
        let status = World::default().handle(&request).status().as_u16();
        prop_assert!([200, 401, 404, 405].contains(&status), "{status}");
    }

    #[test]
    fn no_signed_body_makes_it_panic(body: Vec<u8>) {
        let status = World::default().handle(&signed(&body)).status().as_u16();
        prop_assert!([200, 400].contains(&status), "{status}");
    }
}
