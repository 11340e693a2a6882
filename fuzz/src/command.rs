//! Commands in a text (`shared::command`).
//!
//! Held: a command that was understood is understood again as it is rendered; a refusal can be shown
//! to people as it is.

use shared::command::{Addressee, parse_text, render_text};
use shared::id::ApplicationId;
use shared::reference::Scope;

/// What a message may hold.
const MAX_MESSAGE_CHARS: usize = 2000;

pub(crate) fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let id = ApplicationId::new("1100000000000000000");
    let addressee = Addressee {
        application_id: Some(&id),
    };
    let scope = Scope::of_teams(["ENG", "OPS"]);
    let parse = |text: &str| parse_text(text, addressee, &scope);
    match parse(text) {
        Ok(None) => {}
        Ok(Some(command)) => {
            let rendered = render_text(&command);
            assert_eq!(parse(&rendered), Ok(Some(command)), "{rendered}");
        }
        Err(rejection) => {
            let message = rejection.user_message();
            assert!((1..=MAX_MESSAGE_CHARS).contains(&message.chars().count()));
        }
    }
}
