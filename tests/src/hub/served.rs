//! The portal on a loopback socket, for programs.

use std::convert::Infallible;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use shared::http::Request;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use super::Portal;

/// A portal that listens until this is dropped.
#[derive(Debug)]
pub struct ServedPortal {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ServedPortal {
    /// Its address, `http://127.0.0.1:PORT`: what a client calls `hubUrl`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for ServedPortal {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Portal {
    /// Serves on a free port of the loopback interface, on a thread of its own: the core's futures
    /// stay on theirs. News are carried after each answer, as the objects' alarms do.
    pub fn serve(&self) -> io::Result<ServedPortal> {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let (stop, stopped) = oneshot::channel();
        let portal = self.clone();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime can be made");
            LocalSet::new().block_on(&runtime, async {
                tokio::select! {
                    _ = stopped => {}
                    () = accept(listener, portal) => {}
                }
            });
        });
        Ok(ServedPortal {
            address,
            stop: Some(stop),
            thread: Some(thread),
        })
    }
}

async fn accept(listener: std::net::TcpListener, portal: Portal) {
    let listener = TcpListener::from_std(listener).expect("a listener can be used");
    while let Ok((stream, _)) = listener.accept().await {
        let portal = portal.clone();
        let service = service_fn(move |request| carry(portal.clone(), request));
        let serving = hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service);
        // A peer that goes away is no failure of ours.
        tokio::task::spawn_local(async move { drop(serving.await) });
    }
}

async fn carry(
    portal: Portal,
    request: hyper::Request<Incoming>,
) -> Result<hyper::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec());
    let request = Request::from_parts(head, body.unwrap_or_default());
    let response = portal.answer(&request).await;
    // What is lost stays for the next time.
    let _ = portal.objects.ring().await;
    Ok(response.map(|body| Full::new(Bytes::from(body))))
}
