//! PostHog: one call for each scope that the key needs.

use super::Check;
use crate::http::Http;
use crate::id::SessionId;
use crate::posthog::PostHogClient;
use crate::service::ServiceError;

const AREA: &str = "PostHog";

/// Nobody's address and nobody's session: whether the call is allowed is the question.
const NOBODY: &str = "nobody@bugbot.invalid";
const NO_SESSION: &str = "00000000-0000-7000-8000-000000000000";

pub(super) fn unused() -> Check {
    let fix = "For recordings in the packets, set POSTHOG_API_KEY and POSTHOG_PROJECT_ID.";
    Check::warn(
        AREA,
        "project",
        "is not set up: packets have no recordings",
        fix,
    )
}

pub(super) async fn checks(client: &PostHogClient<impl Http>) -> Vec<Check> {
    let session = SessionId::new(NO_SESSION);
    let (persons, recording, events) = futures_util::future::join3(
        client.persons(NOBODY),
        client.recording(&session),
        client.events(&session),
    )
    .await;
    vec![
        scope("person:read", persons.map(drop)),
        scope("session_recording:read", recording.map(drop)),
        scope("query:read", events.map(drop)),
    ]
}

fn scope(name: &str, answer: Result<(), ServiceError>) -> Check {
    match answer {
        Ok(()) | Err(ServiceError::NotFound) => Check::ok(AREA, name, "is granted"),
        Err(error) => {
            let fix = format!(
                "Give the personal API key the scope {name} and access to the project, and look at \
                 POSTHOG_HOST and POSTHOG_PROJECT_ID."
            );
            Check::failed(AREA, name, &error, &fix)
        }
    }
}
