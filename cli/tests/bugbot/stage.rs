//! What every test here starts: a world, its gateway on a socket, and the program.

use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tests::discord::Act;
use tests::sample;
use tests::world::{REPOSITORY, World};
use tokio::process::Command;
use tokio::task::LocalSet;

pub(crate) const SECOND: Duration = Duration::from_secs(1);

/// What the program did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// It worked, and this is what it said.
    pub(crate) fn done(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (0, ""), "{}", self.out);
        self.out
    }

    /// It worked, and this is its JSON.
    pub(crate) fn json(self) -> Value {
        let out = self.done();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}"))
    }
}

/// The program, without anything of this process's environment.
pub(crate) fn program(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bugbot"));
    command.args(args).env_clear().stdin(Stdio::null());
    command
}

pub(crate) async fn ran(command: &mut Command) -> Ran {
    let output = command.output().await.unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: text(output.stdout),
        err: text(output.stderr),
    }
}

/// A world with its gateway on a socket.
pub(crate) struct Stage {
    pub(crate) world: Rc<World>,
    pub(crate) url: String,
}

impl Stage {
    /// The program as operator `ann` gives it.
    pub(crate) fn program(&self, args: &[&str]) -> Command {
        let mut command = program(args);
        command
            .env("BUGBOT_URL", &self.url)
            .env("BUGBOT_OPERATOR_TOKEN", self.world.operator_token())
            .env("BUGBOT_OPERATOR", "ann");
        command
    }

    pub(crate) async fn bugbot(&self, args: &[&str]) -> Ran {
        ran(&mut self.program(args)).await
    }

    /// A `contextualize` that died because Linear broke down over it.
    pub(crate) async fn dead_letter(&self) -> String {
        let world = &self.world;
        world
            .linear
            .fail_next("*", tests::linear::Linear::internal_error(), 4);
        world.says("Alice", sample::REPORT);
        let before = world.kv_keys("dead:");
        let act = Act::slash("bugbot contextualize");
        world.command_and_wait("Alice", act).await;
        let mut keys = world.kv_keys("dead:");
        keys.retain(|key| !before.contains(key));
        keys.pop().unwrap().replace("dead:", "")
    }

    /// A fix that runs.
    pub(crate) async fn running_fix(&self) -> String {
        let world = &self.world;
        let works = tests::world::the_fix().taking(600 * SECOND);
        world.executor.play([works]);
        world.says("Alice", sample::REPORT);
        let fix = Act::slash("bugbot fix").option("repo", REPOSITORY);
        world.command("Alice", fix).await;
        world.run_for(6 * SECOND).await;
        world.only_job().to_string()
    }
}

/// Plays `story` on a stage with these variables.
pub(crate) async fn on_stage<F: Future<Output = ()>>(
    variables: &[(&str, &str)],
    story: impl FnOnce(Stage) -> F,
) {
    let world = World::with_settings(variables);
    let play = async {
        let (address, serving) = world.serve().await.unwrap();
        let url = format!("http://{address}");
        let world = world.clone();
        story(Stage { world, url }).await;
        serving.abort();
    };
    LocalSet::new().run_until(play).await;
}
