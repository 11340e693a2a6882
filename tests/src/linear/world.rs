//! The objects of the schema over the state: which there are, and how one leads to another.

use std::cell::RefCell;

use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolveInfo, ResolvedValue};
use serde_json::Value;

use super::page::Page;
use super::state::{Key, State};
use super::trouble::Trouble;
use crate::graphql::{Errors, arguments, leaf_for};

/// What one request sees while it is executed.
pub(super) struct World<'a> {
    pub(super) state: RefCell<&'a mut State>,
    pub(super) key: &'a Key,
    pub(super) errors: Errors,
    /// Fields that were asked for and that the schema knows, but this fake does not.
    pub(super) unmodelled: RefCell<Vec<String>>,
}

/// What an object stands for; things are named by their UUIDs.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Query,
    Mutation,
    Organization,
    User(String),
    Team(String),
    State(String),
    Issue(String),
    /// An issue as `searchIssues` gives it: a type of its own with the same fields.
    Found(String),
    Comment(String),
    Attachment(String),
    Page(Page),
    /// What a mutation gives back: its type, and the thing under this field.
    Payload(&'static str, &'static str, Box<Node>),
}

/// A node seen by a request.
pub(super) struct Object<'w> {
    pub(super) world: &'w World<'w>,
    pub(super) node: Node,
}

/// What resolving a field gives.
pub(super) type Resolved<'a> = Result<ResolvedValue<'a>, FieldError>;

impl Node {
    /// The name of its type in the schema.
    pub(super) fn type_name(&self) -> &str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Organization => "Organization",
            Self::User(_) => "User",
            Self::Team(_) => "Team",
            Self::State(_) => "WorkflowState",
            Self::Issue(_) => "Issue",
            Self::Found(_) => "IssueSearchResult",
            Self::Comment(_) => "Comment",
            Self::Attachment(_) => "Attachment",
            Self::Page(page) => page.type_name,
            Self::Payload(type_name, _, _) => type_name,
        }
    }

    /// The id of what it stands for.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::User(id)
            | Self::Team(id)
            | Self::State(id)
            | Self::Issue(id)
            | Self::Found(id)
            | Self::Comment(id)
            | Self::Attachment(id) => id,
            _ => "",
        }
    }
}

impl ObjectValue for Object<'_> {
    fn type_name(&self) -> &str {
        self.node.type_name()
    }

    fn resolve_field<'a>(&'a self, info: &'a ResolveInfo<'a>) -> Resolved<'a> {
        let field = info.field_name();
        let asked = arguments(info);
        let resolved = match &self.node {
            Node::Query => self.world.query(field, &asked),
            Node::Mutation => self.world.mutate(field, &asked),
            Node::Page(page) => return page.resolve(self, info),
            Node::Payload(_, name, node) if *name == field => {
                Ok(Some(Child::One(Some((**node).clone()))))
            }
            node => Ok(self.world.field(node, field, &asked)),
        };
        match resolved {
            Ok(Some(child)) => Ok(self.child(child, info)),
            Ok(None) => Err(self.not_modelled(info)),
            Err(trouble) => Err(trouble.into_error(&self.world.errors)),
        }
    }
}

impl<'w> Object<'w> {
    /// Another node, seen by the same request.
    pub(super) fn to<'a>(&self, node: Node) -> ResolvedValue<'a>
    where
        'w: 'a,
    {
        ResolvedValue::object(Object {
            world: self.world,
            node,
        })
    }

    fn child<'a>(&self, child: Child, info: &ResolveInfo<'_>) -> ResolvedValue<'a>
    where
        'w: 'a,
    {
        match child {
            Child::Leaf(value) => leaf_for(info, &value),
            Child::One(None) => ResolvedValue::null(),
            Child::One(Some(node)) => self.to(node),
        }
    }

    /// Notes the gap: silence about it would let a client read emptiness as an answer.
    pub(super) fn not_modelled(&self, info: &ResolveInfo<'_>) -> FieldError {
        let field = format!("{}.{}", self.node.type_name(), info.field_name());
        self.world.unmodelled.borrow_mut().push(field);
        self.unknown_field_error(info)
    }
}

/// What a field leads to.
pub(super) enum Child {
    /// A value.
    Leaf(Value),
    /// Another object, or null.
    One(Option<Node>),
}

/// What a look-up gives: nothing for a field that is not modelled.
pub(super) type Looked = Result<Option<Child>, Trouble>;
