//! What every request to the API passes first: user agent, version, credential, rate limit.

use axum::extract::{FromRequest, Request, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::de::DeserializeOwned;

use super::Service;
use super::access::{Grant, verify_app_jwt};
use super::limits::{Resource, Standing};
use super::refusal::Refusal;

/// The versions of the REST API that are served.
/// <https://docs.github.com/en/rest/about-the-rest-api/api-versions>
const API_VERSIONS: [&str; 2] = ["2022-11-28", "2026-03-10"];

/// Who sent a request.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    /// The App itself, by JWT.
    App,
    /// A token.
    Token(Grant),
}

impl Caller {
    /// The token's grant; the App itself has no business in repositories.
    pub(super) fn grant(&self) -> Result<&Grant, Refusal> {
        match self {
            Self::Token(grant) => Ok(grant),
            Self::App => Err(Refusal::forbidden("Resource not accessible by integration")),
        }
    }
}

/// The layer around the API's routes.
pub(super) async fn pass(
    Shared(fake): Shared<Service>,
    mut request: Request,
    next: Next,
) -> Response {
    if let Err(refusal) = check_manners(&fake, &request) {
        return refusal.into_response();
    }
    let standing = match admit(
        &fake,
        request.method(),
        request.uri().path(),
        request.headers(),
    ) {
        Ok((caller, standing)) => {
            request.extensions_mut().insert(caller);
            standing
        }
        Err(refusal) => return refusal.into_response(),
    };
    let mut response = match standing {
        Some(standing) if standing.exceeded => exceeded(&standing),
        _ => next.run(request).await,
    };
    if let Some(standing) = standing {
        standing.write_to(response.headers_mut());
    }
    response.headers_mut().insert(
        "x-github-media-type",
        HeaderValue::from_static("github.v3; format=json"),
    );
    response
}

/// The headers that GitHub, or our own rules, ask of every request.
fn check_manners(fake: &Service, request: &Request) -> Result<(), Refusal> {
    let headers = request.headers();
    let what = format!("{} {}", request.method(), request.uri().path());
    if headers
        .get(header::USER_AGENT)
        .is_none_or(HeaderValue::is_empty)
    {
        fake.violation(format!("{what}: no User-Agent"));
        return Err(Refusal::forbidden(
            "Request forbidden by administrative rules. Please make sure your request has a User-Agent header",
        ));
    }
    match headers
        .get("x-github-api-version")
        .map(HeaderValue::as_bytes)
    {
        None if request.uri().path() != "/graphql" => {
            fake.violation(format!("{what}: no X-GitHub-Api-Version"));
        }
        Some(version) if !API_VERSIONS.iter().any(|known| known.as_bytes() == version) => {
            fake.violation(format!("{what}: unknown X-GitHub-Api-Version"));
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "The API version requested is not supported.",
            ));
        }
        _ => {}
    }
    Ok(())
}

fn admit(
    fake: &Service,
    method: &Method,
    path: &str,
    headers: &HeaderMap,
) -> Result<(Caller, Option<Standing>), Refusal> {
    let bearer = bearer(headers).ok_or_else(Refusal::requires_authentication)?;
    let mut state = fake.lock();
    let now = state.now();
    // What belongs to the App takes its JWT and nothing else, and the JWT opens nothing else.
    let is_apps = path == "/app" || path.starts_with("/app/") || path.ends_with("/installation");
    if is_apps {
        let verified = verify_app_jwt(bearer, now);
        drop(state);
        return verified
            .map(|()| (Caller::App, None))
            .inspect_err(|refusal| {
                fake.violation(format!("{method} {path}: {}", refusal.message()));
            });
    }
    let caller = state.access.grant(bearer, now).cloned().map(Caller::Token);
    let caller = caller.ok_or_else(Refusal::bad_credentials)?;
    let standing = (path != "/rate_limit").then(|| state.limits.count(Resource::of(path), now));
    Ok((caller, standing))
}

/// `Authorization: Bearer x`, or `token x`.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credential) = value.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("token");
    known.then_some(credential.trim())
}

fn exceeded(standing: &Standing) -> Response {
    let message = "API rate limit exceeded for installation. If you reach out to GitHub Support for help, please \
                   include the request ID.";
    match standing.resource {
        // GraphQL says so in the body, under 200.
        Resource::Graphql => {
            let error = serde_json::json!({ "type": "RATE_LIMITED", "message": message });
            axum::Json(serde_json::json!({ "errors": [error] })).into_response()
        }
        _ => Refusal::forbidden(message).into_response(),
    }
}

/// A JSON body, read as strictly as our own requests deserve: a field that the handler does not
/// know is a slip of ours, which GitHub would ignore in silence.
pub(super) struct Body<T>(pub(super) T);

impl<T: DeserializeOwned> FromRequest<Service> for Body<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, fake: &Service) -> Result<Self, Refusal> {
        let what = format!("{} {}", request.method(), request.uri().path());
        let bytes = axum::body::to_bytes(request.into_body(), usize::MAX)
            .await
            .unwrap_or_default();
        // No body is a body without fields.
        let bytes: &[u8] = if bytes.is_empty() { b"{}" } else { &bytes };
        let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|_| {
            fake.violation(format!("{what}: the body is no JSON"));
            Refusal::new(StatusCode::BAD_REQUEST, "Problems parsing JSON")
        })?;
        serde_json::from_value(value).map(Self).map_err(|error| {
            fake.violation(format!("{what}: {error}"));
            Refusal::unprocessable(format!("Invalid request.\n\n{error}"))
        })
    }
}
