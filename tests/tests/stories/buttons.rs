//! Buttons and forms: what people press and fill in, and what comes of it.

use shared::executor::RunFailure;
use tests::executor_fake::Script;
use tests::sample;
use tests::world::{World, the_fix};

use super::{SECOND, contextualize, is_nothing_pushed, is_one_pull_request, with_fix};

#[tokio::test]
async fn the_live_message_has_the_buttons_that_do_something_then() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      🛠️ Fixing **ENG-1** in `acme/shop`
      🟦 ENG-1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟦 ✅ Prepared: `main` at `31cfa1c`, 3 likely files
      🟦 ⏳ Agent at work
      🟦 ▫️ Check against the path policy
      🟦 ▫️ Pull request
      🟦 Stage: Coding │ Elapsed: 0 s │ Cost: $0.01
      🟦 ▸ Last step
      🟦   Reading src/cart.js
      [ Steer ] [ Cancel ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    world.run_until_quiet().await;
    assert_eq!(world.discord.buttons(&world.thread), Vec::<String>::new());
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
      🟩 Written by an agent and checked against the path policy: review it before you merge.
      [ Pull request ↗ https://github.com/acme/shop/pull/1 ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn pressing_cancel_stops_the_run_and_the_message_says_who_did() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    world.press("Carol", "Cancel").await;
    world.deliver_due().await;
    assert!(world.executor.active().is_empty(), "within the same moment");
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.transcript(), @r"
    #bugs › Cart counts wrong

    Alice  14:30
      I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!

    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      🛑 **ENG-1** · Cancelled by @Carol. Nothing was pushed.
      🟪 ENG-1: fix cancelled ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟪 Cancelled by @Carol. Nothing was pushed.
      🟪 ▸ What next
      🟪   `/bugbot retry` starts it again.
      🟪 Cost: $0.01 · 1 turn │ Time: 6 s
      [ Retry ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]

    ╭ Carol pressed [ Cancel ]
    bugbot [BOT]  14:30  (only Carol can see this)
      🛑 The fix is being stopped; its message says when it has ended.
    ");
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_press_that_discord_delivers_twice_is_one_order() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    let pressed = world.press("Carol", "Cancel").await;
    world.gateway_gets(pressed.request).await;
    world.run_until_quiet().await;
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn two_people_press_at_once_and_each_gets_an_answer() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    world.press("Bob", "Cancel").await;
    world.press("Carol", "Cancel").await;
    world.deliver_due_at_once().await;
    world.run_until_quiet().await;
    let answers = world.discord.messages(&world.thread);
    let quiet = answers.iter().filter(|message| message["flags"] == 64);
    let said: Vec<_> = quiet
        .map(|message| message["content"].as_str().unwrap())
        .collect();
    let stopping = "🛑 The fix is being stopped; its message says when it has ended.";
    assert_eq!(said, [stopping, stopping]);
    is_nothing_pushed(&world);
    world.finish();
}

#[tokio::test]
async fn a_failed_fix_is_done_again_by_button_once() {
    let world = with_fix(Script::changes_nothing("I cannot see what is wrong.")).await;
    world.run_until_quiet().await;
    assert_eq!(world.discord.buttons(&world.thread), ["Retry"]);
    world.executor.play([the_fix()]);
    world.press("Bob", "Retry").await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    // The button is still under the first message: its time is over, and only Carol is told.
    world.press("Carol", "Retry").await;
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.transcript(), @r"
    #bugs › Cart counts wrong

    Alice  14:30
      I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!

    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ⚠️ **ENG-1** · The agent looked and changed nothing.
      🟧 ENG-1: no pull request ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟧 The agent looked and changed nothing.
      🟧 >>> I cannot see what is wrong.
      🟧 ▸ What next
      🟧   Add what is missing to the thread (steps, expected and actual result), then `/bugbot retry`.
      🟧 Cost: $0.12 · 4 turns │ Time: 20 s
      [ Retry ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]

    ╭ Bob pressed [ Retry ]
    bugbot [BOT]  14:32 (edited)
      ✅ **ENG-1** has a pull request: https://github.com/acme/shop/pull/1
      🟩 Pull request #1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://github.com/acme/shop/pull/1⟩
      🟩 The quantity is a number now.
      🟩 Issue: ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩ │ Cost: $0.12 · 4 turns │ Time: 20 s
      🟩 ▸ 1 file changed
      🟩   `src/cart.js`
      🟩 ▸ Branch
      🟩   `bugbot/eng-1-c7432181` → `acme/shop`
      🟩 Written by an agent and checked against the path policy: review it before you merge.
      [ Pull request ↗ https://github.com/acme/shop/pull/1 ] [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]

    ╭ Carol pressed [ Retry ]
    bugbot [BOT]  14:32  (only Carol can see this)
      ⚠️ Something else has happened in this thread since that job ended, so it is not done again. `/bugbot status` shows what there is.
    ");
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_fix_whose_money_ended_goes_on_by_button() {
    let world = with_fix(the_fix().stopped_by(RunFailure::BudgetExhausted)).await;
    world.run_until_quiet().await;
    let offered = world.discord.buttons(&world.thread);
    assert_eq!(offered, ["Continue with +$5", "Retry"]);
    world.executor.play([the_fix()]);
    world.press("Bob", "Continue with +$5").await;
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    let last = world.last_message();
    assert!(last.contains("Bob pressed [ Continue with +$5 ]"), "{last}");
    assert!(last.contains("has a pull request"), "{last}");
    world.finish();
}

#[tokio::test]
async fn instructions_are_asked_for_in_a_form_and_sent_to_the_fix() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    let opened = world.press("Bob", "Steer").await;
    assert_eq!(opened.taken()["type"], 9);
    let sent = world
        .submit("Bob", &[("text", "Keep the old button.")])
        .await;
    assert_eq!(sent.taken()["data"]["flags"], 64);
    world.run_for(SECOND).await;
    let answer = world.last_message();
    assert!(
        answer.contains("Bob sent “Steer the running fix”"),
        "{answer}"
    );
    world.run_until_quiet().await;
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn a_form_that_is_sent_after_the_end_is_told_so() {
    let world = with_fix(the_fix()).await;
    world.run_for(6 * SECOND).await;
    world.press("Bob", "Steer").await;
    world.run_until_quiet().await;
    world
        .submit("Bob", &[("text", "Keep the old button.")])
        .await;
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Bob sent “Steer the running fix”
    bugbot [BOT]  14:30  (only Bob can see this)
      ⚠️ That `fix` has already ended: pull request #1 is open: https://github.com/acme/shop/pull/1
    ");
    is_one_pull_request(&world);
    world.finish();
}

#[tokio::test]
async fn where_nobody_said_anything_a_form_asks_and_its_words_are_the_report() {
    let world = World::new();
    let opened = world.command("Alice", contextualize()).await;
    assert_eq!(opened.taken()["type"], 9);
    world.run_until_quiet().await;
    assert!(world.linear.issues().is_empty());
    let fields = [
        ("description", sample::REPORT),
        ("email", "alice@example.com"),
    ];
    world.submit("Alice", &fields).await;
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.transcript(), @r"
    #bugs › Cart counts wrong

    ╭ Alice sent “What is the bug?”
    bugbot [BOT]  14:30 (edited)
      ✅ Created **ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩** and added the context.
      🟩 ENG-1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟩 > I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!
      🟩 Reported by: Discord user 1479486210048000002 │ Report: message ⟨https://discord.com/channels/1479486210048000001/1479486210048000004⟩
      🟩 ▸ Recordings
      🟩   None matched. PostHog knows no person with the e-mail address given.
      🟩 ▸ What next
      🟩   `/bugbot fix` has an agent propose a fix.
      [ Fix this bug ]
    ");
    world.finish();
}

#[tokio::test]
async fn after_the_context_a_fix_is_one_press_away() {
    let world = World::with_settings(&[("DEFAULT_REPOSITORY", tests::world::REPOSITORY)]);
    super::report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    world.press("Bob", "Fix this bug").await;
    world.run_until_quiet().await;
    assert_eq!(
        world.github.pull_requests(tests::world::REPOSITORY).len(),
        1
    );
    world.finish();
}

#[tokio::test]
async fn what_does_not_fit_into_the_message_is_attached_whole() {
    let paths: Vec<String> = (0..30)
        .map(|n| format!("server/config-{n:02}.yml"))
        .collect();
    let files: Vec<(&str, &str)> = paths.iter().map(|path| (path.as_str(), "x\n")).collect();
    let world = with_fix(Script::modifies(&files)).await;
    world.run_until_quiet().await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot fix
    bugbot [BOT]  14:30 (edited)
      ⚠️ **ENG-1** · The change touches what must not be changed, so nothing was pushed.
      🟧 ENG-1: no pull request ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟧 The change touches what must not be changed, so nothing was pushed.
      🟧 • `server/config-00.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-01.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-02.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-03.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-04.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-05.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-06.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-07.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-08.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-09.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-10.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 • `server/config-11.yml` is back-end code (`**/{server,backend,back-end,back_end,functions,lambda,lambdas,migrations,prisma,supabase}`)
      🟧 … and 18 more
      🟧 ▸ What next
      🟧   A person has to make this change, or the operator has to widen the path policy.
      🟧 Cost: $0.12 · 4 turns │ Time: 20 s
      🟧 ▸ In full
      🟧   `violations.txt`
      [file] violations.txt (4020 bytes)
      [ Issue ↗ https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the ]
    ");
    let said = world.discord.said_by_bot(&world.thread);
    let id = said[0]["id"].as_str().unwrap().into();
    let file = world.discord.attachment(&id, "violations.txt").unwrap();
    let file = String::from_utf8(file).unwrap();
    assert!(
        paths.iter().all(|path| file.contains(path.as_str())),
        "{file}"
    );
    is_nothing_pushed(&world);
    world.finish();
}
