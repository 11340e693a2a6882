//! The API as HTTP: who is let in, which addresses there are, what bad requests get. What the
//! orders do is in the stories (`tests/tests/stories/operator.rs`), over real objects.

use super::*;
use crate::gateway::tests::{World, request, run, text_of};

const TOKEN: &str = "0123456789abcdef";

fn setup(token: &'static str) -> Setup {
    let text = move |name: &str| (name == TOKEN_VARIABLE).then(|| token.to_owned());
    Setup::read(text, |_| true)
}

fn answer(method: &str, path: &str, token: &str, body: &[u8]) -> (u16, String) {
    let mut request = request(method, path, body);
    let bearer = format!("Bearer {token}").parse().unwrap();
    request.headers_mut().insert(AUTHORIZATION_HEADER, bearer);
    let response = run(handle(&request, &setup(TOKEN), &World::default()));
    (response.status().as_u16(), text_of(&response))
}

#[test]
fn without_a_token_of_its_own_the_api_does_not_exist() {
    for configured in ["", "short"] {
        for path in ["/operator/v1/jobs", "/operator/v1/nothing"] {
            let world = World::default();
            let mut request = request("GET", path, b"");
            let bearer = format!("Bearer {configured}").parse().unwrap();
            request.headers_mut().insert(AUTHORIZATION_HEADER, bearer);
            let setup = setup(configured);
            let response = run(crate::gateway::handle(&request, &setup, &world));
            assert_eq!(response.status(), 404);
            assert_eq!(text_of(&response), "not found", "as for any other address");
        }
    }
}

#[test]
fn a_wrong_token_learns_nothing_about_addresses_or_bodies() {
    let refused =
        r#"{"error":{"code":"unauthorized","message":"The token is not the operator's."}}"#;
    let long = vec![b' '; MAX_BODY_BYTES + 1];
    for (method, path, body) in [
        ("GET", "/operator/v1/jobs", &b""[..]),
        ("GET", "/operator/v1/nothing", b""),
        ("DELETE", "/operator/v1/jobs", b""),
        ("POST", "/operator/v1/jobs/1/cancel", &long),
    ] {
        let given = answer(method, path, "0123456789abcdeX", body);
        assert_eq!(given, (401, refused.to_owned()), "{method} {path}");
    }
}

#[test]
fn a_refusal_is_logged_without_the_token() {
    let world = World::default();
    let mut request = request("GET", "/operator/v1/jobs", b"");
    let bearer = "Bearer hunter2-hunter2-hunter2".parse().unwrap();
    request.headers_mut().insert(AUTHORIZATION_HEADER, bearer);
    run(handle(&request, &setup(TOKEN), &world));
    let log = world.logged();
    assert_eq!(log.len(), 1);
    assert_eq!(log[0], r#"{"level":"warn","message":"operator refused"}"#);
    assert!(!log[0].contains("hunter2"), "{log:?}");
}

#[test]
fn what_is_asked_wrongly_is_said_so() {
    let long = vec![b' '; MAX_BODY_BYTES + 1];
    for (method, path, body, status) in [
        ("GET", "/operator/v1/nothing", &b""[..], 404),
        ("GET", "/operator/v1/", b"", 404),
        ("GET", "/operator/v1/jobs/1/2/3", b"", 404),
        ("DELETE", "/operator/v1/jobs", b"", 405),
        ("GET", "/operator/v1/jobs/1/cancel", b"", 405),
        ("POST", "/operator/v1/dlq/1", b"", 405),
        ("GET", "/operator/v1/jobs/a%2Fb", b"", 400),
        ("GET", "/operator/v1/dlq/open:1", b"", 400),
        ("POST", "/operator/v1/jobs/1/cancel", &long, 413),
    ] {
        let (given, text) = answer(method, path, TOKEN, body);
        assert_eq!(given, status, "{method} {path}: {text}");
        serde_json::from_str::<ErrorBody>(&text).unwrap();
    }
}

#[test]
fn a_page_knows_where_the_next_one_begins() {
    let keys: Vec<String> = ["open:3", "open:1", "open:2", "other:9"]
        .map(str::to_owned)
        .into();
    let query = |limit, after: Option<&str>| Query {
        limit,
        after: after.map(str::to_owned),
        thread: None,
        all: false,
    };
    let page = |limit, after| jobs::page(&keys, "open:", &query(limit, after));
    assert_eq!(page(2, None), (vec!["1", "2"], Some("2".to_owned())));
    assert_eq!(page(2, Some("2")), (vec!["3"], None));
    assert_eq!(page(3, None), (vec!["1", "2", "3"], None));
    assert_eq!(page(3, Some("9")), (vec![], None));
}

#[test]
fn parameters_out_of_bounds_are_brought_within() {
    let of = |query: &str| Query::of(&request("GET", &format!("/x?{query}"), b""));
    assert_eq!(of("").limit, PAGE);
    assert_eq!(of("limit=0").limit, 1);
    assert_eq!(of("limit=99999").limit, MAX_PAGE);
    assert_eq!(of("after=a/b").after, None);
    assert!(!of("all=1").all && of("all=true").all);
}
