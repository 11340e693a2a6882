//! `bugbot doctor`: looks at everything that bugbot needs, and says what to mend.

use std::time::Duration;

use shared::checkup::{self, Check, CheckUp, Health, check_up};
use shared::gateway::hooks::HooksSetup;
use shared::http::{Http, USER_AGENT};
use shared::model::ModelSetup;
use shared::operator::Facts;
use shared::ports::Clock;
use shared::secret::Secret;
use shared::settings::Settings;

use crate::args::{DoctorArgs, To};
use crate::outcome::{Done, Exit, Failure};
use crate::progress::doing;
use crate::setup::Sources;
use crate::table::{line, table};

/// The consumer shows itself every five minutes: this long is three of them missed.
const SILENT_AFTER_S: u64 = 16 * 60;
/// How long the gateway may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(15);

pub(crate) async fn run<P: Http + Clock>(
    to: &To,
    args: &DoctorArgs,
    ports: &P,
) -> Result<Done, Failure> {
    let checks = match &args.secrets {
        Some(_) => from_here(args, ports).await?,
        None => from_there(to, ports).await?,
    };
    Ok(shown(&checks))
}

/// The lines, and whether anything of it is a failure.
pub(crate) fn shown(checks: &[Check]) -> Done {
    let mut rows = Vec::new();
    for check in checks {
        let mark = match check.health {
            Health::Ok => "ok",
            Health::Warn => "warn",
            Health::Fail => "FAIL",
        };
        rows.push([
            mark.to_owned(),
            check.area.clone(),
            line(&check.name, 60),
            line(&check.found, 160),
        ]);
        if let Some(fix) = &check.fix {
            rows.push([
                String::new(),
                String::new(),
                String::new(),
                format!("→ {fix}"),
            ]);
        }
    }
    let count = |health| checks.iter().filter(|check| check.health == health).count();
    let (warn, fail) = (count(Health::Warn), count(Health::Fail));
    let mut text = table(
        ["", "WHAT", "OF IT", "FOUND"],
        &rows,
        "Nothing was looked at.",
    );
    let last = match (fail, warn) {
        (0, 0) => "\nAll is well.\n".to_owned(),
        (0, warn) => format!("\nIt works; {warn} to look at.\n"),
        (fail, warn) => format!("\n{fail} to mend, {warn} to look at.\n"),
    };
    text.push_str(&last);
    let exit = if fail > 0 { Exit::Failed } else { Exit::Done };
    Done::new(text, &checks).with_exit(exit)
}

/// Tries the credentials of a file.
async fn from_here<P: Http + Clock>(args: &DoctorArgs, ports: &P) -> Result<Vec<Check>, Failure> {
    let path = args.secrets.as_deref().unwrap_or(&args.config);
    let sources = Sources::read(path, &args.config)?;
    Ok(try_credentials(&sources, ports).await)
}

/// What the consumer would find, had it these.
pub(crate) async fn try_credentials<P: Http + Clock>(sources: &Sources, ports: &P) -> Vec<Check> {
    let _doing = doing("Trying the credentials");
    let settings = Settings::from_env(|name| sources.consumer(name));
    let asked = CheckUp {
        public_key: sources.gateway("DISCORD_PUBLIC_KEY"),
        takes_webhooks: Some(sources.gateway("GITHUB_WEBHOOK_SECRET").is_some()),
        ..CheckUp::default()
    };
    let mut checks = check_up(ports, &settings, &asked).await;
    let gateway = |name: &str| sources.gateway(name).or_else(|| Sources::made(name));
    let model = ModelSetup::read(gateway, |_| true);
    checks.extend(checkup::model(&model, ports).await);
    checks.extend(HooksSetup::read(gateway, |_| true).checks());
    checks
}

/// Asks a gateway.
async fn from_there(to: &To, http: &impl Http) -> Result<Vec<Check>, Failure> {
    from_there_as(to, to.token()?.as_ref(), http).await
}

/// The same with a token that is known already.
pub(crate) async fn from_there_as(
    to: &To,
    token: Option<&Secret>,
    http: &impl Http,
) -> Result<Vec<Check>, Failure> {
    let client = to.client_with(token, http)?;
    let url = to.url.clone().unwrap_or_default();
    let _doing = doing("Looking at everything");
    let mut checks = vec![reach(&url, http).await?];
    let facts = client.facts().await?;
    checks.push(versions(&facts));
    checks.extend(environment(&facts));
    checks.extend(queues(&facts));
    checks.push(consumer(&facts));
    checks.extend(facts.checks);
    if let Some(why) = &facts.checks_failed {
        let fix = "npx wrangler tail --env consumer";
        let found = format!("the consumer could not try its credentials: {why}");
        checks.push(Check::fail("consumer", "credentials", found, fix));
    }
    Ok(checks)
}

/// Whether there is a gateway at all. Unreachable is an end: nothing else can be asked.
async fn reach(url: &str, http: &impl Http) -> Result<Check, Failure> {
    let health = format!("{}/health", url.trim_end_matches('/'));
    let request = http::Request::get(&health)
        .header(http::header::USER_AGENT, USER_AGENT)
        .body(Vec::new())
        .map_err(|_| Failure::new(Exit::Refused, format!("{url} is no address")))?;
    let fix = "Look at --url (BUGBOT_URL), and whether the gateway is deployed.";
    match http.send(request, PATIENCE).await {
        Ok(answer) if answer.status().is_success() => {
            Ok(Check::ok("gateway", "reachable", line(url, 80)))
        }
        Ok(answer) => Ok(Check::fail(
            "gateway",
            "reachable",
            format!("{health} answers {}", answer.status()),
            fix,
        )),
        Err(error) => {
            let message = format!("the gateway did not answer: {error}");
            Err(Failure::new(Exit::Unreachable, message).with_fix(fix))
        }
    }
}

fn versions(facts: &Facts) -> Check {
    let ours = env!("CARGO_PKG_VERSION");
    let theirs = &facts.version;
    if theirs == ours {
        return Check::ok("gateway", "version", theirs);
    }
    let found = format!("{theirs}, and this program is {ours}");
    Check::warn("gateway", "version", found, "cargo xtask deploy")
}

/// Secrets and bindings by name; what must be there is among the problems.
fn environment(facts: &Facts) -> Vec<Check> {
    let missing = facts.found.iter().filter(|found| !found.present);
    let mut checks: Vec<Check> = missing
        .map(|missing| {
            let (kind, fix) = if missing.name.contains('_') && missing.name != "BUGBOT_KV" {
                let fix = format!("npx wrangler secret put {} --env gateway", missing.name);
                ("secret", fix)
            } else {
                let fix = "Compare wrangler.toml with the one of this version, and deploy.";
                ("binding", fix.to_owned())
            };
            Check::fail(
                "gateway",
                kind,
                format!("{} is missing", missing.name),
                &fix,
            )
        })
        .collect();
    if checks.is_empty() {
        let names: Vec<&str> = facts
            .found
            .iter()
            .map(|found| found.name.as_str())
            .collect();
        let found = format!("{} are there", names.join(", "));
        checks.push(Check::ok("gateway", "environment", found));
    }
    let named = |problem: &&String| {
        !checks
            .iter()
            .any(|it| problem.starts_with(first(&it.found)))
    };
    let malformed = facts.problems.iter().filter(named).map(|problem| {
        let fix = "Set it again and deploy.";
        Check::fail("gateway", "settings", problem, fix)
    });
    let malformed: Vec<_> = malformed.collect();
    checks.extend(malformed);
    checks
}

fn first(text: &str) -> &str {
    text.split(' ').next().unwrap_or_default()
}

fn queues(facts: &Facts) -> Vec<Check> {
    let area = "queues";
    let dead = match facts.dead_letters {
        Some(0) => Check::ok(area, "dead letters", "none"),
        Some(n) => Check::warn(area, "dead letters", format!("{n}"), "bugbot dlq list"),
        None => Check::warn(
            area,
            "dead letters",
            "could not be counted",
            "Ask again in a minute.",
        ),
    };
    let open = match facts.open_jobs {
        Some(n) => Check::ok(area, "open jobs", format!("{n}")),
        None => Check::warn(
            area,
            "open jobs",
            "could not be counted",
            "Ask again in a minute.",
        ),
    };
    let backlog = "no Worker can tell; the queues' pages in Cloudflare's dashboard do";
    vec![open, Check::ok(area, "backlog", backlog), dead]
}

fn consumer(facts: &Facts) -> Check {
    let (area, name) = ("consumer", "sign of life");
    let Some((seen, ago)) = facts.consumer.as_ref().zip(facts.consumer_seen_seconds_ago) else {
        let fix = "Wait five minutes after the first deployment; then `npx wrangler tail --env consumer`.";
        return Check::warn(area, name, "none yet: its sweep has not run", fix);
    };
    let found = format!("version {}, {} min ago", seen.version, ago / 60);
    if ago > SILENT_AFTER_S {
        let fix = "npx wrangler tail --env consumer; look at its cron trigger.";
        return Check::fail(area, name, found, fix);
    }
    if seen.version != facts.version {
        let found = format!("{found}; the gateway has {}", facts.version);
        return Check::warn(area, name, found, "cargo xtask deploy");
    }
    Check::ok(area, name, found)
}
