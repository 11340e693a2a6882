//! Model calls: the shell over [`shared::model`], which decides all.

use std::rc::Rc;

use futures_channel::oneshot;
use platform::inbound::{self, Unreadable};
use platform::relay::{Tap, relay};
use platform::{Console, SystemClock, SystemDice};
use shared::ledger::{self, LedgerName, Ledgers, Question};
use shared::model::{self, Bill, ModelSetup, Refused};
use shared::ports::{Clock, Dice as _, Log};
use worker::{Context, Request, Response, Result};

use crate::ports::OfWorker;

/// How long a ledger may take to answer.
const LEDGER_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);

/// Passes a call on. What it cost is settled when the answer has gone through, also where whoever
/// asked for it has gone before.
pub(crate) async fn pass_on(
    request: Request,
    ports: OfWorker,
    context: &Context,
    setup: &'static ModelSetup,
) -> Result<Response> {
    let read = inbound::read(request, model::MAX_BODY_BYTES, &model::HEADERS).await;
    let request = match read {
        Ok(request) => request,
        Err(Unreadable::TooLarge(_)) => return inbound::answer(Refused::TooLarge.response()),
        Err(Unreadable::Broken(_)) => return inbound::answer(Refused::NotFound.response()),
    };
    let ports = Rc::new(ports);
    let passage = match model::admit(&request, setup, &*ports).await {
        Ok(passage) => passage,
        Err(refused) => return inbound::answer(refused),
    };
    let tap = passage.bill.map(|bill| {
        let (done, ended) = oneshot::channel();
        context.wait_until(async move {
            if let Ok(bill) = ended.await {
                model::settle(bill, setup, &*ports).await;
            }
        });
        Metered(Some((bill, done)))
    });
    let passes = model::is_passed_back;
    match relay(passage.request, model::ANSWER_LIMIT, passes, tap).await {
        Ok(response) => Ok(response),
        Err(_) => inbound::answer(Refused::Unreachable.response()),
    }
}

/// The bill of an answer that passes; handed in when it is dropped.
struct Metered(Option<(Bill, oneshot::Sender<Bill>)>);

impl Tap for Metered {
    fn status(&mut self, status: u16) {
        if let Some((bill, _)) = &mut self.0 {
            bill.meter.status(status);
        }
    }

    fn read(&mut self, bytes: &[u8]) {
        if let Some((bill, _)) = &mut self.0 {
            bill.meter.read(bytes);
        }
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        if let Some((bill, done)) = self.0.take() {
            let _ = done.send(bill);
        }
    }
}

impl Ledgers for OfWorker {
    async fn ask_ledger(
        &self,
        ledger: &LedgerName,
        request: &ledger::Request,
    ) -> std::result::Result<ledger::Response, String> {
        let objects = self.objects("LEDGERS")?;
        let question = Question {
            ledger: ledger.clone(),
            request: request.clone(),
        };
        let answer = objects.call(ledger.as_str(), &question, LEDGER_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}

impl model::Ports for OfWorker {
    fn clock(&self) -> &impl Clock {
        &SystemClock
    }

    fn log(&self) -> &impl Log {
        &Console
    }

    /// Time and chance: unique among the calls of one server, which is all that it has to be.
    fn new_call(&self) -> String {
        let now = SystemClock.now().as_microsecond();
        let [high, low] = [SystemDice.roll(), SystemDice.roll()].map(f64::to_bits);
        format!("{now:x}-{high:016x}{low:016x}")
    }
}
