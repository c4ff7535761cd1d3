use std::fmt;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use object_store::ObjectStore;
use object_store::aws::{AmazonS3Builder, S3ConditionalPut};
use object_store::path::Path;
use yuntu_terms::{ClauseId, Region, clause};

use crate::error::LakeError;
use crate::local::DurableFiles;

/// Where a lake keeps its files and how it cuts them.
#[derive(Debug, Clone)]
pub struct LakeConfig {
    /// The storage.
    pub store: Arc<dyn ObjectStore>,
    /// Where the storage is.
    pub region: Region,
    /// Where the data must stay (R13); a store elsewhere is refused.
    pub required_region: Region,
    /// The folder inside the storage.
    pub prefix: Path,
    /// The directory behind a local storage, so that parts are read without a detour.
    pub local_root: Option<PathBuf>,
    /// After how many rows of the source a chunk is committed.
    pub chunk_rows: usize,
    /// About how many rows make a row group.
    pub row_group_rows: usize,
    /// How old a file must be before it can be taken for the remains of a crash.
    pub orphan_age: Duration,
    /// How many small parts a bucket may have before they are merged.
    pub parts_per_bucket: usize,
    /// How many bytes of memory the rows of parts that are merged take at most.
    pub merged_bytes: usize,
    /// How many bytes of memory the identity maps of all enterprises take at most, at 20 an identifier. What does not fit
    /// is read and opened again for each chunk that asks for it.
    pub identity_bytes: usize,
    /// About how many identifiers one file of an identity map holds; eight times as many are added before they are put in
    /// their files.
    pub identity_entries: usize,
}

/// How to reach storage that speaks S3.
#[derive(Clone)]
pub struct S3Settings {
    /// The address, such as `https://s3.example.cn`.
    pub endpoint: String,
    /// The bucket.
    pub bucket: String,
    /// The name that the service gives its region, such as `cn-north-1`.
    pub service_region: String,
    /// The access key.
    pub access_key_id: String,
    /// The secret key.
    pub secret_access_key: String,
    /// Whether plain HTTP will do; for a server on the same machine only.
    pub allow_http: bool,
}

impl fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("S3Settings")
            .field("endpoint", &self.endpoint)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}

impl LakeConfig {
    /// Describes a lake on any storage, in the region where it stands.
    #[must_use]
    pub fn new(store: Arc<dyn ObjectStore>, region: Region) -> Self {
        Self {
            store,
            region,
            required_region: Region::CN,
            prefix: Path::default(),
            local_root: None,
            chunk_rows: 1 << 20,
            row_group_rows: 1 << 16,
            orphan_age: Duration::from_hours(24),
            parts_per_bucket: 8,
            merged_bytes: 128 << 20,
            identity_bytes: 384 << 20,
            identity_entries: 1 << 19,
        }
    }

    /// Describes a lake in a local directory, which is made when it is not there.
    ///
    /// # Errors
    /// [`LakeError::Storage`] when the directory cannot be made or opened.
    pub fn local(directory: &FsPath, region: Region) -> Result<Self, LakeError> {
        let files = DurableFiles::open(directory)?;
        let root = files.root().to_owned();
        Ok(Self {
            local_root: Some(root),
            ..Self::new(Arc::new(files), region)
        })
    }

    /// Describes a lake on storage that speaks S3 and answers `If-Match` and `If-None-Match` on writes.
    ///
    /// # Errors
    /// [`LakeError::Storage`] when the settings do not fit together.
    pub fn s3(settings: &S3Settings, region: Region) -> Result<Self, LakeError> {
        let store = AmazonS3Builder::new()
            .with_endpoint(&settings.endpoint)
            .with_bucket_name(&settings.bucket)
            .with_region(&settings.service_region)
            .with_access_key_id(&settings.access_key_id)
            .with_secret_access_key(&settings.secret_access_key)
            .with_allow_http(settings.allow_http)
            .with_conditional_put(S3ConditionalPut::ETagMatch)
            .build()?;
        Ok(Self::new(Arc::new(store), region))
    }

    /// Says how many entries a file of an identity map holds: no more than the vault seals in one piece by far.
    pub(crate) fn entries_per_segment(&self) -> usize {
        self.identity_entries.clamp(1, 1 << 21)
    }

    /// Refuses a store outside the region where the data must stay.
    ///
    /// # Errors
    /// [`LakeError::Region`], naming the clause.
    ///
    /// # Clause
    /// R13
    pub(crate) fn check_region(&self) -> Result<(), LakeError> {
        clause::hit!(R13);
        if self.region == self.required_region {
            Ok(())
        } else {
            Err(LakeError::Region {
                clause: ClauseId::r(13),
                required: self.required_region,
                found: self.region,
            })
        }
    }
}
