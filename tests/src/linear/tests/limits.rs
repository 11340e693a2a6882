use super::*;

fn number(response: &Response, name: &str) -> i64 {
    response.headers()[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_used_up_budget_is_400_with_its_end_in_milliseconds() {
    let bench = Bench::new();
    bench.linear.set_limit(Budget::Requests, 1);
    let send = || bench.send(bench.request("{ viewer { id } }", &json!({})));
    let first = send().await;
    assert_eq!(
        (
            first.status().as_u16(),
            number(&first, "x-ratelimit-requests-remaining")
        ),
        (200, 0)
    );
    let refused = send().await;
    assert_eq!(refused.status(), 400);
    let body: Value = serde_json::from_slice(refused.body()).unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "RATELIMITED");
    let reset =
        Timestamp::from_millisecond(number(&refused, "x-ratelimit-requests-reset")).unwrap();
    assert_eq!(reset.to_string(), "2026-03-06T15:30:00Z");
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(send().await.status(), 200);
    bench.linear.finish();
}

#[tokio::test]
async fn the_thirty_first_search_of_a_minute_is_refused() {
    let bench = Bench::new();
    let search = || {
        bench.send(bench.request(
            "{ searchIssues(term: \"total\", first: 1) { nodes { id } } }",
            &json!({}),
        ))
    };
    for _ in 0..30 {
        assert_eq!(search().await.status(), 200);
    }
    let refused = search().await;
    assert_eq!(
        (
            refused.status().as_u16(),
            number(&refused, "x-ratelimit-endpoint-requests-remaining")
        ),
        (400, 0)
    );
    assert!(number(&refused, "x-ratelimit-requests-remaining") > 0);
    bench.data("{ viewer { id } }", json!({})).await;
    bench.linear.finish();
}

#[tokio::test]
async fn a_planned_rate_limit_ends_by_the_storys_clock() {
    let bench = Bench::new();
    let fault = Fault::RateLimit {
        retry_after: Duration::from_secs(90),
    };
    bench.linear.fail_next("*", fault, 1);
    let refused = bench
        .send(bench.request("{ viewer { id } }", &json!({})))
        .await;
    assert_eq!(refused.status(), 400);
    let reset =
        Timestamp::from_millisecond(number(&refused, "x-ratelimit-requests-reset")).unwrap();
    assert_eq!(reset.to_string(), "2026-03-06T14:31:30Z");
    bench.linear.finish();
}
