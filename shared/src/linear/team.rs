//! Teams and their workflow states.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::answer::data;
use super::query;
use crate::http::{Request, Response};
use crate::id::{StateId, TeamId};
use crate::service::{Api, ServiceError};

/// The most workflow states of a team that we read; boards have about ten.
const MAX_STATES: usize = 50;

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Team {
    /// Linear's own id.
    pub id: TeamId,
    /// The `ENG` of `ENG-123`.
    pub key: String,
}

/// A workflow state: a column of a team's board.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// Linear's own id.
    pub id: StateId,
    /// What the team calls it.
    pub name: String,
    /// What it means.
    #[serde(rename = "type")]
    pub kind: StateKind,
}

/// What a workflow state means, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum StateKind {
    /// Nobody has looked at it.
    Triage,
    /// Some day.
    Backlog,
    /// To do.
    Unstarted,
    /// Being done (in review, too).
    Started,
    /// Done.
    Completed,
    /// Will not be done.
    Canceled,
    /// Another issue stands for it.
    Duplicate,
    /// A meaning that did not exist when this was written.
    #[serde(other)]
    Other,
}

/// Looks a team up by its key, in any case.
pub fn team_request(api: &Api, key: &str) -> Request {
    query::request(api, query::TEAMS, &json!({ "key": key, "first": 1 }))
}

/// Lists the workflow states of a team.
pub fn states_request(api: &Api, team: &TeamId) -> Request {
    query::request(
        api,
        query::TEAM_STATES,
        &json!({ "team": team, "first": MAX_STATES }),
    )
}

/// The team, if there is one.
pub fn parse_team(response: &Response, now: Timestamp) -> Result<Team, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        teams: Nodes,
    }
    #[derive(Deserialize)]
    struct Nodes {
        nodes: Vec<Team>,
    }
    let teams = data::<Wire>(response, now)?.teams.nodes;
    teams.into_iter().next().ok_or(ServiceError::NotFound)
}

/// The states, in the order of the board.
pub fn parse_states(response: &Response, now: Timestamp) -> Result<Vec<State>, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        team: Option<States>,
    }
    #[derive(Deserialize)]
    struct States {
        states: Nodes,
    }
    #[derive(Deserialize)]
    struct Nodes {
        nodes: Vec<Placed>,
    }
    #[derive(Deserialize)]
    struct Placed {
        position: f64,
        #[serde(flatten)]
        state: State,
    }
    let team = data::<Wire>(response, now)?
        .team
        .ok_or(ServiceError::NotFound)?;
    let mut placed = team.states.nodes;
    placed.truncate(MAX_STATES);
    // Positions count within a kind only.
    placed.sort_by(|a, b| {
        (a.state.kind as u8)
            .cmp(&(b.state.kind as u8))
            .then(a.position.total_cmp(&b.position))
    });
    Ok(placed.into_iter().map(|placed| placed.state).collect())
}
