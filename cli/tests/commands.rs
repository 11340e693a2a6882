//! Registering the commands, over a real socket, with a fake that checks them as Discord does.

use bugbot_cli::commands::Register;
use bugbot_cli::net::Net;
use shared::secret::Secret;
use tests::clock::TestClock;
use tests::discord::{API_PATH, Discord};
use tests::fake::Served;

fn register(discord: &Discord, at: &Served) -> Register {
    Register {
        application: discord.application().to_string(),
        token: discord.bot_token(),
        guild: None,
        dry_run: false,
        api_url: format!("{}{API_PATH}", at.origin()),
    }
}

#[tokio::test]
async fn the_commands_are_registered_and_a_repeat_changes_nothing() {
    let discord = Discord::new(TestClock::system());
    let served = Served::start(discord.router()).await.unwrap();
    let net = Net::new().unwrap();
    for _ in 0..2 {
        let said = register(&discord, &served).run(&net).await.unwrap();
        assert_eq!(said, "3 commands are registered everywhere.");
    }
    let names: Vec<_> = discord
        .commands(None)
        .iter()
        .map(|command| command["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["bugbot", "Add context", "Fix this bug"]);
    discord.finish();
}

#[tokio::test]
async fn a_dry_run_shows_them_and_registers_nothing() {
    let discord = Discord::new(TestClock::system());
    let served = Served::start(discord.router()).await.unwrap();
    let register = Register {
        dry_run: true,
        ..register(&discord, &served)
    };
    let shown = register.run(&Net::new().unwrap()).await.unwrap();
    assert!(shown.contains("\"Fix this bug\""));
    assert!(discord.commands(None).is_empty());
}

#[tokio::test]
async fn a_wrong_token_is_said_so() {
    let discord = Discord::new(TestClock::system());
    let served = Served::start(discord.router()).await.unwrap();
    let register = Register {
        token: Secret::new("wrong"),
        ..register(&discord, &served)
    };
    let error = register.run(&Net::new().unwrap()).await.unwrap_err();
    assert!(format!("{error:#}").contains("not authorised"), "{error:#}");
    discord.take_violations();
}
