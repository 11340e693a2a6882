//! `/bugbot deploy`: calls the deploy hook for the branch of the pull request.
//!
//! A hook deploys as often as it is called, and knows no keys. So the call is written down before
//! it is made, here and in the audit log: a command that comes twice calls once, and if the answer
//! was lost, that is said.
//!
//! What hooks answer: Vercel `{"job": {"id", "state"}}` with 201, Cloudflare Pages
//! `{"success", "result": {"id"}}`, Netlify nothing. None of these has an address yet; a hook of
//! one's own may have, and a deployment tells its own later, as a deployment status.
//! <https://vercel.com/docs/deploy-hooks>
//! <https://developers.cloudflare.com/pages/configuration/deploy-hooks/>

use std::time::Duration;

use ::http::header::{CONTENT_TYPE, USER_AGENT};
use serde_json::{Value, json};

use super::{Deployed, HookAnswer};
use crate::audit::{Fact, Record};
use crate::consumer::Platform;
use crate::fix::audit::append;
use crate::fix::services::{FixServices, Sandbox};
use crate::fix::{Fix, Merge, Response, Stage, Store};
use crate::github::webhook::is_web_address;
use crate::http::{Request, USER_AGENT as OURS};
use crate::id::{JobId, UserId};
use crate::report;
use crate::secret::Secret;

/// How long a hook may take. Whoever asked the Job object waits for it.
const TIME_LIMIT: Duration = Duration::from_secs(8);
/// Where an answer may name the deployment's address.
const POINTERS: [&str; 6] = [
    "/url",
    "/deploy_url",
    "/preview_url",
    "/environment_url",
    "/deployment/url",
    "/result/url",
];

/// Deploys the branch, or says why not.
pub(in crate::fix) async fn deploy<P: Platform, S: Sandbox>(
    store: &impl Store,
    on: &FixServices<'_, P, S>,
    mut fix: Fix,
    by: UserId,
    asked: JobId,
) -> Result<Response, String> {
    let refused = |why: String| Ok(Response::Refused { why });
    let Stage::Merge(merge) = fix.stage.clone() else {
        return refused(report::nothing_to_deploy());
    };
    let Some(hook) = &on.settings.finish.deploy_hook else {
        return refused(report::no_deploy_hook());
    };
    if !fix.after.is_open() {
        return refused(report::nothing_to_deploy());
    }
    if fix
        .after
        .deployed
        .as_ref()
        .is_some_and(|last| last.asked == asked)
    {
        return Ok(said(&fix));
    }
    let fact = Fact::Deployed {
        job: fix.order.job.clone(),
        command: asked.clone(),
        by,
        repository: fix.order.repository.clone(),
        branch: merge.feature_branch.clone(),
        commit: merge.pull_request.head.clone(),
    };
    let record = Record::of_job(&asked, "deployed", fact);
    append(on, &fix, vec![record]).await?;
    fix.after.deployed = Some(Deployed {
        asked: asked.clone(),
        commit: merge.pull_request.head.clone(),
        at: on.platform.now(),
        answer: None,
    });
    store.save(&fix)?;
    let answer = call(on, hook, &merge).await;
    // Other things may have happened meanwhile.
    let Some(mut fix) = store.load()? else {
        return Ok(Response::Missing);
    };
    if let Some(last) = fix
        .after
        .deployed
        .as_mut()
        .filter(|last| last.asked == asked)
    {
        last.answer = Some(answer);
        store.save(&fix)?;
    }
    Ok(said(&fix))
}

fn said(fix: &Fix) -> Response {
    match report::deployed(fix) {
        Ok(said) => Response::Done { said },
        Err(why) => Response::Refused { why },
    }
}

async fn call<P: Platform, S: Sandbox>(
    on: &FixServices<'_, P, S>,
    hook: &Secret,
    merge: &Merge,
) -> HookAnswer {
    let Ok(request) = request(hook, merge) else {
        return HookAnswer::Failed("the address cannot be used".to_owned());
    };
    match on.platform.send(request, TIME_LIMIT).await {
        Ok(response) if response.status().is_success() => {
            let body = serde_json::from_slice(response.body()).unwrap_or_default();
            HookAnswer::Taken {
                url: address(&body),
            }
        }
        // The body may quote the address, which is secret.
        Ok(response) => HookAnswer::Failed(format!("it answered {}", response.status())),
        // So may the error of a connection.
        Err(_) => HookAnswer::Failed("it did not answer".to_owned()),
    }
}

fn request(hook: &Secret, merge: &Merge) -> Result<Request, ::http::Error> {
    let body = json!({
        "branch": merge.feature_branch,
        "commit": merge.pull_request.head,
        "pull_request": merge.pull_request.number,
    });
    ::http::Request::post(hook.expose())
        .header(USER_AGENT, OURS)
        .header(CONTENT_TYPE, "application/json")
        .body(body.to_string().into_bytes())
}

/// The address that a hook's answer names.
fn address(body: &Value) -> Option<String> {
    let named = POINTERS
        .into_iter()
        .filter_map(|pointer| body.pointer(pointer)?.as_str());
    named
        .filter(|url| is_web_address(url))
        .map(str::to_owned)
        .next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_found_where_hooks_name_it_and_nothing_else_is_taken_for_one() {
        let found = |body: Value| address(&body);
        assert_eq!(
            found(json!({"url": "https://a.test"})),
            Some("https://a.test".to_owned())
        );
        assert_eq!(
            found(json!({"result": {"url": "https://b.test"}})).as_deref(),
            Some("https://b.test")
        );
        assert_eq!(found(json!({"job": {"id": "x", "state": "PENDING"}})), None);
        assert_eq!(found(json!({"url": "javascript:alert(1)"})), None);
        assert_eq!(found(json!({"url": 7})), None);
        assert_eq!(found(Value::Null), None);
    }
}
