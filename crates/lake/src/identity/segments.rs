//! The files of an identity map: written once, opened when they are asked for, put in order when they are many.

use std::sync::Arc;

use quick_cache::sync::{Cache, DefaultLifecycle};
use quick_cache::{DefaultHashBuilder, OptionsBuilder, Weighter};
use roaring::RoaringBitmap;
use serde::{Deserialize, Serialize};
use yuntu_terms::{EnterpriseId, PartId};
use yuntu_vault::{KeyScope, SealContext, Sealed, VaultError};

use super::mac::Mac;
use super::run::Run;
use super::{Document, RETRIES, State};
use crate::config::LakeConfig;
use crate::error::LakeError;
use crate::import::blocking;
use crate::lake::Lake;

/// How many files may be added before the map is put in order.
const RECENT_MAX: usize = 24;
/// How many times the entries of one file may be added before that: so many are in memory then.
const RECENT_FILES: u64 = 8;

/// A file of entries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Segment {
    id: PartId,
    entries: u64,
}

impl Segment {
    pub(super) const fn id(&self) -> PartId {
        self.id
    }

    pub(super) const fn entries(&self) -> u64 {
        self.entries
    }
}

/// The opened segments of all enterprises' maps that are kept in memory.
#[derive(Debug)]
pub(crate) struct SegmentCache(Cache<PartId, Arc<Run>, Weight>);

/// Weighs a segment by the memory it takes.
#[derive(Debug, Clone)]
struct Weight;

impl Weighter<PartId, Arc<Run>> for Weight {
    fn weight(&self, _id: &PartId, run: &Arc<Run>) -> u64 {
        u64::try_from(size_of::<Run>() + run.bytes()).unwrap_or(u64::MAX)
    }
}

impl SegmentCache {
    /// Makes room for so many bytes of segments.
    pub(crate) fn new(config: &LakeConfig) -> Self {
        let bytes = config.identity_bytes;
        let segments = bytes / config.entries_per_segment() / Run::ENTRY;
        let options = OptionsBuilder::new()
            // A segment must fit into a shard: one, since they are few and large.
            .shards(1)
            .estimated_items_capacity(segments.max(64))
            .weight_capacity(u64::try_from(bytes).unwrap_or(u64::MAX))
            .build();
        Self(match options {
            Ok(options) => Cache::with_options(
                options,
                Weight,
                DefaultHashBuilder::default(),
                DefaultLifecycle::default(),
            ),
            Err(_incomplete) => Cache::with_weighter(64, u64::try_from(bytes).unwrap_or(0), Weight),
        })
    }
}

impl Document {
    /// Returns who is forgotten but still lies in a file.
    pub(crate) fn forgotten(&self) -> RoaringBitmap {
        self.forgotten.iter().copied().collect()
    }

    /// Says how many leading bits of a hash tell its file.
    fn bits(&self) -> u32 {
        self.sorted.len().checked_ilog2().unwrap_or(0)
    }

    /// Says how many bits are to tell it when the map is put in order next; never fewer than now.
    fn wanted_bits(&self, config: &LakeConfig) -> u32 {
        let entries: u64 = self.segments().map(Segment::entries).sum();
        let files = entries.div_ceil(config.entries_per_segment() as u64);
        files.next_power_of_two().ilog2().max(self.bits())
    }
}

impl Lake {
    /// Says where hashes lead, in their order.
    ///
    /// Files that another process put in order meanwhile are gone; then the map is looked at anew.
    pub(crate) async fn find_macs(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
        macs: &[Mac],
    ) -> Result<Vec<Option<u32>>, LakeError> {
        for _ in 0..RETRIES {
            match self.look_up(enterprise, &state.document, macs).await {
                Err(error) => {
                    if !self.refresh_identities(enterprise, state).await? {
                        return Err(error);
                    }
                }
                found => return found,
            }
        }
        Err(LakeError::Contended)
    }

    /// Says where hashes lead by a document whose files may be gone by now.
    pub(crate) async fn look_up(
        &self,
        enterprise: EnterpriseId,
        document: &Document,
        macs: &[Mac],
    ) -> Result<Vec<Option<u32>>, LakeError> {
        let forgotten = document.forgotten();
        let mut found = vec![None; macs.len()];
        let mut note = |place: usize, subject| {
            if !forgotten.contains(subject)
                && let Some(found) = found.get_mut(place)
            {
                *found = Some(subject);
            }
        };
        let mut wanted: Vec<(Mac, usize)> = macs.iter().copied().zip(0..).collect();
        wanted.sort_unstable();
        let range = |entry: &(Mac, usize)| entry.0.range(document.bits());
        for wanted in wanted.chunk_by(|one, other| range(one) == range(other)) {
            let segment = wanted.first().map(range);
            if let Some(segment) = segment.and_then(|range| document.sorted.get(range)) {
                let run = self.segment(enterprise, segment).await?;
                run.find(wanted, &mut note);
            }
        }
        // Later ones come after earlier ones, so that theirs is the last word.
        for segment in &document.recent {
            let run = self.segment(enterprise, segment).await?;
            run.find(&wanted, &mut note);
        }
        Ok(found)
    }

    /// Puts the map in order when much was added.
    pub(super) async fn tidy_segments(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<(), LakeError> {
        let recent = &state.document.recent;
        let entries: u64 = recent.iter().map(Segment::entries).sum();
        let entries_max = RECENT_FILES * self.config().entries_per_segment() as u64;
        if recent.len() <= RECENT_MAX && entries <= entries_max {
            return Ok(());
        }
        self.order_segments(enterprise, state).await
    }

    /// Puts the map in order, then destroys the old files and their keys.
    pub(super) async fn order_segments(
        &self,
        enterprise: EnterpriseId,
        state: &mut State,
    ) -> Result<(), LakeError> {
        let document = match self.write_in_order(enterprise, &state.document).await {
            Ok(document) => document,
            // A file that another writer's order replaced is gone.
            Err(error) => {
                let changed = self.refresh_identities(enterprise, state).await?;
                return if changed { Ok(()) } else { Err(error) };
            }
        };
        if !self.replace_identities(enterprise, state, document).await? {
            // Another writer changed the map; whoever comes next puts it in order.
            return Ok(());
        }
        self.destroy_segments(enterprise, state).await
    }

    /// Writes what was added, and those files anew that it or somebody forgotten falls into; returns the document of that.
    async fn write_in_order(
        &self,
        enterprise: EnterpriseId,
        old: &Document,
    ) -> Result<Document, LakeError> {
        let forgotten = old.forgotten();
        let mut recent = Run::default();
        for segment in &old.recent {
            let newer = self.segment(enterprise, segment).await?;
            recent = Run::merge(recent.entries(), newer.entries(), &forgotten);
        }
        let (old_bits, bits) = (old.bits(), old.wanted_bits(self.config()));
        let mut document = old.clone();
        document.sorted.clear();
        for range in 0..1_usize << bits {
            let before = old.sorted.get(range >> (bits - old_bits));
            let kept = match before {
                Some(before) => self.segment(enterprise, before).await?,
                None => Arc::default(),
            };
            let touched = recent.part(bits, range).next().is_some() || kept.holds(&forgotten);
            document.sorted.push(match before {
                Some(before) if bits == old_bits && !touched => before.clone(),
                Some(_) | None => {
                    let (kept, added) = (kept.part(bits, range), recent.part(bits, range));
                    let run = Run::merge(kept, added, &forgotten);
                    self.write_segment(enterprise, run).await?
                }
            });
        }
        let goes = |segment: &&Segment| !document.sorted.contains(segment);
        let gone: Vec<_> = old.segments().filter(goes).map(Segment::id).collect();
        document.retired.extend(gone);
        let (originals, gone) = self
            .originals_without(enterprise, &old.originals, &forgotten)
            .await?;
        document.originals = originals;
        document.retired.extend(gone);
        document.recent.clear();
        document.forgotten.clear();
        Ok(document)
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
            self.segments().0.remove(segment);
            self.delete(&self.segment_path(enterprise, *segment))
                .await?;
        }
        let mut document = state.document.clone();
        document.retired.clear();
        self.replace_identities(enterprise, state, document).await?;
        Ok(())
    }

    pub(super) async fn write_segment(
        &self,
        enterprise: EnterpriseId,
        run: Run,
    ) -> Result<Segment, LakeError> {
        let id = self.new_part_id()?;
        let scope = KeyScope::Part(enterprise, id);
        let row = id.to_string();
        let context = context(row.as_bytes());
        let sealed = self.vault().seal(&scope, &context, &run.to_bytes()).await?;
        self.create(
            &self.segment_path(enterprise, id),
            sealed.into_bytes().into(),
        )
        .await?;
        let entries = u64::try_from(run.len()).unwrap_or(u64::MAX);
        self.segments().0.insert(id, Arc::new(run));
        Ok(Segment { id, entries })
    }

    /// Returns what a segment holds, from memory or from its file.
    async fn segment(
        &self,
        enterprise: EnterpriseId,
        segment: &Segment,
    ) -> Result<Arc<Run>, LakeError> {
        if let Some(run) = self.segments().0.get(&segment.id) {
            return Ok(run);
        }
        let run = Arc::new(self.read_segment(enterprise, segment).await?);
        self.segments().0.insert(segment.id, Arc::clone(&run));
        Ok(run)
    }

    async fn read_segment(
        &self,
        enterprise: EnterpriseId,
        segment: &Segment,
    ) -> Result<Run, LakeError> {
        let path = self.segment_path(enterprise, segment.id);
        let (bytes, _) = self
            .read(&path)
            .await?
            .ok_or(LakeError::damaged("an identity segment is missing"))?;
        let sealed = Sealed::from_bytes(bytes.into()).map_err(damaged_segment)?;
        let scope = KeyScope::Part(enterprise, segment.id);
        let row = segment.id.to_string();
        let plain = self
            .vault()
            .unseal(&scope, &context(row.as_bytes()), &sealed)
            .await
            .map_err(damaged_segment)?;
        let entries = segment.entries;
        blocking(move || Run::from_bytes(plain.expose(), entries)).await
    }
}

fn context(row: &[u8]) -> SealContext<'_> {
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
