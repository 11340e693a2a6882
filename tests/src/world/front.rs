//! The gateway before the world: what people do in Discord arrives here.

use std::time::Duration;

use shared::gateway::{self, Known, MemoryFailed, Ports, ThreadMemory};
use shared::github::webhook::Notice;
use shared::hooks::edge::Alert;
use shared::http::{Http, Request, Response, Unreachable};
use shared::id::{ChannelId, ThreadId};
use shared::job::Job;
use shared::operator::Back;
use shared::ports::{Clock, Log, Queue, QueueRefused};
use shared::thread;

use super::World;
use crate::discord::{Act, Exchange};
use crate::github::{Delivery, Told, Webhook};

/// Where the gateway is.
pub(super) const ORIGIN: &str = "https://gateway.test";
const WEBHOOK_URL: &str = "https://gateway.test/github/webhook";
const URL: &str = "https://gateway.test/discord/interactions";

/// The gateway worker: an HTTP service by itself.
pub(super) struct Front<'w> {
    world: &'w World,
    /// The consumer acts before the answer has left.
    is_overtaken: bool,
}

impl<'w> Front<'w> {
    pub(super) fn of(world: &'w World) -> Self {
        Self {
            world,
            is_overtaken: false,
        }
    }

    pub(super) async fn answer(&self, request: &Request) -> Response {
        gateway::handle(request, &self.world.setup, self).await
    }
}

impl Http for Front<'_> {
    async fn send(&self, request: Request, _within: Duration) -> Result<Response, Unreachable> {
        let response = self.answer(&request).await;
        if self.is_overtaken {
            self.world.deliver_due().await;
        }
        Ok(response)
    }
}

impl Queue for Front<'_> {
    async fn send(&self, body: &str, delay: Duration) -> Result<(), QueueRefused> {
        self.world.commands.send(body, delay).await?;
        if Alert::decode(body).is_some() || Notice::decode(body).is_some() {
            return Ok(());
        }
        let job = Job::decode(body).expect("what is neither a notice nor an alert is a job");
        self.world.accepted.borrow_mut().insert(job.id(), job);
        Ok(())
    }
}

impl ThreadMemory for Front<'_> {
    async fn known(&self, thread: &ThreadId) -> Result<Known, MemoryFailed> {
        let thread::Response::Seen(view) = self.world.step_thread(thread, &thread::Request::Look)
        else {
            return Err(MemoryFailed("another answer".to_owned()));
        };
        Ok(Known::from(*view))
    }
}

impl Ports for Front<'_> {
    fn http(&self) -> &impl Http {
        &self.world.wired
    }
    fn queue(&self) -> &impl Queue {
        self
    }
    fn memory(&self) -> &impl ThreadMemory {
        self
    }
    fn back(&self) -> &impl Back {
        self.world
    }
    fn hub(&self) -> &impl shared::hub::portal::Ports {
        &self.world.hub
    }
    fn inboxes(&self) -> &impl shared::hooks::edge::Inboxes {
        &self.world.inboxes
    }
    fn clock(&self) -> &impl Clock {
        &self.world.clock
    }
    fn log(&self) -> &impl Log {
        self.world
    }
}

impl World {
    /// A person gives a command in the thread; the gateway has answered when this returns.
    pub async fn command(&self, name: &str, act: impl Into<Act>) -> Exchange {
        self.act(&self.thread, name, act, false).await
    }

    /// The same in another thread.
    pub async fn command_in(
        &self,
        thread: &ChannelId,
        name: &str,
        act: impl Into<Act>,
    ) -> Exchange {
        self.act(thread, name, act, false).await
    }

    /// The same, and the consumer is done with it before Discord has the gateway's answer.
    pub async fn command_overtaken(&self, name: &str, act: impl Into<Act>) -> Exchange {
        self.act(&self.thread, name, act, true).await
    }

    async fn act(
        &self,
        thread: &ChannelId,
        name: &str,
        act: impl Into<Act>,
        is_overtaken: bool,
    ) -> Exchange {
        let front = Front {
            world: self,
            is_overtaken,
        };
        let endpoint = self.discord.endpoint(front, URL);
        let user = self.person(name);
        self.meter.count(false);
        endpoint.act(&user, thread, act).await
    }

    /// GitHub tells something, and the gateway has answered when this returns.
    pub async fn hears(&self, told: &Told) -> Delivery {
        self.meter.count(false);
        self.webhook().tell(told).await
    }

    /// GitHub sends a delivery once more.
    pub async fn hears_again(&self, delivery: &Delivery) -> Delivery {
        self.meter.count(false);
        self.webhook().redeliver(delivery).await
    }

    fn webhook(&self) -> Webhook<Front<'_>> {
        let front = Front {
            world: self,
            is_overtaken: false,
        };
        self.github
            .webhook(front, WEBHOOK_URL, super::WEBHOOK_SECRET)
    }

    /// The gateway's answer to a request of anybody.
    pub async fn gateway_answers(&self, request: &Request) -> Response {
        Front::of(self).answer(request).await
    }

    /// The gateway gets a request that Discord has sent before.
    pub async fn gateway_gets(&self, request: Request) {
        let front = Front {
            world: self,
            is_overtaken: false,
        };
        let sent = Http::send(&front, request, Duration::from_secs(3)).await;
        sent.expect("the gateway answers");
    }

    /// A person presses the newest button of this label; the gateway has answered when this
    /// returns.
    pub async fn press(&self, name: &str, label: &str) -> Exchange {
        let person = self.person(name);
        let (on, custom_id) = self.discord.button(&self.thread, &person, label);
        self.command(name, Act::press(&on, &custom_id)).await
    }

    /// A person fills in the form that was opened last, and sends it.
    pub async fn submit(&self, name: &str, fields: &[(&str, &str)]) -> Exchange {
        let person = self.person(name);
        let open = self.discord.open_form(&self.thread, &person);
        let owned = |(name, text): &(&str, &str)| ((*name).to_owned(), (*text).to_owned());
        let form = Act::Submit {
            custom_id: open.expect("a form is open"),
            fields: fields.iter().map(owned).collect(),
            from: None,
        };
        self.command(name, form).await
    }

    /// A person gives a command, and everything that follows from it happens.
    pub async fn command_and_wait(&self, name: &str, act: impl Into<Act>) {
        self.command(name, act).await;
        self.run_until_quiet().await;
    }
}
