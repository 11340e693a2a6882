use proptest::prelude::*;

use super::*;

fn id(text: &str) -> IssueId {
    text.parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + second).unwrap()
}

fn status(issue: &str, status: Status) -> Write {
    Write::Status(StatusChange {
        issue: id(issue),
        status,
        pr_url: None,
        pr_number: None,
    })
}

#[test]
fn writes_are_on_the_wire_as_the_contract_has_them() {
    let wire = |write: &Write| {
        let entry = write.pending("c1", at(0));
        (format!("{} {}", entry.method, entry.path), entry.body)
    };
    let claim = NewClaim {
        title: "Mugs".to_owned(),
        ..NewClaim::of(&id("acme/shop#12")).unwrap()
    };
    assert_eq!(
        wire(&Write::Claim(claim)),
        (
            "POST /issues/claim".to_owned(),
            json!({
                "client_id": "c1", "issue_id": "acme/shop#12", "repo": "acme/shop", "issue_number": 12,
                "title": "Mugs", "url": "https://github.com/acme/shop/issues/12",
            })
        )
    );
    let done = Write::Status(StatusChange {
        issue: id("acme/shop#12"),
        status: Status::InProgress,
        pr_url: Some("https://x/1".to_owned()),
        pr_number: Some(1),
    });
    assert_eq!(
        wire(&done),
        (
            "PATCH /issues/acme%2Fshop%2312/status".to_owned(),
            json!({"client_id": "c1", "status": "in_progress", "pr_url": "https://x/1", "pr_number": 1})
        )
    );
    assert_eq!(
        wire(&Write::Release(id("issue-42"))),
        (
            "DELETE /issues/issue-42/claim".to_owned(),
            json!({"client_id": "c1"})
        )
    );
    let (call, body) = wire(&Write::Totals(Totals::default()));
    assert_eq!(call, "POST /stats/sync");
    assert_eq!(
        body["stats"],
        json!({
            "issues_attempted": 0, "issues_completed": 0, "issues_skipped": 0, "prs_submitted": 0,
            "prs_merged": 0, "prs_rejected": 0, "current_streak": 0, "longest_streak": 0,
            "total_time_minutes": 0, "repos_contributed": [],
        })
    );
}

#[test]
fn the_queue_is_stored_as_the_older_tool_stores_it() {
    let entry = Write::Heartbeat.pending("c1", at(0));
    assert_eq!(
        serde_json::to_value([&entry]).unwrap(),
        json!([{
            "method": "POST", "path": "/heartbeat", "body": {"client_id": "c1"},
            "createdAt": "2026-09-21T14:13:20Z",
        }])
    );
    let theirs = json!({
        "method": "DELETE", "path": "/issues/a/claim", "createdAt": "2026-01-01T01:00:00.25+01:00",
    });
    let theirs: Pending = serde_json::from_value(theirs).unwrap();
    assert_eq!(theirs.kind(), Kind::Release(id("a")));
    assert_eq!(
        theirs.created_at,
        "2026-01-01T00:00:00.25Z".parse().unwrap()
    );
}

#[test]
fn a_full_queue_takes_no_more_and_loses_nothing() {
    let mut queue = Vec::new();
    for n in 0..MAX_PENDING {
        let entry = Write::Release(id(&format!("issue-{n}"))).pending("c1", at(0));
        assert!(put(&mut queue, entry));
    }
    assert!(!put(
        &mut queue,
        Write::Release(id("one-more")).pending("c1", at(1))
    ));
    assert_eq!(queue.len(), MAX_PENDING);
}

#[test]
fn of_heartbeats_only_the_last_waits() {
    let mut queue = Vec::new();
    put(&mut queue, Write::Heartbeat.pending("c1", at(0)));
    put(&mut queue, Write::Release(id("a")).pending("c1", at(1)));
    put(&mut queue, Write::Heartbeat.pending("c1", at(2)));
    let shown: Vec<_> = queue.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["release of a", "heartbeat"]);
    assert_eq!(queue[1].created_at, at(2));
}

fn any_write() -> impl Strategy<Value = Write> {
    let issue = prop::sample::select(vec!["a", "acme/shop#1", "acme/shop#2"]);
    let word = prop::sample::select(Status::ALL.to_vec());
    (0..5_u8, issue, word).prop_map(|(kind, issue, word)| match kind {
        0 => Write::Heartbeat,
        1 => Write::Totals(Totals::default()),
        2 => Write::Claim(NewClaim {
            issue: id(issue),
            repository: "acme/shop".to_owned(),
            number: 1,
            title: String::new(),
            url: String::new(),
        }),
        3 => status(issue, word),
        _ => Write::Release(id(issue)),
    })
}

proptest! {
    /// What the hub knows of the claims after a queue is sent is what it knows after each write was
    /// sent on its own: leaving out repeats changes nothing.
    #[test]
    fn leaving_out_repeats_changes_nothing_for_the_hub(writes in prop::collection::vec(any_write(), 0..20)) {
        let mut queue = Vec::new();
        let mut all = Vec::new();
        for (second, write) in (0..).zip(&writes) {
            let entry = write.pending("c1", at(second));
            all.push(entry.clone());
            prop_assert!(put(&mut queue, entry.clone()));
            prop_assert!(queue.last().unwrap().repeats(&entry), "the newest is always the last");
        }
        let claims = |entries: &[Pending]| {
            let mut known = std::collections::BTreeMap::new();
            let mut seen = Vec::new();
            for entry in entries {
                let (issue, status) = match entry.kind() {
                    Kind::Claim(issue) => (issue, Some(Status::Claimed)),
                    Kind::Status(issue, status) => (issue, Some(status)),
                    Kind::Release(issue) => (issue, None),
                    _ => continue,
                };
                if known.insert(issue.clone(), status) != Some(status) {
                    seen.push((issue, status));
                }
            }
            seen
        };
        prop_assert_eq!(claims(&queue), claims(&all));
        let lone = |kind: &Kind| queue.iter().filter(|entry| entry.kind() == *kind).count();
        prop_assert!(lone(&Kind::Heartbeat) <= 1 && lone(&Kind::Totals) <= 1);
    }

    #[test]
    fn a_queue_comes_back_from_its_file(writes in prop::collection::vec(any_write(), 0..20)) {
        let queue: Vec<_> = (0..).zip(&writes).map(|(n, write)| write.pending("c1", at(n))).collect();
        let text = serde_json::to_string(&queue).unwrap();
        prop_assert_eq!(serde_json::from_str::<Vec<Pending>>(&text).unwrap(), queue.clone());
        for (write, entry) in writes.iter().zip(&queue) {
            let same = match (write, entry.kind()) {
                (Write::Register { .. }, Kind::Register)
                | (Write::Heartbeat, Kind::Heartbeat)
                | (Write::Totals(_), Kind::Totals) => true,
                (Write::Claim(claim), Kind::Claim(issue)) => claim.issue == issue,
                (Write::Status(change), Kind::Status(issue, status)) => {
                    change.issue == issue && change.status == status
                }
                (Write::Release(one), Kind::Release(issue)) => *one == issue,
                _ => false,
            };
            prop_assert!(same, "{:?} was taken for {:?}", write, entry.kind());
        }
    }
}
