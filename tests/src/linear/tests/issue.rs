use super::*;

#[tokio::test]
async fn an_issue_is_numbered_by_its_team_and_starts_in_its_backlog() {
    let mut bench = Bench::new();
    bench.linear = bench.linear.with_team("WEB", "Web");
    let input =
        |team: String| json!({ "input": { "teamId": team, "title": "Total counts, not sums!" } });
    bench.data(CREATE, input(bench.team())).await;
    let web = bench.linear.team("WEB").id;
    assert_eq!(
        bench.data(CREATE, input(web)).await["issueCreate"]["issue"]["identifier"],
        "WEB-1"
    );
    let second = bench.data(CREATE, input(bench.team())).await;
    assert_eq!(second["issueCreate"]["issue"]["identifier"], "ENG-2");
    let query = "query($id: String!) { issue(id: $id) { number url branchName createdAt state { name type } team { key } } }";
    let by_identifier = bench.data(query, json!({ "id": "eng-2" })).await;
    assert_eq!(
        by_identifier["issue"],
        json!({
            "number": 2,
            "url": "https://linear.app/acme/issue/ENG-2/total-counts-not-sums",
            "branchName": "bugbot/eng-2-total-counts-not-sums",
            "createdAt": "2026-03-06T14:30:00.000Z",
            "state": { "name": "Backlog", "type": "backlog" },
            "team": { "key": "ENG" },
        })
    );
    let by_uuid = bench
        .data(query, json!({ "id": second["issueCreate"]["issue"]["id"] }))
        .await;
    assert_eq!(by_uuid, by_identifier);
    bench.linear.finish();
}

#[tokio::test]
async fn a_chosen_id_is_kept_and_a_second_use_is_a_conflict() {
    let bench = Bench::new();
    let input = json!({ "input": { "teamId": bench.team(), "title": "T", "id": CHOSEN } });
    let made = bench.data(CREATE, input.clone()).await;
    assert_eq!(made["issueCreate"]["issue"]["id"], CHOSEN);
    let (status, error) = bench.error(CREATE, input).await;
    assert_eq!(status, 200);
    assert_eq!(error["extensions"]["code"], "INPUT_ERROR");
    let presentable = format!("Entity Issue with id {CHOSEN} already exists.");
    assert_eq!(error["extensions"]["userPresentableMessage"], presentable);
    let version_1 = "5f3c2b9e-7d1a-11ee-b962-0242ac120002";
    let input = json!({ "input": { "teamId": bench.team(), "title": "T", "id": version_1 } });
    assert_eq!(
        bench.error(CREATE, input).await.1["extensions"]["code"],
        "INVALID_INPUT"
    );
    assert_eq!(bench.linear.issues().len(), 1);
}

#[tokio::test]
async fn what_does_not_exist_is_an_error_under_200() {
    let bench = Bench::new();
    let (status, error) = bench
        .error("{ issue(id: \"ENG-9\") { id } }", json!({}))
        .await;
    assert_eq!(
        (status, &error["message"]),
        (200, &json!("Entity not found: Issue"))
    );
    assert_eq!(
        error["extensions"]["userPresentableMessage"],
        "Could not find referenced Issue."
    );
    let input = json!({ "input": { "issueId": CHOSEN, "body": "Seen." } });
    assert_eq!(
        bench.error(COMMENT, input).await.1["message"],
        "Entity not found: Issue"
    );
    let input = json!({ "input": { "teamId": CHOSEN, "title": "T" } });
    assert_eq!(
        bench.error(CREATE, input).await.1["message"],
        "Entity not found: Team"
    );
    bench.linear.finish();
}

#[tokio::test]
async fn a_comment_keeps_its_chosen_id_and_can_be_looked_up() {
    let bench = Bench::new();
    let issue = bench.linear.open_issue("ENG", "Total is wrong", "");
    let input = json!({ "input": { "issueId": bench.linear.issue(&issue).id, "body": "Seen.", "id": CHOSEN } });
    let made = bench.data(COMMENT, input.clone()).await;
    assert_eq!(
        made["commentCreate"]["comment"]["url"],
        format!("{}#comment-eee745bd", bench.linear.url(&issue))
    );
    assert_eq!(
        bench.error(COMMENT, input).await.1["message"],
        "conflict on insert of Comment"
    );
    let query = "query($id: String) { comment(id: $id) { body issue { identifier } } }";
    let found = bench.data(query, json!({ "id": CHOSEN })).await;
    assert_eq!(
        found["comment"],
        json!({ "body": "Seen.", "issue": { "identifier": "ENG-1" } })
    );
    assert_eq!(bench.linear.comments(&issue).len(), 1);
    bench.linear.finish();
}

#[tokio::test]
async fn moving_an_issue_keeps_to_the_team_and_notes_when() {
    let mut bench = Bench::new();
    bench.linear = bench.linear.with_team("WEB", "Web");
    bench.linear.open_issue("ENG", "Total is wrong", "");
    let states = "query($team: ID) { workflowStates(first: 50, filter: { team: { id: { eq: $team } }, name: { eq: \"In Progress\" } }) { nodes { id } } }";
    let own = bench.data(states, json!({ "team": bench.team() })).await["workflowStates"]["nodes"]
        [0]["id"]
        .take();
    let web = bench.linear.team("WEB").id;
    let foreign =
        bench.data(states, json!({ "team": web })).await["workflowStates"]["nodes"][0]["id"].take();
    let update = "mutation($state: String!) { issueUpdate(id: \"ENG-1\", input: { stateId: $state }) { success issue { startedAt state { name } } } }";
    assert_eq!(
        bench.error(update, json!({ "state": foreign })).await.1["extensions"]["code"],
        "INVALID_INPUT"
    );
    bench.clock.advance(Duration::from_mins(1));
    let moved = bench.data(update, json!({ "state": own })).await;
    assert_eq!(
        moved["issueUpdate"]["issue"],
        json!({ "startedAt": "2026-03-06T14:31:00.000Z", "state": { "name": "In Progress" } })
    );
    assert_eq!(bench.linear.state_of("ENG-1"), "In Progress");
    bench.linear.finish();
}

#[tokio::test]
async fn an_address_is_linked_once_an_issue() {
    let bench = Bench::new();
    bench.linear.open_issue("ENG", "Total is wrong", "");
    let link = "mutation($title: String) { attachmentLinkURL(issueId: \"ENG-1\", url: \"https://github.com/acme/shop/pull/1\", title: $title) { attachment { id sourceType } } }";
    let first = bench.data(link, json!({ "title": "Pull request" })).await;
    let again = bench.data(link, json!({ "title": "Pull request 1" })).await;
    assert_eq!(first, again);
    assert_eq!(
        first["attachmentLinkURL"]["attachment"]["sourceType"],
        "github"
    );
    let links = bench.linear.attachments("ENG-1");
    assert_eq!(
        (links.len(), links[0].title.as_str()),
        (1, "Pull request 1")
    );
    let discord = "mutation { attachmentLinkDiscord(issueId: \"ENG-1\", channelId: \"1\", messageId: \"2\", url: \"https://discord.com/channels/0/1/2\") { attachment { sourceType } } }";
    assert_eq!(
        bench.data(discord, json!({})).await["attachmentLinkDiscord"]["attachment"]["sourceType"],
        "discord"
    );
    let of_url = "query($url: String!) { attachmentsForURL(url: $url, first: 1) { nodes { issue { identifier } } } }";
    let found = bench
        .data(
            of_url,
            json!({ "url": "https://discord.com/channels/0/1/2" }),
        )
        .await;
    assert_eq!(
        found["attachmentsForURL"]["nodes"][0]["issue"]["identifier"],
        "ENG-1"
    );
    bench.linear.finish();
}

#[tokio::test]
async fn an_empty_title_a_long_one_and_an_empty_comment_are_refused() {
    let bench = Bench::new();
    let issue = bench.linear.open_issue("ENG", "Total is wrong", "");
    for title in [" ".to_owned(), "x".repeat(256)] {
        let input = json!({ "input": { "teamId": bench.team(), "title": title } });
        assert_eq!(
            bench.error(CREATE, input).await.1["extensions"]["code"],
            "INVALID_INPUT"
        );
    }
    let input = json!({ "input": { "issueId": issue, "body": "" } });
    assert_eq!(
        bench.error(COMMENT, input).await.1["extensions"]["code"],
        "INVALID_INPUT"
    );
    assert_eq!(
        (
            bench.linear.issues().len(),
            bench.linear.comments(&issue).len()
        ),
        (1, 0)
    );
}
