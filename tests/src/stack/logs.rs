//! What the workers log, line by line as it comes.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

/// All lines so far. Clones see the same lines.
///
/// A line of ours is the JSON object that was logged; any other (a panic, a message of workerd)
/// is `{"level": .., "message": ..}` with the text as its message.
#[derive(Debug, Clone)]
pub struct Logs(Arc<watch::Sender<Vec<Value>>>);

impl Logs {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(Vec::new())))
    }

    /// Takes one line of the harness's standard error.
    pub(super) fn take(&self, line: &str) {
        self.0.send_modify(|lines| lines.push(parse(line)));
    }

    /// The lines so far.
    pub fn lines(&self) -> Vec<Value> {
        self.0.borrow().clone()
    }

    /// The first line, past or to come, that is `wanted`.
    ///
    /// # Panics
    /// When none came in time; the message holds all that did.
    pub async fn wait_for(&self, within: Duration, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut lines = self.0.subscribe();
        let found = lines.wait_for(|lines| lines.iter().any(&wanted));
        let lines = match tokio::time::timeout(within, found).await {
            Ok(Ok(lines)) => lines.clone(),
            _ => panic!("no such line within {within:?}; there were:\n{self}"),
        };
        lines
            .into_iter()
            .find(|line| wanted(line))
            .expect("just found")
    }
}

impl std::fmt::Display for Logs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0
            .borrow()
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}

fn parse(line: &str) -> Value {
    let text = |line: &str| serde_json::json!({"level": "raw", "message": line});
    let Ok(outer) = serde_json::from_str::<Value>(line) else {
        return text(line);
    };
    let Some(message) = outer["message"].as_str() else {
        return text(line);
    };
    match serde_json::from_str::<Value>(message) {
        Ok(ours) if ours.is_object() => ours,
        _ => outer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_ours_is_unwrapped_and_any_other_kept() {
        let ours =
            r#"{"timestamp":1,"level":"log","message":"{\"level\":\"info\",\"job\":\"7\"}"}"#;
        assert_eq!(parse(ours)["job"], "7");
        assert_eq!(
            parse(r#"{"level":"error","message":"panicked"}"#)["message"],
            "panicked"
        );
        assert_eq!(parse("Segmentation fault")["message"], "Segmentation fault");
    }

    #[tokio::test]
    async fn a_line_that_is_there_already_is_found() {
        let logs = Logs::new();
        logs.take(r#"{"level":"error","message":"one"}"#);
        let found = logs
            .wait_for(Duration::from_secs(1), |line| line["message"] == "one")
            .await;
        assert_eq!(found["level"], "error");
    }
}
