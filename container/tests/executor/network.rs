//! What the agent and the repository's commands reach of the network.
//!
//! Each test that says what is not reached looks for the same with an open network first: what
//! nobody could reach would prove nothing.

use std::net::{TcpListener, UdpSocket};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::process::{Command, Stdio};

use shared::executor::{AgentNetwork, RunOutcome, VerifyOutcome};
use shared::service::ServiceError;
use tests::anthropic::Script;
use tests::sample;

use crate::agents::{DONE, STEP, STEP_SEEN};
use crate::bench::{Bench, Executor, command, root, script, text_of};
use crate::stop::CANCEL_WITHIN;

const OPEN: (&str, &str) = ("AGENT_NETWORK", "open");
const CLOSED: (&str, &str) = ("AGENT_NETWORK", "closed");

/// Servers on this machine: what an agent on it could reach.
struct Machine {
    web: TcpListener,
    names: UdpSocket,
    /// An abstract name of its own.
    local: String,
    _local: UnixListener,
}

impl Machine {
    fn new(test: &str) -> Self {
        let local = format!("bugbot-test-{test}-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(&local).unwrap();
        let machine = Self {
            web: TcpListener::bind("127.0.0.1:0").unwrap(),
            names: UdpSocket::bind("127.0.0.1:0").unwrap(),
            _local: UnixListener::bind_addr(&address).unwrap(),
            local,
        };
        let names = machine.names.try_clone().unwrap();
        std::thread::spawn(move || answer_names(&names));
        machine
    }

    /// A program that tries all of them, and the executor, and the world, and says what came of it.
    fn tries(&self, executor: u16) -> String {
        let (web, names) = (
            self.web.local_addr().unwrap().port(),
            self.names.local_addr().unwrap().port(),
        );
        let local = &self.local;
        let program = format!(
            r#"
            const net = require("net"), dns = require("dns");
            const connect = to => new Promise(done => {{
                const socket = net.connect(to);
                socket.setTimeout(2000, () => {{ socket.destroy(); done("timeout"); }});
                socket.on("connect", () => {{ socket.destroy(); done("reached"); }});
                socket.on("error", error => done(error.code));
            }});
            const resolve = () => new Promise(done => {{
                const resolver = new dns.Resolver({{ timeout: 500, tries: 2 }});
                resolver.setServers(["127.0.0.1:{names}"]);
                resolver.resolve4("bugbot.example", error => done(error ? error.code : "reached"));
            }});
            (async () => {{
                console.log("web", await connect({{ port: {web}, host: "127.0.0.1" }}));
                console.log("executor", await connect({{ port: {executor}, host: "127.0.0.1" }}));
                console.log("local", await connect({{ path: "\0{local}" }}));
                console.log("names", await resolve());
                console.log("world", await connect({{ port: 80, host: "192.0.2.1" }}));
                console.log("world6", await connect({{ port: 80, host: "2001:db8::1" }}));
                console.log("relay", await connect({{ port: 41100, host: "127.0.0.1" }}));
            }})();
            "#
        );
        let node = root().join("node_modules/.bin/node");
        format!("{} -e '{program}' 2>&1", node.display())
    }
}

/// Says of every name that it is 192.0.2.7, until the test is over.
fn answer_names(socket: &UdpSocket) {
    let mut query = [0; 512];
    while let Ok((length, from)) = socket.recv_from(&mut query) {
        let mut answer = query[..length].to_vec();
        answer[2..4].copy_from_slice(&[0x81, 0x80]);
        answer[6..8].copy_from_slice(&[0, 1]);
        // No additional records of the question's; one address for its name.
        answer.truncate(question_end(&answer));
        answer[10..12].copy_from_slice(&[0, 0]);
        answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 7]);
        let _ = socket.send_to(&answer, from);
    }
}

fn question_end(query: &[u8]) -> usize {
    let mut at = 12;
    while query[at] != 0 {
        at += 1 + usize::from(query[at]);
    }
    at + 5
}

/// What came of one try.
fn came<'a>(said: &'a str, what: &str) -> &'a str {
    let line = said
        .lines()
        .find_map(|line| line.split_once(' ').filter(|it| it.0 == what));
    line.unwrap_or_else(|| panic!("no word of {what}: {said}"))
        .1
}

fn port(bench: &Bench) -> u16 {
    bench.executor.base().port().unwrap()
}

async fn bench(agent: &str, settings: &[(&str, &str)]) -> Bench {
    let agent = script(agent);
    let mut all = vec![("AGENT_COMMAND", agent.as_str())];
    all.extend(settings);
    Bench::with(&sample::folder(), Script::never_ends(), &all).await
}

/// What an agent finds that runs `program`, which it gets over the file of a run's directory.
async fn found_by_an_agent(test: &str, network: (&str, &str)) -> String {
    // The executor's port is known when it runs.
    let agent = format!("sh \"$HOME/../../../{test}\" > src/found.txt\n{DONE}");
    let bench = bench(&agent, &[network]).await;
    let machine = Machine::new(test);
    std::fs::write(bench.data().join(test), machine.tries(port(&bench))).unwrap();
    let result = bench.run(&bench.request(test)).await;
    assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
    bench.assert_nothing_is_left();
    text_of(&result.changes, "src/found.txt")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_reaches_its_model_and_nothing_else() {
    let open = found_by_an_agent("agent-open", OPEN).await;
    for what in ["web", "executor", "local", "names"] {
        assert_eq!(came(&open, what), "reached", "{open}");
    }
    let closed = found_by_an_agent("agent-closed", CLOSED).await;
    for what in ["web", "executor", "local", "names"] {
        assert_eq!(came(&closed, what), "ECONNREFUSED", "{closed}");
    }
    // Not by luck: there is no way.
    assert_eq!(came(&closed, "world"), "ENETUNREACH", "{closed}");
    assert_eq!(came(&closed, "world6"), "ENETUNREACH", "{closed}");
    assert_eq!(came(&closed, "relay"), "reached", "{closed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repositorys_commands_reach_nothing_not_even_the_model() {
    let edits = format!("echo new > src/new.js\n{DONE}");
    for (network, reaches) in [(OPEN, true), (CLOSED, false)] {
        let bench = bench(&edits, &[network]).await;
        let machine = Machine::new(&format!("verify-{reaches}"));
        let mut request = bench.request("verify");
        let program = bench.data().join("tries");
        std::fs::write(&program, machine.tries(port(&bench))).unwrap();
        request.verify = vec![format!("sh {}", program.display())];
        let result = bench.run(&request).await;
        let said = &result.verification[0];
        assert_eq!(said.outcome, VerifyOutcome::Passed, "{}", said.output);
        for what in ["web", "executor", "local", "names"] {
            let expected = if reaches { "reached" } else { "ECONNREFUSED" };
            assert_eq!(came(&said.output, what), expected, "{}", said.output);
        }
        assert_eq!(
            came(&said.output, "relay"),
            "ECONNREFUSED",
            "{}",
            said.output
        );
        if !reaches {
            assert_eq!(
                came(&said.output, "world"),
                "ENETUNREACH",
                "{}",
                said.output
            );
        }
        bench.assert_nothing_is_left();
    }
}

/// Tries to go back where it came from: by the namespaces of processes outside, by its own
/// supervisor's, and by taking the cover off the sockets of the machine's services.
const BREAKS_OUT: &str = "
{
    for pid in $OUTSIDE; do
        nsenter --net=/proc/$pid/ns/net true && echo entered $pid
        readlink /proc/$pid/fd/1 /proc/$pid/cwd && echo looked into $pid
        ls /proc/$pid/root/ && echo rooted in $pid
    done
    nsenter --net=/proc/$PPID/ns/net true && echo entered the supervisor
    umount /run && echo uncovered
    unshare --user --map-root-user --mount umount /run && echo uncovered from below
    ip link add dummy0 type dummy && echo linked
    ls -A /run | wc -l
    grep -E 'Cap(Prm|Eff|Amb)' /proc/self/status
    readlink /proc/self/ns/net
} > src/tried.txt 2> src/errors.txt
";

fn breaks_out() -> String {
    let parent = rustix::process::getppid().unwrap().as_raw_pid();
    let outside = format!("OUTSIDE='{} {parent}'", std::process::id());
    format!("{outside}\n{BREAKS_OUT}{DONE}")
}

fn assert_stays_in(tried: &str) {
    let lines: Vec<_> = tried.lines().collect();
    let [covered, capabilities @ .., namespace] = lines.as_slice() else {
        panic!("{tried}");
    };
    assert_eq!(*covered, "0", "{tried}");
    assert_eq!(capabilities.len(), 3, "{tried}");
    for capability in capabilities {
        assert!(capability.ends_with("\t0000000000000000"), "{tried}");
    }
    let ours = std::fs::read_link("/proc/self/ns/net").unwrap();
    assert!(namespace.starts_with("net:["), "{tried}");
    assert_ne!(*namespace, ours.to_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agent_of_our_own_user_cannot_go_back() {
    let bench = bench(&breaks_out(), &[CLOSED]).await;
    let result = bench.run(&bench.request("own")).await;
    assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
    assert_stays_in(&text_of(&result.changes, "src/tried.txt"));
}

/// As root, which is what gives an agent a user of its own.
#[tokio::test(flavor = "multi_thread")]
async fn an_agent_with_its_own_user_cannot_go_back() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let reaches = |port| {
        format!("bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}' && echo reached > src/reached.txt\n")
    };
    let machine = Machine::new("other-user");
    let web = machine.web.local_addr().unwrap().port();
    for (network, is_reached) in [(OPEN, true), (CLOSED, false)] {
        let agent = format!("{}{}", reaches(web), breaks_out());
        let user = [("AGENT_UID", "61236"), ("AGENT_GID", "61236")];
        let bench = bench(&agent, &[network, user[0], user[1]]).await;
        let result = bench.run(&bench.request("other")).await;
        assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
        let has_reached = result.changes.iter().any(|it| it.path == "src/reached.txt");
        assert_eq!(has_reached, is_reached);
        if !is_reached {
            assert_stays_in(&text_of(&result.changes, "src/tried.txt"));
        }
        bench.assert_nothing_is_left();
    }
}

/// Where no user namespaces are to be had, root has a way of its own.
#[test]
fn root_closes_the_network_without_a_user_namespace() {
    if !rustix::process::geteuid().is_root() {
        return;
    }
    let machine = Machine::new("root-way");
    let web = machine.web.local_addr().unwrap().port();
    let place = tempfile::tempdir().unwrap();
    std::os::unix::fs::chown(place.path(), Some(61237), None).unwrap();
    std::fs::create_dir(place.path().join("src")).unwrap();
    std::os::unix::fs::chown(place.path().join("src"), Some(61237), None).unwrap();
    let program = format!(
        "{}\nbash -c 'exec 3<>/dev/tcp/127.0.0.1/{web}'",
        breaks_out()
    );
    let status = Command::new(env!("CARGO_BIN_EXE_bugbot-executor"))
        .args(["supervise", "--uid", "61237", "--gid", "61237"])
        .args(["--confine", "root", "--", "/bin/sh", "-c", &program])
        .current_dir(place.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert_eq!(status.code(), Some(1), "bash could not connect");
    let tried = std::fs::read_to_string(place.path().join("src/tried.txt")).unwrap();
    assert_stays_in(&tried);
}

/// An executor under a kernel that has no namespaces to give, as this one has none from there on.
async fn bench_without_namespaces(network: (&str, &str)) -> Bench {
    let agent = script(DONE);
    let settings = [("AGENT_COMMAND", agent.as_str()), network];
    let mut bench = Bench::with(&sample::folder(), Script::never_ends(), &settings).await;
    bench.executor.kill();
    let plain = command(bench.data(), &settings);
    let limit = "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$0\" \"$@\"";
    let mut wrapped = Command::new("unshare");
    wrapped
        .args(["--user", "--map-root-user", "sh", "-c", limit])
        .arg(plain.get_program())
        .args(plain.get_args())
        .env_clear()
        .envs(
            plain
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let log = std::fs::OpenOptions::new()
        .append(true)
        .open(bench.data().join("log"));
    wrapped.stderr(log.unwrap());
    bench.executor = Executor::started(wrapped, bench.data());
    bench
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_kernel_gives_no_namespace_no_run_is_taken_and_everybody_is_told() {
    let bench = bench_without_namespaces(CLOSED).await;
    let health = bench.executor.client().health().await.unwrap();
    let Some(AgentNetwork::Refused { reason }) = health.agent_network else {
        panic!("{health:?}");
    };
    assert!(
        reason.contains("user namespace") && reason.contains("ENOSPC"),
        "{reason}"
    );
    assert!(!health.accepting);
    let refused = bench.executor.client().start(&bench.request("no")).await;
    let Err(ServiceError::Refused(why)) = refused else {
        panic!("{refused:?}");
    };
    assert!(
        why.contains(&reason) && why.contains("AGENT_NETWORK=open"),
        "{why}"
    );
    assert!(
        bench.log().contains(r#""agent_network":"refused""#),
        "{}",
        bench.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_can_choose_an_open_network_and_it_is_said() {
    let bench = bench_without_namespaces(OPEN).await;
    let health = bench.executor.client().health().await.unwrap();
    assert_eq!(health.agent_network, Some(AgentNetwork::Open));
    let result = bench.run(&bench.request("open")).await;
    assert_eq!(result.outcome, RunOutcome::Completed, "{}", bench.log());
    assert!(
        bench.log().contains(r#""agent_network":"open""#),
        "{}",
        bench.log()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_network_is_what_nobody_chose_and_it_is_said() {
    let bench = bench(DONE, &[]).await;
    let health = bench.executor.client().health().await.unwrap();
    assert_eq!(health.agent_network, Some(AgentNetwork::Closed));
    assert!(health.accepting);
    assert!(
        bench.log().contains(r#""agent_network":"closed""#),
        "{}",
        bench.log()
    );
}

/// Children in sessions of their own, some of which ignore SIGTERM, and one that holds the relay.
const SPREADS: &str = "
(trap '' TERM; setsid sleep 1000 </dev/null >/dev/null 2>&1) &
setsid sh -c 'trap \"\" TERM; sleep 1000; sleep 1000' </dev/null >/dev/null 2>&1 &
bash -c 'exec 3<>/dev/tcp/127.0.0.1/41100; sleep 1000' </dev/null >/dev/null 2>&1 &
";

#[tokio::test(flavor = "multi_thread")]
async fn ending_a_run_leaves_nothing_in_its_namespace() {
    let bench = bench(&format!("{SPREADS}{STEP}\nwait"), &[CLOSED]).await;
    let request = bench.request("spreads");
    bench.executor.client().start(&request).await.unwrap();
    bench.wait_for_step(&request, STEP_SEEN).await;
    let inside = namespaces_of(&bench);
    assert!(inside.len() >= 4, "{inside:?}");
    let begin = std::time::Instant::now();
    bench.cancel(&request).await;
    bench.result(&request).await;
    assert!(begin.elapsed() < CANCEL_WITHIN);
    bench.assert_nothing_is_left();
    assert!(namespaces_of(&bench).is_empty());
}

/// The network namespaces of the processes in a run's directory, by process.
fn namespaces_of(bench: &Bench) -> Vec<std::path::PathBuf> {
    let ours = std::fs::read_link("/proc/self/ns/net").unwrap();
    let runs = bench.data().join("runs");
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let of_runs = processes.filter(|process| {
        let directory = std::fs::read_link(process.path().join("cwd"));
        directory.is_ok_and(|directory| directory.starts_with(&runs))
    });
    let namespaces = of_runs.filter_map(|it| std::fs::read_link(it.path().join("ns/net")).ok());
    namespaces.filter(|namespace| *namespace != ours).collect()
}
