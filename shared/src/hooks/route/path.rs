//! Paths of routes.

/// Where the collector says how it is: no route can be there.
pub const HEALTH_PATH: &str = "/health";

/// The longest path.
const MAX_PATH_BYTES: usize = 256;

/// The path of a route, compared byte by byte with the path of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RoutePath(String);

/// A path that no request can have, or that is taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPath {
    /// It is relative.
    #[error("has to begin with /")]
    Relative,
    /// It is the one of the collector itself.
    #[error("{HEALTH_PATH} is the collector's own")]
    Taken,
    /// A request's path would have it percent-encoded, or end before it.
    #[error("may not contain {0:?}: write it as a request has it, percent-encoded")]
    Character(char),
    /// Too much.
    #[error("is longer than {MAX_PATH_BYTES} bytes")]
    TooLong,
}

/// Routes that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadRoutes {
    /// Two have one path.
    #[error("the path {} is there twice", .path.as_str())]
    Twice {
        /// The second of them, counted from 0.
        index: usize,
        /// The path.
        path: RoutePath,
    },
}

impl RoutePath {
    /// Reads a path.
    pub fn parse(text: &str) -> Result<Self, BadPath> {
        if !text.starts_with('/') {
            return Err(BadPath::Relative);
        }
        if text.len() > MAX_PATH_BYTES {
            return Err(BadPath::TooLong);
        }
        // RFC 3986: what a path is made of.
        let allowed = |c: char| c.is_ascii_alphanumeric() || "/-._~%!$&'()*+,;=:@".contains(c);
        if let Some(bad) = text.chars().find(|c| !allowed(*c)) {
            return Err(BadPath::Character(bad));
        }
        match text {
            HEALTH_PATH => Err(BadPath::Taken),
            _ => Ok(Self(text.to_owned())),
        }
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
