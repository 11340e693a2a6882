//! What happens while the hub is away, and when it comes back: a claim waits on the disk, a read is
//! answered from before, and the next call sends what waited.
//!
//! ```sh
//! cargo run -p hub --example offline
//! ```

use anyhow::Result;
use hub::{Home, Hub, Login, NewClaim, Secret};
use tests::bugseti::{Bugseti, FORGE, FORGE_TOKEN, Generation};
use tests::clock::TestClock;
use tests::fake::Served;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() -> Result<()> {
    let portal = Bugseti::new(TestClock::system(), Generation::Both);
    let served = Served::start(portal.router()).await?;
    let port = served.address().port();
    let folder = tempfile::tempdir()?;
    let hub = Hub::native(Home::of_config(folder.path().join("config.json")))?;
    let login = Login {
        hub_url: Some(served.origin()),
        forge_url: Some(FORGE.to_owned()),
        forge_token: Some(Secret::new(FORGE_TOKEN)),
        name: Some("Ann".to_owned()),
    };
    hub.login(login).await?;
    let issue = "acme/shop#12".parse()?;
    println!("at first: {:?}", hub.show(&issue).await?.value);

    drop(served);
    println!("the hub goes away");
    let claim = NewClaim::of(&issue).expect("the id says which issue it is");
    let sent = hub.claim(&claim).await?;
    println!(
        "the claim: {:?}, {} waiting",
        sent.answer, sent.drained.waiting
    );
    let seen = hub.show(&issue).await?;
    println!(
        "who has it: {:?}, as of {:?}",
        seen.value,
        seen.cached.map(|cached| cached.at)
    );

    let _served = Served::start_on(port, portal.router()).await?;
    println!("the hub comes back");
    let seen = hub.show(&issue).await?;
    for settled in &seen.drained.settled {
        println!("sent on the way: {}", settled.entry);
    }
    println!(
        "who has it: {:?}",
        seen.value.and_then(|claim| claim.client_id)
    );
    Ok(())
}
