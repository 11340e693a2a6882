//! The objects of the schema, resolved field by field from the state and the repository.

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use serde_json::{Value, json};

use super::World;
use crate::github::access::Level;
use crate::github::commits::WEB_FLOW_EMAIL;
use crate::github::refusal::Refusal;
use crate::github::state::Hosted;
use crate::graphql::{Record, arguments, leaf};

/// What an object stands for. Repositories are named by their full name.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Query,
    Mutation,
    Repository(String),
    /// A branch, or another full ref.
    Ref(String, String),
    Commit(String, String),
    Pull(String, u64),
    /// The pull requests with these numbers, and how many there are in all.
    Pulls(String, Vec<u64>, usize),
    /// What `createCommitOnBranch` made: repository, branch, commit, the client's own id.
    Committed(String, String, String, Value),
}

/// A node seen by a request.
pub(super) struct Object<'w> {
    pub(super) world: &'w World<'w>,
    pub(super) node: Node,
}

pub(super) type Resolved<'a> = Result<ResolvedValue<'a>, FieldError>;

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        match self.node {
            Node::Query => "Query",
            Node::Mutation => "Mutation",
            Node::Repository(_) => "Repository",
            Node::Ref(..) => "Ref",
            Node::Commit(..) => "Commit",
            Node::Pull(..) => "PullRequest",
            Node::Pulls(..) => "PullRequestConnection",
            Node::Committed(..) => "CreateCommitOnBranchPayload",
        }
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let field = info.field_name();
        match &self.node {
            Node::Query => self.query(field, info),
            Node::Mutation => self.world.create_commit(info).map(|node| self.to(node)),
            Node::Repository(name) => self.repository(name, field, info),
            Node::Ref(name, full_ref) => self.reference(name, full_ref, field, info),
            Node::Commit(name, oid) => self.commit(name, oid, field, info),
            Node::Pull(name, number) => self.pull(name, *number, field, info),
            Node::Pulls(name, numbers, total) => self.pulls(name, numbers, *total, field, info),
            Node::Committed(name, branch, oid, client_id) => match field {
                "clientMutationId" => Ok(leaf(client_id)),
                "commit" => Ok(self.to(Node::Commit(name.clone(), oid.clone()))),
                "ref" => Ok(self.to(Node::Ref(name.clone(), format!("refs/heads/{branch}")))),
                _ => Err(self.unknown_field_error(info)),
            },
        }
    }
}

impl World<'_> {
    /// The repository, if the token may read it.
    pub(super) fn readable<T>(
        &self,
        full_name: &str,
        permission: &str,
        read: impl FnOnce(&Hosted) -> T,
    ) -> Result<T, FieldError> {
        let mut state = self.state.borrow_mut();
        // Whether it exists at all comes first: the two refusals have different types.
        state
            .open(self.grant, full_name, ("metadata", Level::Read))
            .map_err(|_| self.not_found(full_name))?;
        let opened = state.open(self.grant, full_name, (permission, Level::Read));
        opened
            .map(|hosted| read(hosted))
            .map_err(|refusal| self.forbidden(&refusal))
    }

    pub(super) fn forbidden(&self, refusal: &Refusal) -> FieldError {
        self.errors
            .error(refusal.message(), json!({ "type": "FORBIDDEN" }))
    }

    fn not_found(&self, full_name: &str) -> FieldError {
        let message = format!("Could not resolve to a Repository with the name '{full_name}'.");
        self.errors.error(message, json!({ "type": "NOT_FOUND" }))
    }
}

impl<'w> Object<'w> {
    pub(super) fn to<'a>(&self, node: Node) -> ResolvedValue<'a>
    where
        'w: 'a,
    {
        ResolvedValue::object(Object {
            world: self.world,
            node,
        })
    }

    fn query<'a>(&'a self, field: &str, info: &ResolveInfo<'_>) -> Resolved<'a> {
        match field {
            "repository" => {
                let asked = arguments(info);
                let text = |name: &str| asked[name].as_str().unwrap_or_default().to_owned();
                let full_name = format!("{}/{}", text("owner"), text("name"));
                let full_name = self
                    .world
                    .readable(&full_name, "metadata", Hosted::full_name)?;
                Ok(self.to(Node::Repository(full_name)))
            }
            "viewer" => Ok(ResolvedValue::object(actor(
                "User",
                &self.world.grant.login,
            ))),
            _ => Err(self.unknown_field_error(info)),
        }
    }

    fn repository<'a>(&'a self, name: &str, field: &str, info: &ResolveInfo<'_>) -> Resolved<'a> {
        let asked = arguments(info);
        let known = |read: fn(&Hosted) -> Value| {
            self.world
                .readable(name, "metadata", read)
                .map(|v| leaf(&v))
        };
        match field {
            "id" => known(|h| json!(format!("R_{}", h.id))),
            "databaseId" => known(|h| json!(h.id)),
            "name" => known(|h| json!(h.name)),
            "nameWithOwner" => known(|h| json!(h.full_name())),
            "isPrivate" => known(|h| json!(h.private)),
            "isArchived" => known(|h| json!(h.archived)),
            "url" => known(|h| json!(h.html_url())),
            "owner" => {
                let owner = self.world.readable(name, "metadata", |h| h.owner.clone())?;
                Ok(ResolvedValue::object(actor("Organization", &owner)))
            }
            "defaultBranchRef" => {
                let branch = self
                    .world
                    .readable(name, "contents", |h| h.default_branch.clone())?;
                Ok(self.to(Node::Ref(name.to_owned(), format!("refs/heads/{branch}"))))
            }
            "ref" => {
                let asked = asked["qualifiedName"].as_str().unwrap_or_default();
                let full_ref = if asked.starts_with("refs/") {
                    asked.to_owned()
                } else {
                    format!("refs/heads/{asked}")
                };
                let exists = self
                    .world
                    .readable(name, "contents", |h| h.git.resolve(&full_ref).is_some())?;
                Ok(if exists {
                    self.to(Node::Ref(name.to_owned(), full_ref))
                } else {
                    ResolvedValue::null()
                })
            }
            "object" => {
                let revision = asked["oid"]
                    .as_str()
                    .or(asked["expression"].as_str())
                    .unwrap_or_default();
                let oid = self
                    .world
                    .readable(name, "contents", |h| h.git.find(revision))?;
                Ok(oid.map_or_else(ResolvedValue::null, |oid| {
                    self.to(Node::Commit(name.to_owned(), oid))
                }))
            }
            "pullRequest" => {
                let number = asked["number"].as_u64().unwrap_or_default();
                let exists = self
                    .world
                    .readable(name, "pull_requests", |h| h.pulls.contains_key(&number))?;
                Ok(if exists {
                    self.to(Node::Pull(name.to_owned(), number))
                } else {
                    ResolvedValue::null()
                })
            }
            "pullRequests" => self.matching_pulls(name, &asked),
            _ => Err(self.unknown_field_error(info)),
        }
    }

    fn reference<'a>(
        &'a self,
        name: &str,
        full_ref: &str,
        field: &str,
        info: &ResolveInfo<'_>,
    ) -> Resolved<'a> {
        let (prefix, short) = match full_ref.strip_prefix("refs/heads/") {
            Some(short) => ("refs/heads/", short),
            None => full_ref.split_at(full_ref.rfind('/').map_or(0, |at| at + 1)),
        };
        match field {
            "id" => Ok(leaf(&json!(format!("REF_{name}:{full_ref}")))),
            "name" => Ok(leaf(&json!(short))),
            "prefix" => Ok(leaf(&json!(prefix))),
            "repository" => Ok(self.to(Node::Repository(name.to_owned()))),
            "target" => {
                let oid = self
                    .world
                    .readable(name, "contents", |h| h.git.resolve(full_ref))?;
                Ok(oid.map_or_else(ResolvedValue::null, |oid| {
                    self.to(Node::Commit(name.to_owned(), oid))
                }))
            }
            "associatedPullRequests" => {
                let mut asked = arguments(info);
                asked["headRefName"] = json!(short);
                self.matching_pulls(name, &asked)
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }

    fn commit<'a>(
        &'a self,
        name: &str,
        oid: &str,
        field: &str,
        info: &ResolveInfo<'_>,
    ) -> Resolved<'a> {
        let (commit, html_url) = self
            .world
            .readable(name, "contents", |h| (h.git.commit(oid), h.html_url()))?;
        let commit = commit.ok_or_else(|| self.unknown_field_error(info))?;
        let (headline, rest) = commit
            .message
            .split_once('\n')
            .unwrap_or((&commit.message, ""));
        let value = match field {
            "oid" => json!(oid),
            "abbreviatedOid" => json!(&oid[..7]),
            "id" => json!(format!("C_{oid}")),
            "url" | "commitUrl" => json!(format!("{html_url}/commit/{oid}")),
            "message" => json!(commit.message),
            "messageHeadline" => json!(headline),
            "messageBody" => json!(rest.trim_start_matches('\n')),
            "authoredDate" => json!(commit.author[2]),
            "committedDate" => json!(commit.committer[2]),
            "repository" => return Ok(self.to(Node::Repository(name.to_owned()))),
            "signature" if commit.committer[1] == WEB_FLOW_EMAIL => {
                let fields =
                    json!({ "email": WEB_FLOW_EMAIL, "isValid": true, "wasSignedByGitHub": true });
                return Ok(ResolvedValue::object(Record::new("GpgSignature", fields)));
            }
            "signature" => Value::Null,
            "tree" => {
                let fields = json!({ "oid": commit.tree, "id": format!("T_{}", commit.tree) });
                return Ok(ResolvedValue::object(Record::new("Tree", fields)));
            }
            _ => return Err(self.unknown_field_error(info)),
        };
        Ok(leaf(&value))
    }
}

pub(super) fn actor(kind: &str, login: &str) -> Record {
    let plain = login.trim_end_matches("[bot]");
    let fields = json!({ "id": format!("A_{login}"), "login": plain, "url": format!("https://github.com/{plain}") });
    Record::new(kind, fields)
}
