//! Buttons and forms: what is pressed or sent becomes the same job as the command that could be
//! typed.
//!
//! A press whose time is over is told so at once, as far as the conversation can say in time; the
//! consumer decides again, and alone.

use super::{
    GatewaySettings, Known, Ports, Shown, ThreadMemory as _, accept, answer, conversation,
};
use crate::command::{Form, Press, Verb};
use crate::discord::interaction::Interaction;
use crate::http::Response;
use crate::id::JobId;
use crate::report;
use crate::thread::Standing;

/// A button was pressed.
pub(super) async fn pressed(
    press: &Press,
    interaction: &Interaction,
    settings: &GatewaySettings,
    ports: &impl Ports,
) -> Response {
    if let Some(why) = is_over(press.verb, Some(&press.job), interaction, ports).await {
        return answer::refused(&why);
    }
    if press.verb == Verb::Steer {
        let job = Some(press.job.clone());
        return answer::form(&Form::Steer { job });
    }
    let job = conversation::job(press.command(), interaction, settings, ports).await;
    accept(job, shown(press.verb), ports).await
}

/// A form was sent.
pub(super) async fn sent(
    form: &Form,
    fields: &[(String, String)],
    interaction: &Interaction,
    settings: &GatewaySettings,
    ports: &impl Ports,
) -> Response {
    let command = match form.command(fields) {
        Ok(command) => command,
        Err(rejection) => return answer::rejected(&rejection),
    };
    let shown = shown(command.verb());
    let job = conversation::job(command, interaction, settings, ports).await;
    accept(job, shown, ports).await
}

/// Somebody wants to steer and has not said how.
pub(super) async fn ask_for_instructions(
    job: Option<JobId>,
    interaction: &Interaction,
    ports: &impl Ports,
) -> Response {
    match is_over(Verb::Steer, job.as_ref(), interaction, ports).await {
        Some(why) => answer::refused(&why),
        None => answer::form(&Form::Steer { job }),
    }
}

/// What begins work has a message of its own, which everybody sees. An order shows in the message
/// of the fix that it is about.
fn shown(verb: Verb) -> Shown {
    match verb {
        // What continues is a fix of its own.
        Verb::Contextualize
        | Verb::Fix
        | Verb::Retry
        | Verb::Continue
        | Verb::Status
        | Verb::Claim
        | Verb::Release
        | Verb::Claims
        | Verb::Leaderboard
        | Verb::Help => Shown::ToAll,
        Verb::Cancel | Verb::Approve | Verb::Reject | Verb::Steer | Verb::Deploy => Shown::ToOne,
    }
}

/// Why an order can no longer be carried out, if that is known by now.
async fn is_over(
    verb: Verb,
    job: Option<&JobId>,
    interaction: &Interaction,
    ports: &impl Ports,
) -> Option<String> {
    let thread = conversation::thread(interaction);
    let known = ports.memory().known(&thread).await.ok()?;
    why_over(verb, job, &known)
}

fn why_over(verb: Verb, job: Option<&JobId>, known: &Known) -> Option<String> {
    let Some(job) = job else {
        let runs = |standing: &Standing| !standing.is_ended();
        let is_running = known
            .jobs
            .iter()
            .any(|job| job.is_fix && runs(&job.standing));
        return (!is_running).then(|| report::no_fix_runs(verb));
    };
    // The job of a contextualize may be long over: a fix only has to be in the same conversation.
    if verb == Verb::Fix {
        return None;
    }
    let Some(about) = known.jobs.iter().find(|known| known.job == *job) else {
        return Some(report::forgotten_job());
    };
    match verb {
        Verb::Cancel | Verb::Approve | Verb::Reject | Verb::Steer if about.standing.is_ended() => {
            Some(report::has_ended(about))
        }
        Verb::Retry if known.again_of.as_ref() != Some(job) => Some(report::not_the_one_to_retry()),
        _ => None,
    }
}
