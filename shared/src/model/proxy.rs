//! A call on its way: let in, reserved for, sent with the real key, settled.

use http::{HeaderMap, HeaderValue, Method, header};

use super::setup::ModelSettings;
use super::{Claim, HELD_FOR, Meter, ModelSetup, Refused, Wish};
use crate::audit::{self, Audits, Fact, LogName, Record};
use crate::http::{Request, Response};
use crate::id::JobId;
use crate::ledger::{self, LedgerName, Ledgers, Refusal};
use crate::log::{Event, Said};
use crate::ports::{Clock, Log};
use crate::trace::Trace;

/// The only headers of a caller that are looked at. Of these `PASSED_ON` go to the service,
/// with what its own libraries say about themselves.
pub const HEADERS: [&str; 6] = [
    "x-api-key",
    "accept",
    "content-type",
    "anthropic-version",
    "anthropic-beta",
    "user-agent",
];
/// What the service documents, and what its own libraries send about themselves.
const PASSED_ON: [&str; 6] = [
    "accept",
    "content-type",
    "anthropic-version",
    "anthropic-beta",
    "user-agent",
    "anthropic-dangerous-direct-browser-access",
];
/// What of the service's headers is passed back.
const PASSED_BACK: [&str; 4] = [
    "content-type",
    "request-id",
    "retry-after",
    "x-should-retry",
];
/// Makes some models dearer for long prompts than the table of prices says.
const DEARER_BETA: &str = "context-1m";
/// Where calls come in: `/model/{job}` and then the service's own path.
const PREFIX: &str = "/model/";

/// What passing calls on takes.
pub trait Ports: Ledgers + Audits {
    /// The time.
    fn clock(&self) -> &impl Clock;
    /// Log lines.
    fn log(&self) -> &impl Log;
    /// An id that no call had before.
    fn new_call(&self) -> String;
}

/// A call that may be sent.
#[derive(Debug)]
pub struct Passage {
    /// What goes to the service.
    pub request: Request,
    /// What is to be settled when the answer has passed; nothing for a call that costs nothing.
    pub bill: Option<Bill>,
}

/// What is to be settled.
#[derive(Debug)]
pub struct Bill {
    /// Watches the answer.
    pub meter: Meter,
    job: JobId,
    ledger: LedgerName,
    call: String,
}

/// Whether a header of a caller goes on to the service.
pub fn is_passed_on(name: &str) -> bool {
    PASSED_ON.contains(&name) || name.starts_with("x-stainless-")
}

/// Whether a header of the service goes back to the caller.
pub fn is_passed_back(name: &str) -> bool {
    PASSED_BACK.contains(&name)
}

/// Whether a path is one of a model call.
pub fn is_for_the_model(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Lets a call in: checks who calls, bounds its price, reserves that, and puts the key in.
pub async fn admit(
    request: &Request,
    setup: &ModelSetup,
    ports: &impl Ports,
) -> Result<Passage, Response> {
    let settings = setup
        .settings()
        .ok_or_else(|| Refused::NotSetUp.response())?;
    let refused = match caller(request, settings, ports) {
        Err(refused) => refused,
        Ok(caller) => match let_in(request, &caller, settings, ports).await {
            Ok(passage) => return Ok(passage),
            Err(refused) => {
                if let Some(cap) = refused.cap() {
                    record(&caller.claim, cap, ports).await;
                }
                refused
            }
        },
    };
    let reason = Said(&refused);
    let event = Event::ModelCallRefused { reason };
    ports.log().note(&trace_of(request), event);
    Err(refused.response())
}

/// The audit log holds the first call that met a limit. Refusing waits for no log.
async fn record(claim: &Claim, cap: &str, ports: &impl Ports) {
    let fact = Fact::CapRefused {
        job: claim.job.clone(),
        cap: cap.to_owned(),
    };
    let record = Record::of_job(&claim.job, &format!("cap:{cap}"), fact);
    let request = audit::Request::Append {
        records: vec![record],
    };
    let answer = ports.ask_audit(&LogName::of(&claim.guild), &request).await;
    let why = match answer {
        Ok(audit::Response::Appended { .. }) => return,
        Ok(other) => format!("{other:?}"),
        Err(why) => why,
    };
    let error = Said(&why);
    ports
        .log()
        .note(&Trace::of_job(&claim.job), Event::NotAudited { error });
}

/// The job that a request names, whether or not it may.
fn trace_of(request: &Request) -> Trace {
    let named = request.uri().path().strip_prefix(PREFIX);
    let job = named.and_then(|path| path.split('/').next());
    job.filter(|job| job.bytes().all(|byte| byte.is_ascii_digit()) && job.len() < 32)
        .map_or_else(Trace::none, |job| Trace::of_job(&job.into()))
}

/// Who calls, and what.
struct Caller<'r> {
    claim: Claim,
    path: &'r str,
    costs: bool,
}

fn caller<'r>(
    request: &'r Request,
    settings: &ModelSettings,
    ports: &impl Ports,
) -> Result<Caller<'r>, Refused> {
    let path = request.uri().path().strip_prefix(PREFIX);
    let (job, path) = path
        .and_then(|path| path.split_once('/'))
        .ok_or(Refused::NotFound)?;
    let costs = match (request.method(), path) {
        (&Method::POST, "v1/messages") => true,
        (&Method::POST, "v1/messages/count_tokens") => false,
        _ => return Err(Refused::NotFound),
    };
    let shown = request.headers().get("x-api-key");
    let shown = shown.and_then(|token| token.to_str().ok()).unwrap_or("");
    let now = ports.clock().now();
    let claim = settings.tokens.verify(shown, now);
    let claim = claim
        .filter(|claim| claim.job.as_str() == job)
        .ok_or(Refused::Unauthorized)?;
    Ok(Caller { claim, path, costs })
}

async fn let_in(
    request: &Request,
    caller: &Caller<'_>,
    settings: &ModelSettings,
    ports: &impl Ports,
) -> Result<Passage, Refused> {
    let Caller { claim, path, costs } = caller;
    if request.body().len() > super::MAX_BODY_BYTES {
        return Err(Refused::TooLarge);
    }
    if !settings.is_on {
        return Err(Refused::Shut("MODEL_SWITCH is off".to_owned()));
    }
    ask(ports, &LedgerName::global(), &ledger::Request::Pass).await?;
    let bill = if *costs {
        Some(reserve(claim, request.body(), settings, ports).await?)
    } else {
        None
    };
    Ok(Passage {
        request: outgoing(request, path, settings),
        bill,
    })
}

async fn reserve(
    claim: &Claim,
    body: &[u8],
    settings: &ModelSettings,
    ports: &impl Ports,
) -> Result<Bill, Refused> {
    let wish = Wish::read(body)?;
    let amount = wish.most(&settings.prices)?;
    let call = ports.new_call();
    let ledger = LedgerName::of(&claim.guild, &claim.user);
    let request = ledger::Request::Reserve {
        call: call.clone(),
        job: claim.job.clone(),
        amount,
        within: HELD_FOR,
    };
    ask(ports, &ledger, &request).await?;
    let most_micro_usd = amount.as_micros();
    let event = Event::ModelCallHeld { most_micro_usd };
    ports.log().note(&Trace::of_job(&claim.job), event);
    Ok(Bill {
        meter: Meter::new(wish, amount),
        job: claim.job.clone(),
        ledger,
        call,
    })
}

/// Books what a call has cost. If this is lost, it counts in full.
pub async fn settle(bill: Bill, setup: &ModelSetup, ports: &impl Ports) {
    let Some(settings) = setup.settings() else {
        return;
    };
    let cost = bill.meter.cost(&settings.prices);
    let trace = Trace::of_job(&bill.job);
    let request = ledger::Request::Settle {
        call: bill.call,
        cost,
    };
    if let Err(refused) = ask(ports, &bill.ledger, &request).await {
        let reason = Said(&refused);
        let event = Event::ModelCallNotSettled { reason };
        ports.log().note(&trace, event);
    } else {
        let micro_usd = cost.as_micros();
        ports
            .log()
            .note(&trace, Event::ModelCallSettled { micro_usd });
    }
}

async fn ask(
    ports: &impl Ports,
    ledger: &LedgerName,
    request: &ledger::Request,
) -> Result<(), Refused> {
    // A second time if the answer was lost: every request may be repeated.
    let mut answer = ports.ask_ledger(ledger, request).await;
    if answer.is_err() {
        answer = ports.ask_ledger(ledger, request).await;
    }
    match answer {
        Ok(ledger::Response::Granted) => Ok(()),
        Ok(ledger::Response::Refused { refusal }) => Err(Refusal::into(refusal)),
        Ok(ledger::Response::Seen(_)) | Err(_) => Err(Refused::LedgerLost),
    }
}

fn outgoing(request: &Request, path: &str, settings: &ModelSettings) -> Request {
    let base = settings.base.trim_end_matches('/');
    let query = request.uri().query();
    let query = query.map_or_else(String::new, |query| format!("?{query}"));
    let mut outgoing = http::Request::post(format!("{base}/{path}{query}"))
        .body(request.body().clone())
        .expect("the base is an address, and the rest came in one");
    let headers = outgoing.headers_mut();
    copy(request.headers(), headers);
    let mut key = HeaderValue::from_str(settings.key.expose())
        .expect("the settings hold no key that is no header");
    key.set_sensitive(true);
    headers.insert("x-api-key", key);
    // The answer is read on its way through.
    let identity = HeaderValue::from_static("identity");
    headers.insert(header::ACCEPT_ENCODING, identity);
    outgoing
}

fn copy(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from.iter().filter(|(name, _)| is_passed_on(name.as_str())) {
        if name != "anthropic-beta" {
            to.append(name.clone(), value.clone());
            continue;
        }
        let betas = value.to_str().unwrap_or_default().split(',').map(str::trim);
        let kept: Vec<&str> = betas
            .filter(|beta| !beta.is_empty() && !beta.starts_with(DEARER_BETA))
            .collect();
        if let Ok(value) = HeaderValue::from_str(&kept.join(","))
            && !kept.is_empty()
        {
            to.append(name.clone(), value);
        }
    }
}

#[cfg(test)]
mod tests;
