//! How a client comes by its key: a forge vouches for it.

use serde::Serialize;
use serde_json::{Value, json};
use shared::http::Http;
use shared::ports::Clock;
use shared::secret::Secret;

use super::access::Access;
use super::session::Session;
use super::{Drained, Hub};
use crate::config::Config;
use crate::error::{HubError, Trouble};
use crate::fields::Fields;
use crate::judge::{self, Verdict};
use crate::write::Write;

/// The hub's limits, in characters.
const MAX_FORGE_URL: usize = 500;
const MAX_FORGE_TOKEN: usize = 255;
const MAX_CLIENT_ID: usize = 64;

/// Who logs in where. What is `None` stays as it is in the configuration.
#[derive(Debug, Clone, Default)]
pub struct Login {
    /// Where the hub is.
    pub hub_url: Option<String>,
    /// Where the forge is.
    pub forge_url: Option<String>,
    /// The token by which the forge knows us.
    pub forge_token: Option<Secret>,
    /// What people are to call us.
    pub name: Option<String>,
}

/// The hub let us in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LoggedIn {
    /// Where.
    pub hub_url: String,
    /// Who the forge says we are.
    pub forge_user: Option<String>,
    /// The client's id.
    pub client_id: String,
    /// Its name.
    pub client_name: String,
}

impl<P: Http + Clock> Hub<P> {
    /// Gets a key with a forge's word for it, keeps it, and makes this client known. Where the hub
    /// does not answer, what was given is kept, and the next call logs in; where it refuses, nothing
    /// is changed.
    pub async fn login(&self, login: Login) -> Result<(LoggedIn, Drained), HubError> {
        let mut session = Session::open(self).await?;
        let old = session.config.clone();
        let config = &mut session.config;
        config.hub_url = login.hub_url.or(config.hub_url.take());
        config.forge_url = login.forge_url.or(config.forge_url.take());
        config.forge_token = login.forge_token.or(config.forge_token.take());
        config.client_name = login.name.or(config.client_name.take());
        if config.hub_url != old.hub_url {
            // Another hub's key is nobody's business.
            config.hub_token = None;
        }
        let hub_url = config.hub_url.clone();
        let access = Access::to(
            hub_url
                .as_deref()
                .ok_or(HubError::NotSetUp("it is not known where the hub is"))?,
        )?;
        vouching(&session.config)?;
        let asked = session.ask_for_key(&access).await;
        let unheard = |why: &Trouble| !matches!(why, Trouble::LockedOut(_));
        match &asked {
            Err(HubError::NoAnswer(why)) if unheard(why) => session.save_config()?,
            Err(_) => {}
            Ok(_) => session.save_config()?,
        }
        let answer = asked?;
        let logged_in = LoggedIn {
            hub_url: hub_url.unwrap_or_default(),
            forge_user: forge_user(&answer),
            client_id: session.client_id().to_owned(),
            client_name: session.config.name(),
        };
        session.put_registration()?;
        let mut drained = session.drain().await?;
        if drained.stopped.is_none() {
            // The registration itself was not waiting for anything.
            drained.settled.pop();
        }
        Ok((logged_in, drained))
    }
}

/// Forge and token, within the hub's limits.
fn vouching(config: &Config) -> Result<(&str, &Secret), HubError> {
    let missing = |what| HubError::NotSetUp(what);
    let url = config.forge_url.as_deref();
    let url = url.ok_or(missing("it is not known which forge vouches for us"))?;
    let token = config.forge_token.as_ref();
    let token = token.ok_or(missing("there is no token of the forge"))?;
    let id = config.client_id.as_deref().unwrap_or_default();
    for (what, text, max) in [
        ("the forge's address", url, MAX_FORGE_URL),
        ("the forge's token", token.expose(), MAX_FORGE_TOKEN),
        ("the client's id", id, MAX_CLIENT_ID),
    ] {
        if text.chars().count() > max {
            return Err(HubError::Invalid(format!(
                "{what} is longer than {max} characters"
            )));
        }
    }
    Ok((url, token))
}

fn forge_user(answer: &Value) -> Option<String> {
    let user = Fields::of_all([answer]).text(&["forge_user"]);
    let named = || Fields::of_all(answer.get("forge_user")).text(&["login", "name", "full_name"]);
    user.or_else(named)
}

impl<P: Http + Clock> Session<'_, P> {
    /// Replaces a key that is not good, once: forgets it, asks for another, and makes this client
    /// known again.
    pub(super) async fn renew(&mut self, words: String) -> Result<(), HubError> {
        if self.config.hub_token.take().is_some() {
            self.save_config()?;
        }
        if self.renewed {
            return Err(Trouble::LockedOut(words).into());
        }
        self.renewed = true;
        let access = self.access()?;
        match self.ask_for_key(&access).await {
            Err(HubError::NotSetUp(_)) => Err(Trouble::LockedOut(words).into()),
            Err(other) => Err(other),
            Ok(_) => {
                self.save_config()?;
                self.make_known().await
            }
        }
    }

    /// Has the forge's word turned into a key; the configuration holds it then.
    async fn ask_for_key(&mut self, access: &Access) -> Result<Value, HubError> {
        let (forge_url, forge_token) = vouching(&self.config)?;
        let body = json!({
            "forge_url": forge_url, "forge_token": forge_token, "client_id": self.client_id(),
        });
        let request = access.request("POST", "/auth/forge", &body);
        let request = request.ok_or(HubError::Invalid("the address cannot be used".to_owned()))?;
        let response = access.exchange(self.hub, request).await?;
        match judge::of_answer(&response, self.now()) {
            Verdict::Done(answer) => {
                let key = Fields::of_all([&answer]).text(&["api_key"]);
                let unreadable = || HubError::Unreadable("it holds no key".to_owned());
                self.config.hub_token = Some(Secret::new(key.ok_or_else(unreadable)?));
                Ok(answer)
            }
            Verdict::Renew(words)
            | Verdict::Missing(words)
            | Verdict::Refused { message: words, .. } => Err(Trouble::LockedOut(words).into()),
            Verdict::Later(trouble) => Err(self.noted(trouble)?.into()),
        }
    }

    /// A hub that has forgotten our key may have forgotten us. What it says to this is of no matter
    /// to the call that was on its way: if it is down, that call will find out.
    async fn make_known(&mut self) -> Result<(), HubError> {
        let write = Write::Register {
            name: self.config.name(),
            version: self.hub.version.clone(),
        };
        let entry = write.pending(self.client_id(), self.now());
        let access = self.access()?;
        if let Some(request) = access.request(&entry.method, &entry.path, &entry.body) {
            let _ = access.exchange(self.hub, request).await;
        }
        Ok(())
    }
}
