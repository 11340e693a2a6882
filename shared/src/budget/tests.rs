use std::collections::BinaryHeap;

use proptest::prelude::*;

use super::*;
use crate::http::{Request, Response};
use crate::service::Service;
use crate::service::wire_test::{answer, answer_with};

fn at(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(1_700_000_000_000 + ms).unwrap()
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn reading(remaining: u32, resets_at: Timestamp) -> Reading {
    Reading {
        limit: Some(10),
        remaining,
        resets_at,
    }
}

#[test]
fn those_who_wait_are_told_times_of_their_own() {
    let mut bucket = Bucket::full(2, secs(60), at(0));
    let told: Vec<_> = (0..5).map(|_| bucket.take(at(10_000)).err()).collect();
    let expected = [None, None, Some(secs(50)), Some(secs(80)), Some(secs(110))];
    assert_eq!(told, expected);
    assert_eq!(bucket.take(at(60_000)), Ok(()), "a new window");
}

#[test]
fn in_one_window_the_least_is_believed_and_another_window_is_taken_as_said() {
    let mut bucket = Bucket::full(10, secs(60), at(0));
    bucket.take(at(0)).unwrap();
    bucket.learn(reading(4, at(60_000)), at(1));
    // Answers overtake each other.
    bucket.learn(reading(7, at(60_500)), at(2));
    assert_eq!(bucket.standing(at(3)).0, 4);
    // The service's window had begun before ours.
    bucket.learn(reading(6, at(20_000)), at(3));
    assert_eq!(bucket.standing(at(4)), (6, 10, at(20_000)));
    // What is over says nothing.
    bucket.learn(reading(0, at(3)), at(4));
    assert_eq!(bucket.standing(at(4)).0, 6);
    assert_eq!(bucket.standing(at(20_000)), (10, 10, at(80_000)));
}

#[test]
fn nobody_closes_a_bucket_for_longer_than_two_hours() {
    let mut bucket = Bucket::full(10, secs(60), at(0));
    bucket.close(at(0) + secs(864_000), at(0));
    assert_eq!(bucket.take(at(0)), Err(MAX_WINDOW));
}

proptest! {
    /// A thousand callers at once, each coming back when told: never more in a window than it
    /// takes, all are served, and no later than the budget makes them.
    #[test]
    fn everybody_is_served_within_the_budget(callers in 1usize..1_000, limit in 1u32..60) {
        let window = secs(60);
        let mut bucket = Bucket::full(limit, window, at(0));
        let mut due: BinaryHeap<_> = (0..callers).map(|_| std::cmp::Reverse(at(0))).collect();
        let (mut served, mut last, mut asked) = (Vec::new(), at(0), 0usize);
        while let Some(std::cmp::Reverse(now)) = due.pop() {
            asked += 1;
            match bucket.take(now) {
                Ok(()) => { served.push(now); last = now; }
                Err(wait) => {
                    prop_assert!(!wait.is_zero());
                    due.push(std::cmp::Reverse(now + wait));
                }
            }
        }
        prop_assert_eq!(served.len(), callers);
        // The bucket's windows follow each other from the call that opens one.
        let mut opened = served[0];
        let mut in_window = 0;
        for at in &served {
            if *at >= opened + window { opened = *at; in_window = 0; }
            in_window += 1;
            prop_assert!(in_window <= limit);
        }
        let windows = u32::try_from(callers.div_ceil(limit as usize)).unwrap();
        prop_assert!(last <= at(0) + window * (windows + 1), "{last}");
        // Most come back once or twice, not at every reset.
        prop_assert!(asked <= callers * 3 + 1, "{asked} for {callers}");
    }

    /// Whatever a service says, taking works, and waiting as told ends.
    #[test]
    fn nothing_that_is_said_blocks_for_ever(
        said in prop::collection::vec((any::<u32>(), -10_000i64..100_000_000), 0..20),
    ) {
        let mut bucket = Bucket::full(10, secs(60), at(0));
        for (remaining, resets_at) in said {
            bucket.learn(reading(remaining, at(resets_at)), at(0));
        }
        if let Err(wait) = bucket.take(at(0)) {
            prop_assert!(wait <= MAX_WINDOW);
            prop_assert_eq!(bucket.take(at(0) + wait), Ok(()));
        }
    }
}

fn request(method: &str, address: &str, body: &str) -> Request {
    let request = ::http::Request::builder().method(method).uri(address);
    request.body(body.as_bytes().to_vec()).unwrap()
}

fn names(service: Service, method: &str, address: &str, body: &str) -> Vec<String> {
    let draws = draws(service, &request(method, address, body));
    draws.into_iter().map(|draw| draw.bucket).collect()
}

#[test]
fn a_call_draws_on_its_own_bucket_and_on_that_of_all() {
    use Service::{Discord, GitHub, Linear, PostHog};
    let discord = "https://discord.com/api/v10";
    let message = format!("{discord}/channels/12/messages/34");
    assert_eq!(
        names(Discord, "PATCH", &message, ""),
        ["PATCH/channels/12/messages/:id", "all"]
    );
    let original = format!("{discord}/webhooks/5/aToken/messages/@original");
    let names_of_original = names(Discord, "PATCH", &original, "");
    assert_eq!(names_of_original.len(), 1, "{names_of_original:?}");
    assert!(!names_of_original[0].contains("aToken"));
    let github = |path| names(GitHub, "GET", &format!("https://api.github.com{path}"), "");
    assert_eq!(github("/search/code?q=x"), ["code_search", "all"]);
    assert_eq!(github("/repos/a/b"), ["core", "all"]);
    assert_eq!(github("/graphql"), ["graphql", "all"]);
    let linear = |body| names(Linear, "POST", "https://api.linear.app/graphql", body);
    assert_eq!(linear("query { searchIssues }"), ["search", "all"]);
    assert_eq!(linear("query { issue }"), ["all"]);
    assert_eq!(
        names(PostHog, "GET", "https://us.posthog.com/api", ""),
        ["slow", "all"]
    );
}

#[test]
fn posthogs_windows_keep_any_minute_and_any_hour_within_its_limits() {
    let draws = draws(
        Service::PostHog,
        &request("GET", "https://us.posthog.com/", ""),
    );
    let most_in = |draw: &Draw, time: Duration| {
        let windows = time.as_secs().div_ceil(draw.window.as_secs()) + 1;
        windows * u64::from(draw.limit)
    };
    assert!(most_in(&draws[1], secs(60)) <= 240);
    assert!(most_in(&draws[0], secs(3_600)) <= 1_200);
}

fn read(service: Service, path: &str, answer: &Response) -> Vec<(String, Reading)> {
    let request = request("POST", &format!("https://x.example{path}"), "searchIssues");
    readings(service, &draws(service, &request), answer, at(0))
}

#[test]
fn every_services_headers_are_read_as_it_means_them() {
    let now = at(0).as_second();
    let discord = answer_with(
        200,
        &[
            ("x-ratelimit-limit", "5"),
            ("x-ratelimit-remaining", "3"),
            ("x-ratelimit-reset-after", "1.500"),
        ],
        "",
    );
    let (_, found) = &read(Service::Discord, "/api/v10/channels/1/messages", &discord)[0];
    assert_eq!((found.remaining, found.resets_at), (3, at(1_500)));

    let reset = (now + 30).to_string();
    let github = |resource| {
        answer_with(
            200,
            &[
                ("x-ratelimit-limit", "10"),
                ("x-ratelimit-remaining", "0"),
                ("x-ratelimit-reset", &reset),
                ("x-ratelimit-resource", resource),
            ],
            "",
        )
    };
    let found = read(Service::GitHub, "/search/code", &github("code_search"));
    assert_eq!(found, [("code_search".to_owned(), reading(0, at(30_000)))]);
    assert_eq!(read(Service::GitHub, "/search/code", &github("core")), []);

    let reset_ms = at(45_000).as_millisecond().to_string();
    let linear = answer_with(
        200,
        &[
            ("x-ratelimit-requests-limit", "10"),
            ("x-ratelimit-requests-remaining", "9"),
            ("x-ratelimit-requests-reset", &reset_ms),
            ("x-ratelimit-endpoint-requests-limit", "10"),
            ("x-ratelimit-endpoint-requests-remaining", "1"),
            ("x-ratelimit-endpoint-requests-reset", &reset_ms),
        ],
        "",
    );
    let found = read(Service::Linear, "/graphql", &linear);
    assert_eq!(found[0], ("all".to_owned(), reading(9, at(45_000))));
    assert_eq!(found[1], ("search".to_owned(), reading(1, at(45_000))));
}

#[test]
fn every_services_refusal_closes_the_bucket_that_it_means() {
    let closed = |service, path: &str, answer: &Response| {
        let request = request("POST", &format!("https://x.example{path}"), "");
        limited(service, &draws(service, &request), answer, at(0))
            .map(|(bucket, until)| (bucket, until.duration_since(at(0)).as_secs()))
    };
    let of = |bucket: &str, wait| Some((bucket.to_owned(), wait));
    let messages = "/api/v10/channels/1/messages";
    let route = answer_with(
        429,
        &[("retry-after", "3"), ("x-ratelimit-scope", "user")],
        "",
    );
    assert_eq!(
        closed(Service::Discord, messages, &route),
        of("POST/channels/1/messages", 3)
    );
    let global = answer_with(
        429,
        &[("retry-after", "3"), ("x-ratelimit-scope", "global")],
        "",
    );
    assert_eq!(closed(Service::Discord, messages, &global), of("all", 3));
    let secondary = answer_with(403, &[("retry-after", "60")], "");
    assert_eq!(closed(Service::GitHub, "/repos", &secondary), of("all", 60));
    assert_eq!(closed(Service::GitHub, "/repos", &answer(403, "")), None);
    let used_up = answer_with(400, &[("x-ratelimit-requests-remaining", "0")], "");
    assert_eq!(closed(Service::Linear, "/graphql", &used_up), of("all", 60));
    assert_eq!(closed(Service::Linear, "/graphql", &answer(400, "")), None);
    assert_eq!(
        closed(Service::PostHog, "/", &answer(429, "")),
        of("all", 60)
    );
    assert_eq!(closed(Service::PostHog, "/", &answer(200, "")), None);
}
