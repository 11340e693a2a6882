//! `bugbot dlq`.

use std::fmt::Write as _;

use serde_json::{Value, json};
use shared::http::Http;
use shared::operator::{DeadView, MAX_PAGE, OperatorClient};

use crate::args::{DeadArgs, DlqArgs, To};
use crate::jobs::acted;
use crate::outcome::{Done, Exit, Failure};
use crate::progress::doing;
use crate::table::{line, listing, moment, table};

/// The most letters that `--all` takes at once.
const MAX_AT_ONCE: usize = 1_000;

#[derive(Debug, Clone, Copy)]
enum Order {
    Replay,
    Discard,
}

pub(crate) async fn run(to: &To, args: &DlqArgs, http: &impl Http) -> Result<Done, Failure> {
    let client = to.client(http)?;
    match args {
        DlqArgs::List { all, limit } => {
            let letters = list(&client, *limit, *all).await?;
            Ok(Done::new(in_rows(&letters), &letters))
        }
        DlqArgs::Show { id } => {
            let letter = client.dead_letter(id).await?;
            Ok(Done::new(in_full(&letter), &letter))
        }
        DlqArgs::Replay(which) => each(&client, which, Order::Replay).await,
        DlqArgs::Discard(which) => each(&client, which, Order::Discard).await,
    }
}

async fn list(
    client: &OperatorClient<impl Http>,
    limit: usize,
    all: bool,
) -> Result<Vec<DeadView>, Failure> {
    let _doing = doing("Asking for the dead letters");
    let mut letters: Vec<DeadView> = Vec::new();
    let mut after = None;
    while letters.len() < limit {
        let page = client
            .dead_letters((limit - letters.len()).min(MAX_PAGE), after.as_deref(), all)
            .await?;
        letters.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(letters)
}

/// One after the other: a failure of one does not keep the others from it.
async fn each(
    client: &OperatorClient<impl Http>,
    which: &DeadArgs,
    order: Order,
) -> Result<Done, Failure> {
    let ids = if which.all {
        let letters = list(client, MAX_AT_ONCE, false).await?;
        letters.into_iter().map(|letter| letter.id).collect()
    } else {
        which.ids.clone()
    };
    if let [id] = ids.as_slice() {
        return Ok(acted(&give(client, id, order).await?));
    }
    let mut text = String::new();
    let mut results: Vec<Value> = Vec::new();
    let mut failed = 0;
    for (nth, id) in ids.iter().enumerate() {
        let _doing = doing(&format!("{} of {}", nth + 1, ids.len()));
        match give(client, id, order).await {
            Ok(done) => {
                let _ = writeln!(text, "{}: {}", done.id, done.message);
                results.push(json!(done));
            }
            // The others would be refused or lost too.
            Err(failure) if failure.exit == Exit::Refused => return Err(failure),
            Err(failure) => {
                failed += 1;
                let _ = writeln!(text, "{id}: {}", failure.message);
                results.push(json!({"id": id, "error": failure.json()}));
            }
        }
    }
    if ids.is_empty() {
        text += "There is nothing to do.\n";
    } else if failed > 0 {
        let _ = writeln!(text, "{failed} of {} could not be done.", ids.len());
    }
    let exit = if failed > 0 { Exit::Failed } else { Exit::Done };
    Ok(Done::new(text, &results).with_exit(exit))
}

async fn give(
    client: &OperatorClient<impl Http>,
    id: &str,
    order: Order,
) -> Result<shared::operator::Acted, Failure> {
    Ok(match order {
        Order::Replay => client.replay(id).await?,
        Order::Discard => client.discard(id).await?,
    })
}

fn in_rows(letters: &[DeadView]) -> String {
    let rows: Vec<_> = letters
        .iter()
        .map(|letter| {
            [
                letter.id.clone(),
                letter.command.clone().unwrap_or_else(|| "?".to_owned()),
                letter.buried_at.map(moment).unwrap_or_default(),
                fate(letter).unwrap_or_else(|| "open".to_owned()),
                line(&letter.reason, 60),
            ]
        })
        .collect();
    table(
        ["ID", "COMMAND", "DIED (UTC)", "FATE", "BECAUSE"],
        &rows,
        "There are no dead letters.",
    )
}

fn in_full(letter: &DeadView) -> String {
    listing(&[
        ("Id", Some(letter.id.clone())),
        ("Command", letter.command.clone()),
        ("Thread", letter.thread.as_ref().map(ToString::to_string)),
        (
            "Requested by",
            letter.requested_by.as_ref().map(ToString::to_string),
        ),
        ("Died (UTC)", letter.buried_at.map(moment)),
        ("Because", Some(line(&letter.reason, 300))),
        ("Fate", fate(letter)),
        ("Broken", letter.broken.as_deref().map(|why| line(why, 300))),
    ])
}

fn fate(letter: &DeadView) -> Option<String> {
    let by = |word: &str, mark: &shared::deliver::Mark| {
        let name = mark.by.operator().unwrap_or(mark.by.as_str());
        format!("{word} by {name}, {}", moment(mark.at))
    };
    match (&letter.replayed, &letter.discarded) {
        (_, Some(mark)) => Some(by("discarded", mark)),
        (Some(mark), None) => Some(by("replayed", mark)),
        (None, None) => None,
    }
}
