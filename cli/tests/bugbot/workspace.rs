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
    // What was left out may differ, and is named.
    let partly = workspace(at, &["diff", "shop.tar", "shop"]).await.done();
    insta::assert_snapshot!(partly, @r"
    Nothing differs.

    LEFT OUT  WHY
    big       larger than a file may be
    link      a link
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

/// The program with something on its standard input.
async fn told(at: &Path, words: &[&str], input: &[u8]) -> Ran {
    use tokio::io::AsyncWriteExt as _;
    let words = [&["workspace"], words].concat();
    let mut command = program(&words);
    command
        .current_dir(at)
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(input).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

#[tokio::test]
async fn a_bundle_is_sealed_and_opened_by_its_password_only() {
    let place = place();
    let at = place.path();
    let done = workspace(at, &["bundle", "shop", "--out", "shop.tim"]).await;
    assert_eq!(done.done(), "1 files of 8 bytes are in shop.tim.\n");
    let listed = workspace(at, &["ls", "shop.tim", "--json"]).await.json();
    let listed: Vec<_> = listed.as_array().unwrap().iter().collect();
    let names: Vec<_> = listed.iter().map(|file| &file["path"]).collect();
    assert_eq!(names, ["config.json", "rootfs/src/cart.js"]);

    let seal = ["seal", "shop.tim", "--out", "shop.stim"];
    let sealed = told(at, &seal, b"a short one\n").await.done();
    insta::assert_snapshot!(sealed, @r"
    1 files of 8 bytes are in shop.stim.
    The key is one SHA-256 of the password, as the format has it: whoever has the file can try billions of passwords a second. It protects as much as the password is long and random.
    This one is short.
    ");
    let bytes = |name: &str| fs::read(at.join(name)).unwrap();
    assert!(bytes("shop.stim").starts_with(b"STIM\x02"));
    assert!(!bytes("shop.stim").windows(8).any(|it| it == b"quantity"));

    // The line's end is not the password's; a file will do.
    fs::write(at.join("password"), "a short one\r\nnote: from 2026").unwrap();
    let by_file = ["--password-file", "password"];
    let open = ["open", "shop.stim", "--out", "again.tim"];
    workspace(at, &[&open[..], &by_file].concat()).await.done();
    assert_eq!(bytes("again.tim"), bytes("shop.tim"));
    let again = told(at, &open, b"a short one").await;
    assert_eq!(again.code, 5, "nothing is replaced: {again:?}");

    let open = ["open", "shop.stim", "--out", "other.tim"];
    let wrong = told(at, &open, b"another one").await;
    assert_eq!((wrong.code, wrong.out.as_str()), (4, ""));
    assert!(
        wrong.err.contains("the password does not open it"),
        "{wrong:?}"
    );
    for nothing in [&b""[..], b"\n", &[b'x'; 5000]] {
        let refused = told(at, &open, nothing).await;
        assert_eq!(refused.code, 4, "{refused:?}");
    }
    let no_bundle = told(at, &["seal", "password", "--out", "x"], b"pw").await;
    assert_eq!(no_bundle.code, 1, "{no_bundle:?}");
    assert!(!at.join("other.tim").exists() && !at.join("x").exists());
}

/// Says something only where there is `runc`: on the `PATH`, or named by `RUNC`.
#[tokio::test]
async fn a_container_runtime_takes_a_bundle() {
    let runc = std::env::var("RUNC").unwrap_or_else(|_| "runc".to_owned());
    let asked = std::process::Command::new(&runc).arg("--version").output();
    if !asked.is_ok_and(|asked| asked.status.success()) {
        eprintln!("skipped: there is no runc");
        return;
    }
    let place = place();
    let at = place.path();
    for (name, rootless) in [("root", false), ("user", true)] {
        let tar = format!("{name}.tim");
        let mut words = vec!["bundle", "shop", "--out", &tar];
        words.extend(rootless.then_some("--rootless"));
        workspace(at, &words).await.done();
        workspace(at, &["restore", &tar, name]).await.done();
        let bundle = at.join(name);
        // Nothing in it can be executed: a shell comes with this machine's directories.
        let config = bundle.join("config.json");
        let text = fs::read_to_string(&config).unwrap();
        let mut value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mounts = value["mounts"].as_array_mut().unwrap();
        for directory in ["/usr", "/bin", "/lib", "/lib64"] {
            if Path::new(directory).exists() {
                let from_here = json!({
                    "destination": directory, "type": "bind", "source": directory,
                    "options": ["rbind", "ro"],
                });
                mounts.push(from_here);
            }
        }
        let script = "cat /src/cart.js; id -u; touch /new || echo read-only";
        value["process"]["args"] = json!(["/bin/sh", "-c", script]);
        fs::write(&config, value.to_string()).unwrap();
        let state = at.join(format!("{name}.state"));
        let id = format!("bugbot-test-{name}-{}", std::process::id());
        let ran = std::process::Command::new(&runc)
            .args(["--root", state.to_str().unwrap(), "run", "--bundle"])
            .args([bundle.to_str().unwrap(), &id])
            .output()
            .unwrap();
        let err = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{name}: {err}");
        let out = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(out, "quantity0\nread-only\n", "{name}: {err}");
    }
}
