//! The unit under a real systemd: the service must not need what its unit forbids, and a user's manager must
//! be able to give what it asks.
//!
//! The manager has processes, mounts and control groups of its own and runs as `nobody`, who has no
//! capability, as no user has. Making that takes root: where there is no root or no systemd, nothing is tried.

use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use rustix::process::geteuid;
use tempfile::TempDir;

use crate::stage::{GOOD, NOBODY, copy_program, lines_of, wait_until};

const SYSTEMD: &str = "/lib/systemd/systemd";

/// Everything that the manager sees. It ends with its standard input, and all that it started with it.
const WORLD: &str = r#"
set -eu
mount -t tmpfs tmpfs /run
mkdir -p /run/systemd/system /run/user /run/cgroup
chown nobody /run/user
chmod 700 /run/user
mount -t cgroup2 none /run/cgroup
mkdir "/run/cgroup/$GROUP"
chown -R nobody "/run/cgroup/$GROUP"
echo 1 > "/run/cgroup/$GROUP/cgroup.procs"
exec unshare --cgroup sh -euc '
    umount -R /sys/fs/cgroup
    mount -t cgroup2 none /sys/fs/cgroup
    setpriv --reuid nobody --regid nogroup --clear-groups "$@" &
    cat
' sh "$@"
"#;

/// Nothing but the kernel removes a control group.
const REMOVE_GROUP: &str = r#"
mount -t cgroup2 none /mnt
find "/mnt/$GROUP" -depth -type d -exec rmdir {} +
"#;

/// The manager of a user, who has the collector as a program of their own.
struct Manager {
    world: Child,
    home: TempDir,
    group: String,
}

impl Manager {
    fn start() -> Option<Self> {
        if !geteuid().is_root() || !Path::new(SYSTEMD).exists() {
            eprintln!("skipped: there is no systemd, or no root to give it a world of its own");
            return None;
        }
        let home = tempfile::tempdir().unwrap();
        // Where the build lies others may not look.
        copy_program(&home.path().join("bugbot-collector"));
        chown(home.path(), Some(NOBODY), None).unwrap();
        let name = home.path().file_name().unwrap().to_string_lossy();
        let group = format!("bugbot-test{name}");
        let world = Command::new("unshare")
            .args(["--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
            .args(["sh", "-c", WORLD, "sh"])
            .args([SYSTEMD, "--user", "--log-target=null"])
            .env_clear()
            .envs(environment(home.path()))
            .env("GROUP", &group)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let manager = Self { world, home, group };
        wait_until("the manager answers", || {
            manager
                .run("systemctl --user is-system-running")
                .status
                .success()
        });
        Some(manager)
    }

    /// Runs a shell command as the user does.
    fn run(&self, command: &str) -> Output {
        let outer = self.world.id();
        let children = fs::read_to_string(format!("/proc/{outer}/task/{outer}/children"));
        Command::new("nsenter")
            .args(["--mount", "--pid", "--cgroup", "--target"])
            .arg(children.unwrap_or_default().trim())
            .args([
                "setpriv",
                "--reuid",
                "nobody",
                "--regid",
                "nogroup",
                "--clear-groups",
            ])
            .args(["sh", "-c", &format!("cd && {command}")])
            .env_clear()
            .envs(environment(self.home.path()))
            .output()
            .unwrap()
    }

    fn done(&self, command: &str) -> String {
        let output = self.run(command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn property(&self, name: &str) -> String {
        self.done(&format!(
            "systemctl --user show bugbot-collect --value --property {name}"
        ))
    }
}

impl Drop for Manager {
    fn drop(&mut self) {
        drop(self.world.stdin.take());
        let _ = self.world.wait();
        let _ = Command::new("unshare")
            .args(["--mount", "sh", "-c", REMOVE_GROUP])
            .env("GROUP", &self.group)
            .status();
    }
}

fn environment(home: &Path) -> [(&'static str, String); 3] {
    [
        ("HOME", home.display().to_string()),
        ("XDG_RUNTIME_DIR", "/run/user".to_owned()),
        ("PATH", "/usr/sbin:/usr/bin:/sbin:/bin".to_owned()),
    ]
}

const CONFIG: &str = "agent: watcher\ninbox_dir: ~/inbox\ndrop_folder: {path: ~/drop}\n";

#[test]
fn systemd_runs_the_unit_reloads_it_starts_it_again_and_stops_it() {
    let Some(manager) = Manager::start() else {
        return;
    };
    manager.done("mkdir -p .config/agent-watcher");
    manager.done(&format!(
        "printf '%s' '{CONFIG}' > .config/agent-watcher/collector.yaml"
    ));
    let said = manager.done("./bugbot-collector install");
    assert!(said.contains("is enabled and runs"), "{said}");
    assert_eq!(manager.property("SubState"), "running");

    let inbox = manager.home.path().join("inbox/dev.inbox");
    let put = |name: &str| {
        manager.done(&format!(
            "echo '{GOOD}' > drop/.{name} && mv drop/.{name} drop/{name}"
        ));
    };
    put("a.json");
    wait_until("the line is there", || lines_of(&inbox).len() == 1);
    assert_eq!(lines_of(&inbox)[0]["from"], "watcher");

    manager.done("sed -i s/watcher/sentinel/ .config/agent-watcher/collector.yaml");
    manager.done("systemctl --user reload bugbot-collect");
    let mut count = 1;
    wait_until("the new configuration is in force", || {
        put(&format!("b{count}.json"));
        count += 1;
        wait_until("the line is there", || lines_of(&inbox).len() == count);
        lines_of(&inbox)[count - 1]["from"] == "sentinel"
    });

    let killed = manager.property("MainPID");
    manager.done("systemctl --user kill --signal KILL bugbot-collect");
    put("c.json");
    wait_until("it was started again", || {
        lines_of(&inbox).len() == count + 1
    });
    assert_ne!(manager.property("MainPID"), killed);

    // Not "timeout": it ended by itself, long before systemd would have killed it.
    manager.done("systemctl --user stop bugbot-collect");
    assert_eq!(manager.property("Result"), "success");

    manager.done("./bugbot-collector uninstall");
    assert_eq!(manager.property("LoadState"), "not-found");
    assert_eq!(lines_of(&inbox).len(), count + 1);
    assert!(
        manager
            .home
            .path()
            .join(".config/agent-watcher/collector.yaml")
            .exists()
    );
}

#[test]
fn systemd_does_not_start_a_configuration_that_cannot_be_used_again_and_again() {
    let Some(manager) = Manager::start() else {
        return;
    };
    manager.done("mkdir -p .config/agent-watcher");
    manager.done(&format!(
        "printf '%s' '{CONFIG}' > .config/agent-watcher/collector.yaml"
    ));
    manager.done("./bugbot-collector install");
    manager.done("echo 'typo: 1' >> .config/agent-watcher/collector.yaml");
    let refused = manager.run("systemctl --user restart bugbot-collect");
    assert!(!refused.status.success());
    assert_eq!(manager.property("ExecMainStatus"), "5");
    assert_eq!(manager.property("SubState"), "failed");
}
