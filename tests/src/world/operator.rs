//! The operator before the world: the gateway as a service that a program can call, in-process or
//! over a loopback socket.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use shared::checkup::{check_up, crash_reports, sandbox, upstreams};
use shared::discord::client::DiscordClient;
use shared::http::{Http, Request, Response, Unreachable};
use shared::operator::{Back, Check, CheckUp, OperatorClient};
use shared::ports::CrashReports as _;
use shared::secret::Secret;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::World;
use super::front::Front;
use super::objects::SandboxPort;

/// What opens the operator API of a world.
pub(super) const TOKEN: &str = "the-operator-of-the-stories";
const ORIGIN: &str = "https://gateway.test";

impl Back for World {
    async fn check_up(&self, asked: &CheckUp) -> Result<Vec<Check>, String> {
        let settings = Ok(self.settings.clone());
        let mut checks = Box::pin(check_up(self, &settings, asked)).await;
        checks.extend(upstreams(self).await);
        checks.push(crash_reports(asked, self.are_kept()));
        let port = SandboxPort::new(self);
        checks.extend(Box::pin(sandbox(&port, &self.settings.runs)).await);
        Ok(checks)
    }
}

/// The gateway, in-process.
#[derive(Debug)]
pub struct Office<'w>(&'w World);

impl Http for Office<'_> {
    async fn send(&self, request: Request, _within: Duration) -> Result<Response, Unreachable> {
        self.0.meter.count(true);
        Ok(Front::of(self.0).answer(&request).await)
    }
}

impl World {
    /// The token of the operator API.
    pub fn operator_token(&self) -> &'static str {
        TOKEN
    }

    /// Discord with the bot's own token.
    pub fn discord_client(&self) -> DiscordClient<&Self> {
        let settings = &self.settings.discord;
        DiscordClient::new(self, &settings.api_url, &settings.bot_token).expect("it is used")
    }

    /// An operator of this name.
    pub fn operator(&self, name: &str) -> OperatorClient<Office<'_>> {
        let token = Secret::new(TOKEN);
        OperatorClient::new(Office(self), ORIGIN, &token, name).expect("a constant address")
    }

    /// The gateway on a loopback socket, and its address, until the handle is aborted. To be called
    /// in a `LocalSet`: a world stays on its thread.
    pub async fn serve(self: &Rc<Self>) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let world = self.clone();
        let accepting = tokio::task::spawn_local(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let world = world.clone();
                let service = service_fn(move |request| carry(world.clone(), request));
                let serving = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service);
                // A peer that goes away is no failure of ours.
                tokio::task::spawn_local(async move { drop(serving.await) });
            }
        });
        Ok((address, accepting))
    }
}

async fn carry(
    world: Rc<World>,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec());
    let request = Request::from_parts(head, body.unwrap_or_default());
    let response = Front::of(&world).answer(&request).await;
    Ok(response.map(|body| Full::new(Bytes::from(body))))
}
