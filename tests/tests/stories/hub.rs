//! Bugbot among those who claim: no two do one issue, whoever they are.

use tests::discord::{Act, Slash};
use tests::executor_fake::Script;
use tests::hub::{Portal, Volunteer};
use tests::world::{Strike, World, the_fix};

use super::{
    MINUTE, SECOND, cancel, contextualize, fix, is_nothing_pushed, is_one_pull_request, report,
    retry, with_fix,
};

fn claim() -> Slash {
    Act::slash("bugbot claim")
}

fn release() -> Slash {
    Act::slash("bugbot release")
}

async fn status_of(volunteer: &Volunteer<&Portal>, issue: &str) -> Option<String> {
    let shown = volunteer.show(issue).await;
    shown.body["status"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn a_fix_keeps_its_issue_from_volunteers_and_completes_it() {
    let world = with_fix(the_fix().taking(MINUTE)).await;
    let ben = world.volunteer("Ben").await;
    world.run_for(30 * SECOND).await;
    let refused = ben.claim("eng-1").await;
    assert_eq!(
        (refused.status, &refused.body["claim"]["clientName"]),
        (409, &"bugbot".into())
    );
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    let done = ben.show("ENG-1").await.body;
    assert_eq!(
        (&done["status"], &done["pr_number"]),
        (&"completed".into(), &1.into())
    );
    assert_eq!(ben.claim("ENG-1").await.status, 409);
    let board = ben.get("/leaderboard").await.body;
    assert_eq!(board["entries"][0]["clientName"], "bugbot");
    world.finish();
}

#[tokio::test]
async fn an_issue_that_a_volunteer_has_is_not_fixed() {
    let world = World::new();
    let ben = world.volunteer("Ben's laptop").await;
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    assert_eq!(ben.claim("ENG-1").await.status, 201);
    world.command_and_wait("Alice", fix()).await;
    insta::assert_snapshot!(world.last_word(), @"⚠️ `ENG-1` is claimed by the volunteer **Ben's laptop** until <t:1772809200:f> (<t:1772809200:R>), longer if they are heard of. Nobody else works on it meanwhile. `/bugbot claims` shows what is claimed.");
    is_nothing_pushed(&world);
    assert!(world.executor.started().is_empty());
    // It costs nobody their place, and the issue is free when the volunteer says so.
    ben.release("ENG-1").await;
    world.command_and_wait("Alice", fix()).await;
    assert_eq!(world.executor.started().len(), 1);
    assert_eq!(status_of(&ben, "ENG-1").await.as_deref(), Some("completed"));
    world.finish();
}

#[tokio::test]
async fn a_claim_that_has_run_out_is_in_nobodys_way() {
    let world = World::new();
    let ben = world.volunteer("Ben").await;
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    ben.claim("ENG-1").await;
    world.clock.advance(30 * MINUTE);
    world.command_and_wait("Alice", fix()).await;
    assert_eq!(status_of(&ben, "ENG-1").await.as_deref(), Some("completed"));
    assert_eq!(ben.say("ENG-1", "in_progress").await.status, 403);
    world.finish();
}

/// Volunteers know issues by GitHub's ids.
#[tokio::test]
async fn the_issue_of_github_that_the_report_links_to_is_claimed_too() {
    let world = World::new();
    let ben = world.volunteer("Ben").await;
    report(&world);
    world.says(
        "Alice",
        "It is https://github.com/acme/shop/issues/12 I think",
    );
    ben.claim("acme/shop#12").await;
    world.command_and_wait("Alice", fix()).await;
    let said = world.last_word();
    assert!(
        said.contains("`acme/shop#12` is claimed by the volunteer **Ben**"),
        "{said}"
    );
    assert_eq!(
        status_of(&ben, "ENG-1").await,
        None,
        "nothing is left claimed"
    );
    ben.release("acme/shop#12").await;
    world.command_and_wait("Alice", fix()).await;
    for issue in ["ENG-1", "acme/shop#12"] {
        assert_eq!(
            status_of(&ben, issue).await.as_deref(),
            Some("completed"),
            "{issue}"
        );
    }
    world.finish();
}

#[tokio::test]
async fn a_fix_that_comes_to_nothing_leaves_its_issue_to_others() {
    let nothing = Script::changes_nothing("I could not find it.");
    let world = with_fix(nothing).await;
    world.run_until_quiet().await;
    is_nothing_pushed(&world);
    let ben = world.volunteer("Ben").await;
    assert_eq!(ben.claim("ENG-1").await.status, 201);
    world.finish();

    let world = with_fix(the_fix().taking(MINUTE)).await;
    let ben = world.volunteer("Ben").await;
    world.run_for(10 * SECOND).await;
    assert_eq!(ben.claim("ENG-1").await.status, 409);
    world.command_and_wait("Alice", cancel()).await;
    assert_eq!(ben.claim("ENG-1").await.status, 201);
    world.finish();
}

#[tokio::test]
async fn two_threads_do_not_fix_one_issue_at_once() {
    let world = with_fix(the_fix().taking(MINUTE)).await;
    world.run_for(10 * SECOND).await;
    let other = world.open_thread("The same, I think");
    let again = fix().option("issue", "ENG-1");
    world.command_in(&other, "Bob", again).await;
    world.run_until_quiet().await;
    let said = world.discord.transcript(&other);
    assert!(said.contains("is claimed by bugbot itself"), "{said}");
    is_one_pull_request(&world);
    world.finish();
}

/// A job that nobody finishes must not keep its issue from the one that does it again.
#[tokio::test]
async fn a_retry_gets_the_issue_of_the_fix_that_was_lost() {
    let world = with_fix(the_fix().taking(MINUTE)).await;
    world.run_for(6 * SECOND).await;
    world.lose_job_object(&world.only_job());
    world.clock.advance(5 * MINUTE);
    world.sweep().await;
    world.executor.play([the_fix()]);
    world.command_and_wait("Alice", retry()).await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_retry_gets_the_issue_of_the_fix_whose_delivery_died() {
    let world = World::new();
    report(&world);
    for _ in 0..4 {
        world.strike_call("thread starting", Strike::LostBefore);
    }
    world.command_and_wait("Alice", fix()).await;
    assert_eq!(world.kv_keys("dead:").len(), 1);
    world.command_and_wait("Alice", retry()).await;
    is_one_pull_request(&world);
    world.finish();
}

/// Each call to the hub is struck in turn.
#[tokio::test]
async fn whatever_the_hub_does_not_answer_there_is_one_fix_and_one_claim() {
    let strikes: [fn() -> Strike; 3] = [
        || Strike::LostBefore,
        || Strike::LostAfter,
        || Strike::Crash,
    ];
    let calm = with_fix(the_fix()).await;
    calm.run_until_quiet().await;
    let calls = calm.calls();
    let hub = |name: &String| name.starts_with("hub ");
    let struck: Vec<usize> = (0..calls.len()).filter(|nth| hub(&calls[*nth])).collect();
    assert!(struck.len() >= 3, "{calls:?}");
    for nth in struck {
        for strike in &strikes {
            let world = World::new();
            report(&world);
            world.strike(nth, strike());
            world.command("Alice", fix()).await;
            world.run_until_quiet().await;
            is_one_pull_request(&world);
            let ben = world.volunteer("Ben").await;
            assert_eq!(status_of(&ben, "ENG-1").await.as_deref(), Some("completed"));
            assert_eq!(ben.get("/stats").await.body["totalClaims"], 1);
            world.finish();
        }
    }
}

#[tokio::test]
async fn people_claim_and_release_in_the_thread() {
    let world = World::new();
    report(&world);
    world.command_and_wait("Alice", claim()).await;
    insta::assert_snapshot!(world.last_word(), @"⚠️ Which issue? This thread has none yet. Say so: `/bugbot claim target:ENG-123`, or `target:acme/web#12` for one of GitHub.");
    world.command_and_wait("Alice", contextualize()).await;
    world.command_and_wait("Alice", claim()).await;
    insta::assert_snapshot!(world.last_word(), @"✅ `ENG-1` is yours until <t:1772836200:f>. Neither bugbot nor a volunteer works on it until then. `/bugbot release` gives it back.");
    // Neither the bot nor a volunteer nor somebody else begins it.
    let ben = world.volunteer("Ben").await;
    assert_eq!(ben.claim("ENG-1").await.status, 409);
    let told = ben.show("ENG-1").await.body.to_string();
    assert!(!told.contains(world.person("Alice").as_str()), "{told}");
    world.command_and_wait("Bob", fix()).await;
    insta::assert_snapshot!(world.last_word(), @"⚠️ `ENG-1` is claimed by <@1479486210048000002> until <t:1772836200:f> (<t:1772836200:R>), longer if they are heard of. Nobody else works on it meanwhile. `/bugbot claims` shows what is claimed.");
    world.command_and_wait("Bob", release()).await;
    insta::assert_snapshot!(world.last_word(), @"⚠️ `ENG-1` is claimed by <@1479486210048000002>, and only they can give it back. It is free by itself <t:1772836200:R>, unless they are heard of.");
    world
        .command_and_wait(
            "Bob",
            claim().option("target", "https://github.com/acme/web/issues/12"),
        )
        .await;
    assert!(
        world.last_word().contains("`acme/web#12` is yours"),
        "{}",
        world.last_word()
    );
    ben.claim("acme/api#3").await;
    world
        .command_and_wait("Bob", Act::slash("bugbot claims"))
        .await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Bob used /bugbot claims
    bugbot [BOT]  14:30
      🟪 Claimed issues
      🟪 `acme/api#3` Save is dead
      🟪 the volunteer **Ben**, free in 30 minutes
      🟪 `acme/web#12`
      🟪 @Bob, free in 8 hours
      🟪 `ENG-1` I typed 1 for the mug, pressed +, and now there are 11 mugs…
      🟪 @Alice, free in 8 hours
    ");
    world.command_and_wait("Alice", release()).await;
    insta::assert_snapshot!(world.last_word(), @"✅ `ENG-1` is free.");
    assert_eq!(ben.claim("ENG-1").await.status, 201);
    ben.complete("ENG-1", 4).await;
    world.hub.objects.ring().await.unwrap();
    world
        .command_and_wait("Bob", Act::slash("bugbot leaderboard"))
        .await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Bob used /bugbot leaderboard
    bugbot [BOT]  14:30
      🟪 Leaderboard
      🟪 1. **Ben** 4 · 0 merged, 1 opened, 1 done · 1 day in a row
      🟪 2. **somebody on Discord** 0 · 0 merged, 0 opened, 0 done · 1 day in a row
      🟪 3. **somebody on Discord** 0 · 0 merged, 0 opened, 0 done · 1 day in a row
      🟪 ▸ Score
      🟪   10 for a merged pull request, 3 for one that was opened, 1 for a completed issue
      🟪 ▸ Taking part
      🟪   3 clients
    ");
    world.finish();
}

#[tokio::test]
async fn who_may_claim_is_who_may_fix_unless_it_is_said() {
    let world = World::with_settings(&[("FIX_ALLOWED", "role:10")]);
    let one = || claim().option("target", "ENG-9");
    world.command_and_wait("Alice", one()).await;
    insta::assert_snapshot!(world.last_word(), @"⚠️ You may not claim an issue here. The operator of bugbot says who may in `CLAIM_ALLOWED`.");
    world.discord.give_role(&world.person("Bob"), "10");
    world.command_and_wait("Bob", one()).await;
    assert!(
        world.last_word().contains("is yours"),
        "{}",
        world.last_word()
    );
    world.finish();
    let world = World::with_settings(&[("FIX_ALLOWED", ""), ("CLAIM_ALLOWED", "everyone")]);
    world.command_and_wait("Alice", one()).await;
    assert!(
        world.last_word().contains("is yours"),
        "{}",
        world.last_word()
    );
    world.finish();
}
