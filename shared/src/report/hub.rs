//! What people on Discord read of the hub: who has which issue, and who has done most.

use jiff::Timestamp;

use super::escape::{self, inline_code, link};
use super::format::{count, list, mention};
use crate::discord::message::{Color, Embed, Message};
use crate::hub::score::Entry;
use crate::hub::{Claim, IssueRef, Status};

/// The most claims of a list, and places of a leaderboard: what one message shows well.
pub const MAX_CLAIMS: usize = 15;
/// The places of the leaderboard.
pub const MAX_PLACES: u32 = 10;

/// Somebody has claimed an issue.
pub fn claimed(claim: &Claim) -> Message {
    Message::text(format!(
        "✅ {} is yours until {}. Neither bugbot nor a volunteer works on it until then. `/bugbot release` gives it back.",
        name_of(&claim.issue),
        clock(claim.expires_at)
    ))
}

/// An issue is somebody else's: nothing is begun.
pub fn claimed_by_others(claim: &Claim) -> String {
    let issue = name_of(&claim.issue);
    let who = who(claim);
    if claim.status == Status::Completed {
        let result = match &claim.pull_request.url {
            Some(url) => link("pull request", url),
            None => "no pull request is named".to_owned(),
        };
        return format!(
            "{issue} was completed by {who} ({result}), so nobody else begins it before {}.",
            clock(claim.expires_at)
        );
    }
    format!(
        "{issue} is claimed by {who} until {} ({}), longer if they are heard of. Nobody else works on it meanwhile. `/bugbot claims` shows what is claimed.",
        clock(claim.expires_at),
        relative(claim.expires_at)
    )
}

/// Nobody, or nobody but somebody else, has the issue.
pub fn released(issue: &IssueRef) -> Message {
    Message::text(format!("✅ {} is free.", name_of(issue)))
}

/// Only whoever has an issue gives it back.
pub fn not_yours_to_release(claim: &Claim) -> String {
    format!(
        "{} is claimed by {}, and only they can give it back. It is free by itself {}, unless they are heard of.",
        name_of(&claim.issue),
        who(claim),
        relative(claim.expires_at)
    )
}

/// Nothing says which issue is meant.
pub fn which_issue_to_claim() -> String {
    "Which issue? This thread has none yet. Say so: `/bugbot claim target:ENG-123`, or `target:acme/web#12` for one of GitHub."
        .to_owned()
}

/// What is claimed.
pub fn claims(claims: &[Claim], are_more: bool) -> Message {
    if claims.is_empty() {
        return Message::text("Nobody has claimed an issue right now.");
    }
    let lines = claims.iter().map(|claim| {
        let title = match claim.title.as_str() {
            "" => String::new(),
            title => format!(" {}", escape::text(&crate::shorten::shorten(title, 60))),
        };
        format!(
            "{}{title}\n{}, free {}",
            name_of(&claim.issue),
            who(claim),
            relative(claim.expires_at)
        )
    });
    let mut text = list(lines, MAX_CLAIMS);
    if are_more {
        text.push_str("\n… and more");
    }
    let embed = Embed::titled("Claimed issues").with_color(Color::NEUTRAL);
    Message::embed(embed.with_description(text))
}

/// Who has done most.
pub fn leaderboard(entries: &[Entry], participants: u64) -> Message {
    if entries.is_empty() {
        return Message::text("Nobody has joined the hub yet.");
    }
    let line = |(at, entry): (usize, &Entry)| {
        let counted = &entry.counted;
        let days = usize::try_from(entry.streaks.current).unwrap_or(usize::MAX);
        let streak = match days {
            0 => String::new(),
            days => format!(" · {} in a row", count(days, "day")),
        };
        format!(
            "{}. **{}** {} · {} merged, {} opened, {} done{streak}",
            at + 1,
            escape::text(&entry.name),
            entry.score,
            counted.merged,
            counted.submitted,
            counted.completed,
        )
    };
    let lines: Vec<String> = entries.iter().enumerate().map(line).collect();
    let all = usize::try_from(participants).unwrap_or(usize::MAX);
    let embed = Embed::titled("Leaderboard")
        .with_color(Color::NEUTRAL)
        .with_description(lines.join("\n"))
        .with_field(
            "Score",
            "10 for a merged pull request, 3 for one that was opened, 1 for a completed issue",
        )
        .with_field("Taking part", count(all, "client"));
    Message::embed(embed)
}

fn name_of(issue: &IssueRef) -> String {
    inline_code(issue.as_str())
}

/// Who has a claim, as people here know them.
fn who(claim: &Claim) -> String {
    if let Some(user) = claim.discord_user() {
        return mention(&user);
    }
    if claim.owner.client.is_bot() {
        return "bugbot itself".to_owned();
    }
    format!("the volunteer **{}**", escape::text(&claim.client_name))
}

fn clock(at: Timestamp) -> String {
    format!("<t:{}:f>", at.as_second())
}

fn relative(at: Timestamp) -> String {
    format!("<t:{}:R>", at.as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::ClientId;
    use crate::hub::claim::{Owner, PullRequestRef};
    use crate::hub::days::Streaks;
    use crate::hub::stats::Counted;
    use crate::id::UserId;

    fn claim(client: ClientId, job: Option<&str>) -> Claim {
        let at = Timestamp::from_second(1_785_000_000).unwrap();
        Claim {
            id: "id".to_owned(),
            issue: IssueRef::parse("acme/web#12").unwrap(),
            repo: "acme/web".to_owned(),
            number: Some(12),
            title: "Save *is* dead".to_owned(),
            url: "https://github.com/acme/web/issues/12".to_owned(),
            owner: Owner {
                client,
                job: job.map(str::to_owned),
            },
            client_name: "Ann's [laptop]".to_owned(),
            status: Status::Claimed,
            claimed_at: at,
            expires_at: at,
            pull_request: PullRequestRef::default(),
            is_released: false,
            version: 1,
        }
    }

    fn volunteer() -> Claim {
        claim(ClientId::parse("c").unwrap(), None)
    }

    fn person() -> Claim {
        claim(ClientId::of_discord(&UserId::new("42")), Some("42"))
    }

    fn shown(message: &Message) -> String {
        serde_json::to_string_pretty(message).unwrap()
    }

    /// What breaks a mention cannot be seen.
    fn visible(text: &str) -> String {
        text.replace('\u{200b}', "{U+200B}")
    }

    #[test]
    fn whoever_is_refused_reads_who_has_it_and_until_when() {
        insta::assert_snapshot!(claimed_by_others(&volunteer()), @r"`acme/web#12` is claimed by the volunteer **Ann's \[laptop]** until <t:1785000000:f> (<t:1785000000:R>), longer if they are heard of. Nobody else works on it meanwhile. `/bugbot claims` shows what is claimed.");
        insta::assert_snapshot!(claimed_by_others(&person()), @"`acme/web#12` is claimed by <@42> until <t:1785000000:f> (<t:1785000000:R>), longer if they are heard of. Nobody else works on it meanwhile. `/bugbot claims` shows what is claimed.");
        insta::assert_snapshot!(claimed_by_others(&claim(ClientId::bot(), Some("1"))), @"`acme/web#12` is claimed by bugbot itself until <t:1785000000:f> (<t:1785000000:R>), longer if they are heard of. Nobody else works on it meanwhile. `/bugbot claims` shows what is claimed.");
        let mut done = volunteer();
        done.status = Status::Completed;
        insta::assert_snapshot!(claimed_by_others(&done), @r"`acme/web#12` was completed by the volunteer **Ann's \[laptop]** (no pull request is named), so nobody else begins it before <t:1785000000:f>.");
        done.pull_request.url = Some("https://github.com/acme/web/pull/13".to_owned());
        insta::assert_snapshot!(claimed_by_others(&done), @r"`acme/web#12` was completed by the volunteer **Ann's \[laptop]** ([pull request](<https://github.com/acme/web/pull/13>)), so nobody else begins it before <t:1785000000:f>.");
        insta::assert_snapshot!(not_yours_to_release(&volunteer()), @r"`acme/web#12` is claimed by the volunteer **Ann's \[laptop]**, and only they can give it back. It is free by itself <t:1785000000:R>, unless they are heard of.");
    }

    #[test]
    fn the_answers_to_claim_and_release() {
        insta::assert_snapshot!(shown(&claimed(&person())), @r#"
        {
          "content": "✅ `acme/web#12` is yours until <t:1785000000:f>. Neither bugbot nor a volunteer works on it until then. `/bugbot release` gives it back.",
          "embeds": [],
          "components": [],
          "attachments": [],
          "allowed_mentions": {
            "parse": []
          }
        }
        "#);
        insta::assert_snapshot!(shown(&released(&person().issue)), @r#"
        {
          "content": "✅ `acme/web#12` is free.",
          "embeds": [],
          "components": [],
          "attachments": [],
          "allowed_mentions": {
            "parse": []
          }
        }
        "#);
        insta::assert_snapshot!(which_issue_to_claim(), @"Which issue? This thread has none yet. Say so: `/bugbot claim target:ENG-123`, or `target:acme/web#12` for one of GitHub.");
    }

    #[test]
    fn the_list_of_claims() {
        insta::assert_snapshot!(shown(&claims(&[], false)), @r#"
        {
          "content": "Nobody has claimed an issue right now.",
          "embeds": [],
          "components": [],
          "attachments": [],
          "allowed_mentions": {
            "parse": []
          }
        }
        "#);
        insta::assert_snapshot!(shown(&claims(&[volunteer(), person()], true)), @r#"
        {
          "content": "",
          "embeds": [
            {
              "title": "Claimed issues",
              "description": "`acme/web#12` Save \\*is\\* dead\nthe volunteer **Ann's \\[laptop]**, free <t:1785000000:R>\n`acme/web#12` Save \\*is\\* dead\n<@42>, free <t:1785000000:R>\n… and more",
              "color": 8422542
            }
          ],
          "components": [],
          "attachments": [],
          "allowed_mentions": {
            "parse": []
          }
        }
        "#);
    }

    #[test]
    fn the_leaderboard() {
        let entry = |name: &str, current| Entry {
            client: ClientId::parse("c").unwrap(),
            name: name.to_owned(),
            version: None,
            counted: Counted {
                completed: 3,
                submitted: 2,
                merged: 1,
                ..Counted::default()
            },
            score: 19,
            streaks: Streaks {
                current,
                longest: 9,
            },
        };
        insta::assert_snapshot!(shown(&leaderboard(&[], 0)), @r#"
        {
          "content": "Nobody has joined the hub yet.",
          "embeds": [],
          "components": [],
          "attachments": [],
          "allowed_mentions": {
            "parse": []
          }
        }
        "#);
        insta::assert_snapshot!(visible(&shown(&leaderboard(&[entry("@everyone", 2), entry("Ben", 0)], 7))), @r#"
        {
          "content": "",
          "embeds": [
            {
              "title": "Leaderboard",
              "description": "1. **@{U+200B}everyone** 19 · 1 merged, 2 opened, 3 done · 2 days in a row\n2. **Ben** 19 · 1 merged, 2 opened, 3 done",
              "color": 8422542,
              "fields": [
                {
                  "name": "Score",
                  "value": "10 for a merged pull request, 3 for one that was opened, 1 for a completed issue",
                  "inline": false
                },
                {
                  "name": "Taking part",
                  "value": "7 clients",
                  "inline": false
                }
              ]
            }
          ],
          "components": [],
          "attachments": [],
          "allowed_mentions": {
            "parse": []
          }
        }
        "#);
    }
}
