//! A reader that remembers what went through it.

use std::io::{self, Read};

use sha2::{Digest as _, Sha256};
use yuntu_terms::Digest;

use crate::error::SourceFault;
use crate::source::{Source, SourceReader};

/// Hashes a source while it is read, so that a source that changes meanwhile is found out.
#[derive(Debug)]
pub(crate) struct HashingReader {
    inner: SourceReader,
    hash: Sha256,
}

impl HashingReader {
    /// Reads from an offset on; what lies before is hashed first.
    pub(crate) fn new(source: &Source, offset: u64) -> io::Result<Self> {
        let mut hash = Sha256::new();
        let mut before = source.reader(0).take(offset);
        let mut buffer = vec![0; 1 << 20];
        loop {
            match before.read(&mut buffer)? {
                0 => break,
                count => hash.update(buffer.get(..count).unwrap_or_default()),
            }
        }
        Ok(Self {
            inner: source.reader(offset),
            hash,
        })
    }

    /// Compares what was read with the digest that the import began with, once the end is reached.
    pub(crate) fn check(mut self, wanted: Digest) -> Result<(), SourceFault> {
        // What the parser left unread, such as line ends after the last row, counts too.
        io::copy(&mut self, &mut io::sink())?;
        if Digest::new(self.hash.finalize().into()) == wanted {
            Ok(())
        } else {
            Err(SourceFault::Changed)
        }
    }
}

impl Read for HashingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// Computes the digest of a source; `go_on` is asked now and then.
pub(crate) fn digest(source: &Source, go_on: impl Fn() -> bool) -> io::Result<Option<Digest>> {
    let mut hash = Sha256::new();
    let mut reader = source.reader(0);
    let mut buffer = vec![0; 1 << 20];
    loop {
        if !go_on() {
            return Ok(None);
        }
        match reader.read(&mut buffer)? {
            0 => return Ok(Some(Digest::new(hash.finalize().into()))),
            count => hash.update(buffer.get(..count).unwrap_or_default()),
        }
    }
}
