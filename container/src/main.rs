//! `bugbot-executor`: see the library's documentation.
//!
//! With `--end-with-stdin` it also ends when its standard input does: a program that starts it and
//! holds the other end of that pipe leaves no executor behind, however it dies.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use container::config::Config;
use container::runs::Runs;
use container::{confine, server, supervise};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// From the first sign to the end, whatever callers do.
const END_WITHIN: Duration = Duration::from_millis(9_800);

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("supervise") => supervise::main(arguments.collect()).map_err(Into::into),
        Some("write-maps") => {
            let arguments: Vec<_> = arguments.collect();
            confine::write_maps(&arguments).map_err(Into::into)
        }
        Some("--version") => {
            println!("bugbot-executor {}", env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        Some("--end-with-stdin") => run(true),
        Some(other) => {
            anyhow::bail!("unknown argument {other:?}: everything is set by environment")
        }
        None => run(false),
    }
}

fn run(ends_with_stdin: bool) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let ending = Ending::default();
    if ends_with_stdin {
        let ending = ending.clone();
        // A thread of its own: the runtime would wait for a read that it cannot interrupt.
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
            ending.0.send_replace(Some(Why::Abandoned));
        });
    }
    runtime.block_on(serve(ending))?;
    Ok(ExitCode::SUCCESS)
}

/// Why this program is to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// By a signal: whoever sent it may still want what the runs have done.
    Asked,
    /// Whoever started us is gone: nobody comes for anything.
    Abandoned,
}

/// Whether this program is to end.
#[derive(Debug, Clone, Default)]
struct Ending(watch::Sender<Option<Why>>);

impl Ending {
    async fn begun(&self) -> Why {
        let mut ending = self.0.subscribe();
        let begun = ending.wait_for(Option::is_some).await;
        // We hold the sender: it cannot be gone.
        begun.ok().and_then(|why| *why).unwrap_or(Why::Asked)
    }
}

async fn serve(ending: Ending) -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_span_list(false)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    // The one provider of cryptography in this program; ring builds without a C++ toolchain.
    let _ = rustls::crypto::ring::default_provider().install_default();
    supervise::hide_from_peers();
    let mut config = Config::from_lookup(|name| std::env::var(name).ok())?;
    let unconfined = confine::settle(&mut config);
    let runs = Arc::new(Runs::open(config, unconfined)?);
    let listener = tokio::net::TcpListener::bind(runs.config().listen)
        .await
        .with_context(|| format!("cannot listen on {}", runs.config().listen))?;
    let address = listener.local_addr()?;
    announce(address);
    runs.sweep_regularly();

    let signalled = ending.clone();
    tokio::spawn(async move {
        wait_for_signal().await;
        signalled.0.send_replace(Some(Why::Asked));
    });
    let (stopping, told) = (runs.clone(), ending.clone());
    let serving = axum::serve(listener, server::router(runs)).with_graceful_shutdown(async move {
        let has_caller = told.begun().await == Why::Asked;
        stopping.shut_down(has_caller).await;
    });
    // A caller that keeps its request open does not keep us.
    let out_of_time = async {
        ending.begun().await;
        tokio::time::sleep(END_WITHIN).await;
    };
    tokio::select! {
        served = serving => served?,
        () = out_of_time => tracing::warn!("connections were left open"),
    }
    tracing::info!("stopped");
    Ok(())
}

/// The one line on stdout: whoever started us on port 0 learns the port from it.
fn announce(address: SocketAddr) {
    println!(
        "{}",
        serde_json::json!({ "event": "listening", "address": address })
    );
    tracing::info!(%address, "listening");
}

async fn wait_for_signal() {
    let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM can be handled");
    let mut interrupt = signal(SignalKind::interrupt()).expect("SIGINT can be handled");
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
