//! What stories see of GitHub, and what other people do there, past the API.

use super::GitHub;
use super::repository::{Changes, Commit, Person};
use super::state::{CheckRun, Comment, CommitStatus, Hosted, Issue, PullRequest};

impl GitHub {
    /// All pull requests, oldest first.
    pub fn pull_requests(&self, full_name: &str) -> Vec<PullRequest> {
        self.with(full_name, |hosted| hosted.pulls.values().cloned().collect())
    }

    /// The comments on an issue or pull request, oldest first.
    pub fn comments(&self, full_name: &str, number: u64) -> Vec<Comment> {
        self.with(full_name, |hosted| {
            hosted
                .comments
                .iter()
                .filter(|c| c.number == number)
                .cloned()
                .collect()
        })
    }

    /// The names of all branches.
    pub fn branches(&self, full_name: &str) -> Vec<String> {
        self.repository(full_name)
            .branches()
            .into_iter()
            .map(|(name, _)| name)
            .collect()
    }

    /// The commits of `head` that `base` has not, oldest first.
    pub fn commits(&self, full_name: &str, base: &str, head: &str) -> Vec<Commit> {
        let git = self.repository(full_name);
        git.commits_between(base, head)
            .iter()
            .filter_map(|oid| git.commit(oid))
            .collect()
    }

    /// What a person would see of a pull request: `git diff base...head`.
    pub fn diff(&self, full_name: &str, base: &str, head: &str) -> String {
        self.repository(full_name)
            .diff(base, head)
            .expect("both branches exist")
    }

    /// Somebody else's commit, straight on a branch.
    pub fn push(&self, full_name: &str, branch: &str, path: &str, text: &str) -> String {
        let now = self.fake.lock().now();
        let git = self.repository(full_name);
        let head = git.head(branch).expect("the branch exists");
        let changes = Changes {
            additions: vec![(path.to_owned(), text.into())],
            deletions: Vec::new(),
        };
        let author = Person::new("Grace Example", "grace@example.com");
        git.commit_on_branch(
            branch,
            &head,
            &changes,
            &format!("Change {path}"),
            (&author, &author),
            now,
        )
        .expect("a commit that changes something")
    }

    /// Merges a pull request with a merge commit, as its green button does.
    pub fn merge(&self, full_name: &str, number: u64) -> String {
        let now = self.fake.lock().now();
        self.with(full_name, |hosted| {
            let pull = hosted
                .pulls
                .get(&number)
                .cloned()
                .expect("there is such a pull request");
            let (base, head) = (
                hosted.git.head(&pull.base).expect("the base exists"),
                hosted.head_of(&pull),
            );
            let tree = hosted
                .git
                .merged_tree(&base, &head)
                .expect("the branches do not conflict");
            let author = Person::new("Ada Example", "ada@example.com");
            let message = format!(
                "Merge pull request #{number} from {}/{}",
                hosted.owner, pull.head
            );
            let commit =
                hosted
                    .git
                    .commit_tree(&tree, &[&base, &head], &message, &author, &author, now);
            let commit = commit.expect("git writes the commit");
            let base_ref = format!("refs/heads/{}", pull.base);
            hosted
                .git
                .move_ref(&base_ref, &commit, Some(&base))
                .expect("nobody else moves the base");
            let merged = PullRequest {
                merged: Some((now, commit.clone())),
                closed_at: Some(now),
                final_head: Some(head),
                updated_at: now,
                ..pull
            };
            hosted.pulls.insert(number, merged);
            commit
        })
    }

    /// Opens an issue; its number.
    pub fn open_issue(&self, full_name: &str, title: &str, body: &str) -> u64 {
        let (now, id) = {
            let mut state = self.fake.lock();
            (state.now(), state.fresh_id())
        };
        self.with(full_name, |hosted| {
            let number = hosted.next_number();
            let issue = Issue {
                id,
                number,
                title: title.to_owned(),
                body: Some(body.to_owned()),
                author: hosted.owner.clone(),
                labels: Vec::new(),
                created_at: now,
            };
            hosted.issues.insert(number, issue);
            number
        })
    }

    /// What a check run on a commit says: `("completed", Some("success"))`.
    pub fn set_check(
        &self,
        full_name: &str,
        sha: &str,
        name: &str,
        (status, conclusion): (&str, Option<&str>),
    ) {
        let (at, id) = {
            let mut state = self.fake.lock();
            (state.now(), state.fresh_id())
        };
        self.with(full_name, |hosted| {
            hosted.checks.retain(|c| c.sha != sha || c.name != name);
            hosted.checks.push(CheckRun {
                id,
                sha: sha.to_owned(),
                name: name.to_owned(),
                status: status.to_owned(),
                conclusion: conclusion.map(str::to_owned),
                log: String::new(),
                at,
            });
        });
    }

    /// A job of a check run ends badly, and its log says why.
    pub fn fail_job(&self, full_name: &str, sha: &str, name: &str, log: &str) {
        self.set_check(full_name, sha, name, ("completed", Some("failure")));
        self.with(full_name, |hosted| {
            let check = hosted
                .checks
                .iter_mut()
                .rfind(|c| c.sha == sha && c.name == name);
            log.clone_into(&mut check.expect("it was just set").log);
        });
    }

    /// Somebody closes a pull request without merging it.
    pub fn close(&self, full_name: &str, number: u64) {
        let now = self.fake.lock().now();
        self.with(full_name, |hosted| {
            let head = hosted.head_of(&hosted.pulls[&number]);
            let pull = hosted
                .pulls
                .get_mut(&number)
                .expect("there is such a pull request");
            pull.closed_at = Some(now);
            pull.final_head = Some(head);
            pull.updated_at = now;
        });
    }

    /// Somebody opens a closed pull request again.
    pub fn reopen(&self, full_name: &str, number: u64) {
        self.with(full_name, |hosted| {
            let pull = hosted
                .pulls
                .get_mut(&number)
                .expect("there is such a pull request");
            assert!(pull.merged.is_none(), "what is merged stays merged");
            pull.closed_at = None;
            pull.final_head = None;
        });
    }

    /// What a status on a commit says: `success`, `failure`, `error` or `pending`.
    pub fn set_status(&self, full_name: &str, sha: &str, context: &str, state: &str) {
        let (at, id) = {
            let mut all = self.fake.lock();
            (all.now(), all.fresh_id())
        };
        self.with(full_name, |hosted| {
            hosted
                .statuses
                .retain(|s| s.sha != sha || s.context != context);
            let (sha, context, state) = (sha.to_owned(), context.to_owned(), state.to_owned());
            hosted.statuses.push(CommitStatus {
                id,
                sha,
                context,
                state,
                at,
            });
        });
    }

    pub(super) fn with<T>(&self, full_name: &str, act: impl FnOnce(&mut Hosted) -> T) -> T {
        let mut state = self.fake.lock();
        let hosted = state.repositories.get_mut(&full_name.to_lowercase());
        act(hosted.unwrap_or_else(|| panic!("no repository {full_name}")))
    }
}
