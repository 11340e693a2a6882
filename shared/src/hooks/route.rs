//! Routes: which request becomes which event, and what is answered to the rest.

mod path;
#[cfg(test)]
mod tests;

use ::http::{Method, StatusCode};
use serde_json::{Map, Value};

pub use path::{BadPath, BadRoutes, HEALTH_PATH, RoutePath};

use super::event::{Draft, Kind, Priority, Recipient};
use super::template::{Missing, RenderError, Template};
use super::{MAX_BODY_BYTES, MAX_PAYLOAD_BYTES};

/// What becomes of requests to one path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The path.
    pub path: RoutePath,
    /// Who its events are for.
    pub recipient: Recipient,
    /// What they ask.
    pub kind: Kind,
    /// How soon.
    pub priority: Priority,
    /// What they say.
    pub template: Template,
    /// What a field does that a request lacks.
    pub missing: Missing,
}

impl Route {
    /// The event of a request with this body.
    pub fn draft(&self, body: &[u8]) -> Result<Draft, Refusal> {
        self.draft_within(body, MAX_PAYLOAD_BYTES)
    }

    /// The same with a payload of at most `limit` bytes.
    pub fn draft_within(&self, body: &[u8], limit: usize) -> Result<Draft, Refusal> {
        let payload = render(&self.template, self.missing, body, limit)?;
        Ok(Draft {
            to: self.recipient.clone(),
            kind: self.kind,
            priority: self.priority,
            payload,
            sentinel: None,
            source: Some(format!("webhook:{}", self.path.as_str())),
        })
    }
}

/// What a template makes of a body: at most `limit` bytes.
pub fn render(
    template: &Template,
    missing: Missing,
    body: &[u8],
    limit: usize,
) -> Result<String, Refusal> {
    if body.len() > MAX_BODY_BYTES {
        return Err(Refusal::TooLarge);
    }
    let fields = Value::Object(fields(body)?);
    template
        .render(&fields, missing, limit)
        .map_err(Refusal::Template)
}

/// The fields of a body: those of a JSON object, or none where there is nothing.
fn fields(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.trim_ascii().is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|bad| Refusal::BadJson(bad.to_string()))
}

/// Why a request makes no event.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Nobody has set up this path.
    #[error("there is no route at this path")]
    NoRoute,
    /// There is something here, but not for this method.
    #[error("only {0} is allowed here")]
    Method(&'static str),
    /// More than is read.
    #[error("the body is longer than {MAX_BODY_BYTES} bytes")]
    TooLarge,
    /// No JSON object.
    #[error("the body is not a JSON object: {0}")]
    BadJson(String),
    /// The template cannot be filled in.
    #[error("the template: {0}")]
    Template(RenderError),
}

impl Refusal {
    /// The status that says so.
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BadJson(_) => StatusCode::BAD_REQUEST,
            Self::Template(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

/// All routes: no two have one path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Routes(Vec<Route>);

impl Routes {
    /// Checks that no path is there twice.
    pub fn new(routes: Vec<Route>) -> Result<Self, BadRoutes> {
        for (index, route) in routes.iter().enumerate() {
            if routes[..index].iter().any(|other| other.path == route.path) {
                return Err(BadRoutes::Twice {
                    index,
                    path: route.path.clone(),
                });
            }
        }
        Ok(Self(routes))
    }

    /// The route for a request: decided before its body is read.
    pub fn find(&self, method: &Method, path: &str) -> Result<&Route, Refusal> {
        let route = self.0.iter().find(|route| route.path.as_str() == path);
        match route {
            None => Err(Refusal::NoRoute),
            Some(_) if method != Method::POST => Err(Refusal::Method("POST")),
            Some(route) => Ok(route),
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
