use proptest::prelude::*;

use super::*;

fn route(path: &str, template: &str) -> Route {
    Route {
        path: RoutePath::parse(path).unwrap(),
        recipient: Recipient::parse("dev").unwrap(),
        kind: Kind::Info,
        priority: Priority::Urgent,
        template: Template::parse(template).unwrap(),
        missing: Missing::Strict,
    }
}

fn status(result: Result<impl Sized, Refusal>) -> u16 {
    result
        .err()
        .map_or(202, |refusal| refusal.status().as_u16())
}

#[test]
fn a_post_to_a_route_becomes_its_event() {
    let routes = Routes::new(vec![route("/a", "A"), route("/b", "hi {{ .name }}")]).unwrap();
    let found = routes.find(&Method::POST, "/b").unwrap();
    let draft = found.draft(br#"{"name": "Ann", "other": [1]}"#).unwrap();
    assert_eq!(draft.payload, "hi Ann");
    assert_eq!(draft.source.as_deref(), Some("webhook:/b"));
    assert_eq!(draft.priority, Priority::Urgent);
    assert_eq!(draft.sentinel, None);
}

#[test]
fn an_empty_body_has_no_fields() {
    for body in ["", " \r\n"] {
        let draft = route("/a", "ping").draft(body.as_bytes()).unwrap();
        assert_eq!(draft.payload, "ping");
    }
}

#[test]
fn every_refusal_has_its_status() {
    let routes = Routes::new(vec![route("/a", "{{ .name }}")]).unwrap();
    assert_eq!(status(routes.find(&Method::POST, "/")), 404);
    assert_eq!(status(routes.find(&Method::POST, "/a/")), 404);
    assert_eq!(status(routes.find(&Method::GET, "/nowhere")), 404);
    assert_eq!(status(routes.find(&Method::GET, "/a")), 405);
    assert_eq!(status(routes.find(&Method::PUT, "/a")), 405);
    let a = routes.find(&Method::POST, "/a").unwrap();
    for bad in ["{", "[]", "null", "\"x\"", "1", "{} {}", "{'a': 1}"] {
        assert_eq!(status(a.draft(bad.as_bytes())), 400, "{bad}");
    }
    assert_eq!(status(a.draft(b"{\"name\": \"\xff\"}")), 400);
    assert_eq!(status(a.draft(b"{}")), 500);
    let mut body = br#"{"name": ""}"#.to_vec();
    body.resize(MAX_BODY_BYTES, b' ');
    assert_eq!(status(a.draft(&body)), 202);
    body.push(b' ');
    assert_eq!(status(a.draft(&body)), 413);
}

#[test]
fn a_payload_that_grows_too_long_is_refused() {
    let body = format!(r#"{{"name": "{}"}}"#, "x".repeat(MAX_PAYLOAD_BYTES / 2));
    let once = route("/a", "{{ .name }}{{ .name }}");
    assert_eq!(status(once.draft(body.as_bytes())), 202);
    let more = route("/a", "{{ .name }}!{{ .name }}");
    assert_eq!(status(more.draft(body.as_bytes())), 500);
}

#[test]
fn a_path_is_one_that_a_request_can_have() {
    for good in ["/", "/a/b", "/a%20b", "/healthy", "/health/"] {
        assert!(RoutePath::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "a",
        "/a b",
        "/a?b",
        "/a#b",
        "/é",
        "/health",
        &format!("/{}", "x".repeat(256)),
    ] {
        assert!(RoutePath::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn two_routes_cannot_have_one_path() {
    let twice = Routes::new(vec![route("/a", "x"), route("/b", "x"), route("/a", "y")]);
    let BadRoutes::Twice { index, path } = twice.unwrap_err();
    assert_eq!((index, path.as_str()), (2, "/a"));
}

proptest! {
    #[test]
    fn no_body_makes_it_panic(body in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = route("/a", "{{ .a.b }}{{ . }}").draft(&body);
    }
}
