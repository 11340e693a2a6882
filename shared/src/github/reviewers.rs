//! Who is asked to review a pull request.
//!
//! <https://docs.github.com/en/rest/pulls/review-requests#request-reviewers-for-a-pull-request>

use ::http::Method;
use serde_json::json;

use super::answer::about_json;
use super::name::RepoName;
use crate::http::Request;
use crate::service::Api;

/// Asks people by their login and teams as `org/team`. Idempotent.
pub fn request_reviewers_request(
    api: &Api,
    repo: &RepoName,
    number: u64,
    reviewers: &[String],
) -> Request {
    let (teams, people): (Vec<_>, Vec<_>) = reviewers
        .iter()
        .map(|reviewer| {
            reviewer
                .split_once('/')
                .map_or((None, reviewer.as_str()), |(org, team)| (Some(org), team))
        })
        .partition(|(org, _)| org.is_some());
    let names = |list: Vec<(Option<&str>, &str)>| -> Vec<String> {
        list.into_iter().map(|(_, name)| name.to_owned()).collect()
    };
    let body = json!({ "reviewers": names(people), "team_reviewers": names(teams) });
    let rest = ["pulls", &number.to_string(), "requested_reviewers"];
    about_json(api, Method::POST, repo, &rest, &body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_and_teams_are_asked_apart() {
        let api = crate::github::api("https://api.github.com").unwrap();
        let repo = RepoName::parse("acme/shop").unwrap();
        let reviewers = ["ann".to_owned(), "acme/front-end".to_owned()];
        let request = request_reviewers_request(&api, &repo, 7, &reviewers);
        let body: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
        assert_eq!(
            body,
            json!({"reviewers": ["ann"], "team_reviewers": ["front-end"]})
        );
        assert!(
            request
                .uri()
                .path()
                .ends_with("/pulls/7/requested_reviewers")
        );
    }
}
