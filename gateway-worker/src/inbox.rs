//! The inboxes at the edge, as the gateway reaches them.

use std::time::Duration;

use shared::gateway::hooks::setup::INBOXES_BINDING;
use shared::hooks::edge::{Answer, InboxName, Inboxes, Question};

use crate::ports::OfWorker;

/// How long an object may take: senders give up after 10 s.
const OBJECT_LIMIT: Duration = Duration::from_secs(8);

impl Inboxes for OfWorker {
    async fn ask_inbox(&self, inbox: &InboxName, question: &Question) -> Result<Answer, String> {
        let objects = self.objects(INBOXES_BINDING)?;
        let answer = objects.call(&inbox.name(), question, OBJECT_LIMIT).await;
        answer.map_err(|failed| failed.to_string())
    }
}
