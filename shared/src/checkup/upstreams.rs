//! Which services are left alone for now, and which budgets are nearly used up: what the Upstream
//! objects have learned from the calls of all jobs.

use jiff::Timestamp;

use super::Check;
use crate::ports::Clock;
use crate::service::Service;
use crate::upstream::{Health, Upstreams, Why, look};

/// Looks at every service that has an object.
pub async fn upstreams(ports: &(impl Upstreams + Clock)) -> Vec<Check> {
    let seen = look(ports).await;
    let now = ports.now();
    let checks = seen.iter();
    checks
        .map(|(service, health)| check(*service, health, now))
        .collect()
}

fn check(service: Service, health: &Health, now: Timestamp) -> Check {
    let (area, name) = (service.to_string(), "calls");
    let Some((until, why)) = health.wait(now) else {
        return Check::ok(&area, name, format!("go through{}", lowest(health)));
    };
    let found = match why {
        Why::Resting => format!("do not get through: it is left alone until {until:.0}"),
        Why::OverBudget => format!("wait until {until:.0}: its rate limit is used up"),
    };
    let fix = match why {
        Why::Resting => "Look at its status page. It is asked again by itself.",
        Why::OverBudget => "Nothing: jobs wait and go on. Often: fewer at once (ALL_FIXES).",
    };
    Check::warn(&area, name, found, fix)
}

/// The budget of which least is left.
fn lowest(health: &Health) -> String {
    let share = |remaining: u32, limit: u32| f64::from(remaining) / f64::from(limit.max(1));
    let budgets = health.budgets.iter();
    let lowest =
        budgets.min_by(|a, b| share(a.remaining, a.limit).total_cmp(&share(b.remaining, b.limit)));
    lowest.map_or_else(String::new, |it| {
        format!("; {} of {} left for {}", it.remaining, it.limit, it.bucket)
    })
}
