//! Persons: who a browser's user is, as far as the product told PostHog.
//!
//! <https://posthog.com/docs/api/persons>

use ::http::Method;
use serde::Deserialize;

use super::Project;
use super::answer::checked;
use crate::http::{Request, Response};
use crate::service::{ServiceError, decode};

/// The most persons that are read for one address.
pub const MAX_PERSONS: usize = 10;
/// The most distinct ids of a person that are kept.
const MAX_DISTINCT_IDS: usize = 10;

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Person {
    /// PostHog's own id; not known where only a distinct id was given.
    #[serde(default)]
    pub uuid: Option<String>,
    /// What the product calls the person, and each anonymous browser before it did.
    #[serde(default)]
    pub distinct_ids: Vec<String>,
}

impl Person {
    /// The person of an id whose kind is not known. A UUID is PostHog's own, save one of version 7:
    /// such are what its library calls a browser that has not been told who it is.
    pub fn of_id(id: &str) -> Self {
        match uuid::Uuid::parse_str(id) {
            Ok(uuid) if uuid.get_version_num() != 7 => Self {
                uuid: Some(uuid.to_string()),
                distinct_ids: Vec::new(),
            },
            _ => Self::of_distinct_id(id),
        }
    }

    /// The person whom the product calls `id`.
    pub fn of_distinct_id(id: &str) -> Self {
        Self {
            uuid: None,
            distinct_ids: vec![id.to_owned()],
        }
    }
}

/// Looks for the persons with an e-mail address.
pub fn persons_request(project: &Project, email: &str) -> Request {
    let limit = MAX_PERSONS.to_string();
    let query = [("email", email), ("limit", &limit)];
    project
        .api
        .call(Method::GET, &project.path(&["persons"]), &query)
}

/// The persons.
pub fn parse_persons(response: &Response) -> Result<Vec<Person>, ServiceError> {
    #[derive(Deserialize)]
    struct Wire {
        results: Vec<Person>,
    }
    let mut persons = decode::<Wire>(checked(response)?)?.results;
    persons.truncate(MAX_PERSONS);
    for person in &mut persons {
        person.distinct_ids.truncate(MAX_DISTINCT_IDS);
    }
    Ok(persons)
}
