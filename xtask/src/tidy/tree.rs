use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use super::Source;

/// The text files of the repository, with Rust sources already split into code, comments and tests.
#[derive(Debug)]
pub(super) struct Tree {
    sources: Vec<Source>,
    others: Vec<TextFile>,
    /// Files that are no text, such as pictures: known by their path only.
    opaque: Vec<String>,
}

/// A text file that is no Rust source.
#[derive(Debug)]
pub(super) struct TextFile {
    pub(super) path: String,
    pub(super) text: String,
}

/// Folders that hold no source of ours.
const SKIPPED: &[&str] = &["target", "out", "node_modules"];

/// Larger files are data, not text that a person wrote.
const LARGEST_TEXT_BYTES: u64 = 1_000_000;

impl Tree {
    /// Reads every text file below the folder.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        let mut opaque = Vec::new();
        collect(root, root, &mut files, &mut opaque)?;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        Ok(Self::from_files(files, opaque))
    }

    fn from_files(files: Vec<TextFile>, opaque: Vec<String>) -> Self {
        let mut sources = Vec::new();
        let mut others = Vec::new();
        for file in files {
            if is_rust(&file.path) {
                sources.push(Source::new(&file.path, &file.text));
            } else {
                others.push(file);
            }
        }
        let declared: Vec<String> = sources.iter().flat_map(Source::test_modules).collect();
        for source in &mut sources {
            if declared.contains(&source.path) {
                source.make_test();
            }
        }
        Self {
            sources,
            others,
            opaque,
        }
    }

    /// Makes a tree from snippets, for the tests of the rules.
    #[cfg(test)]
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| TextFile {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        };
        Self::from_files(files.iter().map(file).collect(), Vec::new())
    }

    pub(super) fn sources(&self) -> &[Source] {
        &self.sources
    }

    pub(super) fn others(&self) -> &[TextFile] {
        &self.others
    }

    /// Lists the files that are no Rust source by the ending of their name.
    pub(super) fn with_extension<'a>(
        &'a self,
        extension: &'a str,
    ) -> impl Iterator<Item = &'a TextFile> {
        let same = move |path: &str| Path::new(path).extension().is_some_and(|e| e == extension);
        self.others.iter().filter(move |file| same(&file.path))
    }

    pub(super) fn other(&self, path: &str) -> Option<&TextFile> {
        self.others.iter().find(|file| file.path == path)
    }

    /// Says whether a file or folder of the repository has this path.
    pub(super) fn holds(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        let same = |known: &str| known == path || known.starts_with(&folder);
        self.sources.iter().any(|source| same(&source.path))
            || self.others.iter().any(|file| same(&file.path))
            || self.opaque.iter().any(|path| same(path))
    }

    pub(super) fn len(&self) -> usize {
        self.sources.len() + self.others.len()
    }
}

fn collect(
    root: &Path,
    folder: &Path,
    files: &mut Vec<TextFile>,
    opaque: &mut Vec<String>,
) -> Result<()> {
    let entries = fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))?;
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let kind = fs::symlink_metadata(&path)?;
        if kind.is_dir() {
            let skipped = SKIPPED.contains(&&*name) || name.starts_with("target-");
            if !skipped && name != ".git" {
                collect(root, &path, files, opaque)?;
            }
        } else if kind.is_file() && name != "Cargo.lock" && name != ".git" {
            let relative = path.strip_prefix(root)?.to_string_lossy().into_owned();
            let small = kind.len() <= LARGEST_TEXT_BYTES;
            match fs::read_to_string(&path) {
                Ok(text) if small => files.push(TextFile {
                    path: relative,
                    text,
                }),
                _ => opaque.push(relative),
            }
        }
    }
    Ok(())
}

fn is_rust(path: &str) -> bool {
    Path::new(path)
        .extension()
        .is_some_and(|extension| extension == "rs")
}
