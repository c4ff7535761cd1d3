use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Result, bail};

/// The golden files of the repository: path and content.
pub(super) type Goldens = BTreeMap<String, Vec<u8>>;

/// Reads the golden files, so that a test that rewrites one is noticed.
pub(super) fn digest(root: &Path) -> Result<Goldens> {
    let mut found = Goldens::new();
    for folder in ["crates", "golden"] {
        collect(root, &root.join(folder), &mut found)?;
    }
    Ok(found)
}

/// Fails when the tests have changed a golden file or left a proposal for one.
pub(super) fn unchanged(root: &Path, before: &Goldens) -> Result<()> {
    let changed = differences(before, &digest(root)?);
    if changed.is_empty() {
        return Ok(());
    }
    bail!("golden files are not up to date: {}", changed.join(", "))
}

fn differences(before: &Goldens, after: &Goldens) -> Vec<String> {
    let gone = before.keys().filter(|path| !after.contains_key(*path));
    let other = after
        .iter()
        .filter(|(path, content)| before.get(*path) != Some(*content) || proposed(path))
        .map(|(path, _)| path);
    gone.chain(other).cloned().collect()
}

/// A snapshot that a test proposes lies beside the accepted one under this ending.
fn proposed(path: &str) -> bool {
    Path::new(path).extension().is_some_and(|e| e == "new")
}

fn collect(root: &Path, folder: &Path, found: &mut Goldens) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, found)?;
        } else if is_golden(&path) {
            let relative = path.strip_prefix(root)?.to_string_lossy().into_owned();
            found.insert(relative, fs::read(&path)?);
        }
    }
    Ok(())
}

fn is_golden(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str());
    let snapshot = matches!(extension, Some("snap" | "new"));
    snapshot || path.components().any(|part| part.as_os_str() == "golden")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_added_or_proposed_golden_file_is_found() {
        let files = |list: &[(&str, &str)]| -> Goldens {
            let own = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
            list.iter().map(own).collect()
        };
        let before = files(&[("golden/a.txt", "1"), ("golden/b.txt", "2")]);
        assert!(differences(&before, &before).is_empty());
        let after = files(&[("golden/a.txt", "9"), ("golden/c.snap.new", "3")]);
        assert_eq!(
            differences(&before, &after),
            ["golden/b.txt", "golden/a.txt", "golden/c.snap.new"]
        );
        let left = files(&[("golden/c.snap.new", "3")]);
        assert_eq!(differences(&left, &left), ["golden/c.snap.new"]);
    }
}
