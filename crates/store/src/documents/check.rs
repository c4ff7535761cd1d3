use sha2::{Digest as _, Sha256};
use yuntu_terms::{Digest, Pii, clause};

use super::fault::FileFault;
use super::{jpeg, name, pdf, png};

/// How large a file may be: five scanned pages in colour.
pub const FILE_BYTES_MAX: usize = 5 << 20;
/// How long a side of a picture may be.
const SIDE_PIXELS_MAX: usize = 20_000;
/// How many pixels a picture may have: A3 at 600 dots an inch. Whoever opens it needs four bytes for each.
const PIXELS_MAX: usize = 70_000_000;

/// The kinds of files that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileKind {
    /// A document in PDF.
    Pdf,
    /// A picture in PNG.
    Png,
    /// A picture in JPEG.
    Jpeg,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Png, Self::Jpeg];

    /// Returns the code of the column and of the API, which is the usual ending of the name too.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Png => "png",
            Self::Jpeg => "jpg",
        }
    }

    /// Finds the kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }

    /// Returns the type under which it is handed out.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
        }
    }

    /// Returns the endings that a name may have.
    pub(super) const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg", "jpe"],
        }
    }
}

/// A file whose content and name were looked through; nothing else is kept.
///
/// It is read and never run, decoded or shown by the platform: what it was looked through for is that it is what it says,
/// and nothing else beside.
///
/// # Clause
/// R22
#[derive(Debug)]
pub struct CheckedFile {
    pub(super) kind: FileKind,
    pub(super) name: Pii<String>,
    pub(super) bytes: Pii<Vec<u8>>,
    pub(super) size_bytes: usize,
    pub(super) digest: Digest,
}

impl CheckedFile {
    /// Looks through a file that a person hands in under a name.
    ///
    /// The kind is known by the content alone; a name that says something else is refused, as is a file that goes on
    /// after its end or would become a picture too large to open.
    ///
    /// # Errors
    /// [`FileFault`] with what to do.
    /// # Clause
    /// R22
    pub fn check(declared: &str, bytes: Vec<u8>) -> Result<Self, FileFault> {
        clause::hit!(R22);
        // Under protection at once, so that a refused file is wiped too.
        let bytes = Pii::new(bytes);
        let (kind, size_bytes, digest) = bytes.digest(|bytes| {
            let kind = inspect(bytes)?;
            let digest = Digest::new(Sha256::digest(bytes).into());
            Ok((kind, bytes.len(), digest))
        })?;
        Ok(Self {
            kind,
            name: Pii::new(name::safe(declared, kind)?),
            bytes,
            size_bytes,
            digest,
        })
    }

    /// Returns what it is.
    #[must_use]
    pub const fn kind(&self) -> FileKind {
        self.kind
    }

    /// Returns the digest of its bytes.
    #[must_use]
    pub const fn digest(&self) -> Digest {
        self.digest
    }
}

fn inspect(bytes: &[u8]) -> Result<FileKind, FileFault> {
    if bytes.is_empty() {
        return Err(FileFault::Empty);
    }
    if bytes.len() > FILE_BYTES_MAX {
        return Err(FileFault::TooLarge);
    }
    let media_type = infer::get(bytes).map(|found| found.mime_type());
    let kind = FileKind::ALL
        .into_iter()
        .find(|kind| Some(kind.media_type()) == media_type)
        .ok_or(FileFault::Kind)?;
    match kind {
        FileKind::Pdf => pdf::inspect(bytes)?,
        FileKind::Png => png::inspect(bytes)?,
        FileKind::Jpeg => jpeg::inspect(bytes)?,
    }
    if ends_as_archive(bytes) {
        return Err(FileFault::Appended);
    }
    if kind != FileKind::Pdf {
        let size = imagesize::blob_size(bytes).map_err(|_unreadable| FileFault::Damaged)?;
        let longest = size.width.max(size.height);
        if longest > SIDE_PIXELS_MAX || size.width.saturating_mul(size.height) > PIXELS_MAX {
            return Err(FileFault::TooManyPixels);
        }
    }
    Ok(kind)
}

/// Says whether a reader of ZIP archives, which looks from the end, would take the file for one.
fn ends_as_archive(bytes: &[u8]) -> bool {
    const MARK: &[u8] = b"PK\x05\x06";
    const RECORD: usize = 22;
    const COMMENT_MAX: usize = 65_535;
    let start = bytes.len().saturating_sub(RECORD + COMMENT_MAX);
    let tail = bytes.get(start..).unwrap_or_default();
    tail.windows(RECORD).enumerate().any(|(place, record)| {
        let comment = match record {
            [.., low, high] => usize::from(u16::from_le_bytes([*low, *high])),
            _ => return false,
        };
        record.starts_with(MARK) && place + RECORD + comment == tail.len()
    })
}
