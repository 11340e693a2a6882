//! What the two workers have to agree on: where the gateway is, and the key of the jobs' tokens.

use jiff::Timestamp;

use super::{Check, CheckUp};
use crate::settings::Settings;

const AREA: &str = "settings";

pub(super) fn checks(asked: &CheckUp, settings: &Settings, now: Timestamp) -> Vec<Check> {
    let address = asked.address.as_deref();
    let address = address.map(|address| public_url(address, &settings.runs.gateway_url));
    let token = asked.model_token.as_ref();
    let token = token.map(|token| token_key(settings, token.expose(), now));
    address.into_iter().chain(token).collect()
}

fn public_url(asked_at: &str, public_url: &str) -> Check {
    let name = "public address";
    if asked_at
        .trim_end_matches('/')
        .eq_ignore_ascii_case(public_url)
    {
        return Check::ok(AREA, name, public_url);
    }
    Check::warn(
        AREA,
        name,
        format!("PUBLIC_URL is {public_url}, and the gateway was asked at {asked_at}"),
        "If only one of them is the gateway's, correct PUBLIC_URL in wrangler.toml, and deploy: \
         sandboxes call the model there.",
    )
}

fn token_key(settings: &Settings, token: &str, now: Timestamp) -> Check {
    let name = "MODEL_TOKEN_KEY";
    if settings.runs.model_tokens.verify(token, now).is_some() {
        return Check::ok(AREA, name, "is the same in both workers");
    }
    Check::fail(
        AREA,
        name,
        "is another in the gateway than in the consumer: every model call is refused",
        "Set the same on both: `npx wrangler secret put MODEL_TOKEN_KEY --env gateway`, then \
         --env consumer.",
    )
}
