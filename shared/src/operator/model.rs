//! The one switch that stops every call to the model.

use super::answer::Problem;
use super::{Desk, ModelView, SwitchOrder};
use crate::gateway::Ports;
use crate::ledger::{self, LedgerName, Ledgers as _};
use crate::shorten::shorten;

/// The most of a reason.
const MAX_REASON_CHARS: usize = 200;

impl<P: Ports> Desk<'_, P> {
    /// Whether model calls are let through.
    pub(super) async fn model(&self) -> Result<ModelView, Problem> {
        match self.ask_global(&ledger::Request::Look).await? {
            ledger::Response::Seen(view) => Ok(ModelView {
                on: view.shut.is_none(),
                shut: view.shut,
                running: view.running,
            }),
            other => Err(Problem::Unavailable(format!(
                "the ledger answered {other:?}"
            ))),
        }
    }

    /// Lets them through, or shuts them off. Repeated, it changes nothing: the first reason stands.
    pub(super) async fn switch(&self, on: bool, body: &[u8]) -> Result<ModelView, Problem> {
        let order: SwitchOrder = match body {
            b"" => SwitchOrder::default(),
            body => serde_json::from_slice(body)
                .map_err(|error| Problem::BadRequest(format!("The body is no order: {error}")))?,
        };
        let action = if on { "model on" } else { "model off" };
        self.record(action, "global").await?;
        let before = self.model().await?;
        if before.on == on {
            return Ok(before);
        }
        let name = self.operator.id().operator().unwrap_or_default();
        let request = ledger::Request::Switch {
            on,
            by: format!("operator {name}"),
            reason: shorten(&order.reason, MAX_REASON_CHARS),
        };
        match self.ask_global(&request).await? {
            ledger::Response::Granted => self.model().await,
            other => Err(Problem::Unavailable(format!(
                "the ledger answered {other:?}"
            ))),
        }
    }

    async fn ask_global(&self, request: &ledger::Request) -> Result<ledger::Response, Problem> {
        let global = LedgerName::global();
        let answer = self.back().ask_ledger(&global, request);
        answer.await.map_err(Problem::Unavailable)
    }
}
