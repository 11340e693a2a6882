//! What a notice, an answer or a round's end does to what comes after the pull request.

use jiff::Timestamp;

use super::facts::Subject;
use super::{
    After, AfterEvent, AfterLimits, Answer, CHECKS_AGAIN_AFTER, CHECKS_PATIENCE, CHECKS_SETTLE_FOR,
    ChecksDue, ChecksSeen, MAX_LINKED_PREVIEWS, MAX_REVIEW_ROUNDS, MAX_SEEN, MAX_WAITING_ASKS,
    MIN_ROUND_BUDGET_USD, Moved, News, NoRound, ROUND_IS_LOST_AFTER, Retry, RoundRecord,
    RoundStanding, Standing, Todo,
};
use crate::executor::Spent;
use crate::fix::round::{Because, Round, RoundEnd};
use crate::fix::{Fix, MAX_ATTEMPTS, MAX_REPORT_AGE, Merge, Order, Stage};
use crate::github::webhook::{Ask, Happening, Notice, Preview};
use crate::github::{ChecksVerdict, PullRequest, PullRequestState, RepoName};
use crate::id::{CommitId, JobId};
use crate::service::{Service, ServiceError};

impl Fix {
    /// Takes note of what happened on GitHub. `false`: it is not about this fix.
    pub fn notice(&mut self, notice: &Notice, now: Timestamp) -> bool {
        let place = &notice.place;
        let number = match &self.stage {
            Stage::Merge(merge) => Some(merge.pull_request.number),
            _ => None,
        };
        let is_ours = !self.is_round()
            && notice.repository.is(&self.order.repository)
            && place
                .branch
                .as_ref()
                .is_none_or(|branch| *branch == self.branch())
            && place
                .number
                .is_none_or(|given| number.is_none_or(|known| known == given));
        if is_ours {
            self.after.notice(notice, now);
        }
        is_ours
    }

    /// A round has ended.
    pub fn round_ended(&mut self, end: &RoundEnd, now: Timestamp) {
        if !self.after.end_round(&end.round, end.spent, now) {
            return;
        }
        if let (Some(commit), Stage::Merge(merge)) = (&end.commit, &mut self.stage) {
            merge.pull_request.head = commit.clone();
            // What the checks said was said of the commit before.
            self.after.forget_checks();
            merge.commits_ahead = merge.commits_ahead.saturating_add(1);
        }
    }

    /// The order of a round, as long as it is wanted.
    pub fn order_of_round(&self, round: &JobId) -> Option<Order> {
        let record = self
            .after
            .rounds
            .iter()
            .find(|record| record.job == *round)?;
        let RoundStanding::Running { round, ordered_at } = &record.standing else {
            return None;
        };
        let mut order = self
            .order
            .of_round((**round).clone(), record.max_budget_usd);
        order.ordered_at = *ordered_at;
        order.rules = self.rules.clone();
        Some(order)
    }

    /// Applies what was found out or done.
    pub(in crate::fix) fn step_after(
        &mut self,
        event: AfterEvent,
        limits: &AfterLimits,
        now: Timestamp,
    ) {
        let Stage::Merge(merge) = &mut self.stage else {
            return;
        };
        let left_usd =
            self.order.limits.max_budget_usd - merge.spent.cost_usd - self.after.spent_on_rounds();
        let limits = AfterLimits {
            fix_rounds: self.rules.rounds_of(limits.fix_rounds),
            ..limits.clone()
        };
        let plan = Plan {
            of: &self.order.job,
            repository: &self.order.repository,
            merge,
            left_usd,
            limits: &limits,
            now,
        };
        self.after.step(event, plan);
        if !self.after.is_open() {
            self.forget_words();
        }
    }

    /// What came of an effect that failed.
    pub(in crate::fix) fn fail_after(
        &mut self,
        todo: &Todo,
        service: Service,
        error: &ServiceError,
        not_before: Timestamp,
        now: Timestamp,
    ) {
        self.after.fail(todo, service, error, not_before, now);
    }

    /// A round that has fallen silent is over, and a pull request that nobody tells of is looked at.
    pub(in crate::fix) fn tick_after(&mut self, now: Timestamp) {
        self.beat(now);
        let silent = self.after.running().filter(|record| match record.standing {
            RoundStanding::Running { ordered_at, .. } => now >= ordered_at + ROUND_IS_LOST_AFTER,
            RoundStanding::Ended { .. } => false,
        });
        if let Some(record) = silent.cloned() {
            // What it used up is not known: all that it might have.
            let spent = Spent {
                cost_usd: record.max_budget_usd,
                ..Spent::default()
            };
            self.after.end_round(&record.job, spent, now);
        }
    }
}

/// What planning a round takes.
struct Plan<'a> {
    of: &'a JobId,
    repository: &'a RepoName,
    merge: &'a mut Merge,
    /// What is left of the fix's budget.
    left_usd: f64,
    limits: &'a AfterLimits,
    now: Timestamp,
}

impl Plan<'_> {
    fn subject(&self) -> Subject<'_> {
        Subject {
            job: self.of,
            repository: self.repository,
            pull_request: self.merge.pull_request.number,
        }
    }
}

impl After {
    fn notice(&mut self, notice: &Notice, now: Timestamp) {
        if self.seen.contains(&notice.delivery) {
            return;
        }
        self.seen.push_back(notice.delivery.clone());
        while self.seen.len() > MAX_SEEN {
            self.seen.pop_front();
        }
        match &notice.happening {
            Happening::PullRequest => self.plan_look(),
            // Whatever comes late for one that is merged or closed is of no use any more.
            _ if !self.is_open() => {}
            Happening::Checks => {
                let since = self.checks_due.map_or(now, |due| due.since);
                let at = now + CHECKS_SETTLE_FOR;
                self.checks_due = Some(ChecksDue { at, since });
            }
            Happening::Asked(ask) => {
                let asks = |todo: &&Todo| matches!(todo, Todo::ReadReview { .. });
                if self.todo.iter().filter(asks).count() < MAX_WAITING_ASKS {
                    self.plan(Todo::ReadReview { ask: ask.clone() });
                }
            }
            Happening::Deployed(preview) => self.show_preview(preview),
        }
    }

    fn show_preview(&mut self, preview: &Preview) {
        if self
            .preview
            .as_ref()
            .is_some_and(|shown| shown.at >= preview.at)
        {
            return;
        }
        let is_new = self
            .preview
            .as_ref()
            .is_none_or(|shown| shown.url != preview.url);
        self.preview = Some(preview.clone());
        if is_new {
            self.plan_show();
            if self.linked_previews < MAX_LINKED_PREVIEWS {
                self.linked_previews += 1;
                let url = preview.url.clone();
                self.plan(Todo::LinkPreview { url });
            }
        }
    }

    /// Puts something on the list, once.
    fn plan(&mut self, todo: Todo) {
        if !self.todo.contains(&todo) {
            self.todo.push_back(todo);
        }
    }

    pub(super) fn plan_look(&mut self) {
        self.hints += 1;
        self.todo.retain(|todo| !matches!(todo, Todo::Look { .. }));
        // What it finds may make the rest pointless.
        self.todo.push_front(Todo::Look { hint: self.hints });
    }

    fn plan_show(&mut self) {
        self.hints += 1;
        self.todo.retain(|todo| !matches!(todo, Todo::Show { .. }));
        self.plan(Todo::Show { hint: self.hints });
    }

    /// Takes off the list what is done or given up. What is not on it is late news.
    fn finish(&mut self, todo: &Todo) -> bool {
        let at = self.todo.iter().position(|planned| planned == todo);
        if let Some(at) = at {
            self.todo.remove(at);
            self.retry = Retry::default();
        }
        at.is_some()
    }

    fn step(&mut self, event: AfterEvent, mut plan: Plan<'_>) {
        match event {
            // The truth is welcome whenever it comes; a later hint has its own look.
            AfterEvent::Seen { hint, seen } => {
                self.finish(&Todo::Look { hint });
                self.look(&seen, &mut plan);
            }
            AfterEvent::ChecksRead { seen, verdict, log } => {
                self.retry = Retry::default();
                self.look(&seen, &mut plan);
                if self.is_open() && self.running().is_none() {
                    self.judge_checks(&seen.head, verdict, log, &plan);
                }
            }
            AfterEvent::ReviewRead { ask, seen, remarks } => {
                let is_wanted = self.finish(&Todo::ReadReview { ask: ask.clone() });
                self.look(&seen, &mut plan);
                if is_wanted && self.is_open() {
                    self.answer(ask, &remarks, &plan);
                }
            }
            AfterEvent::IssueMoved(moved) => {
                if self.finish(&Todo::MoveIssue) {
                    self.moved = Some(moved);
                }
            }
            AfterEvent::Done(todo) => {
                if self.finish(&todo) && todo == Todo::Settle {
                    self.settle(plan.now);
                }
            }
        }
    }

    fn settle(&mut self, now: Timestamp) {
        if let Standing::Merged { settled, .. } = &mut self.standing {
            settled.get_or_insert(now);
        }
    }

    /// The truth about the pull request, as of now.
    fn look(&mut self, seen: &PullRequest, plan: &mut Plan<'_>) {
        let now = plan.now;
        plan.merge.pull_request = seen.clone();
        match (&self.standing, &seen.state) {
            // What is merged stays merged.
            (Standing::Merged { .. }, _)
            | (Standing::Open, PullRequestState::Open)
            | (Standing::Closed { .. }, PullRequestState::Closed) => {}
            (Standing::Open | Standing::Closed { .. }, PullRequestState::Merged { at, commit }) => {
                self.drop_work();
                self.standing = Standing::Merged {
                    at: *at,
                    commit: commit.clone(),
                    settled: None,
                };
                self.record_standing(plan.subject(), now);
                self.plan(Todo::MoveIssue);
                if plan.limits.delete_merged_branches {
                    self.plan(Todo::DeleteBranch);
                }
                self.plan(Todo::Tell { news: News::Merged });
                self.plan_show();
                self.plan(Todo::Settle);
            }
            (Standing::Open, PullRequestState::Closed) => {
                self.drop_work();
                self.standing = Standing::Closed { at: now };
                self.record_standing(plan.subject(), now);
                self.plan(Todo::Tell { news: News::Closed });
                self.plan_show();
            }
            (Standing::Closed { .. }, PullRequestState::Open) => {
                self.standing = Standing::Open;
                self.record_standing(plan.subject(), now);
                let news = News::Reopened { at: now };
                self.plan(Todo::Tell { news });
                self.plan_show();
                // Its checks may have failed meanwhile.
                self.checks_due = Some(ChecksDue {
                    at: now,
                    since: now,
                });
            }
        }
    }

    /// Nothing is worked on any more: what was planned for it is dropped, and a round is stopped.
    fn drop_work(&mut self) {
        self.checks_due = None;
        let is_work = |todo: &Todo| {
            matches!(
                todo,
                Todo::ReadReview { .. } | Todo::StartRound { .. } | Todo::ReadChecks { .. }
            )
        };
        self.todo.retain(|todo| !is_work(todo));
        if let Some(round) = self.running().map(|record| record.job.clone()) {
            self.plan(Todo::StopRound { round });
        }
    }

    fn judge_checks(
        &mut self,
        head: &CommitId,
        verdict: ChecksVerdict,
        log: String,
        plan: &Plan<'_>,
    ) {
        // News that came while they were read asks for another reading.
        let due = self.checks_due.take_if(|due| due.at <= plan.now);
        let failed = match verdict {
            ChecksVerdict::None => return,
            ChecksVerdict::Passed => return self.show_checks(head, Vec::new()),
            // The next to end brings its own news.
            ChecksVerdict::Pending { failed } if failed.is_empty() => return,
            ChecksVerdict::Pending { failed } => {
                let since = due.map_or(plan.now, |due| due.since);
                if plan.now < since + CHECKS_PATIENCE {
                    let at = plan.now + CHECKS_AGAIN_AFTER;
                    self.checks_due.get_or_insert(ChecksDue { at, since });
                    return;
                }
                failed
            }
            ChecksVerdict::Failed { failed } => failed,
        };
        if self.answered.as_ref() == Some(head) {
            return;
        }
        self.answered = Some(head.clone());
        self.show_checks(head, failed.clone());
        let used = self.rounds_for(true) >= plan.limits.fix_rounds as usize;
        let because = Because::ChecksFail {
            failed: failed.clone(),
        };
        if let Err(limit) = self.start_round(because.clone(), log, used, plan) {
            self.record_no_round(plan.of, head.as_str(), &because, limit);
            let because = limit;
            let news = News::ChecksFail { failed, because };
            self.plan(Todo::Tell { news });
        }
    }

    fn forget_checks(&mut self) {
        if self.checks.take().is_some() {
            self.plan_show();
        }
    }

    fn show_checks(&mut self, head: &CommitId, failed: Vec<String>) {
        let head = head.clone();
        let seen = Some(ChecksSeen { head, failed });
        if self.checks != seen {
            self.checks = seen;
            self.plan_show();
        }
    }

    fn answer(&mut self, ask: Ask, remarks: &str, plan: &Plan<'_>) {
        let used = self.rounds_for(false) >= MAX_REVIEW_ROUNDS;
        let because = Because::Asked {
            by: ask.by.clone(),
            url: ask.url.clone(),
        };
        let place = ask
            .place
            .as_ref()
            .map_or_else(String::new, |place| format!(" about {place}"));
        let material = format!("{} asks{place}: {}\n\n{remarks}", ask.by, ask.text);
        let answer = match self.start_round(because.clone(), material, used, plan) {
            Ok(()) => Answer::Begun,
            Err(limit) => {
                self.record_no_round(plan.of, &ask.id, &because, limit);
                Answer::None(limit)
            }
        };
        self.plan(Todo::Answer { ask, answer });
    }

    fn start_round(
        &mut self,
        because: Because,
        material: String,
        used: bool,
        plan: &Plan<'_>,
    ) -> Result<(), NoRound> {
        if used {
            return Err(NoRound::Rounds);
        }
        if plan.left_usd < MIN_ROUND_BUDGET_USD {
            return Err(NoRound::Budget);
        }
        let for_checks = Self::is_for_checks(&because);
        let round = Round {
            of: plan.of.clone(),
            nth: self.next_round(),
            because,
            material,
            branch: plan.merge.feature_branch.clone(),
            pull_request: plan.merge.pull_request.clone(),
            commits_ahead: plan.merge.commits_ahead,
        };
        let job = round.job();
        self.record_round(&round, plan.left_usd);
        self.rounds.push(RoundRecord {
            job: job.clone(),
            for_checks,
            max_budget_usd: plan.left_usd,
            standing: RoundStanding::Running {
                round: Box::new(round),
                ordered_at: plan.now,
            },
        });
        self.plan(Todo::StartRound { round: job });
        Ok(())
    }

    /// `false`: it was over before.
    fn end_round(&mut self, job: &JobId, spent: Spent, now: Timestamp) -> bool {
        let is_it = |record: &&mut RoundRecord| {
            record.job == *job && matches!(record.standing, RoundStanding::Running { .. })
        };
        let Some(record) = self.rounds.iter_mut().find(is_it) else {
            return false;
        };
        record.standing = RoundStanding::Ended { spent };
        self.finish(&Todo::StartRound { round: job.clone() });
        if self.is_open() {
            // Its commit has checks of its own, and some may have failed before it was over.
            let at = now + CHECKS_SETTLE_FOR;
            self.checks_due = Some(ChecksDue { at, since: now });
        }
        true
    }

    fn fail(
        &mut self,
        todo: &Todo,
        service: Service,
        error: &ServiceError,
        not_before: Timestamp,
        now: Timestamp,
    ) {
        if self.pending(now).as_ref() != Some(todo) {
            return;
        }
        let waits = matches!(error, ServiceError::RateLimited { .. });
        self.retry.failed += u32::from(!waits);
        let since = *self.retry.since.get_or_insert(now);
        let exhausted = self.retry.failed >= MAX_ATTEMPTS || now >= since + MAX_REPORT_AGE;
        if error.is_transient() && !exhausted {
            self.retry.not_before = Some(not_before);
            return;
        }
        self.finish(todo);
        self.retry = Retry::default();
        match todo {
            Todo::MoveIssue => self.moved = Some(Moved::Failed(format!("{service}: {error}"))),
            // The next news of a check asks again.
            Todo::ReadChecks { .. } => self.checks_due = None,
            Todo::Settle => self.settle(now),
            Todo::StartRound { round } => {
                self.end_round(&round.clone(), Spent::default(), now);
                self.checks_due = None;
            }
            // It is in the log, and nothing depends on it.
            Todo::Look { .. }
            | Todo::ReadReview { .. }
            | Todo::StopRound { .. }
            | Todo::DeleteBranch
            | Todo::LinkPreview { .. }
            | Todo::Answer { .. }
            | Todo::Tell { .. }
            | Todo::Show { .. } => {}
        }
    }

    /// How many times the first thing on the list has failed.
    pub(in crate::fix) fn failures(&self) -> u32 {
        self.retry.failed
    }
}
