//! `auth/forge`, `register` and `heartbeat`: who somebody is, and that they live.

use std::time::Duration;

use futures_util::future::try_join_all;
use serde_json::json;

use super::answer::{self, Problem};
use super::body::Fields;
use super::{ADDRESS_HEADER, Desk, Ports, wire};
use crate::http::{Request, Response, uncached_json};
use crate::hub::Shard;
use crate::hub::claims;
use crate::hub::client::{ClientId, MAX_CLIENT_CHARS};
use crate::hub::clients::{self, Admitted, Profile};
use crate::hub::forge::{self, ForgeRefused, MAX_TOKEN_CHARS, MAX_URL_CHARS};
use crate::hub::key::{self, KeyHash, Scope};
use crate::ports::Clock as _;
use crate::secret::Secret;

const MAX_NAME_CHARS: usize = 100;
const MAX_WORD_CHARS: usize = 50;

/// A place where a client has no claim is forgotten when nothing was claimed there for so long: a
/// claim that was noted and is not made yet is made long before.
const PLACES_KEPT: Duration = Duration::from_hours(1);

impl<P: Ports> Desk<'_, P> {
    pub(super) async fn log_in(&self, request: &Request) -> Result<Response, Problem> {
        self.knock(request).await?;
        let mut fields = Fields::read(request.body())?;
        let forge_url = fields.text("forge_url", MAX_URL_CHARS);
        let token = fields.text("forge_token", MAX_TOKEN_CHARS);
        let client = fields.text("client_id", MAX_CLIENT_CHARS);
        let client = (!client.is_empty()).then(|| ClientId::parse(&client));
        if let Some(Err(bad)) = &client {
            fields.wrong("client_id", bad);
        }
        let listed = self.settings.forges.listed(&forge_url);
        if !forge_url.is_empty() && listed.is_none() {
            fields.wrong("forge_url", "is not one of the forges of this hub");
        }
        if !token.bytes().all(|b| b.is_ascii_graphic()) {
            fields.wrong("forge_token", "must be visible ASCII characters");
        }
        let scopes = scopes(&mut fields);
        fields.done()?;
        let (Some(forge), Some(Ok(client))) = (listed, client) else {
            return Err(Problem::invalid("body", "is incomplete"));
        };
        let user = forge::ask(self.ports.http(), forge, &Secret::new(token)).await;
        let user = user.map_err(|why| refused(&why))?;
        let key = key::mint(&client, self.ports.entropy());
        let log_in = clients::Request::LogIn {
            client: client.clone(),
            user: user.clone(),
            key: KeyHash::of(key.expose()),
            scopes: scopes.clone(),
        };
        let home = Shard::of_client(&client);
        match clients::ask(self.ports.hubs(), home, log_in).await? {
            clients::Response::LoggedIn => Ok(uncached_json(
                201,
                &json!({
                    "api_key": key.expose(),
                    "forge_user": user.name,
                    "client_id": client.as_str(),
                    "scopes": scopes,
                }),
            )),
            clients::Response::OthersClient => Err(Problem::Forbidden(
                "This client id belongs to another account.",
            )),
            other => Err(answer::odd(&other)),
        }
    }

    /// Whoever has no key yet is counted by where they come from: each login makes a forge work.
    async fn knock(&self, request: &Request) -> Result<(), Problem> {
        let address = request.headers().get(ADDRESS_HEADER);
        let address = address.and_then(|it| it.to_str().ok()).unwrap_or("unknown");
        let knock = clients::Request::Knock {
            address: address.to_owned(),
            per_minute: self.settings.logins_per_minute,
        };
        match clients::ask(self.ports.hubs(), Shard::of_address(address), knock).await? {
            clients::Response::Welcome => Ok(()),
            clients::Response::TooMany(rate) => Err(Problem::TooMany(rate)),
            other => Err(answer::odd(&other)),
        }
    }

    pub(super) async fn register(
        &self,
        request: &Request,
        by: &Admitted,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::read(request.body())?;
        let client = fields.client(by)?;
        let profile = Profile {
            name: fields.text("name", MAX_NAME_CHARS),
            version: fields.maybe_text("version", MAX_WORD_CHARS),
            os: fields.maybe_text("os", MAX_WORD_CHARS),
            arch: fields.maybe_text("arch", MAX_WORD_CHARS),
        };
        fields.done()?;
        let home = Shard::of_client(&client);
        let register = clients::Request::Register { client, profile };
        match clients::ask(self.ports.hubs(), home, register).await? {
            clients::Response::Registered(known) => Ok(uncached_json(201, &wire::client(&known))),
            other => Err(answer::odd(&other)),
        }
    }

    /// That the client lives is noted by its key; here its claims are made to last, wherever they
    /// are.
    pub(super) async fn heartbeat(
        &self,
        request: &Request,
        by: &Admitted,
    ) -> Result<Response, Problem> {
        let mut fields = Fields::read(request.body())?;
        let client = fields.client(by)?;
        fields.done()?;
        let (hubs, home) = (self.ports.hubs(), Shard::of_client(&client));
        let ask = clients::Request::Places {
            client: client.clone(),
        };
        let places = match clients::ask(hubs, home, ask).await? {
            clients::Response::Places(places) => places,
            other => return Err(answer::odd(&other)),
        };
        let renew = places.iter().map(async |place| {
            let renew = claims::Request::Renew {
                client: client.clone(),
                ttl: self.settings.ttl,
            };
            match claims::ask(hubs, Shard::Claims(*place), renew).await? {
                claims::Response::Renewed(renewed) => Ok((*place, renewed)),
                other => Err(answer::odd(&other)),
            }
        });
        let renewed = try_join_all(renew).await?;
        let shards: Vec<u8> = renewed
            .iter()
            .filter(|(_, claims)| *claims == 0)
            .map(|(place, _)| *place)
            .collect();
        if !shards.is_empty() {
            let forget = clients::Request::ForgetPlaces {
                client,
                shards,
                noted_before: self.ports.clock().now() - PLACES_KEPT,
            };
            // Lost, it is done at the next heartbeat.
            let _ = clients::ask(hubs, home, forget).await;
        }
        let renewed: u64 = renewed.iter().map(|(_, claims)| claims).sum();
        Ok(uncached_json(200, &json!({"ok": true, "renewed": renewed})))
    }
}

/// What the key is to be good for: everything, unless less is asked for.
fn scopes(fields: &mut Fields) -> Vec<Scope> {
    let Some(names) = fields.maybe_texts("scopes") else {
        return Scope::ALL.to_vec();
    };
    let wanted: Vec<Scope> = names.iter().filter_map(|name| Scope::parse(name)).collect();
    if wanted.len() != names.len() || wanted.is_empty() {
        fields.wrong("scopes", "must be of bugseti.read and bugseti.write");
    }
    wanted
}

fn refused(refused: &ForgeRefused) -> Problem {
    let text = match refused {
        ForgeRefused::Token => "The forge does not accept this token.",
        ForgeRefused::Unusable(_) => "The forge could not be asked. Try again later.",
    };
    Problem::ForgeRefused(text.to_owned())
}
