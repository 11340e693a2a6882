//! `bugbot dlq`.

use std::time::Duration;

use crate::stage::on_stage;

#[tokio::test]
async fn a_dead_letter_is_listed_shown_and_replayed_once() {
    on_stage(&[], async |stage| {
        assert_eq!(
            stage.bugbot(&["dlq", "list"]).await.done(),
            "There are no dead letters.\n"
        );
        let id = stage.dead_letter().await;
        insta::assert_snapshot!(stage.bugbot(&["dlq", "list"]).await.done(), @r"
        ID                   COMMAND        DIED (UTC)        FATE  BECAUSE
        1479486210048000006  contextualize  2026-03-06 14:30  open  Linear answered with an error (500).
        ");
        insta::assert_snapshot!(stage.bugbot(&["dlq", "show", &id]).await.done(), @r"
        Id            1479486210048000006
        Command       contextualize
        Thread        1479486210048000004
        Requested by  1479486210048000002
        Died (UTC)    2026-03-06 14:30
        Because       Linear answered with an error (500).
        ");
        let listed = stage.bugbot(&["dlq", "list", "--json"]).await.json();
        insta::assert_snapshot!(format!("{listed:#}"), @r#"
        [
          {
            "broken": null,
            "buriedAt": "2026-03-06T14:30:14Z",
            "command": "contextualize",
            "discarded": null,
            "id": "1479486210048000006",
            "reason": "Linear answered with an error (500).",
            "replayed": null,
            "requestedBy": "1479486210048000002",
            "thread": "1479486210048000004"
          }
        ]
        "#);

        insta::assert_snapshot!(stage.bugbot(&["dlq", "replay", &id]).await.done(), @"1479486210048000006: It is on the queue again.");
        stage.world.run_until_quiet().await;
        insta::assert_snapshot!(stage.bugbot(&["dlq", "replay", &id]).await.done(), @"1479486210048000006: It was replayed, and ended: context added to ENG-1");
        insta::assert_snapshot!(stage.bugbot(&["dlq", "list", "--all"]).await.done(), @r"
        ID                   COMMAND        DIED (UTC)        FATE                               BECAUSE
        1479486210048000006  contextualize  2026-03-06 14:30  replayed by ann, 2026-03-06 14:30  Linear answered with an error (500).
        ");
        assert_eq!(stage.world.linear.issues().len(), 1);
        stage.world.finish_with(1);
    })
    .await;
}

#[tokio::test]
async fn of_many_those_that_can_be_are_replayed_and_the_exit_code_says_that_not_all_could() {
    on_stage(&[], async |stage| {
        stage.dead_letter().await;
        stage.world.commands.put("nonsense", Duration::ZERO);
        stage.world.run_until_quiet().await;
        let ran = stage.bugbot(&["dlq", "replay", "--all"]).await;
        assert_eq!((ran.code, ran.err.as_str()), (1, ""));
        insta::assert_snapshot!(ran.out, @r"
        1479486210048000006: It is on the queue again.
        999aaa86: It cannot be replayed, because bugbot cannot read it: not a JSON object: expected ident at line 1 column 2
        1 of 2 could not be done.
        ");
        stage.world.run_until_quiet().await;

        let ran = stage.bugbot(&["dlq", "discard", "--all"]).await;
        insta::assert_snapshot!(ran.done(), @"999aaa86: It is put aside.");
        let empty = stage.bugbot(&["dlq", "discard", "--all"]).await;
        assert_eq!(empty.done(), "There is nothing to do.\n");
    })
    .await;
}
