use super::*;

#[tokio::test]
async fn a_ref_is_made_once_and_only_of_what_exists() {
    let bench = Bench::new();
    let new = |name: &str, sha: &str| json!({ "ref": name, "sha": sha });
    let head = bench.head("main");
    let (status, body) = bench
        .call(
            "POST",
            "/repos/acme/shop/git/refs",
            new("refs/heads/bugbot/eng-1", &head),
        )
        .await;
    assert_eq!((status, &body["object"]["sha"]), (201, &json!(head)));
    let (status, body) = bench
        .call(
            "POST",
            "/repos/acme/shop/git/refs",
            new("refs/heads/bugbot/eng-1", &head),
        )
        .await;
    assert_eq!(
        (status, body["message"].as_str()),
        (422, Some("Reference already exists"))
    );
    let (status, body) = bench
        .call(
            "POST",
            "/repos/acme/shop/git/refs",
            new("refs/heads/x", &"1".repeat(40)),
        )
        .await;
    assert_eq!(
        (status, body["message"].as_str()),
        (422, Some("Object does not exist"))
    );
    assert_eq!(
        bench
            .call(
                "POST",
                "/repos/acme/shop/git/refs",
                new("refs/heads/a..b", &head)
            )
            .await
            .0,
        422
    );
    assert_eq!(
        bench
            .get("/repos/acme/shop/git/ref/heads/bugbot/eng-1")
            .await
            .0,
        200
    );
    assert_eq!(
        bench.get("/repos/acme/shop/branches/bugbot/eng-1").await.0,
        200
    );
    assert_eq!(bench.get("/repos/acme/shop/git/ref/heads/x").await.0, 404);
    assert_eq!(
        bench
            .call(
                "DELETE",
                "/repos/acme/shop/git/refs/heads/bugbot/eng-1",
                Value::Null
            )
            .await
            .0,
        204
    );
    assert_eq!(bench.github.branches(REPO), ["main"]);
    bench.github.finish();
}

#[tokio::test]
async fn contents_come_in_wrapped_base64_raw_or_as_a_listing() {
    let bench = Bench::new();
    let (_, file) = bench
        .get("/repos/acme/shop/contents/src/cart.ts?ref=main")
        .await;
    assert_eq!(
        (&file["type"], &file["encoding"]),
        (&json!("file"), &json!("base64"))
    );
    assert!(file["content"].as_str().unwrap().trim_end().contains('\n'));
    let (_, folder) = bench.get("/repos/acme/shop/contents/src").await;
    let names: Vec<_> = folder
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["cart.ts", "checkout.ts"]);
    assert_eq!(
        bench
            .get("/repos/acme/shop/contents")
            .await
            .1
            .as_array()
            .unwrap()
            .len(),
        3
    );
    let mut raw = bench.request("GET", "/repos/acme/shop/contents/README.md", &Value::Null);
    raw.headers_mut()
        .insert("accept", "application/vnd.github.raw+json".parse().unwrap());
    assert_eq!(bench.send(raw).await.body(), b"# Shop\n");
    assert_eq!(bench.get("/repos/acme/shop/contents/nothing").await.0, 404);
    assert_eq!(
        bench
            .get("/repos/acme/shop/contents/src?ref=nowhere")
            .await
            .0,
        404
    );
}

#[tokio::test]
async fn continuous_integration_speaks_through_check_runs_and_statuses() {
    let bench = Bench::new();
    let head = bench.head("main");
    let (_, none) = bench
        .get(&format!("/repos/acme/shop/commits/{head}/status"))
        .await;
    assert_eq!(
        (&none["state"], &none["total_count"]),
        (&json!("pending"), &json!(0))
    );
    bench.github.set_status(REPO, &head, "ci/old", "success");
    bench
        .github
        .set_check(REPO, &head, "test", ("completed", Some("failure")));
    let (_, status) = bench
        .get(&format!("/repos/acme/shop/commits/{head}/status"))
        .await;
    assert_eq!(status["state"], "success");
    let (_, runs) = bench.get("/repos/acme/shop/commits/main/check-runs").await;
    assert_eq!(runs["check_runs"][0]["conclusion"], "failure");
}

#[tokio::test]
async fn comments_and_labels_go_to_issues_and_to_pull_requests() {
    let bench = Bench::new();
    let issue = bench
        .github
        .open_issue(REPO, "Total is wrong", "It counts.");
    let path = format!("/repos/acme/shop/issues/{issue}/comments");
    assert_eq!(
        bench
            .call("POST", &path, json!({ "body": "Seen." }))
            .await
            .0,
        201
    );
    assert_eq!(
        bench.call("POST", &path, json!({ "body": " " })).await.0,
        422
    );
    assert_eq!(bench.get(&path).await.1.as_array().unwrap().len(), 1);
    assert_eq!(bench.github.comments(REPO, issue)[0].body, "Seen.");
    let labels = format!("/repos/acme/shop/issues/{issue}/labels");
    assert_eq!(
        bench
            .call("POST", &labels, json!({ "labels": ["bug"] }))
            .await
            .1[0]["name"],
        "bug"
    );
    assert_eq!(bench.get("/repos/acme/shop/issues/77").await.0, 404);
}

#[tokio::test]
async fn a_slip_in_a_body_is_noted() {
    let bench = Bench::new();
    let issue = bench.github.open_issue(REPO, "Total is wrong", "");
    let slip = json!({ "body": "Seen.", "boddy": "" });
    assert_eq!(
        bench
            .call(
                "POST",
                &format!("/repos/acme/shop/issues/{issue}/comments"),
                slip
            )
            .await
            .0,
        422
    );
    assert!(bench.github.take_violations()[0].contains("unknown field `boddy`"));
    assert_eq!(bench.github.comments(REPO, issue), []);
}
