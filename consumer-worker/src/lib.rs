//! consumer-worker
