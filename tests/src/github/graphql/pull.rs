//! Pull requests, one and many.

use apollo_compiler::resolvers::{ObjectValue as _, ResolveInfo, ResolvedValue};
use serde_json::{Value, json};

use super::object::{Node, Object, Resolved, actor};
use crate::github::state::{Hosted, PullRequest};
use crate::graphql::{Record, leaf};

impl Object<'_> {
    pub(super) fn matching_pulls<'a>(&'a self, name: &str, asked: &Value) -> Resolved<'a> {
        let (mut numbers, total) = self.world.readable(name, "pull_requests", |hosted| {
            let matches = |pull: &&PullRequest| {
                let equals =
                    |asked: &Value, value: &str| asked.as_str().is_none_or(|asked| asked == value);
                let states = asked["states"].as_array();
                equals(&asked["headRefName"], &pull.head)
                    && equals(&asked["baseRefName"], &pull.base)
                    && states.is_none_or(|states| states.contains(&json!(state_of(pull))))
            };
            let numbers: Vec<_> = hosted
                .pulls
                .values()
                .filter(matches)
                .map(|p| p.number)
                .collect();
            let total = numbers.len();
            (numbers, total)
        })?;
        if asked["orderBy"]["direction"] == "DESC" {
            numbers.reverse();
        }
        let bound = |name: &str| asked[name].as_u64().and_then(|n| usize::try_from(n).ok());
        if let Some(last) = bound("last") {
            numbers.drain(..numbers.len().saturating_sub(last));
        }
        numbers.truncate(bound("first").unwrap_or(usize::MAX));
        Ok(self.to(Node::Pulls(name.to_owned(), numbers, total)))
    }

    pub(super) fn pulls<'a>(
        &'a self,
        name: &'a str,
        numbers: &'a [u64],
        total: usize,
        field: &str,
        info: &ResolveInfo<'_>,
    ) -> Resolved<'a> {
        match field {
            "nodes" => {
                let nodes = numbers
                    .iter()
                    .map(|number| self.to(Node::Pull(name.to_owned(), *number)));
                Ok(ResolvedValue::list(nodes.collect::<Vec<_>>()))
            }
            "totalCount" => Ok(leaf(&json!(total))),
            "pageInfo" => {
                let cursor = |number: Option<&u64>| number.map(|n| format!("cursor:{n}"));
                let fields = json!({
                    "hasNextPage": numbers.len() < total,
                    "hasPreviousPage": false,
                    "startCursor": cursor(numbers.first()),
                    "endCursor": cursor(numbers.last()),
                });
                Ok(ResolvedValue::object(Record::new("PageInfo", fields)))
            }
            _ => Err(self.unknown_field_error(info)),
        }
    }

    pub(super) fn pull<'a>(
        &'a self,
        name: &str,
        number: u64,
        field: &str,
        info: &ResolveInfo<'_>,
    ) -> Resolved<'a> {
        let read = |h: &Hosted| {
            let pull = h.pulls.get(&number).cloned();
            pull.map(|pull| {
                (
                    h.head_of(&pull),
                    format!("{}/pull/{number}", h.html_url()),
                    pull,
                )
            })
        };
        let found = self.world.readable(name, "pull_requests", read)?;
        let (head, url, pull) = found.ok_or_else(|| self.unknown_field_error(info))?;
        let value = match field {
            "id" => json!(format!("PR_{}", pull.id)),
            "number" => json!(number),
            "title" => json!(pull.title),
            "body" => json!(pull.body.unwrap_or_default()),
            "url" => json!(url),
            "state" => json!(state_of(&pull)),
            "isDraft" => json!(pull.draft),
            "merged" => json!(pull.merged.is_some()),
            "mergedAt" => json!(pull.merged.map(|(at, _)| at)),
            "closed" => json!(!pull.is_open()),
            "closedAt" => json!(pull.closed_at),
            "createdAt" => json!(pull.created_at),
            "updatedAt" => json!(pull.updated_at),
            "headRefName" => json!(pull.head),
            "headRefOid" => json!(head),
            "baseRefName" => json!(pull.base),
            "repository" => return Ok(self.to(Node::Repository(name.to_owned()))),
            "author" => {
                let kind = if pull.author.ends_with("[bot]") {
                    "Bot"
                } else {
                    "User"
                };
                return Ok(ResolvedValue::object(actor(kind, &pull.author)));
            }
            _ => return Err(self.unknown_field_error(info)),
        };
        Ok(leaf(&value))
    }
}

fn state_of(pull: &PullRequest) -> &'static str {
    match (pull.is_open(), &pull.merged) {
        (true, _) => "OPEN",
        (false, Some(_)) => "MERGED",
        (false, None) => "CLOSED",
    }
}
