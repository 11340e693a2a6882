//! What all objects know together: each is asked, and the answers are put into one.

use futures_util::future::try_join_all;

use super::claims::{self, Cursor, Filter};
use super::clients;
use super::score::{Entry, ranked};
use super::{Claim, Hubs, Shard};

/// The best clients, by rank.
pub async fn leaders(hubs: &impl Hubs, limit: u32) -> Result<Vec<Entry>, String> {
    let asked = Shard::all_of_clients().map(async |shard| {
        match clients::ask(hubs, shard, clients::Request::Leaders { limit }).await? {
            clients::Response::Leaders(entries) => Ok(entries),
            other => Err(odd(&other)),
        }
    });
    let entries = try_join_all(asked).await?.into_iter().flatten().collect();
    Ok(ranked(entries, limit))
}

/// How many clients there are, and what they have done.
pub async fn client_counts(hubs: &impl Hubs) -> Result<clients::Counts, String> {
    let asked = Shard::all_of_clients().map(async |shard| {
        match clients::ask(hubs, shard, clients::Request::Count).await? {
            clients::Response::Counted(counts) => Ok(counts),
            other => Err(odd(&other)),
        }
    });
    let counts = try_join_all(asked).await?.into_iter();
    Ok(counts.fold(Default::default(), clients::Counts::plus))
}

/// How many claims there are.
pub async fn claim_counts(hubs: &impl Hubs) -> Result<claims::Counts, String> {
    let asked = Shard::all_of_claims().map(async |shard| {
        match claims::ask(hubs, shard, claims::Request::Count).await? {
            claims::Response::Counted(counts) => Ok(counts),
            other => Err(odd(&other)),
        }
    });
    let counts = try_join_all(asked).await?.into_iter();
    Ok(counts.fold(Default::default(), claims::Counts::plus))
}

/// A page of all claims, newest first, and where the next one begins.
pub async fn listed(
    hubs: &impl Hubs,
    filter: &Filter,
) -> Result<(Vec<Claim>, Option<Cursor>), String> {
    let asked = Shard::all_of_claims().map(async |shard| {
        match claims::ask(hubs, shard, claims::Request::List(filter.clone())).await? {
            claims::Response::Listed(claims) => Ok(claims),
            other => Err(odd(&other)),
        }
    });
    let limit = filter.limit as usize;
    let mut all: Vec<Claim> = try_join_all(asked).await?.into_iter().flatten().collect();
    claims::in_order(&mut all);
    let is_full = all.len() >= limit;
    all.truncate(limit);
    let next = all.last().filter(|_| is_full).map(Cursor::of);
    Ok((all, next))
}

fn odd(answer: &impl std::fmt::Debug) -> String {
    format!("an object answered {answer:?}")
}
