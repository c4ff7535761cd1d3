//! Reading what lies in an object store as if it were a file: a page at a time, with a few in memory.

use std::collections::VecDeque;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};

use futures::future::BoxFuture;
use tokio::runtime::Handle;
use zeroize::Zeroizing;

/// How many bytes a page holds; the last one holds the rest.
pub(crate) const PAGE: usize = 1 << 20;
/// How many pages are kept: readers of columns jump between several places.
const PAGES_HELD: usize = 16;

/// The bytes of one page.
pub(crate) type Page = Zeroizing<Vec<u8>>;

/// Gets a page by its number.
type Fetch = Box<dyn Fn(u64) -> BoxFuture<'static, io::Result<Page>> + Send>;

/// A reader over pages that are fetched when they are wanted.
pub(crate) struct PagedReader {
    fetch: Fetch,
    bytes: u64,
    at: u64,
    held: VecDeque<(u64, Page)>,
    runtime: Handle,
}

impl fmt::Debug for PagedReader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagedReader")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

impl PagedReader {
    /// Makes a reader; it must be made inside the runtime that serves the storage.
    pub(crate) fn new(
        bytes: u64,
        fetch: impl Fn(u64) -> BoxFuture<'static, io::Result<Page>> + Send + 'static,
    ) -> Self {
        Self {
            fetch: Box::new(fetch),
            bytes,
            at: 0,
            held: VecDeque::with_capacity(PAGES_HELD),
            runtime: Handle::current(),
        }
    }

    /// Makes the page the newest of those that are held.
    fn hold(&mut self, page: u64) -> io::Result<()> {
        let known = self.held.iter().position(|(number, _)| *number == page);
        if let Some(found) = known.and_then(|place| self.held.remove(place)) {
            self.held.push_front(found);
            return Ok(());
        }
        // Whoever reads waits here, on a thread for that; the runtime serves the storage meanwhile.
        let fetched = {
            let _inside = self.runtime.enter();
            futures::executor::block_on((self.fetch)(page))?
        };
        self.held.truncate(PAGES_HELD - 1);
        self.held.push_front((page, fetched));
        Ok(())
    }
}

impl Read for PagedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.bytes || buffer.is_empty() {
            return Ok(0);
        }
        self.hold(self.at / PAGE as u64)?;
        let within = usize::try_from(self.at % PAGE as u64).map_err(io::Error::other)?;
        let page = self.held.front().map(|(_, page)| page.as_slice());
        let rest = page.and_then(|page| page.get(within..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        match (buffer.get_mut(..count), rest.get(..count)) {
            (Some(into), Some(from)) if count > 0 => into.copy_from_slice(from),
            // The page is shorter than it was said to be.
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for PagedReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let wanted = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::End(offset) => self.bytes.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at = wanted.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}
