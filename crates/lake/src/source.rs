use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// Something that can be read from any position, as an import must be to go on after a crash.
pub trait SeekRead: Read + Seek + Send {}

impl<T: Read + Seek + Send> SeekRead for T {}

/// Where the rows of an import come from.
#[derive(Clone)]
pub struct Source {
    reader: Arc<Mutex<Box<dyn SeekRead>>>,
    len: u64,
    /// How reading it failed; parsers put their own words over the cause.
    failure: Arc<OnceLock<io::ErrorKind>>,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("len", &self.len)
            .finish_non_exhaustive()
    }
}

impl Source {
    /// Opens a local file.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn open(path: &Path) -> io::Result<Self> {
        Self::new(Box::new(File::open(path)?))
    }

    /// Takes a reader, such as an upload that was spooled.
    ///
    /// # Errors
    /// The error of the reader when its end cannot be found.
    pub fn new(mut reader: Box<dyn SeekRead>) -> io::Result<Self> {
        let len = reader.seek(SeekFrom::End(0))?;
        Ok(Self {
            reader: Arc::new(Mutex::new(reader)),
            len,
            failure: Arc::default(),
        })
    }

    /// Returns the length in bytes at the time of opening.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Says whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns how reading it failed first, if it did: what was made of it then says nothing about the content.
    #[must_use]
    pub fn failure(&self) -> Option<io::ErrorKind> {
        self.failure.get().copied()
    }

    /// Reads some bytes from a position; none are left where it gives 0. It may wait for the storage.
    ///
    /// # Errors
    /// The error of the reader.
    pub fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let read = reader.seek(SeekFrom::Start(offset));
        let read = read.and_then(|_position| reader.read(buffer));
        if let Err(error) = &read
            && error.kind() != io::ErrorKind::Interrupted
        {
            self.failure.get_or_init(|| error.kind());
        }
        read
    }

    /// Returns a reader of its own from an offset on.
    pub(crate) fn reader(&self, offset: u64) -> SourceReader {
        SourceReader {
            source: self.clone(),
            offset,
        }
    }
}

/// A sequential reader over a source.
#[derive(Debug)]
pub(crate) struct SourceReader {
    source: Source,
    offset: u64,
}

impl Read for SourceReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read_at(self.offset, buffer)?;
        self.offset += u64::try_from(count).unwrap_or(u64::MAX);
        Ok(count)
    }
}
