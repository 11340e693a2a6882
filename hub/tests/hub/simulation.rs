//! Any writes, with a fault or the process's death at any call: afterwards the hub has seen all of
//! them, in order, and nothing that they did was done twice.
//!
//! Death here is a future that is dropped while the hub is asked, before or after the effect: what is
//! on the disk then is all that the next process has. Deaths between two calls are the business of
//! the kill test of the whole program.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use hub::{Hub, Status};
use jiff::Timestamp;
use proptest::prelude::*;
use shared::http::{Http, Request, Response, Unreachable};
use shared::ports::Clock;
use tests::bugseti::Effect;
use tests::fault::Fault;

use crate::stage::{Ports, Stage, claim, id, status};

#[derive(Debug, Clone)]
enum Act {
    Claim(&'static str),
    Status(&'static str, Status),
    Release(&'static str),
    Heartbeat,
    Show(&'static str),
}

/// What happens to the calls of an act.
#[derive(Debug, Clone)]
enum Luck {
    Good,
    Fails(Fault),
    /// Every key is forgotten.
    Forgotten,
    /// Death at the call of this number.
    Dies {
        call: u32,
        after_effect: bool,
    },
}

/// Ports at which a process dies.
struct Mortal {
    ports: Ports,
    calls_left: Rc<Cell<Option<u32>>>,
    after_effect: bool,
}

impl Http for Mortal {
    async fn send(&self, request: Request, within: Duration) -> Result<Response, Unreachable> {
        match self.calls_left.get() {
            Some(0) => {
                if self.after_effect {
                    let _ = self.ports.send(request, within).await;
                }
                self.calls_left.set(None);
                std::future::pending().await
            }
            left => {
                self.calls_left.set(left.map(|n| n - 1));
                self.ports.send(request, within).await
            }
        }
    }
}

impl Clock for Mortal {
    fn now(&self) -> Timestamp {
        self.ports.now()
    }
}

impl Act {
    async fn perform<P: Http + Clock>(&self, hub: &Hub<P>) {
        let done = match self {
            Self::Claim(issue) => hub.claim(&claim(issue)).await.map(|_| ()),
            Self::Status(issue, word) => hub.status(&status(issue, *word)).await.map(|_| ()),
            Self::Release(issue) => hub.release(&id(issue)).await.map(|_| ()),
            Self::Heartbeat => hub.heartbeat().await.map(|_| ()),
            // With no answer and no cache, it is an error.
            Self::Show(issue) => return drop(hub.show(&id(issue)).await),
        };
        done.unwrap();
    }

    /// What it does to the claims of a client that is alone.
    fn effect(&self, claims: &mut BTreeMap<&'static str, Status>) -> Option<Effect> {
        match self {
            Self::Claim(issue) if !claims.contains_key(issue) => {
                claims.insert(issue, Status::Claimed);
                Some(Effect::Claimed((*issue).to_owned(), String::new()))
            }
            Self::Status(issue, word) if claims.get(issue).is_some_and(|it| it != word) => {
                claims.insert(issue, *word);
                Some(Effect::Status(
                    (*issue).to_owned(),
                    word.as_str().to_owned(),
                ))
            }
            Self::Release(issue) => {
                let gone = claims.remove(issue);
                gone.map(|_| Effect::Released((*issue).to_owned()))
            }
            _ => None,
        }
    }
}

async fn play(acts: Vec<(Act, Luck)>, knows_owners: bool) {
    let (stage, hub) = Stage::logged_in().await;
    stage.portal.lock().knows_owners = knows_owners;
    for (act, luck) in &acts {
        match luck {
            Luck::Good => act.perform(&hub).await,
            Luck::Fails(fault) => {
                stage.portal.fail_next("*", fault.clone(), 1);
                act.perform(&hub).await;
            }
            Luck::Forgotten => {
                stage.portal.forget_keys();
                act.perform(&hub).await;
            }
            Luck::Dies { call, after_effect } => {
                let calls_left = Rc::new(Cell::new(Some(*call)));
                let mortal = Mortal {
                    ports: stage.ports(),
                    calls_left: calls_left.clone(),
                    after_effect: *after_effect,
                };
                let mortal = Hub::new(stage.home("ann"), mortal);
                let dead = async {
                    while calls_left.get().is_some() {
                        tokio::task::yield_now().await;
                    }
                };
                tokio::select! {
                    () = act.perform(&mortal) => {}
                    () = dead => {}
                }
            }
        }
        stage.clock.advance(Duration::from_secs(6));
    }
    // Twice: the first of them may meet a fault that has not struck yet.
    for _ in 0..2 {
        hub.heartbeat().await.unwrap();
        stage.clock.advance(Duration::from_secs(6));
    }
    assert!(stage.pending("ann").is_empty());
    let mut claims = BTreeMap::new();
    let expected: Vec<_> = acts
        .iter()
        .filter_map(|(act, _)| act.effect(&mut claims))
        .collect();
    let seen: Vec<_> = stage
        .portal
        .lock()
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Key(_) => None,
            Effect::Claimed(issue, _) => Some(Effect::Claimed(issue.clone(), String::new())),
            other => Some(other.clone()),
        })
        .collect();
    assert_eq!(seen, expected);
    assert!(stage.portal.take_violations().is_empty());
}

fn act() -> impl Strategy<Value = Act> {
    let issue = || prop::sample::select(vec!["acme/shop#1", "acme/shop#2"]);
    let word = prop::sample::select(Status::ALL.to_vec());
    prop_oneof![
        3 => issue().prop_map(Act::Claim),
        3 => (issue(), word).prop_map(|(issue, word)| Act::Status(issue, word)),
        2 => issue().prop_map(Act::Release),
        1 => Just(Act::Heartbeat),
        1 => issue().prop_map(Act::Show),
    ]
}

fn luck() -> impl Strategy<Value = Luck> {
    let retry_after = Duration::from_secs(5);
    let faults = vec![
        Fault::DropBefore,
        Fault::DropAfter,
        Fault::BeforeEffect(500),
        Fault::AfterEffect(502),
        Fault::RateLimit { retry_after },
    ];
    let dies = (0..4_u32, any::<bool>());
    prop_oneof![
        2 => Just(Luck::Good),
        3 => prop::sample::select(faults).prop_map(Luck::Fails),
        1 => Just(Luck::Forgotten),
        3 => dies.prop_map(|(call, after_effect)| Luck::Dies { call, after_effect }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn nothing_is_lost_and_nothing_is_doubled(
        acts in prop::collection::vec((act(), luck()), 1..16),
        knows_owners in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(acts, knows_owners));
    }
}
