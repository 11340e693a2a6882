//! Stats, the leaderboard and streaks.

use serde_json::{Value, json};
use tests::hub::{Portal, Volunteer};

use crate::{minutes, volunteer};

async fn board(of: &Volunteer<&Portal>) -> Vec<Value> {
    let reply = of.get("/leaderboard").await;
    reply.body["leaderboard"].as_array().unwrap().clone()
}

#[tokio::test]
async fn ranks_follow_the_score_and_ties_are_broken_the_same_way_each_time() {
    let portal = Portal::new();
    let table = [
        ("zoe", json!({"prs_merged": 1, "prs_submitted": 1})),
        ("ann", json!({"prs_submitted": 3, "issues_completed": 4})),
        ("ben", json!({"prs_submitted": 3, "issues_completed": 4})),
        ("cay", json!({"prs_merged": 2, "prs_submitted": 2})),
        ("dan", json!({})),
    ];
    let mut all = Vec::new();
    for (name, stats) in table {
        let one = volunteer(&portal, name).await;
        one.register(name).await;
        assert_eq!(one.sync(stats).await.body, json!({"synced": true}));
        all.push(one);
    }
    let reply = all[0].get("/leaderboard?limit=4").await;
    let shipped: Vec<(&str, u64, u64)> = reply.body["entries"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let number = |name: &str| entry[name].as_u64().unwrap();
            let name = entry["clientName"].as_str().unwrap();
            (name, number("score"), number("rank"))
        })
        .collect();
    // Equal scores: whoever has more merged; then by id.
    assert_eq!(
        shipped,
        [
            ("cay", 26, 1),
            ("zoe", 13, 2),
            ("ann", 13, 3),
            ("ben", 13, 4)
        ]
    );
    assert_eq!(reply.body["totalParticipants"], 5);
    assert_eq!(reply.body["total_participants"], 5);
}

#[tokio::test]
async fn what_the_hub_saw_counts_without_a_report_and_not_twice_with_one() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    for n in 1..=3 {
        ann.claim(&format!("acme/web#{n}")).await;
    }
    ann.complete("acme/web#1", 11).await;
    ann.say("acme/web#2", "skipped").await;
    portal.objects.ring().await.unwrap();
    let mine = board(&ann).await.remove(0);
    assert_eq!(
        (&mine["issues_completed"], &mine["prs_submitted"]),
        (&json!(1), &json!(1))
    );
    ann.sync(
        json!({"issues_attempted": 3, "issues_completed": 1, "prs_submitted": 1, "prs_merged": 1}),
    )
    .await;
    let mine = board(&ann).await.remove(0);
    assert_eq!(mine["score"], 10 + 3 + 1);
    let stats = ann.get("/stats").await.body;
    assert_eq!(
        stats["global"],
        json!({
            "total_participants": 1, "active_participants": 1,
            "total_issues_attempted": 3, "total_issues_completed": 1,
            "total_prs_submitted": 1, "total_prs_merged": 1,
            "active_claims": 1, "completed_claims": 1,
        })
    );
    assert_eq!(stats["issuesAvailable"], 1, "the skipped one");
    assert_eq!(stats["totalClaims"], 3);
}

#[tokio::test]
async fn a_report_may_be_repeated_and_come_late() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let (old, new) = (
        json!({"prs_merged": 1}),
        json!({"prs_merged": 3, "prs_submitted": 4}),
    );
    for stats in [&old, &new, &new, &old] {
        ann.sync(stats.clone()).await;
    }
    assert_eq!(board(&ann).await[0]["score"], 42);
}

#[tokio::test]
async fn a_streak_counts_days_with_a_claim_and_dies_of_a_day_without() {
    let portal = Portal::new();
    let mut ann = volunteer(&portal, "ann").await;
    let day = minutes(24 * 60);
    let mut streaks = Vec::new();
    for (n, works) in [true, true, true, false, false, true]
        .into_iter()
        .enumerate()
    {
        if works {
            // Twice a day is a day.
            ann.claim(&format!("acme/web#{n}")).await;
            ann.claim(&format!("acme/api#{n}")).await;
            portal.objects.ring().await.unwrap();
        }
        let mine = board(&ann).await.remove(0);
        streaks.push((
            mine["current_streak"].as_u64().unwrap(),
            mine["longest_streak"].as_u64().unwrap(),
        ));
        portal.clock.advance(day);
        ann = volunteer(&portal, "ann").await;
    }
    assert_eq!(streaks, [(1, 1), (2, 2), (3, 3), (3, 3), (0, 3), (1, 3)]);
}

#[tokio::test]
async fn news_that_come_late_count_for_the_day_on_which_it_happened() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    ann.claim("acme/web#1").await;
    portal.clock.advance(minutes(24 * 60));
    ann.claim("acme/web#2").await;
    portal.clock.advance(minutes(12 * 60));
    portal.objects.ring().await.unwrap();
    assert_eq!(board(&ann).await[0]["longest_streak"], 2);
}

#[tokio::test]
async fn a_reported_streak_counts_while_it_is_fresh() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    ann.sync(json!({"current_streak": 5, "longest_streak": 9}))
        .await;
    let streaks = async || {
        let mine = board(&ann).await.remove(0);
        (
            mine["current_streak"].clone(),
            mine["longest_streak"].clone(),
        )
    };
    assert_eq!(streaks().await, (json!(5), json!(9)));
    portal.clock.advance(minutes(48 * 60));
    assert_eq!(streaks().await, (json!(0), json!(9)));
}

#[tokio::test]
async fn numbers_that_cannot_be_are_refused_whole() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    for (stats, field) in [
        (json!({"prs_merged": -1}), "stats.prs_merged"),
        (json!({"prs_merged": 1_000_001}), "stats.prs_merged"),
        (json!({"prs_merged": "9"}), "stats.prs_merged"),
        (
            json!({"repos_contributed": "acme/web"}),
            "stats.repos_contributed",
        ),
        (
            json!({"repos_contributed": vec!["a/b"; 501]}),
            "stats.repos_contributed",
        ),
        (json!(7), "stats"),
    ] {
        let reply = ann.sync(stats.clone()).await;
        assert_eq!(reply.status, 422, "{stats}");
        assert!(reply.body["errors"][field].is_array(), "{field}: {reply:?}");
    }
    assert_eq!(board(&ann).await[0]["score"], 0);
}
