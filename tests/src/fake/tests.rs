use axum::routing::post;
use shared::http::{Http, Request, Response, Unreachable};

use super::*;

const SECOND: Duration = Duration::from_secs(1);

/// A service with one effect: it counts the posts.
fn counter() -> (Fake<u32>, Router) {
    let fake = Fake::new(Dialect::plain("counter"), 0);
    let count = |State(fake): State<Fake<u32>>, body: String| async move {
        *fake.lock() += 1;
        format!("{} {body}", fake.lock())
    };
    let router = fake.equip(Router::new().route("/count", post(count)));
    (fake, router)
}

fn count_at(origin: &str) -> Request {
    http::Request::post(format!("{origin}/count?a=b"))
        .body(b"please".to_vec())
        .unwrap()
}

async fn count(http: &impl Http, origin: &str) -> Result<Response, Unreachable> {
    http.send(count_at(origin), SECOND).await
}

/// Plays every fault; both carriers must show the same to the program under test.
async fn plays_every_fault(fake: &Fake<u32>, http: &impl Http, origin: &str) {
    let first = count(http, origin).await.unwrap();
    assert_eq!(first.body(), b"1 please");

    fake.fail_next("POST /count", Fault::BeforeEffect(503), 2);
    assert_eq!(count(http, origin).await.unwrap().status(), 503);
    assert_eq!(count(http, origin).await.unwrap().status(), 503);
    assert_eq!(*fake.lock(), 1);

    fake.fail_next("POST /count", Fault::AfterEffect(500), 1);
    assert_eq!(count(http, origin).await.unwrap().status(), 500);
    assert_eq!(*fake.lock(), 2);

    fake.fail_next("POST /count", Fault::DropBefore, 1);
    assert!(matches!(
        count(http, origin).await,
        Err(Unreachable::Connection(_))
    ));
    assert_eq!(*fake.lock(), 2);

    fake.fail_next("POST /count", Fault::DropAfter, 1);
    assert!(matches!(
        count(http, origin).await,
        Err(Unreachable::Connection(_))
    ));
    assert_eq!(*fake.lock(), 3);

    fake.fail_next(
        "*",
        Fault::RateLimit {
            retry_after: 7 * SECOND,
        },
        1,
    );
    let limited = count(http, origin).await.unwrap();
    assert_eq!(
        (limited.status().as_u16(), &limited.headers()["retry-after"]),
        (429, &"7".parse().unwrap())
    );

    let gone = crate::fault::Canned::json(410, &serde_json::json!({"gone": true}))
        .with_header("x-why", "test");
    fake.fail_next("*", Fault::Answer(gone), 1);
    let gone = count(http, origin).await.unwrap();
    assert_eq!(
        (gone.status().as_u16(), &gone.headers()["x-why"]),
        (410, &"test".parse().unwrap())
    );
    assert_eq!(*fake.lock(), 3);

    fake.fail_next("*", Fault::Delay(5 * SECOND), 1);
    let late = http.send(count_at(origin), Duration::from_millis(50)).await;
    assert_eq!(
        late.unwrap_err(),
        Unreachable::TimedOut(Duration::from_millis(50))
    );
    assert_eq!(*fake.lock(), 4);

    let seen = fake.requests_to("POST /count");
    let statuses: Vec<_> = seen
        .iter()
        .map(|r| r.status.map_or(0, |s| s.as_u16()))
        .collect();
    assert_eq!(statuses, [200, 503, 503, 500, 0, 0, 429, 410, 0]);
    assert_eq!(
        (seen[0].query.as_deref(), &seen[0].body[..]),
        (Some("a=b"), &b"please"[..])
    );
    fake.finish(&[]);
}

#[tokio::test]
async fn every_fault_shows_in_process() {
    let (fake, router) = counter();
    let http = Wired::new().at("https://count.test/ignored", router);
    plays_every_fault(&fake, &http, "https://count.test").await;
}

#[tokio::test]
async fn every_fault_shows_over_a_socket() {
    let (fake, router) = counter();
    let served = Served::start(router).await.unwrap();
    plays_every_fault(&fake, &Sockets::new(), &served.origin()).await;
}

#[tokio::test]
async fn a_served_router_stops_when_dropped() {
    let (_, router) = counter();
    let served = Served::start(router).await.unwrap();
    let origin = served.origin();
    drop(served);
    tokio::task::yield_now().await;
    assert!(matches!(
        count(&Sockets::new(), &origin).await,
        Err(Unreachable::Connection(_))
    ));
}

#[tokio::test]
#[should_panic(expected = "nothing stands for https://elsewhere.test")]
async fn a_request_to_a_stranger_panics() {
    let _ = count(&Wired::new(), "https://elsewhere.test").await;
}

#[test]
#[should_panic(expected = "never struck: DropAfter")]
fn a_fault_that_never_struck_fails_the_test() {
    let (fake, _) = counter();
    fake.fail_next("POST /count", Fault::DropAfter, 1);
    fake.finish(&[]);
}

#[test]
#[should_panic(expected = "violation: posted without a reason")]
fn a_violation_fails_the_test() {
    let (fake, _) = counter();
    fake.violation("posted without a reason");
    fake.finish(&[]);
}

#[test]
#[should_panic(expected = "unsettled: a message still thinks")]
fn what_is_left_open_fails_the_test() {
    let (fake, _) = counter();
    fake.finish(&["a message still thinks".to_owned()]);
}
