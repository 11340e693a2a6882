//! `bugbot-executor`: see the library's documentation.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use container::config::Config;
use container::runs::Runs;
use container::{server, supervise};
use tokio::signal::unix::{SignalKind, signal};

/// From SIGTERM to the end, whatever callers do.
const END_WITHIN: Duration = Duration::from_millis(9_800);

fn main() -> anyhow::Result<ExitCode> {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("supervise") => supervise::main(arguments.collect()).map_err(Into::into),
        Some("--version") => {
            println!("bugbot-executor {}", env!("CARGO_PKG_VERSION"));
            Ok(ExitCode::SUCCESS)
        }
        Some(other) => {
            anyhow::bail!("unknown argument {other:?}: everything is set by environment")
        }
        None => {
            let runtime = tokio::runtime::Builder::new_multi_thread()
                .enable_all()
                .build()?;
            runtime.block_on(serve())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn serve() -> anyhow::Result<()> {
    tracing_subscriber::fmt()
        .json()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_writer(std::io::stderr)
        .init();
    // The one provider of cryptography in this program; ring builds without a C++ toolchain.
    let _ = rustls::crypto::ring::default_provider().install_default();
    supervise::hide_from_peers();
    let config = Config::from_lookup(|name| std::env::var(name).ok())?;
    let runs = Arc::new(Runs::open(config)?);
    let listener = tokio::net::TcpListener::bind(runs.config().listen)
        .await
        .with_context(|| format!("cannot listen on {}", runs.config().listen))?;
    let address = listener.local_addr()?;
    announce(address);
    runs.sweep_regularly();

    let stopping = runs.clone();
    let serving = axum::serve(listener, server::router(runs)).with_graceful_shutdown(async move {
        wait_for_signal().await;
        stopping.shut_down().await;
    });
    // A caller that keeps its request open does not keep us.
    let out_of_time = async {
        wait_for_signal().await;
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
