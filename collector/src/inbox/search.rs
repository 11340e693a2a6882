//! Whether events are in an inbox already: asked once, after a kill.

use std::collections::HashSet;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};

use serde::de::IgnoredAny;
use shared::hooks::{EventId, Recipient};

use super::Inbox;

/// How far back is looked. What was under way when a collector was killed is near the end.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

impl Inbox {
    /// Those of the ids that are in a recipient's inbox.
    pub fn holds(
        &self,
        recipient: &Recipient,
        ids: &HashSet<EventId>,
    ) -> io::Result<HashSet<EventId>> {
        let mut file = match File::open(self.path(recipient)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(HashSet::new()),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MAX_BYTES)))?;
        let mut lines = BufReader::new(file.take(MAX_BYTES));
        let mut line = Vec::new();
        let mut found = HashSet::new();
        while lines.read_until(b'\n', &mut line)? > 0 {
            // What a killed writer left unfinished is not there: the next append puts it aside, and
            // ends what lacks only its line break (`mend`).
            let is_whole =
                line.ends_with(b"\n") || serde_json::from_slice::<IgnoredAny>(&line).is_ok();
            let id = id_of(&line).filter(|id| is_whole && ids.contains(id));
            found.extend(id);
            line.clear();
        }
        Ok(found)
    }
}

/// The id of a line as events are written: the second field.
fn id_of(line: &[u8]) -> Option<EventId> {
    const KEY: &[u8] = br#"","id":""#;
    let start = line.windows(KEY.len()).take(64).position(|it| it == KEY)? + KEY.len();
    let mut bytes = [0; 16];
    // Half a line, or somebody else's.
    hex_into(line.get(start..start + 32)?, &mut bytes)?;
    Some(EventId::of(bytes))
}

fn hex_into(text: &[u8], bytes: &mut [u8; 16]) -> Option<()> {
    for (byte, pair) in bytes.iter_mut().zip(text.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(())
}
