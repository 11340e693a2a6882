//! Notices of GitHub: what becomes of one that is delivered.

use super::{Settled, dead_letter};
use crate::consumer::Platform;
use crate::github::webhook::{Notice, NoticeFault};
use crate::ports::Level;

/// Acts on one notice.
pub(super) async fn deliver<P: Platform>(
    platform: &P,
    body: &str,
    read: Result<Notice, NoticeFault>,
    attempt: u32,
) -> Settled {
    let notice = match read {
        Ok(notice) => notice,
        Err(fault) => return dead_letter::park(platform, body, &fault.to_string(), attempt).await,
    };
    let fields = [("delivery", notice.delivery.as_str())];
    platform.event(Level::Info, "a notice of GitHub", &fields);
    Settled::Ack
}
