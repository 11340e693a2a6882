//! `bugbot jobs` and `bugbot model`.

use serde_json::Value;

use crate::stage::on_stage;

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "what the program prints")]
async fn a_running_fix_is_listed_shown_stopped_and_retried() {
    on_stage(&[], async |stage| {
        let job = stage.running_fix().await;
        insta::assert_snapshot!(stage.bugbot(&["jobs", "list"]).await.done(), @r"
        JOB                  COMMAND  STATE    SINCE (UTC)       COST            WHERE IT STANDS
        1479486210048000006  fix      running  2026-03-06 14:30  $0.01 of $5.00  Agent at work · 0 s · $0.01
        ");
        let shown = stage.bugbot(&["jobs", "show", &job]).await.done();
        let (shown, recorded) = shown.split_once("\nAT (UTC)").unwrap();
        assert!(
            recorded.contains("allowed   because everyone") && recorded.contains("planned   base main"),
            "{recorded}"
        );
        insta::assert_snapshot!(shown, @r"
        Job           1479486210048000006
        Command       fix
        State         running
        Stands        Agent at work · 0 s · $0.01
        Thread        1479486210048000004 https://discord.com/channels/1479486210048000001/1479486210048000004
        Requested by  1479486210048000002
        Since (UTC)   2026-03-06 14:30
        Issue         ENG-1 https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the
        Repository    acme/shop
        Branch        bugbot/eng-1-9f47b3d5
        Run           number 1
        Cost          $0.01 of $5.00

        Trace 4f311c73459c7042e4baf7be211f8af4; its lines, as they are written:
          npx wrangler tail --env consumer --format json --search 1479486210048000006
        ");
        let listed = stage.bugbot(&["jobs", "list", "--json"]).await.json();
        let mut shown = stage.bugbot(&["jobs", "show", &job, "--json"]).await.json();
        let Value::Object(listed) = &listed[0] else {
            panic!("{listed}");
        };
        for (name, value) in listed {
            assert_eq!(shown[name], *value, "{name}");
        }
        let recorded = shown["audit"].take();
        assert_eq!(recorded[0]["fact"]["what"], "allowed");
        insta::assert_snapshot!(format!("{shown:#}"), @r#"
        {
          "acceptedAt": "2026-03-06T14:30:00Z",
          "audit": null,
          "auditMissing": null,
          "command": "fix",
          "discordUrl": "https://discord.com/channels/1479486210048000001/1479486210048000004",
          "fix": {
            "about": "1479486210048000005",
            "application": "1479486210048000000",
            "branch": "bugbot/eng-1-9f47b3d5",
            "budgetUsd": 5.0,
            "channel": "1479486210048000004",
            "claims": [
              "ENG-1"
            ],
            "ended": null,
            "execution": "running",
            "failedTries": 0,
            "guild": "1479486210048000001",
            "issue": "ENG-1",
            "issueUrl": "https://linear.app/acme/issue/ENG-1/i-typed-1-for-the-mug-pressed-and-now-there-are-11-mugs-in-my-cart-and-the",
            "job": "1479486210048000006",
            "lastStep": null,
            "line": "Agent at work · 0 s · $0.01",
            "notes": [],
            "orderedAt": "2026-03-06T14:30:00Z",
            "pullRequest": null,
            "repository": "acme/shop",
            "requestedBy": "1479486210048000002",
            "rounds": 0,
            "roundsUsd": 0.0,
            "run": 1,
            "sandboxLost": false,
            "spent": {
              "costUsd": 0.01,
              "elapsedMs": 6000,
              "turns": 1
            },
            "stage": {
              "stage": "coding"
            },
            "thread": "1479486210048000004",
            "waitsUntil": null
          },
          "guild": "1479486210048000001",
          "job": "1479486210048000006",
          "line": "Agent at work · 0 s · $0.01",
          "requestedBy": "1479486210048000002",
          "state": "running",
          "thread": "1479486210048000004",
          "trace": "4f311c73459c7042e4baf7be211f8af4"
        }
        "#);

        let stopped = stage.bugbot(&["jobs", "cancel", &job]).await.done();
        insta::assert_snapshot!(stopped, @"1479486210048000006: It is being stopped; its message in the thread says when it has ended.");
        stage.world.run_until_quiet().await;
        insta::assert_snapshot!(stage.bugbot(&["jobs", "list"]).await.done(), @"No job is open.");
        let again = stage
            .bugbot(&["jobs", "cancel", &job, "--json"])
            .await
            .json();
        assert_eq!(again["changed"], false);

        stage.world.executor.play([tests::world::the_fix()]);
        let retried = stage.bugbot(&["jobs", "retry", &job]).await.done();
        assert_eq!(retried, format!("{job}-1: It is retried as {job}-1.\n"));
        stage.world.run_until_quiet().await;
        let shown = stage
            .bugbot(&["jobs", "show", &format!("{job}-1"), "--json"])
            .await
            .json();
        assert_eq!(shown["state"], "ended");
        assert!(shown["fix"]["pullRequest"].is_string(), "{shown}");
        stage.world.finish();
    })
    .await;
}

#[tokio::test]
async fn the_model_is_shut_off_and_let_through() {
    on_stage(&[], async |stage| {
        let say = async |args: &[&str]| stage.bugbot(args).await.done();
        assert_eq!(
            say(&["model", "status"]).await,
            "The model is on; no fix runs.\n"
        );
        insta::assert_snapshot!(say(&["model", "off", "--reason", "the bill"]).await, @"The model is OFF since 2026-03-06 14:30 UTC, by operator ann: the bill; no fix runs.");
        let view = stage.bugbot(&["model", "status", "--json"]).await.json();
        assert_eq!(
            (view["on"].as_bool(), view["shut"]["by"].as_str()),
            (Some(false), Some("operator ann"))
        );
        assert_eq!(
            say(&["model", "on"]).await,
            "The model is on; no fix runs.\n"
        );
    })
    .await;
}

/// What `jobs show` says of the crash report of a fix whose run fails like this.
async fn shown_of(script: tests::executor_fake::Script) -> String {
    let shown = std::cell::RefCell::new(String::new());
    on_stage(&[], async |stage| {
        let world = &stage.world;
        world.executor.play([script.clone()]);
        world.says("Alice", tests::sample::REPORT);
        let fix = tests::discord::Act::slash("bugbot fix");
        let fix = fix.option("repo", tests::world::REPOSITORY);
        world.command_and_wait("Alice", fix).await;
        let job = world.only_job().to_string();
        let said = stage.bugbot(&["jobs", "show", &job]).await.done();
        let line = said.lines().find(|line| line.starts_with("Crash report"));
        shown.replace(line.unwrap_or("nothing").to_owned());
    })
    .await;
    shown.into_inner()
}

#[tokio::test]
async fn a_report_that_is_too_large_is_said_to_be_and_where_it_is() {
    let failure = shared::executor::RunFailure::TimedOut;
    let large = vec![0; shared::http::MAX_RESPONSE_BYTES + 1];
    let fails = tests::executor_fake::Script::fails(failure);
    let fails = fails.leaving(b"more than that".to_vec()).packed_as(large);
    insta::assert_snapshot!(shown_of(fails).await, @"Crash report  crash-9f47b3d5-1.tar, 1 file, in the executor's crash-reports while it has it: 8388609 bytes are too many to be carried");
}

#[tokio::test]
async fn of_a_lost_sandbox_it_is_said_what_there_is() {
    let dies = |seconds| {
        let after = std::time::Duration::from_secs(seconds);
        let fix = tests::world::the_fix().taking(std::time::Duration::from_mins(10));
        fix.until(after, tests::executor_fake::Trouble::Dies)
    };
    insta::assert_snapshot!(shown_of(dies(100)).await, @"Crash report  none: the sandbox was lost. The work that was saved last, 1 file: bugbot jobs crash-report 1479486210048000006 --out FILE (https://gateway.test/operator/v1/jobs/1479486210048000006/crash-report)");
    insta::assert_snapshot!(shown_of(dies(30)).await, @"Crash report  none: the sandbox was lost, before any work of it was saved");
}

#[tokio::test]
async fn the_crash_report_of_a_failed_fix_is_shown_and_fetched() {
    on_stage(&[], async |stage| {
        let world = &stage.world;
        let failure = shared::executor::RunFailure::TimedOut;
        let fails = tests::executor_fake::Script::fails(failure).leaving(b"files".to_vec());
        world.executor.play([fails]);
        world.says("Alice", tests::sample::REPORT);
        let fix = tests::discord::Act::slash("bugbot fix");
        let fix = fix.option("repo", tests::world::REPOSITORY);
        world.command_and_wait("Alice", fix).await;
        let job = world.only_job().to_string();
        let shown = stage.bugbot(&["jobs", "show", &job]).await.done();
        let line = shown.lines().find(|line| line.starts_with("Crash report"));
        insta::assert_snapshot!(line.unwrap(), @"Crash report  crash-9f47b3d5-1.tar, 1 file: bugbot jobs crash-report 1479486210048000006 --out FILE (https://gateway.test/operator/v1/jobs/1479486210048000006/crash-report)");

        let place = tempfile::tempdir().unwrap();
        let out = place.path().join("files.tar");
        let out = out.to_str().unwrap();
        let fetch = ["jobs", "crash-report", &job, "--out", out];
        let said = stage.bugbot(&fetch).await.done();
        assert!(said.starts_with("5 bytes are in "), "{said}");
        assert_eq!(std::fs::read(out).unwrap(), b"files");
        let again = stage.bugbot(&fetch).await;
        assert_eq!(again.code, 5, "nothing is replaced: {again:?}");
        let other = ["jobs", "crash-report", "1479486210048009999", "--out", "x"];
        assert_eq!(stage.bugbot(&other).await.code, 5);
    })
    .await;
}
