//! The time and the dice of the runtime.

use jiff::Timestamp;
use shared::ports::{Clock, Dice};
use worker::js_sys;

/// The runtime's clock. On Cloudflare it stands still between two I/O operations, against timing
/// attacks: good for deadlines and records, useless for measuring code.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "milliseconds since 1970 fit 53 bits"
        )]
        let ms = js_sys::Date::now() as i64;
        Timestamp::from_millisecond(ms).expect("the runtime's clock is within jiff's range")
    }
}

/// `Math.random`: for jitter only.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDice;

impl Dice for SystemDice {
    fn roll(&self) -> f64 {
        js_sys::Math::random()
    }
}
