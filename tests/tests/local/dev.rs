//! The development stack as a program: however it ends, it leaves nothing behind.

use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// From the signal to the end of the program.
const END_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn the_development_stack_ends_with_all_its_processes_when_it_is_asked_to() {
    for signal in ["TERM", "INT", "HUP", "KILL"] {
        let state = tempfile::tempdir().unwrap();
        let mut stack = Command::new(env!("CARGO_BIN_EXE_stack"))
            .args(["dev", "--json", "--port", "0", "--state"])
            .arg(state.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let output = stack.stdout.take().unwrap();
        BufReader::new(output).read_line(&mut line).unwrap();
        let addresses: Value = serde_json::from_str(&line).unwrap();
        let addresses: Vec<SocketAddr> = ["gateway", "consumer", "executor"]
            .map(|name| addresses[name].as_str().unwrap())
            .map(|url| url.trim_start_matches("http://").parse().unwrap())
            .into();
        for address in &addresses {
            TcpStream::connect(address).unwrap();
        }

        let process = stack.id().to_string();
        let sent = Command::new("kill").args(["-s", signal, &process]).status();
        assert!(sent.unwrap().success());
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = stack.try_wait().unwrap() {
                break status;
            }
            if begun.elapsed() > END_WITHIN {
                stack.kill().unwrap();
                panic!("SIG{signal} did not end it");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        // Nothing can be done in a program that is killed: what it started notices.
        let is_killed = signal == "KILL";
        assert_eq!(status.success(), !is_killed, "SIG{signal}: {status}");
        for address in &addresses {
            while TcpStream::connect(address).is_ok() {
                let is_late = begun.elapsed() > END_WITHIN;
                assert!(
                    is_killed && !is_late,
                    "SIG{signal}: {address} still answers"
                );
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}
