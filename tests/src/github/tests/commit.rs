use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::*;

const MUTATION: &str = "mutation($input: CreateCommitOnBranchInput!) { createCommitOnBranch(input: $input) { \
                        commit { oid url signature { isValid } } ref { name target { oid } } } }";

type Additions<'a> = &'a [(&'a str, &'a str)];

fn input(head: &str, additions: Additions<'_>, deletions: &[&str]) -> Value {
    let additions = additions
        .iter()
        .map(|(path, text)| json!({ "path": path, "contents": STANDARD.encode(text) }));
    json!({ "input": {
        "branch": { "repositoryNameWithOwner": REPO, "branchName": "main" },
        "expectedHeadOid": head,
        "message": { "headline": "Sum the prices", "body": "Counting is not adding." },
        "fileChanges": {
            "additions": additions.collect::<Vec<_>>(),
            "deletions": deletions.iter().map(|path| json!({ "path": path })).collect::<Vec<_>>(),
        },
    } })
}

#[tokio::test]
async fn a_commit_by_the_api_is_in_gits_own_log_with_the_right_tree() {
    let bench = Bench::new();
    let base = bench.head("main");
    let input = input(
        &base,
        &[("src/cart.ts", "export {};\n"), ("src/deep/er.ts", "1;\n")],
        &["README.md"],
    );
    let body = bench.graphql(MUTATION, input).await;
    let made = &body["data"]["createCommitOnBranch"];
    let oid = made["commit"]["oid"].as_str().unwrap();
    assert_eq!(
        (&made["ref"]["name"], &made["ref"]["target"]["oid"]),
        (&json!("main"), &json!(oid))
    );
    assert_eq!(made["commit"]["signature"]["isValid"], true);
    let git = bench.github.repository(REPO);
    let log = git.git(["log", "--format=%s|%b|%P", "-1", "main"]).unwrap();
    assert_eq!(
        String::from_utf8(log).unwrap().trim(),
        format!("Sum the prices|Counting is not adding.|{base}")
    );
    let names = git.git(["ls-tree", "-r", "--name-only", oid]).unwrap();
    assert_eq!(
        String::from_utf8(names).unwrap(),
        "server/total.go\nsrc/cart.ts\nsrc/checkout.ts\nsrc/deep/er.ts\n"
    );
    assert_eq!(git.file("main", "src/deep/er.ts").unwrap(), b"1;\n");
    insta::assert_snapshot!(git.diff(&base, "main").unwrap().lines().filter(|l| l.starts_with("diff")).collect::<Vec<_>>().join("\n"), @r"
    diff --git a/README.md b/README.md
    diff --git a/src/cart.ts b/src/cart.ts
    diff --git a/src/deep/er.ts b/src/deep/er.ts
    ");
    bench.github.finish();
}

#[tokio::test]
async fn a_stale_head_is_refused_in_githubs_words_and_nothing_moves() {
    let bench = Bench::new();
    let stale = bench.head("main");
    let moved = bench.github.push(REPO, "main", "README.md", "# Moved\n");
    let body = bench
        .graphql(MUTATION, input(&stale, &[("src/a.ts", "1")], &[]))
        .await;
    assert_eq!(body["data"], json!({ "createCommitOnBranch": null }));
    assert_eq!(body["errors"][0]["type"], "STALE_DATA");
    assert_eq!(body["errors"][0]["path"], json!(["createCommitOnBranch"]));
    let message =
        format!("Expected branch to point to \"{stale}\" but it did not.  Pull and try again.");
    assert_eq!(body["errors"][0]["message"], json!(message));
    assert_eq!(bench.head("main"), moved);
}

#[tokio::test]
async fn what_cannot_be_committed_whole_is_not_committed_at_all() {
    let bench = Bench::new();
    let head = bench.head("main");
    let all: [(Additions, &[&str]); 6] = [
        (&[("src/a.ts", "1")], &["nothing.ts"]),
        (&[("src/../../etc/passwd", "1")], &[]),
        (&[(".git/config", "1")], &[]),
        (&[("src/cart.ts/inside", "1")], &[]),
        (&[("src/a.ts", "1"), ("src/a.ts", "2")], &[]),
        (&[("README.md", "# Shop\n")], &[]),
    ];
    for (additions, deletions) in all {
        let body = bench
            .graphql(MUTATION, input(&head, additions, deletions))
            .await;
        assert_eq!(
            body["errors"][0]["type"], "UNPROCESSABLE",
            "{additions:?} {deletions:?}"
        );
        assert_eq!(bench.head("main"), head);
    }
    let mut bad = input(&head, &[("src/a.ts", "1")], &[]);
    bad["input"]["fileChanges"]["additions"][0]["contents"] = json!("not base64!");
    assert_eq!(
        bench.graphql(MUTATION, bad).await["errors"][0]["type"],
        "UNPROCESSABLE"
    );
    let mut nowhere = input(&head, &[("src/a.ts", "1")], &[]);
    nowhere["input"]["branch"]["branchName"] = json!("nowhere");
    assert_eq!(
        bench.graphql(MUTATION, nowhere).await["errors"][0]["type"],
        "NOT_FOUND"
    );
}

#[tokio::test]
async fn an_executable_stays_executable() {
    let bench = Bench::new();
    let git = bench.github.repository(REPO);
    let blob = git.git(["rev-parse", "main:README.md"]).unwrap();
    let blob = String::from_utf8(blob).unwrap();
    let index = git.path().join("test.index");
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new("git");
        command
            .env("GIT_DIR", git.path())
            .env("GIT_INDEX_FILE", &index)
            .args(arguments);
        String::from_utf8(command.output().unwrap().stdout)
            .unwrap()
            .trim()
            .to_owned()
    };
    run(&["read-tree", "main"]);
    run(&[
        "update-index",
        "--add",
        "--cacheinfo",
        &format!("100755,{},run.sh", blob.trim()),
    ]);
    let tree = run(&["write-tree"]);
    let author = Person::new("Ada", "ada@example.com");
    let base = bench.head("main");
    let at = "2026-02-01T00:00:00Z".parse().unwrap();
    let commit = git
        .commit_tree(&tree, &[&base], "Add run.sh", &author, &author, at)
        .unwrap();
    git.move_ref("refs/heads/main", &commit, Some(&base))
        .unwrap();
    bench
        .graphql(MUTATION, input(&commit, &[("run.sh", "#!/bin/sh\n")], &[]))
        .await;
    let mode = git.entry(&bench.head("main"), "run.sh").unwrap().mode;
    assert_eq!(mode, "100755");
}

#[tokio::test]
async fn a_token_without_contents_write_commits_nothing() {
    let mut bench = Bench::new();
    bench.github = bench
        .github
        .with_narrow_token("reader", permissions([("contents", Level::Read)]));
    bench.token = "reader".to_owned();
    let head = bench.head("main");
    let body = bench
        .graphql(MUTATION, input(&head, &[("src/a.ts", "1")], &[]))
        .await;
    assert_eq!(body["errors"][0]["type"], "FORBIDDEN");
    assert_eq!(bench.head("main"), head);
}

#[tokio::test]
async fn a_query_that_the_schema_does_not_know_is_refused_and_noted() {
    let bench = Bench::new();
    let body = bench
        .graphql(
            "{ repository(owner: \"acme\", name: \"shop\") { stars } }",
            json!({}),
        )
        .await;
    assert!(body["errors"].to_string().contains("stars"), "{body}");
    assert_eq!(bench.github.take_violations().len(), 1);
}

#[tokio::test]
async fn look_ups_give_the_fields_asked_for_and_no_others() {
    let bench = Bench::new();
    bench.branch("work");
    bench
        .call(
            "POST",
            "/repos/acme/shop/pulls",
            json!({ "title": "T", "head": "work", "base": "main" }),
        )
        .await;
    let query = "query($head: String!) { repository(owner: \"acme\", name: \"shop\") { \
                 defaultBranchRef { name target { oid } } missing: ref(qualifiedName: \"refs/heads/x\") { name } \
                 pullRequests(first: 1, headRefName: $head, states: [OPEN]) { nodes { number url } } } }";
    let body = bench.graphql(query, json!({ "head": "work" })).await;
    assert_eq!(
        body["data"]["repository"],
        json!({
            "defaultBranchRef": { "name": "main", "target": { "oid": bench.head("main") } },
            "missing": null,
            "pullRequests": { "nodes": [{ "number": 1, "url": "https://github.com/acme/shop/pull/1" }] },
        })
    );
    let unbounded =
        "{ repository(owner: \"acme\", name: \"shop\") { pullRequests { totalCount } } }";
    let body = bench.graphql(unbounded, json!({})).await;
    assert_eq!(body["errors"][0]["type"], "MISSING_PAGINATION_BOUNDARIES");
    let missing = bench
        .graphql(
            "{ repository(owner: \"acme\", name: \"none\") { id } }",
            json!({}),
        )
        .await;
    assert_eq!(
        (
            &missing["data"]["repository"],
            &missing["errors"][0]["type"]
        ),
        (&Value::Null, &json!("NOT_FOUND"))
    );
}
