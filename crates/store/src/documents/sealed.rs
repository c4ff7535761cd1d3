use sea_orm::prelude::Uuid;
use sha2::{Digest as _, Sha256};
use yuntu_terms::{Digest, Pii, clause};
use yuntu_vault::{Plain, SealContext, Sealed, Sealer};

use super::check::{CheckedFile, FileKind};
use crate::error::StoreError;
use crate::rows::Place;

const NAME: &str = "name_sealed";
const BYTES: &str = "bytes_sealed";
/// How much of a file lies in one row; it bounds what sealing and opening hold beside the file itself.
const PIECE_BYTES: usize = 256 << 10;

/// The two tables in which files of a kind lie; every sealed value is bound to them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FileTables {
    /// One row for each file.
    pub(crate) files: &'static str,
    /// One row for each piece of a file.
    pub(crate) pieces: &'static str,
}

/// A file that is sealed and whose rows are not written yet.
#[derive(Debug, Clone)]
pub(crate) struct SealedFile {
    pub(crate) id: Uuid,
    pub(crate) kind: FileKind,
    pub(crate) name: Vec<u8>,
    pub(crate) size_bytes: usize,
    pub(crate) digest: Digest,
    pub(crate) pieces: Vec<Vec<u8>>,
}

/// The row of a piece is the file and its place, so that pieces cannot be exchanged.
fn piece_row(id: Uuid, place: i64) -> [u8; 24] {
    let mut row = [0; 24];
    let (file, rest) = row.split_at_mut(16);
    file.copy_from_slice(id.as_bytes());
    rest.copy_from_slice(&place.to_be_bytes());
    row
}

impl FileTables {
    fn name_of(self, id: &Uuid) -> SealContext<'_> {
        SealContext {
            table: self.files,
            row: id.as_bytes(),
            column: NAME,
        }
    }

    fn piece_of(self, row: &[u8; 24]) -> SealContext<'_> {
        SealContext {
            table: self.pieces,
            row,
            column: BYTES,
        }
    }

    /// Seals a file that was looked through, piece by piece.
    ///
    /// # Clause
    /// R22
    pub(crate) fn seal(
        self,
        keys: &Sealer,
        id: Uuid,
        file: &CheckedFile,
    ) -> Result<SealedFile, StoreError> {
        clause::hit!(R22);
        let name = file
            .name
            .digest(|name| keys.seal(&self.name_of(&id), name.as_bytes()))?;
        let pieces = file.bytes.digest(|bytes| {
            let pieces = bytes.chunks(PIECE_BYTES).zip(0_i64..);
            pieces
                .map(|(piece, place)| {
                    let row = piece_row(id, place);
                    Ok(keys.seal(&self.piece_of(&row), piece)?.into_bytes())
                })
                .collect::<Result<Vec<_>, StoreError>>()
        })?;
        Ok(SealedFile {
            id,
            kind: file.kind,
            name: name.into_bytes(),
            size_bytes: file.size_bytes,
            digest: file.digest,
            pieces,
        })
    }

    /// Opens the name of a file.
    pub(crate) fn open_name(
        self,
        keys: &Sealer,
        id: Uuid,
        sealed: Vec<u8>,
    ) -> Result<Pii<String>, StoreError> {
        let plain = keys.unseal(&self.name_of(&id), &Sealed::from_bytes(sealed)?)?;
        plain
            .into_pii_text()
            .ok_or(Place(self.files, NAME).broken())
    }

    /// Opens the pieces of a file and puts them together; what comes out has the digest of what was handed in.
    pub(crate) fn open_bytes(
        self,
        keys: &Sealer,
        id: Uuid,
        sealed: Vec<Vec<u8>>,
        digest: Digest,
    ) -> Result<Pii<Vec<u8>>, StoreError> {
        let mut pieces = Vec::with_capacity(sealed.len());
        for (bytes, place) in sealed.into_iter().zip(0_i64..) {
            let row = piece_row(id, place);
            pieces.push(keys.unseal(&self.piece_of(&row), &Sealed::from_bytes(bytes)?)?);
        }
        let pieces: Vec<&[u8]> = pieces.iter().map(Plain::expose).collect();
        let bytes = Pii::new(pieces.concat());
        let found = bytes.digest(|bytes| Digest::new(Sha256::digest(bytes).into()));
        if found == digest {
            Ok(bytes)
        } else {
            Err(Place(self.pieces, BYTES).broken())
        }
    }
}
