//! Where a new issue goes: the configured team and state. People configure names; Linear wants
//! ids, which are looked up once and cached.

use std::time::Duration;

use super::Work;
use crate::consumer::Platform;
use crate::fault::Fault;
use crate::id::{StateId, TeamId};
use crate::log::{Event, Said};
use crate::service::{Service, ServiceError};
use crate::trace::Trace;

/// How long an id is cached: teams and states are renamed, not exchanged.
const CACHED: Duration = Duration::from_hours(24);

/// The id of the configured team.
pub(super) async fn team<P: Platform>(work: &Work<'_, P>) -> Result<TeamId, Fault> {
    let name = &work.settings.linear.team;
    let key = format!("linear-team:{name}");
    if let Some(id) = cached(work, &key).await {
        return Ok(TeamId::new(id));
    }
    let team = work
        .services
        .linear
        .team(name)
        .await
        .map_err(Fault::upstream(Service::Linear))?;
    cache(work, &key, team.id.as_str()).await;
    Ok(team.id)
}

/// The id of the configured state; `None` leaves it to the team's own default.
pub(super) async fn state<P: Platform>(
    work: &Work<'_, P>,
    team: &TeamId,
) -> Result<Option<StateId>, Fault> {
    let Some(name) = &work.settings.linear.state else {
        return Ok(None);
    };
    let key = format!("linear-state:{team}:{name}");
    if let Some(id) = cached(work, &key).await {
        return Ok(Some(StateId::new(id)));
    }
    let states = work
        .services
        .linear
        .states(team)
        .await
        .map_err(Fault::upstream(Service::Linear))?;
    let Some(state) = states
        .into_iter()
        .find(|state| state.name.eq_ignore_ascii_case(name))
    else {
        let why = format!("the team has no workflow state \"{name}\" (LINEAR_STATE)");
        return Err(Fault::upstream(Service::Linear)(ServiceError::Refused(why)));
    };
    cache(work, &key, state.id.as_str()).await;
    Ok(Some(state.id))
}

async fn cached<P: Platform>(work: &Work<'_, P>, key: &str) -> Option<String> {
    work.platform.get(key).await.ok().flatten()
}

/// A value that is not cached is looked up again.
async fn cache<P: Platform>(work: &Work<'_, P>, key: &str, id: &str) {
    if let Err(error) = work.platform.put(key, id, Some(CACHED)).await {
        let error = Said(&error);
        let trace = Trace::of_job(&work.turn.job);
        work.platform
            .note(&trace, Event::IdNotCached { key, error });
    }
}
