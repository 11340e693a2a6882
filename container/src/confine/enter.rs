//! The way into a closed network, from which there is none back.
//!
//! Invariant: the process has one thread, and starts nothing before all of this is done.

use std::fmt::Display;
use std::io;
use std::path::Path;

use nix::sched::{CloneFlags, unshare};
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_change};
use rustix::thread::{CapabilitiesSecureBits, set_capabilities_secure_bits};

use super::maps::Scribe;
use super::{Way, loopback};
use crate::config::AgentUser;

/// Where services have the sockets that every program knows: resolvers, `D-Bus`, container engines.
const SOCKETS_OF_SERVICES: [&str; 2] = ["/run", "/var/run"];

/// Moves this process, and what it starts from now on, into namespaces of its own.
pub(crate) fn enter(way: Way, user: Option<AgentUser>) -> io::Result<()> {
    let namespaces = CloneFlags::CLONE_NEWNET | CloneFlags::CLONE_NEWNS;
    match way {
        Way::User => {
            let scribe = Scribe::start(user).map_err(at("the user map"))?;
            unshare(namespaces | CloneFlags::CLONE_NEWUSER).map_err(at("a user namespace"))?;
            scribe.write().map_err(at("the user map"))?;
            // Who is root in there is not by that what root is: no program gets a capability.
            let no_root = CapabilitiesSecureBits::NO_ROOT | CapabilitiesSecureBits::NO_ROOT_LOCKED;
            set_capabilities_secure_bits(no_root).map_err(at("the capabilities"))?;
        }
        Way::Root => unshare(namespaces).map_err(at("a network namespace"))?,
    }
    cover_sockets().map_err(at("covering /run"))?;
    loopback::raise().map_err(at("raising lo"))
}

fn at<E: Display + Into<io::Error>>(step: &'static str) -> impl FnOnce(E) -> io::Error {
    move |error| {
        let text = format!("{step}: {error}");
        io::Error::new(error.into().kind(), text)
    }
}

/// Puts something empty in front of the sockets that have a path.
fn cover_sockets() -> rustix::io::Result<()> {
    mount_change(
        "/",
        MountPropagationFlags::PRIVATE | MountPropagationFlags::REC,
    )?;
    for place in SOCKETS_OF_SERVICES {
        // Mostly the second is a link to the first.
        let is_directory =
            std::fs::symlink_metadata(Path::new(place)).is_ok_and(|found| found.is_dir());
        if is_directory {
            mount(
                "none",
                place,
                "tmpfs",
                MountFlags::RDONLY,
                c"mode=555,size=4k",
            )?;
        }
    }
    Ok(())
}
