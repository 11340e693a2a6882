//! The query endpoint, for the one kind of query that bugbot sends.

use axum::Json;
use axum::extract::{Path, State as Shared};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::hogql::Select;
use super::refusal::Refusal;
use super::state::State;
use crate::fake::Fake;

/// Rows when the query names no limit.
const DEFAULT_LIMIT: usize = 100;

pub(super) async fn run(
    Shared(fake): Shared<Fake<State>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let state = fake.lock();
    Refusal::guard(&state, &headers, &project, "query:read")?;
    let body: Value = serde_json::from_slice(&body)
        .map_err(|e| Refusal::invalid(format!("JSON parse error - {e}")))?;
    let query = &body["query"];
    if query["kind"] != "HogQLQuery" {
        return Err(Refusal::invalid(format!(
            "the fake runs HogQLQuery only, not {}",
            query["kind"]
        )));
    }
    let text = query["query"]
        .as_str()
        .ok_or_else(|| Refusal::invalid("Field required: query"))?;
    let select = Select::parse(text, &query["values"]).map_err(Refusal::invalid)?;
    let mut events: Vec<_> = Vec::new();
    for event in &state.events {
        if select.takes(event).map_err(Refusal::invalid)? {
            events.push(event);
        }
    }
    // The order of events without an `ORDER BY` is nobody's promise: newest first here.
    events.sort_by_key(|event| event.at);
    if !select.ascending {
        events.reverse();
    }
    let limit = select.limit.unwrap_or(DEFAULT_LIMIT);
    let has_more = events.len() > limit;
    let rows: Result<Vec<Value>, String> = events
        .iter()
        .take(limit)
        .map(|event| select.row(event))
        .collect();
    let rows = rows.map_err(Refusal::invalid)?;
    Ok(Json(json!({
        "columns": select.columns(),
        "types": select.columns().iter().map(|c| json!([c, "Nullable(String)"])).collect::<Vec<_>>(),
        "results": rows,
        "hogql": text,
        "query": text,
        "hasMore": has_more,
        "limit": limit,
        "offset": 0,
        "error": null,
        "is_cached": false,
        "last_refresh": state.now().to_string(),
        "query_status": null,
        "timings": [],
    })))
}
