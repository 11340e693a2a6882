//! Dead letters: files that cannot be events, each with its reason beside it.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::file::rename_new;

const REASON: &str = ".reason";
/// What file systems take.
const MAX_NAME_BYTES: usize = 255;
/// Room for `.reason` and a number.
const SPARE_BYTES: usize = 16;
const MAX_SAME_NAMES: usize = 100_000;

/// Moves a file into the folder of dead letters and writes the reason beside it: the reason first, so
/// that no letter is without.
pub(super) fn bury(file: &Path, name: &OsStr, folder: &Path, reason: &str) -> io::Result<PathBuf> {
    super::make_dir(folder)?;
    for number in 0..MAX_SAME_NAMES {
        let to = folder.join(numbered(name, number));
        if fs::symlink_metadata(&to).is_ok() {
            continue;
        }
        let mut beside = to.clone().into_os_string();
        beside.push(REASON);
        fs::write(&beside, format!("{reason}\n"))?;
        match rename_new(file, &to) {
            Ok(()) => return Ok(to),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                let _ = fs::remove_file(&beside);
                return Err(error);
            }
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// `a.json`, `a.1.json`, `a.2.json`; what is too long for that is cut.
fn numbered(name: &OsStr, number: usize) -> OsString {
    let bytes = name.as_bytes();
    let stem = bytes.strip_suffix(b".json").unwrap_or(bytes);
    let longest = MAX_NAME_BYTES - SPARE_BYTES - b".json".len();
    let stem = &stem[..stem.len().min(longest)];
    let mut cut = stem.to_vec();
    if number > 0 {
        cut.extend_from_slice(format!(".{number}").as_bytes());
    }
    cut.extend_from_slice(b".json");
    OsString::from_vec(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_one_name_are_all_kept_with_their_reasons() {
        let folder = tempfile::tempdir().unwrap();
        let dead = folder.path().join(".dead-letter");
        for number in 0..3 {
            let file = folder.path().join("a.json");
            fs::write(&file, format!("{number}")).unwrap();
            bury(
                &file,
                OsStr::new("a.json"),
                &dead,
                &format!("reason {number}"),
            )
            .unwrap();
        }
        for (number, name) in ["a.json", "a.1.json", "a.2.json"].into_iter().enumerate() {
            assert_eq!(
                fs::read_to_string(dead.join(name)).unwrap(),
                format!("{number}")
            );
            let reason = fs::read_to_string(dead.join(format!("{name}.reason"))).unwrap();
            assert_eq!(reason, format!("reason {number}\n"));
        }
    }

    #[test]
    fn the_longest_name_has_room_for_its_reason() {
        let folder = tempfile::tempdir().unwrap();
        let dead = folder.path().join(".dead-letter");
        let name = format!("{}.json", "x".repeat(MAX_NAME_BYTES - 5));
        for _ in 0..2 {
            let file = folder.path().join(&name);
            fs::write(&file, "").unwrap();
            let buried = bury(&file, OsStr::new(&name), &dead, "r").unwrap();
            let mut beside = buried.into_os_string();
            beside.push(REASON);
            assert_eq!(fs::read_to_string(beside).unwrap(), "r\n");
        }
        assert_eq!(fs::read_dir(&dead).unwrap().count(), 4);
    }

    #[test]
    fn a_file_that_cannot_be_moved_leaves_no_reason_behind() {
        let folder = tempfile::tempdir().unwrap();
        let dead = folder.path().join(".dead-letter");
        let gone = folder.path().join("gone.json");
        assert!(bury(&gone, OsStr::new("gone.json"), &dead, "r").is_err());
        assert_eq!(fs::read_dir(&dead).unwrap().count(), 0);
    }
}
