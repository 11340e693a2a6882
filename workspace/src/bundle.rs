//! A capture with what a container runtime needs to run on it: a TIM bundle.
//!
//! ```text
//! config.json     the runtime's configuration, mode 0600
//! rootfs/         mode 0755
//! rootfs/<path>   the files, mode 0600
//! ```
//!
//! Invariant: equal captures give equal bytes. The configuration gives what runs there nothing: no
//! network, no capability, no new privilege, a root that is read only.
//! <https://github.com/opencontainers/runtime-spec/blob/v1.0.2/config.md>
//!
//! A file's mode is 0600 in a bundle, whatever it was: nothing in the root can be executed as it is.
//! What is to run comes with a mount, or gets its bit when the bundle was unpacked.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};

use serde_json::{Value, json};
use tar::{Builder, EntryType};

use crate::capture::Capture;
use crate::limits::Limits;
use crate::path::FilePath;
use crate::snapshot::{self, BadSnapshot, append, header};

const CONFIG: &[u8] = b"config.json";
const ROOTFS: &[u8] = b"rootfs/";
const CONFIG_MODE: u32 = 0o600;
const ROOTFS_MODE: u32 = 0o755;
/// The version of the specification that the configuration is written to.
const OCI_VERSION: &str = "1.0.2";

/// A capture and the configuration of its container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// The bytes of `config.json`.
    pub config: Vec<u8>,
    /// The container's files.
    pub rootfs: Capture,
}

/// Who starts the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Starter {
    /// root.
    Root,
    /// An ordinary user, who is root in the container's user namespace and nobody outside of it.
    User {
        /// Their user id.
        uid: u32,
        /// Their group id.
        gid: u32,
    },
}

/// A tar that is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BadBundle {
    /// It could not even be a snapshot.
    #[error(transparent)]
    Tar(#[from] BadSnapshot),
    /// It has no configuration.
    #[error("there is no config.json in it")]
    NoConfig,
    /// There is something beside the configuration and the root.
    #[error("{0} is neither config.json nor in rootfs/")]
    Stray(FilePath),
}

impl Bundle {
    /// A capture with a configuration of ours.
    pub fn of(rootfs: Capture, starter: Starter) -> Self {
        let mut config = serde_json::to_vec_pretty(&configuration(starter))
            .expect("a value that was just built is JSON");
        config.push(b'\n');
        Self { config, rootfs }
    }

    /// Writes the tar.
    pub fn write(&self, to: impl Write) -> io::Result<()> {
        let mut tar = Builder::new(to);
        append(&mut tar, CONFIG, CONFIG_MODE, &self.config)?;
        let root = header(ROOTFS, EntryType::Directory, ROOTFS_MODE, &[]);
        tar.append(&root, io::empty())?;
        for (path, bytes) in self.rootfs.files() {
            let path = [ROOTFS, path.as_bytes()].concat();
            append(&mut tar, &path, snapshot::MODE, bytes)?;
        }
        tar.into_inner()?.flush()
    }

    /// The tar in memory.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write(&mut bytes).expect("memory takes every write");
        bytes
    }

    /// Reads one. Of the configuration nothing is believed: it is bytes.
    pub fn read(from: impl Read, limits: &Limits) -> Result<Self, BadBundle> {
        let all = snapshot::read(from, limits)?;
        let mut config = None;
        let mut files = BTreeMap::new();
        for (path, bytes) in all.files() {
            if path.as_bytes() == CONFIG {
                config = Some(bytes.to_vec());
            } else if let Some(below) = path.as_bytes().strip_prefix(ROOTFS) {
                let below = FilePath::parse(below).map_err(BadSnapshot::from)?;
                files.insert(below, bytes.into());
            } else {
                return Err(BadBundle::Stray(path.clone()));
            }
        }
        Ok(Self {
            config: config.ok_or(BadBundle::NoConfig)?,
            rootfs: Capture::from_parts(files, Vec::new()),
        })
    }
}

/// What a runtime accepts, and as little as can be.
fn configuration(starter: Starter) -> Value {
    let mount = |destination: &str, kind: &str, options: &[&str]| {
        json!({
            "destination": destination, "type": kind, "source": kind, "options": options,
        })
    };
    let mut namespaces = vec!["pid", "network", "ipc", "uts", "mount"];
    let mut linux = json!({
        "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/proc/sched_debug"],
        "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
    });
    if let Starter::User { uid, gid } = starter {
        namespaces.push("user");
        let is_root = |id: u32| json!([{ "containerID": 0, "hostID": id, "size": 1 }]);
        linux["uidMappings"] = is_root(uid);
        linux["gidMappings"] = is_root(gid);
    }
    let namespaces = namespaces.into_iter().map(|kind| json!({ "type": kind }));
    linux["namespaces"] = namespaces.collect();
    json!({
        "ociVersion": OCI_VERSION,
        "process": {
            "terminal": false,
            "user": { "uid": 0, "gid": 0 },
            "args": ["/bin/sh"],
            "env": ["PATH=/usr/local/bin:/usr/bin:/bin", "TERM=dumb"],
            "cwd": "/",
            "capabilities": {
                "bounding": [], "effective": [], "permitted": [], "ambient": [],
            },
            "noNewPrivileges": true,
        },
        "root": { "path": "rootfs", "readonly": true },
        "hostname": "workspace",
        "mounts": [
            mount("/proc", "proc", &[]),
            mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount("/tmp", "tmpfs", &["nosuid", "nodev", "mode=1777", "size=65536k"]),
        ],
        "linux": linux,
    })
}

#[cfg(test)]
mod tests;
