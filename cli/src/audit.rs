//! `bugbot audit`.

use std::path::Path;

use serde_json::{Value, json};
use shared::audit::{Broken, Entry, Head, Verifier, parse_lines};
use shared::http::Http;
use shared::operator::{MAX_PAGE, OperatorClient};

use crate::args::{AuditArgs, To};
use crate::outcome::{Done, Exit, Failure};
use crate::progress::doing;

pub(crate) async fn run(to: &To, args: &AuditArgs, http: &impl Http) -> Result<Done, Failure> {
    match args {
        AuditArgs::Export { log, out, after } => {
            let client = to.client(http)?;
            export(&client, log, *after, out.as_deref()).await
        }
        AuditArgs::Verify { log, head } => {
            let known = head.as_deref().map(parse_head).transpose()?;
            let entries = if Path::new(log).is_file() {
                read(Path::new(log))?
            } else {
                fetch(&to.client(http)?, log, 0).await?.0
            };
            let whole = shared::audit::verify(&entries, known).map_err(|broken| forged(&broken))?;
            let text = format!("The log is whole.\n{}\n", head_line(&whole));
            Ok(Done::new(text, &json!({"whole": true, "head": whole})))
        }
    }
}

async fn export(
    client: &OperatorClient<impl Http>,
    log: &str,
    after: u64,
    out: Option<&Path>,
) -> Result<Done, Failure> {
    let (entries, head) = fetch(client, log, after).await?;
    if after == 0 {
        // The head is from the same source: this finds a broken chain, not a new one.
        verify_all(&entries, &head).map_err(|broken| forged(&broken))?;
    }
    let line = |entry| serde_json::to_string(entry).expect("an entry is JSON") + "\n";
    let lines: String = entries.iter().map(line).collect();
    let Some(path) = out else {
        return Ok(Done::new(lines.clone(), &Value::String(lines)));
    };
    std::fs::write(path, lines)
        .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    let text = format!(
        "{} entries are in {}.\n{}\n",
        entries.len(),
        path.display(),
        head_line(&head)
    );
    let json = json!({"entries": entries.len(), "head": head, "file": path});
    Ok(Done::new(text, &json))
}

async fn fetch(
    client: &OperatorClient<impl Http>,
    log: &str,
    after: u64,
) -> Result<(Vec<Entry>, Head), Failure> {
    let _doing = doing("Reading the log");
    let mut entries = Vec::new();
    let mut after = after;
    loop {
        let page = client.audit(log, MAX_PAGE, after).await?;
        let next = page.next_after();
        let head = page.head.clone();
        entries.extend(page.entries);
        match next {
            Some(next) => after = next,
            None => return Ok((entries, head)),
        }
    }
}

fn verify_all(entries: &[Entry], head: &Head) -> Result<(), Broken> {
    let mut verifier = Verifier::new(Some(head.clone()));
    for entry in entries {
        verifier.push(entry)?;
    }
    verifier.finish().map(drop)
}

fn read(path: &Path) -> Result<Vec<Entry>, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::failed(format!("{}: {error}", path.display())))?;
    let entries: Result<_, _> = parse_lines(&text).collect();
    entries.map_err(|bad| Failure::failed(bad.to_string()))
}

fn parse_head(text: &str) -> Result<Head, Failure> {
    let parsed = text.split_once(':').and_then(|(number, hash)| {
        let is_hash = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
        Some((number.parse().ok()?, is_hash.then_some(hash)?))
    });
    match parsed {
        Some((number, hash)) => Ok(Head {
            number,
            hash: hash.into(),
        }),
        None => Err(Failure::new(
            Exit::NotPossible,
            "a head is NUMBER:HASH, as `audit export` and `audit verify` print it",
        )),
    }
}

fn head_line(head: &Head) -> String {
    format!("Head: {}:{}", head.number, head.hash.as_str())
}

fn forged(broken: &Broken) -> Failure {
    Failure::failed(format!("the log is not what was written: {broken}"))
        .with_fix("Keep what you have, and compare it with earlier exports.")
}
