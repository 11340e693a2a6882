//! SIGTERM and SIGHUP.

use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use crate::stage::{Collector, GOOD, ROUTES, Stage, ask, request, wait_until};

#[test]
fn sigterm_ends_it_with_nothing_lost_whatever_is_under_way() {
    let stage = Stage::new();
    let mut collector = stage.start();
    let address = collector.address();
    // One caller who never finishes, and many who post until they are refused.
    let mut slow = TcpStream::connect(address).unwrap();
    slow.write_all(b"POST /hello HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
        .unwrap();
    for number in 0..500 {
        stage.put(&format!("{number}.json"), GOOD);
    }
    let accepted: usize = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(move || {
                    let hello = request("POST", "/hello", &[], r#"{"name": "x"}"#);
                    let answers = std::iter::from_fn(|| ask(address, &hello).ok());
                    answers.take_while(|answer| answer.status == 202).count()
                })
            })
            .collect();
        std::thread::sleep(Duration::from_millis(300));
        let began = Instant::now();
        collector.signal(Signal::TERM);
        let status = collector.ended();
        assert!(status.success(), "{status}");
        assert!(began.elapsed() < Duration::from_secs(3));
        senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .sum()
    });
    let of = |lines: &[serde_json::Value], source: &str| {
        let source =
            |line: &&serde_json::Value| line["source"].as_str().unwrap().starts_with(source);
        lines.iter().filter(source).count()
    };
    assert!(accepted > 0);
    // Whoever was cut off before the answer may be there too: at most one of each sender.
    let hooked = of(&stage.lines("dev"), "webhook:");
    assert!(
        (accepted..=accepted + 4).contains(&hooked),
        "{accepted} accepted, {hooked} there"
    );
    let _again = stage.start();
    wait_until("all files are there", || {
        of(&stage.lines("dev"), "drop-folder:") == 500
    });
}

#[test]
fn sighup_takes_a_new_configuration_between_two_requests() {
    let stage = Stage::new();
    let collector = stage.start();
    let address = collector.address();
    stage.configure("renamed", &ROUTES.replace("/hello", "/hi"));
    collector.signal(Signal::HUP);
    collector.wait_for("the configuration was reloaded");
    assert_eq!(collector.address(), address);
    assert_eq!(collector.post("/hello", r#"{"name": "x"}"#).status, 404);
    assert_eq!(collector.post("/hi", r#"{"name": "x"}"#).status, 202);
    assert_eq!(stage.lines("dev")[0]["from"], "renamed");
}

#[test]
fn a_bad_new_configuration_is_refused_aloud_and_the_old_one_stays() {
    let stage = Stage::new();
    let collector = stage.start();
    let refusal = "the new configuration is not taken, the old one stays in force";
    stage.configure("x", &ROUTES.replace("{{ .name }}", "{{ .name"));
    collector.signal(Signal::HUP);
    let said = collector.wait_for(refusal);
    let error = said["error"].as_str().unwrap();
    assert!(
        error.contains("collector.yaml:11:17: template: line 1, column 7"),
        "{error}"
    );
    // One that is right in itself, and asks for what cannot be had.
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let text = std::fs::read_to_string(stage.at("collector.yaml")).unwrap();
    let text = text.replace("{{ .name", "{{ .name }}");
    stage.write_config(&text.replace("127.0.0.1:0", &taken.local_addr().unwrap().to_string()));
    collector.signal(Signal::HUP);
    let said = collector.wait_for_nth(refusal, 2);
    assert!(
        said["error"]
            .as_str()
            .unwrap()
            .starts_with("cannot listen on"),
        "{said}"
    );
    assert_eq!(collector.post("/hello", r#"{"name": "x"}"#).status, 202);
    stage.put("a.json", GOOD);
    let lines = stage.wait_for_lines("dev", 2);
    assert!(lines.iter().all(|line| line["from"] == "watcher"));
}

#[test]
fn a_reload_moves_address_and_drop_folder() {
    let stage = Stage::new();
    let mut collector = stage.start();
    let before = collector.address();
    let text = std::fs::read_to_string(stage.at("collector.yaml")).unwrap();
    stage.write_config(
        &text
            .replace("127.0.0.1:0", "'[::1]:0'")
            .replace("/drop}", "/other}"),
    );
    collector.signal(Signal::HUP);
    collector.wait_for("the configuration was reloaded");
    assert!(collector.address().is_ipv6());
    assert_eq!(collector.post("/hello", r#"{"name": "x"}"#).status, 202);
    wait_until("the old address is closed", || {
        TcpStream::connect(before).is_err()
    });
    std::fs::write(stage.at("other/a.json"), GOOD).unwrap();
    stage.wait_for_lines("dev", 2);
    collector.signal(Signal::TERM);
    assert_eq!(collector.ended().code(), Some(0));
}

#[test]
fn a_configuration_that_cannot_be_used_is_refused_at_the_start() {
    let stage = Stage::new();
    stage.write_config("agent: a\nwebhook:\n  listen: 0.0.0.0:80\n  routes: []\n");
    let output = stage.command().output().unwrap();
    assert_eq!(output.status.code(), Some(5));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("collector.yaml:3:11: listen"), "{said}");
}

#[test]
fn a_second_collector_on_the_same_folder_is_refused() {
    let stage = Stage::new();
    let _first = stage.start();
    let output = stage.command().output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("belongs to another collector"), "{said}");
}

#[test]
fn systemd_is_told_when_it_is_ready() {
    let stage = Stage::new();
    let socket = std::os::unix::net::UnixDatagram::bind(stage.at("notify")).unwrap();
    socket
        .set_read_timeout(Some(crate::stage::PATIENCE))
        .unwrap();
    let mut command = stage.command();
    command.env("NOTIFY_SOCKET", stage.at("notify"));
    let mut collector = Collector::start(command);
    let told = || {
        let mut buffer = [0; 100];
        let length = socket.recv(&mut buffer).unwrap();
        String::from_utf8_lossy(&buffer[..length]).into_owned()
    };
    assert_eq!(told().trim(), "READY=1");
    collector.signal(Signal::TERM);
    assert_eq!(told().trim(), "STOPPING=1");
    assert_eq!(collector.ended().signal(), None);
}
