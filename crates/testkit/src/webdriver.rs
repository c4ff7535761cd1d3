use fantoccini::wd::WebDriverCompatibleCommand;
use http::Method;
use serde_json::Value;
use url::{ParseError, Url};

/// A command of the driver that the library does not name.
#[derive(Debug)]
pub(crate) struct Ask {
    path: &'static str,
    body: Value,
}

impl Ask {
    pub(crate) const fn post(path: &'static str, body: Value) -> Self {
        Self { path, body }
    }
}

impl WebDriverCompatibleCommand for Ask {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _address: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}

/// Says in a line each what axe found.
pub(crate) fn shows(checked: &Value, size: &str) -> Vec<String> {
    let violations = checked["violations"].as_array();
    let line = |it: &Value| {
        let nodes = it["nodes"].as_array().into_iter().flatten();
        let places: Vec<_> = nodes.map(|node| node["html"].to_string()).collect();
        format!("{size}: {} {} {}", it["id"], it["help"], places.join(" "))
    };
    match violations {
        Some(violations) => violations.iter().map(line).collect(),
        None => vec![format!("{size}: axe gave no answer")],
    }
}
