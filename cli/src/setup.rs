//! `bugbot setup`: from zero to a running bot, step by step.
//!
//! Invariants: every step looks before it makes, so that setup can be given again at any time, goes
//! on where it stopped, and changes nothing that is as it should be; a secret's value reaches
//! wrangler through its standard input, never a command line, and is never shown.

mod config;
mod secrets;
mod sources;
mod wrangler;

use shared::checkup::Health;
use shared::http::Http;
use shared::ports::Clock;
use shared::secret::Secret;

pub(crate) use self::sources::Sources;
use self::wrangler::Wrangler;
use crate::args::{SetupArgs, SyncArgs, To};
use crate::outcome::{Done, Exit, Failure};
use crate::{commands, doctor};

/// What a step did.
#[derive(Debug, serde::Serialize)]
#[serde(rename_all = "camelCase")]
struct Step {
    #[serde(rename = "step")]
    name: &'static str,
    state: State,
    what: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
enum State {
    /// It was as it should be.
    Unchanged,
    /// It is now.
    Done,
    /// It would be made.
    WouldDo,
    /// It was not asked for, or cannot be done yet.
    Skipped,
}

pub(crate) async fn run<P: Http + Clock>(
    to: &To,
    args: &SetupArgs,
    ports: &P,
) -> Result<Done, Failure> {
    let mut setup = Setup {
        to,
        args,
        ports,
        wrangler: Wrangler::beside(&args.config),
        steps: Vec::new(),
    };
    match setup.all().await {
        Ok(()) => Ok(Done::new(setup.text(), &setup.steps)),
        Err(failure) if setup.steps.is_empty() => Err(failure),
        Err(failure) => {
            // What was done is worth knowing: the next time goes on from there.
            let message = format!("setup stopped\n\n{}\n{}", setup.text(), failure.message);
            Err(Failure { message, ..failure })
        }
    }
}

struct Setup<'a, P> {
    to: &'a To,
    args: &'a SetupArgs,
    ports: &'a P,
    wrangler: Wrangler,
    steps: Vec<Step>,
}

impl<P: Http + Clock> Setup<'_, P> {
    async fn all(&mut self) -> Result<(), Failure> {
        let mut sources = Sources::read(&self.args.secrets, &self.args.config)?;
        sources.complain()?;
        self.account()?;
        self.namespace()?;
        self.queues()?;
        self.variables(&sources)?;
        self.random(&mut sources)?;
        self.credentials(&sources).await?;
        self.secrets(&sources)?;
        self.commands(&sources).await?;
        self.deploy()?;
        self.doctor(&sources).await
    }

    fn account(&mut self) -> Result<(), Failure> {
        let accounts = self.wrangler.accounts()?;
        self.say("account", State::Unchanged, accounts);
        Ok(())
    }

    fn namespace(&mut self) -> Result<(), Failure> {
        const STEP: &str = "key-value store";
        let mut config = config::Config::read(&self.args.config)?;
        if let Some(id) = config.namespace()? {
            self.say(STEP, State::Unchanged, format!("{id} is in wrangler.toml"));
            return Ok(());
        }
        let found = self.wrangler.namespace(config::NAMESPACE)?;
        if self.args.dry_run {
            let what = match found {
                Some(id) => format!("{id} would be put into wrangler.toml"),
                None => format!("{} would be made", config::NAMESPACE),
            };
            self.say(STEP, State::WouldDo, what);
            return Ok(());
        }
        let id = match found {
            Some(id) => id,
            None => self.wrangler.make_namespace(config::NAMESPACE)?,
        };
        config.set_namespace(&id)?;
        config.write()?;
        self.say(STEP, State::Done, format!("{id} is in wrangler.toml now"));
        Ok(())
    }

    fn queues(&mut self) -> Result<(), Failure> {
        let config = config::Config::read(&self.args.config)?;
        for queue in config.queues()? {
            if self.wrangler.has_queue(&queue)? {
                self.say("queue", State::Unchanged, format!("{queue} is there"));
            } else if self.args.dry_run {
                self.say("queue", State::WouldDo, format!("{queue} would be made"));
            } else {
                self.wrangler.make_queue(&queue)?;
                self.say("queue", State::Done, format!("{queue} is made"));
            }
        }
        Ok(())
    }

    fn variables(&mut self, sources: &Sources) -> Result<(), Failure> {
        const STEP: &str = "variables";
        let mut config = config::Config::read(&self.args.config)?;
        let changed = config.set_variables(sources.given())?;
        let names = changed.join(", ");
        if changed.is_empty() {
            self.say(STEP, State::Unchanged, "wrangler.toml has them".to_owned());
        } else if self.args.dry_run {
            self.say(
                STEP,
                State::WouldDo,
                format!("{names} would be put into wrangler.toml"),
            );
        } else {
            config.write()?;
            self.say(
                STEP,
                State::Done,
                format!("{names} are in wrangler.toml now"),
            );
        }
        Ok(())
    }

    /// Some secrets are nobody's to make up: they are made here, and kept with the others.
    fn random(&mut self, sources: &mut Sources) -> Result<(), Failure> {
        const STEP: &str = "random secrets";
        let file = self.args.secrets.display().to_string();
        let missing = sources.missing();
        let names = missing.join(", ");
        if missing.is_empty() {
            self.say(STEP, State::Unchanged, format!("are in {file}"));
        } else if self.args.dry_run {
            let what = format!("{names} would be made and added to {file}");
            self.say(STEP, State::WouldDo, what);
        } else {
            for name in missing {
                sources.add_random(name)?;
            }
            let what = format!("{names}: made, and added to {file}");
            self.say(STEP, State::Done, what);
        }
        Ok(())
    }

    /// Before anything of them is set: a wrong key is found here and not by a user.
    async fn credentials(&mut self, sources: &Sources) -> Result<(), Failure> {
        let checks = doctor::try_credentials(sources, self.ports).await;
        let bad: Vec<_> = checks
            .into_iter()
            .filter(|it| it.health == Health::Fail)
            .collect();
        if bad.is_empty() {
            let what = "every service lets bugbot in".to_owned();
            self.say("credentials", State::Unchanged, what);
            return Ok(());
        }
        let lines = doctor::shown(&bad).text;
        Err(
            Failure::new(Exit::Refused, format!("credentials:\n{lines}")).with_fix(format!(
                "Mend them in {} and give setup again.",
                self.args.secrets.display()
            )),
        )
    }

    fn secrets(&mut self, sources: &Sources) -> Result<(), Failure> {
        for environment in secrets::ENVIRONMENTS {
            let values = sources.secrets_of(environment);
            let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
            let names = names.join(", ");
            if self.args.dry_run {
                let what = format!("{environment} would get {names}");
                self.say("secrets", State::WouldDo, what);
            } else {
                self.wrangler.set_secrets(environment, &values)?;
                self.say("secrets", State::Done, format!("{environment} has {names}"));
            }
        }
        Ok(())
    }

    async fn commands(&mut self, sources: &Sources) -> Result<(), Failure> {
        let base = shared::discord::client::DEFAULT_BASE.to_owned();
        let sync = SyncArgs {
            token: sources.gateway("DISCORD_BOT_TOKEN").map(Secret::new),
            guild: self.args.guild.clone(),
            dry_run: self.args.dry_run,
            api_url: sources.consumer("DISCORD_API_URL").unwrap_or(base),
        };
        let done = commands::sync(&sync, self.ports).await?;
        let what = done.text.lines().last().unwrap_or_default().to_owned();
        let differs = done.json["drift"]
            .as_array()
            .is_some_and(|it| !it.is_empty());
        let state = match (commands::changed(&done), differs) {
            (true, _) => State::Done,
            (false, true) => State::WouldDo,
            (false, false) => State::Unchanged,
        };
        self.say("commands", state, what);
        Ok(())
    }

    fn deploy(&mut self) -> Result<(), Failure> {
        const STEP: &str = "deployment";
        if !self.args.deploy {
            let what = "not asked for: `cargo xtask deploy`, or --deploy".to_owned();
            self.say(STEP, State::Skipped, what);
        } else if self.args.dry_run {
            self.say(
                STEP,
                State::WouldDo,
                "both workers would be deployed".to_owned(),
            );
        } else {
            self.wrangler.deploy()?;
            self.say(STEP, State::Done, "both workers are deployed".to_owned());
        }
        Ok(())
    }

    async fn doctor(&mut self, sources: &Sources) -> Result<(), Failure> {
        const STEP: &str = "doctor";
        if self.args.dry_run || self.to.url.is_none() {
            let what = "`bugbot doctor` looks at the whole once BUGBOT_URL is set".to_owned();
            self.say(STEP, State::Skipped, what);
            return Ok(());
        }
        let token = sources.gateway(secrets::OPERATOR_TOKEN).map(Secret::new);
        let checks = doctor::from_there_as(self.to, token.as_ref(), self.ports).await?;
        let bad: Vec<_> = checks
            .into_iter()
            .filter(|it| it.health == Health::Fail)
            .collect();
        if bad.is_empty() {
            self.say(STEP, State::Unchanged, "found nothing to mend".to_owned());
            return Ok(());
        }
        Err(Failure::failed(format!(
            "doctor:\n{}",
            doctor::shown(&bad).text
        )))
    }

    fn say(&mut self, name: &'static str, state: State, what: String) {
        self.steps.push(Step { name, state, what });
    }

    fn text(&self) -> String {
        let line = |step: &Step| {
            let mark = match step.state {
                State::Unchanged => "ok",
                State::Done => "done",
                State::WouldDo => "would",
                State::Skipped => "--",
            };
            format!("{mark:5}  {:16}  {}\n", step.name, step.what)
        };
        self.steps.iter().map(line).collect()
    }
}
