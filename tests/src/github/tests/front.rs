use super::*;

#[tokio::test]
async fn a_repository_tells_its_default_branch_and_what_the_token_may() {
    let bench = Bench::new();
    let (status, body) = bench.get("/repos/Acme/SHOP").await;
    assert_eq!(status, 200);
    assert_eq!(body["full_name"], REPO);
    assert_eq!(body["default_branch"], "main");
    assert_eq!(body["permissions"]["push"], true);
    assert_eq!(bench.get("/repos/acme/other").await.0, 404);
    bench.github.finish();
}

#[tokio::test]
async fn a_bad_credential_is_401_and_none_is_another_401() {
    let mut bench = Bench::new();
    bench.token = "nonsense".to_owned();
    let (status, body) = bench.get("/repos/acme/shop").await;
    assert_eq!(
        (status, body["message"].as_str()),
        (401, Some("Bad credentials"))
    );
    let mut request = bench.request("GET", "/repos/acme/shop", &Value::Null);
    request.headers_mut().remove("authorization");
    assert_eq!(bench.send(request).await.status(), 401);
}

#[tokio::test]
async fn a_missing_permission_is_403_in_githubs_words() {
    let mut bench = Bench::new();
    bench.github = bench
        .github
        .with_narrow_token("reader", permissions([("contents", Level::Read)]));
    bench.token = "reader".to_owned();
    assert_eq!(
        bench.get("/repos/acme/shop/git/ref/heads/main").await.0,
        200
    );
    let new = json!({ "ref": "refs/heads/x", "sha": bench.head("main") });
    let (status, body) = bench.call("POST", "/repos/acme/shop/git/refs", new).await;
    assert_eq!(status, 403);
    assert_eq!(
        body["message"],
        "Resource not accessible by personal access token"
    );
    assert_eq!(bench.github.branches(REPO), ["main"]);
}

#[tokio::test]
async fn a_request_without_a_user_agent_is_refused_and_noted() {
    let bench = Bench::new();
    let mut request = bench.request("GET", "/repos/acme/shop", &Value::Null);
    request.headers_mut().remove("user-agent");
    assert_eq!(bench.send(request).await.status(), 403);
    assert_eq!(
        bench.github.take_violations(),
        ["GET /repos/acme/shop: no User-Agent"]
    );
}

#[tokio::test]
async fn the_limit_counts_down_in_the_headers_and_then_refuses() {
    let bench = Bench::new();
    bench.github.set_limit(Resource::Core, 2);
    let get = || bench.send(bench.request("GET", "/repos/acme/shop", &Value::Null));
    let first = get().await;
    assert_eq!(first.headers()["x-ratelimit-remaining"], "1");
    assert_eq!(first.headers()["x-ratelimit-resource"], "core");
    assert_eq!(get().await.status(), 200);
    let third = get().await;
    assert_eq!(third.status(), 403);
    assert_eq!(third.headers()["x-ratelimit-remaining"], "0");
    bench.clock.advance(Duration::from_hours(1));
    assert_eq!(get().await.status(), 200);
}

#[tokio::test]
async fn a_secondary_limit_is_403_with_retry_after() {
    let bench = Bench::new();
    let fault = crate::fault::Fault::RateLimit {
        retry_after: Duration::from_secs(61),
    };
    bench.github.fail_next("GET /repos/**", fault, 1);
    let response = bench
        .send(bench.request("GET", "/repos/acme/shop", &Value::Null))
        .await;
    assert_eq!(response.status(), 403);
    assert_eq!(response.headers()["retry-after"], "61");
    bench.github.finish();
}
