use std::cell::RefCell;
use std::collections::VecDeque;
use std::time::Duration;

use futures_util::FutureExt as _;
use jiff::Timestamp;

use super::*;
use crate::http::{Request, Response, Unreachable};
use crate::id::{ApplicationId, ChannelId, GuildId, JobId, MessageId, UserId};
use crate::ports::Level;
use crate::secret::Secret;
use crate::service::ServiceError;
use crate::service::wire_test::answer;

const ACCEPTED: i64 = 1_700_000_000;
const SENT: &str = r#"{"id":"30","channel_id":"20"}"#;
const ARCHIVED: &str = r#"{"message":"Thread is archived","code":50083}"#;

/// A Discord that gives these answers in turn, an hour after the job was accepted.
#[derive(Default)]
struct World {
    answers: RefCell<VecDeque<Result<Response, Unreachable>>>,
    asked: RefCell<Vec<String>>,
    log: RefCell<Vec<String>>,
}

impl Http for World {
    async fn send(&self, request: Request, _: Duration) -> Result<Response, Unreachable> {
        let asked = format!("{} {}", request.method(), request.uri().path());
        self.asked.borrow_mut().push(asked);
        let answer = self.answers.borrow_mut().pop_front();
        answer.expect("no more is asked than is answered")
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(ACCEPTED + 3_600).unwrap()
    }
}

impl Log for World {
    fn write(&self, level: Level, line: &str) {
        assert_eq!(level, Level::Error);
        self.log.borrow_mut().push(line.to_owned());
    }
}

/// What comes of telling a thread whose Discord answers so, with the message 10 in it.
fn told<const N: usize>(answers: [(u16, &str); N]) -> (Result<(), Fault>, World) {
    let answers = answers.map(|(status, body)| Ok(answer(status, body)));
    let world = World {
        answers: RefCell::new(answers.into()),
        ..World::default()
    };
    let told = tell_in(&world);
    assert_eq!(
        world.answers.borrow().len(),
        0,
        "all answers were asked for"
    );
    (told, world)
}

fn tell_in(world: &World) -> Result<(), Fault> {
    let reply = ReplyTo {
        job: JobId::new("1"),
        user: UserId::new("2"),
        guild: GuildId::new("3"),
        channel: ChannelId::new("20"),
        about: MessageId::new("4"),
        application: ApplicationId::new("5"),
        token: Secret::new("long past"),
        accepted_at: Timestamp::from_second(ACCEPTED).unwrap(),
        trace: None,
    };
    let live = LiveMessage {
        channel: ChannelId::new("20"),
        message: MessageId::new("10"),
    };
    let base = "https://discord.test/api/v10";
    let discord = DiscordClient::new(world, base, &Secret::new("bot")).unwrap();
    let message = Message::text("It is over.");
    let telling = tell(world, &discord, &reply, Some(&live), &message);
    telling.now_or_never().expect("nothing waits")
}

#[test]
fn a_thread_that_takes_the_message_has_been_told() {
    let (told, world) = told([(200, SENT)]);
    assert_eq!(told, Ok(()));
    assert_eq!(
        *world.asked.borrow(),
        ["PATCH /api/v10/channels/20/messages/10"]
    );
    assert!(world.log.borrow().is_empty());
}

#[test]
fn what_passes_is_worth_another_try_and_no_line() {
    for (status, body) in [
        (503, "upstream connect error"),
        (
            429,
            r#"{"message":"slow down","retry_after":1.5,"global":false}"#,
        ),
    ] {
        let (told, world) = told([(status, body)]);
        let Err(Fault::Upstream { service, error }) = told else {
            panic!("{status}: {told:?}")
        };
        assert_eq!(service, Service::Discord);
        assert!(error.is_transient(), "{error}");
        assert!(world.log.borrow().is_empty());
    }
    let world = World::default();
    let lost = Err(Unreachable::TimedOut(Duration::from_secs(10)));
    world.answers.borrow_mut().push_back(lost);
    let told = tell_in(&world);
    assert!(
        matches!(
            &told,
            Err(Fault::Upstream {
                error: ServiceError::Unreachable(_),
                ..
            })
        ),
        "{told:?}"
    );
}

#[test]
fn a_thread_that_can_never_be_told_is_a_line_in_the_log_and_no_failure() {
    let gone = r#"{"message":"Unknown Channel","code":10003}"#;
    let no_access = r#"{"message":"Missing Access","code":50001}"#;
    for answers in [
        &[(404, gone), (404, gone)][..],
        &[(403, no_access)],
        &[(400, ARCHIVED), (400, ARCHIVED)],
    ] {
        let world = World::default();
        let answered = answers
            .iter()
            .map(|(status, body)| Ok(answer(*status, body)));
        world.answers.borrow_mut().extend(answered);
        assert_eq!(tell_in(&world), Ok(()), "{answers:?}");
        assert_eq!(world.asked.borrow().len(), answers.len());
        let log = world.log.borrow();
        let [line] = log.as_slice() else {
            panic!("{log:?}")
        };
        assert!(line.contains("the thread cannot be told"), "{line}");
        assert!(line.contains(r#""job":"1""#), "{line}");
    }
}

#[test]
fn a_thread_that_was_archived_is_woken_by_a_message_that_takes_the_place_of_the_old_one() {
    let (told, world) = told([(400, ARCHIVED), (200, SENT), (200, SENT), (204, "")]);
    assert_eq!(told, Ok(()));
    assert_eq!(
        *world.asked.borrow(),
        [
            "PATCH /api/v10/channels/20/messages/10",
            "POST /api/v10/channels/20/messages",
            "PATCH /api/v10/channels/20/messages/30",
            "DELETE /api/v10/channels/20/messages/10",
        ]
    );
    assert!(world.log.borrow().is_empty());
}
