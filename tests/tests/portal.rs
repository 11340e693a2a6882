//! The hub's portal in real workerd, over real objects: what only they can show.
#![expect(clippy::unwrap_used, reason = "helpers of tests are tests")]

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use serde_json::{Value, json};
use shared::hub::{ClientId, IssueRef, Shard};
use tests::fake::{Served, Sockets};
use tests::hub::{Forge, Volunteer};
use tests::stack::{Options, Stack};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A hub in workerd, and the forge that it asks.
struct Stage {
    stack: Stack,
    forge: Forge,
    served: Served,
}

impl Stage {
    async fn set() -> Self {
        let forge = Forge::default();
        let served = Served::start(forge.router()).await.unwrap();
        let options = Options::default()
            .gateway("HUB_FORGES", served.origin())
            .gateway("HUB_DEVELOPMENT", "on")
            .gateway("HUB_LOGINS_PER_MINUTE", "1000");
        Self {
            stack: Stack::start(options).await.unwrap(),
            forge,
            served,
        }
    }

    async fn volunteer(&self, name: &str) -> Volunteer<Sockets> {
        let token = format!("token-of-{name}");
        self.forge.account(&token, name, name);
        let id = format!("client-of-{name}");
        let mut one = Volunteer::new(Sockets::new(), &self.stack.gateway, &id);
        one.forge = self.served.origin();
        one.logged_in(&token).await
    }

    /// Ends both objects that a client's claim of an issue is about.
    async fn evict(&self, issue: &str, client: &str) {
        let issue = Shard::of_issue(&IssueRef::parse(issue).unwrap());
        let client = Shard::of_client(&ClientId::parse(client).unwrap());
        for shard in [issue, client] {
            self.stack.evict("HubObject", &shard.name()).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_hundred_who_claim_at_once_exactly_one_gets_it() {
    let stage = Stage::set().await;
    let names: Vec<String> = (0..100).map(|n| format!("v{n}")).collect();
    let mut all = Vec::new();
    for some in names.chunks(10) {
        all.extend(join_all(some.iter().map(|name| stage.volunteer(name))).await);
    }
    let replies = join_all(all.iter().map(|one| one.claim("acme/web#7"))).await;
    let with = |status| {
        replies
            .iter()
            .filter(|reply| reply.status == status)
            .count()
    };
    assert_eq!((with(201), with(409)), (1, 99));
    let winner = replies.iter().find(|reply| reply.status == 201).unwrap();
    let shown = all[0].show("acme/web#7").await;
    assert_eq!(shown.body["clientId"], winner.body["clientId"]);
}

/// A day of a volunteer, told in what the shipped client and the planned one read of it.
#[tokio::test(flavor = "multi_thread")]
async fn both_generations_read_one_story() {
    let stage = Stage::set().await;
    let ann = stage.volunteer("ann").await;
    assert_eq!(
        ann.register("Ann's laptop").await.body["client"]["name"],
        "Ann's laptop"
    );
    assert_eq!(ann.heartbeat().await.body["ok"], true);

    let claimed = ann.claim("acme/web#7").await;
    assert_eq!(claimed.status, 201);
    for field in [
        "id",
        "issueUrl",
        "clientId",
        "claimedAt",
        "expiresAt",
        "status",
    ] {
        assert!(claimed.body[field].is_string(), "{field}");
    }
    let envelope = &claimed.body["claim"];
    assert_eq!(envelope["issue_title"], "Save is dead");
    assert_eq!(
        (&envelope["repo"], &envelope["issue_number"]),
        (&json!("acme/web"), &json!(7))
    );
    let ben = stage.volunteer("ben").await;
    let refused = ben.claim("acme/web#7").await;
    assert_eq!(
        (refused.status, &refused.body["error"]),
        (409, &json!("Issue already claimed"))
    );
    assert_eq!(ben.release("acme/web#7").await.status, 403);
    assert_eq!(ben.claim("issue-42").await.status, 201);

    // Objects end at any time; what was answered is there.
    stage.evict("acme/web#7", &ann.id).await;
    let said = ann.say("acme/web#7", "in_progress").await;
    assert_eq!(said.body["claim"]["status"], "in_progress");
    assert_eq!(ann.heartbeat().await.body["renewed"], 1);
    let list = ben.get("/issues/claimed?repo=acme%2Fweb").await;
    let ids = [0, 1].map(|at| &list.body[at]["issueId"]);
    assert_eq!(ids, ["issue-42", "acme/web#7"], "the newest first");
    let planned = ben.get("/issues/claimed?envelope=1").await;
    assert_eq!(planned.body["claims"].as_array().unwrap().len(), 2);

    assert_eq!(ann.complete("acme/web#7", 9).await.body["pr_number"], 9);
    assert_eq!(ben.claim("acme/web#7").await.status, 409);
    assert_eq!(ben.release("issue-42").await.body["released"], true);
    assert_eq!(ben.show("issue-42").await.status, 404);
    let stats =
        json!({"issues_attempted": 1, "issues_completed": 1, "prs_submitted": 1, "prs_merged": 1});
    assert_eq!(ann.sync(stats).await.body["synced"], true);

    // The alarm carries what the hub saw of Ben, who reports nothing.
    let board = until(|| async {
        let board = ben.get("/leaderboard").await.body;
        let streaks = |entry: &Value| entry["current_streak"] == 1;
        let all = board["leaderboard"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| streaks(it))
            .count();
        (all == 2).then_some(board)
    })
    .await;
    assert_eq!(board["entries"][0]["clientName"], "Ann's laptop");
    assert_eq!(
        (&board["entries"][0]["score"], &board["totalParticipants"]),
        (&json!(14), &json!(2))
    );
    let stats = ben.get("/stats").await.body;
    assert_eq!(
        (&stats["totalClaims"], &stats["issuesAvailable"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(stats["global"]["completed_claims"], 1);
    assert_eq!(ben.get("/nothing").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_and_good_for_a_hundred_requests_a_minute() {
    let stage = Stage::set().await;
    let old = stage.volunteer("ann").await;
    let ann = stage.volunteer("ann").await;
    assert_eq!(old.get("/stats").await.status, 401);
    let replies = join_all((0..101).map(|_| ann.show("acme/web#1"))).await;
    let refused: Vec<_> = replies.iter().filter(|reply| reply.status == 429).collect();
    assert_eq!(refused.len(), 1);
    assert!((1..=60).contains(&refused[0].number("retry-after").unwrap()));
    let mut rest: Vec<_> = replies.iter().filter(|reply| reply.status == 404).collect();
    rest.sort_by_key(|reply| reply.number("x-ratelimit-remaining"));
    assert_eq!(rest[0].number("x-ratelimit-remaining"), Some(0));
    // Wrong tokens, and a forge that is not listed.
    let mut eve = Volunteer::new(Sockets::new(), &stage.stack.gateway, "eve");
    eve.forge = stage.served.origin();
    assert_eq!(eve.log_in("wrong").await.status, 401);
    eve.forge = "http://127.0.0.1:9".to_owned();
    assert_eq!(eve.log_in("wrong").await.status, 422);
    stage
        .forge
        .redirect_to(&format!("{}/health", stage.stack.gateway));
    eve.forge = stage.served.origin();
    assert_eq!(
        eve.log_in("token-of-ann").await.status,
        401,
        "no redirect is followed"
    );
}

async fn until<T, F: Future<Output = Option<T>>>(look: impl Fn() -> F) -> T {
    let begun = Instant::now();
    loop {
        if let Some(seen) = look().await {
            return seen;
        }
        assert!(begun.elapsed() < PATIENCE, "not seen in time");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
