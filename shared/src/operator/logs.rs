//! Audit logs: `operator`, `direct`, or the id of a server.

use super::answer::Problem;
use super::{Desk, Query};
use crate::audit::{self, Audits as _, Export, LogName};
use crate::gateway::Ports;
use crate::id::GuildId;

impl<P: Ports> Desk<'_, P> {
    /// A page of a log.
    pub(super) async fn audit(&self, log: &LogName, query: &Query) -> Result<Export, Problem> {
        let after = query.after.as_deref().unwrap_or("0");
        let after = after
            .parse()
            .map_err(|_| Problem::BadRequest("`after` is the number of an entry.".to_owned()))?;
        let limit = u32::try_from(query.limit).unwrap_or(audit::MAX_PAGE);
        let request = audit::Request::Export { after, limit };
        match self.back().ask_audit(log, &request).await {
            Ok(audit::Response::Page(export)) => Ok(export),
            Ok(other) => Err(Problem::Unavailable(format!("the log answered {other:?}"))),
            Err(why) => Err(Problem::Unavailable(why)),
        }
    }
}

/// The log of this name. Asking an object makes it, so names that are no server's are refused.
pub(super) fn name(text: &str) -> Result<LogName, Problem> {
    match text {
        "operator" => Ok(LogName::operator()),
        "direct" => Ok(LogName::of(&GuildId::new(""))),
        id if id.len() >= 15 && id.len() <= 20 && id.bytes().all(|b| b.is_ascii_digit()) => {
            Ok(LogName::of(&GuildId::new(id)))
        }
        _ => Err(Problem::BadRequest(
            "A log is `operator`, `direct`, or the id of a server.".to_owned(),
        )),
    }
}
