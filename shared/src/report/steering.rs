//! What a thread reads about further instructions for an agent.

use crate::discord::message::Embed;
use crate::executor::Steer;
use crate::fix::{Delivery, Fix};

/// The embed, with how each instruction stands.
pub(super) fn shown_in(embed: Embed, fix: &Fix) -> Embed {
    let lines: Vec<String> = lines(fix).collect();
    if lines.is_empty() {
        return embed;
    }
    embed.with_field("Steering", lines.join("\n"))
}

/// How each instruction of a fix stands, a line each.
fn lines(fix: &Fix) -> impl Iterator<Item = String> + '_ {
    fix.steers().iter().map(|known| {
        let state = match known.state {
            Delivery::Waiting | Delivery::Queued => "on its way",
            Delivery::Delivered => "delivered",
            Delivery::TooLate => "came too late, the agent had ended its work",
        };
        format!("🧭 Steered by <@{}>: {state}", known.by)
    })
}

/// An instruction was taken.
pub fn steering_taken() -> String {
    "The agent reads it after its current step; the message of the fix says when it has.".to_owned()
}

/// There were too many instructions.
pub fn too_many_steers() -> String {
    format!(
        "This fix was given {} instructions, which is as many as one takes. `/bugbot cancel` stops \
         it; a new fix reads the whole thread.",
        Steer::MAX_COUNT
    )
}

/// An instruction is too long, or has no words.
pub fn steer_too_long() -> String {
    format!(
        "An instruction has between 1 and {} characters. Say it shorter.",
        Steer::MAX_CHARS
    )
}
