//! The register of cookies, generated from the list of the statement: it writes them, and judges what was written.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue};
use yuntu_statement::{Cookie, CookieCategory, SameSite, Statement};
use yuntu_terms::{Timestamp, clause};

use super::choices::{Choices, NAME};
use crate::problem::Problem;

/// Why a cookie is not sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fault {
    /// It is no cookie that can be read.
    Unreadable,
    /// The statement does not declare it.
    Undeclared,
    /// Its attributes are not those declared.
    Attributes,
    /// It lasts longer than declared.
    Lifetime,
    /// Its category is switched off.
    Off,
}

impl Fault {
    /// Returns the code for the log and the figures.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "unreadable",
            Self::Undeclared => "undeclared",
            Self::Attributes => "attributes",
            Self::Lifetime => "lifetime",
            Self::Off => "off",
        }
    }
}

/// The cookies that may be set.
#[derive(Debug, Clone)]
pub(crate) struct Register {
    pub(super) statement: &'static Statement,
    declared: Arc<BTreeMap<&'static str, &'static Cookie>>,
}

impl Register {
    pub(crate) fn new(statement: &'static Statement) -> Self {
        let cookies = statement.cookies().iter();
        Self {
            statement,
            declared: Arc::new(cookies.map(|it| (it.name.as_str(), it)).collect()),
        }
    }

    /// Writes a cookie as the statement declares it, for at most as long; `life_s` counts where it outlives the browser.
    pub(crate) fn write(
        &self,
        name: &str,
        value: &str,
        life_s: u32,
    ) -> Result<HeaderValue, Problem> {
        let declared = self
            .declared
            .get(name)
            .ok_or_else(|| Problem::internal("a cookie that the statement does not declare"))?;
        let life = match declared.lifetime_seconds_max {
            0 => String::new(),
            most => format!("; Max-Age={}", life_s.min(most)),
        };
        let text = format!("{name}={value}; Path=/{life}{}", attributes(declared));
        HeaderValue::from_str(&text)
            .map_err(|_characters| Problem::internal("a cookie that is no header"))
    }

    /// Writes the choices of a visitor.
    pub(super) fn write_choices(&self, choices: &Choices) -> Result<HeaderValue, Problem> {
        self.write(NAME, &choices.text(self.statement), u32::MAX)
    }

    /// Reads the choices that came with a request.
    pub(super) fn choices(&self, headers: &HeaderMap, now: Timestamp) -> Choices {
        Choices::of(headers, self.statement, now)
    }

    /// Writes what makes a browser forget a cookie, declared or not.
    pub(crate) fn removal(name: &str) -> Option<HeaderValue> {
        let text = format!("{name}={REMOVED}");
        is_name(name).then(|| HeaderValue::from_str(&text).ok())?
    }

    /// Finds the category of a declared cookie.
    pub(super) fn category(&self, name: &str) -> Option<CookieCategory> {
        self.declared.get(name).map(|declared| declared.category)
    }

    /// Judges a `Set-Cookie`; what only makes the browser forget may always be sent.
    ///
    /// # Clause
    /// R9, R10, R11, R12
    pub(super) fn judge(&self, text: &str, choices: &Choices) -> Result<(), Fault> {
        let (name, rest) = text.split_once('=').ok_or(Fault::Unreadable)?;
        if !is_name(name) {
            return Err(Fault::Unreadable);
        }
        if rest == REMOVED {
            return Ok(());
        }
        let Some(declared) = self.declared.get(name) else {
            clause::hit!(R9);
            return Err(Fault::Undeclared);
        };
        let mut found = Found::default();
        for attribute in rest.split(';').skip(1) {
            found.take(attribute.trim())?;
        }
        found.judge(declared)?;
        if !choices.admits(self.statement, declared.category) {
            clause::hit!(R12);
            return Err(Fault::Off);
        }
        Ok(())
    }
}

/// Makes a browser forget, and carries nothing.
const REMOVED: &str = "; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict";

fn attributes(declared: &Cookie) -> String {
    let same_site = match declared.same_site {
        SameSite::Strict => "Strict",
        SameSite::Lax => "Lax",
    };
    let secure = if declared.secure { "; Secure" } else { "" };
    let http_only = if declared.http_only { "; HttpOnly" } else { "" };
    format!("{secure}{http_only}; SameSite={same_site}")
}

/// Says whether a text can be the name of a cookie.
pub(super) fn is_name(text: &str) -> bool {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(token)
}

/// The attributes of a `Set-Cookie`.
#[derive(Debug, Default)]
struct Found {
    root: bool,
    secure: bool,
    http_only: bool,
    same_site: Option<SameSite>,
    life_s: Option<u32>,
}

impl Found {
    /// Takes one attribute; one that the register never writes, such as `Domain` or `Expires`, is a fault.
    fn take(&mut self, attribute: &str) -> Result<(), Fault> {
        let (name, value) = attribute.split_once('=').unwrap_or((attribute, ""));
        match name.to_ascii_lowercase().as_str() {
            "secure" => self.secure = true,
            "httponly" => self.http_only = true,
            "path" if value == "/" => self.root = true,
            "samesite" => {
                let known = SameSite::ALL.iter();
                let known = known
                    .copied()
                    .find(|it| it.code() == value.to_ascii_lowercase());
                self.same_site = Some(known.ok_or(Fault::Attributes)?);
            }
            "max-age" => self.life_s = Some(value.parse().map_err(|_digits| Fault::Lifetime)?),
            "expires" => return Err(Fault::Lifetime),
            _ => return Err(Fault::Attributes),
        }
        Ok(())
    }

    fn judge(&self, declared: &Cookie) -> Result<(), Fault> {
        let as_declared = self.root
            && self.secure == declared.secure
            && self.http_only == declared.http_only
            && self.same_site == Some(declared.same_site);
        if !as_declared {
            return Err(Fault::Attributes);
        }
        match (self.life_s, declared.lifetime_seconds_max) {
            // Until the browser closes is shorter than any number of seconds that was declared.
            (None, _) => Ok(()),
            (Some(life), most) if most > 0 && life <= most => Ok(()),
            (Some(_), _) => Err(Fault::Lifetime),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn register() -> Register {
        Register::new(Statement::in_force().unwrap())
    }

    fn all_on(register: &Register) -> Choices {
        Choices::new(register.statement, |_| true, Timestamp::from_micros(0))
    }

    #[test]
    fn every_declared_cookie_can_be_written_and_passes_when_all_is_on() {
        let register = register();
        for declared in register.statement.cookies() {
            let written = register.write(&declared.name, "v", u32::MAX).unwrap();
            let text = written.to_str().unwrap();
            assert_eq!(register.judge(text, &all_on(&register)), Ok(()), "{text}");
            let limited = text.contains("Max-Age");
            assert_eq!(limited, declared.lifetime_seconds_max > 0, "{text}");
        }
        assert!(register.write("__Host-other", "v", 1).is_err());
        assert!(register.write(NAME, "a\r\nb", 1).is_err());
    }

    #[test]
    fn an_attribute_that_is_not_as_declared_is_a_fault() {
        let _mark = clause::check!(R9);
        let register = register();
        let good = "__Host-session=v; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=Strict";
        let on = all_on(&register);
        assert_eq!(register.judge(good, &on), Ok(()));
        for (from, to, fault) in [
            ("__Host-session", "__Host-more", Fault::Undeclared),
            ("__Host-session", "session", Fault::Undeclared),
            ("__Host-session=v", "nothing", Fault::Unreadable),
            ("__Host-session", "a b", Fault::Unreadable),
            ("; Secure", "", Fault::Attributes),
            ("; HttpOnly", "", Fault::Attributes),
            ("SameSite=Strict", "SameSite=Lax", Fault::Attributes),
            ("SameSite=Strict", "SameSite=None", Fault::Attributes),
            ("; SameSite=Strict", "", Fault::Attributes),
            ("Path=/", "Path=/console", Fault::Attributes),
            ("Path=/; ", "", Fault::Attributes),
            ("Path=/", "Path=/; Domain=yuntu.example", Fault::Attributes),
            ("Path=/", "Path=/; Partitioned", Fault::Attributes),
            ("Max-Age=60", "Max-Age=43201", Fault::Lifetime),
            ("Max-Age=60", "Max-Age=forever", Fault::Lifetime),
            (
                "Max-Age=60",
                "Expires=Fri, 31 Dec 2099 23:59:59 GMT",
                Fault::Lifetime,
            ),
        ] {
            let bad = good.replacen(from, to, 1);
            let bad = if to == "nothing" { to.to_owned() } else { bad };
            assert_eq!(register.judge(&bad, &on), Err(fault), "{bad}");
        }
    }

    #[test]
    fn a_category_that_is_off_sets_nothing_and_can_always_be_forgotten() {
        let _mark = clause::check!(R12);
        let register = register();
        let off = Choices::default();
        for declared in register.statement.cookies() {
            let written = register.write(&declared.name, "v", 60).unwrap();
            let verdict = register.judge(written.to_str().unwrap(), &off);
            let necessary = declared.category == CookieCategory::Security;
            let expected = if necessary { Ok(()) } else { Err(Fault::Off) };
            assert_eq!(verdict, expected, "{}", declared.name);
            let removal = Register::removal(&declared.name).unwrap();
            assert_eq!(register.judge(removal.to_str().unwrap(), &off), Ok(()));
        }
        assert!(Register::removal("a;b").is_none() && Register::removal("").is_none());
    }
}
