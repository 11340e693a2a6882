use super::*;

#[tokio::test]
async fn a_list_without_first_is_noted_at_any_depth() {
    let bench = Bench::new();
    bench.linear.open_issue("ENG", "Total is wrong", "");
    bench
        .data(
            "{ issue(id: \"ENG-1\") { comments { nodes { id } } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        bench.linear.take_violations(),
        ["comments: a list without `first`"]
    );
    bench
        .data(
            "query($n: Int) { issues(first: $n) { nodes { id } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        bench.linear.take_violations(),
        ["issues: a list without `first`"]
    );
    bench
        .data(
            "query($n: Int) { issues(first: $n) { nodes { id } } }",
            json!({ "n": 500 }),
        )
        .await;
    assert_eq!(bench.linear.take_violations(), ["issues: a page of 500"]);
    bench
        .data(
            "query($n: Int) { issues(first: $n) { nodes { id } } }",
            json!({ "n": 5 }),
        )
        .await;
    bench.linear.finish();
}

#[tokio::test]
async fn pages_follow_one_another_by_cursor() {
    let bench = Bench::new();
    for n in 1..=5 {
        bench.linear.open_issue("ENG", &format!("Issue {n}"), "");
    }
    let query = "query($after: String) { issues(first: 2, after: $after) { nodes { identifier } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = bench.data(query, json!({ "after": after })).await["issues"].take();
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
        let names = page["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|n| n["identifier"].as_str().unwrap().to_owned());
        seen.extend(names);
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    assert_eq!(seen, ["ENG-5", "ENG-4", "ENG-3", "ENG-2", "ENG-1"]);
    bench.linear.finish();
}

#[tokio::test]
async fn filters_reach_into_what_an_issue_links_to() {
    let mut bench = Bench::new();
    bench.linear = bench.linear.with_team("WEB", "Web");
    bench
        .linear
        .open_issue("ENG", "Total is wrong", "It counts.");
    bench.linear.open_issue("WEB", "Total is slow", "");
    bench.linear.open_issue("ENG", "Logo is blue", "");
    bench.linear.move_issue("ENG-2", "Done");
    let list = |filter: Value| {
        let query = "query($filter: IssueFilter) { issues(first: 9, filter: $filter) { nodes { identifier } } }";
        let data = bench.data(query, json!({ "filter": filter }));
        async move {
            let data = data.await;
            let nodes = data["issues"]["nodes"].as_array().unwrap().clone();
            nodes
                .iter()
                .map(|n| n["identifier"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        }
    };
    assert_eq!(
        list(json!({ "title": { "containsIgnoreCase": "TOTAL" } })).await,
        ["WEB-1", "ENG-1"]
    );
    assert_eq!(
        list(json!({ "team": { "key": { "eq": "ENG" } }, "number": { "eq": 1 } })).await,
        ["ENG-1"]
    );
    assert_eq!(
        list(json!({ "state": { "type": { "nin": ["completed", "canceled"] } } })).await,
        ["WEB-1", "ENG-1"]
    );
    assert_eq!(list(json!({ "or": [{ "description": { "contains": "counts" } }, { "title": { "eq": "Logo is blue" } }] })).await, ["ENG-2", "ENG-1"]);
    assert_eq!(list(json!({ "assignee": { "null": true }, "createdAt": { "gt": "2026-01-01T00:00:00.000Z" } })).await.len(), 3);
    assert_eq!(
        list(json!({ "attachments": { "some": { "url": { "eq": "https://x.test" } } } }))
            .await
            .len(),
        0
    );
    bench.linear.finish();
}

#[tokio::test]
async fn a_filter_that_is_not_modelled_is_noted() {
    let bench = Bench::new();
    bench.linear.open_issue("ENG", "Total is wrong", "");
    let query = "{ issues(first: 9, filter: { cycle: { number: { eq: 1 } } }) { nodes { id } } }";
    let (_, body) = bench.call(query, json!({})).await;
    assert!(body["errors"].is_array());
    assert_eq!(
        bench.linear.take_violations(),
        ["Query.issues is not modelled"]
    );
}

#[tokio::test]
async fn a_search_finds_any_word_best_first_and_the_team_only_boosts() {
    let mut bench = Bench::new();
    bench.linear = bench.linear.with_team("WEB", "Web");
    bench
        .linear
        .open_issue("ENG", "Checkout total is wrong", "");
    bench.linear.open_issue("ENG", "Checkout is slow", "");
    bench.linear.open_issue("WEB", "Wrong colour", "");
    bench.linear.open_issue("ENG", "Unrelated", "");
    let search = |team: Value| {
        let query = "query($team: String) { searchIssues(term: \"checkout total wrong\", teamId: $team, first: 9) { totalCount nodes { __typename identifier } } }";
        bench.data(query, json!({ "team": team }))
    };
    let names = |data: &Value| {
        let nodes = data["searchIssues"]["nodes"].as_array().unwrap().clone();
        nodes
            .iter()
            .map(|n| n["identifier"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let plain = search(Value::Null).await;
    assert_eq!(
        plain["searchIssues"]["nodes"][0]["__typename"],
        "IssueSearchResult"
    );
    assert_eq!(
        (names(&plain)[0].as_str(), names(&plain).len()),
        ("ENG-1", 3)
    );
    let boosted = search(json!(bench.linear.team("WEB").id)).await;
    assert_eq!(
        (names(&boosted)[0].as_str(), names(&boosted).len()),
        ("WEB-1", 3)
    );
    bench.linear.finish();
}

#[tokio::test]
async fn teams_and_their_states_are_listed_in_order() {
    let bench = Bench::new();
    let query = "{ teams(first: 1, filter: { key: { eqIgnoreCase: \"eng\" } }) { nodes { key defaultIssueState { name } states(first: 9) { nodes { name type position } } } } }";
    let team = bench.data(query, json!({})).await["teams"]["nodes"][0].take();
    assert_eq!(
        (&team["key"], &team["defaultIssueState"]["name"]),
        (&json!("ENG"), &json!("Backlog"))
    );
    let states = team["states"]["nodes"].as_array().unwrap();
    assert_eq!(states.len(), 7);
    assert_eq!(
        states[3],
        json!({ "name": "In Progress", "type": "started", "position": 3 })
    );
    bench.linear.finish();
}
