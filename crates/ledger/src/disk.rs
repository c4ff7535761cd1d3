//! The few file operations that change a log, behind a trait so that tests can cut any of them short.

use std::fmt;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// What an append does to the file system.
pub(crate) trait Disk: Send + Sync + fmt::Debug {
    /// Makes a folder whose parent exists; `false` when it was there already.
    fn make_folder(&self, path: &Path) -> io::Result<bool>;
    /// Writes a file, which need not outlive a power cut before [`sync`](Self::sync).
    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;
    /// Makes the contents of files, and the names inside folders, outlive a power cut.
    fn sync(&self, paths: &[PathBuf]) -> io::Result<()>;
    /// Puts one file in the place of another, in one step.
    fn replace(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove_file(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder and the files in it.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
}

/// The machine's file system.
#[derive(Debug)]
pub(crate) struct RealDisk;

/// More would not make the device quicker.
const SYNC_THREADS: usize = 8;

impl Disk for RealDisk {
    fn make_folder(&self, path: &Path) -> io::Result<bool> {
        match fs::create_dir(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        fs::write(path, bytes)
    }

    fn sync(&self, paths: &[PathBuf]) -> io::Result<()> {
        let sync = |path: &PathBuf| File::open(path)?.sync_all();
        let [first, others @ ..] = paths else {
            return Ok(());
        };
        if others.is_empty() {
            return sync(first);
        }
        // At the same time, because journalling file systems then flush them together.
        let share = paths.len().div_ceil(SYNC_THREADS);
        std::thread::scope(|scope| {
            let threads: Vec<_> = paths
                .chunks(share)
                .map(|chunk| scope.spawn(move || chunk.iter().try_for_each(sync)))
                .collect();
            threads.into_iter().try_for_each(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|_panic| Err(io::Error::other("a thread ended early")))
            })
        })
    }

    fn replace(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove_file(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        fs::remove_dir_all(path)
    }
}
