//! What a visitor chose: which optional categories are on, under which version of the statement, since when.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::http::HeaderMap;
use yuntu_statement::{CookieCategory, Statement};
use yuntu_terms::{Timestamp, clause};

/// The cookie that keeps the choices.
pub(super) const NAME: &str = "__Host-choices";

/// The choices of a visitor; whoever has not chosen has everything optional off.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Choices {
    on: BTreeSet<CookieCategory>,
    /// When the visitor chose; nobody is asked, so this is for the visitor to read.
    pub(super) chosen: Option<Timestamp>,
}

impl Choices {
    /// Takes a choice made now; what is necessary or no category of the statement is no choice.
    pub(super) fn new(
        statement: &Statement,
        on: impl Fn(CookieCategory) -> bool,
        now: Timestamp,
    ) -> Self {
        let optional = statement.cookie_choices().iter();
        let optional = optional.filter(|choice| !choice.necessary);
        Self {
            on: optional
                .map(|choice| choice.category)
                .filter(|category| on(*category))
                .collect(),
            chosen: Some(now),
        }
    }

    /// Reads the choices that came with a request.
    pub(super) fn of(headers: &HeaderMap, statement: &Statement, now: Timestamp) -> Self {
        let value = super::find(headers, NAME);
        value.map_or_else(Self::default, |value| Self::read(value, statement, now))
    }

    /// Reads the text of a cookie; one that is malformed, from the future or too old is no choice.
    ///
    /// A yes holds for the version of the statement under which it was said; a no stays one over versions.
    ///
    /// # Clause
    /// R10, R11, R12
    pub(super) fn read(text: &str, statement: &Statement, now: Timestamp) -> Self {
        Self::parse(text, statement, now).unwrap_or_default()
    }

    fn parse(text: &str, statement: &Statement, now: Timestamp) -> Option<Self> {
        let mut fields = text.split(':');
        let (version, seconds, on) = (fields.next()?, fields.next()?, fields.next()?);
        if fields.next().is_some() {
            return None;
        }
        let seconds: i64 = seconds.parse().ok()?;
        let chosen = Timestamp::from_micros(seconds.checked_mul(1_000_000)?);
        let life = statement.cookie(NAME)?.lifetime_seconds_max;
        let ends = chosen.plus(Duration::from_secs(u64::from(life)));
        if chosen > now || now >= ends {
            return None;
        }
        let mut categories = BTreeSet::new();
        for code in on.split('+').filter(|code| !code.is_empty()) {
            let known = CookieCategory::ALL.iter().find(|it| it.code() == code)?;
            categories.insert(*known);
        }
        if version != statement.version().to_string() {
            categories.clear();
        }
        Some(Self {
            on: categories,
            chosen: Some(chosen),
        })
    }

    /// Writes the choices for the cookie: version, second, what is on.
    pub(super) fn text(&self, statement: &Statement) -> String {
        let on: Vec<&str> = self.on.iter().map(|category| category.code()).collect();
        let seconds = self
            .chosen
            .map_or(0, |at| at.as_micros().div_euclid(1_000_000));
        format!("{}:{seconds}:{}", statement.version(), on.join("+"))
    }

    /// Says whether cookies of a category may be set.
    ///
    /// # Clause
    /// R9, R10, R11
    pub(super) fn admits(&self, statement: &Statement, category: CookieCategory) -> bool {
        let necessary = (statement.cookie_choices().iter())
            .any(|choice| choice.category == category && choice.necessary);
        let on = necessary || self.on.contains(&category);
        if !on {
            match category {
                CookieCategory::Convenience => clause::hit!(R10),
                CookieCategory::Recommendation => clause::hit!(R11),
                CookieCategory::Security => {}
            }
        }
        on
    }
}

#[cfg(test)]
mod tests {
    use yuntu_statement::CookieCategory::{Convenience, Recommendation, Security};

    use super::*;

    fn second(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    #[test]
    fn a_choice_is_read_as_it_was_written() {
        let statement = Statement::in_force().unwrap();
        let now = second(1_800_000_000);
        for on in [&[][..], &[Convenience], &[Convenience, Recommendation]] {
            let made = Choices::new(statement, |category| on.contains(&category), now);
            let read = Choices::read(&made.text(statement), statement, now);
            assert_eq!(read, made);
            for category in [Convenience, Recommendation] {
                assert_eq!(read.admits(statement, category), on.contains(&category));
            }
            assert!(read.admits(statement, Security));
        }
    }

    #[test]
    fn what_is_no_choice_leaves_everything_optional_off() {
        let _marks = (clause::check!(R10), clause::check!(R11));
        let statement = Statement::in_force().unwrap();
        let now = second(1_800_000_000);
        let old = now.as_micros() / 1_000_000 - 15_552_000;
        let old = format!("1.0:{old}:convenience+recommendation");
        for text in [
            "",
            "::",
            "1.0:x:convenience",
            "1.0:1800000001:convenience",
            "1.0:1799999999:convenience:more",
            "1.0:1799999999:convenience+unknown",
            "1.0:9223372036854775807:recommendation",
            "1.0:-9223372036854775808:recommendation",
            &old,
        ] {
            let read = Choices::read(text, statement, now);
            assert_eq!(read.chosen, None, "{text}");
            for category in [Convenience, Recommendation] {
                assert!(!read.admits(statement, category), "{text}");
            }
        }
    }

    #[test]
    fn a_yes_to_another_version_is_off_and_still_counts_as_chosen() {
        let statement = Statement::in_force().unwrap();
        let now = second(1_800_000_000);
        let read = Choices::read("0.9:1799999999:convenience", statement, now);
        assert!(!read.admits(statement, Convenience));
        assert_eq!(read.chosen, Some(second(1_799_999_999)));
    }
}
