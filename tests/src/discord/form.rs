//! A form before a person: what Discord takes as one, and what comes of filling it in.
//! <https://docs.discord.com/developers/components/reference#text-input>

use serde_json::{Value, json};

use super::limits::CUSTOM_ID;
use super::refusal::{FormErrors, Refusal};
use super::state::{Answer, State};

const TITLE: usize = 45;
const LABEL: usize = 45;
const HINT: usize = 100;
const INPUTS: usize = 5;
const VALUE: u64 = 4_000;

/// A form: up to five text inputs, each in a row of its own or under a label.
pub(super) fn check_form(data: &Value) -> Result<(), Refusal> {
    let mut errors = FormErrors::default();
    errors.text("data.custom_id", &data["custom_id"], CUSTOM_ID, true);
    errors.text("data.title", &data["title"], TITLE, true);
    let rows = errors.list("data.components", &data["components"], INPUTS);
    if rows.is_empty() {
        errors.add(
            "data.components",
            "BASE_TYPE_BAD_LENGTH",
            "Must be between 1 and 5 in length.",
        );
    }
    let mut names: Vec<&Value> = Vec::new();
    for (n, row) in rows.iter().enumerate() {
        let path = format!("data.components.{n}");
        let Some((input, label)) = input_of(row) else {
            errors.add(
                format!("{path}.type"),
                "UNION_TYPE_CHOICES",
                "Value of field \"type\" must be one of (1, 18).",
            );
            continue;
        };
        errors.text(&format!("{path}.label"), label, LABEL, true);
        errors.text(
            &format!("{path}.description"),
            &row["description"],
            HINT,
            false,
        );
        check_input(&mut errors, &path, input);
        if names.contains(&&input["custom_id"]) {
            errors.add(
                format!("{path}.custom_id"),
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            );
        }
        names.push(&input["custom_id"]);
    }
    errors.check()
}

/// The input of a row or label, and its label.
fn input_of(row: &Value) -> Option<(&Value, &Value)> {
    match row["type"].as_u64() {
        Some(1) => Some((&row["components"][0], &row["components"][0]["label"])),
        Some(18) => Some((&row["component"], &row["label"])),
        _ => None,
    }
}

fn check_input(errors: &mut FormErrors, path: &str, input: &Value) {
    errors.text(
        &format!("{path}.custom_id"),
        &input["custom_id"],
        CUSTOM_ID,
        true,
    );
    errors.text(
        &format!("{path}.placeholder"),
        &input["placeholder"],
        HINT,
        false,
    );
    if input["type"] != 4 || ![json!(1), json!(2)].contains(&input["style"]) {
        errors.add(
            format!("{path}.style"),
            "BASE_TYPE_CHOICES",
            "Value must be one of {1, 2}.",
        );
    }
    for (key, least) in [("min_length", 0), ("max_length", 1)] {
        let length = &input[key];
        let is_good = length
            .as_u64()
            .is_some_and(|n| (least..=VALUE).contains(&n));
        if !length.is_null() && !is_good {
            errors.add(
                format!("{path}.{key}"),
                "NUMBER_TYPE_MAX",
                format!("int value should be between {least} and {VALUE}."),
            );
        }
    }
}

impl State {
    /// The form that is open before a person. Panics if there is none: nobody can send it then.
    pub(super) fn open_form(&self, user: u64, channel: u64, custom_id: &str) -> &Value {
        let mut of_this_person = self
            .interactions
            .values()
            .filter(|i| i.user == user && i.channel == channel);
        of_this_person
            .find_map(|i| match &i.answer {
                Answer::Modal(form) if form["custom_id"] == custom_id => Some(form),
                _ => None,
            })
            .unwrap_or_else(|| panic!("no form {custom_id:?} is open before this person"))
    }

    /// The form that was opened last before a person.
    pub(super) fn newest_form(&self, user: u64, channel: u64) -> Option<&Value> {
        let newest = self
            .interactions
            .values()
            .filter(|i| i.user == user && i.channel == channel)
            .filter(|i| matches!(i.answer, Answer::Modal(_)))
            .max_by_key(|i| i.id)?;
        match &newest.answer {
            Answer::Modal(form) => Some(form),
            _ => None,
        }
    }
}

/// The form as it is sent: every input with its text, an empty one where nothing was filled in.
/// Panics where a client would not let a person send it.
pub(super) fn filled_in(form: &Value, fields: &[(String, String)]) -> Vec<Value> {
    let rows = form["components"].as_array().cloned().unwrap_or_default();
    let inputs: Vec<&Value> = rows
        .iter()
        .filter_map(|row| Some(input_of(row)?.0))
        .collect();
    for (name, _) in fields {
        let is_there = inputs
            .iter()
            .any(|input| input["custom_id"] == name.as_str());
        assert!(is_there, "the form has no input {name:?}: {form}");
    }
    let filled = rows.iter().zip(inputs).enumerate();
    filled
        .map(|(n, (row, input))| {
            let name = input["custom_id"].as_str().unwrap_or_default();
            let given = fields.iter().find(|(given, _)| given == name);
            let text = given.map_or("", |(_, text)| text);
            let chars = text.chars().count() as u64;
            assert!(
                chars > 0 || input["required"] == false,
                "the input {name:?} has to be filled in"
            );
            assert!(
                chars <= input["max_length"].as_u64().unwrap_or(VALUE),
                "the input {name:?} takes fewer characters than {chars}"
            );
            let sent = json!({"type": 4, "id": 2 * n + 2, "custom_id": name, "value": text});
            if row["type"] == 18 {
                json!({"type": 18, "id": 2 * n + 1, "component": sent})
            } else {
                json!({"type": 1, "id": 2 * n + 1, "components": [sent]})
            }
        })
        .collect()
}
