//! What a fix asks of the world, and what it hears back.

use jiff::Timestamp;

use super::{AfterEvent, Base, Brief, NotKept, SearchNote, Todo};
use crate::audit::Record;
use crate::change::FileChange;
use crate::discord::message::Message;
use crate::executor::{Checkpoint, Form, LikelyFile, RunResult, RunStatus, Steer};
use crate::github::PullRequest;
use crate::id::{CommitId, JobId, RunId, UserId};
use crate::policy::Violation;
use crate::report::LiveMessage;
use crate::repository_policy::RepositoryPolicy;
use crate::service::{Service, ServiceError};
use crate::thread::Outcome;

/// What is to be done next.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// This, now.
    Perform(Effect),
    /// Nothing before then.
    WaitUntil(Timestamp),
    /// Nothing any more.
    Rest,
}

/// One thing to do in the world. Each may be done twice: it adopts what it finds done.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Let the live message be this.
    ShowProgress {
        /// The message.
        message: Box<Message>,
    },
    /// Say to the Thread object who has the job now, and hear whether it is still wanted.
    TakeOver,
    /// Read the head of the default branch.
    ResolveBase,
    /// Read what the repository says about fixes.
    ReadPolicy {
        /// The head of its default branch.
        base: Base,
    },
    /// Ask GitHub which files hold the issue's words.
    SearchCode,
    /// Start a run, or find it started.
    StartRun {
        /// The run.
        run: RunId,
        /// What it starts from.
        brief: Box<Brief>,
        /// Where an earlier run was stopped.
        checkpoint: Option<Box<Checkpoint>>,
    },
    /// Look at a run.
    LookAtRun {
        /// The run.
        run: RunId,
    },
    /// Give a run's agent a further instruction.
    SteerRun {
        /// The run.
        run: RunId,
        /// The instruction.
        steer: Box<Steer>,
    },
    /// Save the work of a run that goes on.
    CheckpointRun {
        /// The run.
        run: RunId,
    },
    /// Save the work of an interrupted run.
    SaveRun {
        /// The run.
        run: RunId,
    },
    /// Fetch the result of a run.
    CollectRun {
        /// The run.
        run: RunId,
    },
    /// Put the crash report of a run where operators find it, or find it there.
    KeepReport {
        /// The run.
        run: RunId,
        /// In which form.
        form: Form,
    },
    /// Put the saved work of a lost run where operators find it.
    KeepWork {
        /// The run.
        run: RunId,
        /// The work.
        work: Box<Checkpoint>,
    },
    /// Stop a run.
    StopRun {
        /// The run.
        run: RunId,
    },
    /// Make the branch, or find it made.
    CreateBranch {
        /// Its name.
        branch: String,
        /// Where it starts.
        base: CommitId,
    },
    /// Commit, or find the commit made.
    Commit {
        /// On this branch.
        branch: String,
        /// Whose head is expected to be this.
        expected: CommitId,
        /// The change. The policy looks at it once more right before the commit.
        changes: Vec<FileChange>,
        /// The message's first line.
        headline: String,
        /// The rest of the message; its last line names the job.
        body: String,
    },
    /// Open the pull request, or find it open.
    OpenPullRequest {
        /// From this branch.
        branch: String,
        /// To this one.
        base: String,
        /// Its title.
        title: String,
        /// Its text.
        body: String,
    },
    /// Ask for reviews of the pull request and set its labels.
    AskReview {
        /// The pull request.
        pull_request: PullRequest,
    },
    /// Append to the audit log.
    Record {
        /// What.
        records: Vec<Record>,
    },
    /// Attach the pull request to the issue.
    LinkIssue {
        /// The pull request.
        pull_request: PullRequest,
    },
    /// Say in the issue that there is a pull request.
    CommentIssue {
        /// In Markdown.
        body: String,
    },
    /// Turn the live message into the terminal one.
    Report,
    /// Tell the Thread object that the job has ended.
    TellThread {
        /// How.
        outcome: Outcome,
    },
    /// What comes after the pull request was opened.
    After(Box<Todo>),
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Time has passed.
    Tick,
    /// The live message is so now.
    Shown {
        /// The message.
        live: LiveMessage,
        /// What it says, by its [`Message::fingerprint`].
        text: String,
    },
    /// It could not be edited; that is not worth failing for.
    NotShown {
        /// When to try again.
        not_before: Timestamp,
    },
    /// The Thread object knows who has the job.
    TakenOver {
        /// Who stopped it before that.
        cancelled_by: Option<UserId>,
    },
    /// The thread was told that the job has ended: nothing of it is to be done.
    NotWanted,
    /// The commit to start from.
    BaseResolved(Base),
    /// What the repository says about fixes.
    PolicyRead {
        /// That.
        rules: Box<RepositoryPolicy>,
        /// The commit to start from, by these rules.
        base: Base,
        /// Whether somebody has to let it begin.
        needs_approval: bool,
    },
    /// What the repository says about fixes cannot be used.
    PolicyUnusable {
        /// Where and why.
        why: String,
    },
    /// Somebody lets it begin.
    Approved {
        /// Who.
        by: UserId,
    },
    /// Somebody does not let it begin.
    Rejected {
        /// Who.
        by: UserId,
    },
    /// The code search is done.
    CodeSearched {
        /// What it found.
        likely: Vec<LikelyFile>,
        /// How.
        search: SearchNote,
    },
    /// A run has started, or was looked at.
    RunSeen(RunStatus),
    /// The sandbox answered, and does not know the run.
    RunLost,
    /// The sandbox did not answer.
    RunSilent,
    /// Somebody has a further instruction for the agent.
    SteerRequested {
        /// Who.
        by: UserId,
        /// The instruction.
        steer: Steer,
    },
    /// The run takes an instruction no more.
    SteerRefused {
        /// Which one.
        id: JobId,
    },
    /// The work so far of a run that goes on; `None` if there is nothing to save.
    RunCheckpointed(Option<Box<Checkpoint>>),
    /// The interrupted run's work.
    RunSaved(Option<Box<Checkpoint>>),
    /// The run's result.
    RunCollected(Box<RunResult>),
    /// The crash report is in the bucket.
    ReportKept {
        /// Where in it.
        key: String,
        /// Where operators fetch it.
        url: String,
    },
    /// The crash report stays with the executor.
    ReportNotKept {
        /// Why.
        why: NotKept,
    },
    /// The run is stopped, or was not running.
    RunStopped,
    /// The branch is there.
    BranchReady,
    /// The commit is on the branch.
    Committed(CommitId),
    /// The policy does not allow the change (any more): nothing was committed.
    PolicyBroken(Vec<Violation>),
    /// The branch holds something that is not ours.
    BranchConflict,
    /// The pull request is open.
    PullRequestOpen(PullRequest),
    /// Reviews are asked for, and labels set.
    ReviewAsked,
    /// The audit log holds these.
    Recorded {
        /// Their keys.
        keys: Vec<String>,
    },
    /// The audit log did not answer.
    NotRecorded {
        /// When to try again.
        not_before: Timestamp,
    },
    /// The issue links to it.
    IssueLinked,
    /// The issue says so.
    IssueCommented,
    /// The terminal message is out.
    Reported {
        /// The message.
        live: LiveMessage,
    },
    /// The Thread object knows.
    ThreadTold,
    /// To [`Effect::After`].
    After(Box<AfterEvent>),
    /// An effect failed.
    Failed {
        /// Which one. If it is not the one that is pending by now, the news is late.
        effect: Box<Effect>,
        /// Whose fault it was.
        service: Service,
        /// What is wrong.
        error: ServiceError,
        /// When to try again at the earliest, if it is worth it.
        not_before: Timestamp,
    },
    /// Somebody wants it to stop.
    CancelRequested {
        /// Who.
        by: UserId,
    },
}
