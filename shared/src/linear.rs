//! Linear's GraphQL API, as far as we use it: issues, comments, workflow states and links.
//!
//! Issues and comments are created under UUIDs that we choose ([`key::uuid_of`]), so that an
//! attempt whose answer was lost is found again instead of repeated.
//!
//! <https://linear.app/developers/graphql>

pub mod key;

mod answer;
mod comment;
mod issue;
mod link;
mod query;
mod team;
#[cfg(test)]
mod tests;

use std::time::Duration;

pub use comment::{
    Comment, NewComment, comment_request, create_comment_request, parse_comment,
    parse_created_comment,
};
pub use issue::{
    Issue, MAX_SEARCH_RESULTS, NewIssue, create_issue_request, issue_request, move_issue_request,
    parse_created_issue, parse_found_issues, parse_issue, parse_moved_issue, search_issues_request,
};
pub use link::{DiscordLink, link_discord_request, link_url_request, parse_linked};
pub use team::{State, StateKind, Team, parse_states, parse_team, states_request, team_request};

use crate::http::{Http, Request, Response};
use crate::id::{CommentId, IssueUuid, StateId, TeamId};
use crate::ports::Clock;
use crate::redact::{Place, Redaction};
use crate::secret::Secret;
use crate::service::{Api, BadAccess, Creation, ServiceError};

/// Production's address.
pub const DEFAULT_BASE: &str = "https://api.linear.app";

/// How long a call may take, unless [`LinearClient::within`] says otherwise.
pub const TIME_LIMIT: Duration = Duration::from_secs(15);

/// Linear over an HTTP port. The clock turns the moment at which a rate limit ends into a wait.
#[derive(Debug, Clone)]
pub struct LinearClient<H, C> {
    http: H,
    clock: C,
    api: Api,
    within: Duration,
    redaction: Redaction,
}

/// Where Linear is, and our key for it: a personal key goes as it is, the token of an OAuth
/// application as a bearer.
pub fn api(base: &str, key: &Secret) -> Result<Api, BadAccess> {
    let scheme = if key.expose().starts_with("lin_oauth_") {
        "Bearer "
    } else {
        ""
    };
    Api::new(base)?.authorized(scheme, key)
}

impl<H: Http, C: Clock> LinearClient<H, C> {
    /// A client of the Linear at `base` (in production [`DEFAULT_BASE`]).
    pub fn new(http: H, clock: C, base: &str, key: &Secret) -> Result<Self, BadAccess> {
        Ok(Self {
            http,
            clock,
            api: api(base, key)?,
            within: TIME_LIMIT,
            redaction: Redaction::default(),
        })
    }

    /// The same client with the operator's choice of what Linear does not read.
    #[must_use]
    pub fn redacting(mut self, redaction: Redaction) -> Self {
        self.redaction = redaction;
        self
    }

    /// The same client with another time limit per call.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// An issue by its identifier (`ENG-123`) or UUID.
    pub async fn issue(&self, id: &str) -> Result<Issue, ServiceError> {
        let response = self.send(issue_request(&self.api, id)).await?;
        parse_issue(&response, self.clock.now())
    }

    /// Creates an issue under the UUID that it names, or finds the one that is there.
    pub async fn create_issue(&self, new: &NewIssue) -> Result<Creation<Issue>, ServiceError> {
        let cleared = self.redaction.clear(Place::Linear, new.clone());
        let response = self.send(create_issue_request(&self.api, &cleared)).await?;
        match parse_created_issue(&response, self.clock.now()) {
            Ok(issue) => Ok(Creation::Created(issue)),
            // Linear does not document how it refuses a UUID that is taken, so its words are not
            // relied upon: whether it is taken, a look tells.
            Err(refused @ ServiceError::Refused(_)) => match self.issue(new.id.as_str()).await {
                Err(ServiceError::NotFound) => Err(refused),
                found => found.map(Creation::AlreadyExisted),
            },
            Err(other) => Err(other),
        }
    }

    /// Moves an issue to another workflow state. Idempotent.
    pub async fn move_issue(&self, id: &IssueUuid, to: &StateId) -> Result<(), ServiceError> {
        let response = self.send(move_issue_request(&self.api, id, to)).await?;
        parse_moved_issue(&response, self.clock.now())
    }

    /// The issues that match `words` best, those of `team` first. Linear allows 30 searches a
    /// minute.
    pub async fn search_issues(
        &self,
        words: &str,
        team: Option<&TeamId>,
        limit: usize,
    ) -> Result<Vec<Issue>, ServiceError> {
        let words = self.redaction.towards(Place::Linear, words);
        let response = self
            .send(search_issues_request(&self.api, &words, team, limit))
            .await?;
        parse_found_issues(&response, limit, self.clock.now())
    }

    /// The team whose key (the `ENG` of `ENG-123`) it is.
    pub async fn team(&self, key: &str) -> Result<Team, ServiceError> {
        let response = self.send(team_request(&self.api, key)).await?;
        parse_team(&response, self.clock.now())
    }

    /// The workflow states of a team, in the order of its board.
    pub async fn states(&self, team: &TeamId) -> Result<Vec<State>, ServiceError> {
        let response = self.send(states_request(&self.api, team)).await?;
        parse_states(&response, self.clock.now())
    }

    /// Writes a comment under the UUID that it names, or finds the one that is there.
    pub async fn create_comment(
        &self,
        new: &NewComment,
    ) -> Result<Creation<Comment>, ServiceError> {
        let cleared = self.redaction.clear(Place::Linear, new.clone());
        let response = self
            .send(create_comment_request(&self.api, &cleared))
            .await?;
        match parse_created_comment(&response, self.clock.now()) {
            Ok(comment) => Ok(Creation::Created(comment)),
            // As with an issue.
            Err(refused @ ServiceError::Refused(_)) => match self.comment(&new.id).await {
                Err(ServiceError::NotFound) => Err(refused),
                found => found.map(Creation::AlreadyExisted),
            },
            Err(other) => Err(other),
        }
    }

    /// A comment.
    pub async fn comment(&self, id: &CommentId) -> Result<Comment, ServiceError> {
        let response = self.send(comment_request(&self.api, id)).await?;
        parse_comment(&response, self.clock.now())
    }

    /// Links an address to an issue. Idempotent: an issue has each address once.
    pub async fn link_url(
        &self,
        issue: &IssueUuid,
        url: &str,
        title: &str,
    ) -> Result<(), ServiceError> {
        let response = self
            .send(link_url_request(&self.api, issue, url, title))
            .await?;
        parse_linked(&response, self.clock.now())
    }

    /// Links a Discord message to an issue. Refused where the workspace has no Discord
    /// integration: [`Self::link_url`] works everywhere.
    pub async fn link_discord(
        &self,
        issue: &IssueUuid,
        link: &DiscordLink,
    ) -> Result<(), ServiceError> {
        let response = self
            .send(link_discord_request(&self.api, issue, link))
            .await?;
        parse_linked(&response, self.clock.now())
    }

    async fn send(&self, request: Request) -> Result<Response, ServiceError> {
        Ok(self.http.send(request, self.within).await?)
    }
}
