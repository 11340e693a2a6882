//! Reads the variables and secrets of a worker: both are text bindings of its environment.

use worker::Env;

/// The variable or secret `name`. An empty one counts as absent, so that `wrangler.toml` can name
/// every setting with its default left out.
pub fn text(env: &Env, name: &str) -> Option<String> {
    let value = env.var(name).ok()?.to_string();
    (!value.is_empty()).then_some(value)
}

/// Whether a binding of any kind has this name.
pub fn is_bound(env: &Env, name: &str) -> bool {
    worker::js_sys::Reflect::get(env, &name.into()).is_ok_and(|binding| !binding.is_undefined())
}
