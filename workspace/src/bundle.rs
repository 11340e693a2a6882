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
    pub fn of(rootfs: Capture) -> Self {
        let mut config = serde_json::to_vec_pretty(&configuration())
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
fn configuration() -> Value {
    let mount = |destination: &str, kind: &str, options: &[&str]| {
        json!({
            "destination": destination, "type": kind, "source": kind, "options": options,
        })
    };
    let namespaces = ["pid", "network", "ipc", "uts", "mount"];
    let namespaces = namespaces.map(|kind| json!({ "type": kind }));
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
        "linux": {
            "namespaces": namespaces,
            "maskedPaths": ["/proc/kcore", "/proc/keys", "/proc/timer_list", "/sys/firmware"],
            "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
        },
    })
}

#[cfg(test)]
mod tests {
    use tar::Archive;

    use super::*;

    fn capture(names: &[&str]) -> Capture {
        let file = |name: &&str| {
            let path = FilePath::parse(name.as_bytes()).unwrap();
            (path, Box::from(name.as_bytes()))
        };
        Capture::from_parts(names.iter().map(file).collect(), Vec::new())
    }

    #[test]
    fn a_bundle_is_a_configuration_and_a_root() {
        let bundle = Bundle::of(capture(&["src/cart.js", &"l".repeat(120)]));
        let bytes = bundle.to_bytes();
        assert_eq!(bytes, bundle.to_bytes());
        let mut archive = Archive::new(bytes.as_slice());
        let entries = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let name = entry.path().unwrap().to_str().unwrap().to_owned();
            (name, entry.header().mode().unwrap())
        });
        let long = format!("rootfs/{}", "l".repeat(120));
        let expected = [
            ("config.json".to_owned(), 0o600),
            ("rootfs/".to_owned(), 0o755),
            (long, 0o600),
            ("rootfs/src/cart.js".to_owned(), 0o600),
        ];
        assert_eq!(entries.collect::<Vec<_>>(), expected);
        assert_eq!(
            Bundle::read(bytes.as_slice(), &Limits::default()).unwrap(),
            bundle
        );
    }

    #[test]
    fn a_tar_that_is_something_else_is_no_bundle() {
        let read = |names: &[&str]| {
            Bundle::read(
                snapshot::to_bytes(&capture(names)).as_slice(),
                &Limits::default(),
            )
        };
        assert!(matches!(read(&["rootfs/a"]), Err(BadBundle::NoConfig)));
        assert!(matches!(
            read(&["config.json", "rootfs"]),
            Err(BadBundle::Stray(_))
        ));
        assert!(matches!(
            read(&["config.json", "x"]),
            Err(BadBundle::Stray(_))
        ));
        assert_eq!(
            read(&["config.json", "rootfs/a"]).unwrap().rootfs,
            capture(&["a"]).renamed()
        );
    }

    impl Capture {
        /// The capture of `a` with the bytes that it has below `rootfs`.
        fn renamed(self) -> Self {
            let files = self.files().map(|(path, _)| {
                let bytes = [ROOTFS, path.as_bytes()].concat().into_boxed_slice();
                (path.clone(), bytes)
            });
            Self::from_parts(files.collect(), Vec::new())
        }
    }
}
