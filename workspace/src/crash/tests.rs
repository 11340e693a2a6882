use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::Limits;

fn crash(repo: &str) -> Crash {
    Crash {
        issue_id: format!("{repo}#12"),
        repo: repo.to_owned(),
        number: 12,
        title: "Eleven mugs".to_owned(),
        error: "the agent failed".to_owned(),
    }
}

fn now() -> Timestamp {
    "2026-11-21T15:59:00.5Z".parse().unwrap()
}

#[test]
fn a_report_is_a_snapshot_with_a_record_beside_it() {
    let data = tempfile::tempdir().unwrap();
    fs::write(data.path().join("cart.js"), "11").unwrap();
    let capture = Capture::of(data.path(), &Limits::default()).unwrap();
    let report = write(data.path(), &crash("acme/shop"), &capture, now()).unwrap();
    let place = data.path().join("crash-reports");
    let stem = "crash-acme-shop-issue-12-20261121-155900";
    assert_eq!(report.tar, place.join(format!("{stem}.tar")));
    let bytes = fs::read(&report.tar).unwrap();
    assert_eq!(report.record.size, bytes.len() as u64);
    assert_eq!(
        snapshot::read(bytes.as_slice(), &Limits::default()).unwrap(),
        capture
    );
    let record = fs::read_to_string(place.join(format!("{stem}.json"))).unwrap();
    let fields: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(
        fields,
        serde_json::json!({
            "issueId": "acme/shop#12",
            "repo": "acme/shop",
            "number": 12,
            "title": "Eleven mugs",
            "error": "the agent failed",
            "timestamp": "2026-11-21T15:59:00.5Z",
            "files": 1,
            "size": bytes.len(),
        })
    );
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&place), mode(&report.tar)), (0o700, 0o600));
}

#[test]
fn two_in_a_second_are_two() {
    let data = tempfile::tempdir().unwrap();
    let write = || write(data.path(), &crash("a/b"), &Capture::default(), now()).unwrap();
    let (first, second) = (write(), write());
    assert_ne!(first.tar, second.tar);
    assert!(second.tar.to_str().unwrap().ends_with("-155900-2.tar"));
    let names = fs::read_dir(data.path().join("crash-reports")).unwrap();
    assert_eq!(names.count(), 4, "and no draft");
}

#[test]
fn a_repository_does_not_choose_the_place() {
    for repo in [
        "../../etc",
        "a\\b:c",
        "\n\0",
        &"x".repeat(5000),
        "ü".repeat(99).as_str(),
    ] {
        let data = tempfile::tempdir().unwrap();
        let report = write(data.path(), &crash(repo), &Capture::default(), now()).unwrap();
        let place = data.path().join("crash-reports");
        assert_eq!(report.tar.parent(), Some(&*place), "{repo}");
        assert!(report.tar.exists());
    }
    let crash = crash("git.example:8443\\acme/shop");
    let stem = stem(&crash, now());
    assert!(
        stem.starts_with("crash-git.example-8443-acme-shop-issue-12-"),
        "{stem}"
    );
}
