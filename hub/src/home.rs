//! Where a client's files are, and the lock that lets one process at a time change them.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::config::Config;
use crate::disk::{self, DiskError};
use crate::error::HubError;

/// How long a call waits for another process: longer than a call of its takes that gets no answer.
const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The folder of a client: `config.json`, and what it keeps beside it in `data/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    config: PathBuf,
}

impl Home {
    /// The client whose configuration is this file.
    pub fn of_config(file: impl Into<PathBuf>) -> Self {
        Self {
            config: file.into(),
        }
    }

    /// Where the older tool has its own: `bugseti/config.json` in the user's folder for configuration.
    /// `None` where neither `XDG_CONFIG_HOME` nor `HOME` says where that is.
    pub fn of_user() -> Option<Self> {
        let absolute = |name| {
            let path = PathBuf::from(std::env::var_os(name)?);
            path.is_absolute().then_some(path)
        };
        let folder =
            absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")))?;
        Some(Self::of_config(folder.join("bugseti/config.json")))
    }

    /// The configuration file.
    pub fn config(&self) -> &Path {
        &self.config
    }

    /// The folder that the configuration file is in.
    fn folder(&self) -> &Path {
        let parent = self.config.parent().filter(|it| !it.as_os_str().is_empty());
        parent.unwrap_or(Path::new("."))
    }

    /// The folder for everything else.
    pub(crate) fn data(&self, config: &Config) -> PathBuf {
        let named = config.data_dir.as_deref().unwrap_or(Path::new("data"));
        self.folder().join(named)
    }

    /// Waits until this process is the only one here. The lock goes with the value, and with the
    /// process however it ends.
    pub(crate) async fn lock(&self) -> Result<Lock, HubError> {
        let config: Config = disk::read(&self.config)?;
        let data = self.data(&config);
        disk::make_folder(self.folder())?;
        disk::make_folder(&data)?;
        let path = data.join("hub.lock");
        let failed = |cause| DiskError::new(&path, cause);
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(failed)?;
        let until = Instant::now() + PATIENCE;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file, data }),
                Err(TryLockError::WouldBlock) if Instant::now() < until => sleep(LOOK_AGAIN).await,
                Err(TryLockError::WouldBlock) => return Err(HubError::Busy),
                Err(TryLockError::Error(cause)) => return Err(failed(cause).into()),
            }
        }
    }
}

/// Nobody else changes these files while this lives.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
    data: PathBuf,
}

impl Lock {
    /// A file in the folder that is locked.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }
}
