//! `bugbot workspace`: from a directory to a snapshot and back, without asking anybody.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::stage::{Ran, program, ran};

async fn workspace(at: &Path, words: &[&str]) -> Ran {
    let words = [&["workspace"], words].concat();
    ran(program(&words).current_dir(at)).await
}

fn place() -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    let shop = place.path().join("shop");
    fs::create_dir_all(shop.join("src")).unwrap();
    fs::create_dir(shop.join(".git")).unwrap();
    fs::write(shop.join(".git/config"), "token").unwrap();
    fs::write(shop.join("src/cart.js"), "quantity").unwrap();
    fs::write(shop.join("big"), vec![0; 1024 * 1024 + 1]).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", shop.join("link")).unwrap();
    place
}

#[tokio::test]
async fn what_is_captured_comes_back_and_what_is_not_is_named() {
    let place = place();
    let at = place.path();
    let captured = workspace(at, &["capture", "shop", "--json"]).await.json();
    let expected = json!({
        "files": 1,
        "bytes": 8,
        "skipped": [
            {"path": "big", "why": "larger than a file may be"},
            {"path": "link", "why": "a link"},
        ],
    });
    assert_eq!(captured, expected);
    let said = workspace(at, &["snapshot", "shop", "--out", "shop.tar"]).await;
    insta::assert_snapshot!(said.done(), @r"
    1 files of 8 bytes are in shop.tar.

    LEFT OUT  WHY
    big       larger than a file may be
    link      a link
    ");
    workspace(at, &["snapshot", "shop", "--out", "again.tar"])
        .await
        .done();
    let bytes = |name: &str| fs::read(at.join(name)).unwrap();
    assert_eq!(bytes("shop.tar"), bytes("again.tar"));

    workspace(at, &["restore", "shop.tar", "copy"]).await.done();
    assert_eq!(bytes("copy/src/cart.js"), b"quantity");
    let same = workspace(at, &["diff", "shop.tar", "copy"]).await.done();
    assert_eq!(same, "Nothing differs.\n");
    fs::write(at.join("copy/src/cart.js"), "number").unwrap();
    fs::write(at.join("copy/new\nline"), "").unwrap();
    let differs = workspace(at, &["diff", "shop.tar", "copy"]).await.done();
    insta::assert_snapshot!(differs, @r"
    WHAT     FILE
    added    new\nline
    changed  src/cart.js
    ");
    let listed = workspace(at, &["ls", "shop.tar"]).await.done();
    insta::assert_snapshot!(listed, @r"
    BYTES  FILE
    8      src/cart.js
    ");
}

#[tokio::test]
async fn nothing_is_replaced_and_nothing_hostile_is_taken() {
    let place = place();
    let at = place.path();
    workspace(at, &["snapshot", "shop", "--out", "shop.tar"])
        .await
        .done();
    for again in [
        &["snapshot", "shop", "--out", "shop.tar"][..],
        &["restore", "shop.tar", "shop"],
    ] {
        let refused = workspace(at, again).await;
        assert_eq!(refused.code, 5, "{refused:?}");
    }
    let missing = workspace(at, &["capture", "nowhere"]).await;
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(
        missing
            .err
            .contains("nowhere: the directory cannot be read")
    );
    // `tar` takes what we do not.
    let done = std::process::Command::new("tar")
        .args([
            "--absolute-names",
            "-cf",
            "evil.tar",
            "shop/../shop/src/cart.js",
        ])
        .current_dir(at)
        .status();
    assert!(done.unwrap().success());
    let refused = workspace(at, &["restore", "evil.tar", "out"]).await;
    assert_eq!(refused.code, 1);
    assert!(refused.err.contains("it leads elsewhere"), "{refused:?}");
    assert!(!at.join("out").exists());
}
