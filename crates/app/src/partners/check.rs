//! What is typed of a partner, held against what it can be.

use yuntu_policy::PartnerAgreement;
use yuntu_statement::{ProcessingRole, Statement};
use yuntu_terms::{EmailAddress, PhoneNumber, Pii, UnifiedSocialCreditCode};

use super::PARTNER_TEXT_CHARS_MAX;
use crate::error::{AppError, Said};

/// How many characters the name, a number or a reason may have.
const LINE_CHARS_MAX: usize = 200;

const fn invalid(what: &'static str, reason: Said) -> AppError {
    AppError::Invalid { what, reason }
}

/// Reads what is said of a partner in its normal form.
pub(super) fn terms(
    mut typed: PartnerAgreement,
    statement: &Statement,
) -> Result<PartnerAgreement, AppError> {
    typed.name = line("name", &typed.name)?;
    if typed.name.is_empty() {
        let reason = Said::new("请填写合作方的名称", "give the name of the partner");
        return Err(invalid("name", reason));
    }
    let code = typed.credit_code.take();
    typed.credit_code = match code.as_deref().map(str::trim) {
        None | Some("") => None,
        Some(code) => Some(credit_code(code)?),
    };
    for (what, text) in [
        ("manner", &mut typed.manner),
        ("obligations", &mut typed.obligations),
    ] {
        *text = long(what, text)?;
    }
    if let Some(ground) = &mut typed.cross_border {
        ground.filing = line("filing", &ground.filing)?;
    }
    for purpose in &typed.purposes {
        let rule = statement.purpose(purpose);
        if rule.is_none_or(|rule| rule.role != ProcessingRole::Processor) {
            let reason = Said::new(
                "声明中没有此业务目的",
                "the statement has no such business purpose",
            );
            return Err(invalid("purposes", reason));
        }
    }
    typed.purposes.sort_unstable();
    typed.purposes.dedup();
    typed.operations.sort_unstable();
    typed.operations.dedup();
    typed.classes.sort_unstable();
    typed.classes.dedup();
    Ok(typed)
}

fn credit_code(typed: &str) -> Result<String, AppError> {
    let Ok(code) = UnifiedSocialCreditCode::normal(typed) else {
        let reason = Said::new(
            "不是有效的统一社会信用代码：应为 18 位，末位为校验码",
            "it is no unified social credit code: 18 characters, the last of which checks the others",
        );
        return Err(invalid("credit_code", reason));
    };
    Ok(code.as_str().to_owned())
}

/// Reads one line of text.
fn line(what: &'static str, typed: &str) -> Result<String, AppError> {
    let text = typed.trim();
    if text.chars().count() > LINE_CHARS_MAX || text.contains(char::is_control) {
        let reason = Said::new(
            "应为单行，最多 200 个字符",
            "expected one line of at most 200 characters",
        );
        return Err(invalid(what, reason));
    }
    Ok(text.to_owned())
}

fn long(what: &'static str, typed: &str) -> Result<String, AppError> {
    let text = typed.trim();
    let odd = |sign: char| sign.is_control() && !matches!(sign, '\n' | '\r' | '\t');
    if text.chars().count() > PARTNER_TEXT_CHARS_MAX || text.contains(odd) {
        let reason = Said::new(
            "最多 4000 个字符，且不含控制字符",
            "expected at most 4000 characters and no control characters",
        );
        return Err(invalid(what, reason));
    }
    Ok(text.to_owned())
}

/// Reads why something is done.
pub(super) fn reason(typed: &str) -> Result<&str, AppError> {
    let text = typed.trim();
    let length = text.chars().count();
    if length == 0 || length > LINE_CHARS_MAX || text.contains(char::is_control) {
        let reason = Said::new(
            "请写明理由，单行，最多 200 个字符",
            "say why, in one line of at most 200 characters",
        );
        return Err(invalid("reason", reason));
    }
    Ok(text)
}

/// Reads how a partner is reached; nothing typed is nothing said.
pub(super) fn contact(typed: Option<&Pii<String>>) -> Result<Option<Pii<String>>, AppError> {
    let Some(typed) = typed else { return Ok(None) };
    let nothing = typed.digest(|text| text.trim().is_empty());
    if nothing {
        return Ok(None);
    }
    let address =
        typed.digest(|text| EmailAddress::parse(text).is_ok() || PhoneNumber::parse(text).is_ok());
    if address {
        Ok(Some(Pii::new(typed.digest(|text| text.trim().to_owned()))))
    } else {
        let reason = Said::new(
            "应为邮箱地址或电话号码",
            "expected an email address or a phone number",
        );
        Err(invalid("contact", reason))
    }
}
