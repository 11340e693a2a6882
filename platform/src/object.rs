//! Calls from a worker to a Durable Object by name: one JSON value there, one JSON value back.
//!
//! The object is another process on another machine. A call that failed may have taken effect.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use shared::http::{Request, Response, Unreachable};
use worker::{Env, ObjectNamespace};

use crate::fetch::carry;
use crate::inbound::{self, Unreadable};

/// The longest question that an object reads: a job (128 KB) with room for what is added to it.
const MAX_QUESTION_BYTES: usize = 1024 * 1024;

/// The objects of one class.
#[derive(Debug, Clone)]
pub struct Objects(ObjectNamespace);

/// The object gave no usable answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallFailed {
    /// It was not reached, was reset meanwhile, or took too long.
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
    /// It answered with an error of its own.
    #[error("the object answered {status}: {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The answer's text.
        detail: String,
    },
    /// The question or the answer is not the JSON that it should be.
    #[error("the object and its caller disagree: {0}")]
    Malformed(String),
}

impl Objects {
    /// The class bound as `name`.
    pub fn bound(env: &Env, name: &str) -> worker::Result<Self> {
        env.durable_object(name).map(Self)
    }

    /// Asks the object `name`, which is made when it is not there yet.
    pub async fn call<Q: Serialize, A: DeserializeOwned>(
        &self,
        name: &str,
        question: &Q,
        within: Duration,
    ) -> Result<A, CallFailed> {
        self.call_at(name, "/", question, within).await
    }

    /// The same at another path of the object.
    pub async fn call_at<Q: Serialize, A: DeserializeOwned>(
        &self,
        name: &str,
        path: &'static str,
        question: &Q,
        within: Duration,
    ) -> Result<A, CallFailed> {
        let answer = self.send(name, posted(path, question)?, within).await?;
        parse(&answer)
    }

    /// Sends a whole request to the object `name`; only its path and query mean anything there.
    pub async fn send(
        &self,
        name: &str,
        request: Request,
        within: Duration,
    ) -> Result<Response, Unreachable> {
        let stub = self
            .0
            .get_by_name(name)
            .map_err(|error| Unreachable::Connection(error.to_string()))?;
        carry(request, within, async |request| {
            stub.fetch_with_request(request).await
        })
        .await
    }
}

/// Reads the question, at the object's end.
pub async fn question<Q: DeserializeOwned>(request: worker::Request) -> Result<Q, CallFailed> {
    let request = inbound::read(request, MAX_QUESTION_BYTES, &[])
        .await
        .map_err(|failure| match failure {
            Unreadable::TooLarge(_) => CallFailed::Malformed(failure.to_string()),
            Unreadable::Broken(detail) => Unreachable::Connection(detail).into(),
        })?;
    serde_json::from_slice(request.body()).map_err(|error| CallFailed::Malformed(error.to_string()))
}

/// Writes the answer, at the object's end.
pub fn answer<A: Serialize, E: std::fmt::Display>(
    outcome: Result<A, E>,
) -> worker::Result<worker::Response> {
    let (status, body) = match outcome {
        Ok(value) => (200, serde_json::to_vec(&value)?),
        Err(error) => (500, error.to_string().into_bytes()),
    };
    Ok(worker::Response::builder().with_status(status).fixed(body))
}

fn posted<Q: Serialize>(path: &'static str, question: &Q) -> Result<Request, CallFailed> {
    let body =
        serde_json::to_vec(question).map_err(|error| CallFailed::Malformed(error.to_string()))?;
    Ok(http::Request::post(format!("http://object{path}"))
        .body(body)
        .expect("a constant request line is valid"))
}

fn parse<A: DeserializeOwned>(answer: &Response) -> Result<A, CallFailed> {
    if !answer.status().is_success() {
        return Err(CallFailed::Refused {
            status: answer.status().as_u16(),
            detail: String::from_utf8_lossy(answer.body()).into_owned(),
        });
    }
    serde_json::from_slice(answer.body()).map_err(|error| CallFailed::Malformed(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, body: &str) -> Response {
        http::Response::builder()
            .status(status)
            .body(body.as_bytes().to_vec())
            .unwrap()
    }

    #[test]
    fn an_answer_is_decoded() {
        assert_eq!(parse(&answered(200, "[1,2]")), Ok(vec![1, 2]));
    }

    #[test]
    fn an_objects_own_error_keeps_its_text() {
        let refused = CallFailed::Refused {
            status: 500,
            detail: "no lease".to_owned(),
        };
        assert_eq!(parse::<()>(&answered(500, "no lease")), Err(refused));
    }

    #[test]
    fn an_answer_of_another_shape_is_malformed() {
        assert!(matches!(
            parse::<bool>(&answered(200, "{}")),
            Err(CallFailed::Malformed(_))
        ));
    }
}
