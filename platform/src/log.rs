//! Log lines: one JSON object each, which Workers Logs indexes field by field.
//! <https://developers.cloudflare.com/workers/observability/logs/workers-logs/>

use shared::ports::{Level, Log};

/// Writes to the worker's console.
#[derive(Debug, Clone, Copy, Default)]
pub struct Console;

impl Log for Console {
    fn event(&self, level: Level, message: &str, fields: &[(&str, &str)]) {
        let line = line(level, message, fields);
        match level {
            Level::Info => worker::console_log!("{line}"),
            Level::Warn => worker::console_warn!("{line}"),
            Level::Error => worker::console_error!("{line}"),
        }
    }
}

fn line(level: Level, message: &str, fields: &[(&str, &str)]) -> String {
    let level = match level {
        Level::Info => "info",
        Level::Warn => "warn",
        Level::Error => "error",
    };
    let mut line = serde_json::Map::new();
    for (name, value) in fields {
        line.insert((*name).to_owned(), (*value).into());
    }
    // Last, so that no field can pose as either.
    line.insert("level".to_owned(), level.into());
    line.insert("message".to_owned(), message.into());
    serde_json::Value::Object(line).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_one_line_of_json() {
        let line = line(
            Level::Warn,
            "issue lookup failed",
            &[("job", "17"), ("detail", "a\nb")],
        );
        insta::assert_snapshot!(
            line,
            @r#"{"detail":"a\nb","job":"17","level":"warn","message":"issue lookup failed"}"#
        );
    }

    #[test]
    fn a_field_cannot_pose_as_the_level() {
        let line = line(Level::Error, "x", &[("level", "info")]);
        assert_eq!(line, r#"{"level":"error","message":"x"}"#);
    }
}
