//! What GitHub's things look like in JSON: the fields that clients read, by the names and in the
//! shapes of the REST API.

use serde_json::{Value, json};

use super::access::{Grant, Level};
use super::repository::{Commit, Stat};
use super::state::{Comment, Hosted, Issue, PullRequest, Remark};

pub(super) fn user(login: &str) -> Value {
    let kind = if login.ends_with("[bot]") {
        "Bot"
    } else {
        "User"
    };
    json!({ "login": login, "type": kind, "html_url": format!("https://github.com/{login}") })
}

pub(super) fn repository(hosted: &Hosted, grant: &Grant, git_origin: &str) -> Value {
    let may = |level| grant.allows("contents", level);
    json!({
        "id": hosted.id,
        "node_id": format!("R_{}", hosted.id),
        "name": hosted.name,
        "full_name": hosted.full_name(),
        "owner": user(&hosted.owner),
        "private": hosted.private,
        "archived": hosted.archived,
        "visibility": if hosted.private { "private" } else { "public" },
        "default_branch": hosted.default_branch,
        "html_url": hosted.html_url(),
        "url": hosted.api_url(),
        "clone_url": format!("{git_origin}/{}.git", hosted.full_name()),
        "permissions": {
            "admin": false,
            "maintain": false,
            "push": may(Level::Write),
            "triage": may(Level::Write),
            "pull": may(Level::Read),
        },
    })
}

pub(super) fn reference(hosted: &Hosted, name: &str, oid: &str) -> Value {
    json!({
        "ref": name,
        "node_id": format!("REF_{}:{name}", hosted.id),
        "url": format!("{}/git/{name}", hosted.api_url()),
        "object": { "sha": oid, "type": "commit", "url": format!("{}/git/commits/{oid}", hosted.api_url()) },
    })
}

pub(super) fn commit(hosted: &Hosted, commit: &Commit) -> Value {
    let person =
        |[name, email, date]: &[String; 3]| json!({ "name": name, "email": email, "date": date });
    // GitHub signs what it commits itself; everything else here is unsigned.
    let signed = commit.committer[1] == super::commits::WEB_FLOW_EMAIL;
    json!({
        "sha": commit.oid,
        "node_id": format!("C_{}", commit.oid),
        "url": format!("{}/commits/{}", hosted.api_url(), commit.oid),
        "html_url": format!("{}/commit/{}", hosted.html_url(), commit.oid),
        "commit": {
            "author": person(&commit.author),
            "committer": person(&commit.committer),
            "message": commit.message,
            "tree": { "sha": commit.tree },
            "verification": { "verified": signed, "reason": if signed { "valid" } else { "unsigned" } },
        },
        "parents": commit.parents.iter().map(|oid| json!({ "sha": oid })).collect::<Vec<_>>(),
    })
}

pub(super) fn file(hosted: &Hosted, base: &str, head: &str, stat: &Stat) -> Value {
    let status = match stat.status {
        'A' => "added",
        'D' => "removed",
        'R' => "renamed",
        _ => "modified",
    };
    let mut file = json!({
        "filename": stat.path,
        "status": status,
        "additions": stat.additions,
        "deletions": stat.deletions,
        "changes": stat.additions + stat.deletions,
        "patch": hosted.git.patch(base, head, &stat.path),
    });
    if let Some(previous) = &stat.previous {
        file["previous_filename"] = json!(previous);
    }
    file
}

pub(super) fn pull(hosted: &Hosted, pull: &PullRequest) -> Value {
    let side = |name: &str, oid: Option<String>| {
        json!({
            "label": format!("{}:{name}", hosted.owner),
            "ref": name,
            "sha": oid,
            "user": user(&hosted.owner),
            "repo": { "id": hosted.id, "name": hosted.name, "full_name": hosted.full_name() },
        })
    };
    json!({
        "id": pull.id,
        "node_id": format!("PR_{}", pull.id),
        "number": pull.number,
        "state": if pull.is_open() { "open" } else { "closed" },
        "locked": false,
        "title": pull.title,
        "body": pull.body,
        "draft": pull.draft,
        "user": user(&pull.author),
        "url": format!("{}/pulls/{}", hosted.api_url(), pull.number),
        "html_url": format!("{}/pull/{}", hosted.html_url(), pull.number),
        "issue_url": format!("{}/issues/{}", hosted.api_url(), pull.number),
        "head": side(&pull.head, Some(hosted.head_of(pull))),
        "base": side(&pull.base, hosted.git.head(&pull.base)),
        "labels": labels(&pull.labels),
        "requested_reviewers": pull.reviewers.iter().map(|r| user(r)).collect::<Vec<_>>(),
        "created_at": pull.created_at,
        "updated_at": pull.updated_at,
        "closed_at": pull.closed_at,
        "merged_at": pull.merged.as_ref().map(|(at, _)| at),
        "merge_commit_sha": pull.merged.as_ref().map(|(_, oid)| oid),
    })
}

/// A single pull request carries what a list of them does not. While it is open,
/// `merge_commit_sha` is that of a trial merge: it does not say that anything was merged.
pub(super) fn whole_pull(hosted: &Hosted, request: &PullRequest) -> Value {
    let mut body = pull(hosted, request);
    let head = hosted.head_of(request);
    let base = hosted.git.head(&request.base).unwrap_or_default();
    if request.is_open() {
        let trial = hosted.git.trial_merge(&base, &head, request.updated_at);
        body["mergeable"] = json!(trial.is_some());
        body["mergeable_state"] = json!(if trial.is_some() { "clean" } else { "dirty" });
        body["merge_commit_sha"] = json!(trial);
    }
    let changed = hosted.git.stats(&base, &head);
    let on_it = hosted
        .comments
        .iter()
        .filter(|c| c.number == request.number);
    body["merged"] = json!(request.merged.is_some());
    body["maintainer_can_modify"] = json!(false);
    body["commits"] = json!(hosted.git.commits_between(&base, &head).len());
    body["changed_files"] = json!(changed.len());
    body["additions"] = json!(changed.iter().map(|s| s.additions).sum::<u64>());
    body["deletions"] = json!(changed.iter().map(|s| s.deletions).sum::<u64>());
    body["comments"] = json!(on_it.count());
    body
}

pub(super) fn remark(hosted: &Hosted, remark: &Remark) -> Value {
    let url = format!("{}/pull/{}", hosted.html_url(), remark.number);
    let mut body = json!({
        "id": remark.id,
        "user": user(&remark.login),
        "author_association": remark.association,
        "body": remark.body,
        "html_url": format!("{url}#discussion_r{}", remark.id),
    });
    if let Some((path, line)) = &remark.path {
        body["path"] = json!(path);
        body["line"] = json!(line);
        body["diff_hunk"] = json!(
            "@@ -15,7 +15,7 @@\n-    cart.set(id, value);\n+    cart.set(id, Number(value));"
        );
    }
    body
}

pub(super) fn labels(names: &[String]) -> Value {
    names
        .iter()
        .map(|name| json!({ "name": name, "color": "ededed" }))
        .collect()
}

pub(super) fn issue(hosted: &Hosted, issue: &Issue) -> Value {
    json!({
        "id": issue.id,
        "number": issue.number,
        "state": "open",
        "title": issue.title,
        "body": issue.body,
        "user": user(&issue.author),
        "labels": labels(&issue.labels),
        "html_url": format!("{}/issues/{}", hosted.html_url(), issue.number),
        "url": format!("{}/issues/{}", hosted.api_url(), issue.number),
        "comments": hosted.comments.iter().filter(|c| c.number == issue.number).count(),
        "created_at": issue.created_at,
    })
}

pub(super) fn comment(hosted: &Hosted, comment: &Comment) -> Value {
    json!({
        "id": comment.id,
        "body": comment.body,
        "user": user(&comment.author),
        "html_url": format!("{}/issues/{}#issuecomment-{}", hosted.html_url(), comment.number, comment.id),
        "issue_url": format!("{}/issues/{}", hosted.api_url(), comment.number),
        "created_at": comment.created_at,
        "updated_at": comment.created_at,
    })
}
