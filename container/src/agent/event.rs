//! The agent's `stream-json` output, as far as it is used.
//!
//! The words in it are the agent's: they become text of bounded length, never a decision. What
//! the result says about itself is judged by `is_error` alone: `subtype` is `success` for some
//! failures too.

use serde_json::Value;

use crate::redact::one_line;

/// The longest step shown.
pub const MAX_STEP_CHARS: usize = 200;
/// The longest summary kept.
const MAX_SUMMARY_CHARS: usize = 8_000;

/// Something that the agent did.
#[derive(Debug, Clone, PartialEq)]
pub enum AgentEvent {
    /// It read a message that was said to it.
    Read {
        /// The message's id, as it was said.
        message: String,
    },
    /// The model answered, in a message that may come in several events.
    Answered {
        /// The message's id.
        message: String,
        /// The steps that the agent takes on it.
        steps: Vec<String>,
    },
    /// It ended what it was asked for; it waits for more until its input ends.
    Ended(Report),
}

/// What the agent says that its run came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Report {
    /// Whether it failed.
    pub is_error: bool,
    /// How: `error_max_turns`, `error_max_budget_usd`, ...
    pub subtype: String,
    /// The last words.
    pub summary: String,
    /// What it cost.
    pub cost_usd: f64,
    /// Turns taken.
    pub turns: u32,
    /// The status of the model's service that ended it.
    pub api_status: Option<u16>,
}

/// Reads one line; `None` for what is not used, whatever it is.
pub fn parse_event(line: &[u8], work: &str) -> Option<AgentEvent> {
    let event: Value = serde_json::from_slice(line).ok()?;
    match event["type"].as_str()? {
        "user" if event["isReplay"] == true => Some(AgentEvent::Read {
            message: one_line(event["uuid"].as_str()?, 64),
        }),
        "assistant" => Some(AgentEvent::Answered {
            message: one_line(event["message"]["id"].as_str()?, 128),
            steps: steps(&event["message"]["content"], work),
        }),
        "result" => Some(AgentEvent::Ended(report(&event))),
        _ => None,
    }
}

fn steps(content: &Value, work: &str) -> Vec<String> {
    let blocks = content.as_array().into_iter().flatten();
    blocks
        .filter(|block| block["type"] == "tool_use")
        .filter_map(|block| Some(step(block["name"].as_str()?, &block["input"], work)))
        .collect()
}

fn step(tool: &str, input: &Value, work: &str) -> String {
    let path = || {
        let path = input["file_path"].as_str().unwrap_or("a file");
        path.strip_prefix(work)
            .map_or(path, |path| path.trim_start_matches('/'))
    };
    let pattern = || input["pattern"].as_str().unwrap_or("something");
    let words = match tool {
        "Read" => format!("Reading {}", path()),
        "Edit" => format!("Editing {}", path()),
        "Write" => format!("Writing {}", path()),
        "Grep" => format!("Searching for {}", pattern()),
        "Glob" => format!("Looking for {}", pattern()),
        other => format!("Using {other}"),
    };
    one_line(&words, MAX_STEP_CHARS)
}

fn report(event: &Value) -> Report {
    let errors = event["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let summary = match event["result"].as_str() {
        Some(result) => result.to_owned(),
        None => errors.collect::<Vec<_>>().join("; "),
    };
    let turns = event["num_turns"]
        .as_u64()
        .and_then(|turns| u32::try_from(turns).ok());
    let status = event["api_error_status"].as_u64();
    let cost = event["total_cost_usd"]
        .as_f64()
        .filter(|cost| cost.is_finite() && *cost >= 0.0);
    Report {
        is_error: event["is_error"].as_bool().unwrap_or(true),
        subtype: one_line(event["subtype"].as_str().unwrap_or_default(), 64),
        summary: summary.trim().chars().take(MAX_SUMMARY_CHARS).collect(),
        cost_usd: cost.unwrap_or_default(),
        turns: turns.unwrap_or_default(),
        api_status: status.and_then(|status| u16::try_from(status).ok()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(event: &Value) -> Option<AgentEvent> {
        parse_event(event.to_string().as_bytes(), "/runs/r/work")
    }

    #[test]
    fn steps_name_the_file_within_the_repository() {
        let using =
            |name: &str, input: Value| json!({ "type": "tool_use", "name": name, "input": input });
        let event = json!({ "type": "assistant", "message": { "id": "msg_1", "content": [
            { "type": "text", "text": "Hm." },
            using("Edit", json!({ "file_path": "/runs/r/work/src/cart.js" })),
            using("Read", json!({ "file_path": "/etc/passwd\nDone." })),
            using("Grep", json!({ "pattern": "x".repeat(300) })),
            using("Teleport", json!({})),
        ] } });
        let Some(AgentEvent::Answered { message, steps }) = parse(&event) else {
            panic!()
        };
        assert_eq!(message, "msg_1");
        assert_eq!(steps[0], "Editing src/cart.js");
        assert_eq!(steps[1], "Reading /etc/passwd");
        assert_eq!(steps[2].chars().count(), MAX_STEP_CHARS);
        assert_eq!(steps[3], "Using Teleport");
    }

    #[test]
    fn a_result_of_the_pinned_version_is_read() {
        let event = json!({
            "type": "result", "subtype": "success", "is_error": true, "api_error_status": 401,
            "result": "Invalid API key", "num_turns": 1, "total_cost_usd": 0.25,
        });
        let report = Report {
            is_error: true,
            subtype: "success".into(),
            summary: "Invalid API key".into(),
            cost_usd: 0.25,
            turns: 1,
            api_status: Some(401),
        };
        assert_eq!(parse(&event), Some(AgentEvent::Ended(report)));
    }

    #[test]
    fn a_result_without_its_verdict_is_a_failure() {
        let event = json!({ "type": "result", "errors": ["a", "b"], "total_cost_usd": -1.0 });
        let Some(AgentEvent::Ended(report)) = parse(&event) else {
            panic!()
        };
        assert!(report.is_error);
        assert_eq!((report.summary.as_str(), report.cost_usd), ("a; b", 0.0));
    }

    #[test]
    fn a_message_that_comes_back_was_read() {
        let replay = json!({ "type": "user", "isReplay": true, "uuid": "m1" });
        let message = "m1".to_owned();
        assert_eq!(parse(&replay), Some(AgentEvent::Read { message }));
        // The answer of a tool is one too, in the form, but nobody said it.
        assert_eq!(parse(&json!({ "type": "user", "uuid": "m1" })), None);
    }

    #[test]
    fn what_is_not_used_is_passed_over() {
        for line in [
            &b"not json"[..],
            b"[]",
            b"{}",
            b"{\"type\":\"user\"}",
            b"\xff",
            b"",
        ] {
            assert_eq!(parse_event(line, "/w"), None);
        }
    }
}
