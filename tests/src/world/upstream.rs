//! Upstream objects as their storage, and the memory of the one isolate that a story has.

use shared::service::Service;
use shared::trace::Trace;
use shared::upstream::{Health, Memory, Request, Response, Upstream, Upstreams, object_name};

use super::World;
use super::objects::{from_json, json, through_json};

impl World {
    fn step_upstream(&self, service: Service, request: &Request) -> Response {
        let mut upstreams = self.upstreams.borrow_mut();
        let stored = upstreams.get(object_name(service));
        let mut upstream: Upstream = stored.map_or_else(Upstream::default, |text| from_json(text));
        let now = shared::ports::Clock::now(&self.clock);
        let (response, turn) = upstream.step(through_json(request), now);
        upstreams.insert(object_name(service), json(&upstream));
        if let Some(turn) = turn {
            let event = turn.event(object_name(service), now);
            shared::ports::Log::note(self, &Trace::none(), event);
        }
        through_json(&response)
    }

    /// How bugbot takes a service to be.
    pub fn health(&self, service: Service) -> Health {
        match self.step_upstream(service, &Request::Look) {
            Response::Seen(health) => health,
            other => panic!("the answer of another request: {other:?}"),
        }
    }

    /// What comes next runs in another isolate.
    pub fn in_another_isolate(&self) {
        self.memory.take();
    }
}

impl Upstreams for World {
    async fn ask_upstream(&self, service: Service, request: &Request) -> Result<Response, String> {
        let name = || {
            let kind = super::ports::kind_of(request);
            format!("upstream {} {kind}", object_name(service))
        };
        let lost = || "no answer".to_owned();
        let effect = async {
            if self.upstreams_are_silent.get() {
                return Err("no answer".to_owned());
            }
            Ok(self.step_upstream(service, request))
        };
        self.meter.call(name, lost, effect).await
    }

    fn with_memory<T>(&self, act: impl FnOnce(&mut Memory) -> T) -> T {
        act(&mut self.memory.borrow_mut())
    }
}
