//! The drop area: a folder or a part of an object store where each enterprise puts files by itself, in a folder of its own.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path as FsPath, PathBuf};
use std::sync::Arc;

use futures::{FutureExt, TryStreamExt};
use object_store::path::Path;
use object_store::{GetOptions, ObjectStore, ObjectStoreExt};
use yuntu_terms::{EnterpriseId, clause};
use zeroize::Zeroizing;

use crate::config::{LakeConfig, S3Settings};
use crate::error::{LakeError, PathFault, SourceFault};
use crate::import::blocking;
use crate::paged::{PAGE, PagedReader};
use crate::source::Source;

/// How many files one path may stand for.
const FILES_MAX: usize = 10_000;
/// How long a path may be.
const PATH_BYTES_MAX: usize = 1_024;

/// Where enterprises put files for the platform to read.
#[derive(Debug, Clone)]
pub struct DropArea(Area);

#[derive(Debug, Clone)]
enum Area {
    Folder(PathBuf),
    Store {
        store: Arc<dyn ObjectStore>,
        prefix: Path,
    },
}

impl DropArea {
    /// Uses a local folder, which must be there.
    ///
    /// # Errors
    /// The error of the file system.
    pub fn folder(folder: &FsPath) -> io::Result<Self> {
        Ok(Self(Area::Folder(folder.canonicalize()?)))
    }

    /// Uses storage that speaks S3.
    ///
    /// # Errors
    /// [`LakeError::Storage`] when the settings do not fit together.
    pub fn s3(settings: &S3Settings, prefix: &str) -> Result<Self, LakeError> {
        let store = LakeConfig::s3(settings, yuntu_terms::Region::CN)?.store;
        let prefix = prefix.into();
        Ok(Self(Area::Store { store, prefix }))
    }

    /// Lists the files that a path stands for, in the order of their names: the file itself, or every one below it.
    ///
    /// Names that begin with a point are left out: programs write so what is not whole yet.
    ///
    /// # Errors
    /// [`PathFault`] in [`LakeError::Source`], [`LakeError::Storage`].
    ///
    /// # Clause
    /// R23
    pub async fn list(
        &self,
        enterprise: EnterpriseId,
        path: &str,
    ) -> Result<Vec<String>, LakeError> {
        clause::hit!(R23);
        let steps = steps(path)?;
        let mut found = match &self.0 {
            Area::Folder(root) => {
                let root = root.join(enterprise.to_string());
                let steps: PathBuf = steps.iter().collect();
                blocking(move || Ok(walk(&root, &steps)?)).await?
            }
            Area::Store { store, prefix } => {
                let own = prefix.clone().join(enterprise.to_string());
                listed(&**store, &own, &steps.join("/")).await?
            }
        };
        if found.is_empty() {
            return Err(fault(PathFault::Nothing).into());
        }
        found.sort_unstable();
        Ok(found)
    }

    /// Opens one file, which is read where it lies.
    ///
    /// # Errors
    /// [`PathFault`] in [`LakeError::Source`], [`SourceFault::Read`], [`LakeError::Storage`].
    ///
    /// # Clause
    /// R23
    pub async fn open(&self, enterprise: EnterpriseId, path: &str) -> Result<Source, LakeError> {
        clause::hit!(R23);
        let steps = steps(path)?;
        match &self.0 {
            Area::Folder(root) => {
                let root = root.join(enterprise.to_string());
                let steps: PathBuf = steps.iter().collect();
                blocking(move || Ok(open_plain(&root, &steps)?)).await
            }
            Area::Store { store, prefix } => {
                let own = prefix.clone().join(enterprise.to_string());
                opened(Arc::clone(store), below(&own, &steps.join("/"))?).await
            }
        }
    }
}

const fn fault(fault: PathFault) -> SourceFault {
    SourceFault::Path(fault)
}

/// Cuts a path into its names; what could lead elsewhere is none.
fn steps(path: &str) -> Result<Vec<&str>, SourceFault> {
    let path = path.strip_suffix('/').unwrap_or(path);
    let is_name = |step: &&str| {
        let mut components = FsPath::new(step).components();
        matches!(components.next(), Some(Component::Normal(_)))
            && components.next().is_none()
            && !step.contains(['\\', '\0'])
            && !step.chars().any(char::is_control)
    };
    let steps: Vec<_> = path.split('/').collect();
    if path.len() > PATH_BYTES_MAX || !steps.iter().all(is_name) {
        return Err(fault(PathFault::Outside));
    }
    Ok(steps)
}

/// Lists the plain files at or below a place of an enterprise's folder, by their paths inside it.
fn walk(root: &FsPath, steps: &FsPath) -> Result<Vec<String>, SourceFault> {
    let mut found = Vec::new();
    let mut waiting = vec![steps.to_owned()];
    while let Some(place) = waiting.pop() {
        no_links(root, &place)?;
        let full = root.join(&place);
        let meta = fs::symlink_metadata(&full).map_err(missing)?;
        if meta.is_file() {
            found.extend(place.to_str().map(str::to_owned));
            if found.len() > FILES_MAX {
                return Err(fault(PathFault::TooMany));
            }
            continue;
        }
        if !meta.is_dir() {
            return Err(fault(PathFault::Link));
        }
        for entry in fs::read_dir(&full)? {
            let name = entry?.file_name();
            if !name.to_string_lossy().starts_with('.') {
                waiting.push(place.join(name));
            }
        }
    }
    Ok(found)
}

/// Refuses a place that is reached through a link, even one that leads back inside.
fn no_links(root: &FsPath, place: &FsPath) -> Result<(), SourceFault> {
    let mut reached = root.to_owned();
    for step in [None].into_iter().chain(place.components().map(Some)) {
        reached.extend(step);
        let meta = fs::symlink_metadata(&reached).map_err(missing)?;
        if meta.file_type().is_symlink() {
            return Err(fault(PathFault::Link));
        }
    }
    Ok(())
}

fn missing(error: io::Error) -> SourceFault {
    let kind = error.kind();
    if matches!(kind, io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) {
        fault(PathFault::Nothing)
    } else {
        SourceFault::Read(error)
    }
}

/// Opens a plain file; whoever exchanges it for a link meanwhile is found out.
fn open_plain(root: &FsPath, steps: &FsPath) -> Result<Source, SourceFault> {
    no_links(root, steps)?;
    let full = root.join(steps);
    if !fs::symlink_metadata(&full).map_err(missing)?.is_file() {
        return Err(fault(PathFault::Link));
    }
    let file = fs::File::open(&full).map_err(missing)?;
    let opened = file.metadata()?;
    no_links(root, steps)?;
    let there = fs::symlink_metadata(&full).map_err(missing)?;
    let same = (there.dev(), there.ino()) == (opened.dev(), opened.ino());
    // A file with a second name may be one of somebody else's.
    if !same || !opened.is_file() || opened.nlink() != 1 {
        return Err(fault(PathFault::Link));
    }
    Ok(Source::new(Box::new(file))?)
}

/// Names a place below an enterprise's folder, letter by letter as it is called.
fn below(own: &Path, path: &str) -> Result<Path, SourceFault> {
    Path::parse(format!("{own}/{path}")).map_err(|_sign| fault(PathFault::Outside))
}

async fn listed(store: &dyn ObjectStore, own: &Path, path: &str) -> Result<Vec<String>, LakeError> {
    let place = below(own, path)?;
    let mut found = Vec::new();
    let mut objects = store.list(Some(&place));
    while let Some(object) = objects.try_next().await? {
        let inside = object.location.as_ref().strip_prefix(own.as_ref());
        let inside = inside.and_then(|rest| rest.strip_prefix('/'));
        let whole = |path: &&str| !path.split('/').any(|name| name.starts_with('.'));
        found.extend(inside.filter(whole).map(str::to_owned));
        if found.len() > FILES_MAX {
            return Err(fault(PathFault::TooMany).into());
        }
    }
    if found.is_empty() {
        match store.head(&place).await {
            Ok(_meta) => found.push(path.to_owned()),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(found)
}

async fn opened(store: Arc<dyn ObjectStore>, path: Path) -> Result<Source, LakeError> {
    let meta = match store.head(&path).await {
        Ok(meta) => meta,
        Err(object_store::Error::NotFound { .. }) => return Err(fault(PathFault::Nothing).into()),
        Err(error) => return Err(error.into()),
    };
    let (bytes, e_tag) = (meta.size, meta.e_tag);
    let reader = PagedReader::new(bytes, move |page| {
        let (store, path, e_tag) = (Arc::clone(&store), path.clone(), e_tag.clone());
        async move {
            let start = page * PAGE as u64;
            let options = GetOptions {
                range: Some((start..(start + PAGE as u64).min(bytes)).into()),
                // One that was exchanged meanwhile is another file.
                if_match: e_tag,
                ..GetOptions::default()
            };
            let found = store.get_opts(&path, options).await.map_err(as_io)?;
            let found = found.bytes().await.map_err(as_io)?;
            Ok(Zeroizing::new(found.to_vec()))
        }
        .boxed()
    });
    Ok(Source::new(Box::new(reader)).map_err(SourceFault::Read)?)
}

fn as_io(error: object_store::Error) -> io::Error {
    let kind = if matches!(error, object_store::Error::NotFound { .. }) {
        io::ErrorKind::NotFound
    } else if matches!(error, object_store::Error::Precondition { .. }) {
        io::ErrorKind::InvalidData
    } else {
        io::ErrorKind::Other
    };
    io::Error::new(kind, error)
}
