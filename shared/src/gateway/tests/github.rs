//! GitHub's deliveries as HTTP.

use super::*;
use crate::github::webhook::{DELIVERY_HEADER, EVENT_HEADER, Notice, signature};
use crate::secret::Secret;

const SECRET: &str = "a secret that GitHub knows too";

fn with_webhook(name: &str) -> Option<String> {
    match name {
        "GITHUB_WEBHOOK_SECRET" => Some(SECRET.to_owned()),
        name => configured(name),
    }
}

fn merged() -> Value {
    json!({
        "action": "closed",
        "repository": {"full_name": "acme/shop"},
        "pull_request": {"number": 7, "head": {"ref": "bugbot/eng-1-0123abcd", "sha": "a".repeat(40)}},
    })
}

fn delivery(event: &str, body: &[u8]) -> Request {
    let mut request = request("POST", "/github/webhook", body);
    let headers = request.headers_mut();
    headers.insert(EVENT_HEADER, event.parse().unwrap());
    headers.insert(DELIVERY_HEADER, "72d3162e-cc78".parse().unwrap());
    let signature = signature::sign(&Secret::new(SECRET), body);
    headers.insert(signature::SIGNATURE_HEADER, signature.parse().unwrap());
    request
}

fn answered(world: &World, request: &Request) -> (u16, String) {
    let setup = Setup::read(with_webhook, |_| true);
    let response = run(handle(request, &setup, world));
    (response.status().as_u16(), text_of(&response))
}

fn status(request: &Request) -> u16 {
    let world = World::default();
    let (status, _) = answered(&world, request);
    assert!(world.queued.borrow().is_empty(), "nothing is queued");
    status
}

#[test]
fn what_happened_to_a_pull_request_of_ours_is_queued_and_then_accepted() {
    let world = World::default();
    let body = merged().to_string();
    let request = delivery("pull_request", body.as_bytes());
    assert_eq!(answered(&world, &request), (202, "accepted".into()));
    let queued = world.queued.borrow();
    let notice = Notice::decode(&queued[0].0).unwrap().unwrap();
    assert_eq!(
        (notice.place.number, notice.delivery.as_str()),
        (Some(7), "72d3162e-cc78")
    );
}

#[test]
fn a_delivery_that_is_not_signed_or_signed_otherwise_is_a_401_and_is_not_parsed() {
    let mut unsigned = delivery("pull_request", b"\xff not json");
    unsigned.headers_mut().remove(signature::SIGNATURE_HEADER);
    assert_eq!(status(&unsigned), 401);
    let mut other = delivery("pull_request", b"\xff not json");
    let wrong = signature::sign(&Secret::new("another secret"), other.body());
    other
        .headers_mut()
        .insert(signature::SIGNATURE_HEADER, wrong.parse().unwrap());
    assert_eq!(status(&other), 401);
    // Were a body that is signed not parsed either, this would be a 401 too.
    assert_eq!(status(&delivery("pull_request", b"\xff not json")), 400);
}

#[test]
fn a_ping_is_greeted_and_what_is_of_no_interest_is_taken_note_of() {
    assert_eq!(
        status(&delivery(
            "ping",
            br#"{"zen":"Keep it logically awesome."}"#
        )),
        200
    );
    assert_eq!(status(&delivery("star", b"{}")), 202);
    let mut theirs = merged();
    theirs["pull_request"]["head"]["ref"] = json!("feature");
    assert_eq!(
        status(&delivery("pull_request", theirs.to_string().as_bytes())),
        202
    );
}

#[test]
fn other_methods_and_longer_bodies_are_refused() {
    assert_eq!(status(&request("GET", "/github/webhook", b"")), 405);
    let mut body = merged().to_string().into_bytes();
    body.resize(webhook::MAX_BODY_BYTES + 1, b' ');
    assert_eq!(status(&delivery("pull_request", &body)), 413);
    assert_eq!(max_body_bytes("/github/webhook"), webhook::MAX_BODY_BYTES);
    assert_eq!(max_body_bytes("/"), MAX_BODY_BYTES);
}

#[test]
fn a_queue_that_refuses_makes_the_delivery_fail_so_that_it_can_be_sent_again() {
    let world = World::default();
    world.queue_refuses.set(true);
    let body = merged().to_string();
    assert_eq!(
        answered(&world, &delivery("pull_request", body.as_bytes())).0,
        503
    );
}

#[test]
fn without_a_secret_nothing_is_taken_and_readiness_says_what_is_off() {
    let body = merged().to_string();
    let response = World::default().handle(&delivery("pull_request", body.as_bytes()));
    assert_eq!(response.status(), 503);
    assert!(text_of(&response).starts_with("GITHUB_WEBHOOK_SECRET is missing"));
    let ready = World::default().handle(&request("GET", "/health/ready", b""));
    assert_eq!(ready.status(), 200);
    assert!(text_of(&ready).contains("GITHUB_WEBHOOK_SECRET"));
}

#[test]
fn a_secret_that_can_be_guessed_is_a_problem_by_name() {
    let setup = Setup::read(
        |name| match name {
            "GITHUB_WEBHOOK_SECRET" => Some("hunter2".to_owned()),
            name => configured(name),
        },
        |_| true,
    );
    let names: Vec<_> = setup
        .problems()
        .iter()
        .map(|problem| problem.name)
        .collect();
    assert_eq!(names, ["GITHUB_WEBHOOK_SECRET"]);
    assert!(!format!("{setup:?}").contains("hunter2"));
}
