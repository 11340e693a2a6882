//! Hooks at the edge: what other tools send becomes an event that is pulled once, or a thread that
//! is contextualized.

use futures_util::future::join_all;
use serde_json::json;
use shared::hooks::Recipient;
use shared::hooks::edge::MAX_PAYLOAD_BYTES;
use shared::hooks::edge::delivery::{KNOWN_FOR, SAME_BYTES_FOR};
use shared::hooks::edge::inbox::{MAX_BYTES, MAX_EVENTS, MAX_KEYS};
use shared::hooks::edge::{EdgeError, Format, InboxName};
use shared::id::{ChannelId, MessageId};
use shared::ports::Clock as _;
use tests::edge::{Tool, sentry_alert};
use tests::hub::Loss;
use tests::world::{HOOK_SECRET, PULL_TOKEN, Strike, World};

use super::{MINUTE, SECOND};

const TO_ALICE: &str = r#"{"format": "FORMAT", "to": {"inbox": "alice"}, "type": "INFO",
                           "missing": "lenient", "template": "{{ .data.event.title }}{{ .text }}"}"#;

fn to_alice(format: Format) -> String {
    TO_ALICE.replace("FORMAT", format.as_str())
}

fn alice() -> InboxName {
    InboxName::Of(Recipient::parse("alice").expect("a name of the stories"))
}

fn payloads(page: &shared::hooks::edge::Page) -> Vec<&str> {
    page.events.iter().map(|it| it.payload.as_str()).collect()
}

#[tokio::test]
async fn every_format_comes_to_an_event_and_its_repeat_to_the_same() {
    for format in Format::ALL {
        let world = World::with_hook("tool", &to_alice(format));
        let tool = world.tool(format, "tool");
        let now = world.clock.now().as_millisecond();
        let body = |text: &str| {
            let uuid = format!("event of {text}");
            json!({"text": text, "webhookTimestamp": now, "event": {"uuid": uuid}}).to_string()
        };
        let (status, first) = world.hooked(tool.delivery("d-1", &body("one"))).await;
        assert_eq!(status, 202, "{first}");
        let (status, again) = world.hooked(tool.delivery("d-1", &body("one"))).await;
        assert_eq!((status, &again["repeated"]), (202, &json!(true)));
        assert_eq!(again["id"], first["id"], "{}", format.as_str());
        world.hooked(tool.delivery("d-2", &body("two"))).await;
        let waiting = world.waiting("alice", 0).await;
        assert_eq!(payloads(&waiting), ["one", "two"], "{}", format.as_str());
        let event = &waiting.events[0];
        assert_eq!(event.id.as_str(), first["id"]);
        assert_eq!(event.source.as_deref(), Some("webhook:/hooks/tool"));
        world.finish();
    }
}

#[tokio::test]
async fn a_hook_takes_the_types_that_it_names_and_stores_nothing_of_the_rest() {
    for format in Format::ALL.into_iter().filter(|it| it.has_event_types()) {
        let mut described: serde_json::Value = serde_json::from_str(&to_alice(format)).unwrap();
        described["events"] = json!(["issues", "Issue"]);
        let world = World::with_hook("tool", &described.to_string());
        let tool = world.tool(format, "tool");
        let now = world.clock.now().as_millisecond();
        let body = |kind: &str| json!({"text": kind, "type": kind, "webhookTimestamp": now});
        let send = |kind: &'static str, id: &'static str| {
            let delivery = tool.delivery_of(kind, id, &body(kind).to_string());
            world.hooked(delivery)
        };
        let (status, said) = send("push", "d-1").await;
        assert_eq!((status, said), (200, json!({"taken": false})));
        // As it is spelled.
        assert_eq!(send("ISSUES", "d-2").await.0, 200);
        assert_eq!(send("Issue", "d-3").await.0, 202);
        // Nothing of what was not taken is known: its id is free.
        let (status, said) = send("issues", "d-1").await;
        assert_eq!((status, &said["repeated"]), (202, &json!(null)));
        let untyped = json!({"text": "?", "webhookTimestamp": now}).to_string();
        let (status, _) = world.hooked(tool.delivery("d-4", &untyped)).await;
        assert_eq!(status, 200, "it does not say");
        let waiting = world.waiting("alice", 0).await;
        assert_eq!(
            payloads(&waiting),
            ["Issue", "issues"],
            "{}",
            format.as_str()
        );
        let room = world.inboxes.run(&alice(), "SELECT keys FROM room");
        assert_eq!(room[0].count(0), Ok(4), "an id and a body of each");
        // Whoever cannot prove a delivery does not learn what is taken.
        let stranger = Tool::new(format, "another secret of theirs", tool_url());
        let forged = stranger.delivery_of("push", "d-5", &body("push").to_string());
        assert_eq!(world.hooked(forged).await.0, 401);
        world.finish();
    }
}

fn tool_url() -> &'static str {
    "https://gateway.test/hooks/tool"
}

#[tokio::test]
async fn what_is_not_proven_is_a_401_and_not_parsed() {
    for format in Format::ALL {
        let world = World::with_hook("tool", &to_alice(format));
        let stranger = Tool::new(
            format,
            "another secret of theirs",
            "https://gateway.test/hooks/tool",
        );
        // What is no JSON would be a 400 if anybody had looked.
        let (status, said) = world.hooked(stranger.delivery("d-1", "{")).await;
        assert_eq!(status, 401, "{said}");
        assert!(payloads(&world.waiting("alice", 0).await).is_empty());
        world.finish();
    }
}

#[tokio::test]
async fn a_recorded_delivery_makes_no_second_event_by_another_id() {
    for format in Format::ALL.into_iter().filter(|it| it.is_signed()) {
        let world = World::with_hook("tool", &to_alice(format));
        let tool = world.tool(format, "tool");
        let body = json!({"text": "x", "webhookTimestamp": world.clock.now().as_millisecond()});
        let body = body.to_string();
        world.hooked(tool.delivery("d-1", &body)).await;
        let (status, said) = world.hooked(tool.delivery("d-2", &body)).await;
        assert_eq!((status, &said["repeated"]), (202, &json!(true)));
        // Now also by the id that it came with.
        let other = json!({"text": "y", "webhookTimestamp": world.clock.now().as_millisecond()});
        let (_, said) = world.hooked(tool.delivery("d-2", &other.to_string())).await;
        assert_eq!(said["repeated"], json!(true), "{}", format.as_str());
        assert_eq!(payloads(&world.waiting("alice", 0).await), ["x"]);
        world.finish();
    }
}

#[tokio::test]
async fn of_many_equal_deliveries_at_once_one_is_new() {
    let world = World::with_hook("sentry", &to_alice(Format::Sentry));
    let tool = world.tool(Format::Sentry, "sentry");
    let alert = sentry_alert("TypeError", "e1");
    let deliveries = (0..50).map(|_| world.hooked(tool.delivery("d-1", &alert)));
    let answers = join_all(deliveries).await;
    let is_new = |(status, said): &&(u16, serde_json::Value)| {
        assert_eq!((*status, &said["id"]), (202, &answers[0].1["id"]));
        said["repeated"].is_null()
    };
    assert_eq!(answers.iter().filter(is_new).count(), 1);
    assert_eq!(payloads(&world.waiting("alice", 0).await), ["TypeError"]);
    world.finish();
}

#[tokio::test]
async fn an_answer_that_was_lost_is_found_by_the_repeat() {
    for (loss, repeated) in [(Loss::Before, json!(null)), (Loss::After, json!(true))] {
        let world = World::with_hook("sentry", &to_alice(Format::Sentry));
        let tool = world.tool(Format::Sentry, "sentry");
        let alert = sentry_alert("TypeError", "e1");
        world.inboxes.lose(loss);
        let (status, _) = world.hooked(tool.delivery("d-1", &alert)).await;
        assert_eq!(status, 503);
        let (status, said) = world.hooked(tool.delivery("d-1", &alert)).await;
        assert_eq!((status, &said["repeated"]), (202, &repeated));
        assert_eq!(payloads(&world.waiting("alice", 0).await), ["TypeError"]);
        world.finish();
    }
}

#[tokio::test]
async fn deliveries_are_forgotten_when_their_time_has_come() {
    let world = World::with_hook("cron", &to_alice(Format::Bearer));
    let tool = world.tool(Format::Bearer, "cron");
    let failed = r#"{"text": "backup failed"}"#;
    let first = world.hooked(tool.delivery("", failed)).await.1;
    world.hooked(tool.delivery("d-1", failed)).await;
    world.clock.advance(SAME_BYTES_FOR);
    let second = world.hooked(tool.delivery("", failed)).await.1;
    // The same words the next night are another event, with an id of its own.
    assert!(second["repeated"].is_null());
    assert_ne!(second["id"], first["id"]);
    let with_id = world.hooked(tool.delivery("d-1", failed)).await.1;
    assert_eq!(with_id["repeated"], true);
    world.clock.advance(KNOWN_FOR);
    assert_eq!(world.inboxes.ring(&alice()), None, "nothing is left");
    let room = world.inboxes.run(&alice(), "SELECT keys, events FROM room");
    assert_eq!((room[0].count(0), room[0].count(1)), (Ok(0), Ok(3)));
    world.finish();
}

#[tokio::test]
async fn of_too_many_known_deliveries_the_oldest_is_forgotten_first() {
    let world = World::with_hook("cron", &to_alice(Format::Bearer));
    let tool = world.tool(Format::Bearer, "cron");
    let is_known = async |id: &str| {
        let (status, said) = world.hooked(tool.delivery(id, r#"{"text": "x"}"#)).await;
        assert_eq!(status, 202, "{said}");
        said["repeated"] == json!(true)
    };
    for id in ["d-1", "d-2"] {
        assert!(!is_known(id).await);
        world.clock.advance(MINUTE);
    }
    let full = format!("UPDATE room SET keys = {MAX_KEYS}");
    world.inboxes.run(&alice(), &full);
    assert!(!is_known("d-3").await);
    assert!(is_known("d-2").await && is_known("d-3").await);
    assert!(!is_known("d-1").await);
    world.finish();
}

#[tokio::test]
async fn a_payload_is_as_long_as_its_object_can_keep_and_no_longer() {
    let world = World::with_hook("cron", &to_alice(Format::Bearer));
    let tool = world.tool(Format::Bearer, "cron");
    let long = |bytes: usize| json!({"text": "x".repeat(bytes)}).to_string();
    let (status, said) = world
        .hooked(tool.delivery("d-1", &long(MAX_PAYLOAD_BYTES + 1)))
        .await;
    assert_eq!(status, 500, "{said}");
    assert!(world.waiting("alice", 0).await.events.is_empty());
    let (status, _) = world
        .hooked(tool.delivery("d-1", &long(MAX_PAYLOAD_BYTES)))
        .await;
    assert_eq!(status, 202);
    world.finish();
}

#[tokio::test]
async fn a_full_inbox_says_so_and_takes_the_delivery_once_there_is_room() {
    let world = World::with_hook("cron", &to_alice(Format::Bearer));
    let tool = world.tool(Format::Bearer, "cron");
    world.hooked(tool.delivery("d-1", r#"{"text": "1"}"#)).await;
    let full = format!("UPDATE room SET events = {MAX_EVENTS}");
    world.inboxes.run(&alice(), &full);
    let second = || tool.delivery("d-2", r#"{"text": "2"}"#);
    let (status, said) = world.hooked(second()).await;
    assert_eq!(status, 507, "{said}");
    world.inboxes.run(
        &alice(),
        &format!("UPDATE room SET events = 1, bytes = {MAX_BYTES}"),
    );
    let (status, said) = world.hooked(second()).await;
    assert_eq!(status, 507);
    insta::assert_snapshot!(said["error"].as_str().unwrap(), @"the inbox is full: 1 events of 67108864 bytes wait to be pulled");
    world.inboxes.run(
        &alice(),
        "UPDATE room SET bytes = (SELECT SUM(bytes) FROM events)",
    );
    let (status, said) = world.hooked(second()).await;
    assert_eq!((status, &said["repeated"]), (202, &json!(null)));
    world.finish();
}

#[tokio::test]
async fn events_are_pulled_in_order_and_stay_until_they_have_arrived() {
    let world = World::with_hook("cron", &to_alice(Format::Bearer));
    let tool = world.tool(Format::Bearer, "cron");
    // Three pages: the first ends by its bytes, the second by its number.
    let long = "x".repeat(250 * 1024);
    for number in 0..130 {
        let text = if number < 12 {
            format!("{number} {long}")
        } else {
            number.to_string()
        };
        let delivery = tool.delivery(&format!("d-{number}"), &json!({"text": text}).to_string());
        assert_eq!(world.hooked(delivery).await.0, 202);
    }
    let puller = world.puller(PULL_TOKEN);
    let recipient = Recipient::parse("alice").unwrap();
    let (mut after, mut numbers, mut pages) = (0, Vec::new(), Vec::new());
    loop {
        let page = puller.page(&recipient, after).await.unwrap();
        let number = |text: &&str| text.split(' ').next().unwrap().parse::<u32>().unwrap();
        numbers.extend(payloads(&page).iter().map(number));
        pages.push(page.events.len());
        after = page.events.last().unwrap().seq;
        if !page.more {
            break;
        }
    }
    assert_eq!(numbers, (0..130).collect::<Vec<_>>());
    assert_eq!(pages, [8, 100, 22]);
    // Nobody has said that they arrived.
    assert_eq!(world.waiting("alice", 0).await.events.len(), 8);
    let first = world.waiting("alice", 0).await.events[0].seq;
    assert_eq!(puller.ack(&recipient, first).await, Ok(129));
    assert_eq!(
        puller.ack(&recipient, first).await,
        Ok(129),
        "twice is once"
    );
    assert_eq!(puller.ack(&recipient, after).await, Ok(0));
    let room = world
        .inboxes
        .run(&alice(), "SELECT events, bytes FROM room");
    assert_eq!((room[0].count(0), room[0].count(1)), (Ok(0), Ok(0)));
    world.finish();
}

#[tokio::test]
async fn only_the_token_opens_what_waits() {
    let world = World::with_hook("cron", &to_alice(Format::Bearer));
    let recipient = Recipient::parse("alice").unwrap();
    for token in [HOOK_SECRET, world.operator_token(), "x"] {
        let puller = world.puller(token);
        let page = puller.page(&recipient, 0).await;
        assert_eq!(page, Err(EdgeError::Unauthorized));
        assert_eq!(
            puller.ack(&recipient, 9).await,
            Err(EdgeError::Unauthorized)
        );
    }
    // And nothing is read that is longer than what is said by whoever pulls.
    let long = http::Request::post("https://gateway.test/hooks/events/ack")
        .header("authorization", format!("Bearer {PULL_TOKEN}"))
        .body(vec![b' '; 1025]);
    assert_eq!(world.hooked(long.unwrap()).await.0, 413);
    let closed = World::in_memory(&[]);
    let page = closed.puller(PULL_TOKEN).page(&recipient, 0).await;
    assert_eq!(page, Err(EdgeError::Closed));
    world.finish();
}

#[tokio::test]
async fn a_token_of_ones_own_opens_ones_own_inbox_only() {
    let tokens = [
        ("alice", "alices-own-pull-token"),
        ("bob", "bobs-own-pull-token"),
    ];
    let world = World::with_inboxes(&tokens);
    for (name, _) in tokens {
        let delivery = world
            .tool(Format::Bearer, name)
            .delivery("d-1", r#"{"text": "x"}"#);
        assert_eq!(world.hooked(delivery).await.0, 202);
    }
    let [alice, bob, nobody] = ["alice", "bob", "nobody"].map(|it| Recipient::parse(it).unwrap());
    let own = world.puller(tokens[0].1);
    assert_eq!(own.page(&alice, 0).await.unwrap().events.len(), 1);
    for another in [&bob, &nobody] {
        let refused = own.page(another, 0).await.unwrap_err();
        let said = format!("status 403: the token is not one for {}", another.as_str());
        assert_eq!(refused.to_string(), said);
        let refused = own.ack(another, 9).await.unwrap_err();
        assert_eq!(refused.to_string(), said);
    }
    assert_eq!(own.ack(&alice, 9).await, Ok(0));
    // Bob's is there still, for the token of all.
    let all = world.puller(PULL_TOKEN);
    assert_eq!(all.page(&bob, 0).await.unwrap().events.len(), 1);
    assert_eq!(all.page(&nobody, 0).await.unwrap().events.len(), 0);
    let none = world.puller("nobodys-pull-token").page(&alice, 0).await;
    assert_eq!(none, Err(EdgeError::Unauthorized));
    world.finish();
}

#[tokio::test]
async fn a_mistake_in_a_hook_closes_the_hooks_and_not_the_bot() {
    let world = World::with_hook("sentry", r#"{"format": "sentry"}"#);
    let tool = world.tool(Format::Sentry, "sentry");
    let (status, _) = world.hooked(tool.delivery("d-1", "{}")).await;
    assert_eq!(status, 503);
    let ready = http::Request::get("https://gateway.test/health/ready");
    let (status, said) = world.hooked(ready.body(Vec::new()).unwrap()).await;
    assert_eq!((status, &said["ready"]), (200, &json!(true)));
    assert_eq!(
        said["off"],
        json!([r#"HOOKS names "sentry": in HOOK_SENTRY, template is missing"#])
    );
    super::report(&world);
    world
        .command_and_wait("Alice", super::contextualize())
        .await;
    world.finish();
}

#[tokio::test]
async fn a_request_is_answered_as_the_collector_would() {
    let strict = r#"{"format": "bearer", "to": {"inbox": "alice"}, "type": "INFO",
                     "template": "{{ .title }}"}"#;
    let world = World::with_hook("cron", strict);
    let tool = world.tool(Format::Bearer, "cron");
    let status = |body: &str| {
        let delivery = tool.delivery("", body);
        async { world.hooked(delivery).await.0 }
    };
    assert_eq!(status("{").await, 400);
    assert_eq!(status("{}").await, 500);
    assert_eq!(status(&" ".repeat(1024 * 1024 + 1)).await, 413);
    let at = |method: &str, path: &str| {
        let request = http::Request::builder().method(method);
        let request = request.uri(format!("https://gateway.test{path}"));
        let request = request.body(Vec::new()).unwrap();
        async { world.hooked(request).await.0 }
    };
    assert_eq!(at("GET", "/hooks/cron").await, 405);
    assert_eq!(at("POST", "/hooks/nobodys").await, 404);
    assert_eq!(at("POST", "/hooks/events").await, 405);
    assert_eq!(at("GET", "/hooks/events/ack").await, 405);
    assert!(world.waiting("alice", 0).await.events.is_empty());
    world.finish();
}

fn alerting(world: &World) -> String {
    json!({
        "format": "sentry",
        "to": {"contextualize": {
            "guild": world.discord.guild().as_str(),
            "channel": world.channel().as_str(),
        }},
        "template": "{{ .data.event.title }} in {{ .data.event.culprit }}\n{{ .data.event.web_url }}",
    })
    .to_string()
}

/// A world whose hook `sentry` begins threads in its own channel.
fn with_alerts() -> std::rc::Rc<World> {
    // Ids are given in order: the channel's is the same in every world.
    let described = alerting(&World::in_memory(&[]));
    World::with_hook("sentry", &described)
}

/// The messages of the alerts' channel, and the threads at them.
fn alerts(world: &World) -> Vec<ChannelId> {
    let said = world.discord.said_by_bot(world.channel());
    said.iter()
        .map(|message| ChannelId::new(message["id"].as_str().expect("an id")))
        .collect()
}

#[tokio::test]
async fn a_sentry_alert_contextualizes_itself_into_a_thread() {
    let world = with_alerts();
    let tool = world.tool(Format::Sentry, "sentry");
    let alert = sentry_alert("TypeError: total is *undefined*", "e1");
    let (status, said) = world.hooked(tool.delivery("d-1", &alert)).await;
    assert_eq!(status, 202, "{said}");
    world.run_until_quiet().await;
    let threads = alerts(&world);
    assert_eq!(threads.len(), 1);
    let shown = format!(
        "{}\n---\n{}",
        world.discord.transcript(world.channel()),
        world.discord.transcript(&threads[0])
    );
    insta::assert_snapshot!(shown, @r"
    #bugs

    bugbot [BOT]  14:30
      -# 🔔 sentry · hook-8e0beaba449ca048585c61f2157e87fd
      > TypeError: total is \*undefined\* in cart.js in total
      > https://sentry.io/organizations/acme/issues/1170820242/events/e1/

    ---
    #bugs › TypeError: total is *undefined* in cart.js in total

    bugbot [BOT]  14:30
      -# 🔔 sentry · hook-8e0beaba449ca048585c61f2157e87fd
      > TypeError: total is \*undefined\* in cart.js in total
      > https://sentry.io/organizations/acme/issues/1170820242/events/e1/

    bugbot [BOT]  14:30 (edited)
      ✅ Created **ENG-1 ⟨https://linear.app/acme/issue/ENG-1/typeerror-total-is-undefined-in-cart-js-in-total⟩** and added the context.
      🟩 ENG-1: TypeError: total is \*undefined\* in cart.js in total ⟨https://linear.app/acme/issue/ENG-1/typeerror-total-is-undefined-in-cart-js-in-total⟩
      🟩 > TypeError: total is \*undefined\* in cart.js in total
      🟩 > https://sentry.io/organizations/acme/issues/1170820242/events/e1/
      🟩 Reported by: sentry │ Report: message ⟨https://discord.com/channels/1479486210048000001/1479486210048000005/1479486210048000005⟩
      🟩 ▸ Recordings
      🟩   None matched. The thread names no session, no person and no e-mail address. Give one in the \`session\` or \`email\` option.
      🟩 ▸ What next
      🟩   `/bugbot fix` has an agent propose a fix.
    ");
    let issue = world.linear.issues().remove(0);
    insta::assert_snapshot!(issue.description.unwrap_or_default(), @r"
    > TypeError: total is *undefined* in cart.js in total
    > https://sentry.io/organizations/acme/issues/1170820242/events/e1/

    Reported by sentry on Discord: https://discord.com/channels/1479486210048000001/1479486210048000005/1479486210048000005
    ");
    assert_eq!(world.linear.comments("ENG-1").len(), 1);
    // Sent again, and recorded and sent by somebody else: the same.
    world.hooked(tool.delivery("d-1", &alert)).await;
    world.hooked(tool.delivery("d-2", &alert)).await;
    world.run_until_quiet().await;
    assert_eq!(alerts(&world), threads);
    assert_eq!(world.linear.issues().len(), 1);
    // Another alert has a thread and an issue of its own.
    let other = sentry_alert("RangeError: price is negative", "e2");
    world.hooked(tool.delivery("d-3", &other)).await;
    world.run_until_quiet().await;
    assert_eq!(alerts(&world).len(), 2);
    assert_eq!(world.linear.issues().len(), 2);
    world.finish();
}

#[tokio::test]
async fn an_alert_that_the_queue_refused_is_taken_by_its_repeat() {
    let world = with_alerts();
    let tool = world.tool(Format::Sentry, "sentry");
    let alert = sentry_alert("TypeError", "e1");
    world.commands.refuse_for(SECOND);
    let (status, _) = world.hooked(tool.delivery("d-1", &alert)).await;
    assert_eq!(status, 503);
    world.clock.advance(2 * SECOND);
    let (status, said) = world.hooked(tool.delivery("d-1", &alert)).await;
    assert_eq!((status, &said["repeated"]), (202, &json!(true)));
    world.run_until_quiet().await;
    assert_eq!(alerts(&world).len(), 1);
    world.finish();
}

#[tokio::test]
async fn an_alert_that_somebody_deleted_does_not_come_back() {
    let world = with_alerts();
    let tool = world.tool(Format::Sentry, "sentry");
    let alert = sentry_alert("TypeError", "e1");
    world.hooked(tool.delivery("d-1", &alert)).await;
    world.run_until_quiet().await;
    let message = MessageId::new(alerts(&world)[0].as_str());
    world.discord.delete(&message);
    let (_, again) = world.hooked(tool.delivery("d-1", &alert)).await;
    assert_eq!(again["repeated"], true);
    world.run_until_quiet().await;
    assert!(alerts(&world).is_empty());
    world.finish();
}

/// Every call that an alert's delivery makes fails once, in every way: one message, one thread, one
/// issue.
#[tokio::test]
async fn an_alert_is_one_thread_whichever_call_is_struck() {
    let strikes: [fn() -> Strike; 5] = [
        || Strike::CrashBefore,
        || Strike::Crash,
        || Strike::LostBefore,
        || Strike::LostAfter,
        || Strike::BrokenAfter,
    ];
    for strike in strikes {
        let mut nth = 0;
        loop {
            let world = with_alerts();
            let tool = world.tool(Format::Sentry, "sentry");
            world.strike(nth, strike());
            let alert = sentry_alert("TypeError", "e1");
            world.hooked(tool.delivery("d-1", &alert)).await;
            world.run_until_quiet().await;
            let Some(struck) = world.struck() else {
                assert!(nth > 8, "only {nth} calls were made");
                break;
            };
            assert_eq!(alerts(&world).len(), 1, "{struck}");
            assert_eq!(world.linear.issues().len(), 1, "{struck}");
            assert_eq!(world.linear.comments("ENG-1").len(), 1, "{struck}");
            // Whatever died after its last word is tidied up.
            world.clock.advance(20 * MINUTE);
            world.sweep().await;
            world.run_until_quiet().await;
            world.finish();
            nth += 1;
        }
    }
}

/// Discord knows a nonce for some minutes only: after that the mark has to do.
#[tokio::test]
async fn an_alert_that_was_posted_long_ago_is_found_by_its_mark() {
    let world = with_alerts();
    let tool = world.tool(Format::Sentry, "sentry");
    world.strike_call("threads", Strike::LostBefore);
    let alert = sentry_alert("TypeError", "e1");
    world.hooked(tool.delivery("d-1", &alert)).await;
    world.deliver_due().await;
    assert_eq!(alerts(&world).len(), 1);
    world.clock.advance(3600 * SECOND);
    world.run_until_quiet().await;
    assert_eq!(alerts(&world).len(), 1);
    assert_eq!(world.linear.issues().len(), 1);
    world.finish();
}
