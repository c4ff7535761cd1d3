//! Proposing a mapping from the data, for a person to confirm.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use yuntu_terms::{
    BankCard, CitizenId, ColumnClass, EmailAddress, MobileNumber, UnifiedSocialCreditCode, clause,
};

use crate::error::{LakeError, SourceFault};
use crate::import::blocking;
use crate::intake::cells::{Cell, read_bool};
use crate::intake::times::Times;
use crate::lake::Lake;
use crate::mapping::{
    ColumnMapping, ColumnRole, ColumnType, DatasetKind, IdentifierForm, IdentifierKind, Mapping,
    TimeFormat,
};
use crate::mask;
use crate::normalise;
use crate::sample::{self, SampledColumn};
use crate::source::Source;

/// Of a hundred values so many must fit; fewer are chance or belong to another kind of column.
const SHARE_MIN: usize = 95;

/// Of a hundred values so many name a person where a column holds this and that: enough not to take it for harmless.
const SHARE_MIXED: usize = 10;

/// A mapping that the data suggests, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The mapping, to be looked at by a person before it is used.
    pub mapping: Mapping,
    /// What speaks for each column's proposal, in the order of the mapping's columns.
    pub evidence: Vec<Evidence>,
    /// Some values of each column, masked.
    pub samples: Vec<Vec<String>>,
}

/// What a proposal rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// The values carry right check digits.
    CheckDigits,
    /// The values have the shape of the kind.
    Shape,
    /// The name of the column says so.
    Name,
    /// Nothing speaks for a kind; the type alone is proposed.
    Type,
}

impl Lake {
    /// Proposes a mapping from the beginning of a source, on a thread that may wait for the storage.
    ///
    /// # Errors
    /// As [`propose`].
    ///
    /// # Clause
    /// R8
    pub async fn propose(&self, source: Source) -> Result<Proposal, LakeError> {
        blocking(move || propose(&source)).await
    }
}

/// Proposes a mapping from the beginning of a source.
///
/// # Errors
/// [`LakeError::Source`] when the source is in no format or encoding that can be read.
///
/// # Clause
/// R8
pub fn propose(source: &Source) -> Result<Proposal, LakeError> {
    clause::hit!(R8);
    let sample = sample::take(source)?;
    if sample.columns.is_empty() {
        return Err(SourceFault::Empty.into());
    }
    let mut names = BTreeSet::new();
    let mut columns = Vec::with_capacity(sample.columns.len());
    let mut evidence = Vec::with_capacity(sample.columns.len());
    for column in &sample.columns {
        let Guess {
            role,
            class,
            column_type,
            evidence: found,
        } = guess(column)?;
        columns.push(ColumnMapping {
            source: column.name.clone(),
            name: free_name(&column.name, &mut names),
            role,
            class,
            column_type,
            time_format: TimeFormat::Iso,
        });
        evidence.push(found);
    }
    let about_persons = columns
        .iter()
        .any(|column| matches!(column.role, ColumnRole::Identifier { .. }));
    let kind = if about_persons {
        DatasetKind::Persons
    } else {
        DatasetKind::Lookup
    };
    settle_roles(&mut columns, about_persons);
    let nulls = placeholders(&sample.columns, &columns);
    let mapping = Mapping {
        source: sample.format,
        kind,
        columns,
        time_zone: "Asia/Shanghai".to_owned(),
        nulls,
        consents: Vec::new(),
    };
    let classes = mapping.columns.iter().map(|column| column.class);
    let samples = sample.columns.iter().zip(classes);
    let samples = samples.map(|(column, class)| mask::samples(&column.values, class));
    Ok(Proposal {
        samples: samples.collect(),
        mapping,
        evidence,
    })
}

/// What people write where they know no identifier; taken for one, it would make one person of many.
const PLACEHOLDERS: &[&str] = &[
    "-", "--", "---", "—", "——", "/", "n/a", "na", "null", "nil", "none", "无", "暂无", "未知",
    "空",
];
/// The same, which elsewhere are values: they are proposed only where no other column holds them.
const ZEROS: &[&str] = &["0", "00000000000"];

fn is_one_of(words: &[&str], text: &str) -> bool {
    words.contains(&text.trim().to_lowercase().as_str())
}

/// Finds placeholders in the columns that identify people, as they are written there.
fn placeholders(sampled: &[SampledColumn], columns: &[ColumnMapping]) -> Vec<String> {
    let (named, others): (Vec<_>, Vec<_>) = sampled
        .iter()
        .zip(columns)
        .partition(|(_, column)| matches!(column.role, ColumnRole::Identifier { .. }));
    let elsewhere = |text: &String| others.iter().any(|(other, _)| other.values.contains(text));
    let values = named.iter().flat_map(|(column, _)| &column.values);
    let found = values
        .filter(|text| is_one_of(PLACEHOLDERS, text) || is_one_of(ZEROS, text) && !elsewhere(text));
    let found: BTreeSet<&String> = found.collect();
    found.into_iter().cloned().collect()
}

/// Makes the roles fit together: one event time at most, properties beside it, and nothing personal in a lookup.
fn settle_roles(columns: &mut [ColumnMapping], about_persons: bool) {
    let is_event = columns
        .iter()
        .any(|column| column.role == ColumnRole::EventTime);
    let mut time_taken = false;
    for column in columns {
        if column.role == ColumnRole::EventTime {
            if time_taken || !about_persons {
                column.role = ColumnRole::Property;
            }
            time_taken = true;
        }
        if !about_persons && column.role == ColumnRole::Property {
            column.role = ColumnRole::Attribute;
        }
        if about_persons && is_event && column.role == ColumnRole::Attribute {
            column.role = ColumnRole::Property;
        }
        if !about_persons && column.class == ColumnClass::Personal {
            column.class = ColumnClass::NonPersonal;
        }
    }
}

struct Guess {
    role: ColumnRole,
    class: ColumnClass,
    column_type: ColumnType,
    evidence: Evidence,
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

fn guess(column: &SampledColumn) -> Result<Guess, LakeError> {
    let name = column.name.to_lowercase();
    let things = has_word(&name, THINGS) || column.ascends();
    if let Some(found) =
        guess_by_digits(column, things).or_else(|| guess_identifier(&name, things, &filled(column)))
    {
        return Ok(found);
    }
    let column_type = type_of(column)?;
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
    } else if column_type == ColumnType::Bool && has_word(&name, CONSENTS) {
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
    if !things && column.fits(SHARE_MIN, &|text| BankCard::normal(text).is_ok()) {
        return Some(kept(ColumnClass::Sensitive));
    }
    None
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
    let kinds: [(IdentifierKind, &[&str]); 5] = [
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
    ];
    for (kind, words) in kinds.clone() {
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
    let called = kinds
        .iter()
        .any(|(kind, words)| *kind != IdentifierKind::MemberId && is_called(name, words));
    let mixed = column.fits(SHARE_MIXED, &|text| {
        let phone = !things && MobileNumber::normal(text).is_ok();
        phone || EmailAddress::normal(text).is_ok() || CitizenId::normal(text).is_ok()
    });
    let left_out = |evidence| Guess {
        role: ColumnRole::Ignored,
        class: ColumnClass::Identifier,
        column_type: ColumnType::Text,
        evidence,
    };
    match (called, mixed) {
        (_, true) => Some(left_out(Evidence::Shape)),
        (true, false) => Some(left_out(Evidence::Name)),
        (false, false) => None,
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
    if all(&|text| read_bool(text).is_some()) {
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

/// Makes a name that no other column of the dataset has.
fn free_name(source: &str, taken: &mut BTreeSet<String>) -> String {
    let mut name: String = source
        .trim()
        .to_lowercase()
        .chars()
        .map(|c| if c.is_alphanumeric() { c } else { '_' })
        .take(40)
        .collect();
    if name.is_empty() || name == crate::SUBJECT {
        name.push_str("_column");
    }
    let mut free = name.clone();
    let mut number = 2;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{number}");
        number += 1;
    }
    free
}

/// Shows a cell as text, for looking at it.
pub(crate) fn shown(cell: &Cell<'_>) -> Option<String> {
    let mut text = String::new();
    cell.write_to(&mut text).then_some(text)
}

#[cfg(test)]
mod tests;
