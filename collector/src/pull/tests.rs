use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use shared::hooks::edge::{EdgeEvent, Page};
use shared::hooks::{Agent, EventId, Kind, Priority, Routes};
use shared::http::{Http, Request, Response, Unreachable};

use super::*;
use crate::inbox::Inbox;

fn alice() -> Recipient {
    Recipient::parse("alice").unwrap()
}

fn event(seq: u8) -> EdgeEvent {
    EdgeEvent {
        seq: seq.into(),
        id: EventId::of([seq; 16]),
        ts: jiff::Timestamp::UNIX_EPOCH,
        to: alice(),
        kind: Kind::Info,
        priority: Priority::Normal,
        payload: format!("event {seq}"),
        source: None,
    }
}

/// An edge with some events, two on a page, whose acknowledgements can be lost.
#[derive(Default)]
struct Edge {
    waits: RefCell<Vec<EdgeEvent>>,
    lose_acks: Cell<usize>,
    asked: RefCell<Vec<String>>,
    instead: RefCell<VecDeque<Page>>,
}

impl Http for Edge {
    async fn send(&self, request: Request, _within: Duration) -> Result<Response, Unreachable> {
        self.asked.borrow_mut().push(request.uri().to_string());
        let body = if request.method() == http::Method::GET {
            let waits = self.waits.borrow();
            let page = Page {
                events: waits.iter().take(2).cloned().collect(),
                more: waits.len() > 2,
            };
            serde_json::to_vec(&self.instead.borrow_mut().pop_front().unwrap_or(page))
        } else {
            let ack: serde_json::Value = serde_json::from_slice(request.body()).unwrap();
            if self.lose_acks.get() > 0 {
                self.lose_acks.set(self.lose_acks.get() - 1);
                return Err(Unreachable::Connection("lost".to_owned()));
            }
            let mut waits = self.waits.borrow_mut();
            waits.retain(|event| event.seq > ack["upto"].as_u64().unwrap());
            serde_json::to_vec(&serde_json::json!({"left": waits.len()}))
        };
        Ok(Response::new(body.unwrap()))
    }
}

struct Stage {
    edge: Edge,
    dir: tempfile::TempDir,
    settings: Settings,
    lock: Arc<PullLock>,
    counts: Counts,
}

impl Stage {
    fn new(events: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let edge = Edge::default();
        *edge.waits.borrow_mut() = events.iter().copied().map(event).collect();
        Self {
            edge,
            settings: Settings {
                agent: Agent::parse("watcher").unwrap(),
                inbox: Arc::new(Inbox::new(dir.path().to_owned(), false)),
                routes: Routes::default(),
                poll: Duration::from_secs(1),
                clock: crate::clock::system,
            },
            lock: Arc::new(PullLock::take(dir.path()).unwrap()),
            counts: Counts::default(),
            dir,
        }
    }

    async fn bring(&self, round: &mut Round) -> Result<usize, NotPulled> {
        let token = Secret::new("0123456789abcdef");
        let client = EdgeClient::new(&self.edge, "https://edge.test", &token).unwrap();
        let at = Place {
            settings: &self.settings,
            lock: &self.lock,
            counts: &self.counts,
        };
        round.bring(&client, &at).await
    }

    fn payloads(&self) -> Vec<String> {
        let text = fs::read_to_string(self.dir.path().join("alice.inbox")).unwrap_or_default();
        let payload = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["payload"].as_str().unwrap().to_owned()
        };
        text.lines().map(payload).collect()
    }
}

const THREE: [&str; 3] = ["event 1", "event 2", "event 3"];

#[tokio::test]
async fn all_pages_are_brought_and_acknowledged() {
    let stage = Stage::new(&[1, 2, 3]);
    let mut round = Round::new(alice());
    assert_eq!(stage.bring(&mut round).await.unwrap(), 3);
    assert_eq!(stage.payloads(), THREE);
    assert!(stage.edge.waits.borrow().is_empty());
    assert_eq!(stage.bring(&mut round).await.unwrap(), 0);
    assert_eq!(stage.edge.asked.borrow().len(), 5);
}

#[tokio::test]
async fn a_lost_acknowledgement_brings_nothing_twice() {
    let stage = Stage::new(&[1, 2, 3]);
    let mut round = Round::new(alice());
    stage.edge.lose_acks.set(2);
    assert!(stage.bring(&mut round).await.is_err());
    // The reader has taken the inbox away: what was written is remembered all the same.
    fs::rename(
        stage.dir.path().join("alice.inbox"),
        stage.dir.path().join("taken"),
    )
    .unwrap();
    assert!(stage.bring(&mut round).await.is_err());
    assert_eq!(stage.bring(&mut round).await.unwrap(), 1);
    assert_eq!(stage.payloads(), ["event 3"]);
}

#[tokio::test]
async fn after_a_restart_what_arrived_is_found_in_the_inbox() {
    let stage = Stage::new(&[1, 2, 3]);
    stage.edge.lose_acks.set(1);
    assert!(stage.bring(&mut Round::new(alice())).await.is_err());
    assert_eq!(stage.bring(&mut Round::new(alice())).await.unwrap(), 1);
    assert_eq!(stage.payloads(), THREE);
}

#[tokio::test]
async fn what_was_not_asked_for_is_not_written() {
    let stage = Stage::new(&[]);
    let mut others = event(1);
    others.to = Recipient::parse("bob").unwrap();
    for events in [
        vec![others],
        vec![event(2), event(1)],
        vec![event(2), event(2)],
    ] {
        let page = Page {
            events,
            more: false,
        };
        stage.edge.instead.borrow_mut().push_back(page);
        let brought = stage.bring(&mut Round::new(alice())).await;
        assert!(matches!(brought, Err(NotPulled::Odd)));
    }
    assert!(stage.payloads().is_empty());
}

#[tokio::test]
async fn an_inbox_that_takes_nothing_leaves_all_at_the_edge() {
    let stage = Stage::new(&[1]);
    fs::create_dir(stage.dir.path().join("alice.inbox")).unwrap();
    let mut round = Round::new(alice());
    assert!(stage.bring(&mut round).await.is_err());
    assert_eq!(stage.edge.waits.borrow().len(), 1);
    fs::remove_dir(stage.dir.path().join("alice.inbox")).unwrap();
    assert_eq!(stage.bring(&mut round).await.unwrap(), 1);
    assert_eq!(stage.payloads(), ["event 1"]);
}

#[test]
fn one_collector_pulls_into_a_folder() {
    let stage = Stage::new(&[]);
    let second = PullLock::take(stage.dir.path()).unwrap_err();
    assert!(
        second.starts_with("another collector pulls into "),
        "{second}"
    );
    let Stage { lock, dir, .. } = stage;
    drop(lock);
    PullLock::take(dir.path()).unwrap();
}

#[test]
fn a_token_that_others_can_read_is_not_used() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("token");
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    fs::write(&file, " the token \n").unwrap();
    mode(0o640);
    let why = |refused: NotPulled| refused.to_string();
    assert!(why(token(&file).unwrap_err()).ends_with("can be read by others: chmod 600"));
    mode(0o600);
    assert_eq!(token(&file).unwrap().expose(), "the token");
    fs::write(&file, "\n").unwrap();
    assert!(why(token(&file).unwrap_err()).ends_with("is empty"));
    assert!(why(token(dir.path()).unwrap_err()).contains("can"));
}
