//! A board on a wall: the leaderboard and the hub's numbers of the user's own client, and how old
//! they are.
//!
//! ```sh
//! bugbot hub login --hub … --forge …
//! cargo run -p hub --example board
//! ```

use anyhow::{Context, Result};
use hub::{Home, Hub};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let hub = Hub::native(Home::of_user().context("HOME is not set")?)?;
    let board = hub.leaderboard(Some(10)).await?;
    for entry in &board.value.entries {
        let name = entry.client_name.as_deref().unwrap_or("?");
        let (rank, merged) = (entry.rank.unwrap_or(0), entry.prs_merged.unwrap_or(0));
        println!("{rank:>3}  {name:<30}  {merged} merged");
    }
    if let Some(cached) = board.cached {
        println!("as of {}: {}", cached.at, cached.why);
    }
    let stats = hub.stats().await?.value;
    println!("{} claims are active", stats.active_claims.unwrap_or(0));
    Ok(())
}
