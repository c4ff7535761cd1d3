use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use yuntu_policy::ApplicationField;
use yuntu_store::ApplicationValues;
use yuntu_terms::{
    BankAccount, CitizenId, EnterpriseName, IdentifierError, Pii, Text, UnifiedSocialCreditCode,
    clause,
};

use super::industry;

/// How many characters a person's name has.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 2..=60;
/// How many characters an address has.
const ADDRESS_CHARS: std::ops::RangeInclusive<usize> = 5..=200;
/// How many characters a question, an answer or a reason has.
const WORDS_CHARS_MAX: usize = 1_000;
/// For how many years ahead a paper may be good.
const PAPER_YEARS_MAX: i16 = 50;

/// What a person typed into the form.
#[derive(Debug, Default)]
pub struct Typed {
    /// The texts, by field. An empty one removes what was kept, but for the sensitive numbers: those are shown masked, and
    /// an empty box leaves them.
    pub values: BTreeMap<ApplicationField, Pii<String>>,
    /// Fields whose kept value is to go.
    pub removes: BTreeSet<ApplicationField>,
    /// Whether the person agrees to the use of the sensitive numbers.
    pub agrees: bool,
}

/// What is wrong with one field; it quotes nothing that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FieldFault {
    /// A number or name is not one of its kind.
    #[error(transparent)]
    Identifier(#[from] IdentifierError),
    /// The person is a minor; what was typed of the number is erased.
    #[error("the person is a minor")]
    Minor,
    /// The sensitive number is not taken without the person's own consent.
    #[error("the separate consent is missing")]
    Consent,
    /// The platform may not ask for it: no impact assessment is in force.
    #[error("no impact assessment is in force")]
    Assessment,
    /// It is necessary and was not given.
    #[error("it is missing")]
    Missing,
    /// It is no line of the length that is asked for.
    #[error("it is not a line of {least} to {most} characters")]
    Line {
        /// The fewest characters.
        least: usize,
        /// The most.
        most: usize,
    },
    /// It is none of the industries to choose from.
    #[error("it is no industry of the list")]
    Industry,
    /// It is no day of the calendar.
    #[error("it is not a day")]
    Day,
    /// The day is over, so the paper is good no more.
    #[error("the day is over")]
    Over,
    /// Another enterprise is certified with this credit code; whose it is, is not told.
    #[error("the credit code is taken")]
    Taken,
}

impl FieldFault {
    /// Says what is wrong and what to do; the page names the field.
    ///
    /// # Clause
    /// U1, R29
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::Identifier(error) => error.text(),
            Self::Minor => Text::new(
                "号码显示办理人未满十八周岁，不能代表企业办理；所填号码已删除，请由成年人办理",
                "By this number the person is under 18 and cannot act for an enterprise; what was typed is erased. Let an adult apply.",
            ),
            Self::Consent => Text::new(
                "须先单独同意处理此项敏感信息，才会保存；未保存所填内容",
                "It is kept only with your separate consent below; what was typed was not kept.",
            ),
            Self::Assessment => Text::new(
                "平台的个人信息保护影响评估尚未生效，暂不收集此号码；未保存所填内容，请稍后再来",
                "The platform's impact assessment is not in force, so it does not take this number yet; what was typed was not kept. Please come back later.",
            ),
            Self::Missing => Text::new("此项必填，请补全", "This is necessary; please give it."),
            Self::Line { least, most } => Text::new(
                format!("应为一行 {least} 至 {most} 个字符，不含控制字符"),
                format!("This should be one line of {least} to {most} characters."),
            ),
            Self::Industry => Text::new("请从列表中选择行业", "Please choose from the list."),
            Self::Day => Text::new(
                "应为日历上的日期，如 2027-03-31，且不晚于五十年后",
                "This should be a day such as 2027-03-31, at most fifty years ahead.",
            ),
            Self::Over => Text::new(
                "此日期已过，证件或函件已失效，请更换",
                "This day is over: the paper is no longer good; please renew it.",
            ),
            Self::Taken => Text::new(
                "此统一社会信用代码已被认证，不能再次使用；如有异议请与我们联系",
                "This credit code is certified already and cannot be used again; contact us if you think it is yours.",
            ),
        }
    }
}

/// Checks the text of one field and brings it to the form that is kept.
///
/// # Errors
/// [`FieldFault`], also for a file, which is no text.
/// # Clause
/// U1, R29
pub(super) fn check(
    field: ApplicationField,
    typed: &Pii<String>,
    today: Date,
) -> Result<Pii<String>, FieldFault> {
    clause::hit!(U1);
    typed.digest(|text| match field {
        ApplicationField::EnterpriseName => {
            let name = EnterpriseName::parse(text)?;
            Ok(Pii::new(name.as_str().to_owned()))
        }
        ApplicationField::CreditCode => {
            let code = UnifiedSocialCreditCode::parse(text)?;
            Ok(Pii::new(code.as_str().to_owned()))
        }
        ApplicationField::Industry => industry::known(text.trim())
            .map(|code| Pii::new(code.to_owned()))
            .ok_or(FieldFault::Industry),
        ApplicationField::LegalRepresentative | ApplicationField::Agent => line(text, NAME_CHARS),
        ApplicationField::Address => line(text, ADDRESS_CHARS),
        ApplicationField::BankAccount => Ok(BankAccount::parse(text)?.into_pii()),
        ApplicationField::IdNumber => {
            clause::hit!(R29);
            let id = CitizenId::parse(text)?;
            if id.is_minor_on(today)? {
                return Err(FieldFault::Minor);
            }
            Ok(id.into_pii())
        }
        ApplicationField::LetterUntil | ApplicationField::LicenceUntil => {
            let day = day(text)?;
            if day < today {
                return Err(FieldFault::Over);
            }
            if day.year() > today.year() + PAPER_YEARS_MAX {
                return Err(FieldFault::Day);
            }
            Ok(Pii::new(day.to_string()))
        }
        ApplicationField::Letter | ApplicationField::Licence => Err(FieldFault::Missing),
    })
}

/// Reads a day as it is kept.
pub(super) fn day(text: &str) -> Result<Date, FieldFault> {
    let text = text.trim();
    let plain = text.len() == 10
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'-');
    let day = plain.then(|| text.parse().ok()).flatten();
    day.ok_or(FieldFault::Day)
}

fn line(text: &str, chars: std::ops::RangeInclusive<usize>) -> Result<Pii<String>, FieldFault> {
    let text = text.trim();
    let good = chars.contains(&text.chars().count())
        && !text.chars().any(is_hidden)
        && text.chars().any(char::is_alphabetic);
    if good {
        Ok(Pii::new(text.to_owned()))
    } else {
        Err(FieldFault::Line {
            least: *chars.start(),
            most: *chars.end(),
        })
    }
}

/// Says whether the character ends a line or changes the order in which text is read.
pub(super) fn is_hidden(sign: char) -> bool {
    sign.is_control()
        || matches!(sign, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Says whether nothing but spaces was typed.
pub(super) fn is_blank(typed: &Pii<String>) -> bool {
    typed.digest(|text| text.trim().is_empty())
}

/// Says whether what was written to the other side has a length that can be read.
pub(super) fn is_words(typed: &Pii<String>) -> bool {
    typed.digest(|text| {
        let unseen = |sign: char| is_hidden(sign) && !matches!(sign, '\n' | '\r' | '\t');
        let count = text.trim().chars().count();
        (1..=WORDS_CHARS_MAX).contains(&count) && !text.chars().any(unseen)
    })
}

/// Returns the credit code, which is about no person.
pub(super) fn code_of(values: &ApplicationValues) -> Option<UnifiedSocialCreditCode> {
    let value = values.get(&ApplicationField::CreditCode)?;
    value.digest(|text| UnifiedSocialCreditCode::parse(text).ok())
}

/// Returns the enterprise's name, which is about no person.
pub(super) fn name_of(values: &ApplicationValues) -> Option<EnterpriseName> {
    let value = values.get(&ApplicationField::EnterpriseName)?;
    value.digest(|text| EnterpriseName::parse(text).ok())
}

/// Returns the last day of a paper, which is about no person.
pub(super) fn day_of(values: &ApplicationValues, field: ApplicationField) -> Option<Date> {
    values.get(&field)?.digest(|text| day(text).ok())
}

/// Shows a value with all hidden but what tells it from another.
pub(super) fn masked(field: ApplicationField, value: &Pii<String>) -> String {
    value.digest(|text| match field {
        ApplicationField::IdNumber => {
            CitizenId::parse(text).map_or_else(|_error| stars(text, 0, 0), |id| id.masked())
        }
        ApplicationField::BankAccount => {
            BankAccount::parse(text).map_or_else(|_error| stars(text, 0, 0), |it| it.masked())
        }
        ApplicationField::EnterpriseName
        | ApplicationField::CreditCode
        | ApplicationField::Industry
        | ApplicationField::LegalRepresentative
        | ApplicationField::Agent
        | ApplicationField::Address
        | ApplicationField::LetterUntil
        | ApplicationField::Letter
        | ApplicationField::LicenceUntil
        | ApplicationField::Licence => stars(text, 1, 0),
    })
}

fn stars(text: &str, first: usize, last: usize) -> String {
    let count = text.chars().count();
    let shown = |index: usize| index < first || index >= count.saturating_sub(last);
    let signs = text.chars().enumerate();
    signs
        .map(|(index, sign)| if shown(index) { sign } else { '*' })
        .collect()
}

#[cfg(test)]
mod tests;
