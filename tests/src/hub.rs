//! The hub without workerd: the portal's own core over native SQLite databases, one for each object.
//!
//! ```
//! # async fn story() {
//! let portal = tests::hub::Portal::new();
//! portal.forge.account("t0ken", "ann", "Ann");
//! let ann = tests::hub::Volunteer::new(&portal, tests::hub::ORIGIN, "a-client");
//! let ann = ann.logged_in("t0ken").await;
//! let claimed = ann.claim("acme/web#7").await;
//! assert_eq!(claimed.status, 201);
//! # }
//! ```
//!
//! The same over a loopback socket, for programs: [`Portal::serve`].

mod forge;
mod objects;
mod portal;
mod served;
mod volunteer;

pub use self::forge::{FORGE, Forge};
pub(crate) use self::objects::{Database, through_json};
pub use self::objects::{Loss, Objects};
pub use self::portal::{ORIGIN, Portal};
pub use self::served::ServedPortal;
pub use self::volunteer::{Reply, Volunteer};
