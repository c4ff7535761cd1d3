//! Reading a deposit as if it were a file.

use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};

use object_store::ObjectStoreExt;
use tokio::runtime::Handle;
use yuntu_vault::{Plain, Sealed, VaultError};

use super::{PAGE, PAGES_PER_SHEET, Place, context, page_column};
use crate::error::LakeError;
use crate::lake::Lake;

/// How many opened pages are kept: readers of columns jump between several places.
const PAGES_HELD: usize = 16;

/// The plain bytes of a deposit, one page after another.
pub(super) struct DepositReader {
    lake: Lake,
    place: Place,
    bytes: u64,
    at: u64,
    held: VecDeque<(u64, Plain)>,
    runtime: Handle,
}

impl DepositReader {
    /// Makes a reader; it must be made inside the runtime that serves the storage.
    pub(super) fn new(lake: Lake, place: Place, bytes: u64) -> Self {
        Self {
            lake,
            place,
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
        let runtime = self.runtime.clone();
        // Whoever reads waits here, on a thread for that; the runtime serves the storage meanwhile.
        let _inside = runtime.enter();
        let opened = futures::executor::block_on(self.open_page(page)).map_err(as_io)?;
        self.held.truncate(PAGES_HELD - 1);
        self.held.push_front((page, opened));
        Ok(())
    }

    async fn open_page(&self, page: u64) -> Result<Plain, LakeError> {
        let stride = (PAGE + Sealed::OVERHEAD) as u64;
        let rest = self.bytes.saturating_sub(page * PAGE as u64);
        let last = rest <= PAGE as u64;
        let length = rest.min(PAGE as u64) + Sealed::OVERHEAD as u64;
        let start = page % PAGES_PER_SHEET * stride;
        let path = self.lake.sheet_path(self.place, page / PAGES_PER_SHEET);
        let store = &self.lake.config().store;
        let bytes = store.get_range(&path, start..start + length).await?;
        let damaged = |error| LakeError::damaged_by("a page of an upload was changed", error);
        let sealed = Sealed::from_bytes(bytes.into()).map_err(damaged)?;
        let row = self.place.page_row(page);
        let context = context(&row, page_column(last));
        let scope = self.place.scope();
        match self.lake.vault().unseal(&scope, &context, &sealed).await {
            Err(error @ VaultError::Unreadable) => Err(damaged(error)),
            done => Ok(done?),
        }
    }
}

/// Tells the kinds of failure apart that a reader acts on: the file is gone, it is damaged, or it may work later.
fn as_io(error: LakeError) -> io::Error {
    let gone = matches!(
        &error,
        LakeError::Storage(object_store::Error::NotFound { .. })
            | LakeError::Vault(VaultError::Destroyed | VaultError::NoKey)
    );
    let kind = if gone {
        io::ErrorKind::NotFound
    } else if matches!(error, LakeError::Damaged { .. }) {
        io::ErrorKind::InvalidData
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, error)
}

impl Read for DepositReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.bytes || buffer.is_empty() {
            return Ok(0);
        }
        self.hold(self.at / PAGE as u64)?;
        let within = usize::try_from(self.at % PAGE as u64).map_err(io::Error::other)?;
        let page = self.held.front().map(|(_, plain)| plain.expose());
        let rest = page.and_then(|page| page.get(within..)).unwrap_or_default();
        let count = rest.len().min(buffer.len());
        match (buffer.get_mut(..count), rest.get(..count)) {
            (Some(into), Some(from)) => into.copy_from_slice(from),
            _ => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
        if count == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for DepositReader {
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
