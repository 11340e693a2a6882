//! Ending every descendant of a process.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use tokio::time::{Instant, sleep};

/// How long to go on killing what keeps making new processes.
const GIVE_UP_AFTER: Duration = Duration::from_secs(2);
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// Asks all descendants of `ancestor`, which is this process, to end; kills those that are left
/// after `grace`; returns when there are none.
pub(super) async fn end_all_below(ancestor: Pid, grace: Duration) {
    let kill_from = Instant::now() + grace;
    let give_up = kill_from + GIVE_UP_AFTER;
    let mut asked = Vec::new();
    loop {
        let alive = descendants(ancestor);
        if alive.is_empty() || Instant::now() > give_up {
            return;
        }
        for pid in alive {
            if Instant::now() >= kill_from {
                // It may have ended since it was listed.
                let _ = kill_process(pid, Signal::KILL);
            } else if !asked.contains(&pid) {
                let _ = kill_process(pid, Signal::TERM);
                asked.push(pid);
            }
        }
        sleep(LOOK_EVERY).await;
    }
}

/// The live descendants. Dead children of ours are reaped on the way: their numbers stay taken
/// until somebody asks.
fn descendants(ancestor: Pid) -> Vec<Pid> {
    let mut children: BTreeMap<i32, Vec<(i32, bool)>> = BTreeMap::new();
    for (pid, parent, is_dead) in processes() {
        children.entry(parent).or_default().push((pid, is_dead));
    }
    let mut found = Vec::new();
    let mut ancestors = vec![ancestor.as_raw_pid()];
    while let Some(parent) = ancestors.pop() {
        for (pid, is_dead) in children.remove(&parent).unwrap_or_default() {
            let Some(process) = Pid::from_raw(pid) else {
                continue;
            };
            if !is_dead {
                found.push(process);
            } else if parent == ancestor.as_raw_pid() {
                let _ = waitpid(Some(process), WaitOptions::NOHANG);
            }
            ancestors.push(pid);
        }
    }
    found
}

/// Every process: its number, its parent's, and whether it has ended and waits to be reaped.
fn processes() -> Vec<(i32, i32, bool)> {
    let Ok(entries) = std::fs::read_dir("/proc") else {
        return Vec::new();
    };
    let numbers = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    numbers
        .filter_map(|pid: i32| {
            let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
            let (state, parent) = parse_stat(&stat)?;
            Some((pid, parent, state == 'Z' || state == 'X'))
        })
        .collect()
}

/// `pid (name) state ppid ...`: the name may hold anything, parentheses too.
fn parse_stat(stat: &str) -> Option<(char, i32)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    Some((fields.next()?.chars().next()?, fields.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_does_not_mislead() {
        assert_eq!(parse_stat("12 (a) Z 1 (x) S 34 12 12 0"), Some(('S', 34)));
        assert_eq!(parse_stat("12 a"), None);
    }

    #[test]
    fn this_process_is_found_under_its_parent() {
        let me = i32::try_from(std::process::id()).unwrap();
        let (_, parent, is_dead) = processes()
            .into_iter()
            .find(|(pid, ..)| *pid == me)
            .unwrap();
        assert_eq!(Pid::from_raw(parent), rustix::process::getppid());
        assert!(!is_dead);
    }
}
