//! What is told beside a field: why it is asked, whether it is necessary, how long it is kept; and what is wrong with it.

use axum::http::StatusCode;
use axum::response::Response;
use yuntu_app::AppError;
use yuntu_app::accounts::{AccountError, Address};
use yuntu_statement::{PurposeRule, RetentionEnd, RetentionRule, RetentionStart, Statement};
use yuntu_terms::{Lang, Text};

use crate::forms::FormMark;
use crate::guard::WithScript;
use crate::pages::{Frame, Page, UPLOAD, show};
use crate::problem::Problem;
use crate::report::{Block, FormView, Section};
use crate::state::Site;

/// Whether a field must be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    Necessary,
    Optional,
}

/// Says of a category of data why it is asked for, whether it is necessary and how long it is kept for a purpose.
pub(crate) fn why(
    statement: &Statement,
    category: &str,
    purpose: &str,
    need: Need,
    lang: Lang,
) -> String {
    let found = statement
        .categories()
        .iter()
        .find(|it| it.id.as_str() == category);
    let why = found.map_or("", |category| category.why.get(lang));
    let need = match need {
        Need::Necessary => lang.pick("必填。", "Necessary. "),
        Need::Optional => lang.pick("选填。", "Optional. "),
    };
    let rule = statement
        .retention()
        .iter()
        .find(|it| it.purpose.as_str() == purpose);
    let kept = rule.map_or_else(String::new, |rule| kept(rule, lang));
    lang.pick(format!("{why}{need}{kept}"), format!("{why} {need}{kept}"))
}

/// Says how long a rule keeps data.
pub(crate) fn kept(rule: &RetentionRule, lang: Lang) -> String {
    let days = rule.days_max;
    let end = match rule.end {
        RetentionEnd::Erase => lang.pick("删除", "erased"),
        RetentionEnd::Anonymise => lang.pick("匿名化", "anonymised"),
        RetentionEnd::ReturnOrErase => lang.pick("返还或删除", "returned or erased"),
    };
    let (zh, en) = match rule.starts {
        RetentionStart::Recorded => ("记录", "it is recorded"),
        RetentionStart::LastUse => ("最后使用", "it is last used"),
        RetentionStart::AccountClosed => ("注销帐号", "the account is closed"),
        RetentionStart::Resolved => ("办结", "the matter is settled"),
        RetentionStart::AuthorityEnded => ("授权终止", "the authority to act ends"),
        RetentionStart::ContractEnded => ("协议终止", "the agreement ends"),
    };
    lang.pick(
        format!("{zh}后最迟 {days} 日{end}。"),
        format!("Kept until {days} days after {en} at most, then {end}."),
    )
}

/// Says of a purpose what it is for and how long data is kept for it.
pub(crate) fn purpose(statement: &Statement, rule: &PurposeRule, lang: Lang) -> String {
    let keeps = statement.retention().iter();
    let keeps = keeps.clone().find(|it| it.purpose == rule.id);
    let kept = keeps.map_or_else(String::new, |keeps| kept(keeps, lang));
    let what = rule.description.get(lang);
    lang.pick(format!("{what}{kept}"), format!("{what} {kept}"))
}

/// Reads an address as it was typed: with a sign `@` it is a mail address, else a mobile number.
pub(crate) fn address(typed: &str) -> Result<Address, Text> {
    let read = if typed.contains(['@', '＠']) {
        Address::email(typed)
    } else {
        Address::phone(typed)
    };
    read.map_err(yuntu_terms::IdentifierError::text)
}

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

/// Shows a page of sections with forms.
pub(crate) fn shown(
    site: &Site,
    mark: &FormMark,
    frame: Frame,
    lead: impl Into<String>,
    sections: Vec<Section>,
    status: StatusCode,
) -> Result<Response, Problem> {
    let template = Page {
        frame,
        lead: lead.into(),
        sections,
    };
    let mut page = show(&template)?;
    let scripts = template.scripts();
    if !scripts.is_empty() {
        let sends = scripts.contains(&UPLOAD);
        page.extensions_mut().insert(WithScript { sends });
    }
    *page.status_mut() = status;
    mark.keep(site, page)
}

/// Makes a section.
pub(crate) fn section(anchor: &'static str, title: &str, blocks: Vec<Block>) -> Section {
    Section {
        anchor,
        title: title.to_owned(),
        blocks,
    }
}
