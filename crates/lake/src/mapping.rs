use serde::{Deserialize, Serialize};
use yuntu_terms::ColumnClass;

use crate::error::{LakeError, MappingFault};
use crate::flags::FlagMeaning;

/// What kind of direct identifier a column holds; values of two kinds never meet in the identity map.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierKind {
    /// A telephone number.
    Phone,
    /// A mail address.
    Email,
    /// The enterprise's own number of a member, customer or household.
    MemberId,
    /// The open anonymous device id of mainland Android devices.
    Oaid,
    /// The advertising id of Apple devices.
    Idfa,
    /// Another identifier, by name, such as `id_number`.
    Other(String),
}

impl IdentifierKind {
    /// Returns the stable code used in keyed hashes and files.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Phone => "phone".to_owned(),
            Self::Email => "email".to_owned(),
            Self::MemberId => "member_id".to_owned(),
            Self::Oaid => "oaid".to_owned(),
            Self::Idfa => "idfa".to_owned(),
            Self::Other(name) => format!("other:{name}"),
        }
    }
}

/// Whether an identifier comes as it is or already hashed by the enterprise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierForm {
    /// The identifier itself.
    Plain,
    /// SHA-256 of the normalised identifier in hexadecimal; meets the plain form in the identity map.
    Sha256,
    /// MD5 of the normalised identifier in hexadecimal; meets only its own form.
    Md5,
}

/// What a column of the source is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "role")]
pub enum ColumnRole {
    /// Names the person; leaves the lake at the door and never reaches a part.
    Identifier {
        /// What kind of identifier.
        kind: IdentifierKind,
        /// Plain or hashed already.
        form: IdentifierForm,
        /// Whether the sealed original is kept for activation.
        keep_original: bool,
    },
    /// Describes the person, or the thing that a lookup dataset lists.
    Attribute,
    /// Says what happened.
    EventType,
    /// Says when it happened; at most one column, of type timestamp or date.
    EventTime,
    /// Describes what happened.
    Property,
    /// Says whether the person agreed to something; always of type bool.
    ConsentFlag,
    /// Is left out.
    Ignored,
}

/// The type that a column has in the lake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// Text.
    Text,
    /// A 64-bit whole number.
    Int,
    /// A 64-bit floating-point number, always finite.
    Float,
    /// An exact decimal of up to 38 digits.
    Decimal {
        /// Digits in all, 1 to 38.
        precision: u8,
        /// Digits after the point, at most `precision`.
        scale: u8,
    },
    /// Yes or no.
    Bool,
    /// A moment in UTC, microseconds.
    Timestamp,
    /// A day of the calendar.
    Date,
}

/// How moments and days are written in the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimeFormat {
    /// ISO 8601 in its common forms: `2026-03-21`, `2026/3/21`, `2026-03-21 08:00:00.5`, with or without `T` and offset.
    Iso,
    /// Whole seconds since 1970.
    UnixSeconds,
    /// Whole milliseconds since 1970.
    UnixMillis,
    /// A `strptime` pattern, such as `%d.%m.%Y %H:%M`.
    Pattern(String),
}

/// What becomes of one column of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnMapping {
    /// The name in the source's header; for a CSV without header `column_1`, `column_2`, ….
    pub source: String,
    /// The name in the dataset; unused for identifiers and ignored columns.
    pub name: String,
    /// What the column is for.
    #[serde(flatten)]
    pub role: ColumnRole,
    /// How closely it is tied to a person.
    pub class: ColumnClass,
    /// Its type in the lake.
    pub column_type: ColumnType,
    /// How its moments or days are written.
    pub time_format: TimeFormat,
}

/// How the bytes of a CSV file are to be read as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    Utf8,
    /// GB 18030, which includes GBK and GB 2312.
    Gb18030,
}

/// The format of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "format")]
pub enum SourceFormat {
    /// Delimited text.
    Csv {
        /// The byte between fields.
        delimiter: u8,
        /// Whether the first row names the columns.
        header: bool,
        /// The encoding of the text.
        encoding: Encoding,
    },
    /// One JSON object per line.
    Ndjson,
    /// Apache Parquet, unencrypted.
    Parquet,
}

/// Whether the rows of a dataset are about persons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DatasetKind {
    /// Each row belongs to a person; column 0 is `subject`.
    Persons,
    /// Rows belong to nobody, such as a list of products.
    Lookup,
}

/// How a source becomes rows of a dataset: proposed from the data, confirmed by a person.
///
/// # Clause
/// R8
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The format of the source.
    pub source: SourceFormat,
    /// Whether the rows are about persons.
    pub kind: DatasetKind,
    /// The columns, in the order of the source; of several identifiers the first that has a value names the person.
    pub columns: Vec<ColumnMapping>,
    /// The IANA name of the zone in which moments without an offset are written, such as `Asia/Shanghai`.
    pub time_zone: String,
    /// The texts that stand for a missing value, beside the empty one.
    pub nulls: Vec<String>,
    /// What its columns of consent speak of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consents: Vec<FlagMeaning>,
}

/// How many columns a source may have.
pub const COLUMNS_MAX: usize = 4_096;

impl Mapping {
    /// Checks that the mapping holds together; [`crate::Lake::import`] does so too.
    ///
    /// # Errors
    /// [`LakeError::Mapping`] names the first fault.
    pub fn check(&self) -> Result<(), LakeError> {
        self.find_fault()
            .map_or(Ok(()), |fault| Err(LakeError::Mapping(fault)))
    }

    /// Lists the columns that become columns of the dataset.
    pub fn kept(&self) -> impl Iterator<Item = &ColumnMapping> {
        self.columns
            .iter()
            .filter(|c| !matches!(c.role, ColumnRole::Identifier { .. } | ColumnRole::Ignored))
    }

    fn find_fault(&self) -> Option<MappingFault> {
        if self.columns.is_empty() || self.columns.len() > COLUMNS_MAX {
            return Some(MappingFault::ColumnCount);
        }
        if jiff::tz::TimeZone::get(&self.time_zone).is_err() {
            return Some(MappingFault::TimeZone);
        }
        if let SourceFormat::Csv { delimiter, .. } = self.source
            && !is_delimiter(delimiter)
        {
            return Some(MappingFault::Delimiter);
        }
        let mut names = std::collections::BTreeSet::new();
        let mut sources = std::collections::BTreeSet::new();
        for column in &self.columns {
            if !sources.insert(column.source.as_str()) {
                return Some(MappingFault::Repeated(column.source.clone()));
            }
        }
        for column in self.kept() {
            let name = column.name.as_str();
            if name.is_empty() || name.len() > 128 || name == "subject" || name.contains('\0') {
                return Some(MappingFault::Name(column.source.clone()));
            }
            if !names.insert(name.to_lowercase()) {
                return Some(MappingFault::Repeated(name.to_owned()));
            }
            if column.class == ColumnClass::Identifier {
                return Some(MappingFault::IdentifierKept(column.source.clone()));
            }
        }
        self.find_role_fault().or_else(|| self.find_meaning_fault())
    }

    fn find_role_fault(&self) -> Option<MappingFault> {
        let mut times = 0_u32;
        let mut identifiers = 0_u32;
        for column in &self.columns {
            match (&column.role, column.column_type) {
                (
                    ColumnRole::Identifier {
                        kind: IdentifierKind::Other(name),
                        ..
                    },
                    _,
                ) if name.is_empty() || name.len() > 64 => {
                    return Some(MappingFault::Name(column.source.clone()));
                }
                (
                    ColumnRole::Identifier {
                        form,
                        keep_original,
                        ..
                    },
                    _,
                ) => {
                    identifiers += 1;
                    if *keep_original && *form != IdentifierForm::Plain {
                        return Some(MappingFault::NoOriginal(column.source.clone()));
                    }
                }
                (ColumnRole::EventTime, ColumnType::Timestamp | ColumnType::Date) => times += 1,
                (ColumnRole::ConsentFlag, ColumnType::Bool) => {}
                (ColumnRole::EventTime | ColumnRole::ConsentFlag, _) => {
                    return Some(MappingFault::Type(column.source.clone()));
                }
                (_, ColumnType::Decimal { precision, scale })
                    if precision == 0 || precision > 38 || scale > precision =>
                {
                    return Some(MappingFault::Type(column.source.clone()));
                }
                _ => {}
            }
        }
        if times > 1 {
            return Some(MappingFault::EventTimes);
        }
        match self.kind {
            DatasetKind::Persons if identifiers == 0 => Some(MappingFault::NoIdentifier),
            DatasetKind::Lookup if identifiers > 0 => Some(MappingFault::IdentifierInLookup),
            DatasetKind::Persons | DatasetKind::Lookup => None,
        }
    }
}

/// Says whether a byte can stand between fields without being taken for something else.
const fn is_delimiter(byte: u8) -> bool {
    byte == b'\t' || ((byte.is_ascii_punctuation() || byte == b' ') && byte != b'"')
}
