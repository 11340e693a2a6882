//! One small file, as it is at a commit.
//!
//! <https://docs.github.com/en/rest/repos/contents#get-repository-content>

use ::http::{HeaderValue, Method, header};
use jiff::Timestamp;

use super::answer::{about, checked};
use super::name::RepoName;
use crate::http::{Request, Response};
use crate::id::CommitId;
use crate::service::{Api, ServiceError};

/// The bytes of the file themselves, and not a JSON around them.
const RAW: &str = "application/vnd.github.raw+json";

/// Reads the file at `path`, of folders and a name without anything to escape in it.
pub fn file_request(api: &Api, repo: &RepoName, path: &str, at: &CommitId) -> Request {
    let rest: Vec<_> = ["contents"].into_iter().chain(path.split('/')).collect();
    let query = [("ref", at.as_str())];
    let mut request = about(api, Method::GET, repo, &rest, &query);
    let raw = HeaderValue::from_static(RAW);
    request.headers_mut().insert(header::ACCEPT, raw);
    request
}

/// Its bytes; `None` if there is none. What is there and is no file (a folder is a list, and a link
/// or a module an object, each as JSON) is refused: it would be read as something else.
pub fn parse_file(response: &Response, now: Timestamp) -> Result<Option<Vec<u8>>, ServiceError> {
    match checked(response, now) {
        Err(ServiceError::NotFound) => Ok(None),
        Err(error) => Err(error),
        Ok(response) => {
            let kind = response.headers().get(header::CONTENT_TYPE);
            let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
            if kind.contains("raw") {
                return Ok(Some(response.body().clone()));
            }
            let why = "it is there, and is no regular file".to_owned();
            Err(ServiceError::Refused(why))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, kind: &str, body: &str) -> Response {
        ::http::Response::builder()
            .status(status)
            .header("content-type", kind)
            .body(body.as_bytes().to_vec())
            .unwrap()
    }

    fn read(status: u16, kind: &str, body: &str) -> Result<Option<Vec<u8>>, ServiceError> {
        parse_file(&answered(status, kind, body), Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn a_file_is_asked_for_at_its_commit() {
        let api = crate::github::api("https://api.github.com").unwrap();
        let repo = RepoName::parse("acme/shop").unwrap();
        let request = file_request(&api, &repo, ".bugbot.toml", &CommitId::new("abc"));
        assert_eq!(
            request.uri().to_string(),
            "https://api.github.com/repos/acme/shop/contents/.bugbot.toml?ref=abc"
        );
        assert_eq!(request.headers()["accept"], RAW);
    }

    #[test]
    fn a_file_is_its_bytes_and_none_is_none() {
        let raw = "application/vnd.github.raw+json; charset=utf-8";
        assert_eq!(read(200, raw, "a = 1"), Ok(Some(b"a = 1".to_vec())));
        let gone = r#"{"message":"Not Found"}"#;
        assert_eq!(read(404, "application/json", gone), Ok(None));
        assert!(read(500, "application/json", "{}").is_err());
    }

    #[test]
    fn a_folder_or_a_module_of_that_name_is_no_file() {
        for body in ["[]", r#"{"type":"submodule"}"#] {
            let read = read(200, "application/json; charset=utf-8", body);
            assert!(matches!(read, Err(ServiceError::Refused(_))), "{read:?}");
        }
    }
}
