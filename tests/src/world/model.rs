//! Model calls from within the world: what the executor's proxy would send, through the real core
//! of the gateway. The model's answer is made up on the spot.

use shared::audit::{self, Audits, LogName};
use shared::executor::RunRequest;
use shared::http::Request;
use shared::ledger::{self, LedgerName, Ledgers};
use shared::model::{self, Passage, Ports};
use shared::ports::{Clock, Log};

use super::World;

/// The gateway, called by a sandbox.
struct Desk<'w>(&'w World);

impl Ledgers for Desk<'_> {
    async fn ask_ledger(
        &self,
        ledger: &LedgerName,
        request: &ledger::Request,
    ) -> Result<ledger::Response, String> {
        Ok(self.0.step_ledger(ledger, request))
    }
}

impl Audits for Desk<'_> {
    async fn ask_audit(
        &self,
        log: &LogName,
        request: &audit::Request,
    ) -> Result<audit::Response, String> {
        self.0.ask_audit(log, request).await
    }
}

impl Ports for Desk<'_> {
    fn clock(&self) -> &impl Clock {
        &self.0.clock
    }

    fn log(&self) -> &impl Log {
        self.0
    }

    fn new_call(&self) -> String {
        let calls = self.0.model_calls.get() + 1;
        self.0.model_calls.set(calls);
        format!("call-{calls}")
    }
}

impl World {
    /// A run calls the model, and is answered with so many tokens. Returns the status.
    pub async fn call_model(&self, run: &RunRequest, output_tokens: u64) -> u16 {
        let passage = match self.admit_call(run, output_tokens).await {
            Ok(passage) => passage,
            Err(status) => return status,
        };
        let mut bill = passage.bill.expect("a message costs something");
        let answer = serde_json::json!({
            "model": "claude-sonnet-5-5",
            "stop_reason": "end_turn",
            "usage": {"input_tokens": 10, "output_tokens": output_tokens},
        });
        bill.meter.status(200);
        bill.meter.read(answer.to_string().as_bytes());
        model::settle(bill, self.setup.model(), &Desk(self)).await;
        200
    }

    /// A run calls the model, and whoever passes the answer on dies before it has settled what it
    /// cost.
    pub async fn call_model_and_die(&self, run: &RunRequest, output_tokens: u64) {
        let _ = self.admit_call(run, output_tokens).await;
    }

    /// The call as it goes to the model, or the status with which it is refused.
    async fn admit_call(&self, run: &RunRequest, output_tokens: u64) -> Result<Passage, u16> {
        let asked = serde_json::json!({
            "model": "claude-sonnet-5-5",
            "max_tokens": output_tokens,
            "messages": [{"role": "user", "content": "What is wrong?"}],
        });
        let request: Request = http::Request::post(format!("{}/v1/messages", run.model.base_url))
            .header("x-api-key", run.model.api_key.expose())
            .body(asked.to_string().into_bytes())
            .expect("a run is told an address");
        let admitted = model::admit(&request, self.setup.model(), &Desk(self)).await;
        let passage = admitted.map_err(|refused| refused.status().as_u16())?;
        let shown = &passage.request.headers()["x-api-key"];
        assert_eq!(shown, super::MODEL_KEY, "the model sees the real key");
        Ok(passage)
    }

    /// Everything that the objects have stored.
    pub fn stored(&self) -> String {
        let threads = self.threads.borrow();
        let jobs = self.jobs.borrow();
        let ledgers = self.ledgers.borrow();
        let jobs = jobs.values().filter_map(|cell| cell.stored.as_ref());
        let all = threads.values().chain(ledgers.values()).chain(jobs);
        all.map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}
