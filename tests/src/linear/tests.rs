//! The fake, held to what Linear documents and is known to do.

mod client;
mod issue;
mod limits;
mod list;

use serde_json::{Value, json};
use shared::http::{Http as _, Request, Response};

use super::*;
use crate::clock::TestClock;
use crate::fake::Wired;

const KEY: &str = "lin_api_of_the_tests";
const CHOSEN: &str = "eee745bd-d3e2-4f1a-9224-2bff8869eb56";

/// A Linear, and a way to call it.
struct Bench {
    linear: Linear,
    clock: TestClock,
    wired: Wired,
    authorization: String,
}

impl Bench {
    fn new() -> Self {
        let clock = TestClock::story();
        let linear = Linear::new(clock.clone()).with_key(KEY);
        let wired = Wired::new().at(ORIGIN, linear.router());
        Self {
            linear,
            clock,
            wired,
            authorization: KEY.to_owned(),
        }
    }

    fn request(&self, query: &str, variables: &Value) -> Request {
        http::Request::post(format!("{ORIGIN}/graphql"))
            .header("content-type", "application/json")
            .header("authorization", &self.authorization)
            .body(
                json!({ "query": query, "variables": variables })
                    .to_string()
                    .into_bytes(),
            )
            .unwrap()
    }

    async fn send(&self, request: Request) -> Response {
        self.wired
            .send(request, Duration::from_secs(5))
            .await
            .unwrap()
    }

    async fn call(&self, query: &str, variables: Value) -> (u16, Value) {
        let response = self.send(self.request(query, &variables)).await;
        (
            response.status().as_u16(),
            serde_json::from_slice(response.body()).unwrap(),
        )
    }

    /// The `data` of an answer without errors.
    async fn data(&self, query: &str, variables: Value) -> Value {
        let (status, mut body) = self.call(query, variables).await;
        assert_eq!((status, &body["errors"]), (200, &Value::Null), "{body}");
        body["data"].take()
    }

    /// The one error of an answer.
    async fn error(&self, query: &str, variables: Value) -> (u16, Value) {
        let (status, mut body) = self.call(query, variables).await;
        assert_eq!(body["errors"].as_array().map(Vec::len), Some(1), "{body}");
        assert_eq!(body["data"], Value::Null);
        (status, body["errors"][0].take())
    }

    fn team(&self) -> String {
        self.linear.team("ENG").id
    }
}

const CREATE: &str = "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success issue { id identifier } } }";
const COMMENT: &str = "mutation($input: CommentCreateInput!) { commentCreate(input: $input) { success comment { id url } } }";

#[tokio::test]
async fn a_bad_key_is_an_authentication_error() {
    let mut bench = Bench::new();
    bench.authorization = "lin_api_other".to_owned();
    let (status, error) = bench.error("{ viewer { id } }", json!({})).await;
    assert_eq!(
        (status, &error["extensions"]["code"]),
        (401, &json!("AUTHENTICATION_ERROR"))
    );
    bench.authorization = format!("Bearer {KEY}");
    let (status, error) = bench.error("{ viewer { id } }", json!({})).await;
    assert_eq!(status, 400);
    assert!(
        error["message"]
            .as_str()
            .unwrap()
            .contains("Remove the Bearer prefix")
    );
    bench.authorization = "Bearer lin_oauth_1".to_owned();
    bench.linear = bench.linear.with_key("lin_oauth_1");
    assert_eq!(
        bench.data("{ viewer { isMe } }", json!({})).await["viewer"]["isMe"],
        true
    );
    bench.linear.revoke("lin_oauth_1");
    assert_eq!(bench.error("{ viewer { id } }", json!({})).await.0, 401);
    bench.linear.finish();
}

#[tokio::test]
async fn a_read_only_key_changes_nothing() {
    let mut bench = Bench::new();
    bench.linear = bench.linear.with_read_only_key("lin_api_reader");
    bench.authorization = "lin_api_reader".to_owned();
    let input = json!({ "input": { "teamId": bench.team(), "title": "T" } });
    let (_, error) = bench.error(CREATE, input).await;
    assert_eq!(error["extensions"]["code"], "FORBIDDEN");
    assert_eq!(bench.linear.issues(), []);
}

#[tokio::test]
async fn what_the_schema_does_not_admit_is_400_and_noted() {
    let bench = Bench::new();
    let team = bench.team();
    for (query, variables, slip) in [
        ("{ viewer { shoeSize } }", json!({}), "shoeSize"),
        (
            "mutation($input: IssueCreateInput!) { issueCreate(input: $input) { success } }",
            json!({ "input": { "title": "T" } }),
            "teamId",
        ),
        (
            CREATE,
            json!({ "input": { "teamId": team, "titel": "T" } }),
            "titel",
        ),
        ("{ viewer { id }", json!({}), ""),
    ] {
        let (status, body) = bench.call(query, variables).await;
        assert_eq!(
            (status, &body["errors"][0]["extensions"]["code"]),
            (400, &json!("GRAPHQL_VALIDATION_FAILED"))
        );
        let noted = bench.linear.take_violations();
        assert!(noted.len() == 1 && noted[0].contains(slip), "{noted:?}");
    }
    assert_eq!(bench.linear.issues(), []);
}

#[tokio::test]
async fn what_the_schema_knows_and_the_fake_does_not_is_never_silently_empty() {
    let bench = Bench::new();
    bench.linear.open_issue("ENG", "Total is wrong", "");
    let (_, body) = bench
        .call(
            "{ issue(id: \"ENG-1\") { id project { name } } }",
            json!({}),
        )
        .await;
    assert!(
        body["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("project")
    );
    assert_eq!(
        bench.linear.take_violations(),
        ["Issue.project is not modelled"]
    );
}

#[tokio::test]
async fn a_failure_after_the_effect_leaves_the_issue_and_a_repeat_finds_it() {
    let bench = Bench::new();
    let create = crate::fault::Matcher::new("POST /graphql").with_body("issueCreate");
    bench.linear.fail_next(create, Fault::AfterEffect(502), 1);
    let input = json!({ "input": { "teamId": bench.team(), "title": "T", "id": CHOSEN } });
    assert_eq!(bench.call(CREATE, input.clone()).await.0, 502);
    assert_eq!(bench.linear.issues().len(), 1);
    let (status, error) = bench.error(CREATE, input).await;
    assert_eq!(
        (status, &error["message"]),
        (200, &json!("conflict on insert of Issue"))
    );
    assert_eq!(bench.linear.issues().len(), 1);
    bench.linear.finish();
}
