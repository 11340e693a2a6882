//! Who gets an issue, and for how long.

use futures_util::future::join_all;
use serde_json::json;
use shared::hub::{Answer, ClientId, IssueRef, Question, Shard, claims, clients};
use tests::hub::Portal;

use crate::{minutes, volunteer};

const ISSUE: &str = "acme/web#7";

#[tokio::test]
async fn of_a_hundred_who_claim_at_once_exactly_one_gets_it() {
    let portal = Portal::new();
    let names: Vec<String> = (0..100).map(|n| format!("v{n}")).collect();
    let all = join_all(names.iter().map(|name| volunteer(&portal, name))).await;
    let replies = join_all(all.iter().map(|one| one.claim(ISSUE))).await;
    let with = |status| {
        replies
            .iter()
            .filter(|reply| reply.status == status)
            .count()
    };
    assert_eq!((with(201), with(409)), (1, 99));
    let winner = replies.iter().find(|reply| reply.status == 201).unwrap();
    for loser in replies.iter().filter(|reply| reply.status == 409) {
        assert_eq!(loser.body["error"], "Issue already claimed");
        assert_eq!(loser.body["claim"]["clientId"], winner.body["clientId"]);
    }
    let shown = all[0].show(ISSUE).await;
    assert_eq!(shown.body["clientId"], winner.body["clientId"]);
}

#[tokio::test]
async fn two_spellings_of_an_issue_are_one() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    assert_eq!(ann.claim("Acme/Web#7").await.status, 201);
    assert_eq!(ben.claim("acme/web#7").await.status, 409);
    assert_eq!(ben.claim("acme/web#8").await.status, 201);
    assert_eq!(ben.claim("issue-42").await.status, 201);
    assert_eq!(ann.claim("ISSUE-42").await.status, 409);
}

#[tokio::test]
async fn a_claim_of_which_nothing_is_heard_is_anybodys_after_half_an_hour() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    ann.claim(ISSUE).await;
    portal
        .clock
        .advance(std::time::Duration::from_secs(30 * 60 - 1));
    assert_eq!(ben.claim(ISSUE).await.status, 409);
    portal.clock.advance(std::time::Duration::from_secs(1));
    assert_eq!(ben.show(ISSUE).await.status, 404);
    assert_eq!(ben.claim(ISSUE).await.status, 201);
    assert_eq!(ann.say(ISSUE, "in_progress").await.status, 403);
    assert_eq!(ann.release(ISSUE).await.status, 403);
    assert_eq!(ben.show(ISSUE).await.body["clientId"], "client-of-ben");
}

#[tokio::test]
async fn a_heartbeat_and_a_status_keep_what_one_works_on() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    // In several objects, and one that is opaque.
    let issues = [ISSUE, "acme/api#1", "acme/docs#2", "issue-42"];
    for issue in issues {
        ann.claim(issue).await;
    }
    for _ in 0..3 {
        portal.clock.advance(minutes(29));
        let beat = ann.heartbeat().await;
        assert_eq!(beat.status, 200);
        assert_eq!(beat.body, json!({"ok": true, "renewed": 4}));
    }
    portal.clock.advance(minutes(29));
    assert_eq!(ann.say(ISSUE, "in_progress").await.status, 200);
    portal.clock.advance(minutes(1));
    assert_eq!(ben.claim(ISSUE).await.status, 409, "its status was heard");
    assert_eq!(
        ben.claim("issue-42").await.status,
        201,
        "of this nothing was"
    );
    // What has run out is not revived by a heartbeat, and what is another's least of all.
    assert_eq!(ann.heartbeat().await.body["renewed"], 1);
    assert_eq!(ben.heartbeat().await.body["renewed"], 1);
}

#[tokio::test]
async fn a_client_that_was_offline_finds_its_claim_again_if_nobody_came() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    let first = ann.claim(ISSUE).await;
    portal.clock.advance(minutes(600));
    assert_eq!(ann.complete(ISSUE, 9).await.status, 200);
    assert_eq!(ben.claim(ISSUE).await.status, 409);
    let shown = ben.show(ISSUE).await;
    assert_eq!(shown.body["id"], first.body["id"]);
    assert_eq!(shown.body["claim"]["pr_number"], 9);
}

#[tokio::test]
async fn claiming_what_one_has_is_one_claim() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let first = ann.claim(ISSUE).await;
    portal.clock.advance(minutes(10));
    let again = ann.claim(ISSUE).await;
    assert_eq!((again.status, &again.body["id"]), (201, &first.body["id"]));
    assert_ne!(again.body["expiresAt"], first.body["expiresAt"]);
    let stats = ann.get("/stats").await;
    assert_eq!(stats.body["totalClaims"], 1);
}

#[tokio::test]
async fn only_the_owner_releases_and_what_is_released_is_free_at_once() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    ann.claim(ISSUE).await;
    assert_eq!(ben.release(ISSUE).await.status, 403);
    assert_eq!(ben.say(ISSUE, "skipped").await.status, 403);
    let released = ann.release(ISSUE).await;
    assert_eq!(
        (released.status, &released.body["released"]),
        (200, &json!(true))
    );
    // The answer was lost, and the client asks again.
    let again = ann.release(ISSUE).await;
    assert_eq!(
        (again.status, &again.body["released"]),
        (200, &json!(false))
    );
    assert_eq!(ben.show(ISSUE).await.status, 404);
    assert_eq!(ann.say(ISSUE, "completed").await.status, 404);
    assert_eq!(ben.claim(ISSUE).await.status, 201);
}

#[tokio::test]
async fn skipped_is_free_at_once_and_completed_is_kept_for_a_fortnight() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    ann.claim(ISSUE).await;
    ann.say(ISSUE, "skipped").await;
    assert_eq!(ben.claim(ISSUE).await.status, 201);
    ben.complete(ISSUE, 3).await;
    portal.clock.advance(minutes(13 * 24 * 60));
    assert_eq!(ann.claim(ISSUE).await.status, 409);
    portal.clock.advance(minutes(24 * 60));
    assert_eq!(ann.claim(ISSUE).await.status, 201);
}

#[tokio::test]
async fn the_list_shows_what_is_worked_on_by_pages_newest_first() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    for n in 1..=12 {
        ann.claim(&format!("acme/web{}#{n}", n % 3)).await;
        portal.clock.advance(std::time::Duration::from_secs(1));
    }
    ann.say("acme/web0#12", "in_progress").await;
    ann.complete("acme/web2#11", 1).await;
    ann.say("acme/web1#10", "skipped").await;
    ann.release("acme/web0#9").await;
    let ids = |body: &serde_json::Value| -> Vec<String> {
        let list = body.as_array().unwrap().iter();
        list.map(|claim| claim["issue_id"].as_str().unwrap().to_owned())
            .collect()
    };
    let list = |query: &'static str| {
        let ann = &ann;
        async move { ids(&ann.get(&format!("/issues/claimed{query}")).await.body) }
    };
    let all = list("").await;
    assert_eq!(all.len(), 9);
    assert_eq!(all[..2], ["acme/web0#12", "acme/web2#8"]);
    assert_eq!(list("?status=in_progress").await, ["acme/web0#12"]);
    assert_eq!(list("?status=completed").await, ["acme/web2#11"]);
    assert_eq!(list("?status=skipped").await, ["acme/web1#10"]);
    let of_repo = list("?repo=ACME%2Fweb1").await;
    assert_eq!(of_repo, ["acme/web1#7", "acme/web1#4", "acme/web1#1"]);
    assert_eq!(list("?repo=acme%2Fweb1&status=claimed").await, of_repo);
    assert_eq!(list("?repo=acme%2Fnone").await, [""; 0]);

    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = ann.get(&format!("/issues/claimed?limit=4{after}")).await;
        paged.extend(ids(&page.body));
        let Some(next) = page.headers.get("x-next-after") else {
            break;
        };
        let next = next.to_str().unwrap().replace('#', "%23");
        after = format!("&after={next}");
    }
    assert_eq!(paged, all);
}

#[tokio::test]
async fn a_sign_of_life_never_makes_a_claim_shorter() {
    let portal = Portal::new();
    let (ann, ben) = (
        volunteer(&portal, "ann").await,
        volunteer(&portal, "ben").await,
    );
    ann.claim(ISSUE).await;
    // As of a portal that was given a shorter time since.
    let renew = claims::Request::Renew {
        client: ClientId::parse(&ann.id).unwrap(),
        ttl: minutes(1),
    };
    let shard = Shard::of_issue(&IssueRef::parse(ISSUE).unwrap());
    let renewed = portal
        .objects
        .answer(shard, &Question::Claims(Box::new(renew)));
    let expected = Answer::Claims(Box::new(claims::Response::Renewed(1)));
    assert_eq!(renewed, Ok(expected));
    portal.clock.advance(minutes(29));
    assert_eq!(ben.claim(ISSUE).await.status, 409);
}

/// A claim is noted before it is made: a heartbeat between the two does not lose it.
#[tokio::test]
async fn a_place_without_a_claim_is_looked_at_for_an_hour() {
    let portal = Portal::new();
    let ann = volunteer(&portal, "ann").await;
    let client = ClientId::parse(&ann.id).unwrap();
    let places = || {
        let request = clients::Request::Places {
            client: client.clone(),
        };
        let question = Question::Clients(Box::new(request));
        match portal.objects.answer(Shard::of_client(&client), &question) {
            Ok(Answer::Clients(answer)) => match *answer {
                clients::Response::Places(places) => places.len(),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        }
    };
    ann.claim(ISSUE).await;
    ann.release(ISSUE).await;
    for (after, there) in [(0, 1), (59, 1), (2, 0)] {
        portal.clock.advance(minutes(after));
        assert_eq!(ann.heartbeat().await.body["renewed"], 0);
        assert_eq!(places(), there, "after {after} more minutes");
    }
}
