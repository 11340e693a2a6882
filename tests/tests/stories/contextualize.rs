//! From a report to an issue with its evidence.

use serde_json::json;
use tests::discord::Act;
use tests::fault::Fault;
use tests::sample;
use tests::world::World;

use super::{MINUTE, SECOND, contextualize, report};

#[tokio::test]
async fn a_session_link_in_the_thread_becomes_evidence_in_a_new_issue() {
    let world = World::new();
    let session =
        world
            .posthog
            .recording("d-ada", 10 * MINUTE, 4 * MINUTE, "https://shop.test/cart");
    let page = "https://shop.test/cart";
    let clicks = json!({"$el_text": "+", "$current_url": page});
    world
        .posthog
        .event(&session, 70 * SECOND, "$rageclick", clicks);
    report(&world);
    let project = world.posthog.project();
    let link = format!("https://us.posthog.com/project/{project}/replay/{session}?t=90");
    world.says("Bob", &format!("Recorded here: {link}"));
    world.command_and_wait("Alice", contextualize()).await;
    insta::assert_snapshot!(world.transcript(), @r#"
    #bugs › Cart counts wrong

    Alice  14:30
      I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!

    Bob  14:30
      Recorded here: https://us.posthog.com/project/4711/replay/019cc38e-2a40-7000-8000-000000000001?t=90

    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      ✅ Created **ENG-1 ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩** and added the context.
      🟩 ENG-1: I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the… ⟨https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the⟩
      🟩 > I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!
      🟩 Reported by: Alice │ Report: message ⟨https://discord.com/channels/1479486210048000001/1479486210048000004/1479486210048000005⟩
      🟩 ▸ Recordings
      🟩   ▶ Mar 6, 14:20 · 4 min ⟨https://us.posthog.com/project/4711/replay/019cc38e-2a40-7000-8000-000000000001?t=75⟩ named in the thread
      🟩 ▸ Before the report
      🟩   1:10 ⟨https://us.posthog.com/project/4711/replay/019cc38e-2a40-7000-8000-000000000001?t=55⟩ clicked "+" again and again on https://shop.test/cart
      🟩 ▸ What next
      🟩   `/bugbot fix` has an agent propose a fix.
      [ Fix this bug ]
    "#);
    insta::assert_snapshot!(world.linear.comments("ENG-1")[0].body, @r#"
    ## Context from Discord

    **Reported by** Alice at 2026-03-06 14:30 UTC ([message](https://discord.com/channels/1479486210048000001/1479486210048000004/1479486210048000005))

    > I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!

    ### Reproduction hints

    1. [1:10](https://us.posthog.com/project/4711/replay/019cc38e-2a40-7000-8000-000000000001?t=55) clicked "+" again and again on https://shop.test/cart

    ### Recordings

    - [2026-03-06 14:20 UTC, 4 min](https://us.posthog.com/project/4711/replay/019cc38e-2a40-7000-8000-000000000001?t=75) (from 1:15), from `https://shop.test/cart` · chosen: named in the thread
    "#);
    assert_eq!(world.linear.issues().len(), 1);
    let cached = world.kv_value(&format!("discord:{}", world.thread));
    assert_eq!(cached.as_deref(), Some("ENG-1"));
    world.finish();
}

#[tokio::test]
async fn an_email_address_finds_the_recordings_of_its_person() {
    let world = World::new();
    world.posthog.person("ada@shop.test", "d-ada");
    world
        .posthog
        .recording("d-ada", 30 * MINUTE, 5 * MINUTE, "https://shop.test/old");
    world
        .posthog
        .recording("d-ada", 4 * MINUTE, 3 * MINUTE, "https://shop.test/cart");
    report(&world);
    let command = contextualize().option("email", "ada@shop.test");
    world.command_and_wait("Alice", command).await;
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
      🟩   ▶ Mar 6, 14:26 · 3 min ⟨https://us.posthog.com/project/4711/replay/019cc38e-2a40-7000-8000-000000000003⟩ by the reporter's e-mail address; it ended a minute before the report
      🟩   ▶ Mar 6, 14:00 · 5 min ⟨https://us.posthog.com/project/4711/replay/019cc38e-2a40-7000-8000-000000000002⟩ by the reporter's e-mail address; it ended 25 minutes before the report
      🟩 ▸ What next
      🟩   `/bugbot fix` has an agent propose a fix.
      [ Fix this bug ]
    ");
    world.finish();
}

#[tokio::test]
async fn without_evidence_the_packet_says_what_was_tried() {
    let world = World::new();
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    insta::assert_snapshot!(world.linear.comments("ENG-1")[0].body, @r"
    ## Context from Discord

    **Reported by** Alice at 2026-03-06 14:30 UTC ([message](https://discord.com/channels/1479486210048000001/1479486210048000004/1479486210048000005))

    > I typed 1 for the mug, pressed +, and now there are 11 mugs in my cart and the total says €132.00. I only wanted two!

    ### Reproduction hints

    None: no events of a matching session are known.

    ### Recordings

    No recording matched. What was tried:

    - The thread names no session, no person and no e-mail address. Give one in the `session` or `email` option.
    ");
    world.finish();
}

#[tokio::test]
async fn posthog_failing_costs_the_evidence_and_not_the_issue() {
    let world = World::new();
    world.posthog.fail_next("*", Fault::BeforeEffect(500), 1);
    report(&world);
    let command = contextualize().option("email", "ada@shop.test");
    world.command_and_wait("Alice", command).await;
    let packet = &world.linear.comments("ENG-1")[0].body;
    assert!(packet.contains("Looking for the person failed"), "{packet}");
    world.finish();
}

#[tokio::test]
async fn an_issue_that_is_named_is_used() {
    let world = World::new();
    world.linear.open_issue("ENG", "Cart counts wrong", "");
    report(&world);
    let command = contextualize().option("issue", "ENG-1");
    world.command_and_wait("Alice", command).await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    assert!(
        world.last_word().contains("Found"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn an_issue_that_is_named_and_does_not_exist_is_a_rejection() {
    let world = World::new();
    report(&world);
    let command = contextualize().option("issue", "ENG-99");
    world.command_and_wait("Alice", command).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      ⚠️ Linear knows no issue `ENG-99`, or does not show it to bugbot. Check the identifier, or leave the option out to have an issue found or made.
    ");
    assert!(world.linear.issues().is_empty());
    world.finish();
}

#[tokio::test]
async fn the_issue_of_the_thread_is_found_again_the_second_time() {
    let world = World::new();
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    world.says("Bob", "It happens with plates too, on every second click");
    world.command_and_wait("Bob", contextualize()).await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-1").len(), 2);
    assert_eq!(world.linear.attachments("ENG-1").len(), 2);
    assert!(
        world.last_word().contains("Found"),
        "{}",
        world.transcript()
    );
    world.finish();
}

#[tokio::test]
async fn an_issue_that_was_deleted_in_linear_is_replaced() {
    let world = World::new();
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    world.linear.delete_issue("ENG-1");
    world.command_and_wait("Alice", contextualize()).await;
    assert_eq!(world.linear.issues().len(), 1);
    assert_eq!(world.linear.comments("ENG-2").len(), 1);
    assert!(
        world.last_word().contains("ENG-2"),
        "{}",
        world.transcript()
    );
    let cached = world.kv_value(&format!("discord:{}", world.thread));
    assert_eq!(cached.as_deref(), Some("ENG-2"));
    world.finish();
}

#[tokio::test]
async fn history_that_the_gateway_could_not_read_is_read_by_the_consumer() {
    let world = World::new();
    report(&world);
    let history = "GET /api/v10/channels/*/messages";
    world
        .discord
        .fail_next(history, Fault::BeforeEffect(500), 1);
    world.command_and_wait("Alice", contextualize()).await;
    let issue = &world.linear.issues()[0];
    assert!(
        issue.title.starts_with("I typed 1 for the mug"),
        "{}",
        issue.title
    );
    assert!(
        issue
            .description
            .as_deref()
            .unwrap_or_default()
            .contains("Reported by Alice")
    );
    world.finish();
}

#[tokio::test]
async fn the_reporter_is_named_whoever_read_the_history() {
    let world = World::new();
    report(&world);
    world.command_and_wait("Bob", contextualize()).await;
    let packet = &world.linear.comments("ENG-1")[0].body;
    assert!(packet.contains("**Reported by** Alice"), "{packet}");
    world.finish();
}

#[tokio::test]
async fn a_link_alone_is_not_taken_for_the_report() {
    let world = World::new();
    report(&world);
    world.says(
        "Bob",
        "Here: https://us.posthog.com/project/4711/replay/019cc38e-2a40-7000-8000-000000000009",
    );
    world.command_and_wait("Bob", contextualize()).await;
    let issue = &world.linear.issues()[0];
    assert!(
        issue.title.starts_with("I typed 1 for the mug"),
        "{}",
        issue.title
    );
    world.finish();
}

#[tokio::test]
async fn without_the_message_content_intent_a_slash_command_asks_for_words() {
    let world = World::new();
    world.discord.withhold_content();
    let said = world.says("Alice", sample::REPORT);
    // In time, a form asks for them.
    let opened = world.command("Alice", contextualize()).await;
    assert_eq!(opened.taken()["type"], 9);
    // Where the history is late, only the consumer learns that it says nothing.
    let history = "GET /api/v10/channels/*/messages";
    world.discord.fail_next(history, Fault::DropBefore, 1);
    world.command_and_wait("Alice", contextualize()).await;
    insta::assert_snapshot!(world.last_message(), @r"
    ╭ Alice used /bugbot contextualize
    bugbot [BOT]  14:30 (edited)
      ⚠️ There is no report to be found here: bugbot can read neither words of the command nor messages of this thread. Describe the bug in the `description` option, or use *Apps → Add context* on the message that reports it.
    ");
    assert!(world.linear.issues().is_empty());

    // A message that a command was given on comes with its text whatever the intents.
    world
        .command_and_wait("Bob", Act::menu("Add context", &said))
        .await;
    assert_eq!(world.linear.issues().len(), 1);
    world.finish();
}

#[tokio::test]
async fn a_new_issue_starts_in_the_configured_state_which_is_looked_up_once() {
    let world = World::with_settings(&[("LINEAR_STATE", "todo")]);
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    assert_eq!(world.linear.state_of("ENG-1"), "Todo");
    assert_eq!(world.kv_keys("linear-state:").len(), 1);
    world.finish();
}

#[tokio::test]
async fn a_state_that_the_team_does_not_have_is_the_operators_matter() {
    let world = World::with_settings(&[("LINEAR_STATE", "No such state")]);
    report(&world);
    world.command_and_wait("Alice", contextualize()).await;
    assert!(world.linear.issues().is_empty());
    let told = world.transcript();
    assert!(told.contains("LINEAR\\_STATE"), "{told}");
    world.finish();
}
