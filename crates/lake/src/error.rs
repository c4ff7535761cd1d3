use yuntu_terms::{ClauseId, DatasetId, EntropyFailure, ErrorKind, PartId, Region};
use yuntu_vault::VaultError;

/// What the lake could not do.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// What the columns of consent say could not be made durable; their rows did not become live.
    #[error("the consents that came with the rows could not be recorded")]
    Flags(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The store is in another region than the data must stay in.
    #[error("{clause}: the store is in {found}, the data must stay in {required}")]
    Region {
        /// The clause that says so.
        clause: ClauseId,
        /// Where the data must stay.
        required: Region,
        /// Where the store is.
        found: Region,
    },
    /// The permit does not cover the dataset.
    #[error("{clause}: the permit does not name the dataset `{dataset}`")]
    NotPermitted {
        /// The clause that says so.
        clause: ClauseId,
        /// The dataset.
        dataset: DatasetId,
    },
    /// The permit is not in force at this moment.
    #[error("{clause}: the permit is not in force")]
    PermitExpired {
        /// The clause that says so.
        clause: ClauseId,
    },
    /// There is no such dataset, or nothing was loaded into it.
    #[error("there is no dataset `{0}`")]
    NoDataset(DatasetId),
    /// The part is no longer live; take a new snapshot.
    #[error("the part `{0}` is no longer there")]
    PartGone(PartId),
    /// The rows asked for do not exist, or the ranges do not ascend.
    #[error("the part has no such rows")]
    NoRows,
    /// The columns asked for do not exist.
    #[error("the dataset has no such column")]
    NoColumn,
    /// The source cannot be read as what it is said to be.
    #[error("the source cannot be imported")]
    Source(#[source] SourceFault),
    /// The mapping does not hold together.
    #[error("the mapping cannot be used")]
    Mapping(#[source] MappingFault),
    /// The dataset has other columns than the mapping makes.
    #[error("the dataset `{0}` has other columns than this mapping makes")]
    SchemaMismatch(DatasetId),
    /// Another writer was faster, again and again.
    #[error("the dataset is being changed by another writer")]
    Contended,
    /// The caller cancelled; what was committed stays and a rerun goes on from there.
    #[error("cancelled")]
    Cancelled,
    /// All 2^32 numbers of subjects are used.
    #[error("the enterprise has no subject numbers left")]
    NumbersExhausted,
    /// A stored file is not what was written: cut, changed, or under another key.
    #[error("a stored file is damaged: {what}")]
    Damaged {
        /// Which kind of file, and how it is damaged.
        what: &'static str,
        /// What found it, when something did.
        #[source]
        cause: Option<Box<dyn std::error::Error + Send + Sync>>,
    },
    /// The storage failed.
    #[error("the storage failed")]
    Storage(#[from] object_store::Error),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// Columnar data could not be put together.
    #[error("columnar data could not be made")]
    Columns(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// There was no randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyFailure),
    /// A worker of the program stopped.
    #[error("a worker stopped")]
    Worker,
}

impl LakeError {
    /// Says what the error means to a caller.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Region { .. } | Self::NotPermitted { .. } | Self::PermitExpired { .. } => {
                ErrorKind::Refused
            }
            Self::NoDataset(_) | Self::PartGone(_) => ErrorKind::NotFound,
            Self::NoColumn | Self::NoRows | Self::Source(_) | Self::Mapping(_) => {
                ErrorKind::Invalid
            }
            Self::SchemaMismatch(_) | Self::Contended | Self::Cancelled => ErrorKind::Conflict,
            Self::Storage(_) | Self::Vault(_) | Self::Entropy(_) => ErrorKind::Unavailable,
            Self::Flags(_)
            | Self::NumbersExhausted
            | Self::Damaged { .. }
            | Self::Columns(_)
            | Self::Worker => ErrorKind::Internal,
        }
    }

    pub(crate) fn damaged(what: &'static str) -> Self {
        Self::Damaged { what, cause: None }
    }

    pub(crate) fn damaged_by(
        what: &'static str,
        cause: impl std::error::Error + Send + Sync + 'static,
    ) -> Self {
        Self::Damaged {
            what,
            cause: Some(Box::new(cause)),
        }
    }
}

impl From<SourceFault> for LakeError {
    fn from(fault: SourceFault) -> Self {
        Self::Source(fault)
    }
}

/// Why a source cannot be imported as a whole; single bad rows go to quarantine instead.
#[derive(Debug, thiserror::Error)]
pub enum SourceFault {
    /// It cannot be opened or read.
    #[error("it cannot be read")]
    Read(#[from] std::io::Error),
    /// It holds nothing.
    #[error("it is empty")]
    Empty,
    /// It is larger than a file may be.
    #[error("it is larger than {0} bytes")]
    TooLarge(u64),
    /// Its text is in no encoding that the platform reads.
    #[error("its text is neither UTF-8 nor GB 18030")]
    Encoding,
    /// The combination of encoding and format cannot be split safely.
    #[error("text in GB 18030 is read only as CSV with a comma, semicolon or tab between fields")]
    EncodingOfFormat,
    /// It does not look like the format.
    #[error("it is not {0}")]
    Format(&'static str),
    /// It is a file of another kind.
    #[error("it is {found}, not {wanted}")]
    OtherFile {
        /// What it looks like.
        found: Look,
        /// What it should be.
        wanted: &'static str,
    },
    /// Its first line names no column of the mapping.
    #[error(
        "its first line names no column of the mapping: is the header missing, or the delimiter another?"
    )]
    NoHeader,
    /// The header lacks a column of the mapping.
    #[error("it has no column `{0}`")]
    MissingColumn(String),
    /// The header has a column that the mapping does not speak of, or has it twice; without a header the name would be a value.
    #[error("the mapping says nothing of the source's column {0}, or the source has it twice")]
    UnknownColumn(usize),
    /// It has too many columns.
    #[error("it has more than 4096 columns")]
    TooManyColumns,
    /// A Parquet file is damaged or declares what it cannot hold.
    #[error("its Parquet structure is wrong: {0}")]
    Parquet(&'static str),
    /// A Parquet file would unpack to more than the limits allow.
    #[error("it would unpack beyond the limit: {0}")]
    Bomb(&'static str),
    /// It changed while it was read.
    #[error("it changed while it was being imported")]
    Changed,
    /// The drop area has nothing to be read at the path.
    #[error("{0}")]
    Path(#[from] PathFault),
}

/// Why a path leads to nothing in the drop area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathFault {
    /// The installation has no drop area.
    #[error("this installation has no drop area")]
    NoDropArea,
    /// The path could lead out of the enterprise's own folder.
    #[error("its path is not one inside the enterprise's folder of the drop area")]
    Outside,
    /// There is nothing.
    #[error("there is no such file in the enterprise's folder of the drop area")]
    Nothing,
    /// A link or a special file; only plain files are read.
    #[error("it is a link or no plain file")]
    Link,
    /// More than one import takes at once.
    #[error("there are more than 10000 files below the path")]
    TooMany,
}

/// What a source looks like that is not what its mapping says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Look {
    /// A ZIP archive, as XLSX and ODS files are.
    Workbook,
    /// A document of an old office program, such as XLS.
    OldWorkbook,
    /// A file packed by gzip or zstd.
    Packed,
    /// Apache Parquet.
    Parquet,
    /// Text in UTF-16.
    Utf16,
    /// A PDF document, a picture or a page.
    Document,
}

impl Look {
    /// Looks at the first bytes of a source; nothing is found in plain text.
    #[must_use]
    pub fn of(head: &[u8]) -> Option<Self> {
        Some(match head {
            [b'P', b'K', 3 | 5 | 7, ..] => Self::Workbook,
            [0xd0, 0xcf, 0x11, 0xe0, ..] => Self::OldWorkbook,
            [0x1f, 0x8b, ..] | [0x28, 0xb5, 0x2f, 0xfd, ..] => Self::Packed,
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            // With a byte order mark, or as every other byte of plain letters is zero.
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Self::Utf16,
            [a, 0, b, 0, ..] | [0, a, 0, b, ..] if *a != 0 && *b != 0 => Self::Utf16,
            [b'%', b'P', b'D', b'F', ..]
            | [0x89, b'P', b'N', b'G', ..]
            | [0xff, 0xd8, 0xff, ..] => Self::Document,
            _ if is_page(head) => Self::Document,
            _ => return None,
        })
    }
}

fn is_page(head: &[u8]) -> bool {
    ["<html", "<!doc", "<?xml"].iter().any(|mark| {
        head.get(..mark.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(mark.as_bytes()))
    })
}

impl std::fmt::Display for Look {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Workbook => "a ZIP archive or a workbook (XLSX)",
            Self::OldWorkbook => "a workbook of an old office program (XLS)",
            Self::Packed => "a packed file",
            Self::Parquet => "Parquet",
            Self::Utf16 => "text in UTF-16",
            Self::Document => "a document, a picture or a page",
        })
    }
}

/// Why a mapping cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MappingFault {
    /// No column at all, or more than 4096.
    #[error("a mapping has between 1 and 4096 columns")]
    ColumnCount,
    /// Two columns have one name.
    #[error("two columns are called `{0}`")]
    Repeated(String),
    /// The name is empty, too long, or reserved.
    #[error("the column `{0}` needs another name")]
    Name(String),
    /// A direct identifier would stay in the dataset.
    #[error("the column `{0}` names persons: give it an identifier role or leave it out")]
    IdentifierKept(String),
    /// The type does not fit the role.
    #[error("the type of the column `{0}` does not fit its role")]
    Type(String),
    /// The original of a hashed identifier cannot be kept.
    #[error("the column `{0}` is hashed: there is no original to keep")]
    NoOriginal(String),
    /// Several columns claim to be the event time.
    #[error("at most one column is the event time")]
    EventTimes,
    /// Rows about persons need an identifier.
    #[error("a dataset about persons needs an identifier column")]
    NoIdentifier,
    /// A lookup dataset has none.
    #[error("a lookup dataset has no identifier column")]
    IdentifierInLookup,
    /// The byte between fields cannot be told from a line end, a quotation mark or text.
    #[error(
        "the delimiter must be one ASCII character that is no letter, digit, quotation mark or line end"
    )]
    Delimiter,
    /// The zone is not in the database of time zones.
    #[error("the time zone is unknown")]
    TimeZone,
    /// What is said of a column of consent does not hold together.
    #[error(
        "`{0}` must be a column of consent in a dataset about persons, and its period must end after it begins"
    )]
    Meaning(String),
    /// Nothing says what a column of consent speaks of.
    #[error(
        "the column `{0}` is a flag of a consent and nothing says to what: give its purpose, operation, recipient, kind and first day (in the API `mapping.consents`), or give it another role"
    )]
    MeaningMissing(String),
}
