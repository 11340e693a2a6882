//! Several collectors and other programs on one inbox.

use std::fs::OpenOptions;
use std::io::Write as _;

use crate::stage::{GOOD, Stage, wait_until};

const WRITERS: usize = 100;
const EACH: usize = 10;

#[test]
fn a_hundred_writers_lose_and_tear_nothing() {
    let inboxes = tempfile::tempdir().unwrap();
    let stages = [Stage::new(), Stage::new(), Stage::new()];
    for stage in &stages {
        let (root, inboxes) = (stage.root.path().display(), inboxes.path().display());
        stage.write_config(&format!(
            "agent: a\ninbox_dir: {inboxes}\nfsync: false\ndrop_folder: {{path: {root}/drop}}\n\
             webhook:\n  listen: 127.0.0.1:0\n  routes:\n{}",
            crate::stage::ROUTES
        ));
    }
    let collectors = stages.each_ref().map(Stage::start);
    let inbox = inboxes.path().join("dev.inbox");
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            let (stage, collector, inbox) = (&stages[writer % 3], &collectors[writer % 3], &inbox);
            scope.spawn(move || {
                for number in 0..EACH {
                    match writer % 5 {
                        // A program that only appends.
                        0 => {
                            let mut options = OpenOptions::new();
                            let mut file = options.append(true).create(true).open(inbox).unwrap();
                            let line = format!(
                                "{{\"id\":\"{writer}-{number}\",\"f\":\"{}\"}}\n",
                                "y".repeat(5000)
                            );
                            assert_eq!(file.write(line.as_bytes()).unwrap(), line.len());
                        }
                        1 | 2 => {
                            let body = format!(r#"{{"name": "{}"}}"#, "x".repeat(3000));
                            assert_eq!(collector.post("/hello", &body).status, 202);
                        }
                        _ => stage.put(&format!("{writer}-{number}.json"), GOOD),
                    }
                }
            });
        }
    });
    wait_until("all lines are there", || {
        crate::stage::lines_of(&inbox).len() >= WRITERS * EACH
    });
    assert_eq!(crate::stage::lines_of(&inbox).len(), WRITERS * EACH);
    assert!(!inboxes.path().join("dev.inbox.torn").exists());
}
