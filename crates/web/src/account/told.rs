//! What is told beside a field: why it is asked, whether it is necessary, how long it is kept.

use yuntu_app::accounts::Address;
use yuntu_statement::{PurposeRule, RetentionEnd, RetentionRule, RetentionStart, Statement};
use yuntu_terms::{Lang, Text};

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
