//! Files that appear whole or not at all, and leave as little behind as the medium allows.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

/// Makes a directory, and those above it, that only the owner may enter.
pub(crate) fn make_dir(path: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(path)
}

/// Writes a file that must not exist yet; durable when it returns.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let aside = write_aside(path, content)?;
    // Unlike a rename, a link fails when the name is taken.
    let linked = fs::hard_link(&aside, path);
    fs::remove_file(&aside)?;
    linked?;
    sync_parent(path)
}

/// Exchanges the content of a file; the old content is overwritten once the new one is durable.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let aside = write_aside(path, content)?;
    let old = OpenOptions::new().write(true).open(path)?;
    fs::rename(&aside, path)?;
    sync_parent(path)?;
    overwrite(old)
}

/// Overwrites a file with zeros and removes it; a file that is not there counts as removed.
///
/// A medium that writes elsewhere (copy-on-write, flash) may keep the old bytes for a while; they are wrapped keys,
/// of use only with the key above them.
pub(crate) fn shred(path: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).open(path) {
        Ok(file) => overwrite(file)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    }
    fs::remove_file(path)?;
    sync_parent(path)
}

/// Shreds all files below a directory and removes it; one that is not there counts as removed.
pub(crate) fn shred_dir(path: &Path) -> io::Result<()> {
    for entry in entries(path)? {
        if entry.file_type()?.is_dir() {
            shred_dir(&entry.path())?;
        } else {
            shred(&entry.path())?;
        }
    }
    match fs::remove_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Lists a directory; one that is not there is empty.
pub(crate) fn entries(path: &Path) -> io::Result<Vec<fs::DirEntry>> {
    match fs::read_dir(path) {
        Ok(entries) => entries.collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

/// Reads a file of at most `max` bytes; a longer one gives one byte more than that.
pub(crate) fn read_at_most(file: &File, max: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(max.saturating_add(1)).read_to_end(&mut content)?;
    Ok(content)
}

fn write_aside(path: &Path, content: &[u8]) -> io::Result<PathBuf> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let aside = PathBuf::from(name);
    // What a crash left there is unlinked, never overwritten: it may be a second name of the live file.
    match fs::remove_file(&aside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&aside)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(aside)
}

fn overwrite(mut file: File) -> io::Result<()> {
    const ZEROS: [u8; 4096] = [0; 4096];
    let mut left = file.metadata()?.len();
    file.seek(SeekFrom::Start(0))?;
    while left > 0 {
        let step = left.min(ZEROS.len() as u64);
        io::copy(&mut ZEROS.as_slice().take(step), &mut file)?;
        left -= step;
    }
    file.sync_all()
}

pub(crate) fn sync_parent(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        Some(_) | None => File::open(".")?.sync_all(),
    }
}
