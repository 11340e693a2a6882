//! `bugbot commands sync`, against a fake that checks commands as Discord does.

use serde_json::json;
use tests::clock::TestClock;
use tests::discord::{API_PATH, Discord};
use tests::fake::Served;

use crate::stage::{Ran, program, ran};

struct Stage {
    discord: Discord,
    served: Served,
}

impl Stage {
    async fn new() -> Self {
        let discord = Discord::new(TestClock::system());
        let served = Served::start(discord.router()).await.unwrap();
        Self { discord, served }
    }

    async fn sync(&self, token: &str, more: &[&str]) -> Ran {
        let mut command = program(&[&["commands", "sync"], more].concat());
        command.env("DISCORD_BOT_TOKEN", token).env(
            "DISCORD_API_URL",
            format!("{}{API_PATH}", self.served.origin()),
        );
        ran(&mut command).await
    }

    fn token(&self) -> String {
        self.discord.bot_token().expose().to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_are_registered_once_and_a_repeat_changes_nothing() {
    let stage = Stage::new().await;
    let token = stage.token();
    let dry = stage.sync(&token, &["--dry-run"]).await.done();
    assert!(
        dry.contains("+ bugbot: ") && dry.ends_with("this was a dry run.\n"),
        "{dry}"
    );
    assert!(stage.discord.commands(None).is_empty());

    let first = stage.sync(&token, &[]).await.done();
    assert!(
        first.ends_with("3 commands of bugbot are registered everywhere.\n"),
        "{first}"
    );
    let puts = || stage.discord.requests_to("PUT /**").len();
    assert_eq!(puts(), 1);
    let second = stage.sync(&token, &[]).await.done();
    assert_eq!(
        second,
        "The commands of bugbot everywhere are those of this version.\n"
    );
    assert_eq!(puts(), 1, "nothing differed");
    let json = stage.sync(&token, &["--json"]).await.json();
    assert_eq!(
        (&json["changed"], &json["drift"]),
        (&json!(false), &json!([]))
    );
    stage.discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_its_own_has_its_own_commands() {
    let stage = Stage::new().await;
    let guild = stage.discord.guild();
    let said = stage
        .sync(&stage.token(), &["--guild", guild.as_str()])
        .await
        .done();
    assert!(
        said.ends_with(&format!("are registered in server {guild}.\n")),
        "{said}"
    );
    assert!(stage.discord.commands(None).is_empty());
    assert_eq!(stage.discord.commands(Some(&guild)).len(), 3);
    stage.discord.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_token_is_refused_and_none_is_asked_for() {
    let stage = Stage::new().await;
    let wrong = stage.sync("wrong", &[]).await;
    assert_eq!(wrong.code, 4);
    assert!(
        wrong.err.contains("not authorised") && wrong.err.contains("DISCORD_BOT_TOKEN"),
        "{}",
        wrong.err
    );
    let none = stage.sync("", &["--json"]).await;
    assert_eq!(none.code, 4);
    insta::assert_snapshot!(none.out, @r#"
    {
      "error": {
        "code": "refused",
        "fix": "Set DISCORD_BOT_TOKEN to the token from the application's Bot page.",
        "message": "there is no bot token"
      }
    }
    "#);
    stage.discord.take_violations();
}
