//! Persons by e-mail, and the recordings of a person.

use axum::Json;
use axum::extract::{Path, Query, State as Shared};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::state::{Recording, State, person_json};
use crate::fake::Fake;

type Parameters = Query<Vec<(String, String)>>;

/// How far back recordings are looked for when the request does not say.
const DEFAULT_DATE_FROM: &str = "-3d";
const DEFAULT_LIMIT: usize = 50;

/// What the service's schema for a list of recordings knows; it refuses anything else.
const KNOWN: [&str; 24] = [
    "actions",
    "after",
    "as_query",
    "comment_text",
    "console_log_filters",
    "date_from",
    "date_to",
    "distinct_ids",
    "events",
    "filter_test_accounts",
    "having_predicates",
    "hogql_filtering",
    "kind",
    "limit",
    "offset",
    "operand",
    "order",
    "order_direction",
    "person_uuid",
    "properties",
    "session_ids",
    "session_recording_id",
    "user_modified_filters",
    "version",
];

pub(super) async fn persons(
    Shared(fake): Shared<Fake<State>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Refusal> {
    let state = fake.lock();
    Refusal::guard(&state, &headers, &project, "person:read")?;
    let mut found: Vec<_> = state.persons.iter().collect();
    let mut limit = 100;
    for (name, value) in &parameters {
        match name.as_str() {
            "email" => found.retain(|p| p.email == *value),
            "distinct_id" => found.retain(|p| p.distinct_ids.contains(value)),
            "limit" => {
                let parsed = value.parse();
                limit = parsed.map_err(|_| Refusal::invalid("A valid integer is required."))?;
            }
            // The service ignores what it does not know here, and lists everybody.
            _ => fake.violation(format!("GET persons has no parameter {name:?}")),
        }
    }
    let results: Vec<Value> = found.into_iter().take(limit).map(person_json).collect();
    Ok(Json(
        json!({"next": null, "previous": null, "results": results}),
    ))
}

pub(super) async fn read(
    Shared(fake): Shared<Fake<State>>,
    Path((project, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let state = fake.lock();
    Refusal::guard(&state, &headers, &project, "session_recording:read")?;
    let recording = state
        .recordings
        .iter()
        .find(|r| r.id == id)
        .ok_or_else(Refusal::gone)?;
    Ok(Json(state.recording_json(recording)))
}

pub(super) async fn list(
    Shared(fake): Shared<Fake<State>>,
    Path(project): Path<String>,
    headers: HeaderMap,
    Query(parameters): Parameters,
) -> Result<Json<Value>, Refusal> {
    let state = fake.lock();
    Refusal::guard(&state, &headers, &project, "session_recording:read")?;
    let wanted = Wanted::parse(&state, &parameters)?;
    let mut found: Vec<&Recording> = state
        .recordings
        .iter()
        .filter(|r| wanted.takes(&state, r))
        .collect();
    found.sort_by_key(|r| std::cmp::Reverse(r.start));
    let from = wanted
        .after
        .and_then(|id| found.iter().position(|r| r.id == id))
        .map_or(0, |at| at + 1);
    let rest = &found[from..];
    let page = &rest[..rest.len().min(wanted.limit)];
    let has_next = rest.len() > page.len();
    let results: Vec<Value> = page.iter().map(|r| state.recording_json(r)).collect();
    let mut answer = json!({"results": results, "has_next": has_next, "version": 4});
    if let (true, Some(last)) = (has_next, page.last()) {
        answer["next_cursor"] = json!(last.id);
    }
    Ok(Json(answer))
}

/// Which recordings a request asks for.
struct Wanted {
    distinct_ids: Option<Vec<String>>,
    session_ids: Option<Vec<String>>,
    person: Option<String>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    limit: usize,
    after: Option<String>,
}

impl Wanted {
    fn parse(state: &State, parameters: &[(String, String)]) -> Result<Self, Refusal> {
        let mut wanted = Self {
            distinct_ids: None,
            session_ids: None,
            person: None,
            since: parse_date(state, DEFAULT_DATE_FROM),
            until: None,
            limit: DEFAULT_LIMIT,
            after: None,
        };
        for (name, text) in parameters {
            // The service reads every value as JSON, and as text where that fails.
            let value = serde_json::from_str(text).unwrap_or_else(|_| json!(text));
            match name.as_str() {
                "distinct_ids" => wanted.distinct_ids = Some(list_of_text(name, &value)?),
                "session_ids" => wanted.session_ids = Some(list_of_text(name, &value)?),
                "person_uuid" => wanted.person = Some(one_text(name, &value)?),
                "after" => wanted.after = Some(one_text(name, &value)?),
                "date_from" => wanted.since = date(state, name, &value)?,
                "date_to" => wanted.until = date(state, name, &value)?,
                "limit" => {
                    let number = value.as_u64().and_then(|n| usize::try_from(n).ok());
                    let message =
                        "Input should be a valid integer, unable to parse string as an integer";
                    wanted.limit = number.ok_or_else(|| {
                        Refusal::invalid_parameter("int_parsing", name, message, &value)
                    })?;
                }
                known if KNOWN.contains(&known) => {
                    return Err(Refusal::invalid(format!(
                        "the fake does not model the parameter {known:?}"
                    )));
                }
                _ => {
                    let message = "Extra inputs are not permitted";
                    return Err(Refusal::invalid_parameter(
                        "extra_forbidden",
                        name,
                        message,
                        &value,
                    ));
                }
            }
        }
        Ok(wanted)
    }

    fn takes(&self, state: &State, recording: &Recording) -> bool {
        let among = |list: &Option<Vec<String>>, id: &String| {
            list.as_ref().is_none_or(|list| list.contains(id))
        };
        let by_person = self.person.as_ref().is_none_or(|uuid| {
            state
                .person_of(&recording.distinct_id)
                .is_some_and(|person| person.uuid == *uuid)
        });
        by_person
            && among(&self.distinct_ids, &recording.distinct_id)
            && among(&self.session_ids, &recording.id)
            && self.since.is_none_or(|since| recording.start >= since)
            && self.until.is_none_or(|until| recording.start <= until)
    }
}

fn one_text(name: &str, value: &Value) -> Result<String, Refusal> {
    let message = "Input should be a valid string";
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Refusal::invalid_parameter("string_type", name, message, value))
}

fn list_of_text(name: &str, value: &Value) -> Result<Vec<String>, Refusal> {
    let message = "Input should be a valid list";
    let items = value
        .as_array()
        .ok_or_else(|| Refusal::invalid_parameter("list_type", name, message, value))?;
    items.iter().map(|item| one_text(name, item)).collect()
}

/// `-30d`, `-24h`, `-2w`, `all`, or a date.
fn date(state: &State, name: &str, value: &Value) -> Result<Option<Timestamp>, Refusal> {
    let text = one_text(name, value)?;
    if text == "all" {
        return Ok(None);
    }
    let unreadable = || Refusal::invalid(format!("Invalid date: {text}"));
    parse_date(state, &text).map(Some).ok_or_else(unreadable)
}

fn parse_date(state: &State, text: &str) -> Option<Timestamp> {
    if let Some(back) = text.strip_prefix('-') {
        let unit = back.chars().last()?;
        let count: i64 = back[..back.len() - unit.len_utf8()].parse().ok()?;
        let hours = match unit {
            'h' => 1,
            'd' => 24,
            'w' => 24 * 7,
            _ => return None,
        };
        return Some(state.now() - SignedDuration::from_hours(count * hours));
    }
    text.parse()
        .ok()
        .or_else(|| format!("{text}T00:00:00Z").parse().ok())
}
