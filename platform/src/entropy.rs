//! The chance of the runtime.

use shared::ports::Entropy;

/// The runtime's `WebCrypto`.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("every runtime of ours has WebCrypto");
    }
}
