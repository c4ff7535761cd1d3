use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use parquet::arrow::arrow_reader::ArrowReaderMetadata;
use quick_cache::sync::Cache;
use roaring::RoaringBitmap;
use yuntu_terms::{Clock, DatasetId, Digest, EnterpriseId, Entropy, PartId};
use yuntu_vault::Vault;

use crate::config::LakeConfig;
use crate::error::LakeError;
use crate::identity::{Identities, SegmentCache};
use crate::manifest::{DatasetSnapshot, Manifest};
use crate::storage::Loaded;

/// How many parts keep their opened footer in memory.
const FOOTERS_MAX: usize = 4_096;

/// How many parts keep the set of their subjects in memory; one takes 128 KiB at the most.
const SUBJECTS_MAX: usize = 1_024;

/// The business data of all enterprises: intake, identity maps, encrypted parts and their manifests.
///
/// Clones share one lake.
#[derive(Clone)]
pub struct Lake {
    inner: Arc<Inner>,
}

/// Locks by what they are for.
type Locks<K> = Mutex<BTreeMap<K, Arc<tokio::sync::Mutex<()>>>>;

struct Inner {
    config: LakeConfig,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    footers: Cache<PartId, ArrowReaderMetadata>,
    /// The subjects of parts; a part never changes, so neither do these.
    subjects: Cache<PartId, Arc<RoaringBitmap>>,
    identities: Mutex<BTreeMap<EnterpriseId, Arc<Identities>>>,
    segments: SegmentCache,
    writers: Locks<DatasetId>,
    /// What is being imported, by what each import is known by.
    importing: Locks<Digest>,
}

impl fmt::Debug for Lake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lake")
            .field("config", &self.inner.config)
            .finish_non_exhaustive()
    }
}

impl Lake {
    /// Opens a lake.
    ///
    /// # Errors
    /// [`LakeError::Region`] when the store is not where the data must stay.
    ///
    /// # Clause
    /// R13
    #[expect(
        clippy::unused_async,
        reason = "storage may be probed here; callers are async anyway"
    )]
    pub async fn open(
        config: LakeConfig,
        vault: Arc<Vault>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, LakeError> {
        config.check_region()?;
        let segments = SegmentCache::new(&config);
        Ok(Self {
            inner: Arc::new(Inner {
                config,
                vault,
                clock,
                entropy,
                footers: Cache::new(FOOTERS_MAX),
                subjects: Cache::new(SUBJECTS_MAX),
                identities: Mutex::default(),
                segments,
                writers: Mutex::default(),
                importing: Mutex::default(),
            }),
        })
    }

    /// Says what is live in a dataset now, or nothing when nothing was ever loaded into it.
    ///
    /// # Errors
    /// [`LakeError::Damaged`] when the manifest was changed, [`LakeError::Storage`].
    pub async fn snapshot(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
    ) -> Result<Option<DatasetSnapshot>, LakeError> {
        let manifest = self.manifest(enterprise, dataset).await?;
        Ok(manifest.map(|loaded| loaded.value.snapshot))
    }

    pub(crate) async fn manifest(
        &self,
        enterprise: EnterpriseId,
        dataset: DatasetId,
    ) -> Result<Option<Loaded<Manifest>>, LakeError> {
        let path = self.manifest_path(enterprise, dataset);
        self.load_document(enterprise, &path).await
    }

    pub(crate) fn config(&self) -> &LakeConfig {
        &self.inner.config
    }

    pub(crate) fn vault(&self) -> &Vault {
        &self.inner.vault
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        &*self.inner.clock
    }

    pub(crate) fn new_part_id(&self) -> Result<PartId, LakeError> {
        Ok(PartId::generate(
            self.inner.clock.now(),
            &*self.inner.entropy,
        )?)
    }

    pub(crate) fn footer(&self, part: PartId) -> Option<ArrowReaderMetadata> {
        self.inner.footers.get(&part)
    }

    pub(crate) fn keep_footer(&self, part: PartId, footer: ArrowReaderMetadata) {
        self.inner.footers.insert(part, footer);
    }

    pub(crate) fn known_subjects(&self, part: PartId) -> Option<Arc<RoaringBitmap>> {
        self.inner.subjects.get(&part)
    }

    pub(crate) fn keep_subjects(&self, part: PartId, subjects: Arc<RoaringBitmap>) {
        self.inner.subjects.insert(part, subjects);
    }

    /// Forgets what is in memory of a part whose key is gone.
    pub(crate) fn drop_part(&self, part: PartId) {
        self.inner.footers.remove(&part);
        self.inner.subjects.remove(&part);
    }

    /// Returns the lock under which this process changes a dataset.
    pub(crate) fn writer(&self, dataset: DatasetId) -> Arc<tokio::sync::Mutex<()>> {
        lock_of(&self.inner.writers, dataset)
    }

    /// Returns the lock under which this process imports one file into one dataset.
    pub(crate) fn importing(&self, import: Digest) -> Arc<tokio::sync::Mutex<()>> {
        lock_of(&self.inner.importing, import)
    }

    pub(crate) fn identities_of(&self, enterprise: EnterpriseId) -> Arc<Identities> {
        let mut all = self
            .inner
            .identities
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        Arc::clone(all.entry(enterprise).or_default())
    }

    pub(crate) fn segments(&self) -> &SegmentCache {
        &self.inner.segments
    }
}

/// Returns the lock for something, and forgets those that nobody holds.
fn lock_of<K: Ord>(locks: &Locks<K>, key: K) -> Arc<tokio::sync::Mutex<()>> {
    let mut locks = locks.lock().unwrap_or_else(PoisonError::into_inner);
    locks.retain(|_, lock| Arc::strong_count(lock) > 1);
    Arc::clone(locks.entry(key).or_default())
}
