//! What people read where a limit is reached: whose it is, and when to try again.

use jiff::Timestamp;

use crate::ledger::{Refusal, Whose, Window};
use crate::money::Money;

/// A fix that may not begin now.
pub fn limit_reached(refusal: &Refusal) -> String {
    match refusal {
        Refusal::TooMany {
            whose,
            window,
            most,
            next,
        } => {
            let whose = match whose {
                Whose::User => "You have",
                Whose::Server => "This server has",
                Whose::Everyone => "All servers together have",
            };
            let fixes = super::format::count(*most as usize, "fix").replace("fixs", "fixes");
            let so_many = match window {
                Window::AtOnce => format!("{fixes} running, and no more may run at once"),
                Window::Hour => format!("begun {fixes} within an hour, and no more may be"),
                Window::Day => format!("begun {fixes} within a day, and no more may be"),
            };
            format!("{whose} {so_many}. Try again {}.", relative(*next))
        }
        Refusal::DaySpent { whose, cap, next } => {
            let whose = match whose {
                Whose::User => "Your fixes have",
                Whose::Server | Whose::Everyone => "The fixes of this server have",
            };
            format!(
                "{whose} used up the {cap} that there are for a day. Try again {}.",
                relative(*next)
            )
        }
        Refusal::Held => {
            "The fixes that run now hold the rest of the day's money. Try again when one of them has ended."
                .to_owned()
        }
        Refusal::Shut(_) => {
            "The operator has shut off the agents' model, so no fix can begin. `/bugbot contextualize` works."
                .to_owned()
        }
        Refusal::JobSpent { .. } | Refusal::Closed => {
            "There is no money for this fix.".to_owned()
        }
    }
}

/// More money for a fix that goes on already.
pub fn goes_on_already() -> String {
    "Somebody has let this fix go on already: `/bugbot status` says how it stands.".to_owned()
}

/// More money than a fix may cost.
pub fn too_dear(most: Money, left: Money) -> String {
    if left == Money::ZERO {
        return format!(
            "A fix may cost {most} in all, and this one has. The operator can raise `MAX_JOB_USD`; a narrower report may need less."
        );
    }
    format!(
        "A fix may cost {most} in all: {left} are left of that. `/bugbot continue budget:{:.2}` would do.",
        left.usd()
    )
}

/// Less money than one call costs.
pub fn too_little(least: Money) -> String {
    format!("That does not pay for a single step of the agent: give at least {least}.")
}

fn relative(at: Timestamp) -> String {
    format!("<t:{}:R>", at.as_second())
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn too_many(whose: Whose, window: Window, most: u32) -> String {
        limit_reached(&Refusal::TooMany {
            whose,
            window,
            most,
            next: Timestamp::from_second(1_785_000_000).unwrap(),
        })
    }

    #[test]
    fn whoever_has_too_many_fixes_reads_when_there_is_room() {
        assert_snapshot!(too_many(Whose::User, Window::AtOnce, 1), @"You have 1 fix running, and no more may run at once. Try again <t:1785000000:R>.");
        assert_snapshot!(too_many(Whose::Server, Window::Hour, 40), @"This server has begun 40 fixes within an hour, and no more may be. Try again <t:1785000000:R>.");
        assert_snapshot!(too_many(Whose::Everyone, Window::Day, 1000), @"All servers together have begun 1000 fixes within a day, and no more may be. Try again <t:1785000000:R>.");
    }

    #[test]
    fn whoever_has_no_money_reads_when_there_is_more() {
        let spent = |whose| {
            limit_reached(&Refusal::DaySpent {
                whose,
                cap: Money::dollars(20),
                next: Timestamp::from_second(1_785_000_000).unwrap(),
            })
        };
        assert_snapshot!(spent(Whose::User), @"Your fixes have used up the $20.00 that there are for a day. Try again <t:1785000000:R>.");
        assert_snapshot!(spent(Whose::Server), @"The fixes of this server have used up the $20.00 that there are for a day. Try again <t:1785000000:R>.");
        assert_snapshot!(limit_reached(&Refusal::Held), @"The fixes that run now hold the rest of the day's money. Try again when one of them has ended.");
    }
}
