//! What must hold when a scenario has ended. [`World::finish`] sees to messages, objects, queues and
//! runs; here is what there must not be two of.

use std::collections::BTreeSet;

use shared::id::ChannelId;

use crate::world::{REPOSITORY, World};

pub(super) fn check(world: &World, threads: &[ChannelId]) {
    world.finish();
    let issues = world.linear.issues();
    assert!(
        issues.len() <= threads.len(),
        "{} issues in {} threads",
        issues.len(),
        threads.len()
    );
    let bot_says = |words: &str| {
        let transcripts = threads.iter().map(|it| world.discord.transcript(it));
        transcripts
            .map(|it| it.matches(words).count())
            .sum::<usize>()
    };
    for issue in &issues {
        let comments = world.linear.comments(&issue.identifier);
        let said: BTreeSet<_> = comments.iter().map(|comment| &comment.id).collect();
        assert_eq!(said.len(), comments.len(), "a comment was made twice");
    }
    let pulls = world.github.pull_requests(REPOSITORY);
    let heads: BTreeSet<_> = pulls.iter().map(|pull| &pull.head).collect();
    assert_eq!(heads.len(), pulls.len(), "two pull requests of a branch");
    assert_eq!(
        pulls.len(),
        bot_says("has a pull request"),
        "pull requests, and messages that tell of one"
    );
    for branch in world.github.branches(REPOSITORY) {
        if branch == "main" {
            continue;
        }
        let commits = world.github.commits(REPOSITORY, "main", &branch).len();
        assert!(commits <= 1, "{commits} commits on {branch}");
    }
}
