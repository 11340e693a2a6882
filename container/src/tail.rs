//! The end of a stream that may be endless.

use tokio::io::{AsyncRead, AsyncReadExt as _};

/// Reads a stream to its end and keeps its last `max_bytes`.
pub(crate) async fn tail(mut stream: impl AsyncRead + Unpin, max_bytes: usize) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut buffer = [0; 1024];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        kept.extend_from_slice(&buffer[..read]);
        let surplus = kept.len().saturating_sub(max_bytes);
        kept.drain(..surplus);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_end_is_kept() {
        let long = [&[b'x'; 5000][..], b"end"].concat();
        assert_eq!(tail(&long[..], 3).await, b"end");
        assert_eq!(tail(&b"ab"[..], 3).await, b"ab");
    }
}
