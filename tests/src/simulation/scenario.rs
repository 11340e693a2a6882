//! What happens in a scenario.

use crate::world::Service;

/// The operator's choices, what the runs do, and what happens in which order.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// What the operator has set.
    pub rules: Vec<Rule>,
    /// What the runs do, in the order of their start; the last one's course is everybody's after.
    pub runs: Vec<Run>,
    /// What happens.
    pub ops: Vec<Op>,
}

impl Scenario {
    /// A scenario as a failure prints it.
    pub fn of(runs: &[Run], ops: &[Op]) -> Self {
        Self {
            rules: Vec::new(),
            runs: runs.to_vec(),
            ops: ops.to_vec(),
        }
    }

    /// The same, where the operator has set this.
    #[must_use]
    pub fn under(mut self, rules: &[Rule]) -> Self {
        self.rules = rules.to_vec();
        self
    }
}

/// Something that the operator has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// Somebody has to let a fix begin.
    Approval,
    /// One fix at a time.
    OneAtOnce,
    /// One fix an hour for each person.
    OneAnHour,
    /// A day's fixes of a person cost little.
    LittleMoney,
    /// Branches of merged pull requests are deleted.
    DeleteBranches,
}

impl Rule {
    pub(super) fn setting(self) -> (&'static str, &'static str) {
        match self {
            Self::Approval => ("APPROVAL", "on"),
            Self::OneAtOnce => ("ALL_FIXES", "1/now"),
            Self::OneAnHour => ("USER_FIXES", "1/hour"),
            Self::LittleMoney => ("USER_DAY_USD", "0.50"),
            Self::DeleteBranches => ("DELETE_MERGED_BRANCHES", "true"),
        }
    }
}

/// What a run does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// It fixes the bug within so many seconds.
    Fixes(u64),
    /// Its sandbox dies after five seconds.
    Dies,
    /// It is not heard of for so many seconds.
    FallsSilent(u64),
    /// It is told to shut down.
    IsInterrupted,
    /// It finds nothing to change.
    ChangesNothing,
    /// It changes what no fix may.
    Oversteps,
    /// Its money is used up.
    RunsOutOfMoney,
    /// Its time is up.
    Fails,
}

/// One thing that happens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Op {
    /// Somebody gives a command in a thread.
    Give(usize, Verb),
    /// Everything that is due by then happens in its order.
    Run(u64),
    /// So many seconds pass in which nothing is delivered and no alarm rings.
    Stall(u64),
    /// What waits on the queue is there twice.
    Duplicate,
    /// What waits on the queue is delivered in the opposite order.
    Reverse,
    /// What is due on the queue is delivered at once, by consumers that overtake each other.
    AtOnce(u64),
    /// The queue takes nothing for so many seconds.
    QueueRefuses(u64),
    /// The call over a port after so many others is hit.
    Strike(usize, Hit),
    /// A service is away for so many seconds.
    Away(Service, u64),
    /// The sandbox dies, with every run in it.
    SandboxDies,
    /// The sandbox is told to shut down, and saves what its runs have done.
    SandboxStops,
    /// Every alarm that is set rings so many seconds late.
    AlarmsLate(u64),
    /// The key-value store is so many seconds behind.
    KvBehind(u64),
    /// Something happens to one of the pull requests, and the webhook tells of it.
    GitHub(usize, Happening, Telling),
    /// Every delivery of the webhook so far is made once more.
    Redeliver,
    /// A run calls the model, and is answered with so many tokens; or its caller dies before.
    CallModel(u64, Answered),
    /// The operator shuts the model off, or lets it through again.
    SwitchModel(bool),
    /// The sweep runs.
    Sweep,
}

/// What somebody asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// `/bugbot contextualize`
    Contextualize,
    /// `/bugbot fix`
    Fix,
    /// `/bugbot cancel`
    Cancel,
    /// `/bugbot retry`
    Retry,
    /// `/bugbot status`
    Status,
    /// `/bugbot steer`
    Steer,
    /// `/bugbot approve`
    Approve,
    /// `/bugbot reject`
    Reject,
    /// `/bugbot continue`
    Continue,
    /// `/bugbot deploy`
    Deploy,
}

/// What hits a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hit {
    /// Its caller dies before it is made.
    CrashBefore,
    /// It takes effect, and its caller dies.
    Crash,
    /// It does not arrive.
    LostBefore,
    /// Its answer is lost.
    LostAfter,
    /// Its answer is a broken one.
    Broken,
    /// It is refused for so many seconds.
    Limited(u64),
}

/// What happens to a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happening {
    /// Its checks fail.
    ChecksFail,
    /// They pass.
    ChecksPass,
    /// Somebody merges it.
    Merged,
    /// Somebody closes it.
    Closed,
    /// Somebody opens it again.
    Reopened,
    /// A preview of it can be looked at.
    Deployed,
    /// A reviewer wants remarks addressed.
    Asked,
}

/// How the webhook tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Telling {
    /// At once.
    AtOnce,
    /// At once, and once more.
    Twice,
    /// After all that happened later.
    Late,
}

/// Whether a caller of the model lives to see the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// It does, and what it cost is settled.
    Yes,
    /// It dies, and what the call may have cost counts.
    Never,
}
