//! The model: whether the key that pays for it is good. Asked where the key is, in the gateway.

use ::http::{HeaderName, HeaderValue, Method};

use super::Check;
use crate::http::{Http, Request};
use crate::model::ModelSetup;
use crate::service::{Api, ServiceError, refusal, snippet};

const AREA: &str = "model";
const TIME_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);
const KEY_HEADER: HeaderName = HeaderName::from_static("x-api-key");
const VERSION_HEADER: HeaderName = HeaderName::from_static("anthropic-version");
const VERSION: &str = "2023-06-01";

/// Looks at the model's service by the one call that costs nothing: the list of models.
/// <https://docs.anthropic.com/en/api/models-list>
pub async fn model(setup: &ModelSetup, http: &impl Http) -> Vec<Check> {
    let Some((base, key)) = setup.service() else {
        let problems: Vec<String> = setup.problems().iter().map(ToString::to_string).collect();
        let fix = "Set it: variables in wrangler.toml, secrets with `npx wrangler secret put NAME \
                   --env gateway`; then deploy.";
        return vec![Check::fail(AREA, "settings", problems.join("; "), fix)];
    };
    let request = models_request(base, key.expose());
    let mut checks = vec![match request {
        Ok(request) => judged(ask(http, request).await),
        Err(error) => judged(Err(error)),
    }];
    if !setup.is_on() {
        let found = "MODEL_SWITCH is off: every call is refused";
        let fix = "Set MODEL_SWITCH to `on` in wrangler.toml, and deploy.";
        checks.push(Check::warn(AREA, "switch", found, fix));
    }
    checks
}

fn judged(asked: Result<(), ServiceError>) -> Check {
    let name = "API key";
    match asked {
        Ok(()) => Check::ok(AREA, name, "is good"),
        // A proxy in between need not have the list.
        Err(ServiceError::NotFound) => Check::ok(AREA, name, "cannot be tried: no list of models"),
        Err(error) => {
            let fix = "Look at the key in Anthropic's console, and `npx wrangler secret put \
                       ANTHROPIC_API_KEY --env gateway`.";
            Check::failed(AREA, name, &error, fix)
        }
    }
}

fn models_request(base: &str, key: &str) -> Result<Request, ServiceError> {
    let api = Api::new(base)?.with_header(VERSION_HEADER, VERSION);
    let mut request = api.call(Method::GET, &["v1", "models"], &[("limit", "1")]);
    let bad = |_| ServiceError::Unauthorized("no header can hold the key".to_owned());
    let mut key = HeaderValue::try_from(key).map_err(bad)?;
    key.set_sensitive(true);
    request.headers_mut().insert(KEY_HEADER, key);
    Ok(request)
}

async fn ask(http: &impl Http, request: Request) -> Result<(), ServiceError> {
    let answer = http.send(request, TIME_LIMIT).await?;
    if answer.status().is_success() {
        return Ok(());
    }
    let said: serde_json::Value = serde_json::from_slice(answer.body()).unwrap_or_default();
    let said = said.pointer("/error/message").and_then(|it| it.as_str());
    let said = said.map_or_else(|| snippet(answer.body()), |it| snippet(it.as_bytes()));
    Err(refusal(&answer, &said))
}
