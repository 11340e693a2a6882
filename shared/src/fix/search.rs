//! The search for likely files.

use super::services::{FixServices, Sandbox, log};
use super::words::telling;
use super::{Event, Fix, SearchNote};
use crate::consumer::Platform;
use crate::executor::LikelyFile;
use crate::fault::Fault;
use crate::github::{CodeHit, MAX_HITS, MAX_WORDS};
use crate::policy::Policy;
use crate::redact::{Kinds, redact};
use crate::report;
use crate::service::Service;

/// The most likely files that a brief names.
const MAX_LIKELY: usize = 12;

/// Asks GitHub for files with any of the issue's words. Its search is a help, not a need: when it is
/// rate-limited or fails, the sandbox searches its clone.
pub(super) async fn search_code<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
) -> Event {
    let order = &fix.order;
    let text = format!(
        "{}\n{}\n{}",
        order.issue.title, order.description, order.report
    );
    // They go to GitHub, and with what is found to the model.
    let words = telling(&redact(&text, Kinds::ALL), MAX_WORDS);
    match on
        .services
        .github
        .search_code_any(&order.repository, &words, MAX_HITS)
        .await
    {
        Ok(found) => Event::CodeSearched {
            likely: likely(found.hits, &words, &fix.policy(on.policy())),
            search: SearchNote::GitHub,
        },
        Err(error) => {
            log(on, fix, Service::GitHub, &error);
            let because = report::fault_in_words(&Fault::Upstream {
                service: Service::GitHub,
                error,
            });
            let search = SearchNote::InClone { words, because };
            Event::CodeSearched {
                likely: Vec::new(),
                search,
            }
        }
    }
}

/// Files that the policy would let change, each with the reason why it is thought to matter.
fn likely(found: Vec<CodeHit>, words: &[String], policy: &Policy) -> Vec<LikelyFile> {
    found
        .into_iter()
        .filter(|file| policy.would_allow(&file.path).is_ok())
        .take(MAX_LIKELY)
        .map(|file| {
            let shown = file.fragments.join(" ").to_lowercase();
            let said = words
                .iter()
                .filter(|word| shown.contains(&word.to_lowercase()));
            let said: Vec<String> = said.map(|word| format!("`{word}`")).collect();
            let reason = match said.as_slice() {
                [] => "found by GitHub's code search".to_owned(),
                said => format!("contains {}", said.join(", ")),
            };
            LikelyFile {
                path: file.path,
                reason,
            }
        })
        .collect()
}
