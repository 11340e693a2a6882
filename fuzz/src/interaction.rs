//! Discord's interactions, through the whole gateway (`shared::gateway`): the first half of an input is
//! the body, signed as Discord does, the second what Discord answers when it is asked for the history.
//!
//! Held: every answer is one that Discord takes; "working" is said exactly where one job is on the
//! queue, which reads again as the same and is of the interaction and the user that the body names;
//! no other byte under the same signature is looked at.

use std::sync::LazyLock;

use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::Value;
use shared::gateway::{self, Setup};
use shared::http::{Request, Response};
use shared::job::{Job, MAX_BYTES};

use crate::input::halves;
use crate::surroundings::{NOW_SECONDS, Surroundings, at_once};

// Discord's, of <https://docs.discord.com/developers/interactions/receiving-and-responding>.
const MAX_MESSAGE_CHARS: usize = 2_000;
const MAX_CHOICES: usize = 25;
const MAX_CHOICE_CHARS: usize = 100;
const MAX_TITLE_CHARS: usize = 45;
const MAX_CUSTOM_ID_CHARS: usize = 100;

static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::from_bytes(&[7; 32]));
static SETUP: LazyLock<Setup> = LazyLock::new(|| {
    let configured = |name: &str| match name {
        "DISCORD_PUBLIC_KEY" => Some(hex::encode(KEY.verifying_key().as_bytes())),
        "DISCORD_BOT_TOKEN" => Some("bot-token".to_owned()),
        _ => None,
    };
    Setup::read(configured, |_| true)
});

pub(crate) fn check(bytes: &[u8]) {
    let (body, history) = halves(bytes);
    let world = Surroundings::answering((!history.is_empty()).then_some(history));
    let request = signed(body);
    let answered = at_once(gateway::handle(&request, &SETUP, &world));
    let queued = world.queued.take();
    match answered.status().as_u16() {
        200 => {
            let kind = is_taken_by_discord(&answered);
            assert_eq!(queued.len(), usize::from(kind == DEFERRED), "{queued:?}");
            for job in queued {
                is_whole_and_of(body, &job);
            }
        }
        400 => assert_eq!(queued, [""; 0]),
        status => panic!("a signed body is answered with a {status}"),
    }
    let chosen = bytes.len() % (body.len() + 1);
    let mut other = request;
    match other.body_mut().get_mut(chosen) {
        Some(byte) => *byte ^= 1,
        None => other.body_mut().push(b' '),
    }
    let answered = at_once(gateway::handle(&other, &SETUP, &world));
    assert_eq!(answered.status(), 401);
    assert_eq!(world.queued.take(), [""; 0]);
}

fn signed(body: &[u8]) -> Request {
    let time = NOW_SECONDS.to_string();
    let signature = KEY.sign(&[time.as_bytes(), body].concat()).to_bytes();
    http::Request::post("https://gateway.test/discord/interactions")
        .header("x-signature-ed25519", hex::encode(signature))
        .header("x-signature-timestamp", time)
        .body(body.to_vec())
        .expect("it is a request")
}

const PONG: u64 = 1;
const MESSAGE: u64 = 4;
const DEFERRED: u64 = 5;
const CHOICES: u64 = 8;
const FORM: u64 = 9;

/// The kind of an answer that Discord would not refuse.
fn is_taken_by_discord(answered: &Response) -> u64 {
    let answer: Value = serde_json::from_slice(answered.body()).expect("an answer is JSON");
    let has_chars = |text: &Value, most: usize| {
        let text = text.as_str().unwrap_or_default();
        assert!((1..=most).contains(&text.chars().count()), "{answer}");
    };
    let all = |list: &Value| list.as_array().cloned().unwrap_or_default();
    let kind = answer["type"].as_u64();
    let kind = kind.unwrap_or_else(|| panic!("{answer} has no type"));
    let data = &answer["data"];
    match kind {
        PONG | DEFERRED => {}
        MESSAGE => has_chars(&data["content"], MAX_MESSAGE_CHARS),
        CHOICES => {
            let choices = all(&data["choices"]);
            assert!(choices.len() <= MAX_CHOICES, "{answer}");
            for choice in choices {
                has_chars(&choice["name"], MAX_CHOICE_CHARS);
                has_chars(&choice["value"], MAX_CHOICE_CHARS);
            }
        }
        FORM => {
            has_chars(&data["title"], MAX_TITLE_CHARS);
            has_chars(&data["custom_id"], MAX_CUSTOM_ID_CHARS);
            assert!(!all(&data["components"]).is_empty(), "{answer}");
        }
        _ => panic!("{answer} is no answer"),
    }
    kind
}

fn is_whole_and_of(body: &[u8], queued: &str) {
    let job = Job::decode(queued).unwrap_or_else(|fault| panic!("{fault}: {queued}"));
    assert!(queued.len() <= MAX_BYTES);
    assert_eq!(job.encode().as_deref(), Ok(queued));
    // Where the body is read in another way it may be refused: nested deeper than anybody does.
    let Ok(body @ Value::Object(_)) = serde_json::from_slice::<Value>(body) else {
        return;
    };
    let user = [&body["member"]["user"]["id"], &body["user"]["id"]];
    assert!(user.contains(&&Value::from(job.discord_context.user_id.as_str())));
    assert_eq!(body["id"], job.id().as_str());
    assert_eq!(body["token"], job.interaction.token.expose());
    assert_eq!(
        body["application_id"],
        job.interaction.application_id.as_str()
    );
}
