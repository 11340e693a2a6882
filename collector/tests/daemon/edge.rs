//! A gateway on this machine: the real core over real statements, on a thread of its own.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use tests::edge::Inboxes;
use tests::world::{HOOK_SECRET, World};
use tokio::sync::oneshot;
use tokio::task::LocalSet;

use crate::stage::{Answer, ask, request};

const HOOK: &str = r#"{"format": "bearer", "to": {"inbox": "alice"}, "type": "INFO",
                       "template": "{{ .number }} {{ .filler }}", "missing": "lenient"}"#;

/// A gateway that answers until this is dropped.
pub(crate) struct Edge {
    pub(crate) address: SocketAddr,
    pub(crate) inboxes: Inboxes,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Edge {
    pub(crate) fn start() -> Self {
        let (told, tell) = mpsc::channel();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            LocalSet::new().block_on(&runtime, async {
                let world = World::with_hook("numbers", HOOK);
                let (address, serving) = world.serve().await.unwrap();
                told.send((address, world.inboxes.clone())).unwrap();
                let _ = stopped.await;
                serving.abort();
            });
        });
        let (address, inboxes) = tell.recv().unwrap();
        Self {
            address,
            inboxes,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// A tool sends a number to the hook.
    pub(crate) fn send(&self, number: usize, filler: &str) -> Answer {
        let body = format!(r#"{{"number": {number}, "filler": "{filler}"}}"#);
        let secret = format!("Authorization: Bearer {HOOK_SECRET}");
        let key = format!("Idempotency-Key: {number}");
        let request = request("POST", "/hooks/numbers", &[&secret, &key], &body);
        ask(self.address, &request).unwrap()
    }
}

impl Drop for Edge {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
