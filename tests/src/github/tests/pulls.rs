use super::*;

fn new(head: &str) -> Value {
    json!({ "title": "Fix the total", "head": head, "base": "main", "body": "Closes ENG-1." })
}

#[tokio::test]
async fn a_second_pull_request_between_the_same_branches_is_422_and_the_first_is_found() {
    let bench = Bench::new();
    bench.branch("bugbot/eng-1");
    let (status, body) = bench
        .call("POST", "/repos/acme/shop/pulls", new("bugbot/eng-1"))
        .await;
    assert_eq!(
        (status, &body["html_url"]),
        (201, &json!("https://github.com/acme/shop/pull/1"))
    );
    assert_eq!(
        (&body["commits"], &body["changed_files"], &body["mergeable"]),
        (&json!(1), &json!(1), &json!(true))
    );
    let (status, body) = bench
        .call("POST", "/repos/acme/shop/pulls", new("acme:bugbot/eng-1"))
        .await;
    assert_eq!(status, 422);
    assert_eq!(
        body["errors"][0]["message"],
        "A pull request already exists for acme:bugbot/eng-1."
    );
    let (_, found) = bench
        .get("/repos/acme/shop/pulls?head=acme:bugbot/eng-1&state=open")
        .await;
    assert_eq!(
        (found.as_array().unwrap().len(), &found[0]["number"]),
        (1, &json!(1))
    );
    let (_, none) = bench
        .get("/repos/acme/shop/pulls?head=acme:other&state=open")
        .await;
    assert_eq!(none, json!([]));
    assert_eq!(bench.github.pull_requests(REPO).len(), 1);
    bench.github.finish();
}

#[tokio::test]
async fn a_pull_request_needs_branches_commits_and_a_title() {
    let bench = Bench::new();
    let git = bench.github.repository(REPO);
    git.move_ref("refs/heads/same", &bench.head("main"), None)
        .unwrap();
    let (status, body) = bench
        .call("POST", "/repos/acme/shop/pulls", new("same"))
        .await;
    assert_eq!(
        (status, &body["errors"][0]["message"]),
        (422, &json!("No commits between main and same"))
    );
    let (status, body) = bench
        .call("POST", "/repos/acme/shop/pulls", new("missing"))
        .await;
    assert_eq!((status, &body["errors"][0]["field"]), (422, &json!("head")));
    bench.branch("work");
    let untitled = json!({ "title": "", "head": "work", "base": "main" });
    assert_eq!(
        bench
            .call("POST", "/repos/acme/shop/pulls", untitled)
            .await
            .1["errors"][0]["field"],
        "title"
    );
    assert_eq!(bench.github.pull_requests(REPO), []);
}

#[tokio::test]
async fn a_failure_after_the_effect_leaves_the_pull_request() {
    let bench = Bench::new();
    bench.branch("work");
    bench.github.fail_next(
        "POST /repos/*/*/pulls",
        crate::fault::Fault::AfterEffect(502),
        1,
    );
    assert_eq!(
        bench
            .call("POST", "/repos/acme/shop/pulls", new("work"))
            .await
            .0,
        502
    );
    assert_eq!(bench.github.pull_requests(REPO).len(), 1);
    bench.github.fail_next(
        "POST /repos/*/*/pulls",
        crate::fault::Fault::BeforeEffect(502),
        1,
    );
    bench.branch("more");
    assert_eq!(
        bench
            .call("POST", "/repos/acme/shop/pulls", new("more"))
            .await
            .0,
        502
    );
    assert_eq!(bench.github.pull_requests(REPO).len(), 1);
    bench.github.finish();
}

#[tokio::test]
async fn a_merged_pull_request_keeps_its_head_and_frees_the_branches_for_another() {
    let bench = Bench::new();
    bench.branch("work");
    bench
        .call("POST", "/repos/acme/shop/pulls", new("work"))
        .await;
    let commit = bench.github.merge(REPO, 1);
    let (_, merged) = bench.get("/repos/acme/shop/pulls/1").await;
    assert_eq!(
        (&merged["state"], &merged["merged"]),
        (&json!("closed"), &json!(true))
    );
    assert_eq!(merged["merge_commit_sha"], json!(commit));
    assert_eq!(bench.head("main"), commit);
    bench
        .github
        .push(REPO, "work", "src/new.ts", "export {};\n");
    assert_eq!(
        bench
            .call("POST", "/repos/acme/shop/pulls", new("work"))
            .await
            .1["number"],
        2
    );
}

#[tokio::test]
async fn reviews_are_asked_of_collaborators_only() {
    let bench = Bench::new();
    bench.branch("work");
    bench
        .call("POST", "/repos/acme/shop/pulls", new("work"))
        .await;
    let path = "/repos/acme/shop/pulls/1/requested_reviewers";
    assert_eq!(
        bench
            .call("POST", path, json!({ "reviewers": ["stranger"] }))
            .await
            .0,
        422
    );
    assert_eq!(
        bench
            .call("POST", path, json!({ "reviewers": ["acme"] }))
            .await
            .0,
        201
    );
    assert_eq!(bench.github.pull_requests(REPO)[0].reviewers, ["acme"]);
}

#[tokio::test]
async fn closing_and_renaming_change_what_is_listed() {
    let bench = Bench::new();
    bench.branch("work");
    bench
        .call("POST", "/repos/acme/shop/pulls", new("work"))
        .await;
    let (status, body) = bench
        .call(
            "PATCH",
            "/repos/acme/shop/pulls/1",
            json!({ "title": "Other", "state": "closed" }),
        )
        .await;
    assert_eq!(
        (status, &body["title"], &body["state"]),
        (200, &json!("Other"), &json!("closed"))
    );
    assert_eq!(bench.get("/repos/acme/shop/pulls").await.1, json!([]));
    assert_eq!(
        bench
            .get("/repos/acme/shop/pulls?state=all")
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_comparison_counts_commits_and_lists_files() {
    let bench = Bench::new();
    bench.branch("bugbot/eng-1");
    bench.github.push(REPO, "main", "README.md", "# The shop\n");
    let (status, body) = bench
        .get("/repos/acme/shop/compare/main...bugbot/eng-1")
        .await;
    assert_eq!(status, 200);
    assert_eq!(
        (&body["status"], &body["ahead_by"], &body["behind_by"]),
        (&json!("diverged"), &json!(1), &json!(1))
    );
    assert_eq!(body["files"][0]["filename"], "src/cart.ts");
    assert!(
        body["files"][0]["patch"]
            .as_str()
            .unwrap()
            .starts_with("@@")
    );
}
