//! `createCommitOnBranch`: one signed commit on top of the expected head, or nothing.

use apollo_compiler::resolvers::{FieldError, ResolveInfo};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::World;
use super::object::Node;
use crate::github::access::Level;
use crate::github::commits::WEB_FLOW_EMAIL;
use crate::github::repository::{ChangeRefused, Changes, Person};
use crate::graphql::arguments;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Input {
    branch: Branch,
    #[serde(default)]
    client_mutation_id: Value,
    expected_head_oid: String,
    #[serde(default)]
    file_changes: Option<FileChanges>,
    message: Message,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Branch {
    branch_name: Option<String>,
    repository_name_with_owner: Option<String>,
}

#[derive(Deserialize)]
struct Message {
    headline: String,
    body: Option<String>,
}

#[derive(Default, Deserialize)]
struct FileChanges {
    #[serde(default)]
    additions: Vec<Addition>,
    #[serde(default)]
    deletions: Vec<Deletion>,
}

#[derive(Deserialize)]
struct Addition {
    path: String,
    contents: String,
}

#[derive(Deserialize)]
struct Deletion {
    path: String,
}

impl World<'_> {
    pub(super) fn create_commit(&self, info: &ResolveInfo<'_>) -> Result<Node, FieldError> {
        let input: Input = serde_json::from_value(arguments(info)["input"].clone())
            .map_err(|e| self.unprocessable(e.to_string()))?;
        let (Some(full_name), Some(branch)) = (
            &input.branch.repository_name_with_owner,
            &input.branch.branch_name,
        ) else {
            return Err(self.unprocessable("branch needs repositoryNameWithOwner and branchName"));
        };
        let branch = branch.strip_prefix("refs/heads/").unwrap_or(branch);
        let changes = self.changes(input.file_changes.unwrap_or_default())?;
        if input.message.headline.trim().is_empty() {
            return Err(self.unprocessable("A commit message is required"));
        }
        let message = match input.message.body.filter(|body| !body.is_empty()) {
            Some(body) => format!("{}\n\n{body}", input.message.headline),
            None => input.message.headline,
        };
        // Told apart from "may not write" before anything is written.
        self.readable(full_name, "contents", |_| ())?;
        let mut state = self.state.borrow_mut();
        let now = state.now();
        let login = &self.grant.login;
        let author = Person::new(
            login,
            format!("{INSTALLED_USER_ID}+{login}@users.noreply.github.com"),
        );
        let committer = Person::new("GitHub", WEB_FLOW_EMAIL);
        let hosted = state.open(self.grant, full_name, ("contents", Level::Write));
        let hosted = hosted.map_err(|refusal| self.forbidden(&refusal))?;
        let expected = &input.expected_head_oid;
        let people = (&author, &committer);
        let made = hosted
            .git
            .commit_on_branch(branch, expected, &changes, &message, people, now);
        let oid = made.map_err(|why| self.refused(&why, full_name, branch, expected))?;
        Ok(Node::Committed(
            hosted.full_name(),
            branch.to_owned(),
            oid,
            input.client_mutation_id,
        ))
    }

    fn changes(&self, given: FileChanges) -> Result<Changes, FieldError> {
        let decode = |addition: Addition| {
            let bytes = STANDARD.decode(&addition.contents).map_err(|_| {
                self.unprocessable(format!(
                    "The contents of {} are not valid base64.",
                    addition.path
                ))
            })?;
            Ok((addition.path, bytes))
        };
        Ok(Changes {
            additions: given
                .additions
                .into_iter()
                .map(decode)
                .collect::<Result<_, _>>()?,
            deletions: given.deletions.into_iter().map(|d| d.path).collect(),
        })
    }

    fn refused(
        &self,
        why: &ChangeRefused,
        full_name: &str,
        branch: &str,
        expected: &str,
    ) -> FieldError {
        match why {
            ChangeRefused::NoBranch => {
                let message = format!("A ref named \"refs/heads/{branch}\" does not exist in {full_name}.");
                self.errors.error(message, json!({ "type": "NOT_FOUND" }))
            }
            // Two spaces, as GitHub writes it.
            ChangeRefused::Stale { .. } => {
                let message = format!("Expected branch to point to \"{expected}\" but it did not.  Pull and try again.");
                self.errors.error(message, json!({ "type": "STALE_DATA" }))
            }
            ChangeRefused::NothingToDelete(_) => self.unprocessable(format!(
                "A path was requested for deletion which does not exist as of commit oid `{expected}`"
            )),
            ChangeRefused::BadPath(path) => self.unprocessable(format!("The path {path:?} is invalid.")),
            // GitHub would make an empty commit; bugbot never has a reason to.
            ChangeRefused::Empty => self.unprocessable("The commit would change nothing."),
            ChangeRefused::Git(failed) => self.unprocessable(failed.to_string()),
        }
    }

    fn unprocessable(&self, message: impl Into<String>) -> FieldError {
        self.errors
            .error(message, json!({ "type": "UNPROCESSABLE" }))
    }
}

/// The number in the address of the App's author.
const INSTALLED_USER_ID: u64 = 190_000_001;
