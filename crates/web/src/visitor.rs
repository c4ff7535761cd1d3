//! A browser as far as the live checks need one: it keeps cookies, sends forms with their mark, and notes every cookie that
//! it was told to keep.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use axum::http::{Request, StatusCode};
use tower::ServiceExt as _;

/// The largest page that is read.
const PAGE_BYTES_MAX: usize = 8 << 20;

/// Why a page could not be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct VisitError(&'static str);

/// Somebody before the pages of the site.
#[derive(Debug)]
pub struct Visitor {
    site: Router,
    cookies: BTreeMap<String, String>,
    /// Every cookie as it was set, with its attributes.
    pub set: Vec<String>,
    mark: String,
}

/// An answer of the site.
#[derive(Debug)]
pub struct Shown {
    status: StatusCode,
    /// The page.
    pub text: String,
    /// The cookies that this answer set.
    pub set: Vec<String>,
}

impl Shown {
    /// Says whether the page was shown.
    #[must_use]
    pub fn is_shown(&self) -> bool {
        self.status.is_success()
    }

    /// Says whether the form was taken: it leads to another page.
    #[must_use]
    pub fn leads_on(&self) -> bool {
        self.status.is_redirection()
    }

    /// Says whether what was sent was refused.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.status.is_client_error()
    }

    /// Finds the value of a hidden field.
    #[must_use]
    pub fn hidden(&self, name: &str) -> Option<String> {
        let start = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&start)?;
        rest.split('"').next().map(str::to_owned)
    }
}

impl Visitor {
    /// Comes to a site without a cookie.
    #[must_use]
    pub fn before(site: Router) -> Self {
        Self {
            site,
            cookies: BTreeMap::new(),
            set: Vec::new(),
            mark: String::new(),
        }
    }

    /// Puts a cookie into the browser that the site never set.
    pub fn plant(&mut self, name: &str, value: &str) {
        self.cookies.insert(name.to_owned(), value.to_owned());
    }

    /// Asks for a page.
    ///
    /// # Errors
    /// [`VisitError`] when the path is none or the page does not end.
    pub async fn get(&mut self, path: &str) -> Result<Shown, VisitError> {
        self.ask(Request::get(path), Body::empty()).await
    }

    /// Sends a form; the mark of the page before goes along.
    ///
    /// # Errors
    /// As [`Visitor::get`].
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Result<Shown, VisitError> {
        let mark = self.mark.clone();
        let fields = [("mark", mark.as_str())]
            .into_iter()
            .chain(fields.iter().copied());
        let body: Vec<_> = fields
            .map(|(name, value)| format!("{name}={}", escaped(value)))
            .collect();
        let request = Request::post(path)
            .header("sec-fetch-site", "same-origin")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.ask(request, Body::from(body.join("&"))).await
    }

    async fn ask(
        &mut self,
        request: axum::http::request::Builder,
        body: Body,
    ) -> Result<Shown, VisitError> {
        let pairs: Vec<_> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = request.header(COOKIE, pairs.join("; ")).body(body);
        let request = request.map_err(|_form| VisitError("a request cannot be made"))?;
        let answer = self.site.clone().oneshot(request).await;
        let (head, body) = answer.unwrap_or_else(|never| match never {}).into_parts();
        let bytes = to_bytes(body, PAGE_BYTES_MAX).await;
        let bytes = bytes.map_err(|_cut| VisitError("a page does not end"))?;
        let set = head.headers.get_all(SET_COOKIE).iter();
        let set: Vec<_> = set
            .filter_map(|it| it.to_str().ok())
            .map(str::to_owned)
            .collect();
        for cookie in &set {
            self.keep(cookie);
        }
        let shown = Shown {
            status: head.status,
            text: String::from_utf8_lossy(&bytes).into_owned(),
            set,
        };
        if let Some(mark) = shown.hidden("mark") {
            self.mark = mark;
        }
        Ok(shown)
    }

    fn keep(&mut self, cookie: &str) {
        self.set.push(cookie.to_owned());
        let mut parts = cookie.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|it| it.split_once('=')) else {
            return;
        };
        if parts.any(|it| it == "Max-Age=0") {
            self.cookies.remove(name);
        } else {
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// Writes a value as a form does.
fn escaped(value: &str) -> String {
    let bytes = value.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    bytes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_escaped_as_a_form_does() {
        assert_eq!(escaped("a b@c.cn&小"), "a%20b%40c.cn%26%E5%B0%8F");
    }
}
