//! Who is let in.

use jiff::Timestamp;

use super::{Admitted, Response, people};
use crate::hub::ClientId;
use crate::hub::forge::ForgeUser;
use crate::hub::key::{KeyHash, Scope};
use crate::hub::rate::{self, PER_KEY, Window};
use crate::hub::sql::{Row, Sql, SqlFailed, Value};

/// Counts one more caller from an address. Addresses of which nothing was heard for a window are
/// forgotten with it: they are not kept.
pub(super) fn knock(
    sql: &impl Sql,
    address: &str,
    per_minute: u32,
    now: Timestamp,
) -> Result<Response, SqlFailed> {
    let gone = now.as_millisecond() - rate::WINDOW_MS;
    sql.run("DELETE FROM knocks WHERE window_at <= ?1", &[gone.into()])?;
    let found = sql.run(
        "SELECT window_at, used FROM knocks WHERE address = ?1",
        &[address.into()],
    )?;
    let window = found.first().map(|row| window(row, 0)).transpose()?;
    let (after, outcome) = rate::admit(window.flatten(), per_minute, now);
    let values: [Value; 3] = [address.into(), after.began_ms.into(), after.used.into()];
    sql.run(
        "INSERT OR REPLACE INTO knocks (address, window_at, used) VALUES (?1, ?2, ?3)",
        &values,
    )?;
    Ok(match outcome {
        Ok(_) => Response::Welcome,
        Err(rate) => Response::TooMany(rate),
    })
}

/// Gives a client its key, and takes the old one. Whoever logs a client in first owns it: its id is
/// public, and with another account of the forge nobody gets at it.
pub(super) fn log_in(
    sql: &impl Sql,
    client: &ClientId,
    user: &ForgeUser,
    key: &KeyHash,
    scopes: &[Scope],
    now: Timestamp,
) -> Result<Response, SqlFailed> {
    people::hear_of(sql, client, None, now)?;
    let id: Value = client.as_str().into();
    let found = sql.run(
        "SELECT forge, forge_user FROM clients WHERE id = ?1",
        std::slice::from_ref(&id),
    )?;
    let row = found
        .first()
        .ok_or_else(|| SqlFailed("the client was not kept".to_owned()))?;
    match (row.maybe_text(0)?, row.maybe_text(1)?) {
        (Some(forge), Some(known)) if forge != user.forge || known != user.id => {
            return Ok(Response::OthersClient);
        }
        (Some(_), Some(_)) => {}
        _ => {
            let owner = [
                id.clone(),
                user.forge.as_str().into(),
                user.id.as_str().into(),
            ];
            sql.run(
                "UPDATE clients SET forge = ?2, forge_user = ?3 WHERE id = ?1",
                &owner,
            )?;
        }
    }
    sql.run(
        "DELETE FROM keys WHERE client = ?1",
        std::slice::from_ref(&id),
    )?;
    let names: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
    let values = [key.as_str().into(), id, names.join(" ").into(), now.into()];
    sql.run(
        "INSERT INTO keys (hash, client, scopes, made_at) VALUES (?1, ?2, ?3, ?4)",
        &values,
    )?;
    Ok(Response::LoggedIn)
}

/// Lets a request in, and counts it. Refused ones are counted too, but for those that are too many.
pub(super) fn admit(
    sql: &impl Sql,
    key: &KeyHash,
    needs: Scope,
    claims_at: Option<u8>,
    now: Timestamp,
) -> Result<Response, SqlFailed> {
    let hash: Value = key.as_str().into();
    let found = sql.run(
        "SELECT client, scopes, window_at, used FROM keys WHERE hash = ?1",
        std::slice::from_ref(&hash),
    )?;
    let Some(row) = found.first() else {
        return Ok(Response::UnknownKey);
    };
    let client = ClientId::stored(row.text(0)?);
    let (after, outcome) = rate::admit(window(row, 2)?, PER_KEY, now);
    let rate = match outcome {
        Ok(rate) => rate,
        Err(rate) => return Ok(Response::TooMany(rate)),
    };
    sql.run(
        "UPDATE keys SET window_at = ?2, used = ?3 WHERE hash = ?1",
        &[hash, after.began_ms.into(), after.used.into()],
    )?;
    let scopes = row.text(1)?;
    if !scopes.split(' ').any(|scope| scope == needs.as_str()) {
        return Ok(Response::OutOfScope(rate));
    }
    let name = people::hear_of(sql, &client, None, now)?;
    // Before the claim is made, so that a heartbeat finds it whatever happens in between.
    if let Some(shard) = claims_at {
        people::note_place(sql, &client, shard, now)?;
    }
    Ok(Response::Admitted(Admitted { client, name, rate }))
}

fn window(row: &Row, at: usize) -> Result<Option<Window>, SqlFailed> {
    let Some(began) = row.maybe_count(at)? else {
        return Ok(None);
    };
    Ok(Some(Window {
        began_ms: i64::try_from(began).unwrap_or_default(),
        used: u32::try_from(row.count(at + 1)?).unwrap_or(u32::MAX),
    }))
}
