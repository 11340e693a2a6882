//! What somebody reads who may not do what they asked for.

use crate::roles::{Denied, Right};

/// The refusal.
pub fn denied(denied: Denied) -> String {
    let Denied { right, nobody_may } = denied;
    let what = match right {
        Right::Contextualize => "gather context here",
        Right::Fix => "start a fix here",
        Right::Approve => "approve or reject a fix here",
        Right::CancelOthers => "cancel what somebody else asked for",
        Right::Steer => "steer or continue a fix here",
        Right::Deploy => "deploy here",
        Right::Claim => "claim an issue here",
    };
    let variable = right.variable();
    if nobody_may {
        format!(
            "Nobody may {what} yet. The operator of bugbot says who may in `{variable}`, such as `role:123, user:456`."
        )
    } else {
        format!("You may not {what}. The operator of bugbot says who may in `{variable}`.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_whose_move_it_is() {
        let says = |right, nobody_may| denied(Denied { right, nobody_may });
        insta::assert_snapshot!(says(Right::Fix, true), @"Nobody may start a fix here yet. The operator of bugbot says who may in `FIX_ALLOWED`, such as `role:123, user:456`.");
        insta::assert_snapshot!(says(Right::Fix, false), @"You may not start a fix here. The operator of bugbot says who may in `FIX_ALLOWED`.");
        insta::assert_snapshot!(says(Right::CancelOthers, false), @"You may not cancel what somebody else asked for. The operator of bugbot says who may in `CANCEL_ALLOWED`.");
    }
}
