//! One pass over the drop folder.

use std::collections::HashMap;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use shared::hooks::{Draft, EventId, Recipient};

use super::file::{Claimed, Look, NotClaimed, Print, Said, claim, look};
use super::{DEAD_LETTER, DropFolder, Failed, SETTLED, dead_letter, is_meant};
use crate::counts::Counts;
use crate::live::Settings;

/// How many files are written together, and at most how many bytes.
const BATCH: usize = 256;
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Between two tries of a file: doubled each time, up to the last.
const FIRST_RETRY: Duration = Duration::from_secs(1);
const LAST_RETRY: Duration = Duration::from_secs(30);

/// What a pass needs from around.
pub(crate) struct Around<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) counts: &'a Counts,
    /// Ends a pass between two batches.
    pub(crate) stop: &'a AtomicBool,
}

/// A claimed file and the event in it.
struct Ready {
    file: Claimed,
    id: EventId,
    draft: Draft,
}

impl DropFolder {
    /// Looks at all files, emits what is one event each, and says when there is something to do again,
    /// even if nothing is heard until then.
    pub(crate) fn sweep(&mut self, around: &Around<'_>) -> io::Result<Option<Instant>> {
        self.remove_spent();
        if !self.is_recovered {
            // Set back by whatever stays claimed.
            self.is_recovered = true;
            self.recover(around)?;
        }
        let names = self.names()?;
        self.forget_all_but(&names);
        let mut batch = Vec::new();
        let mut bytes = 0;
        for name in names {
            if around.stop.load(Ordering::Relaxed) {
                break;
            }
            let Some(ready) = self.take(&name, around) else {
                continue;
            };
            bytes += ready.draft.payload.len();
            batch.push(ready);
            if batch.len() >= BATCH || bytes >= BATCH_BYTES {
                self.emit(std::mem::take(&mut batch), around);
                bytes = 0;
            }
        }
        self.emit(batch, around);
        let settling = self.unsettled.values().map(|(_, since)| *since + SETTLED);
        let failed = self.failed.values().map(|failed| failed.next);
        Ok(settling.chain(failed).min())
    }

    fn names(&self) -> io::Result<Vec<OsString>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            let name = entry?.file_name();
            if is_meant(&name) {
                names.push(name);
            }
        }
        // Names that begin with a time or a number come in their order.
        names.sort();
        Ok(names)
    }

    fn forget_all_but(&mut self, names: &[OsString]) {
        if self.unsettled.is_empty() && self.failed.is_empty() {
            return;
        }
        let there: HashSet<_> = names.iter().collect();
        self.unsettled.retain(|name, _| there.contains(name));
        self.failed.retain(|name, _| there.contains(name));
    }

    /// Claims a file that is an event. Anything else is dealt with here.
    fn take(&mut self, name: &OsStr, around: &Around<'_>) -> Option<Ready> {
        if self
            .failed
            .get(name)
            .is_some_and(|failed| Instant::now() < failed.next)
        {
            return None;
        }
        let (print, said) = match look(&self.dir.join(name), name) {
            Ok(Look::Seen(print, said)) => (print, said),
            Ok(Look::Nothing) => return None,
            Err(error) => {
                self.failed(name, "it cannot be read", &error, around);
                return None;
            }
        };
        if matches!(said, Said::NotNow(_)) && !self.is_settled(name, print) {
            return None;
        }
        self.unsettled.remove(name);
        let file = match claim(&self.dir, &self.claimed(), name, print) {
            Ok(file) => file,
            Err(NotClaimed::Later) => {
                // Looked at again soon, even if nothing is heard of it.
                self.unsettled
                    .insert(name.to_owned(), (print, Instant::now()));
                return None;
            }
            Err(NotClaimed::Failed(error)) => {
                self.failed(name, "it cannot be claimed", &error, around);
                return None;
            }
        };
        if !self.failed.contains_key(name) {
            around.counts.received(1);
        }
        self.judge(file, said, around)
    }

    /// Of a claimed file: its event, or its end as a dead letter.
    fn judge(&mut self, file: Claimed, said: Said, around: &Around<'_>) -> Option<Ready> {
        let (Said::Never(reason) | Said::NotNow(reason)) = said else {
            let Said::Event(draft) = said else {
                return None;
            };
            return match file.id() {
                Ok(id) => Some(Ready { file, id, draft }),
                Err(error) => {
                    self.put_back(&file, "it cannot be read", &error, around);
                    None
                }
            };
        };
        around.counts.errors(1);
        let dead = self.dir.join(DEAD_LETTER);
        match dead_letter::bury(&file.path, &file.name, &dead, &reason) {
            Ok(letter) => {
                tracing::warn!(file = %file.name.display(), letter = %letter.display(), reason, "a file is no event");
            }
            Err(error) => self.put_back(&file, "it cannot be put aside", &error, around),
        }
        None
    }

    fn is_settled(&mut self, name: &OsStr, print: Print) -> bool {
        match self.unsettled.get(name) {
            Some((before, since)) if *before == print => since.elapsed() >= SETTLED,
            _ => {
                self.unsettled
                    .insert(name.to_owned(), (print, Instant::now()));
                false
            }
        }
    }

    /// Writes the events of a batch, one recipient's together and in their order.
    fn emit(&mut self, batch: Vec<Ready>, around: &Around<'_>) {
        let mut order: Vec<Recipient> = Vec::new();
        let mut by_recipient: HashMap<Recipient, Vec<Ready>> = HashMap::new();
        for ready in batch {
            let to = ready.draft.to.clone();
            let theirs = by_recipient.entry(to.clone()).or_insert_with(|| {
                order.push(to);
                Vec::new()
            });
            theirs.push(ready);
        }
        for to in order {
            let theirs = by_recipient.remove(&to).unwrap_or_default();
            self.emit_to(&to, theirs, around);
        }
    }

    fn emit_to(&mut self, to: &Recipient, batch: Vec<Ready>, around: &Around<'_>) {
        if batch.is_empty() {
            return;
        }
        let settings = around.settings;
        let mut lines = String::new();
        let mut files = Vec::with_capacity(batch.len());
        for Ready { file, id, draft } in batch {
            let event = draft.stamped(&settings.agent, id, (settings.clock)());
            tracing::debug!(file = %file.name.display(), %to, id = event.id.as_str(), "taken");
            lines.push_str(&event.line());
            files.push(file);
        }
        match settings.inbox.append(to, lines.as_bytes()) {
            Ok(()) => {
                around.counts.emitted(files.len());
                for file in files {
                    self.failed.remove(&file.name);
                    self.remove(file.name);
                }
            }
            Err(error) => {
                tracing::warn!(%to, events = files.len(), %error, "events were not emitted");
                for file in &files {
                    self.put_back_quietly(file, around);
                }
            }
        }
    }

    fn remove(&mut self, name: OsString) {
        if let Err(error) = fs::remove_file(self.claimed().join(&name)) {
            tracing::warn!(file = %name.display(), %error, "a file whose event is written stays");
            self.spent.push(name);
        }
    }

    fn remove_spent(&mut self) {
        let claimed = self.claimed();
        self.spent.retain(|name| {
            let removed = fs::remove_file(claimed.join(name));
            removed.is_err_and(|error| error.kind() != io::ErrorKind::NotFound)
        });
    }

    /// Deals with what was claimed and not finished: by a predecessor that was killed, or by us.
    fn recover(&mut self, around: &Around<'_>) -> io::Result<()> {
        let claimed = self.claimed();
        let entries = match fs::read_dir(&claimed) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => {
                self.is_recovered = false;
                return Err(error);
            }
        };
        let entries = entries.map(|entry| entry.map(|entry| entry.file_name()));
        let names = entries.collect::<io::Result<Vec<_>>>();
        let mut names = names.inspect_err(|_| self.is_recovered = false)?;
        names.sort();
        let mut left: HashMap<Recipient, Vec<Ready>> = HashMap::new();
        for name in names {
            let file = Claimed {
                path: claimed.join(&name),
                name,
            };
            let said = match look(&file.path, &file.name) {
                Ok(Look::Seen(_, said)) => said,
                Ok(Look::Nothing) => continue,
                Err(error) => {
                    self.put_back(&file, "it cannot be read", &error, around);
                    continue;
                }
            };
            if let Some(ready) = self.judge(file, said, around) {
                left.entry(ready.draft.to.clone()).or_default().push(ready);
            }
        }
        for (to, theirs) in left {
            let ids = theirs.iter().map(|ready| ready.id.clone()).collect();
            let written = match around.settings.inbox.holds(&to, &ids) {
                Ok(written) => written,
                Err(error) => {
                    // Writing them now could be once too often.
                    tracing::warn!(%to, %error, "files that were under way have to wait");
                    around.counts.errors(theirs.len());
                    self.is_recovered = false;
                    continue;
                }
            };
            let (done, rest): (Vec<_>, Vec<_>) =
                theirs.into_iter().partition(|it| written.contains(&it.id));
            tracing::info!(%to, written = done.len(), unwritten = rest.len(), "found files that were under way");
            for ready in done {
                self.remove(ready.file.name);
            }
            self.emit_to(&to, rest, around);
        }
        Ok(())
    }

    /// Says so and tries again later.
    fn put_back(&mut self, file: &Claimed, what: &str, error: &io::Error, around: &Around<'_>) {
        tracing::warn!(file = %file.name.display(), %error, "{what}");
        self.put_back_quietly(file, around);
    }

    fn put_back_quietly(&mut self, file: &Claimed, around: &Around<'_>) {
        around.counts.errors(1);
        self.later(&file.name);
        match file.put_back(&self.dir) {
            Ok(true) => {}
            Ok(false) => self.is_recovered = false,
            Err(error) => {
                tracing::warn!(file = %file.name.display(), %error, "a file stays in .claimed for now");
                self.is_recovered = false;
            }
        }
    }

    fn failed(&mut self, name: &OsStr, what: &str, error: &io::Error, around: &Around<'_>) {
        around.counts.errors(1);
        tracing::warn!(file = %name.display(), %error, "{what}");
        self.later(name);
    }

    fn later(&mut self, name: &OsStr) {
        let times = self.failed.get(name).map_or(0, |failed| failed.times);
        let pause = FIRST_RETRY * 2_u32.saturating_pow(times.min(10));
        let failed = Failed {
            times: times + 1,
            next: Instant::now() + pause.min(LAST_RETRY),
        };
        self.failed.insert(name.to_owned(), failed);
    }
}

impl DropFolder {
    /// The folder of this name is another one, or gone: takes what is there now.
    pub(crate) fn reopen_if_replaced(&mut self) -> Result<bool, super::OpenError> {
        if self.is_the_same() {
            return Ok(false);
        }
        *self = Self::open(&self.dir)?;
        Ok(true)
    }
}
