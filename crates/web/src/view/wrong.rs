//! What is wrong with what was typed: told beside the field, with everything that was typed still there.

use axum::http::StatusCode;
use yuntu_app::AppError;
use yuntu_app::accounts::AccountError;
use yuntu_app::certification::CertificationError;
use yuntu_terms::{Lang, Text, Timestamp};

use crate::forms::day;
use crate::problem::Problem;
use crate::report::FormView;

/// What is wrong with a form: the field, or none, and why.
#[derive(Debug, Default)]
pub(crate) struct Wrong {
    found: Vec<(&'static str, Text)>,
    status: Option<StatusCode>,
}

impl Wrong {
    /// Says that there is something wrong with a field.
    pub(crate) fn field(field: &'static str, text: Text) -> Self {
        let mut wrong = Self::default();
        wrong.add(field, text);
        wrong
    }

    /// Adds something that is wrong.
    pub(crate) fn add(&mut self, field: &'static str, text: Text) {
        self.found.push((field, text));
    }

    /// Reads a day of China, its beginning or its end; what is none is wrong with the field.
    pub(crate) fn day(&mut self, field: &'static str, typed: &str, end: bool) -> Option<Timestamp> {
        let found = day(typed, end);
        if found.is_none() {
            let (zh, en) = (
                "应为日期，如 2026-12-31",
                "This is a date such as 2026-12-31.",
            );
            self.add(field, Text::new(zh, en));
        }
        found
    }

    /// Says whether nothing is wrong.
    pub(crate) fn is_nothing(&self) -> bool {
        self.found.is_empty()
    }

    /// Reads why an act was not done, if a person can mend it in the form.
    pub(crate) fn of(error: AppError) -> Result<Self, Problem> {
        let (field, text) = if let AppError::Account(account) = &error {
            (field_of(account), account.text())
        } else if let AppError::Invalid { what, reason } = &error {
            (*what, Text::new(reason.zh, reason.en))
        } else if let AppError::Exception(fault) = &error {
            ("", fault.text())
        } else if let AppError::Certification(CertificationError::File(fault)) = &error {
            ("file", fault.text())
        } else {
            return Err(error.into());
        };
        let status = Problem::from(error).status();
        Ok(Self {
            found: vec![(field, text)],
            status: Some(status),
        })
    }

    /// Returns the status with which the form is shown again.
    pub(crate) fn status(&self) -> StatusCode {
        match self.status {
            Some(status) => status,
            None if self.is_nothing() => StatusCode::OK,
            None => StatusCode::BAD_REQUEST,
        }
    }

    /// Returns the status with which a page of several forms is shown again: that of the first with anything wrong.
    pub(crate) fn status_of<const N: usize>(forms: [&Self; N]) -> StatusCode {
        let wrong = forms.into_iter().find(|wrong| !wrong.is_nothing());
        wrong.map_or(StatusCode::OK, Self::status)
    }

    /// Writes what is wrong to the fields of a form; what belongs to none of them stands above.
    pub(crate) fn into_form(self, mut form: FormView, lang: Lang) -> FormView {
        form.wrong_lead = match self.status {
            // Nothing is wrong with what was typed.
            Some(
                StatusCode::FORBIDDEN
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::TOO_MANY_REQUESTS,
            ) => lang.pick("现在无法完成", "This cannot be done right now"),
            _ => lang.pick("请更正后再提交", "Please correct this and send it again"),
        };
        for (field, text) in self.found {
            let text = text.get(lang).to_owned();
            match form.inputs.iter_mut().find(|input| input.name == field) {
                Some(input) => input.wrong = Some(text),
                None => form.wrong.push(text),
            }
        }
        form
    }
}

/// Names the field that an error is about.
fn field_of(error: &AccountError) -> &'static str {
    match error {
        AccountError::WrongCode { .. }
        | AccountError::SpentCode
        | AccountError::WrongFactor { .. }
        | AccountError::WrongProof => "code",
        AccountError::WrongPassword
        | AccountError::WrongNextPassword { .. }
        | AccountError::Password(_)
        | AccountError::PasswordNeedsFactor => "password",
        AccountError::NotAccepted => "accept",
        AccountError::Nickname => "nickname",
        AccountError::Label => "label",
        AccountError::AddressTaken | AccountError::Unreachable => "address",
        AccountError::TooOften { .. }
        | AccountError::Busy
        | AccountError::SignedOut
        | AccountError::ProofNeeded
        | AccountError::NotOptional
        | AccountError::SpentTicket
        | AccountError::FactorLocked
        | AccountError::FactorExists
        | AccountError::NoFactor
        | AccountError::Passkey
        | AccountError::LastFactor
        | AccountError::Suspended => "",
    }
}
