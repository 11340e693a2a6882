//! Waiting for something to happen in the drop folder.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use inotify::{EventMask, Inotify, WatchMask};
use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec, eventfd, poll};
use rustix::io::Errno;

use super::is_meant;

/// Ends a wait from another thread.
#[derive(Debug, Clone)]
pub(crate) struct Wake(Arc<OwnedFd>);

impl Wake {
    pub(crate) fn new() -> io::Result<Self> {
        let flags = EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK;
        Ok(Self(Arc::new(eventfd(0, flags)?)))
    }

    pub(crate) fn wake(&self) {
        // Full is awake too.
        let _ = rustix::io::write(&*self.0, &1_u64.to_ne_bytes());
    }

    fn calm(&self) {
        let _ = rustix::io::read(&*self.0, &mut [0; 8]);
    }
}

/// What inotify says of a folder; nothing, where there is no inotify to be had.
pub(super) struct Watch {
    inotify: Option<Inotify>,
    wake: Wake,
}

impl Watch {
    pub(super) fn new(folder: &Path, wake: Wake) -> Self {
        let inotify = watch(folder)
            .inspect_err(|error| {
                tracing::warn!(folder = %folder.display(), %error, "no inotify: the folder is only polled");
            })
            .ok();
        Self { inotify, wake }
    }

    /// Returns when there may be something new, or somebody woke us, or it is time.
    pub(super) fn wait(&mut self, until: Instant) -> io::Result<()> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(());
            }
            let timeout = Timespec::try_from(left).map_err(io::Error::other)?;
            let (heard, woken) = self.poll(&timeout)?;
            if woken {
                self.wake.calm();
                return Ok(());
            }
            if heard && self.is_news()? {
                return Ok(());
            }
        }
    }

    fn poll(&self, timeout: &Timespec) -> io::Result<(bool, bool)> {
        let mut fds = vec![PollFd::new(&*self.wake.0, PollFlags::IN)];
        if let Some(inotify) = &self.inotify {
            fds.push(PollFd::from_borrowed_fd(inotify.as_fd(), PollFlags::IN));
        }
        match poll(&mut fds, Some(timeout)) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let is_ready = |at: usize| fds.get(at).is_some_and(|fd| !fd.revents().is_empty());
        Ok((is_ready(1), is_ready(0)))
    }

    /// Whether one of the events is about a file that is meant for us, or is about all of them.
    fn is_news(&mut self) -> io::Result<bool> {
        let Some(inotify) = &mut self.inotify else {
            return Ok(false);
        };
        let mut buffer = [0; 16 * 1024];
        let events = match inotify.read_events(&mut buffer) {
            Ok(events) => events,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(false),
            Err(error) => return Err(error),
        };
        let about_all = EventMask::Q_OVERFLOW
            | EventMask::IGNORED
            | EventMask::DELETE_SELF
            | EventMask::MOVE_SELF
            | EventMask::UNMOUNT;
        let mut is_news = false;
        for event in events {
            is_news |= event.mask.intersects(about_all) || event.name.is_some_and(is_meant);
        }
        Ok(is_news)
    }
}

/// A file is new when its writer closed it, or when it was renamed or linked to its name.
fn watch(folder: &Path) -> io::Result<Inotify> {
    let inotify = Inotify::init()?;
    let mask = WatchMask::CLOSE_WRITE
        | WatchMask::MOVED_TO
        | WatchMask::CREATE
        | WatchMask::DELETE_SELF
        | WatchMask::MOVE_SELF
        | WatchMask::ONLYDIR;
    inotify.watches().add(folder, mask)?;
    Ok(inotify)
}
