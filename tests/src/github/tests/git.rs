use std::path::Path;
use std::process::Output;

use super::*;
use crate::fake::Served;

/// Real git, without this machine's configuration.
fn git(directory: &Path, arguments: &[&str]) -> Output {
    repository::isolated_git()
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap()
}

fn origin(served: &Served, token: &str) -> String {
    format!(
        "http://x-access-token:{token}@{}/{REPO}.git",
        served.address()
    )
}

fn stdout(output: &Output) -> String {
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shallow_clone_at_a_commit_that_is_no_branch_works_over_the_socket() {
    let bench = Bench::new();
    let wanted = bench.head("main");
    bench.github.push(REPO, "main", "README.md", "# Later\n");
    let served = Served::start(bench.github.router()).await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let origin = origin(&served, TOKEN);
    stdout(&git(scratch.path(), &["init", "--quiet", "clone"]));
    let clone = scratch.path().join("clone");
    stdout(&git(
        &clone,
        &["fetch", "--quiet", "--depth", "1", &origin, &wanted],
    ));
    stdout(&git(&clone, &["checkout", "--quiet", "FETCH_HEAD"]));
    assert_eq!(stdout(&git(&clone, &["rev-parse", "HEAD"])), wanted);
    assert_eq!(
        std::fs::read_to_string(clone.join("README.md")).unwrap(),
        "# Shop\n"
    );
    stdout(&git(
        scratch.path(),
        &[
            "clone",
            "--quiet",
            "--depth",
            "1",
            "--filter=blob:none",
            &origin,
            "other",
        ],
    ));
    assert_eq!(
        stdout(&git(
            &scratch.path().join("other"),
            &["rev-list", "--count", "HEAD"]
        )),
        "1"
    );
    bench.github.finish();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_clone_address_leads_back_to_the_socket_that_was_asked() {
    let bench = Bench::new();
    let served = Served::start(bench.github.router()).await.unwrap();
    let mut request = bench.request("GET", "/repos/acme/shop", &Value::Null);
    *request.uri_mut() = format!("{}/repos/acme/shop", served.origin())
        .parse()
        .unwrap();
    let response = crate::fake::Sockets::new()
        .send(request, Duration::from_secs(5))
        .await
        .unwrap();
    let body: Value = serde_json::from_slice(response.body()).unwrap();
    assert_eq!(
        body["clone_url"],
        format!("{}/acme/shop.git", served.origin())
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn git_refuses_no_token_a_bad_token_and_another_repository() {
    let bench = Bench::new();
    let served = Served::start(bench.github.router()).await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    let refused = |url: &str| {
        let output = git(scratch.path(), &["ls-remote", url]);
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(
        refused(&format!("{}/{REPO}.git", served.origin())).contains("could not read Username")
    );
    assert!(refused(&origin(&served, "nonsense")).contains("Authentication failed"));
    assert!(refused(&origin(&served, TOKEN).replace("shop", "other")).contains("not found"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_token_that_may_write_can_push() {
    let mut bench = Bench::new();
    bench.github = bench
        .github
        .with_narrow_token("reader", permissions([("contents", Level::Read)]));
    let served = Served::start(bench.github.router()).await.unwrap();
    let scratch = tempfile::tempdir().unwrap();
    stdout(&git(
        scratch.path(),
        &["clone", "--quiet", &origin(&served, "reader"), "clone"],
    ));
    let clone = scratch.path().join("clone");
    let commit = [
        "-c",
        "user.name=Ada",
        "-c",
        "user.email=a@b.c",
        "commit",
        "--quiet",
        "--allow-empty",
        "-m",
        "Mine",
    ];
    stdout(&git(&clone, &commit));
    let mine = stdout(&git(&clone, &["rev-parse", "HEAD"]));
    let push = |token: &str| {
        git(
            &clone,
            &[
                "push",
                "--quiet",
                &origin(&served, token),
                "HEAD:refs/heads/mine",
            ],
        )
    };
    let refused = push("reader");
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("403"));
    assert_eq!(bench.github.branches(REPO), ["main"]);
    stdout(&push(TOKEN));
    assert_eq!(bench.head("mine"), mine);
    assert_eq!(
        bench.get("/repos/acme/shop/git/ref/heads/mine").await.1["object"]["sha"],
        json!(mine)
    );
}

#[test]
fn a_directory_is_imported_without_what_it_ignores() {
    let scratch = tempfile::tempdir().unwrap();
    for (path, text) in [
        (".gitignore", "out\n"),
        ("out", "x"),
        ("a b.txt", "y"),
        ("x/é.txt", "z"),
    ] {
        let path = scratch.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let github = GitHub::new(TestClock::story()).with_repository(REPO, scratch.path());
    let git = github.repository(REPO);
    let paths: Vec<_> = git
        .tree("main", "", true)
        .into_iter()
        .map(|entry| entry.path)
        .collect();
    assert_eq!(paths, [".gitignore", "a b.txt", "x/é.txt"]);
    assert_eq!(
        git.commit(&git.head("main").unwrap()).unwrap().message,
        "Import the project"
    );
}

#[test]
fn a_kept_root_is_taken_up_again_as_it_is() {
    let root = tempfile::tempdir().unwrap();
    let first = GitHub::at(root.path(), TestClock::story()).with_repository(REPO, &[("a", "1")]);
    let pushed = first.push(REPO, "main", "b", "2");
    let second = GitHub::at(root.path(), TestClock::story()).with_repository(REPO, &[("a", "1")]);
    assert_eq!(second.repository(REPO).head("main"), Some(pushed));
}

#[test]
fn a_rename_and_a_binary_are_told_in_the_stats() {
    let github = GitHub::new(TestClock::story()).with_repository(
        REPO,
        &[("old.txt", "one\ntwo\nthree\nfour\n"), ("b", "1\n")],
    );
    let repository = github.repository(REPO);
    let base = repository.head("main").unwrap();
    let changes = Changes {
        additions: vec![
            ("new.txt".into(), b"one\ntwo\nthree\nfour\nfive\n".to_vec()),
            ("b".into(), b"2\n".to_vec()),
        ],
        deletions: vec!["old.txt".into()],
    };
    let author = Person::new("Ada", "ada@example.com");
    let at = "2026-02-01T00:00:00Z".parse().unwrap();
    repository
        .commit_on_branch("main", &base, &changes, "Move", (&author, &author), at)
        .unwrap();
    let stats = repository.stats(&base, "main");
    let told: Vec<_> = stats
        .iter()
        .map(|s| {
            (
                s.status,
                s.path.as_str(),
                s.previous.as_deref(),
                s.additions,
            )
        })
        .collect();
    assert_eq!(
        told,
        [('M', "b", None, 1), ('R', "new.txt", Some("old.txt"), 1)]
    );
}
