//! Exit codes, and errors that say what to do.

use serde_json::Value;

use crate::stage::{on_stage, program, ran};

#[tokio::test]
async fn each_kind_of_trouble_has_its_exit_code_and_its_advice() {
    on_stage(&[], async |stage| {
        let nobody = format!("http://{}", closed_port());
        let unknown = ["jobs", "show", "123456789012345678"];
        for (code, word, command) in [
            (
                3,
                "did not answer",
                stage.program(&["jobs", "list", "--url", &nobody]),
            ),
            (
                3,
                "did not answer",
                stage.program(&["doctor", "--url", &nobody]),
            ),
            (4, "not the operator's", {
                let mut command = stage.program(&["jobs", "list"]);
                command.env("BUGBOT_OPERATOR_TOKEN", "another-token-of-someone");
                command
            }),
            (4, "BUGBOT_OPERATOR_TOKEN", {
                let mut command = stage.program(&["jobs", "list"]);
                command.env_remove("BUGBOT_OPERATOR_TOKEN");
                command
            }),
            (4, "BUGBOT_URL", {
                let mut command = stage.program(&["jobs", "list"]);
                command.env_remove("BUGBOT_URL");
                command
            }),
            (5, "No job", stage.program(&unknown)),
            (5, "no dead letter", stage.program(&["dlq", "replay", "1"])),
            (2, "Usage", stage.program(&["jobs", "dance"])),
            (2, "required", stage.program(&["dlq", "replay"])),
        ] {
            let mut command = command;
            let said = ran(&mut command).await;
            assert_eq!(said.code, code, "{said:?}");
            assert!(said.err.contains(word), "{said:?}");
            assert_eq!(said.out, "");
        }
        let json = ran(stage.program(&unknown).arg("--json")).await;
        assert_eq!((json.code, json.err.as_str()), (5, ""));
        let error: Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(error["error"]["code"], "notPossible");
    })
    .await;
}

#[tokio::test]
async fn a_closed_operator_api_is_said_to_be_closed() {
    on_stage(&[("OPERATOR_TOKEN", "short")], async |stage| {
        let refused = stage.bugbot(&["jobs", "list"]).await;
        assert_eq!(refused.code, 4);
        insta::assert_snapshot!(refused.err, @r"
        bugbot: the operator API is not open there
          → Set OPERATOR_TOKEN (16 characters or more) on the gateway: `npx wrangler secret put OPERATOR_TOKEN --env gateway`. Or the address is not the gateway's.
        ");
    })
    .await;
}

#[tokio::test]
async fn a_part_of_bugbot_that_does_not_answer_is_worth_another_try() {
    on_stage(&[], async |stage| {
        let id = stage.dead_letter().await;
        *stage.world.audit_refuses.borrow_mut() = Some("reset".to_owned());
        let lost = stage.bugbot(&["dlq", "discard", &id]).await;
        assert_eq!(lost.code, 3);
        insta::assert_snapshot!(lost.err, @r"
        bugbot: a part of bugbot did not answer: the audit log did not answer, so nothing was done: reset
          → Give the order again in a minute: nothing is done twice.
        ");
    })
    .await;
}

#[tokio::test]
async fn the_token_may_come_from_a_file() {
    on_stage(&[], async |stage| {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, format!("{}\n", stage.world.operator_token())).unwrap();
        let mut command = stage.program(&["jobs", "list", "--token-file", file.to_str().unwrap()]);
        command.env_remove("BUGBOT_OPERATOR_TOKEN");
        assert_eq!(ran(&mut command).await.done(), "No job is open.\n");
    })
    .await;
}

#[tokio::test]
async fn every_shell_gets_its_completions_and_help_names_the_exit_codes() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = ran(&mut program(&["completions", shell])).await.done();
        assert!(
            script.contains("bugbot") && script.contains("replay"),
            "{shell}"
        );
    }
    let help = ran(&mut program(&["--help"])).await.done();
    assert!(
        help.contains("Exit codes:") && help.contains("BUGBOT_URL"),
        "{help}"
    );
    assert!(!help.contains("[env: BUGBOT_OPERATOR_TOKEN="), "{help}");
}

#[tokio::test]
async fn a_command_line_that_is_not_right_is_told_to_programs_in_json() {
    for (words, message) in [
        (
            &["--json", "jobs", "dance"][..],
            "unrecognized subcommand 'dance'",
        ),
        (&["dlq", "replay", "--json"], "required arguments"),
        (&["hub", "--json", "claim", "a b"], "no spaces"),
        (&["hub", "--json"], "requires a subcommand"),
    ] {
        let said = ran(&mut program(words)).await;
        assert_eq!((said.code, said.err.as_str()), (2, ""), "{said:?}");
        let error: Value = serde_json::from_str(&said.out).unwrap();
        assert_eq!(error["error"]["code"], "usage");
        let told = error["error"]["message"].as_str().unwrap();
        assert!(told.contains(message), "{told}");
    }
    let help = ran(&mut program(&["hub", "--help", "--json"])).await.done();
    assert!(help.contains("Usage:"), "{help}");
}

/// A port that nothing listens on.
fn closed_port() -> std::net::SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}
