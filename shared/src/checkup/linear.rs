//! Linear: the key, the team, the state that new issues start in.

use super::Check;
use crate::http::Http;
use crate::linear::LinearClient;
use crate::ports::Clock;
use crate::service::ServiceError;
use crate::settings::LinearSettings;

const AREA: &str = "Linear";

pub(super) async fn checks(
    client: &LinearClient<impl Http, impl Clock>,
    settings: &LinearSettings,
) -> Vec<Check> {
    let key_fix = "Make a personal API key with Read and Write (Settings → Security & access), and \
                   set LINEAR_API_KEY on the consumer.";
    let team = match client.team(&settings.team).await {
        Ok(team) => team,
        Err(ServiceError::NotFound) => {
            let found = format!("the key sees no team {}", settings.team);
            let fix = "Correct LINEAR_TEAM_KEY in wrangler.toml, or give the key access to it.";
            let key = Check::ok(AREA, "API key", "is good");
            return vec![key, Check::fail(AREA, "team", found, fix)];
        }
        Err(error) => return vec![Check::failed(AREA, "API key", &error, key_fix)],
    };
    let mut checks = vec![
        Check::ok(AREA, "API key", "is good"),
        Check::ok(AREA, "team", format!("{} is there", team.key)),
    ];
    if let Some(wanted) = &settings.state {
        let fix = "Correct LINEAR_STATE in wrangler.toml, or leave it empty.";
        checks.push(match client.states(&team.id).await {
            Err(error) => Check::failed(AREA, "state", &error, fix),
            Ok(states) if states.iter().any(|it| it.name.eq_ignore_ascii_case(wanted)) => {
                Check::ok(AREA, "state", format!("{wanted} is one of {}", team.key))
            }
            Ok(states) => {
                let names: Vec<&str> = states.iter().map(|it| it.name.as_str()).collect();
                let names = names.join(", ");
                let found = format!("{} has no state {wanted}, but {names}", team.key);
                Check::fail(AREA, "state", found, fix)
            }
        });
    }
    checks
}
