use super::*;

#[tokio::test]
async fn a_thread_shows_as_a_person_sees_it() {
    let world = World::new();
    let bot = world.discord.application();
    let report = world.discord.say(
        &world.thread,
        &world.alice,
        "Checkout does nothing.\nSee https://x.test/1",
    );
    world.clock.advance(Duration::from_mins(1));
    world.discord.say(
        &world.thread,
        &world.discord.person("Bob"),
        &format!("same here <@{bot}> in <#{}>", world.bugs),
    );
    let since = world.clock_seconds() - 120;
    let embed = json!({
        "title": "ENG-7 Checkout does nothing",
        "url": "https://linear.app/acme/issue/ENG-7",
        "description": format!("Reported <t:{since}:R> by <@{}>\n[2 recordings](https://us.posthog.com/p) a < b", world.alice),
        "color": 0x2E_CC71,
        "fields": [
            {"name": "State", "value": "Todo", "inline": true},
            {"name": "Priority", "value": "High", "inline": true},
            {"name": "Likely files", "value": "src/cart.ts\nsrc/pay.ts"},
        ],
        "footer": {"text": "bugbot"},
        "timestamp": "2026-03-06T14:31:00Z",
    });
    let buttons = json!([{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "Fix", "custom_id": "fix", "emoji": {"name": "🔧"}},
        {"type": 2, "style": 2, "label": "Cancel", "custom_id": "cancel", "disabled": true},
        {"type": 2, "style": 5, "label": "Open", "url": "https://linear.app/acme/issue/ENG-7"},
    ]}]);
    let body = json!({
        "content": "Found it: <https://linear.app>",
        "embeds": [embed],
        "components": buttons,
        "message_reference": {"message_id": report.as_str()},
    });
    let (status, message) = world.post(&world.messages_path(), quiet(body)).await;
    assert_eq!(status, 200, "{message}");
    let path = format!(
        "{}/{}",
        world.messages_path(),
        message["id"].as_str().unwrap()
    );
    world
        .patch(&path, quiet(json!({"content": "Found it."})))
        .await;
    insta::assert_snapshot!(world.discord.transcript(&world.thread), @r"
    #bugs › Checkout is broken

    Alice  14:30
      Checkout does nothing.
      See https://x.test/1

    Bob  14:31
      same here @bugbot in #bugs

    ╭ Alice: Checkout does nothing.
    bugbot [BOT]  14:31 (edited)
      Found it.
      🟩 ENG-7 Checkout does nothing ⟨https://linear.app/acme/issue/ENG-7⟩
      🟩 Reported 2 minutes ago by @Alice
      🟩 2 recordings ⟨https://us.posthog.com/p⟩ a < b
      🟩 State: Todo │ Priority: High
      🟩 ▸ Likely files
      🟩   src/cart.ts
      🟩   src/pay.ts
      🟩 bugbot • 2026-03-06 14:31
      [ 🔧 Fix ] [ Cancel (disabled) ] [ Open ↗ https://linear.app/acme/issue/ENG-7 ]
    ");
    world.discord.finish();
}

#[test]
fn a_thread_from_a_message_starts_with_it() {
    let world = World::new();
    let report = world.discord.say(&world.bugs, &world.alice, "It crashes");
    let thread = world
        .discord
        .thread_from(&world.bugs, &report, "Crash", &world.alice);
    world.discord.archive(&thread, false);
    insta::assert_snapshot!(world.discord.transcript(&thread), @r"
    #bugs › Crash (archived)

    Alice  14:30
      It crashes
    ");
    let direct = world.discord.direct(&world.alice);
    world.discord.say(
        &direct,
        &world.alice,
        "<not a tag> <t:x> [a](b) [c](https://x.test) <@1>",
    );
    insta::assert_snapshot!(world.discord.transcript(&direct), @r"
    @Alice

    Alice  14:30
      <not a tag> <t:x> [a](b) c ⟨https://x.test⟩ <@1>
    ");
}
