//! Who is who: keyed hashes of identifiers and the dense numbers they stand for.
//!
//! The map of an enterprise is committed before the rows that use it, under a document of its own that every dataset of
//! the enterprise shares. A number without rows does no harm and is found again when the chunk is repeated; a row without
//! a number cannot come to be. Numbers only grow, so none is used twice, whatever crashes.
//!
//! The map itself stays in its files. Of these the lake keeps as many in memory as its configuration allows; a chunk asks
//! for its identifiers in the order of their hashes, so that it opens each other file once.

use object_store::UpdateVersion;
use object_store::path::Path;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;
use yuntu_terms::{EnterpriseId, PartId, clause};

use self::book::Added;
pub(crate) use self::book::{Assign, Book};
pub(crate) use self::mac::Mac;
use self::run::Run;
use self::segments::Segment;
pub(crate) use self::segments::{SegmentCache, damaged_segment};
use crate::error::LakeError;
use crate::lake::Lake;
use crate::originals::{Kept, ORIGINALS_MAX, OriginalsFile, keep_of};
use crate::storage::{Loaded, Replaced};

mod book;
mod mac;
mod run;
mod segments;

/// How often a commit begins again because another writer was faster.
pub(crate) const RETRIES: u32 = 16;

/// What is live in the identity map of an enterprise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Document {
    /// The next number to give.
    next: u64,
    /// What was added since the map was last put in order; where two have one hash, the later counts.
    #[serde(rename = "segments")]
    recent: Vec<Segment>,
    /// The rest: each file has one of as many equal ranges of hashes, and there are a power of two of them.
    #[serde(default)]
    sorted: Vec<Segment>,
    /// Files of sealed originals.
    pub(crate) originals: Vec<OriginalsFile>,
    /// Subjects that are forgotten but still lie in a segment.
    forgotten: Vec<u32>,
    /// Segments whose key and file are still to be destroyed.
    pub(crate) retired: Vec<PartId>,
}

impl Document {
    fn segments(&self) -> impl Iterator<Item = &Segment> {
        self.sorted.iter().chain(&self.recent)
    }

    /// Lists the files that are live or still to be destroyed.
    pub(crate) fn files(&self) -> impl Iterator<Item = PartId> + '_ {
        self.segments()
            .map(Segment::id)
            .chain(self.originals.iter().map(|file| file.id))
            .chain(self.retired.iter().copied())
    }
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) document: Document,
    version: Option<UpdateVersion>,
    pub(crate) loaded: bool,
    /// Of whom an identifier is kept as it was, once somebody asked.
    pub(crate) kept: Option<Kept>,
}

/// The identity map of one enterprise, as this process last saw it.
#[derive(Debug, Default)]
pub(crate) struct Identities {
    pub(crate) state: RwLock<State>,
}

/// How large an identity map is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IdentityMap {
    /// How many identifiers lead to a subject.
    pub identifiers: u64,
    /// How many numbers were ever given; none is given twice.
    pub numbers_given: u64,
}

impl Lake {
    /// Says how large an enterprise's identity map is. Until what is forgotten is out of its files it counts there still.
    ///
    /// # Errors
    /// [`LakeError::Storage`], [`LakeError::Vault`], [`LakeError::Damaged`].
    pub async fn identities(&self, enterprise: EnterpriseId) -> Result<IdentityMap, LakeError> {
        let identities = self.identities_of(enterprise);
        let mut state = identities.state.write().await;
        self.refresh_identities(enterprise, &mut state).await?;
        Ok(IdentityMap {
            identifiers: state.document.segments().map(Segment::entries).sum(),
            numbers_given: state.document.next,
        })
    }

    /// Says how many numbers of persons an enterprise has handed out, without opening the map.
    ///
    /// # Errors
    /// As [`Lake::resolve`].
    pub async fn numbers_given(&self, enterprise: EnterpriseId) -> Result<u64, LakeError> {
        let path = self.identity_path(enterprise);
        let loaded = self.load_document::<Document>(enterprise, &path).await?;
        Ok(loaded.map_or(0, |loaded| loaded.value.next))
    }

    /// Finds or gives the numbers of a chunk's persons and makes the new ones durable.
    pub(crate) async fn assign_subjects(
        &self,
        enterprise: EnterpriseId,
        chunk: &mut (impl Assign + Send),
    ) -> Result<(), LakeError> {
        clause::hit!(R22);
        let identities = self.identities_of(enterprise);
        let mut state = identities.state.write().await;
        if !state.loaded {
            self.refresh_identities(enterprise, &mut state).await?;
        }
        let wanted = chunk.wanted();
        let nobody = Kept::default();
        for _ in 0..RETRIES {
            if chunk.keeps_originals() {
                self.load_kept(enterprise, &mut state).await?;
            }
            let known = self.find_macs(enterprise, &mut state, &wanted).await?;
            if chunk.keeps_originals() && state.kept.is_none() {
                // Another process changed the map between the two.
                continue;
            }
            let kept = state.kept.as_ref().unwrap_or(&nobody);
            let mut book = Book::new((known, kept), state.document.next);
            chunk.assign(&mut book)?;
            let Some(added) = book.close() else {
                return Ok(());
            };
            let document = self
                .write_added(enterprise, &state.document, &added)
                .await?;
            if self
                .replace_identities(enterprise, &mut state, document)
                .await?
            {
                if let Some(kept) = &mut state.kept {
                    keep_of(&added.originals, kept);
                }
                return self.tidy_segments(enterprise, &mut state).await;
            }
        }
        Err(LakeError::Contended)
    }

    /// Writes what a chunk adds into files of its own; they count when the document does that names them.
    async fn write_added(
        &self,
        enterprise: EnterpriseId,
        document: &Document,
        added: &Added,
    ) -> Result<Document, LakeError> {
        let mut document = document.clone();
        document.next = added.next;
        for entries in added.order.chunks(self.config().entries_per_segment()) {
            let run = Run::of(entries.to_vec());
            let segment = self.write_segment(enterprise, run).await?;
            document.recent.push(segment);
        }
        for originals in added.originals.chunks(ORIGINALS_MAX) {
            let file = self.write_originals(enterprise, originals).await?;
            document.originals.push(file);
        }
        Ok(document)
    }

    /// Removes persons from the identity map, durably and at once; their numbers are never given again.
    ///
    /// # Errors
    /// As [`Lake::resolve`], and [`LakeError::Contended`].
    ///
    /// # Clause
    /// R26
    pub async fn forget(
        &self,
        enterprise: EnterpriseId,
        subjects: &RoaringBitmap,
    ) -> Result<(), LakeError> {
        clause::hit!(R26);
        let identities = self.identities_of(enterprise);
        let mut state = identities.state.write().await;
        for _ in 0..RETRIES {
            self.refresh_identities(enterprise, &mut state).await?;
            let mut document = state.document.clone();
            document.forgotten.extend(subjects);
            document.forgotten.sort_unstable();
            document.forgotten.dedup();
            if self
                .replace_identities(enterprise, &mut state, document)
                .await?
            {
                // From here on nobody is found; what follows takes hashes and originals out of the files too.
                state.kept = None;
                return self.clear_forgotten(enterprise, &mut state).await;
            }
        }
        Err(LakeError::Contended)
    }

    /// Takes those who are forgotten out of the files, and begins again when another writer was faster.
    async fn clear_forgotten(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<(), LakeError> {
        for _ in 0..RETRIES {
            if state.document.forgotten.is_empty() {
                return Ok(());
            }
            self.order_segments(enterprise, state).await?;
        }
        Err(LakeError::Contended)
    }

    /// Replaces the document; says whether it did, and reads it anew when another writer was faster.
    pub(crate) async fn replace_identities(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
        document: Document,
    ) -> Result<bool, LakeError> {
        let path = self.identity_path(enterprise);
        let after = state.version.clone();
        match self
            .replace_document(enterprise, &path, &document, after)
            .await?
        {
            Replaced::Done(version) => {
                state.version = Some(version);
                state.document = document;
                Ok(true)
            }
            Replaced::Overtaken => {
                self.refresh_identities(enterprise, state).await?;
                Ok(false)
            }
        }
    }

    /// Brings what is known of the map to what the store holds; says whether that is something else.
    pub(crate) async fn refresh_identities(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<bool, LakeError> {
        let path = self.identity_path(enterprise);
        let loaded = self.load_document::<Document>(enterprise, &path).await?;
        let (document, version) = match loaded {
            Some(Loaded { value, version }) => (value, Some(version)),
            None => (Document::default(), None),
        };
        let changed = !state.loaded || state.document != document;
        *state = State {
            document,
            version,
            loaded: true,
            kept: state.kept.take().filter(|_| !changed),
        };
        Ok(changed)
    }

    pub(crate) fn identity_path(&self, enterprise: EnterpriseId) -> Path {
        self.identity_folder(enterprise).join("manifest.json")
    }

    pub(crate) fn segment_path(&self, enterprise: EnterpriseId, segment: PartId) -> Path {
        self.identity_folder(enterprise)
            .join("segments")
            .join(segment.to_string())
    }
}
