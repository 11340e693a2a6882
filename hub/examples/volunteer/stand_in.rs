//! A hub on loopback, for whoever has no other.

use anyhow::Result;
use hub::{Login, Secret};
use tests::bugseti::{Bugseti, FORGE, FORGE_TOKEN, Generation};
use tests::clock::TestClock;
use tests::fake::Served;

/// The hub of the environment, or a stand-in that lives as long as the value, where Bob has
/// acme/shop#12 already.
pub(crate) async fn hub_or_stand_in() -> Result<(Option<Served>, Login)> {
    let variable = |name| std::env::var(name).ok().filter(|it| !it.is_empty());
    if let Some(hub_url) = variable("HUB_URL") {
        let login = Login {
            hub_url: Some(hub_url),
            forge_url: variable("FORGE_URL"),
            forge_token: variable("FORGE_TOKEN").map(Secret::new),
            name: None,
        };
        return Ok((None, login));
    }
    let portal = Bugseti::new(TestClock::system(), Generation::Both);
    portal.claimed_by("bob", "acme/shop#12");
    let served = Served::start(portal.router()).await?;
    let login = Login {
        hub_url: Some(served.origin()),
        forge_url: Some(FORGE.to_owned()),
        forge_token: Some(Secret::new(FORGE_TOKEN)),
        name: None,
    };
    Ok((Some(served), login))
}
