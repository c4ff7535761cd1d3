//! Forms: each carries a mark that the browser also keeps in a cookie, so that only a page of this site can send one.

use std::fmt::Write as _;
use std::str::FromStr;

use axum::Form;
use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::http::request::Parts;
use axum::response::Response;
use serde::de::DeserializeOwned;
use yuntu_terms::{Entropy, Timestamp};

use crate::cookies;
use crate::input::of_form;
use crate::problem::Problem;
use crate::state::Site;

/// The cookie that keeps the mark.
const NAME: &str = "__Host-csrf";

/// How many random bytes a mark has.
const BYTES: usize = 32;

/// The mark of the forms of one browser.
#[derive(Debug, Clone)]
pub(crate) struct FormMark {
    text: String,
    fresh: bool,
}

impl FormMark {
    /// Returns what the hidden field of a form holds.
    pub(crate) fn text(&self) -> String {
        self.text.clone()
    }

    /// Lets the browser keep the mark with a page that has a form, unless it has it.
    pub(crate) fn keep(&self, site: &Site, mut page: Response) -> Result<Response, Problem> {
        if self.fresh {
            let cookie = site.register.write(NAME, &self.text, 0)?;
            page.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(page)
    }

    fn draw(entropy: &dyn Entropy) -> Result<Self, Problem> {
        let mut random = [0; BYTES];
        entropy
            .fill(&mut random)
            .map_err(|_failure| Problem::internal("no randomness for a form"))?;
        let mut text = String::with_capacity(BYTES * 2);
        for byte in random {
            // Writing to a string does not fail.
            let _written = write!(text, "{byte:02x}");
        }
        Ok(Self { text, fresh: true })
    }
}

impl FromRequestParts<Site> for FormMark {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        match cookies::find(&parts.headers, NAME).filter(|text| is_mark(text)) {
            Some(text) => Ok(Self {
                text: text.to_owned(),
                fresh: false,
            }),
            None => Self::draw(site.platform.entropy()),
        }
    }
}

/// A form that carries a mark.
pub(crate) trait Marked: DeserializeOwned {
    /// Returns the hidden field.
    fn mark(&self) -> &str;
}

/// The fields of a form as they were typed; a name may stand for several values, and what the page does not ask for is
/// left alone.
#[derive(Default)]
pub(crate) struct Fields {
    mark: String,
    typed: Vec<(String, String)>,
}

impl Fields {
    /// Makes what would be typed into one field.
    pub(crate) fn only(name: &str, value: String) -> Self {
        Self {
            mark: String::new(),
            typed: vec![(name.to_owned(), value)],
        }
    }

    /// Returns what stands in a field; one that is missing is empty.
    pub(crate) fn one(&self, name: &str) -> &str {
        let found = self.typed.iter().find(|(found, _)| found == name);
        found.map_or("", |(_, value)| value)
    }

    /// Reads the id that a field carries along; another text names nothing.
    pub(crate) fn id<T: FromStr>(&self, name: &str) -> Result<T, Problem> {
        self.one(name).parse().map_err(|_form| Problem::not_found())
    }

    /// Returns every value of a name.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let found = self.typed.iter().filter(move |(found, _)| found == name);
        found.map(|(_, value)| value.as_str())
    }
}

// What was typed may be a password.
impl std::fmt::Debug for Fields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fields").finish_non_exhaustive()
    }
}

impl<'de> serde::Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut typed = Vec::<(String, String)>::deserialize(deserializer)?;
        let place = typed.iter().position(|(name, _)| name == "mark");
        let mark = place.map_or_else(String::new, |place| typed.swap_remove(place).1);
        Ok(Self { mark, typed })
    }
}

impl Marked for Fields {
    fn mark(&self) -> &str {
        &self.mark
    }
}

/// A form whose mark is the one that the browser keeps.
///
/// # Clause
/// R9, R22
#[derive(Debug)]
pub(crate) struct Sent<T>(pub(crate) T);

impl<T: Marked> FromRequest<Site> for Sent<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Problem> {
        let kept = cookies::find(request.headers(), NAME).unwrap_or_default();
        let kept = kept.to_owned();
        let form: Result<Form<T>, FormRejection> = Form::from_request(request, site).await;
        let Form(form) = form.map_err(|rejection| of_form(&rejection))?;
        if is_mark(&kept) && is_same(&kept, form.mark()) {
            Ok(Self(form))
        } else {
            Err(Problem::stale_form())
        }
    }
}

/// Checks the mark of fields that came together with a file.
pub(crate) fn checked(
    headers: &HeaderMap,
    mut typed: Vec<(String, String)>,
) -> Result<Fields, Problem> {
    let kept = cookies::find(headers, NAME).unwrap_or_default();
    let place = typed.iter().position(|(name, _)| name == "mark");
    let mark = place.map_or_else(String::new, |place| typed.swap_remove(place).1);
    if is_mark(kept) && is_same(kept, &mark) {
        Ok(Fields { mark, typed })
    } else {
        Err(Problem::stale_form())
    }
}

/// Reads a day of China: its beginning, or its end, which is the beginning of the next.
pub(crate) fn day(typed: &str, end: bool) -> Option<Timestamp> {
    let typed = typed.trim();
    let form = typed.len() == 10 && typed.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    let start: Timestamp = format!("{typed}T00:00:00+08:00")
        .parse()
        .ok()
        .filter(|_| form)?;
    Some(if end { start.plus_days(1) } else { start })
}

fn is_mark(text: &str) -> bool {
    let digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    text.len() == BYTES * 2 && text.bytes().all(digit)
}

/// Compares without telling by the time taken how much is the same.
fn is_same(one: &str, other: &str) -> bool {
    let differences = one.bytes().zip(other.bytes());
    let differences = differences.fold(0, |sum, (a, b)| sum | (a ^ b));
    one.len() == other.len() && differences == 0
}

#[cfg(test)]
mod tests {
    use yuntu_terms::SeededEntropy;

    use super::*;

    #[test]
    fn a_mark_is_like_no_other_and_compares_whole() {
        let entropy = SeededEntropy::new(3);
        let draw = || FormMark::draw(&entropy).unwrap().text();
        let (one, other) = (draw(), draw());
        assert!(is_mark(&one) && is_mark(&other));
        assert!(is_same(&one, &one) && !is_same(&one, &other));
        let short = one.get(..63).unwrap();
        assert!(!is_same(&one, short) && !is_mark(short) && !is_mark(""));
    }

    #[test]
    fn a_day_begins_and_ends_in_china() {
        let at = |typed, end| day(typed, end).map(|it| it.to_string());
        assert_eq!(
            at("2026-12-31", false).as_deref(),
            Some("2026-12-30T16:00:00Z")
        );
        assert_eq!(
            at("2026-12-31", true).as_deref(),
            Some("2026-12-31T16:00:00Z")
        );
        for odd in ["", "2026-13-01", "2026-02-30", "yesterday", "2026-1-1T00"] {
            assert_eq!(day(odd, true), None, "{odd}");
        }
    }
}
