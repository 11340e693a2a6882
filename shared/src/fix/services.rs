//! What the effects of a fix stand on: the ports, the services, the sandbox, and how a failure is
//! said.

use super::Fix;
use crate::consumer::{Platform, Services};
use crate::http::Http;
use crate::log::{Event, Said};
use crate::policy::Policy;
use crate::service::{BadAccess, Service, ServiceError};
use crate::settings::Settings;

/// The sandbox as a port: HTTP to the executor in it, wherever that is.
#[expect(
    async_fn_in_trait,
    reason = "workers are single-threaded: no caller needs Send"
)]
pub trait Sandbox: Http {
    /// The executor's address over this port.
    fn base(&self) -> &url::Url;
    /// Sees to it that the sandbox runs and takes requests. The error says why it does not.
    async fn ensure_started(&self) -> Result<(), String>;
    /// The fix is over: whatever runs in the sandbox is not needed any more. One that is not ours
    /// to end stays as it is.
    async fn release(&self) {}
}

/// Everything that performing takes.
#[derive(Debug)]
pub struct FixServices<'a, P, S> {
    /// The ports.
    pub platform: &'a P,
    /// The services over them.
    pub services: Services<'a, P>,
    /// The sandbox.
    pub sandbox: &'a S,
    /// The operator's choices.
    pub settings: &'a Settings,
}

impl<'a, P: Platform, S> FixServices<'a, P, S> {
    /// The services at the addresses of `settings`.
    pub fn new(platform: &'a P, settings: &'a Settings, sandbox: &'a S) -> Result<Self, BadAccess> {
        let services = Services::new(platform, settings)?;
        Ok(Self {
            platform,
            services,
            sandbox,
            settings,
        })
    }
}

impl<P, S> FixServices<'_, P, S> {
    /// The path policy.
    pub fn policy(&self) -> &Policy {
        &self.settings.policy
    }
}

/// Why an effect came to nothing, before it is an event.
pub(super) struct Failed(pub(super) Service, pub(super) ServiceError);

pub(super) fn of(service: Service) -> impl FnOnce(ServiceError) -> Failed {
    move |error| Failed(service, error)
}

pub(super) fn log<P: Platform, S>(
    on: &FixServices<'_, P, S>,
    fix: &Fix,
    service: Service,
    error: &ServiceError,
) {
    let event = Event::EffectFailed {
        service: &service.to_string(),
        error: Said(error),
    };
    on.platform.note(&fix.order.reply.trace(), event);
}
