//! Claims as rows.

use std::time::Duration;

use jiff::Timestamp;

use crate::hub::claim::{Claim, Owner, PullRequestRef, Status};
use crate::hub::sql::{Row, Sql, SqlFailed, Value, time};
use crate::hub::{ClientId, IssueRef};

/// What [`read`] reads, in its order.
pub(super) const COLUMNS: &str = "id, shown, repo, number, title, url, client, job, client_name, \
     status, claimed_at, expires_at, pr_url, pr_number, released, version";

/// The last claim of an issue.
pub(super) fn find(sql: &impl Sql, issue: &IssueRef) -> Result<Option<Claim>, SqlFailed> {
    let statement = format!("SELECT {COLUMNS} FROM claims WHERE issue = ?1");
    let rows = sql.run(&statement, &[issue.key().into()])?;
    rows.first().map(read).transpose()
}

pub(super) fn read(row: &Row) -> Result<Claim, SqlFailed> {
    let broken = |what: &str| SqlFailed(format!("a claim has no {what}"));
    Ok(Claim {
        id: row.text(0)?,
        issue: IssueRef::parse(&row.text(1)?).map_err(|_| broken("issue"))?,
        repo: row.text(2)?,
        number: row.maybe_count(3)?,
        title: row.text(4)?,
        url: row.text(5)?,
        owner: Owner {
            client: ClientId::stored(row.text(6)?),
            job: row.maybe_text(7)?,
        },
        client_name: row.text(8)?,
        status: Status::parse(&row.text(9)?).ok_or_else(|| broken("status"))?,
        claimed_at: time(row.integer(10)?)?,
        expires_at: time(row.integer(11)?)?,
        pull_request: PullRequestRef {
            url: row.maybe_text(12)?,
            number: row.maybe_count(13)?,
        },
        is_released: row.integer(14)? != 0,
        version: row.count(15)?,
    })
}

/// Keeps the claim as the last one of its issue.
pub(super) fn save(sql: &impl Sql, claim: &Claim) -> Result<(), SqlFailed> {
    let statement = format!(
        "INSERT OR REPLACE INTO claims (issue, repo_key, {COLUMNS}) VALUES \
         (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)"
    );
    let values: [Value; 18] = [
        claim.issue.key().into(),
        claim.repo.to_lowercase().into(),
        claim.id.as_str().into(),
        claim.issue.as_str().into(),
        claim.repo.as_str().into(),
        claim.number.into(),
        claim.title.as_str().into(),
        claim.url.as_str().into(),
        claim.owner.client.as_str().into(),
        claim.owner.job.clone().into(),
        claim.client_name.as_str().into(),
        claim.status.as_str().into(),
        claim.claimed_at.into(),
        claim.expires_at.into(),
        claim.pull_request.url.clone().into(),
        claim.pull_request.number.into(),
        claim.is_released.into(),
        claim.version.into(),
    ];
    sql.run(&statement, &values).map(drop)
}

/// What somebody works on.
pub(super) fn open_claims_of(
    sql: &impl Sql,
    owner: &Owner,
    now: Timestamp,
) -> Result<Vec<Claim>, SqlFailed> {
    let statement = format!(
        "SELECT {COLUMNS} FROM claims WHERE client = ?1 AND job IS ?2 AND expires_at > ?3 \
         AND NOT released AND status IN ('claimed', 'in_progress')"
    );
    let values: [Value; 3] = [
        owner.client.as_str().into(),
        owner.job.clone().into(),
        now.into(),
    ];
    sql.run(&statement, &values)?.iter().map(read).collect()
}

/// Of a client (`?1`), worked on now (`?2`).
const ALIVE: &str = "client = ?1 AND expires_at > ?2 AND NOT released \
         AND status IN ('claimed', 'in_progress')";

/// Whatever this client works on lasts until `ttl` from now, at least. What has run out stays
/// anybody's.
pub(super) fn renew(
    sql: &impl Sql,
    client: &ClientId,
    ttl: Duration,
    now: Timestamp,
) -> Result<u64, SqlFailed> {
    let until = now
        .saturating_add(ttl)
        .map_err(|error| SqlFailed(error.to_string()))?;
    let who: [Value; 2] = [client.as_str().into(), now.into()];
    let counted = sql.run(&format!("SELECT count(*) FROM claims WHERE {ALIVE}"), &who)?;
    let alive = counted.first().map_or(Ok(0), |row| row.count(0))?;
    if alive > 0 {
        let [client, now] = who;
        sql.run(
            &format!("UPDATE claims SET expires_at = max(expires_at, ?3) WHERE {ALIVE}"),
            &[client, now, until.into()],
        )?;
    }
    Ok(alive)
}
