//! What Discord takes as a message, and what our own rules add.
//!
//! Content 2,000 characters: the documentation's figure, which is also what users meet; the
//! published schema says 4,000 for channel messages.
//! <https://docs.discord.com/developers/resources/message#embed-object-embed-limits>

use serde_json::Value;

use super::body::Posted;
use super::refusal::{FormErrors, Refusal};

const CONTENT: usize = 2_000;
const EMBEDS: usize = 10;
/// Titles, descriptions, field names and values, footers and authors of all embeds together.
const EMBEDS_TOGETHER: usize = 6_000;
const TITLE: usize = 256;
const DESCRIPTION: usize = 4_096;
const FIELDS: usize = 25;
const FIELD_VALUE: usize = 1_024;
const FOOTER: usize = 2_048;
const ADDRESS: usize = 2_048;
const ROWS: usize = 5;
const BUTTONS_IN_A_ROW: usize = 5;
pub(super) const CUSTOM_ID: usize = 100;
const LABEL: usize = 80;
const BUTTON_ADDRESS: usize = 512;
const NONCE: usize = 25;

/// Refuses what Discord would refuse, whoever sends it.
pub(super) fn check_message(posted: &Posted) -> Result<(), Refusal> {
    let body = &posted.json;
    let mut errors = FormErrors::default();
    let only_files = body.is_null() && !posted.files.is_empty();
    if !body.is_object() && !only_files {
        errors.add(
            "",
            "MODEL_TYPE_CONVERT",
            "Only dictionaries may be used in a ModelType",
        );
    }
    errors.text("content", &body["content"], CONTENT, false);
    check_embeds(&mut errors, &body["embeds"]);
    check_components(&mut errors, &body["components"]);
    check_nonce(&mut errors, &body["nonce"]);
    errors.check()
}

fn check_nonce(errors: &mut FormErrors, nonce: &Value) {
    if !nonce.is_i64() {
        errors.text("nonce", nonce, NONCE, false);
    }
}

fn check_embeds(errors: &mut FormErrors, embeds: &Value) {
    let mut together = 0;
    for (n, embed) in errors.list("embeds", embeds, EMBEDS).iter().enumerate() {
        let at = |key: &str| format!("embeds.{n}.{key}");
        together += errors.text(&at("title"), &embed["title"], TITLE, false);
        together += errors.text(
            &at("description"),
            &embed["description"],
            DESCRIPTION,
            false,
        );
        together += errors.text(
            &at("footer.text"),
            &embed["footer"]["text"],
            FOOTER,
            embed["footer"].is_object(),
        );
        together += errors.text(
            &at("author.name"),
            &embed["author"]["name"],
            TITLE,
            embed["author"].is_object(),
        );
        errors.address(&at("url"), &embed["url"], ADDRESS);
        for key in ["author", "image", "thumbnail"] {
            errors.address(&at(&format!("{key}.url")), &embed[key]["url"], ADDRESS);
        }
        let color = &embed["color"];
        if !color.is_null() && color.as_u64().is_none_or(|c| c > 0xFF_FFFF) {
            errors.add(
                at("color"),
                "NUMBER_TYPE_MAX",
                "int value should be less than or equal to 16777215.",
            );
        }
        let timestamp = &embed["timestamp"];
        if timestamp
            .as_str()
            .is_some_and(|t| t.parse::<jiff::Timestamp>().is_err())
        {
            errors.add(
                at("timestamp"),
                "DATE_TIME_TYPE_PARSE",
                "Could not parse. Should be ISO8601.",
            );
        }
        for (f, field) in errors
            .list(&at("fields"), &embed["fields"], FIELDS)
            .iter()
            .enumerate()
        {
            let at = |key: &str| format!("embeds.{n}.fields.{f}.{key}");
            together += errors.text(&at("name"), &field["name"], TITLE, true);
            together += errors.text(&at("value"), &field["value"], FIELD_VALUE, true);
        }
    }
    if together > EMBEDS_TOGETHER {
        let message = format!("Embed size exceeds maximum size of {EMBEDS_TOGETHER}");
        errors.add("embeds", "MAX_EMBED_SIZE_EXCEEDED", message);
    }
}

fn check_components(errors: &mut FormErrors, components: &Value) {
    let mut custom_ids = Vec::new();
    for (r, row) in errors
        .list("components", components, ROWS)
        .iter()
        .enumerate()
    {
        let path = format!("components.{r}");
        if row["type"] != 1 {
            errors.add(
                format!("{path}.type"),
                "UNION_TYPE_CHOICES",
                "Value of field \"type\" must be one of (1,).",
            );
            continue;
        }
        let inside = errors.list(
            &format!("{path}.components"),
            &row["components"],
            BUTTONS_IN_A_ROW,
        );
        if inside.is_empty() {
            errors.add(
                format!("{path}.components"),
                "BASE_TYPE_BAD_LENGTH",
                "Must be between 1 and 5 in length.",
            );
        }
        for (c, component) in inside.iter().enumerate() {
            let path = format!("{path}.components.{c}");
            check_component(errors, &path, component);
            custom_ids.extend(component["custom_id"].as_str().map(|id| (path, id)));
        }
    }
    for (n, (path, id)) in custom_ids.iter().enumerate() {
        if custom_ids[..n].iter().any(|(_, earlier)| earlier == id) {
            let path = format!("{path}.custom_id");
            errors.add(
                path,
                "COMPONENT_CUSTOM_ID_DUPLICATED",
                "Component custom id cannot be duplicated",
            );
        }
    }
}

fn check_component(errors: &mut FormErrors, path: &str, component: &Value) {
    let at = |key: &str| format!("{path}.{key}");
    match (component["type"].as_u64(), component["style"].as_u64()) {
        (Some(2), Some(1..=4)) => {
            errors.text(&at("custom_id"), &component["custom_id"], CUSTOM_ID, true);
            errors.text(
                &at("label"),
                &component["label"],
                LABEL,
                component["emoji"].is_null(),
            );
        }
        (Some(2), Some(5)) => {
            errors.text(&at("url"), &component["url"], BUTTON_ADDRESS, true);
            errors.address(&at("url"), &component["url"], BUTTON_ADDRESS);
            errors.text(
                &at("label"),
                &component["label"],
                LABEL,
                component["emoji"].is_null(),
            );
            if !component["custom_id"].is_null() {
                let message = "A custom id and url cannot both be specified";
                errors.add(
                    at("custom_id"),
                    "BUTTON_COMPONENT_CUSTOM_ID_AND_URL",
                    message,
                );
            }
        }
        (Some(2), _) => errors.add(
            at("style"),
            "BASE_TYPE_CHOICES",
            "Value must be one of {1, 2, 3, 4, 5}.",
        ),
        (Some(3), _) => {
            errors.text(&at("custom_id"), &component["custom_id"], CUSTOM_ID, true);
            let options = errors.list(&at("options"), &component["options"], 25);
            for (o, option) in options.iter().enumerate() {
                errors.text(
                    &at(&format!("options.{o}.label")),
                    &option["label"],
                    100,
                    true,
                );
                errors.text(
                    &at(&format!("options.{o}.value")),
                    &option["value"],
                    100,
                    true,
                );
            }
        }
        _ => errors.add(
            at("type"),
            "UNION_TYPE_CHOICES",
            "Value of field \"type\" must be one of (2, 3).",
        ),
    }
}

/// The fields of a message that Discord knows. It ignores others, so a misspelt one would be
/// lost in silence.
const KNOWN: [&str; 12] = [
    "content",
    "embeds",
    "components",
    "allowed_mentions",
    "flags",
    "attachments",
    "nonce",
    "enforce_nonce",
    "tts",
    "message_reference",
    "sticker_ids",
    "poll",
];

/// What breaks our own rules although Discord would take it.
pub(super) fn breaches(body: &Value) -> Vec<String> {
    let mut breaches = Vec::new();
    if body["allowed_mentions"]["parse"] != serde_json::json!([]) {
        breaches.push(
            "a message without allowed_mentions {\"parse\": []} could ping people".to_owned(),
        );
    }
    for list in ["users", "roles"] {
        if body["allowed_mentions"][list]
            .as_array()
            .is_some_and(|l| !l.is_empty())
        {
            breaches.push(format!("allowed_mentions names {list}"));
        }
    }
    if body["enforce_nonce"] == true && body["nonce"].is_null() {
        breaches.push("enforce_nonce without a nonce enforces nothing".to_owned());
    }
    let keys = body.as_object().into_iter().flat_map(|o| o.keys());
    let unknown = keys.filter(|key| !KNOWN.contains(&key.as_str()));
    breaches.extend(unknown.map(|key| format!("a message has no field {key:?}")));
    breaches
}
