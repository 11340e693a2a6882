use proptest::prelude::*;

use super::*;

fn at(minutes: i64) -> Timestamp {
    let start: Timestamp = "2026-03-06T14:30:00Z".parse().unwrap();
    start + jiff::SignedDuration::from_mins(minutes)
}

fn client(name: &str) -> Owner {
    Owner::of(ClientId::parse(name).unwrap())
}

fn bot(job: &str) -> Owner {
    Owner {
        client: ClientId::bot(),
        job: Some(job.to_owned()),
    }
}

fn wanted(owner: Owner) -> Wanted {
    Wanted {
        issue: IssueRef::parse("acme/web#7").unwrap(),
        repo: "acme/web".to_owned(),
        number: Some(7),
        title: "Save is dead".to_owned(),
        url: "https://github.com/acme/web/issues/7".to_owned(),
        client_name: owner.client.default_name(),
        owner,
        ttl: DEFAULT_TTL,
    }
}

#[expect(clippy::result_large_err, reason = "as `take` has it")]
fn taken(known: Option<&Claim>, owner: Owner, now: Timestamp) -> Result<Taken, Claim> {
    take(known, &wanted(owner), 1, now)
}

fn new(owner: Owner, now: Timestamp) -> Claim {
    match taken(None, owner, now).unwrap() {
        Taken::New(claim) => claim,
        Taken::Renewed(claim) => panic!("{claim:?}"),
    }
}

fn say(claim: &Claim, status: Status, now: Timestamp) -> Claim {
    let none = PullRequestRef::default();
    change(Some(claim), &claim.owner, status, &none, DEFAULT_TTL, now).unwrap()
}

#[test]
fn one_who_comes_second_gets_the_claim_of_the_first() {
    let first = new(client("ann"), at(0));
    assert_eq!(taken(Some(&first), client("ben"), at(29)), Err(first));
}

#[test]
fn a_claim_that_has_run_out_is_anybodys_at_once() {
    let first = new(client("ann"), at(0));
    let Ok(Taken::New(second)) = taken(Some(&first), client("ben"), at(30)) else {
        panic!("not taken")
    };
    assert_ne!(second.id, first.id);
    assert_eq!(second.owner, client("ben"));
}

#[test]
fn claiming_twice_renews_and_is_one_claim() {
    let first = new(client("ann"), at(0));
    // Also long after it has run out: an offline client drains what it had queued.
    for later in [1, 29, 30, 5_000] {
        let Ok(Taken::Renewed(again)) = taken(Some(&first), client("ann"), at(later)) else {
            panic!("not renewed")
        };
        assert_eq!((&again.id, again.claimed_at), (&first.id, first.claimed_at));
        assert_eq!(again.expires_at, at(later + 30));
    }
}

#[test]
fn a_long_claim_is_not_shortened_by_a_sign_of_life() {
    let mut long = wanted(client("ann"));
    long.ttl = Duration::from_hours(8);
    let Ok(Taken::New(first)) = take(None, &long, 1, at(0)) else {
        panic!("not taken")
    };
    let said = say(&first, Status::InProgress, at(1));
    assert_eq!(said.expires_at, at(480));
}

#[test]
fn every_status_keeps_the_issue_as_long_as_it_says() {
    let first = new(client("ann"), at(0));
    for (status, minutes) in [
        (Status::Claimed, 40),
        (Status::InProgress, 40),
        (Status::Completed, 10 + 14 * 24 * 60),
        (Status::Skipped, 10),
    ] {
        let said = say(&first, status, at(10));
        assert_eq!(said.expires_at, at(minutes), "{status:?}");
        assert_eq!(said.is_held(at(minutes - 1)), status != Status::Skipped);
        assert!(!said.is_held(at(minutes)));
        assert_eq!(said.version, first.version + 1);
    }
}

#[test]
fn what_is_completed_stays_with_whoever_did_it_and_they_may_begin_again() {
    let done = say(&new(client("ann"), at(0)), Status::Completed, at(10));
    assert!(taken(Some(&done), client("ben"), at(60)).is_err());
    let again = taken(Some(&done), client("ann"), at(60)).unwrap();
    assert!(matches!(again, Taken::New(claim) if claim.id != done.id));
    assert!(taken(Some(&done), client("ben"), at(11 + 14 * 24 * 60)).is_ok());
}

#[test]
fn two_jobs_of_the_bot_are_two_who_claim() {
    let first = new(bot("1"), at(0));
    assert!(taken(Some(&first), bot("2"), at(1)).is_err());
    assert!(matches!(
        taken(Some(&first), bot("1"), at(1)),
        Ok(Taken::Renewed(_))
    ));
    // The next job may take up what an earlier one completed.
    let done = say(&first, Status::Completed, at(2));
    assert!(matches!(
        taken(Some(&done), bot("2"), at(3)),
        Ok(Taken::New(_))
    ));
}

#[test]
fn only_the_owner_changes_or_releases() {
    let first = new(client("ann"), at(0));
    let none = PullRequestRef::default();
    let (ann, ben) = (client("ann"), client("ben"));
    let by = |owner: &Owner, now| {
        let changed = change(
            Some(&first),
            owner,
            Status::Completed,
            &none,
            DEFAULT_TTL,
            now,
        );
        let released = release(Some(&first), owner, now);
        (changed.err(), released.err())
    };
    assert_eq!(by(&ann, at(1)), (None, None));
    // Offline for an hour; nobody came meanwhile.
    assert_eq!(by(&ann, at(60)), (None, None));
    let others = Some(NotYours::Others);
    assert_eq!(by(&ben, at(1)), (others, others));
    let nobodys = Some(NotYours::Nobodys);
    assert_eq!(by(&ben, at(60)), (nobodys, nobodys));
    assert_eq!(release(None, &ann, at(0)), Err(NotYours::Nobodys));
}

#[test]
fn what_was_given_back_is_free_and_cannot_be_changed() {
    let back = release(Some(&new(client("ann"), at(0))), &client("ann"), at(1)).unwrap();
    assert!(!back.is_held(at(1)));
    assert!(matches!(
        taken(Some(&back), client("ben"), at(1)),
        Ok(Taken::New(_))
    ));
    assert_eq!(
        release(Some(&back), &client("ann"), at(2)),
        Err(NotYours::Nobodys)
    );
}

#[test]
fn a_pull_request_stays_when_nothing_new_is_said_of_it() {
    let first = new(client("ann"), at(0));
    let pull_request = PullRequestRef {
        url: Some("https://github.com/acme/web/pull/9".to_owned()),
        number: Some(9),
    };
    let done = Status::Completed;
    let told = change(
        Some(&first),
        &first.owner,
        done,
        &pull_request,
        DEFAULT_TTL,
        at(1),
    );
    let told = told.unwrap();
    assert!(told.has_pull_request());
    assert_eq!(say(&told, done, at(2)).pull_request, pull_request);
}

#[derive(Debug, Clone)]
enum Act {
    Take(u8),
    Say(u8, Status),
    Release(u8),
    Wait(i64),
}

fn act() -> impl Strategy<Value = Act> {
    let status = prop::sample::select(Status::ALL.to_vec());
    prop_oneof![
        (0..3_u8).prop_map(Act::Take),
        (0..3_u8, status).prop_map(|(who, status)| Act::Say(who, status)),
        (0..3_u8).prop_map(Act::Release),
        (1..40_i64).prop_map(Act::Wait),
    ]
}

proptest! {
    /// Whatever happens, nobody loses an issue that they hold, but by their own act or by time.
    #[test]
    fn nobody_takes_what_another_holds(acts in prop::collection::vec(act(), 1..60)) {
        let who = |n: u8| client(["ann", "ben", "cay"][usize::from(n)]);
        let mut known: Option<Claim> = None;
        let mut minutes = 0;
        for (nth, act) in acts.into_iter().enumerate() {
            let now = at(minutes);
            let before = known.clone();
            let holder = before.as_ref().filter(|claim| claim.is_held(now)).map(|it| it.owner.clone());
            let (by, after) = match act {
                Act::Wait(time) => {
                    minutes += time;
                    continue;
                }
                Act::Take(n) => {
                    let taken = take(known.as_ref(), &wanted(who(n)), nth as u64, now);
                    (who(n), taken.ok().map(|taken| match taken {
                        Taken::New(claim) | Taken::Renewed(claim) => claim,
                    }))
                }
                Act::Say(n, status) => {
                    let none = PullRequestRef::default();
                    (who(n), change(known.as_ref(), &who(n), status, &none, DEFAULT_TTL, now).ok())
                }
                Act::Release(n) => (who(n), release(known.as_ref(), &who(n), now).ok()),
            };
            if let Some(after) = after {
                prop_assert!(holder.is_none() || holder == Some(by.clone()), "{by:?} of {before:?}");
                prop_assert_eq!(&after.owner, &by);
                if let Some(before) = before.filter(|it| it.id == after.id) {
                    prop_assert_eq!(after.version, before.version + 1);
                }
                known = Some(after);
            } else if let (Some(holder), Act::Take(_)) = (holder, Act::Take(0)) {
                // Refused: whoever holds it still does.
                prop_assert_eq!(&known.as_ref().unwrap().owner, &holder);
            }
        }
    }
}
