//! Identifiers as they were, sealed, for an enterprise that wants to activate its audiences.

use std::collections::BTreeMap;
use std::ops::Range;

use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use yuntu_policy::RecordedPermit;
use yuntu_terms::{ClauseId, EnterpriseId, PartId, Pii, SubjectId, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed};
use zeroize::Zeroizing;

use crate::error::LakeError;
use crate::identity::{Document, RETRIES, State, damaged_segment};
use crate::lake::Lake;
use crate::mapping::IdentifierKind;

/// How many originals one file holds at most; with 256 bytes each they stay below what the vault seals in one piece.
pub(crate) const ORIGINALS_MAX: usize = 100_000;

/// An identifier as it was.
#[derive(Debug)]
pub(crate) struct Original {
    pub(crate) subject: u32,
    pub(crate) kind: IdentifierKind,
    pub(crate) text: Zeroizing<String>,
}

impl Original {
    pub(crate) fn new(subject: u32, kind: &IdentifierKind, text: &str) -> Self {
        Self {
            subject,
            kind: kind.clone(),
            text: Zeroizing::new(text.to_owned()),
        }
    }
}

/// Of whom an identifier of a kind is kept as it was.
pub(crate) type Kept = BTreeMap<IdentifierKind, RoaringBitmap>;

/// Adds those whom some originals are of.
pub(crate) fn keep_of(originals: &[Original], kept: &mut Kept) {
    for original in originals {
        let of_kind = kept.entry(original.kind.clone()).or_default();
        of_kind.insert(original.subject);
    }
}

/// A file of originals.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OriginalsFile {
    pub(crate) id: PartId,
    subjects: Range<u32>,
}

impl Lake {
    /// Says of which subjects an identifier of a kind is kept, so that [`Lake::originals`] finds it.
    ///
    /// # Errors
    /// As [`Lake::resolve`].
    ///
    /// # Clause
    /// U4
    pub async fn with_originals(
        &self,
        enterprise: EnterpriseId,
        subjects: &RoaringBitmap,
        kind: &IdentifierKind,
    ) -> Result<RoaringBitmap, LakeError> {
        let identities = self.identities_of(enterprise);
        let mut state = identities.state.write().await;
        self.refresh_identities(enterprise, &mut state).await?;
        self.load_kept(enterprise, &mut state).await?;
        let kept = state.kept.as_ref().and_then(|kept| kept.get(kind));
        Ok(kept.map(|kept| kept & subjects).unwrap_or_default())
    }

    /// Finds out of whom identifiers are kept; every file is read for it once. Files that another process wrote anew meanwhile
    /// are gone; then the map is looked at anew.
    pub(crate) async fn load_kept(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<(), LakeError> {
        for _ in 0..RETRIES {
            if state.kept.is_some() {
                return Ok(());
            }
            match self.find_kept(enterprise, &state.document).await {
                Ok(kept) => state.kept = Some(kept),
                Err(error) => {
                    if !self.refresh_identities(enterprise, state).await? {
                        return Err(error);
                    }
                }
            }
        }
        Err(LakeError::Contended)
    }

    async fn find_kept(
        &self,
        enterprise: EnterpriseId,
        document: &Document,
    ) -> Result<Kept, LakeError> {
        let mut kept = Kept::default();
        for file in &document.originals {
            keep_of(&self.read_originals(enterprise, file).await?, &mut kept);
        }
        let forgotten = document.forgotten();
        for subjects in kept.values_mut() {
            *subjects -= &forgotten;
        }
        Ok(kept)
    }

    /// Returns the identifiers of one kind that some subjects have, where a mapping asked to keep them: all with which they
    /// were first met under such a mapping, or the first of those that were known already.
    ///
    /// The values come under protection; the caller opens each at a sink that the permit covers.
    ///
    /// # Errors
    /// [`LakeError::PermitExpired`] when the permit is not in force; else as [`Lake::resolve`].
    ///
    /// # Clause
    /// U4, R22
    pub async fn originals(
        &self,
        permit: &RecordedPermit,
        subjects: &RoaringBitmap,
        kind: &IdentifierKind,
    ) -> Result<Vec<(SubjectId, Pii<String>)>, LakeError> {
        clause::hit!(U4);
        if !permit.is_in_force(self.clock().now()) {
            return Err(LakeError::PermitExpired {
                clause: ClauseId::u(4),
            });
        }
        let enterprise = permit.enterprise();
        let identities = self.identities_of(enterprise);
        let mut state = identities.state.write().await;
        self.refresh_identities(enterprise, &mut state).await?;
        for _ in 0..RETRIES {
            match self
                .find_originals(enterprise, &state.document, (subjects, kind))
                .await
            {
                Err(error) => {
                    if !self.refresh_identities(enterprise, &mut state).await? {
                        return Err(error);
                    }
                }
                found => return found,
            }
        }
        Err(LakeError::Contended)
    }

    async fn find_originals(
        &self,
        enterprise: EnterpriseId,
        document: &Document,
        (subjects, kind): (&RoaringBitmap, &IdentifierKind),
    ) -> Result<Vec<(SubjectId, Pii<String>)>, LakeError> {
        let subjects = subjects - document.forgotten();
        let mut found = Vec::new();
        for file in &document.originals {
            if subjects.range_cardinality(file.subjects.clone()) == 0 {
                continue;
            }
            for original in self.read_originals(enterprise, file).await? {
                if original.kind == *kind && subjects.contains(original.subject) {
                    let text = Pii::new(original.text.to_string());
                    found.push((SubjectId::new(original.subject), text));
                }
            }
        }
        Ok(found)
    }

    pub(crate) async fn write_originals(
        &self,
        enterprise: EnterpriseId,
        originals: &[Original],
    ) -> Result<OriginalsFile, LakeError> {
        let id = self.new_part_id()?;
        let records: Vec<_> = originals
            .iter()
            .map(|original| (original.subject, &original.kind, original.text.as_str()))
            .collect();
        let plain = Zeroizing::new(
            serde_json::to_vec(&records).map_err(|error| LakeError::Columns(Box::new(error)))?,
        );
        let scope = KeyScope::Part(enterprise, id);
        let row = id.to_string();
        let sealed = self
            .vault()
            .seal(&scope, &context(row.as_bytes()), &plain)
            .await?;
        self.create(
            &self.segment_path(enterprise, id),
            sealed.into_bytes().into(),
        )
        .await?;
        let numbers = || originals.iter().map(|original| original.subject);
        let first = numbers().min().unwrap_or(0);
        let end = numbers().max().unwrap_or(0).saturating_add(1);
        Ok(OriginalsFile {
            id,
            subjects: first..end,
        })
    }

    async fn read_originals(
        &self,
        enterprise: EnterpriseId,
        file: &OriginalsFile,
    ) -> Result<Vec<Original>, LakeError> {
        let path = self.segment_path(enterprise, file.id);
        let (bytes, _) = self.read(&path).await?.ok_or(LakeError::damaged(
            "a file of sealed identifiers is missing",
        ))?;
        let sealed = Sealed::from_bytes(bytes.into()).map_err(damaged_segment)?;
        let row = file.id.to_string();
        let scope = KeyScope::Part(enterprise, file.id);
        let plain = self
            .vault()
            .unseal(&scope, &context(row.as_bytes()), &sealed)
            .await
            .map_err(damaged_segment)?;
        let records: Vec<(u32, IdentifierKind, Zeroizing<String>)> =
            serde_json::from_slice::<Vec<(u32, IdentifierKind, String)>>(plain.expose())
                .map_err(|_quotes_values| {
                    LakeError::damaged("a file of sealed identifiers is of another format")
                })?
                .into_iter()
                .map(|(subject, kind, text)| (subject, kind, Zeroizing::new(text)))
                .collect();
        let originals = records
            .into_iter()
            .map(|(subject, kind, text)| Original {
                subject,
                kind,
                text,
            })
            .collect();
        Ok(originals)
    }

    /// Writes the files anew that hold originals of those who are forgotten; returns which files are live then, and which are
    /// not any more.
    pub(crate) async fn originals_without(
        &self,
        enterprise: EnterpriseId,
        files: &[OriginalsFile],
        forgotten: &RoaringBitmap,
    ) -> Result<(Vec<OriginalsFile>, Vec<PartId>), LakeError> {
        let (mut live, mut gone) = (Vec::with_capacity(files.len()), Vec::new());
        for file in files {
            if forgotten.range_cardinality(file.subjects.clone()) == 0 {
                live.push(file.clone());
                continue;
            }
            let mut originals = self.read_originals(enterprise, file).await?;
            originals.retain(|original| !forgotten.contains(original.subject));
            gone.push(file.id);
            if !originals.is_empty() {
                live.push(self.write_originals(enterprise, &originals).await?);
            }
        }
        Ok((live, gone))
    }
}

fn context(row: &[u8]) -> SealContext<'_> {
    SealContext {
        table: "lake.identity",
        row,
        column: "originals",
    }
}
