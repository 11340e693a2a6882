//! How the commands that Discord has differ from those that we would register.
//!
//! Discord adds what it makes of a command (ids, versions, defaults). Only what we would write is
//! compared, so that commands which were registered a minute ago do not differ.

use serde_json::{Map, Value};

/// One difference, in words: `bugbot steer: is missing in Discord`.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Drift {
    /// The command, option by option: `bugbot fix repo`.
    pub at: String,
    /// What Discord has; nothing if it lacks it.
    pub found: Option<String>,
    /// What we would register; nothing if it would go.
    pub wanted: Option<String>,
}

/// Every difference between two lists of commands.
pub fn drift(found: &[Value], wanted: &[Value]) -> Vec<Drift> {
    let mut drifts = Vec::new();
    compare_lists("", found, wanted, &mut drifts);
    drifts
}

/// Things with names: commands, subcommands and options.
fn compare_lists(place: &str, found: &[Value], wanted: &[Value], drifts: &mut Vec<Drift>) {
    for want in wanted {
        let at = below(place, want);
        match found.iter().find(|have| is_same_thing(have, want)) {
            Some(have) => compare(&at, have, want, drifts),
            None => drifts.push(Drift {
                at,
                found: None,
                wanted: Some(brief(want)),
            }),
        }
    }
    for have in found {
        if !wanted.iter().any(|want| is_same_thing(have, want)) {
            drifts.push(Drift {
                at: below(place, have),
                found: Some(brief(have)),
                wanted: None,
            });
        }
    }
}

fn compare(at: &str, found: &Value, wanted: &Value, drifts: &mut Vec<Drift>) {
    let none = Map::new();
    for (field, want) in wanted.as_object().unwrap_or(&none) {
        let have = &found[field];
        if field == "options" {
            let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
            compare_lists(at, &list(have), &list(want), drifts);
        } else if !is_equal(have, want) {
            let shown = |value: &Value| (!value.is_null()).then(|| value.to_string());
            drifts.push(Drift {
                at: format!("{at} ({field})"),
                found: shown(have),
                wanted: shown(want),
            });
        }
    }
}

/// Discord leaves out what is `false`, and writes back empty texts for what has none.
fn is_equal(found: &Value, wanted: &Value) -> bool {
    found == wanted || found.is_null() && *wanted == Value::Bool(false)
}

/// A slash command and an entry of a menu may have the same name.
fn is_same_thing(one: &Value, other: &Value) -> bool {
    one["name"] == other["name"] && kind(one) == kind(other)
}

fn kind(thing: &Value) -> u64 {
    thing["type"].as_u64().unwrap_or(1)
}

fn below(place: &str, thing: &Value) -> String {
    let name = thing["name"].as_str().unwrap_or("?");
    format!("{place} {name}").trim_start().to_owned()
}

fn brief(thing: &Value) -> String {
    let description = thing["description"].as_str().unwrap_or_default();
    if description.is_empty() {
        "an entry in the menu of a message".to_owned()
    } else {
        description.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn registered() -> Vec<Value> {
        let rendered = crate::command::render_registration();
        rendered.as_array().unwrap().clone()
    }

    #[test]
    fn what_discord_adds_is_no_difference() {
        let mut found = registered();
        for command in &mut found {
            command["id"] = json!("1");
            command["version"] = json!("2");
            command["nsfw"] = json!(false);
            if command["description"].is_null() {
                command["description"] = json!("");
            }
        }
        if let Some(option) = found[0].pointer_mut("/options/0/options/0") {
            option.as_object_mut().unwrap().remove("required");
        }
        found.reverse();
        assert_eq!(drift(&found, &registered()), []);
    }

    #[test]
    fn every_kind_of_difference_is_named() {
        let mut found = registered();
        found[0]["description"] = json!("Old words");
        found[0]["options"].as_array_mut().unwrap().remove(0);
        found.pop();
        found.push(json!({"name": "ping", "type": 1, "description": "Pong"}));
        let places = drift(&found, &registered()).into_iter().map(|drift| {
            let sign = match (drift.found, drift.wanted) {
                (None, _) => '+',
                (_, None) => '-',
                _ => '~',
            };
            format!("{sign} {}", drift.at)
        });
        let places: Vec<_> = places.collect();
        let expected = [
            "~ bugbot (description)",
            "+ bugbot contextualize",
            "+ Fix this bug",
            "- ping",
        ];
        assert_eq!(places, expected);
    }
}
