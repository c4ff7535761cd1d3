//! A local directory as an object store whose writes survive a power cut.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path as FsPath, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use futures::stream::BoxStream;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result, UpdateVersion,
};
use yuntu_terms::Timestamp;

const STORE: &str = "local directory";

/// Numbers the staged files of this process, so that two lakes over one folder never stage under one name.
static STAGED: AtomicU64 = AtomicU64::new(0);

/// A local directory: a write is staged, synced, renamed, and its directory synced, before it counts.
///
/// `object_store`'s own local store neither syncs nor knows conditional updates, and the manifests need both.
#[derive(Debug)]
pub(crate) struct DurableFiles {
    inner: LocalFileSystem,
    root: PathBuf,
}

impl DurableFiles {
    /// Opens the directory, making it when it is not there.
    pub(crate) fn open(root: &FsPath) -> Result<Self> {
        fs::create_dir_all(root).map_err(failed)?;
        let root = root.canonicalize().map_err(failed)?;
        let inner = LocalFileSystem::new_with_prefix(&root)?;
        Ok(Self { inner, root })
    }

    /// Returns the directory.
    pub(crate) fn root(&self) -> &FsPath {
        &self.root
    }

    // INVARIANT: `#` and digits at the end make a name that the inner store neither lists nor serves.
    fn staging_path(target: &FsPath) -> PathBuf {
        let number = STAGED.fetch_add(1, Ordering::Relaxed);
        let mut name = target.as_os_str().to_owned();
        name.push(format!("#{}{number:06}", std::process::id()));
        PathBuf::from(name)
    }

    async fn check_version(&self, location: &Path, wanted: &UpdateVersion) -> Result<()> {
        let found = match self.inner.head(location).await {
            Ok(meta) => meta.e_tag,
            Err(Error::NotFound { .. }) => None,
            Err(error) => return Err(error),
        };
        if found.is_some() && found == wanted.e_tag {
            Ok(())
        } else {
            Err(Error::Precondition {
                path: location.to_string(),
                source: "the object has changed".into(),
            })
        }
    }
}

impl fmt::Display for DurableFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(STORE)
    }
}

#[async_trait]
impl ObjectStore for DurableFiles {
    async fn put_opts(
        &self,
        location: &Path,
        payload: PutPayload,
        opts: PutOptions,
    ) -> Result<PutResult> {
        let target = self.inner.path_to_filesystem(location)?;
        let staging = Self::staging_path(&target);
        let lock = match &opts.mode {
            PutMode::Update(wanted) => {
                let lock = blocking({
                    let root = self.root.clone();
                    move || lock_updates(&root)
                })
                .await?;
                self.check_version(location, wanted).await?;
                Some(lock)
            }
            PutMode::Overwrite | PutMode::Create => None,
        };
        let create = opts.mode == PutMode::Create;
        let shown = location.to_string();
        blocking(move || {
            let done =
                write_staged(&staging, &payload).and_then(|()| publish(&staging, &target, create));
            if done.is_err() {
                // The first error is the one to tell; a staged file left over is swept later.
                drop(fs::remove_file(&staging));
            }
            drop(lock);
            done.map_err(|error| {
                if error.kind() == io::ErrorKind::AlreadyExists {
                    Error::AlreadyExists {
                        path: shown,
                        source: Box::new(error),
                    }
                } else {
                    failed(error)
                }
            })
        })
        .await?;
        let meta = self.inner.head(location).await?;
        Ok(PutResult {
            e_tag: meta.e_tag,
            version: None,
        })
    }

    async fn put_multipart_opts(
        &self,
        _location: &Path,
        _opts: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        Err(Error::NotImplemented {
            operation: "multipart upload".into(),
            implementer: STORE.into(),
        })
    }

    async fn get_opts(&self, location: &Path, options: GetOptions) -> Result<GetResult> {
        self.inner.get_opts(location, options).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<Path>>,
    ) -> BoxStream<'static, Result<Path>> {
        self.inner.delete_stream(locations)
    }

    fn list(&self, prefix: Option<&Path>) -> BoxStream<'static, Result<ObjectMeta>> {
        self.inner.list(prefix)
    }

    async fn list_with_delimiter(&self, prefix: Option<&Path>) -> Result<ListResult> {
        self.inner.list_with_delimiter(prefix).await
    }

    async fn copy_opts(&self, from: &Path, to: &Path, options: CopyOptions) -> Result<()> {
        self.inner.copy_opts(from, to, options).await
    }
}

fn failed(error: io::Error) -> Error {
    Error::Generic {
        store: STORE,
        source: Box::new(error),
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|source| Error::JoinError { source })?
}

/// Takes the lock under which conditional updates of one directory happen one after another.
fn lock_updates(root: &FsPath) -> Result<Arc<File>> {
    let lock = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .open(root.join(".lock"))
        .map_err(failed)?;
    lock.lock().map_err(failed)?;
    Ok(Arc::new(lock))
}

fn write_staged(staging: &FsPath, payload: &PutPayload) -> io::Result<()> {
    if let Some(parent) = staging.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(staging)?;
    for bytes in payload {
        file.write_all(bytes)?;
    }
    file.sync_all()
}

fn publish(staging: &FsPath, target: &FsPath, create: bool) -> io::Result<()> {
    if create {
        fs::hard_link(staging, target)?;
        fs::remove_file(staging)?;
    } else {
        fs::rename(staging, target)?;
    }
    match target.parent() {
        Some(parent) => File::open(parent)?.sync_all(),
        None => Ok(()),
    }
}

/// Removes staged files that a crash left, once they are older than a moment.
pub(crate) fn sweep(root: &FsPath, before: Timestamp) -> io::Result<u64> {
    let mut swept = 0;
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(entry.path());
                continue;
            }
            let name = entry.file_name();
            let staged = name
                .to_string_lossy()
                .rsplit_once('#')
                .is_some_and(|(_, number)| {
                    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
                });
            if kind.is_file() && staged && modified(&entry.metadata()?) < before {
                fs::remove_file(entry.path())?;
                swept += 1;
            }
        }
    }
    Ok(swept)
}

fn modified(meta: &fs::Metadata) -> Timestamp {
    Timestamp::from_micros(meta.mtime().saturating_mul(1_000_000) + meta.mtime_nsec() / 1_000)
}
