//! Our own client against the fake: both are written from the same documents, by different hands.

use shared::id::{IssueUuid, StateId, TeamId};
use shared::linear::{DiscordLink, LinearClient, NewComment, NewIssue};
use shared::secret::Secret;
use shared::service::{Creation, ServiceError};

use super::*;

fn client(bench: &Bench) -> LinearClient<Wired, TestClock> {
    let key = Secret::new(&bench.authorization);
    LinearClient::new(bench.wired.clone(), bench.clock.clone(), ORIGIN, &key).unwrap()
}

fn new_issue(bench: &Bench) -> NewIssue {
    NewIssue {
        id: IssueUuid::new(CHOSEN),
        team: TeamId::new(bench.team()),
        title: "Total counts".to_owned(),
        description: "It should sum.".to_owned(),
        state: None,
    }
}

#[tokio::test]
async fn it_makes_finds_moves_comments_and_links() {
    let bench = Bench::new();
    let client = client(&bench);
    let team = client.team("eng").await.unwrap();
    assert_eq!(team.id.as_str(), bench.team());
    let issue = client
        .create_issue(&new_issue(&bench))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(issue.key.as_str(), "ENG-1");
    assert_eq!(client.issue("ENG-1").await.unwrap(), issue);
    assert_eq!(
        client
            .search_issues("total", Some(&team.id), 5)
            .await
            .unwrap(),
        std::slice::from_ref(&issue)
    );
    let states = client.states(&team.id).await.unwrap();
    let review = StateId::new(states[4].id.as_str());
    client.move_issue(&issue.id, &review).await.unwrap();
    assert_eq!(bench.linear.state_of("ENG-1"), "In Review");
    let comment = NewComment {
        id: CHOSEN.into(),
        issue: issue.id.clone(),
        body: "Seen.".to_owned(),
    };
    client.create_comment(&comment).await.unwrap();
    client
        .link_url(
            &issue.id,
            "https://github.com/acme/shop/pull/1",
            "Pull request",
        )
        .await
        .unwrap();
    let link = DiscordLink {
        channel: "1".into(),
        message: "2".into(),
        url: "https://discord.com/channels/0/1/2".to_owned(),
        title: "Thread".to_owned(),
    };
    client.link_discord(&issue.id, &link).await.unwrap();
    assert_eq!(
        (
            bench.linear.comments("ENG-1").len(),
            bench.linear.attachments("ENG-1").len()
        ),
        (1, 2)
    );
    bench.linear.disconnect_discord();
    assert!(matches!(
        client.link_discord(&issue.id, &link).await,
        Err(ServiceError::Refused(_))
    ));
    bench.linear.finish();
}

#[tokio::test]
async fn it_adopts_what_a_lost_answer_left_behind() {
    let bench = Bench::new();
    let client = client(&bench);
    let create = crate::fault::Matcher::new("POST /graphql").with_body("issueCreate");
    bench.linear.fail_next(create, Fault::DropAfter, 1);
    assert!(
        client
            .create_issue(&new_issue(&bench))
            .await
            .is_err_and(|error| error.is_transient())
    );
    let again = client.create_issue(&new_issue(&bench)).await.unwrap();
    assert!(matches!(again, Creation::AlreadyExisted(issue) if issue.key.as_str() == "ENG-1"));
    assert_eq!(bench.linear.issues().len(), 1);
    bench.linear.finish();
}

#[tokio::test]
async fn it_reads_each_refusal_for_what_it_is() {
    let mut bench = Bench::new();
    assert_eq!(
        client(&bench).issue("ENG-9").await,
        Err(ServiceError::NotFound)
    );
    bench.linear.set_limit(Budget::Search, 0);
    let limited = client(&bench).search_issues("total", None, 5).await;
    assert_eq!(
        limited,
        Err(ServiceError::RateLimited {
            retry_after: Duration::from_mins(1)
        })
    );
    let planned = Fault::RateLimit {
        retry_after: Duration::from_secs(7),
    };
    bench.linear.fail_next("*", planned, 1);
    let limited = client(&bench).issue("ENG-9").await;
    assert_eq!(
        limited,
        Err(ServiceError::RateLimited {
            retry_after: Duration::from_secs(7)
        })
    );
    bench.authorization = "lin_api_other".to_owned();
    assert!(matches!(
        client(&bench).issue("ENG-9").await,
        Err(ServiceError::Unauthorized(_))
    ));
    bench.linear.finish();
}
