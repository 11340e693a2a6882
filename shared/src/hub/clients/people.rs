//! What is known of clients.

use jiff::Timestamp;

use super::{Client, Profile};
use crate::hub::ClientId;
use crate::hub::sql::{Sql, SqlFailed, Value, time};

/// How exactly it is known when a client was heard of last: a row is not written for every request.
const HEARD_WITHIN_MS: i64 = 60_000;

/// A client gave a sign of life: it is known from now on, by its name or else by one of ours.
/// Returns the name.
pub(super) fn hear_of(
    sql: &impl Sql,
    client: &ClientId,
    name: Option<&str>,
    now: Timestamp,
) -> Result<String, SqlFailed> {
    let id: Value = client.as_str().into();
    let known = sql.run(
        "SELECT name, heard_at FROM clients WHERE id = ?1",
        std::slice::from_ref(&id),
    )?;
    if let Some(row) = known.first() {
        let heard = row.integer(1)?;
        if now.as_millisecond() - heard >= HEARD_WITHIN_MS {
            let statement = "UPDATE clients SET heard_at = ?2 WHERE id = ?1";
            sql.run(statement, &[id, now.into()])?;
        }
        return row.text(0);
    }
    let name = name.map_or_else(|| client.default_name(), str::to_owned);
    sql.run(
        "INSERT INTO clients (id, name, known_since, heard_at) VALUES (?1, ?2, ?3, ?3)",
        &[id, name.as_str().into(), now.into()],
    )?;
    Ok(name)
}

pub(super) fn register(
    sql: &impl Sql,
    client: &ClientId,
    profile: &Profile,
    now: Timestamp,
) -> Result<Client, SqlFailed> {
    hear_of(sql, client, Some(&profile.name), now)?;
    let id: Value = client.as_str().into();
    sql.run(
        "UPDATE clients SET name = ?2, version = ?3, os = ?4, arch = ?5, heard_at = ?6 \
         WHERE id = ?1",
        &[
            id.clone(),
            profile.name.as_str().into(),
            profile.version.clone().into(),
            profile.os.clone().into(),
            profile.arch.clone().into(),
            now.into(),
        ],
    )?;
    let rows = sql.run("SELECT known_since FROM clients WHERE id = ?1", &[id])?;
    let row = rows
        .first()
        .ok_or_else(|| SqlFailed("the client was not kept".to_owned()))?;
    Ok(Client {
        id: client.clone(),
        profile: profile.clone(),
        known_since: time(row.integer(0)?)?,
        heard_at: now,
    })
}

pub(super) fn note_place(
    sql: &impl Sql,
    client: &ClientId,
    shard: u8,
    now: Timestamp,
) -> Result<(), SqlFailed> {
    let values: [Value; 3] = [client.as_str().into(), u32::from(shard).into(), now.into()];
    sql.run(
        "INSERT OR REPLACE INTO places (client, shard, noted_at) VALUES (?1, ?2, ?3)",
        &values,
    )
    .map(drop)
}

pub(super) fn places(sql: &impl Sql, client: &ClientId) -> Result<Vec<u8>, SqlFailed> {
    let statement = "SELECT shard FROM places WHERE client = ?1 ORDER BY shard";
    let rows = sql.run(statement, &[client.as_str().into()])?;
    let shard = |number: u64| u8::try_from(number).map_err(|e| SqlFailed(e.to_string()));
    rows.iter()
        .map(|row| row.count(0).and_then(shard))
        .collect()
}

pub(super) fn forget_places(
    sql: &impl Sql,
    client: &ClientId,
    shards: &[u8],
    noted_before: Timestamp,
) -> Result<(), SqlFailed> {
    for shard in shards {
        sql.run(
            "DELETE FROM places WHERE client = ?1 AND shard = ?2 AND noted_at < ?3",
            &[
                client.as_str().into(),
                u32::from(*shard).into(),
                noted_before.into(),
            ],
        )?;
    }
    Ok(())
}
