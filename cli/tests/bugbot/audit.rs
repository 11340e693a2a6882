//! `bugbot audit`.

use crate::stage::{on_stage, program, ran};

#[tokio::test]
async fn a_log_is_exported_and_whoever_changes_the_export_is_found_out() {
    on_stage(&[], async |stage| {
        let id = stage.dead_letter().await;
        stage.bugbot(&["dlq", "discard", &id]).await.done();
        stage.bugbot(&["model", "off"]).await.done();
        stage.bugbot(&["model", "on"]).await.done();
        let lines = stage.bugbot(&["audit", "export", "operator"]).await.done();
        assert_eq!(lines.lines().count(), 3);
        assert!(
            lines.contains("\"ann\"") && lines.contains("discard"),
            "{lines}"
        );

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("operator.jsonl");
        let path = file.to_str().unwrap();
        let said = stage
            .bugbot(&["audit", "export", "operator", "--out", path])
            .await
            .done();
        assert!(said.starts_with("3 entries are in "), "{said}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), lines);
        let head = said
            .lines()
            .last()
            .unwrap()
            .strip_prefix("Head: ")
            .unwrap()
            .to_owned();

        // No gateway is needed for a file.
        let verify = async |args: &[&str]| ran(&mut program(args)).await;
        let whole = verify(&["audit", "verify", path, "--head", &head])
            .await
            .done();
        assert_eq!(whole, format!("The log is whole.\nHead: {head}\n"));
        let live = stage
            .bugbot(&["audit", "verify", "operator", "--head", &head])
            .await;
        assert_eq!(live.done(), whole);

        std::fs::write(&file, lines.replace("\"ann\"", "\"eve\"")).unwrap();
        let forged = verify(&["audit", "verify", path]).await;
        assert_eq!(forged.code, 1);
        insta::assert_snapshot!(forged.err, @r"
        bugbot: the log is not what was written: entry 1 was changed after it was written
          → Keep what you have, and compare it with earlier exports.
        ");

        let cut: Vec<&str> = lines.lines().take(2).collect();
        std::fs::write(&file, cut.join("\n")).unwrap();
        let cut = verify(&["audit", "verify", path, "--head", &head, "--json"]).await;
        assert_eq!(cut.code, 1);
        insta::assert_snapshot!(cut.out, @r#"
        {
          "error": {
            "code": "failed",
            "fix": "Keep what you have, and compare it with earlier exports.",
            "message": "the log is not what was written: the log ends at entry 2, and has had 3: its end was cut off"
          }
        }
        "#);
    })
    .await;
}

#[tokio::test]
async fn a_log_that_cannot_exist_is_refused() {
    on_stage(&[], async |stage| {
        let ran = stage.bugbot(&["audit", "export", "nonsense"]).await;
        assert_ne!(ran.code, 0);
        assert!(
            ran.err
                .contains("A log is `operator`, `direct`, or the id of a server."),
            "{}",
            ran.err
        );
    })
    .await;
}
