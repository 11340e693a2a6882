use serde_json::{Value, json};

use super::*;

fn body(message: &Message) -> Value {
    serde_json::to_value(message).unwrap()
}

#[test]
fn an_empty_message_still_mentions_nobody() {
    let text = serde_json::to_string(&Message::default()).unwrap();
    insta::assert_snapshot!(text, @r#"{"content":"","embeds":[],"components":[],"attachments":[],"allowed_mentions":{"parse":[]}}"#);
}

#[test]
fn a_full_message_reads_as_discord_documents_it() {
    let message = Message::text("Working on it")
        .with_embed(
            Embed::titled("ENG-1")
                .with_url("https://linear.app/acme/issue/ENG-1")
                .with_description("Login fails")
                .with_color(Color::WORKING)
                .with_field("Reporter", "Ada")
                .with_inline_field("Recordings", "2")
                .with_footer("bugbot")
                .with_timestamp("2026-01-02T03:04:05Z".parse().unwrap()),
        )
        .with_buttons([
            Button::action(ButtonStyle::Primary, "Fix", "fix:1").unwrap(),
            Button::link("Issue", "https://linear.app/acme/issue/ENG-1")
                .unwrap()
                .disabled(),
        ])
        .with_file(Attachment::text("run.log", "…"))
        .ephemeral()
        .without_previews()
        .with_nonce("job 1, first message");
    let text = serde_json::to_string_pretty(&message.for_create()).unwrap();
    insta::assert_snapshot!(text, @r#"
    {
      "content": "Working on it",
      "embeds": [
        {
          "title": "ENG-1",
          "url": "https://linear.app/acme/issue/ENG-1",
          "description": "Login fails",
          "color": 5793266,
          "fields": [
            {
              "name": "Reporter",
              "value": "Ada",
              "inline": false
            },
            {
              "name": "Recordings",
              "value": "2",
              "inline": true
            }
          ],
          "footer": {
            "text": "bugbot"
          },
          "timestamp": "2026-01-02T03:04:05Z"
        }
      ],
      "components": [
        {
          "type": 1,
          "components": [
            {
              "type": 2,
              "style": 1,
              "custom_id": "fix:1",
              "label": "Fix"
            },
            {
              "type": 2,
              "style": 5,
              "url": "https://linear.app/acme/issue/ENG-1",
              "label": "Issue",
              "disabled": true
            }
          ]
        }
      ],
      "attachments": [
        {
          "id": 0,
          "filename": "run.log"
        }
      ],
      "allowed_mentions": {
        "parse": []
      },
      "flags": 68,
      "nonce": "a89d3c76298e7a27640cf4a8",
      "enforce_nonce": true
    }
    "#);
}

#[test]
fn only_a_channel_message_carries_a_nonce_and_only_a_new_one_is_ephemeral() {
    let message = Message::text("x")
        .ephemeral()
        .without_previews()
        .with_nonce("key");
    let edit = serde_json::to_value(message.for_edit()).unwrap();
    assert_eq!(edit["flags"], SUPPRESS_EMBEDS);
    assert_eq!(
        (edit.get("nonce"), body(&message).get("nonce")),
        (None, None)
    );
    let create = serde_json::to_value(message.for_create()).unwrap();
    assert_eq!(create["enforce_nonce"], true);
    assert!(create["nonce"].as_str().unwrap().len() <= MAX_NONCE_CHARS);
}

#[test]
fn the_nonce_depends_on_the_key_alone() {
    let nonce = |text: &str, key: &str| {
        serde_json::to_value(Message::text(text).with_nonce(key).for_create()).unwrap()["nonce"]
            .clone()
    };
    assert_eq!(nonce("a", "k"), nonce("b", "k"));
    assert_ne!(nonce("a", "k"), nonce("a", "l"));
}

#[test]
fn each_part_is_shortened_to_its_limit() {
    let long = "é".repeat(10_000);
    let message = Message::text(&long).with_embed(
        Embed::titled(&long)
            .with_field(&long, &long)
            .with_footer(&long),
    );
    let body = body(&message);
    for (pointer, max) in [
        ("/content", MAX_CONTENT_CHARS),
        ("/embeds/0/title", MAX_TITLE_CHARS),
        ("/embeds/0/fields/0/name", MAX_FIELD_NAME_CHARS),
        ("/embeds/0/fields/0/value", MAX_FIELD_VALUE_CHARS),
        ("/embeds/0/footer/text", MAX_FOOTER_CHARS),
    ] {
        let chars = body
            .pointer(pointer)
            .unwrap()
            .as_str()
            .unwrap()
            .chars()
            .count();
        // The note has a digit less than there was room for, at most.
        assert!((max - 1..=max).contains(&chars), "{pointer}: {chars}");
    }
}

#[test]
fn fields_beyond_the_twenty_fifth_are_counted_in_the_last_one() {
    let embed = (0..30).fold(Embed::titled("t"), |embed, n| {
        embed.with_field(n.to_string(), "v")
    });
    let body = body(&Message::embed(embed));
    let fields = body["embeds"][0]["fields"].as_array().unwrap();
    assert_eq!(fields.len(), MAX_FIELDS);
    assert_eq!(
        fields[24],
        json!({"name": "…", "value": "6 more did not fit", "inline": false})
    );
}

#[test]
fn embeds_stay_within_the_limit_together_and_what_is_missing_shows() {
    let big = || {
        Embed::titled("t")
            .with_description("d".repeat(4_096))
            .with_field("n", "v".repeat(500))
    };
    let message = (0..3).fold(Message::text("x".repeat(2_000)), |message, _| {
        message.with_embed(big())
    });
    let together: usize = message.embeds.iter().map(Embed::chars).sum();
    assert!(together <= MAX_EMBED_CHARS_TOGETHER, "{together}");
    let body = body(&message);
    assert!(
        body["embeds"][1]["description"]
            .as_str()
            .unwrap()
            .contains("more characters")
    );
    let content = body["content"].as_str().unwrap();
    assert!(
        content.ends_with("did not fit and is not shown."),
        "{content}"
    );
    assert!(content.chars().count() <= MAX_CONTENT_CHARS);
}

#[test]
fn an_eleventh_embed_and_a_twenty_sixth_button_are_left_out_visibly() {
    let embeds = (0..11).fold(Message::default(), |m, n| {
        m.with_embed(Embed::titled(n.to_string()))
    });
    assert_eq!(embeds.embeds.len(), MAX_EMBEDS);
    assert!(embeds.content().contains("did not fit"));
    let button = |n: usize| Button::action(ButtonStyle::Secondary, "b", n.to_string()).unwrap();
    let buttons = Message::default().with_buttons((0..26).map(button));
    assert!(buttons.content().contains("did not fit"));
    let rows = body(&buttons)["components"].as_array().unwrap().len();
    assert_eq!(rows, 5);
}

#[test]
fn what_cannot_be_shortened_is_refused() {
    let action = |id: String| Button::action(ButtonStyle::Danger, "x", id);
    assert_eq!(action("i".repeat(101)), Err(LimitExceeded::CustomId));
    assert_eq!(action(String::new()), Err(LimitExceeded::CustomId));
    assert!(action("i".repeat(100)).is_ok());
    for url in [
        "javascript:alert(1)",
        "example.com",
        &format!("https://a/{}", "x".repeat(512)),
    ] {
        assert_eq!(Button::link("x", url), Err(LimitExceeded::Url));
    }
}

#[test]
fn an_empty_field_is_filled_with_what_discord_takes() {
    let body = body(&Message::embed(Embed::titled("t").with_field(" ", "")));
    let empty = json!({"name": "\u{200b}", "value": "\u{200b}", "inline": false});
    assert_eq!(body["embeds"][0]["fields"][0], empty);
}

#[test]
fn an_embed_with_an_unusable_address_keeps_its_title() {
    let body = body(&Message::embed(
        Embed::titled("t").with_url("javascript:alert(1)"),
    ));
    assert_eq!(body["embeds"], json!([{"title": "t"}]));
}
