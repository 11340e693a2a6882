//! An oracle by others: every payload must be what twilight, a library of Discord bots, reads.

use twilight_model::application::interaction::application_command::CommandOptionValue;
use twilight_model::application::interaction::modal::ModalInteractionComponent;
use twilight_model::application::interaction::{Interaction, InteractionData, InteractionType};
use twilight_model::channel::{Channel, Message};

use super::*;
use crate::discord::Act;

fn read(payload: &Value) -> Interaction {
    serde_json::from_value(payload.clone()).unwrap_or_else(|e| panic!("{e}: {payload:#}"))
}

impl World {
    fn interaction(&self, act: impl Into<Act>) -> Interaction {
        read(&self.discord.interaction(&self.alice, &self.thread, act))
    }
}

#[test]
fn a_ping_reads() {
    assert_eq!(
        read(&World::new().discord.ping()).kind,
        InteractionType::Ping
    );
}

#[test]
fn a_slash_command_reads_with_its_typed_options() {
    let slash = Act::slash("bugbot fix")
        .option("issue", "ENG-1")
        .option("tries", 3)
        .option("draft", true);
    let world = World::new();
    let interaction = world.interaction(slash);
    assert_eq!(interaction.kind, InteractionType::ApplicationCommand);
    assert_eq!(
        interaction.author_id().unwrap().to_string(),
        world.alice.as_str()
    );
    let channel = interaction.channel.unwrap();
    assert!(channel.kind.is_thread());
    assert_eq!(channel.parent_id.unwrap().to_string(), world.bugs.as_str());
    let Some(InteractionData::ApplicationCommand(data)) = interaction.data else {
        panic!("a command")
    };
    let CommandOptionValue::SubCommand(options) = &data.options[0].value else {
        panic!("a subcommand")
    };
    let values: Vec<_> = options.iter().map(|o| &o.value).collect();
    assert!(matches!(values[0], CommandOptionValue::String(s) if s == "ENG-1"));
    assert!(matches!(values[1], CommandOptionValue::Integer(3)));
    assert!(matches!(values[2], CommandOptionValue::Boolean(true)));
}

#[test]
fn typing_into_an_option_reads_as_focused() {
    let interaction = World::new().interaction(Act::slash("bugbot fix").typing("issue", "EN"));
    assert_eq!(
        interaction.kind,
        InteractionType::ApplicationCommandAutocomplete
    );
    let Some(InteractionData::ApplicationCommand(data)) = interaction.data else {
        panic!("a command")
    };
    let CommandOptionValue::SubCommand(options) = &data.options[0].value else {
        panic!("a subcommand")
    };
    assert!(matches!(&options[0].value, CommandOptionValue::Focused(text, _) if text == "EN"));
}

#[test]
fn a_message_command_reads_with_its_target() {
    let world = World::new();
    let report = world.discord.say(&world.thread, &world.alice, "It crashes");
    let interaction = world.interaction(Act::menu("Fix this bug", &report));
    let Some(InteractionData::ApplicationCommand(data)) = interaction.data else {
        panic!("a command")
    };
    let target = data.target_id.unwrap();
    assert_eq!(target.to_string(), report.as_str());
    assert_eq!(
        data.resolved.unwrap().messages[&target.cast()].content,
        "It crashes"
    );
}

#[tokio::test]
async fn a_button_and_a_form_read() {
    let world = World::new();
    let row = json!([{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "go"}]}]);
    let (_, message) = world
        .post(
            &world.messages_path(),
            quiet(json!({"content": "x", "components": row})),
        )
        .await;
    let id: shared::id::MessageId = message["id"].as_str().unwrap().into();
    let press = world.interaction(Act::press(&id, "go"));
    let callback = format!("/interactions/{}/{}/callback", press.id, press.token);
    assert_eq!(press.message.unwrap().id.to_string(), id.as_str());
    let input = json!({"type": 4, "style": 2, "custom_id": "why"});
    let label = json!({"type": 18, "label": "Why?", "component": input});
    let form = json!({"custom_id": "form", "title": "Tell me", "components": [label]});
    world
        .post(&callback, json!({"type": 9, "data": form}))
        .await;
    let fields = vec![("why".to_owned(), "because".to_owned())];
    let submit = world.interaction(Act::Submit {
        custom_id: "form".to_owned(),
        fields,
        from: Some(id),
    });
    assert_eq!(submit.kind, InteractionType::ModalSubmit);
    let Some(InteractionData::ModalSubmit(sent)) = submit.data else {
        panic!("a form")
    };
    let ModalInteractionComponent::Label(label) = &sent.components[0] else {
        panic!("a label")
    };
    let ModalInteractionComponent::TextInput(input) = &*label.component else {
        panic!("an input")
    };
    assert_eq!(
        (input.custom_id.as_str(), input.value.as_str()),
        ("why", "because")
    );
}

#[test]
fn a_command_in_a_direct_conversation_reads() {
    let world = World::new();
    let direct = world.discord.direct(&world.alice);
    let interaction = read(&world.discord.interaction(
        &world.alice,
        &direct,
        Act::slash("bugbot help"),
    ));
    assert!(interaction.is_dm());
    assert_eq!(interaction.guild_id, None);
}

#[tokio::test]
async fn messages_and_channels_read() {
    let world = World::new();
    let report = world.discord.say(&world.bugs, &world.alice, "It crashes");
    let thread = world
        .discord
        .thread_from(&world.bugs, &report, "Crash", &world.alice);
    for channel in [&world.bugs, &thread] {
        let (_, page) = world.get(&format!("/channels/{channel}/messages")).await;
        let messages: Vec<Message> = serde_json::from_value(page).unwrap();
        assert_eq!(messages.len(), 1);
        let (_, json) = world.get(&format!("/channels/{channel}")).await;
        serde_json::from_value::<Channel>(json).unwrap();
    }
}
