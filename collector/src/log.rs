//! Log lines, on standard error: for people, or as JSON.

use tracing_subscriber::EnvFilter;

/// Begins to log. Done once a process; later calls change nothing.
pub(crate) fn begin(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_target(false)
        .with_writer(std::io::stderr);
    // An error says that somebody logs already.
    let _ = if json {
        let lines = lines.json().flatten_event(true);
        lines
            .with_current_span(false)
            .with_span_list(false)
            .try_init()
    } else {
        lines.with_ansi(false).try_init()
    };
}
