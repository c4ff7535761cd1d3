use std::fmt;

use yuntu_terms::{Text, clause};

/// What a verifier found wrong, and where.
///
/// # Clause
/// R23
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    kind: FlawKind,
    file: String,
    entry: Option<u64>,
    offset: Option<u64>,
}

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FlawKind {
    /// A file that the checkpoint calls for is not there.
    Missing,
    /// A file or folder has no place in a ledger.
    Foreign,
    /// A file lies beyond the checkpoint.
    BeyondCheckpoint,
    /// A file ends too early.
    Truncated,
    /// A file goes on after its end.
    TrailingBytes,
    /// A file could not be read.
    Unreadable,
    /// An entry does not have the hash that the tree has for it.
    EntryChanged,
    /// A hash in a tile is not that of what lies below it.
    HashChanged,
    /// An entry is not in canonical form.
    NotCanonical,
    /// The checkpoint is not a signed note of three lines with one signature.
    MalformedCheckpoint,
    /// The signature is by another key than the one expected.
    OtherKey,
    /// The signature does not fit the text.
    BadSignature,
    /// The verifier key is malformed, or not the one given.
    BadKey,
    /// The root over all entries is not the signed one.
    RootDiffers,
    /// The proof is not in its canonical form.
    MalformedProof,
    /// The path does not lead to the signed root.
    ProofFails,
    /// The ledger is shorter than an earlier checkpoint of it.
    RolledBack,
    /// The ledger is not a continuation of an earlier checkpoint of it.
    Rewritten,
}

impl Flaw {
    pub(crate) fn of(kind: FlawKind, file: impl Into<String>) -> Self {
        // R23: whatever was changed is reported with its place.
        clause::hit!(R23);
        Self {
            kind,
            file: file.into(),
            entry: None,
            offset: None,
        }
    }

    pub(crate) fn at_entry(mut self, index: u64) -> Self {
        self.entry = Some(index);
        self
    }

    pub(crate) fn at_offset(mut self, bytes: u64) -> Self {
        self.offset = Some(bytes);
        self
    }

    /// Files the flaw of a part under the file that holds it.
    pub(crate) fn within(mut self, file: &str) -> Self {
        file.clone_into(&mut self.file);
        self
    }

    /// Returns what is wrong.
    #[must_use]
    pub fn kind(&self) -> FlawKind {
        self.kind
    }

    /// Returns the file, relative to the ledger folder; `proof` for a proof that has no file name of its own.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Returns the index of the entry concerned, where there is one.
    #[must_use]
    pub fn entry(&self) -> Option<u64> {
        self.entry
    }

    /// Returns the place in the file in bytes, where it is known.
    #[must_use]
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// Says it in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let (zh, en) = self.kind.reason();
        let mut place = Text::new(format!("文件 {}", self.file), format!("file {}", self.file));
        if let Some(index) = self.entry {
            place = Text::new(
                format!("{},第 {index} 号记录", place.zh),
                format!("{}, entry {index}", place.en),
            );
        }
        if let Some(offset) = self.offset {
            place = Text::new(
                format!("{},偏移 {offset} 字节", place.zh),
                format!("{}, byte {offset}", place.en),
            );
        }
        Text::new(format!("{}:{zh}", place.zh), format!("{}: {en}", place.en))
    }
}

impl FlawKind {
    fn reason(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => ("文件缺失", "the file is missing"),
            Self::Foreign => ("该文件不属于账本", "this does not belong into a ledger"),
            Self::BeyondCheckpoint => (
                "内容超出检查点:写入正在进行或曾中断,或检查点被回退;请先打开账本一次再验证",
                "this lies beyond the checkpoint: an append is under way or was interrupted, or the checkpoint was rolled \
                 back; open the ledger once and verify again",
            ),
            Self::Truncated => ("文件被截断", "the file is cut short"),
            Self::TrailingBytes => ("文件末尾有多余字节", "the file has extra bytes at its end"),
            Self::Unreadable => ("文件无法读取", "the file cannot be read"),
            Self::EntryChanged => ("记录已被改动", "the entry was changed"),
            Self::HashChanged => ("哈希已被改动", "the hash was changed"),
            Self::NotCanonical => ("记录不是规范形式", "the entry is not in canonical form"),
            Self::MalformedCheckpoint => ("检查点格式有误", "the checkpoint is malformed"),
            Self::OtherKey => ("签名来自另一把密钥", "the signature is by another key"),
            Self::BadSignature => ("签名无效", "the signature does not fit"),
            Self::BadKey => (
                "验证密钥有误或与给定密钥不同",
                "the verifier key is malformed or not the one given",
            ),
            Self::RootDiffers => (
                "全部记录的根哈希与已签名的根不同",
                "the root over all entries is not the signed one",
            ),
            Self::MalformedProof => ("证明不是规范形式", "the proof is not in its canonical form"),
            Self::ProofFails => (
                "证明路径不通向已签名的根",
                "the path does not lead to the signed root",
            ),
            Self::RolledBack => (
                "账本短于先前的检查点",
                "the ledger is shorter than an earlier checkpoint says",
            ),
            Self::Rewritten => (
                "账本不是先前检查点的延续",
                "the ledger does not continue an earlier checkpoint",
            ),
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for Flaw {}
