//! What must hold when a scenario has ended. [`World::finish`] sees to objects, queues and runs;
//! here everything that bugbot has made has to belong to the one thing that it was made for.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use shared::discord::message::Message;
use shared::fix::{Cause, Fix, Stage, Standing};
use shared::id::{ChannelId, JobId, ThreadId};
use shared::linear::key;

use super::github::News;
use crate::github::PullRequest;
use crate::world::{REPOSITORY, World};

pub(super) fn check(world: &World, threads: &[ChannelId], news: &News) {
    let fixes = world.fixes();
    let mut wrong = Vec::new();
    let mut told = BTreeMap::new();
    for thread in threads {
        let of_news = check_messages(world, thread, &fixes, news, &mut wrong);
        told.insert(thread, of_news);
    }
    check_linear(world, threads, &fixes, &mut wrong);
    check_github(world, &fixes, news, &mut wrong);
    world.check_money(&mut wrong);
    world.check_places(&mut wrong);
    world.finish_where(wrong, |thread| told[thread]);
}

/// Each job has one message, and so has each round; what else is said is news of a pull request,
/// none of it twice. Returns how many messages are not of accepted jobs.
fn check_messages(
    world: &World,
    thread: &ChannelId,
    fixes: &[Fix],
    news: &News,
    wrong: &mut Vec<String>,
) -> usize {
    let mut said: BTreeMap<String, usize> = BTreeMap::new();
    for message in world.answers_in(thread) {
        *said.entry(key_of(&message)).or_default() += 1;
    }
    let mut take = |key: &str| said.remove(key).unwrap_or(0);
    for job in world.accepted_jobs_in(thread) {
        let messages = take(job.as_str()) + take(&nonce(job.as_str()));
        if messages != 1 {
            wrong.push(format!("{messages} messages of the job {job}"));
        }
    }
    let mut of_news = 0;
    for fix in fixes.iter().filter(|fix| is_in(fix, thread)) {
        let job = &fix.order.job;
        if fix.order.round.is_some() {
            let messages = take(&nonce(job.as_str()));
            if messages != 1 {
                wrong.push(format!("{messages} messages of the round {job}"));
            }
            of_news += messages;
            continue;
        }
        let is_merged = matches!(fix.after.standing, Standing::Merged { .. });
        let turns = pull_of(fix).and_then(|number| news.turns.get(&number));
        let turns = turns.copied().unwrap_or(0);
        let rounds = fixes.iter().filter(|round| is_round_of(round, job)).count();
        for (what, most) in [
            ("merged", usize::from(is_merged)),
            ("closed", turns.div_ceil(2)),
            ("checks", 1 + rounds),
        ] {
            let messages = take(&nonce(&format!("{job}/{what}")));
            if messages > most {
                wrong.push(format!("{messages} messages that {job} is {what}"));
            }
            of_news += messages;
        }
    }
    // What names its time is news of a pull request that was opened again.
    let turns: usize = news.turns.values().sum();
    for (key, messages) in &said {
        if *messages > 1 {
            wrong.push(format!("{messages} messages under the key {key}"));
        }
        of_news += messages;
    }
    if said.len() > turns / 2 {
        wrong.push(format!("{} messages about nothing: {said:?}", said.len()));
    }
    of_news
}

/// What tells a message from others: the interaction that it answers, or its nonce.
fn key_of(message: &Value) -> String {
    let interaction = message["interaction_metadata"]["id"].as_str();
    let key = interaction.or(message["nonce"].as_str());
    key.unwrap_or("none").to_owned()
}

/// The nonce that Discord sees for a key.
fn nonce(key: &str) -> String {
    let keyed = Message::text("-").with_nonce(key);
    keyed.nonce().unwrap_or_default().to_owned()
}

/// One issue of each thread, and of each job at most one comment of a kind.
fn check_linear(world: &World, threads: &[ChannelId], fixes: &[Fix], wrong: &mut Vec<String>) {
    let ids = threads.iter().map(|it| ThreadId::new(it.as_str()));
    let issues: BTreeSet<_> = ids.map(|it| key::issue_of(&it, 0).to_string()).collect();
    let rounds = fixes.iter().map(|fix| fix.order.job.clone());
    let jobs: BTreeSet<JobId> = world.accepted_jobs().into_iter().chain(rounds).collect();
    let known: BTreeSet<String> = jobs
        .iter()
        .flat_map(|job| ["packet", "pull-request"].map(|which| key::comment_of(job, which)))
        .map(|id| id.to_string())
        .collect();
    for issue in world.linear.issues() {
        if !issues.contains(&issue.id) {
            wrong.push(format!("{} is the issue of no thread", issue.identifier));
        }
        // Linear takes an id once.
        for comment in world.linear.comments(&issue.identifier) {
            if !known.contains(&comment.id) {
                wrong.push(format!("a comment of no job: {}", comment.body));
            }
        }
        let links = world.linear.attachments(&issue.identifier);
        let urls: BTreeSet<_> = links.iter().map(|link| &link.url).collect();
        if urls.len() != links.len() {
            wrong.push(format!("a link twice on {}", issue.identifier));
        }
    }
}

/// A pull request for each fix that has come so far and no other, its branch with one commit of
/// the fix and one of each round at most.
fn check_github(world: &World, fixes: &[Fix], news: &News, wrong: &mut Vec<String>) {
    let pulls = world.github.pull_requests(REPOSITORY);
    let mut expected: Vec<u64> = fixes
        .iter()
        .filter(|fix| fix.order.round.is_none())
        .filter_map(pull_of)
        .collect();
    expected.sort_unstable();
    let numbers: Vec<u64> = pulls.iter().map(|pull| pull.number).collect();
    if numbers != expected {
        wrong.push(format!("pull requests {numbers:?}, told of {expected:?}"));
    }
    for fix in fixes.iter().filter(|fix| fix.order.round.is_none()) {
        let number = pull_of(fix);
        let pull = pulls.iter().find(|pull| Some(pull.number) == number);
        if pull.is_some_and(|pull| !is_as_told(pull, &fix.after.standing)) {
            wrong.push(format!("{number:?} is not {:?}", fix.after.standing));
        }
    }
    // Nobody else pushes here: whatever a branch holds is its fix's own.
    for fix in fixes {
        if let Stage::Archived(archived) = &fix.stage
            && matches!(archived.cause, Cause::Conflict { .. })
        {
            wrong.push(format!("{} was in nobody's way", fix.order.job));
        }
    }
    let heads: BTreeSet<_> = pulls.iter().map(|pull| &pull.head).collect();
    if heads.len() != pulls.len() {
        wrong.push("two pull requests of a branch".to_owned());
    }
    let ours: BTreeSet<String> = fixes.iter().map(Fix::branch).collect();
    let mut trailers = BTreeSet::new();
    for branch in world.github.branches(REPOSITORY) {
        if branch == "main" {
            continue;
        }
        if !ours.contains(&branch) {
            wrong.push(format!("the branch {branch} is nobody's"));
        }
        for commit in world.github.commits(REPOSITORY, "main", &branch) {
            let trailer = commit.message.lines().last().unwrap_or_default().to_owned();
            if !trailers.insert(trailer.clone()) {
                wrong.push(format!("a second commit on {branch}: {trailer}"));
            }
        }
    }
    let mut answers = BTreeSet::new();
    for pull in &pulls {
        for comment in world.github.comments(REPOSITORY, pull.number) {
            if !answers.insert(comment.body.clone()) || answers.len() > news.asked {
                wrong.push(format!("a second answer: {}", comment.body));
            }
        }
    }
}

/// Whether people were told how a pull request stands.
fn is_as_told(pull: &PullRequest, standing: &Standing) -> bool {
    match standing {
        Standing::Open => pull.is_open(),
        Standing::Merged { settled, .. } => pull.merged.is_some() && settled.is_some(),
        Standing::Closed { .. } => !pull.is_open() && pull.merged.is_none(),
    }
}

fn pull_of(fix: &Fix) -> Option<u64> {
    match &fix.stage {
        Stage::Merge(merge) => Some(merge.pull_request.number),
        _ => None,
    }
}

fn is_in(fix: &Fix, thread: &ChannelId) -> bool {
    fix.order.thread.as_str() == thread.as_str()
}

fn is_round_of(fix: &Fix, job: &JobId) -> bool {
    fix.order
        .round
        .as_ref()
        .is_some_and(|round| round.of == *job)
}
