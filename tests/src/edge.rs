//! The inboxes at the edge, each a database in memory, and the tools that send to hooks. Questions
//! and answers pass as JSON, as they do between workers, and a call is one transaction.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use shared::hooks::edge::inbox::{self, Answer, InboxName, Question};
use shared::hooks::edge::verify::prove;
use shared::hooks::edge::{self, Format};
use shared::http::Request;
use shared::hub::sql::{Row, Sql as _, SqlFailed};
use shared::ports::Clock;
use shared::secret::Secret;

use crate::clock::TestClock;
use crate::hub::{Database, Loss, through_json};

/// All inboxes. Clones are the same ones.
#[derive(Debug, Clone)]
pub struct Inboxes {
    clock: TestClock,
    databases: Arc<Mutex<BTreeMap<InboxName, Connection>>>,
    lose: Arc<Mutex<Option<Loss>>>,
}

impl Inboxes {
    /// Inboxes with nothing in them.
    pub fn new(clock: TestClock) -> Self {
        Self {
            clock,
            databases: Arc::default(),
            lose: Arc::default(),
        }
    }

    /// The next call is lost.
    pub fn lose(&self, loss: Loss) {
        *self.lose.lock().unwrap_or_else(PoisonError::into_inner) = Some(loss);
    }

    /// Asks an object directly.
    pub fn answer(&self, name: &InboxName, question: &Question) -> Result<Answer, String> {
        let now = Clock::now(&self.clock);
        let question = through_json(question);
        let answer = self.with_database(name, |sql| inbox::answer(sql, question, now))?;
        Ok(through_json(&answer))
    }

    /// Does what the alarm of an object does.
    pub fn ring(&self, name: &InboxName) -> Option<jiff::Timestamp> {
        let now = Clock::now(&self.clock);
        let forgotten = self.with_database(name, |sql| inbox::forget(sql, now));
        forgotten.expect("the database answers")
    }

    /// Runs a statement in an object's database: for tests that look behind the answers.
    pub fn run(&self, name: &InboxName, statement: &str) -> Vec<Row> {
        let rows = self.with_database(name, |sql| sql.run(statement, &[]));
        rows.expect("the statement is good")
    }

    fn with_database<T>(
        &self,
        name: &InboxName,
        act: impl FnOnce(&Database<'_>) -> Result<T, SqlFailed>,
    ) -> Result<T, String> {
        let mut databases = self
            .databases
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let connection = databases.entry(name.clone()).or_insert_with(|| {
            let connection = Connection::open_in_memory().expect("memory is there");
            inbox::prepare(&Database(&connection)).expect("the tables are good");
            connection
        });
        let transaction = connection.transaction().map_err(|e| e.to_string())?;
        let done = act(&Database(&transaction)).map_err(|failed| failed.to_string())?;
        transaction.commit().map_err(|error| error.to_string())?;
        Ok(done)
    }
}

impl edge::Inboxes for Inboxes {
    async fn ask_inbox(&self, name: &InboxName, question: &Question) -> Result<Answer, String> {
        // Others come between any two calls.
        tokio::task::yield_now().await;
        let loss = self
            .lose
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match loss {
            None => self.answer(name, question),
            Some(Loss::Before) => Err("no answer".to_owned()),
            Some(Loss::After) => {
                self.answer(name, question)?;
                Err("no answer".to_owned())
            }
        }
    }
}

/// A tool that sends deliveries to a hook.
#[derive(Debug, Clone)]
pub struct Tool {
    format: Format,
    secret: Secret,
    url: String,
}

impl Tool {
    /// A tool that knows the secret of the hook at this address.
    pub fn new(format: Format, secret: &str, url: impl Into<String>) -> Self {
        Self {
            format,
            secret: Secret::new(secret),
            url: url.into(),
        }
    }

    /// The same of a type, where the format has a header for it.
    pub fn delivery_of(&self, event_type: &str, id: &str, body: &str) -> Request {
        let mut request = self.delivery(id, body);
        let header = match self.format {
            Format::GitHub => Some("x-github-event"),
            Format::Forgejo => Some("x-forgejo-event"),
            Format::Sentry => Some("sentry-hook-resource"),
            Format::Linear | Format::PostHog | Format::Bearer => None,
        };
        if let Some(header) = header {
            let event_type = event_type.parse().expect("types are words");
            request.headers_mut().insert(header, event_type);
        }
        request
    }

    /// A delivery of this body, proven, with an id where the format has a header for it.
    pub fn delivery(&self, id: &str, body: &str) -> Request {
        let (header, proof) = prove(self.format, &self.secret, body.as_bytes());
        let mut request = http::Request::post(&self.url)
            .header("content-type", "application/json")
            .header(header, proof);
        let id_header = match self.format {
            Format::GitHub => Some("x-github-delivery"),
            Format::Forgejo => Some("x-forgejo-delivery"),
            Format::Sentry => Some("request-id"),
            Format::Linear => Some("linear-delivery"),
            Format::PostHog => None,
            Format::Bearer => Some("idempotency-key"),
        };
        if let Some(name) = id_header.filter(|_| !id.is_empty()) {
            request = request.header(name, id);
        }
        let body = body.as_bytes().to_vec();
        request.body(body).expect("the address is good")
    }
}

/// What Sentry sends of an alert, as far as templates of ours read it; the shape of
/// <https://docs.sentry.io/integrations/integration-platform/webhooks/issue-alerts/>.
pub fn sentry_alert(title: &str, event: &str) -> String {
    serde_json::json!({
        "action": "triggered",
        "installation": {"uuid": "7a485448-a9e2-4c85-8a3c-4f44175783c9"},
        "data": {
            "event": {
                "event_id": event,
                "title": title,
                "culprit": "cart.js in total",
                "level": "error",
                "web_url": format!("https://sentry.io/organizations/acme/issues/1170820242/events/{event}/"),
            },
            "triggered_rule": "Very important alerts",
        },
        "actor": {"type": "application", "id": "sentry", "name": "Sentry"},
    })
    .to_string()
}
