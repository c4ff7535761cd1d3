//! What a column is, guessed by what it holds and how it is called.

use yuntu_terms::{
    BankCard, CitizenId, ColumnClass, EmailAddress, MobileNumber, UnifiedSocialCreditCode,
};

use super::{Evidence, PLACEHOLDERS, ZEROS, is_one_of};
use crate::error::LakeError;
use crate::intake::cells::read_bool;
use crate::intake::times::Times;
use crate::mapping::{ColumnRole, ColumnType, IdentifierForm, IdentifierKind, TimeFormat};
use crate::normalise;
use crate::sample::SampledColumn;

/// Of a hundred values so many must fit; fewer are chance or belong to another kind of column.
const SHARE_MIN: usize = 95;

/// Of a hundred values so many must be card numbers: of other numbers of their length every tenth passes for one.
const SHARE_CARDS: usize = 50;

/// Of a hundred values so many name a person where a column holds this and that: enough not to take it for harmless.
const SHARE_MIXED: usize = 10;

pub(super) struct Guess {
    pub(super) role: ColumnRole,
    pub(super) class: ColumnClass,
    pub(super) column_type: ColumnType,
    pub(super) evidence: Evidence,
}

impl Guess {
    fn identifier(kind: IdentifierKind, form: IdentifierForm, evidence: Evidence) -> Self {
        let role = ColumnRole::Identifier {
            kind,
            form,
            keep_original: false,
        };
        let (class, column_type) = (ColumnClass::Identifier, ColumnType::Text);
        Self {
            role,
            class,
            column_type,
            evidence,
        }
    }
}

/// Words that say that a column numbers things; such numbers may have the length of a phone or card number.
const THINGS: &[&str] = &[
    "order",
    "订单",
    "单号",
    "流水",
    "transaction",
    "basket",
    "coupon",
    "upc",
    "sku",
    "product",
    "商品",
    "campaign",
];
const PERSON_NAMES: &[&str] = &[
    "姓名",
    "名字",
    "full_name",
    "first_name",
    "last_name",
    "real_name",
];
const SENSITIVE: &[&str] = &[
    "health",
    "disease",
    "medical",
    "religio",
    "biometric",
    "病",
    "健康",
    "医",
    "宗教",
    "信仰",
    "身份证",
    "银行卡",
    "轨迹",
    "latitude",
    "longitude",
    "经度",
    "纬度",
];
const TIMES: &[&str] = &["time", "date", "_at", "时间", "日期"];
const OTHER_TIMES: &[&str] = &["birth", "born", "生日", "出生", "expir", "end", "start"];
const CONSENTS: &[&str] = &["consent", "agree", "opt_in", "optin", "同意", "授权"];
const EVENTS: &[&str] = &["event", "行为", "事件"];

fn has_word(name: &str, words: &[&str]) -> bool {
    words.iter().any(|word| name.contains(word))
}

/// Guesses what a column is by what it holds and how it is called.
pub(super) fn guess(column: &SampledColumn) -> Result<Guess, LakeError> {
    let name = column.name.to_lowercase();
    let things = has_word(&name, THINGS) || column.ascends();
    let filled = filled(column);
    if let Some(found) =
        guess_by_digits(column, things).or_else(|| guess_identifier(&name, things, &filled))
    {
        return Ok(found);
    }
    let agrees = has_word(&name, CONSENTS);
    let column_type = if agrees && column.declared.is_none() && is_yes_or_no(&filled) {
        ColumnType::Bool
    } else {
        type_of(column)?
    };
    // A yes or no about a phone is none.
    let is_flag = column_type == ColumnType::Bool || agrees;
    if let Some(evidence) = names_people(&name, things, &filled).filter(|_| !is_flag) {
        return Ok(Guess {
            role: ColumnRole::Ignored,
            class: ColumnClass::Identifier,
            column_type,
            evidence,
        });
    }
    let guess = |role, class, evidence| {
        Ok(Guess {
            role,
            class,
            column_type,
            evidence,
        })
    };
    if name == "name" || has_word(&name, PERSON_NAMES) {
        return guess(ColumnRole::Ignored, ColumnClass::Identifier, Evidence::Name);
    }
    if has_word(&name, SENSITIVE) {
        return guess(
            ColumnRole::Attribute,
            ColumnClass::Sensitive,
            Evidence::Name,
        );
    }
    let is_time = matches!(column_type, ColumnType::Timestamp | ColumnType::Date);
    let role = if is_time && has_word(&name, TIMES) && !has_word(&name, OTHER_TIMES) {
        ColumnRole::EventTime
    } else if column_type == ColumnType::Bool && agrees {
        ColumnRole::ConsentFlag
    } else if column_type == ColumnType::Text && has_word(&name, EVENTS) {
        ColumnRole::EventType
    } else {
        return guess(ColumnRole::Attribute, ColumnClass::Personal, Evidence::Type);
    };
    guess(role, ColumnClass::Personal, Evidence::Name)
}

/// Leaves out what stands for a missing identifier, so that it speaks neither for a kind nor against it.
fn filled(column: &SampledColumn) -> SampledColumn {
    let values = column.values.iter();
    let told = values.filter(|text| !is_one_of(PLACEHOLDERS, text) && !is_one_of(ZEROS, text));
    SampledColumn {
        name: column.name.clone(),
        values: told.cloned().collect(),
        declared: column.declared,
    }
}

/// Looks for numbers that carry check digits.
fn guess_by_digits(column: &SampledColumn, things: bool) -> Option<Guess> {
    let kept = |class| Guess {
        role: ColumnRole::Attribute,
        class,
        column_type: ColumnType::Text,
        evidence: Evidence::CheckDigits,
    };
    if column.fits(SHARE_MIN, &|text| CitizenId::normal(text).is_ok()) {
        let kind = IdentifierKind::Other("id_number".to_owned());
        return Some(Guess::identifier(
            kind,
            IdentifierForm::Plain,
            Evidence::CheckDigits,
        ));
    }
    if column.fits(SHARE_MIN, &|text| {
        UnifiedSocialCreditCode::normal(text).is_ok()
    }) {
        return Some(kept(ColumnClass::NonPersonal));
    }
    if !things && column.fits(SHARE_CARDS, &|text| BankCard::normal(text).is_ok()) {
        return Some(kept(ColumnClass::Sensitive));
    }
    None
}

/// Lists the kinds of identifiers with the words by which columns of them are called.
fn kinds() -> [(IdentifierKind, &'static [&'static str]); 5] {
    [
        (IdentifierKind::Phone, &["phone", "mobile", "手机", "电话"]),
        (IdentifierKind::Email, &["email", "e-mail", "邮箱"]),
        (IdentifierKind::Oaid, &["oaid"]),
        (IdentifierKind::Idfa, &["idfa"]),
        (
            IdentifierKind::MemberId,
            &[
                "member",
                "customer_id",
                "user_id",
                "userid",
                "household_id",
                "household_key",
                "openid",
                "unionid",
                "会员",
                "客户号",
                "客户编号",
                "用户id",
                "用户编号",
            ],
        ),
    ]
}

fn guess_identifier(name: &str, things: bool, column: &SampledColumn) -> Option<Guess> {
    let all = |test: &dyn Fn(&str) -> bool| column.fits(SHARE_MIN, test);
    let normal = |kind: &IdentifierKind, text: &str| {
        normalise::normal(kind, text).is_ok_and(|normal| normal.is_some())
    };
    let plain = |kind, evidence| Some(Guess::identifier(kind, IdentifierForm::Plain, evidence));
    if !things && all(&|text| MobileNumber::normal(text).is_ok()) {
        return plain(IdentifierKind::Phone, Evidence::Shape);
    }
    if all(&|text| EmailAddress::normal(text).is_ok()) {
        return plain(IdentifierKind::Email, Evidence::Shape);
    }
    let hashed = |len: usize| {
        move |text: &str| text.len() == len && text.bytes().all(|b| b.is_ascii_hexdigit())
    };
    for (kind, words) in kinds() {
        if !has_word(name, words) {
            continue;
        }
        if all(&hashed(64)) && kind != IdentifierKind::Oaid {
            return Some(Guess::identifier(
                kind,
                IdentifierForm::Sha256,
                Evidence::Name,
            ));
        }
        if all(&hashed(32)) && !matches!(kind, IdentifierKind::Oaid | IdentifierKind::MemberId) {
            return Some(Guess::identifier(kind, IdentifierForm::Md5, Evidence::Name));
        }
        // A column that is called so may hold some of what it should not; those rows are shown, and go to quarantine.
        let share = if is_called(name, words) { 1 } else { SHARE_MIN };
        if column.fits(share, &|text| normal(&kind, text)) {
            return plain(kind, Evidence::Name);
        }
    }
    None
}

/// Says what shows that a column names people, though not well enough to know them by: it is proposed to stay outside.
fn names_people(name: &str, things: bool, column: &SampledColumn) -> Option<Evidence> {
    let mixed = column.fits(SHARE_MIXED, &|text| {
        let phone = !things && MobileNumber::normal(text).is_ok();
        phone || EmailAddress::normal(text).is_ok() || CitizenId::normal(text).is_ok()
    });
    let called = || {
        let mut kinds = kinds().into_iter();
        kinds.any(|(kind, words)| kind != IdentifierKind::MemberId && is_called(name, words))
    };
    if mixed {
        Some(Evidence::Shape)
    } else {
        called().then_some(Evidence::Name)
    }
}

/// Says whether a name says no more than one of the words: a phone or its number, not the model of a phone.
fn is_called(name: &str, words: &[&str]) -> bool {
    const NUMBERS: [&str; 6] = ["号码", "号", "地址", "number", "address", "no"];
    let name = name.trim();
    let stem = NUMBERS
        .iter()
        .find_map(|suffix| name.strip_suffix(suffix))
        .unwrap_or(name)
        .trim_end_matches(['_', ' ', '-']);
    words.iter().any(|word| stem.ends_with(word))
}

fn is_yes_or_no(column: &SampledColumn) -> bool {
    column.fits(100, &|text| read_bool(text).is_some())
}

/// Finds the narrowest type that all values fit.
fn type_of(column: &SampledColumn) -> Result<ColumnType, LakeError> {
    if let Some(declared) = column.declared {
        return Ok(declared);
    }
    let times = Times::new(&TimeFormat::Iso, "UTC")?;
    let all = |test: &dyn Fn(&str) -> bool| column.fits(100, test);
    let has_leading_zero = |text: &str| {
        let digits = text.trim_start_matches('-');
        digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.")
    };
    if !column.values.iter().any(|text| has_leading_zero(text)) {
        if all(&|text| text.parse::<i64>().is_ok()) {
            return Ok(ColumnType::Int);
        }
        if all(&|text| text.parse::<f64>().is_ok_and(f64::is_finite)) {
            return Ok(ColumnType::Float);
        }
    }
    if is_yes_or_no(column) {
        return Ok(ColumnType::Bool);
    }
    if all(&|text| times.moment(text).is_some()) {
        let has_time = column.values.iter().any(|text| text.contains(':'));
        return Ok(if has_time {
            ColumnType::Timestamp
        } else {
            ColumnType::Date
        });
    }
    Ok(ColumnType::Text)
}
