use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use yuntu_terms::Timestamp;

use crate::disk;
use crate::{Insertion, KeyScope, KeyShelf, Replacement, ShelfError, Shelved, WrappedKey};

const MAGIC: &[u8; 5] = b"YKEY\x01";
const BYTES_MAX: u64 = 1024;
const MARK: &str = "destroyed";

/// A key shelf in a folder: one directory a scope, one file a key version.
///
/// Writers take turns by a lock on the folder, across processes too; readers need none. Names hold ids and dense
/// numbers, never personal data.
///
/// # Clause
/// R22
#[derive(Debug, Clone)]
pub struct FolderShelf(Arc<Folder>);

#[derive(Debug)]
struct Folder {
    root: PathBuf,
}

impl FolderShelf {
    /// Opens a shelf, making the folder when it is not there.
    ///
    /// # Errors
    /// [`ShelfError::Unavailable`] when the folder cannot be made or written to.
    pub async fn open(root: &Path) -> Result<Self, ShelfError> {
        let root = root.to_path_buf();
        run(move || {
            disk::make_dir(&root)?;
            let folder = Folder { root };
            drop(folder.lock()?);
            disk::sync_parent(&folder.root)?;
            Ok(Self(Arc::new(folder)))
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Folder) -> Result<T, ShelfError> + Send + 'static,
    ) -> Result<T, ShelfError> {
        let folder = Arc::clone(&self.0);
        run(move || work(&folder)).await
    }
}

async fn run<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ShelfError> + Send + 'static,
) -> Result<T, ShelfError> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(ShelfError::unavailable)?
}

impl From<io::Error> for ShelfError {
    fn from(error: io::Error) -> Self {
        Self::unavailable(error)
    }
}

#[async_trait]
impl KeyShelf for FolderShelf {
    async fn load(&self, scope: KeyScope) -> Result<Shelved, ShelfError> {
        self.with(move |folder| folder.load(scope)).await
    }

    async fn insert(&self, key: &WrappedKey) -> Result<Insertion, ShelfError> {
        let key = key.clone();
        self.with(move |folder| folder.insert(&key)).await
    }

    async fn replace(&self, old: &WrappedKey, bytes: &[u8]) -> Result<Replacement, ShelfError> {
        let (old, bytes) = (old.clone(), bytes.to_vec());
        self.with(move |folder| folder.replace(&old, &bytes)).await
    }

    async fn below(
        &self,
        scope: KeyScope,
        after: Option<KeyScope>,
        limit: usize,
    ) -> Result<Vec<KeyScope>, ShelfError> {
        self.with(move |folder| folder.below(scope, after, limit))
            .await
    }

    async fn destroy(&self, scope: KeyScope, at: Timestamp) -> Result<(), ShelfError> {
        self.with(move |folder| folder.destroy(scope, at)).await
    }
}

impl Folder {
    fn lock(&self) -> Result<File, ShelfError> {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(self.root.join("lock"))?;
        file.lock()?;
        Ok(file)
    }

    fn dir(&self, scope: KeyScope) -> PathBuf {
        match scope {
            KeyScope::Platform
            | KeyScope::Enterprise(_)
            | KeyScope::Representative(_)
            | KeyScope::Account(_) => self.root.join(scope.to_string()),
            KeyScope::Part(enterprise, part) => {
                let above = self.dir(KeyScope::Enterprise(enterprise));
                above.join("parts").join(part.to_string())
            }
            KeyScope::Subject(enterprise, subject) => {
                let above = self.dir(KeyScope::Enterprise(enterprise));
                above.join("subjects").join(subject.to_string())
            }
        }
    }

    fn key_path(&self, scope: KeyScope, version: u32) -> PathBuf {
        self.dir(scope).join(format!("{version:010}.key"))
    }

    fn is_destroyed(&self, scope: KeyScope) -> io::Result<bool> {
        for scope in scope.ancestry() {
            if self.dir(scope).join(MARK).try_exists()? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn load(&self, scope: KeyScope) -> Result<Shelved, ShelfError> {
        let keys = self.keys(scope);
        // Asked after the keys were read: a destruction that ran meanwhile leaves its mark before it touches a key.
        if self.is_destroyed(scope)? {
            return Ok(Shelved::Destroyed);
        }
        let keys = keys?;
        Ok(if keys.is_empty() {
            Shelved::Absent
        } else {
            Shelved::Live(keys)
        })
    }

    fn keys(&self, scope: KeyScope) -> Result<Vec<WrappedKey>, ShelfError> {
        let mut keys = Vec::new();
        for entry in disk::entries(&self.dir(scope))? {
            if let Some(version) = version_of(&entry) {
                keys.push(WrappedKey {
                    scope,
                    version,
                    bytes: read_key(&entry.path())?,
                });
            }
        }
        keys.sort_by_key(|key| key.version);
        Ok(keys)
    }

    fn insert(&self, key: &WrappedKey) -> Result<Insertion, ShelfError> {
        let _lock = self.lock()?;
        if self.is_destroyed(key.scope)? {
            return Ok(Insertion::Destroyed);
        }
        let path = self.key_path(key.scope, key.version);
        if path.try_exists()? {
            return Ok(Insertion::Taken);
        }
        self.make_dir_of(key.scope)?;
        disk::write_new(&path, &framed(&key.bytes))?;
        Ok(Insertion::New)
    }

    /// Makes the directory of a scope and the names of it and those above durable.
    fn make_dir_of(&self, scope: KeyScope) -> io::Result<()> {
        let dir = self.dir(scope);
        if dir.try_exists()? {
            return Ok(());
        }
        disk::make_dir(&dir)?;
        for made in dir.ancestors().take_while(|made| **made != self.root) {
            disk::sync_parent(made)?;
        }
        Ok(())
    }

    fn replace(&self, old: &WrappedKey, bytes: &[u8]) -> Result<Replacement, ShelfError> {
        let _lock = self.lock()?;
        let path = self.key_path(old.scope, old.version);
        if self.is_destroyed(old.scope)? || !path.try_exists()? || read_key(&path)? != old.bytes {
            return Ok(Replacement::Changed);
        }
        disk::replace(&path, &framed(bytes))?;
        Ok(Replacement::Done)
    }

    fn below(
        &self,
        scope: KeyScope,
        after: Option<KeyScope>,
        limit: usize,
    ) -> Result<Vec<KeyScope>, ShelfError> {
        let mut children = match scope {
            KeyScope::Platform => scopes_in(&self.root, "")?,
            KeyScope::Enterprise(enterprise) => {
                let dir = self.dir(scope);
                let mut children = scopes_in(&dir.join("parts"), &format!("{enterprise}/"))?;
                let subjects = format!("{enterprise}/subject/");
                children.extend(scopes_in(&dir.join("subjects"), &subjects)?);
                children
            }
            KeyScope::Part(..)
            | KeyScope::Subject(..)
            | KeyScope::Representative(_)
            | KeyScope::Account(_) => Vec::new(),
        };
        children.retain(|child| {
            child.parent() == Some(scope) && after.is_none_or(|after| *child > after)
        });
        children.sort_unstable();
        let mut live = Vec::new();
        for child in children {
            if live.len() >= limit {
                break;
            }
            let dir = self.dir(child);
            let has_key = disk::entries(&dir)?.iter().any(|e| version_of(e).is_some());
            if has_key && !dir.join(MARK).try_exists()? {
                live.push(child);
            }
        }
        Ok(live)
    }

    fn destroy(&self, scope: KeyScope, at: Timestamp) -> Result<(), ShelfError> {
        let _lock = self.lock()?;
        let dir = self.dir(scope);
        let mark = dir.join(MARK);
        if !mark.try_exists()? {
            self.make_dir_of(scope)?;
            // The mark comes first: after a crash the scope counts as destroyed, and repeating the call finishes.
            disk::write_new(&mark, at.to_string().as_bytes())?;
        }
        if scope == KeyScope::Platform {
            for entry in disk::entries(&self.root)? {
                if entry.file_type()?.is_dir() && entry.path() != dir {
                    disk::shred_dir(&entry.path())?;
                }
            }
        }
        for entry in disk::entries(&dir)? {
            if entry.file_type()?.is_dir() {
                disk::shred_dir(&entry.path())?;
            } else if entry.path() != mark {
                disk::shred(&entry.path())?;
            }
        }
        Ok(())
    }
}

fn scopes_in(dir: &Path, prefix: &str) -> io::Result<Vec<KeyScope>> {
    let entries = disk::entries(dir)?;
    Ok(entries
        .iter()
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter_map(|name| format!("{prefix}{name}").parse().ok())
        .collect())
}

fn version_of(entry: &fs::DirEntry) -> Option<u32> {
    let name = entry.file_name().into_string().ok()?;
    name.strip_suffix(".key")?.parse().ok()
}

fn framed(bytes: &[u8]) -> Vec<u8> {
    let mut content = MAGIC.to_vec();
    content.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
    content.extend_from_slice(bytes);
    content
}

fn read_key(path: &Path) -> Result<Vec<u8>, ShelfError> {
    let content = disk::read_at_most(&File::open(path)?, BYTES_MAX)?;
    let bytes = content
        .strip_prefix(MAGIC)
        .and_then(|rest| rest.split_first_chunk::<8>())
        .filter(|(len, bytes)| u64::from_be_bytes(**len) == bytes.len() as u64)
        .map(|(_, bytes)| bytes.to_vec());
    bytes.ok_or(ShelfError::Damaged)
}
