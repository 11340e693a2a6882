//! Claims, as the hub tells of them.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::fields::{Fields, list};
use crate::issue::{IssueId, of_address};

/// A claim. What an older or newer hub does not say is `None`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Claim {
    /// The issue's id.
    pub issue: String,
    /// How far it is: `claimed`, `in_progress`, `completed`, `skipped`, or what the hub says.
    pub status: Option<String>,
    /// Whose it is.
    pub client_id: Option<String>,
    /// That client's name.
    pub client_name: Option<String>,
    /// The issue's title.
    pub title: Option<String>,
    /// The issue's address.
    pub url: Option<String>,
    /// Since when.
    pub claimed_at: Option<Timestamp>,
    /// Until when, unless it is renewed.
    pub expires_at: Option<Timestamp>,
    /// The pull request's address.
    pub pr_url: Option<String>,
    /// Its number.
    pub pr_number: Option<u64>,
}

impl Claim {
    /// Reads an answer about `asked`.
    pub(crate) fn parse(answer: &Value, asked: &IssueId) -> Option<Self> {
        let fields = Fields::of(answer, "claim");
        (!fields.is_empty()).then(|| {
            let mut claim = Self::of_fields(&fields);
            // `id` alone may be the number of a row.
            claim.issue = asked.to_string();
            claim
        })
    }

    /// Reads a list.
    pub(crate) fn parse_all(answer: &Value) -> Option<Vec<Self>> {
        let claims = list(answer, &["claims"])?;
        let claims = claims
            .iter()
            .map(|it| Self::of_fields(&Fields::of_all([it])));
        Some(claims.collect())
    }

    fn of_fields(fields: &Fields<'_>) -> Self {
        let url = fields.text(&["issue_url", "issueUrl"]);
        let issue = fields
            .text(&["issue_id", "issueId"])
            .or_else(|| url.as_deref().and_then(of_address))
            .or_else(|| fields.text(&["id"]));
        Self {
            issue: issue.unwrap_or_default(),
            status: fields.text(&["status"]),
            client_id: fields.text(&["client_id", "clientId"]),
            client_name: fields.text(&["client_name", "clientName"]),
            title: fields.text(&["issue_title", "issueTitle", "title"]),
            url,
            claimed_at: fields.moment(&["claimed_at", "claimedAt"]),
            expires_at: fields.moment(&["expires_at", "expiresAt"]),
            pr_url: fields.text(&["pr_url", "prUrl"]),
            pr_number: fields.number(&["pr_number", "prNumber"]),
        }
    }

    /// Whose it is, as people call them.
    pub fn holder(&self) -> Option<&str> {
        let name = self.client_name.as_deref();
        name.or(self.client_id.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asked() -> IssueId {
        "acme/shop#12".parse().unwrap()
    }

    #[test]
    fn both_generations_and_both_at_once_are_read() {
        let flat = json!({
            "id": "41", "issueUrl": "https://github.com/acme/shop/issues/12", "clientId": "c1",
            "claimedAt": "2026-11-21T14:00:00Z", "expiresAt": "2026-11-21T15:30:00+01:00",
            "status": "claimed",
        });
        let enveloped = json!({"claim": {
            "issue_id": "acme/shop#12", "repo": "acme/shop", "issue_number": 12, "issue_title": "Mugs",
            "issue_url": "https://github.com/acme/shop/issues/12", "status": "completed",
            "claimed_at": "2026-11-21T14:00:00Z", "pr_url": "https://x/7", "pr_number": 7,
        }});
        let mut both = flat.clone();
        both["claim"] = enveloped["claim"].clone();

        let old = Claim::parse(&flat, &asked()).unwrap();
        assert_eq!(
            (old.issue.as_str(), old.holder()),
            ("acme/shop#12", Some("c1"))
        );
        assert_eq!(
            old.expires_at,
            Some("2026-11-21T14:30:00Z".parse().unwrap())
        );
        let new = Claim::parse(&enveloped, &asked()).unwrap();
        assert_eq!(
            (new.pr_number, new.title.as_deref()),
            (Some(7), Some("Mugs"))
        );
        let one = Claim::parse(&both, &asked()).unwrap();
        assert_eq!(
            (one.client_id.as_deref(), one.pr_number),
            (Some("c1"), Some(7))
        );
        assert_eq!(
            one.status.as_deref(),
            Some("completed"),
            "the envelope is the newer one"
        );
        assert_eq!(Claim::parse(&json!({}), &asked()), None);
    }

    #[test]
    fn a_list_is_an_array_or_in_an_envelope() {
        let flat = json!([{"id": "41", "issueUrl": "https://forge.example/acme/shop/issues/12"}, {"id": "issue-42"}]);
        let issues = |answer: &Value| -> Vec<String> {
            let claims = Claim::parse_all(answer).unwrap();
            claims.into_iter().map(|claim| claim.issue).collect()
        };
        assert_eq!(issues(&flat), ["acme/shop#12", "issue-42"]);
        let enveloped = json!({"claims": [{"issue_id": "acme/shop#12", "id": 41}]});
        assert_eq!(issues(&enveloped), ["acme/shop#12"]);
        assert_eq!(Claim::parse_all(&json!({"entries": []})), None);
    }
}
