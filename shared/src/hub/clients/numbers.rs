//! What clients have done.

use jiff::Timestamp;

use super::{ACTIVE_WITHIN_MS, Counts, people};
use crate::hub::ClientId;
use crate::hub::credit::Credit;
use crate::hub::days::{Run, Streaks, day_of, streaks};
use crate::hub::score::{Entry, MAX_ENTRIES, score};
use crate::hub::sql::{Sql, SqlFailed, Value, time};
use crate::hub::stats::{Counted, Reported, Seen};

/// Takes a client's report. The same one twice changes nothing.
pub(super) fn report(
    sql: &impl Sql,
    client: &ClientId,
    reported: &Reported,
    now: Timestamp,
) -> Result<(), SqlFailed> {
    people::hear_of(sql, client, None, now)?;
    let (before, seen) = numbers(sql, client)?;
    let merged = before.merged_with(reported);
    let json = serde_json::to_string(&merged).map_err(|error| SqlFailed(error.to_string()))?;
    sql.run(
        "UPDATE clients SET reported = ?2, reported_at = ?3 WHERE id = ?1",
        &[client.as_str().into(), json.into(), now.into()],
    )?;
    recount(sql, client, &merged, &seen)
}

/// Takes the news of a claim. Only the newest of each claim counts, and it counts once.
pub(super) fn credit(sql: &impl Sql, credit: &Credit, now: Timestamp) -> Result<(), SqlFailed> {
    let claim: Value = credit.claim.as_str().into();
    let known = sql.run(
        "SELECT version, completed, skipped, submitted FROM deeds WHERE claim = ?1",
        std::slice::from_ref(&claim),
    )?;
    let (is_new, before) = match known.first() {
        Some(row) if row.count(0)? >= credit.version => return Ok(()),
        Some(row) => (false, [row.count(1)?, row.count(2)?, row.count(3)?]),
        None => (true, [0; 3]),
    };
    let after = [
        credit.is_completed,
        credit.is_skipped,
        credit.has_pull_request,
    ]
    .map(u64::from);
    let [completed, skipped, submitted] = after.map(Value::from);
    sql.run(
        "INSERT OR REPLACE INTO deeds (claim, version, completed, skipped, submitted) \
         VALUES (?1, ?2, ?3, ?4, ?5)",
        &[claim, credit.version.into(), completed, skipped, submitted],
    )?;
    people::hear_of(sql, &credit.client, Some(&credit.client_name), now)?;
    let (reported, mut seen) = numbers(sql, &credit.client)?;
    seen.attempted += u64::from(is_new);
    let moved = |number: &mut u64, at: usize| {
        *number = (*number + after[at]).saturating_sub(before[at]);
    };
    moved(&mut seen.completed, 0);
    moved(&mut seen.skipped, 1);
    moved(&mut seen.submitted, 2);
    sql.run(
        "UPDATE clients SET s_attempted = ?2, s_completed = ?3, s_skipped = ?4, s_submitted = ?5 \
         WHERE id = ?1",
        &[
            credit.client.as_str().into(),
            seen.attempted.into(),
            seen.completed.into(),
            seen.skipped.into(),
            seen.submitted.into(),
        ],
    )?;
    note_day(sql, &credit.client, credit.claimed_at)?;
    recount(sql, &credit.client, &reported, &seen)
}

/// What a client has reported, and what was seen of it.
fn numbers(sql: &impl Sql, client: &ClientId) -> Result<(Reported, Seen), SqlFailed> {
    let rows = sql.run(
        "SELECT reported, s_attempted, s_completed, s_skipped, s_submitted FROM clients \
         WHERE id = ?1",
        &[client.as_str().into()],
    )?;
    let Some(row) = rows.first() else {
        return Ok(Default::default());
    };
    let seen = Seen {
        attempted: row.count(1)?,
        completed: row.count(2)?,
        skipped: row.count(3)?,
        submitted: row.count(4)?,
    };
    Ok((reported_in(row.maybe_text(0)?)?, seen))
}

fn reported_in(json: Option<String>) -> Result<Reported, SqlFailed> {
    let read = |json: String| serde_json::from_str(&json).map_err(|e| SqlFailed(e.to_string()));
    json.map_or(Ok(Reported::default()), read)
}

fn recount(
    sql: &impl Sql,
    client: &ClientId,
    reported: &Reported,
    seen: &Seen,
) -> Result<(), SqlFailed> {
    let counted = Counted::of(reported, seen);
    sql.run(
        "UPDATE clients SET attempted = ?2, completed = ?3, skipped = ?4, submitted = ?5, \
         merged = ?6, score = ?7 WHERE id = ?1",
        &[
            client.as_str().into(),
            counted.attempted.into(),
            counted.completed.into(),
            counted.skipped.into(),
            counted.submitted.into(),
            counted.merged.into(),
            score(&counted).into(),
        ],
    )
    .map(drop)
}

/// A day on which a client began work: the runs that it touches become one.
fn note_day(sql: &impl Sql, client: &ClientId, at: Timestamp) -> Result<(), SqlFailed> {
    let day = day_of(at);
    let id: Value = client.as_str().into();
    let touching: [Value; 3] = [id.clone(), (day - 1).into(), (day + 1).into()];
    let rows = sql.run(
        "SELECT first, last FROM runs WHERE client = ?1 AND last >= ?2 AND first <= ?3",
        &touching,
    )?;
    let mut run = Run::of(day);
    for row in &rows {
        run = run.joined(Run {
            first: row.integer(0)?,
            last: row.integer(1)?,
        });
    }
    sql.run(
        "DELETE FROM runs WHERE client = ?1 AND last >= ?2 AND first <= ?3",
        &touching,
    )?;
    sql.run(
        "INSERT INTO runs (client, first, last) VALUES (?1, ?2, ?3)",
        &[id, run.first.into(), run.last.into()],
    )
    .map(drop)
}

/// The best clients of this object.
pub(super) fn leaders(sql: &impl Sql, limit: u32, now: Timestamp) -> Result<Vec<Entry>, SqlFailed> {
    let rows = sql.run(
        "SELECT id, name, version, attempted, completed, skipped, submitted, merged, score, \
         reported, reported_at FROM clients \
         ORDER BY score DESC, merged DESC, completed DESC, id LIMIT ?1",
        &[limit.min(MAX_ENTRIES).into()],
    )?;
    let entry = |row: &crate::hub::sql::Row| {
        let client = ClientId::stored(row.text(0)?);
        let reported_at = row.maybe_count(10)?;
        let said = Said {
            reported: reported_in(row.maybe_text(9)?)?,
            at: reported_at
                .map(|ms| time(i64::try_from(ms).unwrap_or_default()))
                .transpose()?,
        };
        Ok(Entry {
            name: row.text(1)?,
            version: row.maybe_text(2)?,
            counted: Counted {
                attempted: row.count(3)?,
                completed: row.count(4)?,
                skipped: row.count(5)?,
                submitted: row.count(6)?,
                merged: row.count(7)?,
            },
            score: row.count(8)?,
            streaks: said.streaks(&runs(sql, &client)?, now),
            client,
        })
    };
    rows.iter().map(entry).collect()
}

fn runs(sql: &impl Sql, client: &ClientId) -> Result<Vec<Run>, SqlFailed> {
    let statement = "SELECT first, last FROM runs WHERE client = ?1 ORDER BY first";
    let rows = sql.run(statement, &[client.as_str().into()])?;
    let run = |row: &crate::hub::sql::Row| {
        Ok(Run {
            first: row.integer(0)?,
            last: row.integer(1)?,
        })
    };
    rows.iter().map(run).collect()
}

/// What a client said of itself, and when.
struct Said {
    reported: Reported,
    at: Option<Timestamp>,
}

impl Said {
    /// What the client said counts where it is more than was seen: it knows of work that the hub
    /// does not. A streak that was reported before yesterday has ended since.
    fn streaks(&self, runs: &[Run], now: Timestamp) -> Streaks {
        let today = day_of(now);
        let seen = streaks(runs, today);
        let is_fresh = self.at.is_some_and(|at| day_of(at) >= today - 1);
        let said = if is_fresh {
            self.reported.current_streak
        } else {
            0
        };
        Streaks {
            current: seen.current.max(said),
            longest: seen.longest.max(self.reported.longest_streak),
        }
    }
}

/// All clients of this object together.
pub(super) fn count(sql: &impl Sql, now: Timestamp) -> Result<Counts, SqlFailed> {
    let since = now.as_millisecond() - ACTIVE_WITHIN_MS;
    let rows = sql.run(
        "SELECT count(*), sum(heard_at > ?1), sum(attempted), sum(completed), sum(submitted), \
         sum(merged) FROM clients",
        &[since.into()],
    )?;
    let row = rows
        .first()
        .ok_or_else(|| SqlFailed("no counts".to_owned()))?;
    Ok(Counts {
        clients: row.sum(0)?,
        active: row.sum(1)?,
        attempted: row.sum(2)?,
        completed: row.sum(3)?,
        submitted: row.sum(4)?,
        merged: row.sum(5)?,
    })
}
