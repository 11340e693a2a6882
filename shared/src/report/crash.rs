//! What a thread reads about the crash report of a fix: that it is there, and how operators get it.
//! Never the way to its bytes without their token.

use super::escape::inline_code;
use super::format;
use crate::fix::{Archived, CrashReport, Fix, Holds, NotKept, Place};
use crate::shorten::shorten;

/// Its name comes from the executor.
const MAX_NAME_CHARS: usize = 200;

/// What is said of it, if there is anything to say.
pub(super) fn field(fix: &Fix, archived: &Archived) -> Option<String> {
    let CrashReport {
        report,
        place,
        holds,
        ..
    } = archived.crash_report.as_deref()?;
    let files = usize::try_from(report.files).unwrap_or(usize::MAX);
    let packed = report.packed_bytes.map(format::bytes);
    let packed = packed.map_or_else(String::new, |bytes| format!(", packed {bytes}"));
    let size = format!(
        "{}, {}{packed}",
        format::count(files, "file"),
        format::bytes(report.size_bytes)
    );
    let name = inline_code(&shorten(&report.name, MAX_NAME_CHARS));
    Some(match place {
        // Of no use to anybody here; operators read why.
        Place::Due | Place::Nowhere { .. } => return None,
        Place::Bucket { url, key } => {
            let job = &fix.order.job;
            let ending = key.split_once('.').map_or("tar", |(_, ending)| ending);
            let what = match holds {
                Holds::Files => format!("[The files that the agent began with]({url}) ({size})"),
                Holds::SavedWork { .. } => format!(
                    "None could be taken: the sandbox was lost. [The work that was saved \
                     last]({url}) ({size})"
                ),
            };
            format!("{what}, for operators: `bugbot jobs crash-report {job} --out {job}.{ending}`")
        }
        Place::Executor { why } => {
            let why = match why {
                NotKept::NoBucket => "",
                NotKept::TooLarge => "; it is too large to be kept elsewhere",
                NotKept::Failed => "; it could not be put elsewhere",
            };
            format!("{name} ({size}) in the executor's `crash-reports`, while it has it{why}")
        }
    })
}
