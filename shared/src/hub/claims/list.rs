//! Lists of claims: newest first, by pages.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::rows;
use crate::hub::claim::{Claim, Status};
use crate::hub::sql::{Sql, SqlFailed, Value};

/// The most claims of a page.
pub const MAX_LISTED: u32 = 500;

/// Which claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Filter {
    /// Only these; without it those that are worked on.
    pub status: Option<Status>,
    /// Only of this repository, in any case.
    pub repo: Option<String>,
    /// Only those after this one.
    pub after: Option<Cursor>,
    /// So many; at most [`MAX_LISTED`].
    pub limit: u32,
}

/// A place in the list: `1772807400000.acme/web#7`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    claimed_ms: i64,
    issue: String,
}

impl Cursor {
    /// The place of a claim.
    pub fn of(claim: &Claim) -> Self {
        Self {
            claimed_ms: claim.claimed_at.as_millisecond(),
            issue: claim.issue.key().to_owned(),
        }
    }

    /// Reads a place.
    pub fn parse(text: &str) -> Option<Self> {
        let (ms, issue) = text.split_once('.')?;
        Some(Self {
            claimed_ms: ms.parse().ok()?,
            issue: issue.to_owned(),
        })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.claimed_ms, self.issue)
    }
}

/// Puts the lists of several objects into one order.
pub(in crate::hub) fn in_order(claims: &mut [Claim]) {
    claims.sort_by(|a, b| {
        let by_age = b.claimed_at.cmp(&a.claimed_at);
        by_age.then_with(|| a.issue.key().cmp(b.issue.key()))
    });
}

pub(super) fn list(
    sql: &impl Sql,
    filter: &Filter,
    now: Timestamp,
) -> Result<Vec<Claim>, SqlFailed> {
    let mut values: Vec<Value> = vec![now.into(), filter.limit.min(MAX_LISTED).into()];
    let mut value = |it: Value| {
        values.push(it);
        format!("?{}", values.len())
    };
    // What was skipped is never held; the others are listed as long as they are.
    let mut conditions = vec![match filter.status {
        None => "status IN ('claimed', 'in_progress') AND expires_at > ?1".to_owned(),
        Some(Status::Skipped) => "status = 'skipped' AND expires_at <= ?1".to_owned(),
        Some(status) => format!(
            "status = {} AND expires_at > ?1",
            value(status.as_str().into())
        ),
    }];
    conditions.push("NOT released".to_owned());
    if let Some(repo) = &filter.repo {
        conditions.push(format!("repo_key = {}", value(repo.to_lowercase().into())));
    }
    if let Some(after) = &filter.after {
        let at = value(after.claimed_ms.into());
        let issue = value(after.issue.as_str().into());
        conditions.push(format!(
            "(claimed_at < {at} OR (claimed_at = {at} AND issue > {issue}))"
        ));
    }
    let statement = format!(
        "SELECT {} FROM claims WHERE {} ORDER BY claimed_at DESC, issue LIMIT ?2",
        rows::COLUMNS,
        conditions.join(" AND ")
    );
    sql.run(&statement, &values)?
        .iter()
        .map(rows::read)
        .collect()
}
