//! The shapes against Discord's published OpenAPI. The file is 1.2 MB and not part of the
//! repository: the check runs where `shared/specs/discord-openapi.json` lies beside one of the
//! folders above, or where `DISCORD_OPENAPI` names it.

use std::path::{Path, PathBuf};

use super::*;

struct Published(Value);

impl Published {
    fn load() -> Option<Self> {
        let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors();
        let mut beside = above.map(|dir| dir.join("shared/specs/discord-openapi.json"));
        let named = std::env::var_os("DISCORD_OPENAPI").map(PathBuf::from);
        let Some(path) = named.or_else(|| beside.find(|path| path.is_file())) else {
            println!("skipped: Discord's OpenAPI is not here; set DISCORD_OPENAPI to its path");
            return None;
        };
        let text = std::fs::read_to_string(path).unwrap();
        Some(Self(serde_json::from_str(&text).unwrap()))
    }

    #[track_caller]
    fn check(&self, schema: &str, value: &Value) {
        let root = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$ref": format!("#/components/schemas/{schema}"),
            "components": self.0["components"],
        });
        let validator = jsonschema::validator_for(&root).unwrap();
        let errors: Vec<_> = validator
            .iter_errors(value)
            .map(|e| format!("{}: {e}", e.instance_path()))
            .collect();
        assert!(errors.is_empty(), "{schema}: {errors:#?}\n{value:#}");
    }
}

#[tokio::test]
async fn responses_have_the_published_shapes() {
    let Some(published) = Published::load() else {
        return;
    };
    let world = World::new();
    let report = world.discord.say(&world.bugs, &world.alice, "It crashes");
    let thread = world
        .discord
        .thread_from(&world.bugs, &report, "Crash", &world.alice);
    let row = json!([{"type": 1, "components": [
        {"type": 2, "style": 1, "label": "Go", "custom_id": "go"},
        {"type": 2, "style": 5, "label": "Open", "url": "https://x.test/"},
    ]}]);
    let body = json!({
        "content": "Hello",
        "embeds": [{"title": "T", "url": "https://x.test/", "color": 1, "fields": [{"name": "n", "value": "v"}]}],
        "components": row,
        "nonce": "n-1",
        "enforce_nonce": true,
        "message_reference": {"message_id": report.as_str()},
    });
    let (_, message) = world
        .post(&format!("/channels/{}/messages", world.bugs), quiet(body))
        .await;
    published.check("MessageResponse", &message);
    for message in world
        .get(&format!("/channels/{thread}/messages"))
        .await
        .1
        .as_array()
        .unwrap()
    {
        published.check("MessageResponse", message);
    }
    published.check(
        "ThreadResponse",
        &world.get(&format!("/channels/{thread}")).await.1,
    );
    published.check(
        "GuildChannelResponse",
        &world.get(&format!("/channels/{}", world.bugs)).await.1,
    );
    published.check("UserPIIResponse", &world.get("/users/@me").await.1);
    published.check(
        "PrivateApplicationResponse",
        &world.get("/applications/@me").await.1,
    );

    let commands = format!("/applications/{}/commands", world.discord.application());
    let option = json!({"type": 3, "name": "issue", "description": "Which"});
    let slash = json!({"name": "bugbot", "description": "Fixes bugs", "options": [option]});
    let (_, stored) = world
        .call(
            Method::PUT,
            &commands,
            json!([slash, {"name": "Fix this", "type": 3}]),
        )
        .await;
    for command in stored.as_array().unwrap() {
        published.check("ApplicationCommandResponse", command);
    }

    let (_, unknown) = world.get("/channels/1/messages").await;
    published.check("ErrorResponse", &unknown);
    let (_, invalid) = world.post_text(&"x".repeat(2_001)).await;
    // Not `ErrorResponse`: that says that the codes of fields are numbers, and they never are.
    published.check("Error", &invalid);
    world.discord.fail_next(
        "*",
        crate::fault::Fault::RateLimit {
            retry_after: Duration::from_millis(1_500),
        },
        1,
    );
    let (_, mut limited) = world.get("/users/@me").await;
    // Required by the schema; the documentation has it optional, and the service leaves it out.
    limited["code"] = json!(0);
    published.check("RatelimitedResponse", &limited);
}
