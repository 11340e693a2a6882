//! GitHub's REST and GraphQL APIs, as far as we use them: a repository, its branches, commits
//! written without a clone, pull requests, and code search.
//!
//! Invariant: whatever is created is looked for first or named so that a second attempt is told
//! apart ([`Creation`], [`CommitOutcome::StaleHead`]): a repeated delivery adopts.
//!
//! <https://docs.github.com/en/rest> (version [`API_VERSION`])

mod access;
mod answer;
mod branch;
mod checks;
mod commit;
mod contents;
mod discussion;
mod hook;
mod name;
mod pull_request;
mod repository;
mod review;
mod reviewers;
mod search;
#[cfg(test)]
mod tests;
mod token;
pub mod webhook;

use std::cell::RefCell;
use std::time::Duration;

pub use access::{BadKey, GitHubAuth, app_jwt};
pub use branch::{
    branch_head_request, create_branch_request, delete_branch_request, parse_branch_head,
    parse_created_branch, parse_deleted_branch,
};
pub use checks::{
    Check, CheckState, ChecksVerdict, annotations_request, check_runs_request, checks_verdict,
    combined_status_request, download_request, excerpt, job_log_request, parse_annotations,
    parse_check_runs, parse_combined_status, parse_job_log_address,
};
pub use commit::{
    Commit, CommitOutcome, NewCommit, commit_request, create_commit_request, parse_commit,
    parse_created_commit,
};
pub use contents::{file_request, parse_file};
pub use discussion::{
    Comment, add_comment_request, add_labels_request, comments_request, parse_added, parse_comment,
    parse_comments,
};
pub use hook::{
    Hook, HookDelivery, hook_deliveries_request, hook_request, parse_hook, parse_hook_deliveries,
};
pub use name::{BadRepoName, RepoName};
pub use pull_request::{
    NewPullRequest, PullRequest, PullRequestState, create_pull_request_request,
    edit_pull_request_request, find_pull_request_request, parse_created_pull_request,
    parse_found_pull_request, parse_pull_request, pull_request_request,
};
pub use repository::{Repository, parse_repository, repository_request};
pub use review::{line_remarks_request, parse_remarks, reviews_request};
pub use reviewers::request_reviewers_request;
pub use search::{
    CodeHit, CodeHits, CodeQuery, MAX_HITS, MAX_WORDS, parse_code_hits, search_code_request,
};
pub use token::{AccessToken, Permissions, parse_token, token_request};

use crate::http::{Http, Request, Response};
use crate::id::CommitId;
use crate::ports::Clock;
use crate::secret::Secret;
use crate::service::{Api, BadAccess, Creation, ServiceError};

/// Production's address. (GitHub Enterprise Server keeps GraphQL beside its REST API rather than
/// below it, and is not supported.)
pub const DEFAULT_BASE: &str = "https://api.github.com";

/// The version of the REST API that the requests and answers here follow.
pub const API_VERSION: &str = "2022-11-28";

/// How long a call may take, unless [`GitHubClient::within`] says otherwise. A commit of a
/// hundred files takes seconds.
pub const TIME_LIMIT: Duration = Duration::from_secs(20);

/// GitHub over an HTTP port. As an App it fetches its installation token when the first call
/// needs one, and keeps it for as long as it holds.
#[derive(Debug)]
pub struct GitHubClient<H, C> {
    http: H,
    clock: C,
    api: Api,
    auth: GitHubAuth,
    token: RefCell<Option<AccessToken>>,
    within: Duration,
}

/// Where GitHub is, without a credential.
pub fn api(base: &str) -> Result<Api, BadAccess> {
    Ok(Api::new(base)?
        .with_header(::http::header::ACCEPT, answer::JSON)
        .with_header(
            ::http::HeaderName::from_static("x-github-api-version"),
            API_VERSION,
        ))
}

impl<H: Http, C: Clock> GitHubClient<H, C> {
    /// A client of the GitHub at `base` (in production [`DEFAULT_BASE`]).
    pub fn new(http: H, clock: C, base: &str, auth: &GitHubAuth) -> Result<Self, BadAccess> {
        let (auth, token) = (auth.clone(), RefCell::default());
        Ok(Self {
            http,
            clock,
            api: api(base)?,
            auth,
            token,
            within: TIME_LIMIT,
        })
    }

    /// The same client with another time limit per call.
    #[must_use]
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// A token that may do no more than read this one repository: for a clone. Where we are no
    /// App, our token is what it is, and is handed out whole.
    pub async fn clone_token(&self, repo: &RepoName) -> Result<Secret, ServiceError> {
        match &self.auth {
            GitHubAuth::Token(token) => Ok(token.clone()),
            GitHubAuth::App { .. } => Ok(self.fetch_token(repo, Permissions::Read).await?.token),
        }
    }

    /// A repository.
    pub async fn repository(&self, repo: &RepoName) -> Result<Repository, ServiceError> {
        let request = repository_request(&self.access(repo).await?, repo);
        parse_repository(&self.send(request).await?, self.clock.now())
    }

    /// The commit that a branch points to.
    pub async fn branch_head(
        &self,
        repo: &RepoName,
        branch: &str,
    ) -> Result<CommitId, ServiceError> {
        let request = branch_head_request(&self.access(repo).await?, repo, branch);
        parse_branch_head(&self.send(request).await?, self.clock.now())
    }

    /// Creates a branch at a commit. One that is there is left where it points.
    pub async fn create_branch(
        &self,
        repo: &RepoName,
        branch: &str,
        at: &CommitId,
    ) -> Result<Creation<CommitId>, ServiceError> {
        let request = create_branch_request(&self.access(repo).await?, repo, branch, at);
        match parse_created_branch(&self.send(request).await?, self.clock.now())? {
            Creation::Created(()) => Ok(Creation::Created(at.clone())),
            Creation::AlreadyExisted(()) => self
                .branch_head(repo, branch)
                .await
                .map(Creation::AlreadyExisted),
        }
    }

    /// Deletes a branch. One that is gone is deleted.
    pub async fn delete_branch(&self, repo: &RepoName, branch: &str) -> Result<(), ServiceError> {
        let request = delete_branch_request(&self.access(repo).await?, repo, branch);
        parse_deleted_branch(&self.send(request).await?, self.clock.now())
    }

    /// A commit.
    pub async fn commit(&self, repo: &RepoName, id: &CommitId) -> Result<Commit, ServiceError> {
        let request = commit_request(&self.access(repo).await?, repo, id);
        parse_commit(&self.send(request).await?, self.clock.now())
    }

    /// Commits approved changes onto a branch, if it still points where we think.
    pub async fn create_commit(
        &self,
        repo: &RepoName,
        new: &NewCommit<'_>,
    ) -> Result<CommitOutcome, ServiceError> {
        let request = create_commit_request(&self.access(repo).await?, repo, new);
        parse_created_commit(&self.send(request).await?, self.clock.now())
    }

    /// Searches the default branch. GitHub allows about ten searches a minute.
    pub async fn search_code(
        &self,
        repo: &RepoName,
        query: &CodeQuery,
    ) -> Result<CodeHits, ServiceError> {
        if query.is_empty() {
            return Ok(CodeHits::default());
        }
        let request = search_code_request(&self.access(repo).await?, repo, query);
        parse_code_hits(&self.send(request).await?, query.limit, self.clock.now())
    }

    /// The files in which any of the words occurs, those with the most of them first: one search
    /// for each of the first [`MAX_WORDS`]. A failure after the first search keeps what is found.
    pub async fn search_code_any(
        &self,
        repo: &RepoName,
        words: &[String],
        limit: usize,
    ) -> Result<CodeHits, ServiceError> {
        let mut searches = Vec::new();
        let mut failed = false;
        for word in words.iter().take(MAX_WORDS) {
            let query = CodeQuery {
                words: vec![word.clone()],
                folder: None,
                limit,
            };
            match self.search_code(repo, &query).await {
                Ok(hits) => searches.push(hits),
                Err(error) if searches.is_empty() => return Err(error),
                Err(_) => {
                    failed = true;
                    break;
                }
            }
        }
        let merged = CodeHits::merged(searches, limit);
        Ok(CodeHits {
            incomplete: merged.incomplete || failed,
            ..merged
        })
    }

    /// Opens a pull request, or finds the one that is open for the same branch.
    pub async fn create_pull_request(
        &self,
        repo: &RepoName,
        new: &NewPullRequest,
    ) -> Result<Creation<PullRequest>, ServiceError> {
        let request = create_pull_request_request(&self.access(repo).await?, repo, new);
        let response = self.send(request).await?;
        match parse_created_pull_request(&response, self.clock.now())? {
            Creation::Created(pull_request) => Ok(Creation::Created(pull_request)),
            Creation::AlreadyExisted(()) => {
                let found = self.find_pull_request(repo, &new.head).await?;
                // Closed between the two calls: the next attempt opens another.
                found
                    .map(Creation::AlreadyExisted)
                    .ok_or(ServiceError::Unexpected {
                        status: 503,
                        detail: "a pull request exists and cannot be found".to_owned(),
                    })
            }
        }
    }

    /// The open pull request of a branch of this repository.
    pub async fn find_pull_request(
        &self,
        repo: &RepoName,
        branch: &str,
    ) -> Result<Option<PullRequest>, ServiceError> {
        let request = find_pull_request_request(&self.access(repo).await?, repo, branch);
        parse_found_pull_request(&self.send(request).await?, self.clock.now())
    }

    /// A pull request.
    pub async fn pull_request(
        &self,
        repo: &RepoName,
        number: u64,
    ) -> Result<PullRequest, ServiceError> {
        let request = pull_request_request(&self.access(repo).await?, repo, number);
        parse_pull_request(&self.send(request).await?, self.clock.now())
    }

    /// Replaces what a pull request says. Idempotent.
    pub async fn edit_pull_request(
        &self,
        repo: &RepoName,
        number: u64,
        body: &str,
    ) -> Result<PullRequest, ServiceError> {
        let request = edit_pull_request_request(&self.access(repo).await?, repo, number, body);
        parse_pull_request(&self.send(request).await?, self.clock.now())
    }

    /// Adds labels to a pull request; GitHub makes those that are new. Idempotent.
    pub async fn add_labels(
        &self,
        repo: &RepoName,
        number: u64,
        labels: &[&str],
    ) -> Result<(), ServiceError> {
        let request = add_labels_request(&self.access(repo).await?, repo, number, labels);
        parse_added(&self.send(request).await?, self.clock.now())
    }

    /// Asks for reviews of a pull request: people by their login, teams as `org/team`. Idempotent.
    pub async fn request_reviewers(
        &self,
        repo: &RepoName,
        number: u64,
        reviewers: &[String],
    ) -> Result<(), ServiceError> {
        let api = self.access(repo).await?;
        let request = request_reviewers_request(&api, repo, number, reviewers);
        parse_added(&self.send(request).await?, self.clock.now())
    }

    /// A file as it is at a commit; `None` if it is not there.
    pub async fn file(
        &self,
        repo: &RepoName,
        path: &str,
        at: &CommitId,
    ) -> Result<Option<Vec<u8>>, ServiceError> {
        let request = file_request(&self.access(repo).await?, repo, path, at);
        parse_file(&self.send(request).await?, self.clock.now())
    }

    /// Comments on a pull request, once for each `key`: the comment carries it out of sight, and
    /// the first hundred comments are looked through for it.
    pub async fn comment_once(
        &self,
        repo: &RepoName,
        number: u64,
        key: &str,
        body: &str,
    ) -> Result<Creation<Comment>, ServiceError> {
        let api = self.access(repo).await?;
        let listed = self.send(comments_request(&api, repo, number)).await?;
        let comments = parse_comments(&listed, self.clock.now())?;
        if let Some(comment) = comments.into_iter().find(|comment| comment.carries(key)) {
            return Ok(Creation::AlreadyExisted(comment));
        }
        let added = self
            .send(add_comment_request(&api, repo, number, key, body))
            .await?;
        parse_comment(&added, self.clock.now()).map(Creation::Created)
    }

    /// Where the App's webhook goes, and the newest of what it delivered. `None`: we are no App.
    pub async fn hook(&self) -> Result<Option<(Hook, Vec<HookDelivery>)>, ServiceError> {
        let Some((_, api)) = self.as_app()? else {
            return Ok(None);
        };
        let now = self.clock.now();
        let hook = parse_hook(&self.send(hook_request(&api)).await?, now)?;
        if hook.url.is_none() {
            return Ok(Some((hook, Vec::new())));
        }
        let listed = self.send(hook_deliveries_request(&api)).await?;
        Ok(Some((hook, parse_hook_deliveries(&listed, now)?)))
    }

    /// The API with a credential for `repo`.
    async fn access(&self, repo: &RepoName) -> Result<Api, ServiceError> {
        let token = match &self.auth {
            GitHubAuth::Token(token) => token.clone(),
            GitHubAuth::App { .. } => self.app_token(repo).await?,
        };
        Ok(self.api.clone().authorized("Bearer ", &token)?)
    }

    /// The API with a credential for `repo` that may do no more than this. An App that was not
    /// granted it is told so here, and not when it works on branches.
    async fn access_to(&self, repo: &RepoName, only: Permissions) -> Result<Api, ServiceError> {
        let token = match &self.auth {
            GitHubAuth::Token(token) => token.clone(),
            GitHubAuth::App { .. } => self.fetch_token(repo, only).await?.token,
        };
        Ok(self.api.clone().authorized("Bearer ", &token)?)
    }

    async fn app_token(&self, repo: &RepoName) -> Result<Secret, ServiceError> {
        let now = self.clock.now();
        let kept = self
            .token
            .borrow()
            .as_ref()
            .filter(|token| token.serves(repo, now))
            .cloned();
        if let Some(kept) = kept {
            return Ok(kept.token);
        }
        let fetched = self.fetch_token(repo, Permissions::Write).await?;
        self.token.replace(Some(fetched.clone()));
        Ok(fetched.token)
    }

    async fn fetch_token(
        &self,
        repo: &RepoName,
        permissions: Permissions,
    ) -> Result<AccessToken, ServiceError> {
        let Some((installation_id, api)) = self.as_app()? else {
            unreachable!("only an App fetches tokens: both callers matched");
        };
        let response = self
            .send(token_request(&api, installation_id, repo, permissions))
            .await?;
        parse_token(&response, repo, self.clock.now())
    }

    /// Our installation and the API with the App's own credential, if we are one.
    fn as_app(&self) -> Result<Option<(&str, Api)>, ServiceError> {
        let GitHubAuth::App {
            app_id,
            private_key_pem,
            installation_id,
        } = &self.auth
        else {
            return Ok(None);
        };
        let jwt = app_jwt(app_id, private_key_pem, self.clock.now())?;
        let api = self.api.clone().authorized("Bearer ", &jwt)?;
        Ok(Some((installation_id, api)))
    }

    async fn send(&self, request: Request) -> Result<Response, ServiceError> {
        Ok(self.http.send(request, self.within).await?)
    }
}
