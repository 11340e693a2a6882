//! GitHub's webhook: whether it reaches us, and what came of its deliveries.
//!
//! What it would tell is also asked for, if more slowly (`fix::after`): a webhook that does
//! not work costs time, no outcome.

use super::{Check, CheckUp};
use crate::address::GITHUB_WEBHOOK_PATH as PATH;
use crate::github::{GitHubClient, Hook, HookDelivery};
use crate::http::Http;
use crate::ports::Clock;

const AREA: &str = "GitHub";
const PUT_SECRET: &str = "Set the same secret in the App's settings and with `npx wrangler secret \
                          put GITHUB_WEBHOOK_SECRET --env gateway`.";

pub(super) async fn checks(
    client: &GitHubClient<impl Http, impl Clock>,
    asked: &CheckUp,
    gateway_url: &str,
) -> Vec<Check> {
    let expected = format!("{gateway_url}{PATH}");
    let has_secret = asked.takes_webhooks.unwrap_or(true);
    match client.hook().await {
        Ok(Some((hook, deliveries))) => {
            let where_to = configuration(&hook, &expected, has_secret);
            let arrived = hook.url.map(|_| delivered(&deliveries));
            std::iter::once(where_to).chain(arrived).collect()
        }
        Ok(None) if has_secret => {
            let found = "cannot be looked at with a token: Recent Deliveries in its settings tell";
            vec![Check::ok(AREA, "webhook", found)]
        }
        Ok(None) => vec![not_set_up(&expected)],
        Err(error) => {
            let fix = "Look at GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY.";
            vec![Check::failed(AREA, "webhook", &error, fix)]
        }
    }
}

fn not_set_up(expected: &str) -> Check {
    let fix = format!("Point it at {expected}. {PUT_SECRET}");
    let found = "is not set up: pull requests are looked at now and then only";
    Check::warn(AREA, "webhook", found, &fix)
}

fn configuration(hook: &Hook, expected: &str, has_secret: bool) -> Check {
    let name = "webhook";
    let Some(url) = hook.url.as_deref().filter(|url| !url.is_empty()) else {
        return not_set_up(expected);
    };
    if !has_secret {
        let found = "the gateway has no secret to check it with, and refuses what it brings";
        return Check::fail(AREA, name, found, PUT_SECRET);
    }
    if url.trim_end_matches('/') != expected {
        let fix = format!(
            "Set the App's Webhook URL to {expected}, or PUBLIC_URL if both are the gateway's."
        );
        return Check::fail(AREA, name, format!("goes to {url}"), &fix);
    }
    if hook.content_type.as_deref() != Some("json") {
        let fix = "Set its content type to application/json.";
        return Check::fail(AREA, name, "sends forms, which nobody here reads", fix);
    }
    if !hook.is_signed() {
        let found = "is not signed: everything that it brings is refused";
        return Check::fail(AREA, name, found, PUT_SECRET);
    }
    Check::ok(AREA, name, format!("goes to {url}"))
}

/// The newest says how it is now; older ones that did not arrive are only to be known about.
fn delivered(newest_first: &[HookDelivery]) -> Check {
    let name = "deliveries";
    let failed: Vec<&HookDelivery> = newest_first.iter().filter(|it| !it.arrived()).collect();
    let Some(last) = failed.first() else {
        let found = match newest_first.len() {
            0 => "none in the last days".to_owned(),
            1 => "the only one of the last days arrived".to_owned(),
            n => format!("the last {n} arrived"),
        };
        return Check::ok(AREA, name, found);
    };
    let what = match last.status_code {
        0 => "without an answer".to_owned(),
        401 => "with 401: another secret".to_owned(),
        503 => "with 503: the gateway is not set up".to_owned(),
        status => format!("with {status}"),
    };
    let found = format!(
        "{} of the last {} did not arrive; the last, {} at {:.0}, ended {what}",
        failed.len(),
        newest_first.len(),
        last.event,
        last.delivered_at,
    );
    let fix = match last.status_code {
        401 => PUT_SECRET,
        503 => "npx wrangler secret put GITHUB_WEBHOOK_SECRET --env gateway",
        _ => {
            "`npx wrangler tail --env gateway` while you redeliver one under the App's Advanced page."
        }
    };
    if newest_first[0].arrived() {
        let fix = "Nothing, if what they told of is known by now; else redeliver them under the \
                   App's Advanced page.";
        return Check::warn(AREA, name, found, fix);
    }
    Check::fail(AREA, name, found, fix)
}
