//! What happens to the pull requests of a scenario, and how the webhook tells of it.

use std::collections::BTreeMap;

use super::{Happening, Telling};
use crate::github::{Delivery, PullRequest, Told};
use crate::world::{REPOSITORY, World};

const REVIEWER: (&str, &str) = ("grace", "MEMBER");
const LOG: &str = "2026-03-01T12:00:01.0000000Z expected 2, got 11\n\
    2026-03-01T12:00:02.0000000Z ##[error]Process completed with exit code 1.\n";
const TAKEN: u16 = 202;

/// What was told, and what is still to be told.
#[derive(Debug, Default)]
pub(super) struct News {
    deliveries: Vec<Delivery>,
    late: Vec<Told>,
    /// How often each pull request was closed, by hand or by a merge, and opened again.
    pub(super) turns: BTreeMap<u64, usize>,
    /// How often a reviewer asked.
    pub(super) asked: usize,
}

impl News {
    /// Something happens to the `nth` pull request, if there is one to which it can happen.
    pub(super) async fn happens(
        &mut self,
        world: &World,
        nth: usize,
        happening: Happening,
        telling: Telling,
    ) {
        let pulls = world.github.pull_requests(REPOSITORY);
        let Some(pull) = nth.checked_rem(pulls.len()).map(|nth| &pulls[nth]) else {
            return;
        };
        let Some(told) = self.happen(world, pull, happening) else {
            return;
        };
        match telling {
            Telling::Late => self.late.push(told),
            Telling::AtOnce => self.tell(world, &told).await,
            Telling::Twice => {
                self.tell(world, &told).await;
                let last = self.deliveries.last().expect("it was just made");
                world.hears_again(last).await;
            }
        }
    }

    /// Every delivery once more: GitHub keeps them, and people press the button.
    pub(super) async fn again(&self, world: &World) {
        for delivery in &self.deliveries {
            world.hears_again(delivery).await;
        }
    }

    /// What was kept back, the newest first, and what the gateway could not take. Then somebody
    /// pushes to each pull request, which is news of all that was missed.
    pub(super) async fn tell_the_rest(&mut self, world: &World) {
        for told in std::mem::take(&mut self.late).iter().rev() {
            self.tell(world, told).await;
        }
        let refused = |delivery: &&Delivery| delivery.status() != TAKEN;
        for delivery in self.deliveries.iter().filter(refused) {
            world.hears_again(delivery).await;
        }
        for pull in world.github.pull_requests(REPOSITORY) {
            let action = "synchronize";
            let told = world
                .github
                .tells_pull_request(REPOSITORY, pull.number, action);
            self.tell(world, &told).await;
        }
    }

    async fn tell(&mut self, world: &World, told: &Told) {
        self.deliveries.push(world.hears(told).await);
    }

    fn happen(&mut self, world: &World, pull: &PullRequest, happening: Happening) -> Option<Told> {
        let github = &world.github;
        let git = github.repository(REPOSITORY);
        let (number, branch) = (pull.number, pull.head.as_str());
        let head = git.head(branch)?;
        let closed = |news: &mut Self| {
            *news.turns.entry(number).or_default() += 1;
            Some(github.tells_pull_request(REPOSITORY, number, "closed"))
        };
        match happening {
            Happening::ChecksFail => {
                github.fail_job(REPOSITORY, &head, "test", LOG);
                Some(github.tells_check(REPOSITORY, branch, "failure"))
            }
            Happening::ChecksPass => {
                let passed = ("completed", Some("success"));
                github.set_check(REPOSITORY, &head, "test", passed);
                Some(github.tells_check(REPOSITORY, branch, "success"))
            }
            Happening::Merged => {
                let base = git.head(&pull.base)?;
                let can_be = pull.is_open() && git.merged_tree(&base, &head).is_some();
                can_be.then(|| github.merge(REPOSITORY, number))?;
                closed(self)
            }
            Happening::Closed => {
                pull.is_open().then(|| github.close(REPOSITORY, number))?;
                closed(self)
            }
            Happening::Reopened => {
                let can_be = !pull.is_open() && pull.merged.is_none();
                can_be.then(|| github.reopen(REPOSITORY, number))?;
                *self.turns.entry(number).or_default() += 1;
                Some(github.tells_pull_request(REPOSITORY, number, "reopened"))
            }
            Happening::Deployed => {
                let url = format!("https://preview-{number}.test/{}", &head[..7]);
                Some(github.tells_deployment(REPOSITORY, branch, &url, false))
            }
            Happening::Asked => {
                self.asked += 1;
                let words = "@bugbot address";
                Some(github.tells_comment(REPOSITORY, number, REVIEWER, words))
            }
        }
    }
}
