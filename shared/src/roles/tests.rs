use super::*;
use Right::{Approve, CancelOthers, Contextualize, Deploy, Fix, Steer};

const ALL: [Right; 6] = [Contextualize, Fix, Approve, CancelOthers, Steer, Deploy];

fn roles(variables: &[(&str, &str)]) -> Result<Roles, Vec<String>> {
    Roles::from_env(|name| {
        let found = variables.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    })
}

/// The rights that somebody has.
fn rights(roles: &Roles, user: &str, has: &[&str], in_server: bool) -> Vec<Right> {
    let user = UserId::new(user);
    let has: Vec<_> = has.iter().map(|role| RoleId::new(*role)).collect();
    let actor = Actor {
        user: &user,
        roles: &has,
        in_server,
    };
    let given = ALL
        .into_iter()
        .filter(|right| roles.decide(*right, actor).is_ok());
    given.collect()
}

#[test]
fn everybody_may_gather_context_and_nobody_may_do_more_until_told_so() {
    let roles = roles(&[]).unwrap();
    assert_eq!(rights(&roles, "1", &["9"], true), [Contextualize]);
    let user = UserId::new("1");
    let actor = Actor {
        user: &user,
        roles: &[],
        in_server: true,
    };
    let denied = roles.decide(Fix, actor).unwrap_err();
    assert!(denied.nobody_may);
    assert_eq!(denied.right.variable(), "FIX_ALLOWED");
}

#[test]
fn a_right_is_given_by_role_and_by_user() {
    let roles = roles(&[
        ("FIX_ALLOWED", "role:10, user:7"),
        ("APPROVE_ALLOWED", "role:11\nrole:12"),
        ("CANCEL_ALLOWED", "user:7 user:8"),
        ("DEPLOY_ALLOWED", "nobody"),
    ])
    .unwrap();
    assert_eq!(rights(&roles, "1", &[], true), [Contextualize]);
    assert_eq!(
        rights(&roles, "1", &["10"], true),
        [Contextualize, Fix, Steer]
    );
    assert_eq!(
        rights(&roles, "1", &["2", "12"], true),
        [Contextualize, Approve]
    );
    assert_eq!(
        rights(&roles, "7", &[], true),
        [Contextualize, Fix, CancelOthers, Steer]
    );
    // The id of a user is no role's, and the other way round.
    assert_eq!(rights(&roles, "10", &["7"], true), [Contextualize]);
}

#[test]
fn steering_can_be_given_to_others_than_fixing() {
    let roles = roles(&[("FIX_ALLOWED", "user:1"), ("STEER_ALLOWED", "user:2")]).unwrap();
    assert_eq!(rights(&roles, "1", &[], true), [Contextualize, Fix]);
    assert_eq!(rights(&roles, "2", &[], true), [Contextualize, Steer]);
}

#[test]
fn a_stranger_in_a_direct_message_has_only_what_is_theirs_by_name() {
    let roles = roles(&[("FIX_ALLOWED", "everyone, role:10, user:7")]).unwrap();
    assert_eq!(rights(&roles, "1", &["10"], false), []);
    assert_eq!(rights(&roles, "7", &[], false), [Fix, Steer]);
}

#[test]
fn contextualizing_can_be_closed() {
    let roles = roles(&[("CONTEXTUALIZE_ALLOWED", "nobody")]).unwrap();
    assert_eq!(rights(&roles, "1", &[], true), []);
}

#[test]
fn a_mistake_in_a_list_is_no_empty_list() {
    for bad in [
        "Everyone",
        "admins",
        "role:",
        "role:abc",
        "role:1:2",
        "user: 7",
        "user:-7",
        "role:123456789012345678901",
        "@everyone",
        "everyone, nobody",
        "user:7;user:8",
    ] {
        let problems = roles(&[("FIX_ALLOWED", bad)]).unwrap_err();
        assert!(problems[0].starts_with("FIX_ALLOWED: "), "{problems:?}");
    }
    let two = [("FIX_ALLOWED", "x"), ("CANCEL_ALLOWED", "y")];
    assert_eq!(roles(&two).unwrap_err().len(), 2, "all at once");
}

#[test]
fn the_permit_says_what_gave_the_right() {
    let roles = roles(&[("FIX_ALLOWED", "role:10,everyone")]).unwrap();
    let permit = |has: &[RoleId]| {
        let user = UserId::new("1");
        let actor = Actor {
            user: &user,
            roles: has,
            in_server: true,
        };
        roles.decide(Fix, actor).unwrap().0
    };
    assert_eq!(permit(&[RoleId::new("10")]), "role:10");
    assert_eq!(permit(&[]), "everyone");
}

#[test]
fn an_operator_may_do_everything_where_nobody_else_may() {
    let operator = UserId::of_operator("ann");
    let actor = Actor {
        user: &operator,
        roles: &[],
        in_server: true,
    };
    let permit = Roles::default().decide(Fix, actor);
    assert_eq!(permit, Ok(Permit("operator".to_owned())));
    let posing = UserId::new("operator");
    let posing = Actor {
        user: &posing,
        ..actor
    };
    assert!(Roles::default().decide(Fix, posing).is_err());
}

#[test]
fn a_hook_may_gather_context_and_nothing_else() {
    let closed = roles(&[("CONTEXTUALIZE_ALLOWED", "nobody")]).unwrap();
    let allowed = rights(&closed, UserId::of_hook("sentry").as_str(), &[], true);
    assert_eq!(allowed, [Contextualize]);
    assert_eq!(rights(&closed, "hook", &[], true), []);
}
