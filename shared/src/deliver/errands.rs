//! Errands of our own objects: what becomes of one that is delivered. Each may come twice.

use std::time::Duration;

use super::{Settled, handover, requeue, settle};
use crate::command::{Command, Options};
use crate::consumer::{Platform, mark};
use crate::errand::{Errand, What};
use crate::executor::Spent;
use crate::fault::Fault;
use crate::fix::{Jobs, Order, Request, Response, RoundEnd};
use crate::id::{JobId, UserId};
use crate::reference::References;
use crate::thread::{Arrival, Begun, Outcome, Task, ThreadClient};
use crate::trace::Trace;

/// How long a round stays away while another fix works in the thread.
const WHILE_A_FIX_RUNS: Duration = Duration::from_secs(30);
/// The same while too much is open there.
const WHILE_CROWDED: Duration = Duration::from_mins(1);

pub(super) async fn deliver<P: Platform + Jobs>(
    platform: &P,
    body: &str,
    errand: &Errand,
    attempt: u32,
) -> Settled {
    let of = &errand.of;
    let done = match &errand.what {
        What::StartRound { round } => match start(platform, of, round).await {
            Ok(Some(wait)) => return requeue(platform, body, wait).await,
            Ok(None) => Ok(()),
            Err(fault) => Err(fault),
        },
        What::StopRound { round, by } => {
            let request = Request::Cancel { by: by.clone() };
            match platform.ask_job(round, &request).await {
                Err(reason) => Err(Fault::Platform(reason)),
                // It has not begun: nor will it.
                Ok(Response::Missing) => tell(platform, of, without_effect(round)).await,
                Ok(_) => Ok(()),
            }
        }
        What::RoundEnded { end } => tell(platform, of, end.clone()).await,
    };
    settle(platform, body, &Trace::of_job(of), done, attempt).await
}

/// Begins a round, or says how long to wait until it can.
async fn start<P: Platform + Jobs>(
    platform: &P,
    of: &JobId,
    round: &JobId,
) -> Result<Option<Duration>, Fault> {
    let ask = Request::OrderOfRound {
        round: round.clone(),
    };
    let Response::OrderOfRound { thread, order } = ask_job(platform, of, &ask).await? else {
        // The fix is gone, and with it whoever wants the round.
        return Ok(None);
    };
    let client = ThreadClient::new(platform, thread.clone());
    let Some(order) = order else {
        let outcome = Outcome::Rejected("a round that is not needed any more".to_owned());
        client.end(round, outcome).await?;
        return Ok(None);
    };
    match client.begin(arrival(&order)).await? {
        Begun::YourTurn { turn, .. } => {
            mark::mark(platform, round, &thread).await;
            let repository = order.repository.to_string();
            if let Some(by) = client.starting(&turn, repository).await? {
                return stopped(platform, &client, of, round, &by).await;
            }
            // The object knows an order that it has.
            ask_job(platform, round, &Request::Start { order }).await?;
            let handed_over = client.hand_over(round).await?;
            handover::pass_on(platform, round, handed_over.cancelled_by()).await?;
            Ok(None)
        }
        Begun::HandedOver { .. } | Begun::Ended => Ok(None),
        Begun::Wait { retry_in } => Ok(Some(retry_in)),
        Begun::FixRunning { .. } => Ok(Some(WHILE_A_FIX_RUNS)),
        Begun::Crowded => Ok(Some(WHILE_CROWDED)),
        Begun::Cancelled { by, started, .. } => {
            if started && handover::kept_by_its_object(platform, &client, round).await? {
                return Ok(None);
            }
            stopped(platform, &client, of, round, &by).await
        }
    }
}

/// Somebody stopped it before it began.
async fn stopped<P: Platform + Jobs>(
    platform: &P,
    client: &ThreadClient<'_, P>,
    of: &JobId,
    round: &JobId,
    by: &UserId,
) -> Result<Option<Duration>, Fault> {
    // First the fix: once the thread knows, this is not asked again.
    tell(platform, of, without_effect(round)).await?;
    let line = format!(
        "cancelled by {} before it began",
        crate::report::mention(by)
    );
    client.end(round, Outcome::Rejected(line)).await?;
    mark::unmark(platform, round).await;
    Ok(None)
}

async fn tell<P: Platform + Jobs>(platform: &P, of: &JobId, end: RoundEnd) -> Result<(), Fault> {
    let told = Request::RoundEnded { end: Box::new(end) };
    ask_job(platform, of, &told).await.map(drop)
}

async fn ask_job<P: Platform + Jobs>(
    platform: &P,
    job: &JobId,
    request: &Request,
) -> Result<Response, Fault> {
    platform
        .ask_job(job, request)
        .await
        .map_err(Fault::Platform)
}

fn without_effect(round: &JobId) -> RoundEnd {
    RoundEnd {
        round: round.clone(),
        spent: Spent::default(),
        commit: None,
    }
}

/// To its thread a round is a fix.
fn arrival(order: &Order) -> Arrival {
    Arrival {
        reply: order.reply.clone(),
        task: Task {
            command: Command::Fix(Options::default()),
            message_id: order.reply.about.clone(),
            message_content: String::new(),
            message_author: None,
            message_timestamp: None,
            references: References::default(),
        },
    }
}
