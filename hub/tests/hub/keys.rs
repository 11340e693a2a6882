//! Keys: how they are had, lost and had again.

use hub::{Answer, HubError, Login, Secret, Trouble};
use tests::bugseti::{Effect, FORGE, Generation};
use tests::fault::Fault;

use crate::stage::{HUB, Stage, claim, id, login, read};

const FORGE_CALL: &str = "POST /api/bugseti/auth/forge";

fn keys(stage: &Stage) -> usize {
    let portal = stage.portal.lock();
    let effects = portal.effects.iter();
    effects.filter(|it| matches!(it, Effect::Key(_))).count()
}

#[tokio::test]
async fn a_login_keeps_the_key_to_itself_and_makes_the_client_known() {
    let (stage, hub) = Stage::logged_in().await;
    let config = read(&stage.file("ann", "config.json"));
    assert_eq!(config["hubToken"], format!("ak_{:032}", 1));
    let id = config["clientId"].as_str().unwrap();
    assert!(
        id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
        "{id}"
    );
    assert_eq!(stage.portal.lock().clients[id], "ann");
    #[cfg(unix)]
    for file in ["config.json", "data/hub_pending.json"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(stage.file("ann", file))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    // Again is as good as once.
    hub.login(Login::default()).await.unwrap();
    assert_eq!(hub.config().unwrap().client_id.as_deref(), Some(id));
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_key_that_is_not_good_any_more_is_replaced_once_by_writes_and_reads() {
    let (stage, hub) = Stage::logged_in().await;
    stage.portal.forget_keys();
    let sent = hub.claim(&claim("acme/shop#1")).await.unwrap();
    assert!(matches!(sent.answer, Answer::Done(_)), "{sent:?}");
    assert_eq!(keys(&stage), 2);
    stage.portal.forget_keys();
    assert!(hub.show(&id("acme/shop#1")).await.unwrap().value.is_some());
    assert_eq!(keys(&stage), 3);
    assert_eq!(
        stage.portal.requests_to("POST /api/bugseti/register").len(),
        3
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_hub_that_takes_no_key_is_asked_for_one_only_once() {
    for read in [false, true] {
        let (stage, hub) = Stage::logged_in().await;
        let call = if read {
            "GET /api/bugseti/stats"
        } else {
            "POST /api/bugseti/heartbeat"
        };
        stage.portal.fail_next(call, Fault::BeforeEffect(401), 2);
        if read {
            let error = hub.stats().await.unwrap_err();
            assert!(
                matches!(error, HubError::NoAnswer(Trouble::LockedOut(_))),
                "{error}"
            );
        } else {
            let sent = hub.heartbeat().await.unwrap();
            assert!(
                matches!(sent.answer, Answer::Queued(Trouble::LockedOut(_))),
                "{sent:?}"
            );
            assert_eq!(stage.pending("ann"), ["heartbeat"]);
        }
        assert_eq!(keys(&stage), 2);
        assert_eq!(
            hub.heartbeat().await.unwrap().answer,
            Answer::Done(()),
            "the next call is let in"
        );
        stage.portal.finish(&[]);
    }
}

#[tokio::test]
async fn without_a_forge_a_lost_key_is_the_users_matter_and_the_write_waits() {
    let (stage, hub) = Stage::logged_in().await;
    let file = stage.file("ann", "config.json");
    let mut config = read(&file);
    config.as_object_mut().unwrap().remove("forgeToken");
    std::fs::write(&file, config.to_string()).unwrap();
    stage.portal.forget_keys();
    let sent = hub.claim(&claim("acme/shop#1")).await.unwrap();
    assert!(
        matches!(sent.answer, Answer::Queued(Trouble::LockedOut(_))),
        "{sent:?}"
    );
    assert_eq!(read(&file).get("hubToken"), None, "it is cleared");
    assert_eq!(stage.pending("ann"), ["claim of acme/shop#1"]);
    let (_, drained) = hub.login(login("ann")).await.unwrap();
    assert_eq!(drained.settled.len(), 1, "the login sent what waited");
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_refused_login_changes_nothing_and_an_unheard_one_is_kept() {
    let (stage, hub) = Stage::logged_in().await;
    let before = read(&stage.file("ann", "config.json"));
    let wrong = Login {
        forge_token: Some(Secret::new("wrong")),
        name: Some("eve".to_owned()),
        ..Login::default()
    };
    let error = hub.login(wrong).await.unwrap_err();
    assert!(
        matches!(error, HubError::NoAnswer(Trouble::LockedOut(_))),
        "{error}"
    );
    assert_eq!(read(&stage.file("ann", "config.json")), before);

    let bob = stage.stranger("bob");
    stage.portal.fail_next(FORGE_CALL, Fault::DropAfter, 1);
    let error = bob.login(login("bob")).await.unwrap_err();
    assert!(
        matches!(error, HubError::NoAnswer(Trouble::Unreachable(_))),
        "{error}"
    );
    let sent = bob.claim(&claim("acme/shop#1")).await.unwrap();
    assert!(
        matches!(sent.answer, Answer::Done(_)),
        "the next call logs in: {sent:?}"
    );
    stage.portal.finish(&[]);
}

#[tokio::test]
async fn a_key_goes_to_no_other_hub() {
    let stage = Stage::new(Generation::Both);
    let hub = stage.client("ann").await;
    let elsewhere = Login {
        hub_url: Some("http://hub.test".to_owned()),
        ..Login::default()
    };
    let error = hub.login(elsewhere).await.unwrap_err();
    assert!(error.to_string().contains("in the clear"), "{error}");
    assert_eq!(hub.config().unwrap().hub_url.as_deref(), Some(HUB));
}

#[tokio::test]
async fn a_client_that_was_told_nothing_queues_nothing() {
    let stage = Stage::new(Generation::Both);
    let hub = stage.stranger("ann");
    let error = hub.claim(&claim("acme/shop#1")).await.unwrap_err();
    assert!(matches!(error, HubError::NotSetUp(_)), "{error}");
    assert!(!stage.file("ann", "data/hub_pending.json").exists());
    let half = Login {
        hub_url: Some(HUB.to_owned()),
        forge_url: Some(FORGE.to_owned()),
        ..Login::default()
    };
    let error = hub.login(half).await.unwrap_err();
    assert!(error.to_string().contains("token of the forge"), "{error}");
}
