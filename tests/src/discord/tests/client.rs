//! The product's own client against the fake: they were written from the same documents, apart.

use shared::discord::client::{DEFAULT_BASE, DiscordClient};
use shared::discord::message::{Attachment, Button, ButtonStyle, Embed, Message};
use shared::secret::Secret;
use shared::service::{Creation, ServiceError};

use super::*;
use crate::discord::{Act, Denied};
use crate::fault::Fault;

impl World {
    fn client(&self) -> DiscordClient<Wired> {
        DiscordClient::new(self.http.clone(), DEFAULT_BASE, &self.discord.bot_token()).unwrap()
    }

    /// An interaction that was answered "deferred".
    async fn deferred(&self) -> Secret {
        let payload = self
            .discord
            .interaction(&self.alice, &self.thread, Act::slash("bugbot fix"));
        let token = payload["token"].as_str().unwrap();
        let path = format!(
            "/interactions/{}/{token}/callback",
            payload["id"].as_str().unwrap()
        );
        assert_eq!(self.post(&path, json!({"type": 5})).await.0, 204);
        Secret::new(token)
    }
}

#[tokio::test]
async fn the_client_reads_and_writes_a_thread() {
    let world = World::new();
    let client = world.client();
    world
        .discord
        .converse(&world.thread, &[("Alice", "It crashes"), ("Bob", "Same")]);
    let read = client.messages(&world.thread, 10, None).await.unwrap();
    let read: Vec<_> = read
        .iter()
        .map(|m| (m.author_name.as_str(), m.content.as_str()))
        .collect();
    assert_eq!(read, [("Alice", "It crashes"), ("Bob", "Same")]);

    let message = Message::text("working").with_nonce("job-1");
    let first = client
        .create_message(&world.thread, &message)
        .await
        .unwrap();
    let again = client
        .create_message(&world.thread, &message)
        .await
        .unwrap();
    assert_eq!(first.id, again.id);

    let done = Message::text("done").with_file(Attachment::text("fix.diff", "+ fixed\n"));
    client
        .edit_message(&world.thread, &first.id, &done)
        .await
        .unwrap();
    assert_eq!(
        world.discord.attachment(&first.id, "fix.diff").unwrap(),
        b"+ fixed\n"
    );
    client
        .delete_message(&world.thread, &first.id)
        .await
        .unwrap();
    client
        .delete_message(&world.thread, &first.id)
        .await
        .unwrap();
    assert!(world.discord.said_by_bot(&world.thread).is_empty());
    world.discord.finish();
}

#[tokio::test]
async fn the_client_answers_an_interaction_while_its_token_lives() {
    let world = World::new();
    let (client, application) = (world.client(), world.discord.application());
    let token = world.deferred().await;
    let message = Message::text("Found it")
        .with_embed(Embed::titled("ENG-1"))
        .with_buttons([Button::action(ButtonStyle::Danger, "Cancel", "cancel:1").unwrap()]);
    let sent = client
        .edit_original(&application, &token, &message)
        .await
        .unwrap();
    client
        .follow_up(&application, &token, &Message::text("psst").ephemeral())
        .await
        .unwrap();
    client
        .edit_message(&world.thread, &sent.id, &Message::text("by the bot"))
        .await
        .unwrap();

    world.discord.expire_tokens();
    let late = client.edit_original(&application, &token, &message).await;
    assert_eq!(late.unwrap_err(), ServiceError::Expired);
    world.discord.finish();
}

#[tokio::test]
async fn the_client_names_what_can_be_done_about_a_refusal() {
    let world = World::new();
    let client = world.client();
    let hello = Message::text("hello");
    world.discord.deny(&world.thread, Some(Denied::Sending));
    let denied = client.create_message(&world.thread, &hello).await;
    assert!(matches!(denied, Err(ServiceError::Unauthorized(_))));
    world.discord.deny(&world.thread, None);
    let missing = client.create_message(&ChannelId::new("1"), &hello).await;
    assert_eq!(missing.unwrap_err(), ServiceError::NotFound);

    let retry_after = Duration::from_millis(1_500);
    world
        .discord
        .fail_next("*", Fault::RateLimit { retry_after }, 1);
    let limited = client.create_message(&world.thread, &hello).await;
    assert_eq!(
        limited.unwrap_err(),
        ServiceError::RateLimited { retry_after }
    );
    world.discord.fail_next("*", Fault::AfterEffect(500), 1);
    let failed = client.create_message(&world.thread, &hello).await;
    assert!(matches!(
        failed,
        Err(ServiceError::Unexpected { status: 500, .. })
    ));
    assert_eq!(world.discord.said_by_bot(&world.thread).len(), 1);
    world.discord.finish();
}

#[tokio::test]
async fn the_client_starts_a_thread_and_finds_it_again() {
    let world = World::new();
    let report = world.discord.say(&world.bugs, &world.alice, "It crashes");
    let client = world.client();
    let first = client
        .start_thread(&world.bugs, &report, "It crashes")
        .await;
    let second = client.start_thread(&world.bugs, &report, "Again").await;
    let thread = ChannelId::new(report.as_str());
    assert_eq!(first.unwrap(), Creation::Created(thread.clone()));
    assert_eq!(second.unwrap(), Creation::AlreadyExisted(thread));
    world.discord.finish();
}
