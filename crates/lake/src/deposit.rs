//! Files from outside, laid down sealed until they are imported.
//!
//! A deposit is cut into pages of 1 MiB. Each page is sealed under a key of the deposit's own, below its enterprise's, and
//! bound to the deposit, to its number and to whether it is the last, so that a page that was changed, moved, left out or
//! repeated does not open. Several pages lie side by side in one object, a sheet. The head is written last: without it
//! there is no deposit, only what is left of an upload that broke off.

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt, TryStreamExt};
use object_store::path::Path;
use object_store::{ObjectStoreExt, PutPayload};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use yuntu_terms::{DepositId, Digest, EnterpriseId, PartId, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed, VaultError};
use zeroize::Zeroizing;

use crate::error::{LakeError, SourceFault};
use crate::import::blocking;
use crate::lake::Lake;
use crate::paged::{PAGE, Page, PagedReader};
use crate::source::Source;

/// How many pages lie in one object: so much memory an upload takes, and so many fewer objects there are.
const PAGES_PER_SHEET: u64 = 8;

/// A file that was laid down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deposit {
    /// Its id.
    pub id: DepositId,
    /// How long the file is.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
}

/// Whose deposit it is, and which.
#[derive(Debug, Clone, Copy)]
struct Place {
    enterprise: EnterpriseId,
    id: DepositId,
}

impl Place {
    /// Returns the scope of the deposit's own key: a deposit is a file like a part.
    fn scope(self) -> KeyScope {
        KeyScope::Part(self.enterprise, PartId::from_uuid(self.id.uuid()))
    }

    fn head_row(self) -> Vec<u8> {
        self.id.to_string().into_bytes()
    }

    fn page_row(self, page: u64) -> Vec<u8> {
        format!("{}/{page}", self.id).into_bytes()
    }
}

fn context<'a>(row: &'a [u8], what: &'static str) -> SealContext<'a> {
    SealContext {
        table: "lake.deposit",
        row,
        column: what,
    }
}

/// Says what a page is, which is a part of what it is bound to.
const fn page_column(last: bool) -> &'static str {
    if last { "last page" } else { "page" }
}

impl Lake {
    /// Lays a file down while it arrives, with a few pages in memory.
    ///
    /// The caller gives the id, so that it can note it before anything is written.
    ///
    /// # Errors
    /// [`SourceFault::Empty`], [`SourceFault::TooLarge`] and [`SourceFault::Read`] in [`LakeError::Source`],
    /// [`LakeError::Storage`], [`LakeError::Vault`]; what was written by then is removed again.
    ///
    /// # Clause
    /// R13, R22
    pub async fn deposit<S>(
        &self,
        enterprise: EnterpriseId,
        id: DepositId,
        content: S,
        bytes_max: u64,
    ) -> Result<Deposit, LakeError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        self.config().check_region()?;
        let place = Place { enterprise, id };
        let laid = Box::pin(self.lay_down(place, content, bytes_max)).await;
        if laid.is_err() {
            // The first error is the one to tell; what stays here is swept later.
            drop(self.remove_deposit(enterprise, id).await);
        }
        laid
    }

    async fn lay_down<S>(
        &self,
        place: Place,
        content: S,
        bytes_max: u64,
    ) -> Result<Deposit, LakeError>
    where
        S: Stream<Item = io::Result<Bytes>> + Send,
    {
        let mut laying = Laying::new(self, place);
        let mut content = std::pin::pin!(content);
        while let Some(bytes) = content.next().await {
            let bytes = bytes.map_err(SourceFault::Read)?;
            if laying.bytes.saturating_add(bytes.len() as u64) > bytes_max {
                return Err(SourceFault::TooLarge(bytes_max).into());
            }
            laying.take(bytes).await?;
        }
        laying.finish().await
    }

    /// Opens a deposit for reading from any position.
    ///
    /// The source reads where blocking is allowed only, as [`Lake::import`] and [`Lake::propose`] do.
    ///
    /// # Errors
    /// [`SourceFault::Read`] in [`LakeError::Source`] when there is no such deposit, [`LakeError::Damaged`] when its head
    /// is not what was written, [`LakeError::Storage`], [`LakeError::Vault`]. Pages that are not what was written fail when
    /// they are read.
    ///
    /// # Clause
    /// R22
    pub async fn open_deposit(
        &self,
        enterprise: EnterpriseId,
        id: DepositId,
    ) -> Result<(Deposit, Source), LakeError> {
        let place = Place { enterprise, id };
        let gone = || SourceFault::Read(io::ErrorKind::NotFound.into());
        let Some((bytes, _)) = self.read(&self.head_path(place)).await? else {
            return Err(gone().into());
        };
        let damaged = |error| LakeError::damaged_by("the head of an upload was changed", error);
        let sealed = Sealed::from_bytes(bytes.into()).map_err(damaged)?;
        let row = place.head_row();
        let context = context(&row, "head");
        let plain = match self.vault().unseal(&place.scope(), &context, &sealed).await {
            Ok(plain) => plain,
            Err(VaultError::Destroyed | VaultError::NoKey) => return Err(gone().into()),
            Err(error @ VaultError::Unreadable) => return Err(damaged(error)),
            Err(error) => return Err(error.into()),
        };
        let deposit: Deposit = serde_json::from_slice(plain.expose()).map_err(|error| {
            LakeError::damaged_by("the head of an upload is of another format", error)
        })?;
        let (lake, bytes) = (self.clone(), deposit.bytes);
        let reader = PagedReader::new(bytes, move |page| {
            let lake = lake.clone();
            async move { lake.open_page(place, page, bytes).await.map_err(as_io) }.boxed()
        });
        let source = Source::new(Box::new(reader)).map_err(SourceFault::Read)?;
        Ok((deposit, source))
    }

    async fn open_page(&self, place: Place, page: u64, bytes: u64) -> Result<Page, LakeError> {
        let stride = (PAGE + Sealed::OVERHEAD) as u64;
        let rest = bytes.saturating_sub(page * PAGE as u64);
        let last = rest <= PAGE as u64;
        let length = rest.min(PAGE as u64) + Sealed::OVERHEAD as u64;
        let start = page % PAGES_PER_SHEET * stride;
        let path = self.sheet_path(place, page / PAGES_PER_SHEET);
        let store = &self.config().store;
        let bytes = store.get_range(&path, start..start + length).await?;
        let damaged = |error| LakeError::damaged_by("a page of an upload was changed", error);
        let sealed = Sealed::from_bytes(bytes.into()).map_err(damaged)?;
        let row = place.page_row(page);
        let context = context(&row, page_column(last));
        match self.vault().unseal(&place.scope(), &context, &sealed).await {
            Err(error @ VaultError::Unreadable) => Err(damaged(error)),
            done => Ok(Zeroizing::new(done?.expose().to_vec())),
        }
    }

    /// Removes a deposit: its key first, so that what lies about afterwards can no longer be read, then its objects.
    ///
    /// # Errors
    /// [`LakeError::Vault`], [`LakeError::Storage`]; the call may be repeated.
    ///
    /// # Clause
    /// R22
    pub async fn remove_deposit(
        &self,
        enterprise: EnterpriseId,
        id: DepositId,
    ) -> Result<(), LakeError> {
        clause::hit!(R22);
        let place = Place { enterprise, id };
        self.vault().destroy(&place.scope()).await?;
        let folder = self.deposit_folder(place);
        let found: Vec<_> = self
            .config()
            .store
            .list(Some(&folder))
            .try_collect()
            .await?;
        for object in found {
            self.delete(&object.location).await?;
        }
        if let Some(root) = &self.config().local_root {
            // An object store has no folders; a directory that is left empty would be listed for ever.
            drop(tokio::fs::remove_dir(root.join(folder.as_ref())).await);
        }
        Ok(())
    }

    /// Removes every deposit that was begun longer ago than it may stay, whoever forgot it, but those that are still awaited.
    ///
    /// # Errors
    /// As [`Lake::remove_deposit`].
    ///
    /// # Clause
    /// R22
    pub async fn sweep_deposits(
        &self,
        older_than: Duration,
        awaited: &BTreeSet<DepositId>,
    ) -> Result<u64, LakeError> {
        let before = self.clock().now().minus(older_than);
        let mut removed = 0;
        for folder in self.folders(&self.config().prefix).await? {
            let Some(enterprise) = name_of(&folder) else {
                continue;
            };
            for deposit in self.folders(&folder.join("deposits")).await? {
                let Some(id) = name_of::<DepositId>(&deposit) else {
                    continue;
                };
                let old = id.made().is_none_or(|made| made < before);
                if old && !awaited.contains(&id) {
                    self.remove_deposit(enterprise, id).await?;
                    removed += 1;
                }
            }
        }
        Ok(removed)
    }

    async fn folders(&self, above: &Path) -> Result<Vec<Path>, LakeError> {
        let listed = self.config().store.list_with_delimiter(Some(above)).await?;
        Ok(listed.common_prefixes)
    }

    fn deposit_folder(&self, place: Place) -> Path {
        self.enterprise_folder(place.enterprise)
            .join("deposits")
            .join(place.id.to_string())
    }

    fn head_path(&self, place: Place) -> Path {
        self.deposit_folder(place).join("head")
    }

    fn sheet_path(&self, place: Place, sheet: u64) -> Path {
        self.deposit_folder(place).join(format!("{sheet:06}"))
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

fn name_of<T: std::str::FromStr>(folder: &Path) -> Option<T> {
    folder.filename()?.parse().ok()
}

/// A deposit that is being laid down.
struct Laying<'a> {
    lake: &'a Lake,
    place: Place,
    hash: Sha256,
    bytes: u64,
    /// The page that is being filled; it is sealed when it is known whether another follows.
    page: Zeroizing<Vec<u8>>,
    pages: u64,
    /// The sealed pages of the sheet that is being filled.
    sheet: Vec<Bytes>,
    sheets: u64,
}

impl<'a> Laying<'a> {
    fn new(lake: &'a Lake, place: Place) -> Self {
        Self {
            lake,
            place,
            hash: Sha256::new(),
            bytes: 0,
            page: Zeroizing::new(Vec::with_capacity(PAGE)),
            pages: 0,
            sheet: Vec::new(),
            sheets: 0,
        }
    }

    async fn take(&mut self, mut bytes: Bytes) -> Result<(), LakeError> {
        while !bytes.is_empty() {
            if self.page.len() == PAGE {
                self.seal_page(false).await?;
            }
            let room = PAGE.saturating_sub(self.page.len()).min(bytes.len());
            let piece = bytes.split_to(room);
            self.page.extend_from_slice(&piece);
            self.bytes += piece.len() as u64;
        }
        Ok(())
    }

    async fn finish(mut self) -> Result<Deposit, LakeError> {
        if self.bytes == 0 {
            return Err(SourceFault::Empty.into());
        }
        self.seal_page(true).await?;
        self.write_sheet().await?;
        let deposit = Deposit {
            id: self.place.id,
            bytes: self.bytes,
            digest: Digest::new(std::mem::take(&mut self.hash).finalize().into()),
        };
        let plain =
            serde_json::to_vec(&deposit).map_err(|error| LakeError::Columns(Box::new(error)))?;
        let row = self.place.head_row();
        let context = context(&row, "head");
        let vault = self.lake.vault();
        let head = vault.seal(&self.place.scope(), &context, &plain).await?;
        let path = self.lake.head_path(self.place);
        self.put(&path, Bytes::from(head.into_bytes()).into())
            .await?;
        Ok(deposit)
    }

    async fn seal_page(&mut self, last: bool) -> Result<(), LakeError> {
        clause::hit!(R22);
        // The lease of a handle may end during a long upload, so each page asks for one.
        let handle = self.lake.vault().sealer(&self.place.scope()).await?;
        let row = self.place.page_row(self.pages);
        let mut page = std::mem::take(&mut self.page);
        let mut hash = std::mem::take(&mut self.hash);
        let work = move || {
            hash.update(page.as_slice());
            let sealed = handle.seal(&context(&row, page_column(last)), &page)?;
            page.clear();
            Ok((page, hash, sealed))
        };
        let (page, hash, sealed) = blocking(work).await?;
        (self.page, self.hash) = (page, hash);
        self.pages += 1;
        self.sheet.push(sealed.into_bytes().into());
        if self.sheet.len() as u64 == PAGES_PER_SHEET {
            self.write_sheet().await?;
        }
        Ok(())
    }

    async fn write_sheet(&mut self) -> Result<(), LakeError> {
        if self.sheet.is_empty() {
            return Ok(());
        }
        let path = self.lake.sheet_path(self.place, self.sheets);
        let payload: PutPayload = std::mem::take(&mut self.sheet).into_iter().collect();
        self.put(&path, payload).await?;
        self.sheets += 1;
        Ok(())
    }

    /// Writes an object of this deposit, whose id nobody else has; a write that is repeated writes the same.
    async fn put(&self, path: &Path, payload: PutPayload) -> Result<(), LakeError> {
        self.lake.config().store.put(path, payload).await?;
        Ok(())
    }
}
