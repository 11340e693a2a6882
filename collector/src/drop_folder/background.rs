//! The thread that has a drop folder.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::DropFolder;
use super::sweep::Around;
use super::watch::{Wake, Watch};
use crate::counts::Counts;
use crate::live::Live;

/// How soon a pass that did not work is tried again.
const AGAIN: Duration = Duration::from_secs(1);

/// A thread that sweeps a folder whenever there may be something in it.
#[derive(Debug)]
pub(crate) struct Background {
    stop: Arc<AtomicBool>,
    wake: Wake,
    /// Resolves when the thread has ended.
    pub(crate) ended: oneshot::Receiver<()>,
}

impl Background {
    pub(crate) fn start(
        folder: DropFolder,
        live: Live,
        counts: Arc<Counts>,
    ) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let wake = Wake::new()?;
        let (send, ended) = oneshot::channel();
        let (stopped, awake) = (stop.clone(), wake.clone());
        thread::Builder::new()
            .name("drop-folder".to_owned())
            .spawn(move || {
                run(folder, &live, &counts, &stopped, &awake);
                let _ = send.send(());
            })?;
        Ok(Self { stop, wake, ended })
    }

    /// Has the folder looked at now.
    pub(crate) fn wake(&self) {
        self.wake.wake();
    }

    /// Ends the thread after the batch that it is at.
    pub(crate) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.wake.wake();
    }
}

fn run(mut folder: DropFolder, live: &Live, counts: &Counts, stop: &AtomicBool, wake: &Wake) {
    // Before the first pass: what comes during it is heard.
    let mut watch = Watch::new(folder.path(), wake.clone());
    while !stop.load(Ordering::Relaxed) {
        let began = Instant::now();
        match folder.reopen_if_replaced() {
            Ok(false) => {}
            Ok(true) => {
                tracing::warn!(folder = %folder.path().display(), "the drop folder is another one now");
                watch = Watch::new(folder.path(), wake.clone());
            }
            Err(error) => {
                counts.errors(1);
                tracing::warn!(%error, "the drop folder cannot be used");
            }
        }
        let settings = live.now();
        let around = Around {
            settings: &settings,
            counts,
            stop,
        };
        let poll = began + settings.poll;
        let next = match folder.sweep(&around) {
            Ok(next) => next.map_or(poll, |next| next.min(poll)),
            Err(error) => {
                counts.errors(1);
                tracing::warn!(folder = %folder.path().display(), %error, "the drop folder cannot be read");
                began + AGAIN
            }
        };
        if stop.load(Ordering::Relaxed) {
            return;
        }
        if let Err(error) = watch.wait(next) {
            tracing::warn!(%error, "waiting for files does not work; the folder is polled");
            thread::sleep(AGAIN.min(settings.poll));
        }
    }
}
