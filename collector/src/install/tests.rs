use std::os::unix::fs::PermissionsExt as _;

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::config::Config;

struct Stage {
    folder: TempDir,
    places: Places,
}

/// A `systemctl` that notes how it was called, knows what is enabled, and refuses one verb.
fn stage(refused: &str) -> Stage {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let script = format!(
        "#!/bin/sh\ncd {}\necho \"$*\" >> calls\ncase $2 in\n\
         '{refused}') echo 'Job failed' >&2; exit 1;;\n\
         enable) touch enabled; echo 'Created symlink' >&2;;\n\
         disable) rm -f enabled;;\n\
         is-enabled) test -e enabled;;\n\
         esac\n",
        folder.path().display()
    );
    fs::write(at("systemctl"), script).unwrap();
    fs::set_permissions(at("systemctl"), fs::Permissions::from_mode(0o755)).unwrap();
    let places = Places {
        unit: at("config/systemd/user/bugbot-collect.service"),
        packaged: at("usr/bugbot-collect.service"),
        config: at("config/agent-watcher/collector.yaml"),
        command: vec!["/opt/bugbot".to_owned(), "collect".to_owned()],
        systemctl: at("systemctl"),
    };
    Stage { folder, places }
}

impl Stage {
    /// What systemd was told since the last time.
    fn calls(&self) -> Vec<String> {
        let file = self.folder.path().join("calls");
        let calls = fs::read_to_string(&file).unwrap_or_default();
        let _ = fs::remove_file(file);
        calls.lines().map(str::to_owned).collect()
    }
}

fn has_done(steps: &[Step]) -> bool {
    steps.iter().any(|step| matches!(step, Step::Done(_)))
}

#[test]
fn the_example_can_be_used() {
    let config = Config::parse(Path::new("e"), EXAMPLE, Some(Path::new("/home/ann"))).unwrap();
    assert_eq!(config.webhook.unwrap().routes.len(), 2);
}

#[test]
fn a_second_install_changes_nothing() {
    let stage = stage("");
    assert!(has_done(&install(&stage.places).unwrap()));
    assert_eq!(
        stage.calls(),
        [
            "--user daemon-reload",
            "--user enable bugbot-collect.service",
            "--user restart bugbot-collect.service"
        ]
    );
    let unit = fs::read_to_string(&stage.places.unit).unwrap();
    assert!(unit.contains("\nExecStart=/opt/bugbot collect\n"), "{unit}");
    fs::write(&stage.places.config, "mine").unwrap();
    let again = install(&stage.places).unwrap();
    assert!(!has_done(&again), "{again:?}");
    assert!(!stage.calls().iter().any(|call| call.contains("restart")));
    assert_eq!(fs::read_to_string(&stage.places.config).unwrap(), "mine");
}

#[test]
fn a_new_version_of_the_unit_is_written_and_the_service_restarted() {
    let mut stage = stage("");
    install(&stage.places).unwrap();
    stage.calls();
    stage.places.command[0] = "/opt/new bugbot".to_owned();
    assert!(has_done(&install(&stage.places).unwrap()));
    assert!(stage.calls().iter().any(|call| call.contains("restart")));
    let unit = fs::read_to_string(&stage.places.unit).unwrap();
    assert!(
        unit.contains("\nExecStart=\"/opt/new bugbot\" collect\n"),
        "{unit}"
    );
}

#[test]
fn uninstall_leaves_what_is_the_users() {
    let stage = stage("");
    install(&stage.places).unwrap();
    let inbox = stage.folder.path().join("dev.inbox");
    fs::write(&inbox, "{}\n").unwrap();
    stage.calls();
    assert!(has_done(&uninstall(&stage.places).unwrap()));
    assert_eq!(
        stage.calls(),
        [
            "--user disable --now bugbot-collect.service",
            "--user daemon-reload"
        ]
    );
    assert!(!stage.places.unit.exists());
    assert!(stage.places.config.exists() && inbox.exists());
    let again = uninstall(&stage.places).unwrap();
    assert!(!has_done(&again), "{again:?}");
    assert_eq!(stage.calls(), ["--user is-enabled bugbot-collect.service"]);
}

#[test]
fn a_unit_that_somebody_else_wrote_stays() {
    let stage = stage("");
    fs::create_dir_all(stage.places.unit.parent().unwrap()).unwrap();
    fs::write(&stage.places.unit, "[Service]\n").unwrap();
    assert!(!has_done(&uninstall(&stage.places).unwrap()));
    assert!(stage.places.unit.exists());
    assert_eq!(stage.calls(), Vec::<String>::new());
}

#[test]
fn the_packages_unit_is_enough_for_the_packages_program() {
    let mut stage = stage("");
    fs::create_dir_all(stage.places.packaged.parent().unwrap()).unwrap();
    fs::write(&stage.places.packaged, unit::PACKAGED).unwrap();
    stage.places.command = ["/usr/bin/bugbot", "collect", "--json-log"]
        .map(str::to_owned)
        .to_vec();
    install(&stage.places).unwrap();
    assert!(!stage.places.unit.exists());
    assert!(has_done(&uninstall(&stage.places).unwrap()));
    assert!(!stage.folder.path().join("enabled").exists() && stage.places.packaged.exists());
    stage.places.command[0] = "/home/ann/.cargo/bin/bugbot".to_owned();
    install(&stage.places).unwrap();
    assert!(stage.places.unit.exists());
}

#[test]
fn without_systemd_all_is_written_and_the_rest_is_said() {
    let stage = stage("daemon-reload");
    let steps = install(&stage.places).unwrap();
    let Some(Step::Note(note)) = steps.last() else {
        panic!("{steps:?}")
    };
    assert!(note.contains("(Job failed)") && note.contains("systemctl --user enable --now"));
    assert!(stage.places.unit.exists());
}

#[test]
fn a_service_that_does_not_run_is_an_error() {
    let stage = stage("restart");
    let error = install(&stage.places).unwrap_err().to_string();
    assert!(error.contains("does not run (Job failed)"), "{error}");
    assert!(stage.places.unit.exists());
}

proptest! {
    #[test]
    fn a_command_is_one_line_of_the_unit(word in "[^\0\n]{0,40}") {
        let text = unit::text(std::slice::from_ref(&word));
        let line = unit::command_of(&text).unwrap();
        prop_assert_eq!(line.matches('$').count() % 2, 0);
        prop_assert_eq!(line.matches('%').count() % 2, 0);
        prop_assert_eq!(text.lines().filter(|line| line.starts_with("ExecStart=")).count(), 1);
        prop_assert_eq!(text.lines().count(), unit::PACKAGED.lines().count() + 1);
    }
}
