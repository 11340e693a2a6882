//! From a variable to a checked hook. Every mistake names the variable and the field.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{Alerting, Hook, Target};
use crate::hooks::edge::verify::MIN_SECRET_CHARS;
use crate::hooks::edge::{Format, ROOT};
use crate::hooks::{Kind, Missing, Priority, Recipient, Route, RoutePath, Template};
use crate::id::{ChannelId, GuildId};
use crate::secret::Secret;

const MAX_NAME_BYTES: usize = 40;

/// Reads the hook of this name.
pub(super) fn hook(name: &str, get: &impl Fn(&str) -> Option<String>) -> Result<Hook, String> {
    check(name)?;
    let variable = Hook::variable(name);
    let secret = secret(&format!("{variable}_SECRET"), get)?;
    let text = get(&variable).ok_or_else(|| format!("names {name:?}: {variable} is missing"))?;
    let wrong = |what: String| format!("names {name:?}: in {variable}, {what}");
    let Described {
        format,
        events,
        target,
    } = described(name, &text).map_err(wrong)?;
    Ok(Hook {
        name: name.to_owned(),
        format,
        secret,
        events,
        target,
    })
}

/// A name is a segment of a path and a part of the name of a variable.
fn check(name: &str) -> Result<(), String> {
    let may = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    if !name.bytes().all(may) || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        return Err(format!(
            "names {name:?}: a name is of lower-case letters, digits and -, and begins with a letter"
        ));
    }
    if name.len() > MAX_NAME_BYTES {
        return Err(format!(
            "names {name:?}, which is longer than {MAX_NAME_BYTES} bytes"
        ));
    }
    // `HOOK_A_SECRET` would be the hook `a-secret` and the secret of `a`.
    if name == "events" || name.ends_with("-secret") {
        return Err(format!("names {name:?}, which is taken"));
    }
    Ok(())
}

fn secret(variable: &str, get: &impl Fn(&str) -> Option<String>) -> Result<Secret, String> {
    match get(variable) {
        None => Err(format!("wants the secret {variable}, which is missing")),
        Some(secret) if secret.chars().count() < MIN_SECRET_CHARS => Err(format!(
            "wants the secret {variable}, which has fewer than {MIN_SECRET_CHARS} characters"
        )),
        Some(secret) => Ok(Secret::new(secret)),
    }
}

/// What a hook's variable says.
struct Described {
    format: Format,
    events: Option<Vec<String>>,
    target: Target,
}

fn described(name: &str, text: &str) -> Result<Described, String> {
    let fields: Map<String, Value> = serde_json::from_str(text).map_err(|bad| bad.to_string())?;
    let mut fields = Fields(fields);
    let format = fields.text("format")?;
    let format = Format::parse(&format)
        .ok_or_else(|| format!("format is {format:?}: there are {}", formats()))?;
    let events = fields.events(format)?;
    let template = fields.text("template")?;
    let template = Template::parse(&template).map_err(|bad| format!("template: {bad}"))?;
    let missing: Missing = fields.word("missing")?.unwrap_or_default();
    let target = fields.target()?;
    let target = match target {
        To::Inbox(recipient) => {
            let kind: Option<Kind> = fields.word("type")?;
            Target::Inbox(Route {
                path: RoutePath::parse(&format!("{ROOT}{name}"))
                    .map_err(|bad| format!("the path {bad}"))?,
                recipient,
                kind: kind.ok_or("type is missing")?,
                priority: fields.word::<Priority>("priority")?.unwrap_or_default(),
                template,
                missing,
            })
        }
        To::Contextualize(guild, channel) => Target::Contextualize(Alerting {
            guild,
            channel,
            template,
            missing,
        }),
    };
    fields.finish("")?;
    Ok(Described {
        format,
        events,
        target,
    })
}

fn formats() -> String {
    Format::ALL.map(Format::as_str).join(", ")
}

enum To {
    Inbox(Recipient),
    Contextualize(GuildId, ChannelId),
}

/// The fields that were not read yet.
struct Fields(Map<String, Value>);

impl Fields {
    fn text(&mut self, name: &str) -> Result<String, String> {
        match self.0.remove(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(format!("{name} is no text")),
            None => Err(format!("{name} is missing")),
        }
    }

    fn word<T: DeserializeOwned>(&mut self, name: &str) -> Result<Option<T>, String> {
        let value = self.0.remove(name);
        value
            .map(serde_json::from_value)
            .transpose()
            .map_err(|bad| format!("{name}: {bad}"))
    }

    fn events(&mut self, format: Format) -> Result<Option<Vec<String>>, String> {
        let Some(events) = self.word::<Vec<String>>("events")? else {
            return Ok(None);
        };
        if !format.has_event_types() {
            let format = format.as_str();
            return Err(format!(
                "events: no delivery of {format} says of which type it is"
            ));
        }
        if events.is_empty() {
            return Err("events is empty: leave it out to take all".to_owned());
        }
        let is_one = |event: &str| !event.is_empty() && event.trim() == event;
        if let Some(odd) = events.iter().find(|event| !is_one(event)) {
            return Err(format!("events names {odd:?}, which is no type"));
        }
        Ok(Some(events))
    }

    fn object(&mut self, name: &str) -> Result<Self, String> {
        match self.0.remove(name) {
            Some(Value::Object(fields)) => Ok(Self(fields)),
            Some(_) => Err(format!("{name} is no object")),
            None => Err(format!("{name} is missing")),
        }
    }

    fn target(&mut self) -> Result<To, String> {
        let mut to = self.object("to")?;
        let target = if to.0.contains_key("inbox") {
            let recipient = to.text("inbox").map_err(|bad| format!("to.{bad}"))?;
            let recipient = Recipient::parse(&recipient);
            To::Inbox(recipient.map_err(|bad| format!("to.inbox {bad}"))?)
        } else if to.0.contains_key("contextualize") {
            let mut at = to
                .object("contextualize")
                .map_err(|bad| format!("to.{bad}"))?;
            let [guild, channel] = ["guild", "channel"].map(|name| at.snowflake(name));
            let target = To::Contextualize(GuildId::new(guild?), ChannelId::new(channel?));
            at.finish("to.contextualize.")?;
            target
        } else {
            return Err("to is neither inbox nor contextualize".to_owned());
        };
        to.finish("to.")?;
        Ok(target)
    }

    fn snowflake(&mut self, name: &str) -> Result<String, String> {
        let text = self
            .text(name)
            .map_err(|bad| format!("to.contextualize.{bad}"))?;
        let is_id = (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        is_id
            .then_some(text)
            .ok_or_else(|| format!("to.contextualize.{name} is no id of Discord's"))
    }

    fn finish(self, below: &str) -> Result<(), String> {
        match self.0.keys().next() {
            None => Ok(()),
            Some(unknown) => Err(format!("{below}{unknown} has no meaning here")),
        }
    }
}
