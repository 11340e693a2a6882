//! Agents that are shell scripts: what a hostile or broken agent could do, done plainly.

/// Reports success, as Claude Code does.
pub(crate) const DONE: &str = r#"
echo '{"type":"result","subtype":"success","is_error":false,"result":"Done.","num_turns":1,"total_cost_usd":0}'
"#;

/// Says which step it takes, so that a test can wait for it.
pub(crate) const STEP: &str = r#"
echo '{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","name":"Read","input":{"file_path":"here"}}]}}'
"#;

/// What [`STEP`] looks like from outside.
pub(crate) const STEP_SEEN: &str = "Reading here";
