//! Connections: a page of a list, cut as `first`, `last`, `after` and `before` ask.

use apollo_compiler::resolvers::{ResolveInfo, ResolvedValue};
use serde_json::{Value, json};

use super::world::{Node, Object, Resolved};
use crate::graphql::{Record, leaf_for};

/// The size of a page that asked for none.
const DEFAULT_SIZE: usize = 50;

/// One page of a list.
#[derive(Debug, Clone)]
pub(super) struct Page {
    /// The connection's type in the schema.
    pub(super) type_name: &'static str,
    nodes: Vec<Node>,
    total: usize,
    more_before: bool,
    more_after: bool,
}

impl Page {
    /// Cuts the page out of the whole list.
    pub(super) fn cut(type_name: &'static str, mut nodes: Vec<Node>, asked: &Value) -> Self {
        let total = nodes.len();
        let at = |name: &str, nodes: &[Node]| {
            let cursor = asked[name].as_str()?;
            nodes.iter().position(|node| node.id() == cursor)
        };
        let before = at("before", &nodes);
        let mut more_after = before.is_some();
        nodes.truncate(before.unwrap_or(total));
        let skipped = at("after", &nodes).map_or(0, |at| at + 1);
        let mut more_before = skipped > 0;
        nodes.drain(..skipped);
        let bound = |name: &str| asked[name].as_u64().and_then(|n| usize::try_from(n).ok());
        if let Some(last) = bound("last") {
            more_before |= nodes.len() > last;
            nodes.drain(..nodes.len().saturating_sub(last));
        } else {
            let first = bound("first").unwrap_or(DEFAULT_SIZE);
            more_after |= nodes.len() > first;
            nodes.truncate(first);
        }
        Self {
            type_name,
            nodes,
            total,
            more_before,
            more_after,
        }
    }

    pub(super) fn resolve<'a, 'w: 'a>(
        &self,
        object: &Object<'w>,
        info: &ResolveInfo<'_>,
    ) -> Resolved<'a> {
        match info.field_name() {
            "nodes" => {
                let nodes = self.nodes.iter().map(|node| object.to(node.clone()));
                Ok(ResolvedValue::list(nodes.collect::<Vec<_>>()))
            }
            "pageInfo" => {
                let cursor = |node: Option<&Node>| node.map(|node| node.id().to_owned());
                let fields = json!({
                    "hasNextPage": self.more_after,
                    "hasPreviousPage": self.more_before,
                    "startCursor": cursor(self.nodes.first()),
                    "endCursor": cursor(self.nodes.last()),
                });
                Ok(ResolvedValue::object(Record::new("PageInfo", fields)))
            }
            "totalCount" => Ok(leaf_for(info, &json!(self.total))),
            _ => Err(object.not_modelled(info)),
        }
    }
}
