//! Notices of GitHub: what becomes of one that is delivered.

use super::{DeadLetter, Settled, dead_letter};
use crate::consumer::Platform;
use crate::github::webhook::{Notice, NoticeFault};
use crate::log::Event;
use crate::trace::Trace;

/// Acts on one notice.
pub(super) async fn deliver<P: Platform>(
    platform: &P,
    body: &str,
    read: Result<Notice, NoticeFault>,
    attempt: u32,
) -> Settled {
    let notice = match read {
        Ok(notice) => notice,
        Err(fault) => {
            let letter = DeadLetter::new(body, fault.to_string());
            return dead_letter::park(platform, &Trace::none(), &letter, attempt).await;
        }
    };
    let delivery = notice.delivery.as_str();
    platform.note(&notice.trace(), Event::NoticeRead { delivery });
    Settled::Ack
}
