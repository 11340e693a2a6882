//! A load generator of sockets and threads: it has to cost less than what it measures.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// Connections, each with one request under way.
pub(crate) const CONNECTIONS: usize = 8;

/// A signed request.
#[derive(Debug, Clone)]
pub(crate) struct Ping {
    pub(crate) public_key: String,
    pub(crate) timestamp: String,
    pub(crate) signature: String,
    pub(crate) body: String,
}

impl Ping {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        format!(
            "POST / HTTP/1.1\r\nhost: gateway\r\ncontent-type: application/json\r\n\
             user-agent: Discord-Interactions/1.0 (+https://discord.com)\r\n\
             x-signature-ed25519: {}\r\nx-signature-timestamp: {}\r\ncontent-length: {}\r\n\r\n{}",
            self.signature,
            self.timestamp,
            self.body.len(),
            self.body
        )
        .into_bytes()
    }
}

/// The latencies of all requests, and how long they took together.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measured {
    pub(crate) latencies: Vec<Duration>,
    pub(crate) elapsed: Duration,
}

impl Measured {
    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.elapsed += other.elapsed;
    }

    /// How many requests there were.
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    #[expect(clippy::cast_precision_loss, reason = "far fewer than 2^53 requests")]
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.elapsed.as_secs_f64()
    }

    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index below the number of requests"
    )]
    pub(crate) fn percentile(&self, share: f64) -> Duration {
        let mut sorted = self.latencies.clone();
        sorted.sort();
        let index = (sorted.len() as f64 * share) as usize;
        sorted
            .get(index)
            .or(sorted.last())
            .copied()
            .unwrap_or_default()
    }
}

/// Sends `request` over and over on every connection for the time of `turn`.
pub(crate) fn run(to: SocketAddr, request: &[u8], turn: Duration) -> Result<Measured> {
    let started = Instant::now();
    let latencies = thread::scope(|scope| {
        let send = || send_until(to, request, started + turn);
        let threads: Vec<_> = (0..CONNECTIONS).map(|_| scope.spawn(send)).collect();
        let joined = threads
            .into_iter()
            .map(|thread| thread.join().expect("senders do not panic"));
        joined.collect::<Result<Vec<_>>>()
    })?;
    Ok(Measured {
        latencies: latencies.concat(),
        elapsed: started.elapsed(),
    })
}

fn send_until(to: SocketAddr, request: &[u8], end: Instant) -> Result<Vec<Duration>> {
    let mut connection = Connection::open(to)?;
    let mut latencies = Vec::new();
    while Instant::now() < end {
        let sent = Instant::now();
        connection.exchange(request)?;
        latencies.push(sent.elapsed());
    }
    Ok(latencies)
}

/// One kept-alive connection.
pub(crate) struct Connection(BufReader<TcpStream>);

impl Connection {
    pub(crate) fn open(to: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(to)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        Ok(Self(BufReader::new(stream)))
    }

    /// Sends a request and returns the body of its answer, which has to be a 200 or a 202.
    pub(crate) fn exchange(&mut self, request: &[u8]) -> Result<Vec<u8>> {
        self.0.get_mut().write_all(request)?;
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let status = line.split(' ').nth(1).unwrap_or_default().to_owned();
        let mut length = None;
        loop {
            line.clear();
            self.0.read_line(&mut line)?;
            let header = line.trim_end();
            if header.is_empty() {
                break;
            }
            let lower = header.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse::<usize>().ok();
            }
        }
        let length = length.context("the answer has no length")?;
        let mut body = vec![0; length];
        self.0.read_exact(&mut body)?;
        if !["200", "202"].contains(&status.as_str()) {
            bail!("answered {status}: {}", String::from_utf8_lossy(&body));
        }
        Ok(body)
    }
}
