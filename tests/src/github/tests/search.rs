use super::*;

fn paths(body: &Value) -> Vec<&str> {
    body["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["path"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn words_and_qualifiers_narrow_to_the_files_that_hold_them() {
    let bench = Bench::new();
    let (_, all) = bench.get("/search/code?q=Total+repo:acme/shop").await;
    assert_eq!(
        (all["total_count"].as_u64(), paths(&all)),
        (
            Some(3),
            vec!["server/total.go", "src/cart.ts", "src/checkout.ts"]
        )
    );
    let (_, narrow) = bench
        .get("/search/code?q=total+repo:acme/shop+path:src+language:typescript")
        .await;
    assert_eq!(paths(&narrow), ["src/cart.ts", "src/checkout.ts"]);
    let (_, both) = bench
        .get("/search/code?q=total+%22items.length%22+repo:acme/shop+extension:ts")
        .await;
    assert_eq!(paths(&both), ["src/cart.ts"]);
    let (_, either) = bench
        .get("/search/code?q=%22nowhere%22+OR+%22Func+Total%22+repo:acme/shop+path:%22server%22")
        .await;
    assert_eq!(paths(&either), ["server/total.go"]);
    let (_, by_path) = bench
        .get("/search/code?q=checkout+in:path+repo:acme/shop")
        .await;
    assert_eq!(paths(&by_path), ["src/checkout.ts"]);
    bench.github.finish();
}

#[tokio::test]
async fn only_the_default_branch_is_searched() {
    let bench = Bench::new();
    let git = bench.github.repository(REPO);
    git.move_ref("refs/heads/work", &bench.head("main"), None)
        .unwrap();
    bench.github.push(REPO, "work", "src/only.ts", "zebra\n");
    assert_eq!(
        bench.get("/search/code?q=zebra+repo:acme/shop").await.1["total_count"],
        0
    );
    bench.github.push(REPO, "main", "src/only.ts", "zebra\n");
    assert_eq!(
        bench.get("/search/code?q=zebra+repo:acme/shop").await.1["total_count"],
        1
    );
}

#[tokio::test]
async fn a_large_file_is_not_searched() {
    let bench = Bench::new();
    bench
        .github
        .push(REPO, "main", "src/large.ts", &"zebra\n".repeat(64 * 1024));
    assert_eq!(
        bench.get("/search/code?q=zebra+repo:acme/shop").await.1["total_count"],
        0
    );
}

#[tokio::test]
async fn text_matches_come_when_asked_for() {
    let bench = Bench::new();
    let mut request = bench.request(
        "GET",
        "/search/code?q=items.length+repo:acme/shop",
        &Value::Null,
    );
    let accept = "application/vnd.github.text-match+json".parse().unwrap();
    request.headers_mut().insert("accept", accept);
    let body: Value = serde_json::from_slice(bench.send(request).await.body()).unwrap();
    let found = &body["items"][0]["text_matches"][0];
    let fragment = found["fragment"].as_str().unwrap();
    let at =
        |n: usize| usize::try_from(found["matches"][0]["indices"][n].as_u64().unwrap()).unwrap();
    assert_eq!(&fragment[at(0)..at(1)], "items.length");
}

#[tokio::test]
async fn the_eleventh_search_of_a_minute_is_refused() {
    let bench = Bench::new();
    let search =
        || bench.send(bench.request("GET", "/search/code?q=total+repo:acme/shop", &Value::Null));
    for _ in 0..10 {
        assert_eq!(search().await.status(), 200);
    }
    let refused = search().await;
    assert_eq!(refused.status(), 403);
    assert_eq!(refused.headers()["x-ratelimit-resource"], "code_search");
    assert_eq!(bench.get("/repos/acme/shop").await.0, 200);
    assert_eq!(
        bench.get("/rate_limit").await.1["resources"]["code_search"]["remaining"],
        0
    );
    bench.clock.advance(Duration::from_mins(1));
    assert_eq!(search().await.status(), 200);
    bench.github.finish();
}

#[tokio::test]
async fn a_search_that_github_does_not_take_is_422() {
    let bench = Bench::new();
    for q in [
        "repo:acme/shop",
        "total+repo:acme/none",
        &"x".repeat(257),
        "",
    ] {
        assert_eq!(
            bench.get(&format!("/search/code?q={q}")).await.0,
            422,
            "{q}"
        );
    }
}
