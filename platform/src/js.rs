//! Small conversions between JavaScript values and text.

use worker::js_sys::JSON;
use worker::wasm_bindgen::JsValue;

/// The plain JavaScript value of a JSON text. Through text, because serde's own conversion makes
/// a `Map` of every map, which `JSON.stringify` on the other side turns into `{}`.
pub(crate) fn parse(json: &str) -> Result<JsValue, String> {
    JSON::parse(json).map_err(|thrown| text_of(&thrown))
}

/// The JSON text of a JavaScript value; `None` for what JSON cannot say.
pub(crate) fn stringify(value: &JsValue) -> Option<String> {
    JSON::stringify(value)
        .ok()
        .and_then(|text| text.as_string())
}

/// What was thrown, as a line of text.
pub(crate) fn text_of(thrown: &JsValue) -> String {
    worker::Error::from(thrown.clone()).to_string()
}
