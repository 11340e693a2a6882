//! The hub's portal, over native databases: what volunteers' programs see of it.
#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code, the parts outside #[test] too"
)]

mod access;
mod claims;
mod crash;
mod limits;
mod numbers;
mod wire;

use tests::hub::{ORIGIN, Portal, Volunteer};

/// A volunteer who has logged in, by a name that is also their account's.
async fn volunteer<'p>(portal: &'p Portal, name: &str) -> Volunteer<&'p Portal> {
    portal
        .forge
        .account(&format!("token-of-{name}"), name, name);
    let id = format!("client-of-{name}");
    let volunteer = Volunteer::new(portal, ORIGIN, &id);
    volunteer.logged_in(&format!("token-of-{name}")).await
}

fn minutes(minutes: u64) -> std::time::Duration {
    std::time::Duration::from_mins(minutes)
}
