//! Who is who: keyed hashes of identifiers and the dense numbers they stand for.
//!
//! The map of an enterprise is committed before the rows that use it, under a document of its own that every dataset of
//! the enterprise shares. A number without rows does no harm and is found again when the chunk is repeated; a row without
//! a number cannot come to be. Numbers only grow, so none is used twice, whatever crashes.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

use bytes::Bytes;
use object_store::UpdateVersion;
use object_store::path::Path;
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;
use yuntu_terms::{Digest, EnterpriseId, PartId, clause};
use yuntu_vault::{KeyScope, SealContext, Sealed, VaultError};

use crate::error::LakeError;
use crate::lake::Lake;
use crate::mapping::IdentifierKind;
use crate::originals::{Kept, ORIGINALS_MAX, Original, OriginalsFile, keep_of};
use crate::storage::{Loaded, Replaced};

/// How many entries one segment holds at most; 20 bytes each stay far below what the vault seals in one piece.
const SEGMENT_ENTRIES_MAX: usize = 2_000_000;
/// How many segments an enterprise may have before they are merged.
const SEGMENTS_MAX: usize = 24;
/// How often a commit begins again because another writer was faster.
pub(crate) const RETRIES: u32 = 16;

/// The first 128 bits of the keyed hash of an identifier: 2^32 persons collide with a chance of 2^-65.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mac {
    high: u64,
    low: u64,
}

impl Mac {
    pub(crate) fn new(digest: &Digest) -> Self {
        Self::read(digest.as_bytes())
    }
}

impl Mac {
    const LEN: usize = 16;

    /// Takes the first bytes; what is too short counts as followed by zeros.
    fn read(bytes: &[u8]) -> Self {
        let mut all = [0; Self::LEN];
        all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        let both = u128::from_be_bytes(all);
        Self {
            high: half(both >> 64),
            low: half(both),
        }
    }
}

/// Returns the lower half of a number.
fn half(number: u128) -> u64 {
    u64::try_from(number & u128::from(u64::MAX)).unwrap_or(u64::MAX)
}

impl Hash for Mac {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.high);
    }
}

/// Takes a keyed hash for its own hash: who does not know the key cannot aim at a slot.
#[derive(Debug, Default)]
pub(crate) struct Uniform(u64);

impl Hasher for Uniform {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = number;
    }
}

/// Keyed hashes of identifiers and the subjects they name.
pub(crate) type Entries = HashMap<Mac, u32, BuildHasherDefault<Uniform>>;

/// A file of entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Segment {
    id: PartId,
    entries: u64,
}

/// What is live in the identity map of an enterprise.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) struct Document {
    /// The next number to give.
    next: u64,
    segments: Vec<Segment>,
    /// Files of sealed originals.
    pub(crate) originals: Vec<OriginalsFile>,
    /// Subjects that are forgotten but still lie in a segment.
    forgotten: Vec<u32>,
    /// Segments whose key and file are still to be destroyed.
    pub(crate) retired: Vec<PartId>,
}

impl Document {
    /// Lists the files that are live or still to be destroyed.
    pub(crate) fn files(&self) -> impl Iterator<Item = PartId> + '_ {
        let segments = self.segments.iter().map(|segment| segment.id);
        segments
            .chain(self.originals.iter().map(|file| file.id))
            .chain(self.retired.iter().copied())
    }
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) entries: Entries,
    pub(crate) document: Document,
    version: Option<UpdateVersion>,
    pub(crate) loaded: bool,
    /// Of whom an identifier is kept as it was, once somebody asked.
    pub(crate) kept: Option<Kept>,
}

/// The identity map of one enterprise in memory.
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

/// What a chunk asks of the identity map: the keyed hashes that are new, in the order in which numbers are given.
pub(crate) trait Assign {
    /// Finds or gives numbers; called again from the start when another writer was faster.
    fn assign(&mut self, book: &mut Book<'_>) -> Result<(), LakeError>;

    /// Says whether identifiers are to be kept as they were.
    fn keeps_originals(&self) -> bool;
}

/// The identity map while a chunk is resolved: what is known, and what the chunk adds.
#[derive(Debug)]
pub(crate) struct Book<'a> {
    known: &'a Entries,
    kept: &'a Kept,
    keeping: Kept,
    added: Entries,
    order: Vec<(Mac, u32)>,
    originals: Vec<Original>,
    next: u64,
}

impl Book<'_> {
    pub(crate) fn find(&self, mac: Mac) -> Option<u32> {
        self.known
            .get(&mac)
            .or_else(|| self.added.get(&mac))
            .copied()
    }

    /// Gives the next number to a person.
    pub(crate) fn give(&mut self) -> Result<u32, LakeError> {
        // The highest number stays free: a range of 32 bits could not end above it.
        let number = u32::try_from(self.next)
            .ok()
            .filter(|number| *number < u32::MAX)
            .ok_or(LakeError::NumbersExhausted)?;
        self.next += 1;
        Ok(number)
    }

    /// Lets an identifier lead to a person, and keeps the identifier itself where that is wanted.
    pub(crate) fn link(
        &mut self,
        mac: Mac,
        subject: u32,
        original: Option<(&IdentifierKind, &str)>,
    ) {
        self.added.insert(mac, subject);
        self.order.push((mac, subject));
        self.originals
            .extend(original.map(|(kind, text)| Original::new(subject, kind, text)));
    }

    /// Keeps an identifier that was known before it was wanted, unless one of the person's of this kind is kept.
    pub(crate) fn keep(&mut self, mac: Mac, subject: u32, (kind, text): (&IdentifierKind, &str)) {
        let kept = |it: &Kept| it.get(kind).is_some_and(|of| of.contains(subject));
        if self.known.contains_key(&mac) && !kept(self.kept) && !kept(&self.keeping) {
            let original = Original::new(subject, kind, text);
            keep_of(std::slice::from_ref(&original), &mut self.keeping);
            self.originals.push(original);
        }
    }
}

impl Lake {
    /// Says how large an enterprise's identity map is.
    ///
    /// # Errors
    /// [`LakeError::Storage`], [`LakeError::Vault`], [`LakeError::Damaged`].
    pub async fn identities(&self, enterprise: EnterpriseId) -> Result<IdentityMap, LakeError> {
        let identities = self.identities_of(enterprise);
        let mut state = identities.state.write().await;
        self.refresh_identities(enterprise, &mut state).await?;
        Ok(IdentityMap {
            identifiers: u64::try_from(state.entries.len()).unwrap_or(u64::MAX),
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
        for _ in 0..RETRIES {
            if chunk.keeps_originals() {
                self.load_kept(enterprise, &mut state).await?;
            }
            let nobody = Kept::default();
            let mut book = Book {
                known: &state.entries,
                kept: state.kept.as_ref().unwrap_or(&nobody),
                keeping: Kept::default(),
                added: Entries::default(),
                order: Vec::new(),
                originals: Vec::new(),
                next: state.document.next,
            };
            chunk.assign(&mut book)?;
            let Book {
                added,
                order,
                originals,
                next,
                ..
            } = book;
            if order.is_empty() && originals.is_empty() {
                return Ok(());
            }
            let mut document = state.document.clone();
            document.next = next;
            for entries in order.chunks(SEGMENT_ENTRIES_MAX) {
                document
                    .segments
                    .push(self.write_segment(enterprise, entries).await?);
            }
            for originals in originals.chunks(ORIGINALS_MAX) {
                document
                    .originals
                    .push(self.write_originals(enterprise, originals).await?);
            }
            if self
                .replace_identities(enterprise, &mut state, document)
                .await?
            {
                state.entries.extend(added);
                if let Some(kept) = &mut state.kept {
                    keep_of(&originals, kept);
                }
                return self.merge_segments(enterprise, &mut state).await;
            }
        }
        Err(LakeError::Contended)
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
                state
                    .entries
                    .retain(|_, subject| !subjects.contains(*subject));
                state.kept = None;
                // From here on nobody is found; what follows takes hashes and originals out of the files too.
                self.rewrite_originals(enterprise, &mut state, subjects)
                    .await?;
                return self.rewrite_segments(enterprise, &mut state).await;
            }
        }
        Err(LakeError::Contended)
    }

    /// Replaces the document; says whether it did, and reads everything anew when another writer was faster.
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

    /// Brings the map in memory to what the store holds.
    pub(crate) async fn refresh_identities(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<(), LakeError> {
        let path = self.identity_path(enterprise);
        let Some(Loaded { value, version }) =
            self.load_document::<Document>(enterprise, &path).await?
        else {
            *state = State {
                loaded: true,
                ..State::default()
            };
            return Ok(());
        };
        if state.loaded && state.document == value {
            state.version = Some(version);
            return Ok(());
        }
        let mut entries = Entries::default();
        for segment in &value.segments {
            self.read_segment(enterprise, segment, &mut entries).await?;
        }
        let forgotten: RoaringBitmap = value.forgotten.iter().copied().collect();
        entries.retain(|_, subject| !forgotten.contains(*subject));
        *state = State {
            entries,
            document: value,
            version: Some(version),
            loaded: true,
            kept: None,
        };
        Ok(())
    }

    /// Keeps the number of segments small, so that opening the map stays quick.
    async fn merge_segments(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<(), LakeError> {
        if state.document.segments.len() <= SEGMENTS_MAX {
            return Ok(());
        }
        self.rewrite_segments(enterprise, state).await
    }

    /// Writes the whole map anew without those who are forgotten, then destroys the old segments and their keys.
    async fn rewrite_segments(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<(), LakeError> {
        let mut order: Vec<_> = state
            .entries
            .iter()
            .map(|(mac, subject)| (*mac, *subject))
            .collect();
        order.sort_unstable();
        let mut document = state.document.clone();
        document
            .retired
            .extend(document.segments.drain(..).map(|segment| segment.id));
        document.forgotten.clear();
        for entries in order.chunks(SEGMENT_ENTRIES_MAX) {
            document
                .segments
                .push(self.write_segment(enterprise, entries).await?);
        }
        if !self.replace_identities(enterprise, state, document).await? {
            // Another writer changed the map; whoever comes next merges.
            return Ok(());
        }
        self.destroy_segments(enterprise, state).await
    }

    async fn destroy_segments(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<(), LakeError> {
        for segment in &state.document.retired {
            self.vault()
                .destroy(&KeyScope::Part(enterprise, *segment))
                .await?;
            self.delete(&self.segment_path(enterprise, *segment))
                .await?;
        }
        let mut document = state.document.clone();
        document.retired.clear();
        self.replace_identities(enterprise, state, document).await?;
        Ok(())
    }

    async fn write_segment(
        &self,
        enterprise: EnterpriseId,
        entries: &[(Mac, u32)],
    ) -> Result<Segment, LakeError> {
        let id = self.new_part_id()?;
        let mut plain = Vec::with_capacity(entries.len() * 20);
        for (mac, subject) in entries {
            plain.extend_from_slice(&mac.high.to_be_bytes());
            plain.extend_from_slice(&mac.low.to_be_bytes());
            plain.extend_from_slice(&subject.to_be_bytes());
        }
        let scope = KeyScope::Part(enterprise, id);
        let row = id.to_string();
        let sealed = self
            .vault()
            .seal(&scope, &segment_context(row.as_bytes()), &plain)
            .await?;
        self.create(
            &self.segment_path(enterprise, id),
            sealed.into_bytes().into(),
        )
        .await?;
        Ok(Segment {
            id,
            entries: u64::try_from(entries.len()).unwrap_or(u64::MAX),
        })
    }

    async fn read_segment(
        &self,
        enterprise: EnterpriseId,
        segment: &Segment,
        entries: &mut Entries,
    ) -> Result<(), LakeError> {
        let path = self.segment_path(enterprise, segment.id);
        let (bytes, _) = self
            .read(&path)
            .await?
            .ok_or(LakeError::damaged("an identity segment is missing"))?;
        let sealed = Sealed::from_bytes(Bytes::into(bytes)).map_err(damaged_segment)?;
        let scope = KeyScope::Part(enterprise, segment.id);
        let row = segment.id.to_string();
        let plain = self
            .vault()
            .unseal(&scope, &segment_context(row.as_bytes()), &sealed)
            .await
            .map_err(damaged_segment)?;
        let (records, rest) = plain.expose().as_chunks::<20>();
        if !rest.is_empty() || u64::try_from(records.len()) != Ok(segment.entries) {
            return Err(LakeError::damaged("an identity segment has another length"));
        }
        entries.reserve(records.len());
        for record in records {
            let (mac, subject) = record.split_at(Mac::LEN);
            let subject = subject
                .iter()
                .fold(0, |sum, byte| sum << 8 | u32::from(*byte));
            entries.insert(Mac::read(mac), subject);
        }
        Ok(())
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

fn segment_context(row: &[u8]) -> SealContext<'_> {
    SealContext {
        table: "lake.identity",
        row,
        column: "segment",
    }
}

pub(crate) fn damaged_segment(error: VaultError) -> LakeError {
    match error {
        VaultError::Unreadable | VaultError::Malformed | VaultError::NoKey => {
            LakeError::damaged_by("an identity segment does not open", error)
        }
        VaultError::Destroyed
        | VaultError::TooLong
        | VaultError::LeaseEnded
        | VaultError::WrappedKeyDamaged
        | VaultError::PlatformKeyMissing
        | VaultError::Entropy(_)
        | VaultError::Shelf(_)
        | VaultError::Provider(_)
        | VaultError::Primitive => LakeError::Vault(error),
    }
}
