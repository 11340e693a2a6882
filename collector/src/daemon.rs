//! The daemon: starts the parts, exchanges them when the configuration changes, ends them in time.

use std::future::pending;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::config::{BadConfig, Config};
use crate::counts::Counts;
use crate::drop_folder::background::Background;
use crate::drop_folder::{DropFolder, OpenError};
use crate::emitter::{self, Emitter};
use crate::inbox::Inbox;
use crate::live::{Live, Settings};
use crate::pull::Puller;
use crate::webhook::{self, Hook};

/// From the signal to the end, whatever a disk or a caller does: nothing is lost by ending early, because
/// nothing that is not in an inbox was acknowledged, and claimed files are found again.
const END_WITHIN: Duration = Duration::from_millis(2_500);

/// Why the collector does not run.
#[derive(Debug, thiserror::Error)]
pub enum Stopped {
    /// The configuration cannot be used.
    #[error(transparent)]
    BadConfig(#[from] BadConfig),
    /// The drop folder cannot be used.
    #[error(transparent)]
    DropFolder(#[from] OpenError),
    /// The folder of inboxes cannot be made.
    #[error("the folder of inboxes {dir}: {error}")]
    Inbox {
        /// Which.
        dir: String,
        /// Why.
        error: io::Error,
    },
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {error}")]
    Listen {
        /// Which.
        address: String,
        /// Why.
        error: io::Error,
    },
    /// Signals or threads cannot be had.
    #[error("{0}")]
    System(#[from] io::Error),
    /// A part ended by itself, which is a defect.
    #[error("{0} ended unexpectedly")]
    PartEnded(&'static str),
}

/// Runs until a signal ends it.
pub(crate) async fn run(file: &Path, home: Option<&Path>) -> Result<(), Stopped> {
    let mut signals = Signals::new()?;
    let mut daemon = Daemon::start(Config::load(file, home)?).await?;
    notify(&[NotifyState::Ready]);
    loop {
        tokio::select! {
            signal = signals.next() => match signal {
                Asked::Reload => daemon.reload(file, home).await,
                Asked::End => break,
            },
            part = daemon.part_ended() => return Err(Stopped::PartEnded(part)),
        }
    }
    tracing::info!("stopping");
    notify(&[NotifyState::Stopping]);
    tokio::select! {
        () = daemon.stop() => tracing::info!("stopped"),
        () = tokio::time::sleep(END_WITHIN) => tracing::warn!("stopped in the middle of something"),
        () = signals.end() => tracing::warn!("stopped at once"),
    }
    Ok(())
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    reload: Signal,
    /// Held so that a file that may not grow is an error and not the end.
    _too_large: Signal,
}

/// What a signal asks for.
enum Asked {
    Reload,
    End,
}

impl Signals {
    fn new() -> io::Result<Self> {
        let too_large = SignalKind::from_raw(rustix::process::Signal::XFSZ.as_raw());
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            reload: signal(SignalKind::hangup())?,
            _too_large: signal(too_large)?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::End,
            _ = self.interrupt.recv() => Asked::End,
            _ = self.reload.recv() => Asked::Reload,
        }
    }

    async fn end(&mut self) {
        while !matches!(self.next().await, Asked::End) {}
    }
}

/// Tells systemd, where it is there to be told.
fn notify(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!(%error, "systemd was not told");
    }
}

struct Daemon {
    config: Config,
    live: Live,
    counts: Arc<Counts>,
    emitter: Emitter,
    emitter_ended: oneshot::Receiver<()>,
    serving: Option<Serving>,
    folder: Option<Background>,
    puller: Option<Puller>,
}

struct Serving {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What a configuration needs that may not be had, had before anything else is changed.
struct Prepared {
    listener: Option<TcpListener>,
    folder: Option<DropFolder>,
}

impl Daemon {
    async fn start(config: Config) -> Result<Self, Stopped> {
        let prepared = prepare(&config, None).await?;
        let counts = Arc::new(Counts::default());
        let (emitter, emitter_ended) = emitter::start(counts.clone());
        let mut daemon = Self {
            live: Live::new(Settings::of(&config)),
            config,
            counts,
            emitter,
            emitter_ended,
            serving: None,
            folder: None,
            puller: None,
        };
        daemon.take(prepared)?;
        daemon.pull(None).await;
        tracing::info!(agent = %daemon.config.agent, inbox = %daemon.config.inbox_dir.display(),
            fsync = daemon.config.fsync, "started");
        Ok(daemon)
    }

    fn take(&mut self, prepared: Prepared) -> Result<(), Stopped> {
        if let Some(listener) = prepared.listener {
            let address = listener.local_addr()?;
            self.stop_serving();
            let (stop, stopped) = watch::channel(false);
            let hook = Hook {
                live: self.live.clone(),
                counts: self.counts.clone(),
                emitter: self.emitter.clone(),
            };
            let task = tokio::spawn(webhook::serve(listener, hook, stopped));
            self.serving = Some(Serving { stop, task });
            let routes = self.live.now().routes.len();
            tracing::info!(%address, routes, "listening");
        }
        if let Some(folder) = prepared.folder {
            self.stop_folder();
            let path = folder.path().display().to_string();
            let background = Background::start(folder, self.live.clone(), self.counts.clone())?;
            self.folder = Some(background);
            tracing::info!(folder = path, "watching");
        }
        Ok(())
    }

    /// Begins to pull, or otherwise than `before`.
    async fn pull(&mut self, before: Option<&Config>) {
        let places = |config: &Config| (config.pull.clone(), config.inbox_dir.clone());
        if before.map(places) == Some(places(&self.config)) {
            return;
        }
        if let Some(puller) = self.puller.take() {
            puller.stop();
            let _ = puller.task.await;
        }
        if let Some(pull) = &self.config.pull {
            let (from, recipients) = (&pull.from, pull.recipients.len());
            tracing::info!(from, recipients, every_s = pull.every.as_secs(), "pulling");
            let (live, counts) = (self.live.clone(), self.counts.clone());
            self.puller = Some(Puller::start(pull.clone(), live, counts));
        }
    }

    fn stop_serving(&mut self) {
        if let Some(serving) = self.serving.take() {
            // It ends by itself, after the requests that it has begun.
            serving.stop.send_replace(true);
        }
    }

    fn stop_folder(&mut self) {
        if let Some(folder) = self.folder.take() {
            folder.stop();
        }
    }

    /// Takes the configuration as it is now, wholly or not at all.
    async fn reload(&mut self, file: &Path, home: Option<&Path>) {
        let result = match Config::load(file, home) {
            Ok(config) => self.change_to(config).await,
            Err(bad) => Err(bad.into()),
        };
        match result {
            Ok(()) => tracing::info!(file = %file.display(), "the configuration was reloaded"),
            Err(error) => {
                tracing::error!(%error, "the new configuration is not taken, the old one stays in force");
            }
        }
    }

    async fn change_to(&mut self, config: Config) -> Result<(), Stopped> {
        let prepared = prepare(&config, Some(&self.config)).await?;
        self.live.replace(Settings::of(&config));
        if config.webhook.is_none() {
            self.stop_serving();
        }
        if config.drop_folder.is_none() {
            self.stop_folder();
        }
        let before = std::mem::replace(&mut self.config, config);
        self.take(prepared)?;
        self.pull(Some(&before)).await;
        if let Some(folder) = &self.folder {
            folder.wake();
        }
        Ok(())
    }

    /// Resolves when a part has ended that nobody has stopped.
    async fn part_ended(&mut self) -> &'static str {
        let serving = async {
            match &mut self.serving {
                Some(serving) => drop((&mut serving.task).await),
                None => pending().await,
            }
        };
        let folder = async {
            match &mut self.folder {
                Some(folder) => drop((&mut folder.ended).await),
                None => pending().await,
            }
        };
        let puller = async {
            match &mut self.puller {
                Some(puller) => drop((&mut puller.task).await),
                None => pending().await,
            }
        };
        tokio::select! {
            () = puller => "the pull",
            () = serving => "the webhook",
            () = folder => "the drop folder",
            _ = &mut self.emitter_ended => "the emitter",
        }
    }

    /// Ends all parts, each after what it has begun.
    async fn stop(self) {
        if let Some(puller) = self.puller {
            puller.stop();
            let _ = puller.task.await;
        }
        if let Some(folder) = &self.folder {
            folder.stop();
        }
        if let Some(serving) = self.serving {
            serving.stop.send_replace(true);
            let _ = serving.task.await;
        }
        drop(self.emitter);
        let _ = self.emitter_ended.await;
        if let Some(folder) = self.folder {
            let _ = folder.ended.await;
        }
    }
}

/// Gets what `config` needs and `before` did not have.
async fn prepare(config: &Config, before: Option<&Config>) -> Result<Prepared, Stopped> {
    let inbox = Inbox::new(config.inbox_dir.clone(), config.fsync);
    inbox.create().map_err(|error| Stopped::Inbox {
        dir: config.inbox_dir.display().to_string(),
        error,
    })?;
    let wanted = config.webhook.as_ref().map(|hook| hook.listen);
    let bound = before.and_then(|before| before.webhook.as_ref().map(|hook| hook.listen));
    let listener = match wanted.filter(|_| wanted != bound) {
        Some(address) => {
            let bound = webhook::bind(address)
                .await
                .map_err(|error| Stopped::Listen {
                    address: address.to_string(),
                    error,
                })?;
            Some(bound)
        }
        None => None,
    };
    let watch = config.drop_folder.as_ref().map(|folder| &folder.path);
    let watched = before.and_then(|before| before.drop_folder.as_ref().map(|it| &it.path));
    let folder = match watch.filter(|_| watch != watched) {
        Some(path) => Some(DropFolder::open(path)?),
        None => None,
    };
    Ok(Prepared { listener, folder })
}
