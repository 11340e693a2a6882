//! From a report to a pull request.

use tests::fault::{Canned, Fault, Matcher};
use tests::world::{REPOSITORY, Strike, World};

use super::{MINUTE, SECOND, contextualize, fix, is_nothing_pushed, is_one_pull_request, report};

#[tokio::test]
async fn a_report_becomes_a_pull_request() {
    let world = World::new();
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    world.command("Alice", fix()).await;
    world.run_for(15 * SECOND).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      🛠️ Fixing **ENG-1** in `acme/shop`
      🟦 ENG-1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟦 ✅ Prepared: `main` at `31cfa1c`, 3 likely files
      🟦 ⏳ Agent at work
      🟦 ▫️ Check against the path policy
      🟦 ▫️ Pull request
      🟦 Stage: Coding │ Elapsed: 10 s │ Cost: $0.01
      🟦 ▸ Last step
      🟦   Reading src/cart.js
      [ Steer ] [ Cancel ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.transcript(), @r"
    #bugs › Cart counts wrong

    Alice  14:30
      I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!

    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      ✅ Created **ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩** and added the context.
      🟩 ENG-1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟩 > I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!
      🟩 Reported by: Alice │ Report: message ⟨https://discord.com/channels/1479486210048000001/1479486210048000004/1479486210048000005⟩
      🟩 ▸ Recordings
      🟩   None matched. The thread names no session, no person and no e-mail address. Give one in the \`session\` or \`email\` option.
      🟩 ▸ What next
      🟩   `/bugbot fix` has an agent propose a fix.
      [ Fix this bug ]

    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ✅ **ENG-1** has a pull request: https://github.com/acme/shop/pull/1
      🟩 Pull request #1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://github.com/acme/shop/pull/1⟩
      🟩 The quantity is a number now.
      🟩 Issue: ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩ │ Cost: $0.12 · 4 turns │ Time: 20 s
      🟩 ▸ 1 file changed
      🟩   `src/cart.js`
      🟩 ▸ Branch
      🟩   `bugbot/eng-1-49c67b0d` → `acme/shop`
      🟩 Written by an agent and checked against the path policy: review it before you merge.
      [ Pull request ↗ https://github.com/acme/shop/pull/1 ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    let branch = &world.github.branches(REPOSITORY)[0];
    insta::assert_snapshot!(world.github.diff(REPOSITORY, "main", branch), @r"
    diff --git a/src/cart.js b/src/cart.js
    index e245d2c..741e89b 100644
    --- a/src/cart.js
    +++ b/src/cart.js
    @@ -15,7 +15,7 @@ export function setQuantity(cart, id, value) {
       if (value <= 0) {
         cart.delete(id);
       } else {
    -    cart.set(id, value);
    +    cart.set(id, Number(value));
       }
     }
    ");
    let run = &world.executor.started()[0];
    assert!(run.prompt.context.contains("Context from Discord"));
    world.finish();
}

#[tokio::test]
async fn a_repository_in_the_thread_is_enough() {
    let world = World::new();
    world.says(
        "Alice",
        "The mug counts wrong in https://github.com/acme/shop since Monday",
    );
    world
        .command_and_wait("Alice", tests::discord::Act::slash("bugbot fix"))
        .await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_fix_that_knows_no_repository_says_how_to_name_one() {
    let world = World::new();
    report(&world);
    world
        .command_and_wait("Alice", tests::discord::Act::slash("bugbot fix"))
        .await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ⚠️ Which repository is the bug in? Say so in the `repo` option: `/bugbot fix repo:owner/name`.
    ");
    assert!(world.linear.issues().is_empty());
    world.finish();
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_named_in_the_end() {
    let world = World::new();
    report(&world);
    let command = tests::discord::Act::slash("bugbot fix").option("repo", "acme/nothing");
    world.command_and_wait("Alice", command).await;
    assert!(
        world
            .last_word()
            .contains("there is no repository acme/nothing"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn a_branch_a_commit_and_a_pull_request_of_an_earlier_attempt_are_adopted() {
    let world = World::new();
    let lost = |call: &str| world.github.fail_next(call, Fault::AfterEffect(502), 1);
    lost("POST /repos/*/*/git/refs");
    lost("POST /graphql");
    lost("POST /repos/*/*/pulls");
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn somebody_elses_commit_on_the_branch_is_a_conflict_and_stays_the_newest() {
    let world = World::new();
    report(&world);
    world.command("Alice", fix()).await;
    let (pushing, job) = (world.clone(), world.only_job());
    let push = Strike::Meanwhile(Box::new(move || {
        Box::pin(async move {
            let branch = pushing.fix(&job).expect("it is being fixed").branch();
            pushing
                .github
                .push(REPOSITORY, &branch, "src/other.js", "// mine\n");
        })
    }));
    world.strike_call("/git/refs", push);
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ⚠️ **ENG-1** · The branch `bugbot/eng-1-9f47b3d5` already holds something else, so nothing was pushed.
      🟥 ENG-1: no pull request ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟥 The branch `bugbot/eng-1-9f47b3d5` already holds something else, so nothing was pushed.
      🟥 ▸ What next
      🟥   Delete the branch or keep it, then `/bugbot fix` again: a new fix has its own branch.
      🟥 Cost: $0.12 · 4 turns │ Time: 20 s
      [ Retry ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    assert!(world.github.pull_requests(REPOSITORY).is_empty());
    world.finish();
}

#[tokio::test]
async fn code_search_that_is_rate_limited_leaves_the_words_to_the_sandbox() {
    let world = World::new();
    let limit = Fault::RateLimit {
        retry_after: MINUTE,
    };
    world.github.fail_next("GET /search/code", limit, 1);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    let run = world.executor.started().remove(0);
    let words = run.code_search.expect("words to look for").words;
    assert!(words.iter().any(|word| word == "mug"), "{words:?}");
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_link_that_linear_refuses_is_a_note_under_the_pull_request() {
    let world = World::new();
    let refusal = serde_json::json!({"errors": [{"message": "no", "extensions": {
        "code": "FORBIDDEN", "statusCode": 403, "userError": true,
        "userPresentableMessage": "You don't have permission to link."}}]});
    let link = Matcher::new("POST /graphql").with_body("attachmentLinkURL");
    world
        .linear
        .fail_next(link, Fault::Answer(Canned::json(200, &refusal)), 1);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ✅ **ENG-1** has a pull request: https://github.com/acme/shop/pull/1
      🟩 Pull request #1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://github.com/acme/shop/pull/1⟩
      🟩 The quantity is a number now.
      🟩 Issue: ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩ │ Cost: $0.12 · 4 turns │ Time: 20 s
      🟩 ▸ 1 file changed
      🟩   `src/cart.js`
      🟩 ▸ Branch
      🟩   `bugbot/eng-1-9f47b3d5` → `acme/shop`
      🟩 ▸ Not done
      🟩   Linear does not let bugbot in (You don't have permission to link.). The operator has to look at its credentials and permissions.
      🟩 Written by an agent and checked against the path policy: review it before you merge.
      [ Pull request ↗ https://github.com/acme/shop/pull/1 ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    assert_eq!(world.github.pull_requests(REPOSITORY).len(), 1);
    world.finish();
}

#[tokio::test]
async fn the_second_fix_of_a_thread_waits_for_no_first_one() {
    let world = World::new();
    report(&world);
    world.command("Alice", fix()).await;
    world.run_for(6 * SECOND).await;
    world.command("Bob", fix()).await;
    world.run_for(SECOND).await;
    assert!(
        world
            .last_word()
            .contains("A fix already runs in this thread"),
        "{}",
        world.transcript()
    );
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_change_outside_the_policy_pushes_nothing() {
    let world = World::new();
    let files = [
        ("src/cart.js", "fixed\n"),
        ("package.json", "{}\n"),
        (".github/workflows/ci.yml", "on: push\n"),
    ];
    world
        .executor
        .play([tests::executor_fake::Script::modifies(&files)]);
    report(&world);
    world.command_and_wait("Alice", fix()).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ⚠️ **ENG-1** · The change touches what must not be changed, so nothing was pushed.
      🟧 ENG-1: no pull request ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟧 The change touches what must not be changed, so nothing was pushed.
      🟧 • `.github/workflows/ci.yml` belongs to git (`**/.git*`)
      🟧 • `package.json` is a dependency manifest or dependency (`**/package.json`)
      🟧 ▸ What next
      🟧   A person has to make this change, or the operator has to widen the path policy.
      🟧 Cost: $0.12 · 4 turns │ Time: 20 s
      [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    is_nothing_pushed(&world);
    world.finish();
}
