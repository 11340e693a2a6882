//! Who may do what, by Discord user and role.
//!
//! Invariants: a right that nobody was given is nobody's; a mistake in a list is an error and not
//! an empty list; whoever asked for a job may always stop it. `everyone` means everyone in a
//! server: a direct message comes from a stranger, who has only what is given to them by name.
//!
//! Enforced by the consumer, where the command is acted on: whatever road a command took there (a
//! slash command, a menu, a button, a replay by the operator), it is asked the same question.

mod grants;
#[cfg(test)]
mod tests;

pub use grants::{BadGrant, Grant, Grants};

use crate::command::Command;
use crate::id::{RoleId, UserId};
use crate::job::DiscordContext;

/// Something that not everybody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Right {
    /// Gather context: makes an issue and comments in it.
    Contextualize,
    /// Let the agent work: costs money and makes a pull request.
    Fix,
    /// Let a planned fix begin, or not.
    Approve,
    /// Stop what somebody else asked for.
    CancelOthers,
    /// Give a running fix more instructions or more money.
    Steer,
    /// Have a pull request's branch deployed.
    Deploy,
    /// Keep an issue from bugbot and from volunteers.
    Claim,
}

impl Right {
    /// The variable that says who has it.
    pub fn variable(self) -> &'static str {
        match self {
            Self::Contextualize => "CONTEXTUALIZE_ALLOWED",
            Self::Fix => "FIX_ALLOWED",
            Self::Approve => "APPROVE_ALLOWED",
            Self::CancelOthers => "CANCEL_ALLOWED",
            Self::Steer => "STEER_ALLOWED",
            Self::Deploy => "DEPLOY_ALLOWED",
            Self::Claim => "CLAIM_ALLOWED",
        }
    }

    /// What a command takes. `None` where everybody may: it only shows something, or the answer
    /// depends on whose job it is about.
    pub fn of(command: &Command) -> Option<Self> {
        match command {
            Command::Contextualize(_) => Some(Self::Contextualize),
            Command::Fix(_) => Some(Self::Fix),
            Command::Approve(_) | Command::Reject(_) => Some(Self::Approve),
            Command::Steer(_) | Command::Continue(_) => Some(Self::Steer),
            Command::Deploy(_) => Some(Self::Deploy),
            Command::Claim(_) => Some(Self::Claim),
            // Of a retry, what is done again decides: see `deliver::permit`.
            // What is released is one's own, or nothing happens.
            Command::Retry(_)
            | Command::Cancel(_)
            | Command::Release(_)
            | Command::Status(_)
            | Command::Claims(_)
            | Command::Leaderboard(_)
            | Command::Help(_) => None,
        }
    }
}

/// Who acts.
#[derive(Debug, Clone, Copy)]
pub struct Actor<'a> {
    /// The user.
    pub user: &'a UserId,
    /// Their roles in the server.
    pub roles: &'a [RoleId],
    /// Whether they are in a server at all.
    pub in_server: bool,
}

impl<'a> Actor<'a> {
    /// Who gave a command.
    pub fn of(context: &'a DiscordContext) -> Self {
        Self {
            user: &context.user_id,
            roles: &context.user_roles,
            in_server: !context.guild_id.as_str().is_empty(),
        }
    }
}

/// Who may do what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles {
    contextualize: Grants,
    fix: Grants,
    approve: Grants,
    cancel_others: Grants,
    /// Whoever may fix, unless it is set.
    steer: Option<Grants>,
    deploy: Grants,
    /// Whoever may fix, unless it is set.
    claim: Option<Grants>,
}

impl Default for Roles {
    /// Everybody may gather context; nobody may do anything else.
    fn default() -> Self {
        Self {
            contextualize: Grants::everyone(),
            fix: Grants::nobody(),
            approve: Grants::nobody(),
            cancel_others: Grants::nobody(),
            steer: None,
            deploy: Grants::nobody(),
            claim: None,
        }
    }
}

/// Why somebody may do it: what the audit log says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permit(pub String);

/// Somebody may not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Denied {
    /// What.
    pub right: Right,
    /// Whether nobody may: then it is the operator who has something to do.
    pub nobody_may: bool,
}

impl Roles {
    /// Reads the lists; `read` gives the value of a variable that is set. The mistakes are named
    /// by their variables.
    pub fn from_env(read: impl Fn(&str) -> Option<String>) -> Result<Self, Vec<String>> {
        let mut problems = Vec::new();
        let mut grants = |right: Right| {
            let value = read(right.variable())?;
            let parsed = Grants::parse(&value);
            parsed
                .map_err(|bad| problems.push(format!("{}: {bad}", right.variable())))
                .ok()
        };
        let default = Self::default();
        let roles = Self {
            contextualize: grants(Right::Contextualize).unwrap_or(default.contextualize),
            fix: grants(Right::Fix).unwrap_or(default.fix),
            approve: grants(Right::Approve).unwrap_or(default.approve),
            cancel_others: grants(Right::CancelOthers).unwrap_or(default.cancel_others),
            steer: grants(Right::Steer),
            deploy: grants(Right::Deploy).unwrap_or(default.deploy),
            claim: grants(Right::Claim),
        };
        if problems.is_empty() {
            Ok(roles)
        } else {
            Err(problems)
        }
    }

    /// Whether `actor` has the right.
    pub fn decide(&self, right: Right, actor: Actor<'_>) -> Result<Permit, Denied> {
        // No user of Discord's has such an id: it is given to whoever holds the operator's token.
        if actor.user.operator().is_some() {
            return Ok(Permit("operator".to_owned()));
        }
        // Nor has any the name of a hook, which the operator has set up to do just this.
        if actor.user.hook().is_some() && right == Right::Contextualize {
            return Ok(Permit("hook".to_owned()));
        }
        let grants = self.grants(right);
        match grants.given_to(actor) {
            Some(grant) => Ok(Permit(grant.to_string())),
            None => Err(Denied {
                right,
                nobody_may: grants.is_nobody(),
            }),
        }
    }

    /// Whether anybody has the right at all.
    pub fn has_anybody(&self, right: Right) -> bool {
        !self.grants(right).is_nobody()
    }

    fn grants(&self, right: Right) -> &Grants {
        match right {
            Right::Contextualize => &self.contextualize,
            Right::Fix => &self.fix,
            Right::Approve => &self.approve,
            Right::CancelOthers => &self.cancel_others,
            Right::Steer => self.steer.as_ref().unwrap_or(&self.fix),
            Right::Deploy => &self.deploy,
            Right::Claim => self.claim.as_ref().unwrap_or(&self.fix),
        }
    }
}
