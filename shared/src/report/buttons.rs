//! The buttons under the message of a job: those that do something now, and no others.

use crate::command::{MAX_BUDGET_USD, Press, Verb};
use crate::discord::message::{Button, ButtonStyle};
use crate::fix::{Archived, Cause, Fix, Merge, Stage};
use crate::id::JobId;

/// The buttons under the live message of a fix.
pub(super) fn of_running(fix: &Fix) -> Vec<Button> {
    let job = &fix.order.job;
    let mut buttons = Vec::new();
    if fix.awaits_approval() {
        buttons.extend(approval(job));
    }
    if matches!(fix.stage, Stage::Coding(_)) {
        buttons.extend(action(
            ButtonStyle::Secondary,
            "Steer",
            &Press::new(Verb::Steer, job),
        ));
    }
    if fix.can_be_cancelled() {
        buttons.extend(action(
            ButtonStyle::Danger,
            "Cancel",
            &Press::new(Verb::Cancel, job),
        ));
    }
    buttons.extend(issue(fix));
    buttons
}

/// The buttons under a pull request; `can_deploy`: there is a hook that deploys its branch.
pub(super) fn of_opened(fix: &Fix, merge: &Merge, can_deploy: bool) -> Vec<Button> {
    let pull_request = link("Pull request", &merge.pull_request.url);
    let deploys = can_deploy && fix.after.is_open();
    let deploy = deploys.then(|| {
        let press = Press::new(Verb::Deploy, &fix.order.job);
        action(ButtonStyle::Secondary, "Deploy", &press)
    });
    let links = pull_request.into_iter().chain(issue(fix));
    deploy.flatten().into_iter().chain(links).collect()
}

/// The buttons under a fix that came to no pull request.
pub(super) fn of_ended(fix: &Fix, archived: &Archived) -> Vec<Button> {
    // The same change would break the same policy again; a further round is asked for on GitHub.
    let is_worth_it =
        fix.order.round.is_none() && !matches!(archived.cause, Cause::PolicyViolated { .. });
    let again = is_worth_it.then(|| retry(&fix.order.job)).flatten();
    let more = archived
        .kept
        .as_ref()
        .and_then(|_| more_money(&fix.order.job, as_much_again(fix)));
    more.into_iter().chain(again).chain(issue(fix)).collect()
}

/// Does a job again that has failed, if it was work.
pub fn retry_of(verb: Verb, job: &JobId) -> Option<Button> {
    match verb {
        Verb::Contextualize | Verb::Fix | Verb::Retry => retry(job),
        _ => None,
    }
}

fn retry(job: &JobId) -> Option<Button> {
    action(ButtonStyle::Primary, "Retry", &Press::new(Verb::Retry, job))
}

/// Starts a fix in the conversation of `job`.
pub fn fix(job: &JobId) -> Option<Button> {
    action(
        ButtonStyle::Primary,
        "Fix this bug",
        &Press::new(Verb::Fix, job),
    )
}

/// Lets a fix go on that waits for approval, or ends it.
pub fn approval(job: &JobId) -> impl Iterator<Item = Button> {
    let approve = action(
        ButtonStyle::Success,
        "Approve",
        &Press::new(Verb::Approve, job),
    );
    let reject = action(
        ButtonStyle::Danger,
        "Reject",
        &Press::new(Verb::Reject, job),
    );
    approve.into_iter().chain(reject)
}

/// Lets a fix go on that stopped at a limit of money.
fn more_money(job: &JobId, dollars: u32) -> Option<Button> {
    let label = format!("Continue with +${dollars}");
    action(
        ButtonStyle::Primary,
        &label,
        &Press::more_money(job, dollars),
    )
}

/// What a fix gets at first, in whole dollars.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is within the bounds"
)]
fn as_much_again(fix: &Fix) -> u32 {
    let most = MAX_BUDGET_USD.floor();
    fix.order.limits.max_budget_usd.ceil().clamp(1.0, most) as u32
}

/// Opens the issue of a fix.
pub(super) fn issue(fix: &Fix) -> Option<Button> {
    link("Issue", &fix.order.issue.url)
}

/// An address that Discord would not take has no button; it stands in the text as well.
pub(super) fn link(label: &str, url: &str) -> Option<Button> {
    Button::link(label, url).ok()
}

fn action(style: ButtonStyle, label: &str, press: &Press) -> Option<Button> {
    Button::action(style, label, press.custom_id()?).ok()
}
