//! Requests as Discord documents them, and one answer of each kind.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::discord::message::Attachment;
use crate::service::wire_test::{answer, answer_with, shown};

fn api() -> Api {
    Api::new(DEFAULT_BASE)
        .unwrap()
        .authorized("Bot ", &Secret::new("bot-token"))
        .unwrap()
}

fn channel() -> ChannelId {
    ChannelId::new("1100")
}

#[test]
fn reading_requests() {
    let list = list_messages_request(&api(), &channel(), 500, Some(&MessageId::new("9")));
    insta::assert_snapshot!(shown(&list), @r"
    GET https://discord.com/api/v10/channels/1100/messages?limit=100&before=9
    authorization: Bot bot-token
    ");
    let one = get_message_request(&api(), &channel(), &MessageId::new("../../users/@me"));
    insta::assert_snapshot!(shown(&one), @r"
    GET https://discord.com/api/v10/channels/1100/messages/..%2F..%2Fusers%2F@me
    authorization: Bot bot-token
    ");
}

#[test]
fn a_message_is_created_with_its_nonce() {
    let message = Message::text("Working on it").with_nonce("job 1");
    let request = create_message_request(&api(), &channel(), &message);
    insta::assert_snapshot!(shown(&request), @r#"
    POST https://discord.com/api/v10/channels/1100/messages
    authorization: Bot bot-token
    content-type: application/json

    {"content":"Working on it","embeds":[],"components":[],"attachments":[],"allowed_mentions":{"parse":[]},"nonce":"5ba23c875f8cd6b695e6a994","enforce_nonce":true}
    "#);
}

#[test]
fn files_travel_beside_the_json() {
    let message = Message::text("Log").with_file(Attachment::text("run.log", "line 1\nline 2"));
    let request = create_message_request(&api(), &channel(), &message);
    insta::assert_snapshot!(shown(&request), @r#"
    POST https://discord.com/api/v10/channels/1100/messages
    authorization: Bot bot-token
    content-type: multipart/form-data; boundary=bugbot-f676318d7942ce7a7b83aff005652fca

    --bugbot-f676318d7942ce7a7b83aff005652fca
    Content-Disposition: form-data; name="payload_json"
    Content-Type: application/json

    {"content":"Log","embeds":[],"components":[],"attachments":[{"id":0,"filename":"run.log"}],"allowed_mentions":{"parse":[]}}
    --bugbot-f676318d7942ce7a7b83aff005652fca
    Content-Disposition: form-data; name="files[0]"; filename="run.log"
    Content-Type: text/plain; charset=utf-8

    line 1
    line 2
    --bugbot-f676318d7942ce7a7b83aff005652fca--
    "#);
}

#[test]
fn editing_and_deleting_requests() {
    let id = MessageId::new("2200");
    let message = Message::text("Done").ephemeral().with_nonce("job 1");
    insta::assert_snapshot!(shown(&edit_message_request(&api(), &channel(), &id, &message)), @r#"
    PATCH https://discord.com/api/v10/channels/1100/messages/2200
    authorization: Bot bot-token
    content-type: application/json

    {"content":"Done","embeds":[],"components":[],"attachments":[],"allowed_mentions":{"parse":[]},"flags":0}
    "#);
    insta::assert_snapshot!(shown(&delete_message_request(&api(), &channel(), &id)), @r"
    DELETE https://discord.com/api/v10/channels/1100/messages/2200
    authorization: Bot bot-token
    ");
}

#[test]
fn an_interaction_token_authorises_by_itself() {
    let application = ApplicationId::new("3300");
    let token = Secret::new("aW50/token");
    let message = Message::text("Done");
    let edit = edit_original_request(&api(), &application, &token, &message);
    insta::assert_snapshot!(shown(&edit), @r#"
    PATCH https://discord.com/api/v10/webhooks/3300/aW50%2Ftoken/messages/@original
    content-type: application/json

    {"content":"Done","embeds":[],"components":[],"attachments":[],"allowed_mentions":{"parse":[]},"flags":0}
    "#);
    let follow_up = follow_up_request(&api(), &application, &token, &message.ephemeral());
    insta::assert_snapshot!(shown(&follow_up), @r#"
    POST https://discord.com/api/v10/webhooks/3300/aW50%2Ftoken
    content-type: application/json

    {"content":"Done","embeds":[],"components":[],"attachments":[],"allowed_mentions":{"parse":[]},"flags":64}
    "#);
}

#[test]
fn thread_and_command_requests() {
    let thread = start_thread_request(&api(), &channel(), &MessageId::new("2200"), " ");
    insta::assert_snapshot!(shown(&thread), @r#"
    POST https://discord.com/api/v10/channels/1100/messages/2200/threads
    authorization: Bot bot-token
    content-type: application/json

    {"auto_archive_duration":4320,"name":"bugbot"}
    "#);
    let application = ApplicationId::new("3300");
    let commands = json!([{"name": "bugbot", "description": "Fix bugs"}]);
    let global = register_commands_request(&api(), &application, None, &commands);
    insta::assert_snapshot!(shown(&global), @r#"
    PUT https://discord.com/api/v10/applications/3300/commands
    authorization: Bot bot-token
    content-type: application/json

    [{"description":"Fix bugs","name":"bugbot"}]
    "#);
    let guild = GuildId::new("4400");
    let local = register_commands_request(&api(), &application, Some(&guild), &commands);
    insta::assert_snapshot!(local.uri().path(), @"/api/v10/applications/3300/guilds/4400/commands");
}

const MESSAGES: &str = r#"[
  {"id": "12", "type": 0, "channel_id": "1100", "content": "It fails", "timestamp": "2026-01-02T03:04:06.500000+00:00",
   "edited_timestamp": null, "author": {"id": "7", "username": "ada", "global_name": "Ada L.", "discriminator": "0"}},
  {"id": "11", "type": 0, "channel_id": "1100", "content": "", "timestamp": "2026-01-02T03:04:05+00:00",
   "author": {"id": "8", "username": "bugbot", "global_name": null, "bot": true}}
]"#;

#[test]
fn messages_come_oldest_first_and_no_more_than_asked_for() {
    let messages = parse_messages(&answer(200, MESSAGES), 50).unwrap();
    let shown: Vec<_> = messages
        .iter()
        .map(|m| {
            (
                m.id.as_str(),
                m.author_name.as_str(),
                m.author_is_bot,
                m.content.as_str(),
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            ("11", "bugbot", true, ""),
            ("12", "Ada L.", false, "It fails")
        ]
    );
    assert_eq!(messages[1].timestamp.to_string(), "2026-01-02T03:04:06.5Z");
    let newest = parse_messages(&answer(200, MESSAGES), 1).unwrap();
    assert_eq!(newest[0].id.as_str(), "12");
}

#[test]
fn a_sent_message_says_where_it_is_and_how_soon_the_next_may_follow() {
    let headers = [
        ("X-RateLimit-Remaining", "0"),
        ("X-RateLimit-Reset-After", "1.25"),
    ];
    let response = answer_with(
        200,
        &headers,
        r#"{"id": "2200", "channel_id": "1100", "flags": 0}"#,
    );
    let sent = parse_sent(&response).unwrap();
    assert_eq!(
        (sent.id.as_str(), sent.channel_id.as_str()),
        ("2200", "1100")
    );
    assert_eq!(sent.rate.unwrap().pause(), Duration::from_millis(1_250));
    let without = parse_by_token(&answer(200, r#"{"id": "1", "channel_id": "2"}"#)).unwrap();
    assert_eq!(without.rate, None);
}

#[test]
fn an_interaction_token_past_its_time_is_told_apart() {
    for (status, body) in [
        (
            401,
            r#"{"message": "Invalid Webhook Token", "code": 50027}"#,
        ),
        (404, r#"{"message": "Unknown Webhook", "code": 10015}"#),
        (404, r#"{"message": "Unknown interaction", "code": 10062}"#),
    ] {
        assert_eq!(
            parse_by_token(&answer(status, body)),
            Err(ServiceError::Expired),
            "{body}"
        );
    }
    let gone = r#"{"message": "Unknown Message", "code": 10008}"#;
    assert_eq!(
        parse_by_token(&answer(404, gone)),
        Err(ServiceError::NotFound)
    );
}

#[test]
fn each_status_says_what_can_be_done() {
    let of = |status, body: &str| match parse_sent(&answer(status, body)).unwrap_err() {
        ServiceError::RateLimited { retry_after } => format!("retry after {retry_after:?}"),
        other => other.to_string(),
    };
    insta::assert_snapshot!(of(400, r#"{"code": 50035, "message": "Invalid Form Body", "errors":
        {"embeds": {"0": {"title": {"_errors": [{"code": "BASE_TYPE_MAX_LENGTH", "message": "Must be 256 or fewer in length."}]}}}}}"#), @"refused: Discord finds fault with the request (50035): embeds.0.title: BASE_TYPE_MAX_LENGTH");
    insta::assert_snapshot!(of(400, r#"{"code": 50083, "message": "Thread is archived"}"#), @"refused: the thread is archived (50083)");
    insta::assert_snapshot!(of(400, r#"{"code": 50006, "message": "Cannot send an empty message"}"#), @"refused: Cannot send an empty message (50006)");
    insta::assert_snapshot!(of(401, r#"{"code": 0, "message": "401: Unauthorized"}"#), @"not authorised: Discord does not accept the bot token");
    insta::assert_snapshot!(of(403, r#"{"code": 50001, "message": "Missing Access"}"#), @"not authorised: the bot cannot see the channel (50001): it needs View Channel, Send Messages (in a thread: Send Messages in Threads), Embed Links and Attach Files there");
    insta::assert_snapshot!(of(403, r#"{"code": 50013, "message": "Missing Permissions"}"#), @"not authorised: the bot lacks a permission (50013): it needs View Channel, Send Messages (in a thread: Send Messages in Threads), Embed Links and Attach Files");
    insta::assert_snapshot!(of(404, r#"{"code": 10003, "message": "Unknown Channel"}"#), @"not found");
    insta::assert_snapshot!(of(429, r#"{"message": "You are being rate limited.", "retry_after": 0.65, "global": false}"#), @"retry after 650ms");
    insta::assert_snapshot!(of(502, "<html>\n<h1>Bad gateway</h1>"), @"unexpected answer, status 502: <html> <h1>Bad gateway</h1>");
    insta::assert_snapshot!(of(200, "[]"), @"unexpected answer, status 200: cannot read the answer: invalid length 0, expected struct Wire with 2 elements at line 1 column 2");
}

#[test]
fn a_rate_limit_from_the_proxy_in_front_has_only_a_header() {
    let response = answer_with(429, &[("Retry-After", "30")], "error code: 1015");
    let retry_after = Duration::from_secs(30);
    assert_eq!(
        parse_sent(&response),
        Err(ServiceError::RateLimited { retry_after })
    );
}

#[test]
fn deleting_what_is_gone_is_a_success_and_nothing_else_is() {
    assert_eq!(parse_deleted(&answer(204, "")), Ok(()));
    assert_eq!(
        parse_deleted(&answer(
            404,
            r#"{"code": 10008, "message": "Unknown Message"}"#
        )),
        Ok(())
    );
    let channel = answer(404, r#"{"code": 10003, "message": "Unknown Channel"}"#);
    assert_eq!(parse_deleted(&channel), Err(ServiceError::NotFound));
}

#[test]
fn a_thread_that_is_there_is_found_by_its_message() {
    let message = MessageId::new("2200");
    let made = parse_started_thread(&answer(201, r#"{"id": "2200", "type": 11}"#), &message);
    assert_eq!(made, Ok(Creation::Created(ChannelId::new("2200"))));
    let exists =
        r#"{"code": 160004, "message": "A thread has already been created for this message"}"#;
    let found = parse_started_thread(&answer(400, exists), &message).unwrap();
    assert_eq!(found, Creation::AlreadyExisted(ChannelId::new("2200")));
    assert_eq!(found.into_inner().as_str(), "2200");
}

#[test]
fn registered_commands_are_counted() {
    assert_eq!(
        parse_registered(&answer(
            200,
            r#"[{"id": "1", "name": "bugbot"}, {"id": "2"}]"#
        )),
        Ok(2)
    );
}
