//! Disks that take nothing more.

use std::fs;
use std::path::PathBuf;

use hub::{Answer, HubError};
use serde_json::json;
use tests::fault::Fault;

use crate::stage::{Stage, claim, id, read};

const MUGS: &str = "acme/shop#12";

/// While it lives, this file of Ann's cannot be replaced: where its draft would be there is a folder.
struct Full(PathBuf);

impl Full {
    fn of(stage: &Stage, file: &str) -> Self {
        let draft = stage.file("ann", &format!("data/.{file}.new"));
        fs::create_dir(&draft).unwrap();
        Self(draft)
    }
}

impl Drop for Full {
    fn drop(&mut self) {
        fs::remove_dir(&self.0).unwrap();
    }
}

fn is_the_disks<T: std::fmt::Debug>(result: &Result<T, HubError>) {
    assert!(matches!(result, Err(HubError::Disk(_))), "{result:?}");
}

#[tokio::test]
async fn a_write_that_cannot_be_written_down_is_not_sent() {
    let (stage, hub) = Stage::logged_in().await;
    let before = stage.portal.requests().len();
    let full = Full::of(&stage, "hub_pending.json");
    is_the_disks(&hub.claim(&claim(MUGS)).await);
    assert_eq!(stage.portal.requests().len(), before);
    drop(full);
    assert_eq!(hub.show(&id(MUGS)).await.unwrap().value, None);
    let sent = hub.claim(&claim(MUGS)).await.unwrap();
    assert!(matches!(sent.answer, Answer::Done(_)), "{sent:?}");
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn what_the_hub_took_counts_once_though_it_could_not_be_recorded() {
    let (stage, hub) = Stage::logged_in().await;
    let full = Full::of(&stage, "hub_state.json");
    for _ in 0..3 {
        is_the_disks(&hub.claim(&claim(MUGS)).await);
    }
    assert!(stage.pending("ann").contains(&format!("claim of {MUGS}")));
    drop(full);
    let seen = hub.show(&id(MUGS)).await.unwrap();
    assert!(seen.value.is_some());
    assert_eq!(seen.drained.waiting, 0);
    let kept = read(&stage.file("ann", "data/hub_state.json"));
    assert_eq!(kept["work"].as_object().unwrap().len(), 1);
    assert_eq!(kept["refused"], json!([]));
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn an_answer_that_cannot_be_kept_is_an_answer() {
    let (stage, hub) = Stage::logged_in().await;
    hub.show(&id(MUGS)).await.unwrap();
    hub.claim(&claim(MUGS)).await.unwrap();
    let full = Full::of(&stage, "hub_cache.json");
    let seen = hub.show(&id(MUGS)).await.unwrap();
    assert!(seen.value.is_some() && seen.cached.is_none(), "{seen:?}");
    // The one of before is whole.
    stage.portal.fail_next("*", Fault::DropBefore, 1);
    let old = hub.show(&id(MUGS)).await.unwrap();
    assert_eq!((old.value, old.cached.is_some()), (None, true));
    drop(full);
    stage.portal.finish(&[]);
}
