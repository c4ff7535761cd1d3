use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{MAX_MIB, StatementError};

/// The files of a statement, in the order they are read.
pub const FILES: [&str; 14] = [
    "meta.toml",
    "commitments.toml",
    "clauses-u.toml",
    "clauses-r.toml",
    "controls.toml",
    "purposes.toml",
    "categories.toml",
    "cookies.toml",
    "regions.toml",
    "retention.toml",
    "rights.toml",
    "contacts.toml",
    "partners.toml",
    "exceptions.toml",
];

/// The texts of the files of one statement, not yet parsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources(BTreeMap<&'static str, String>);

impl Sources {
    /// Takes the texts of all files.
    ///
    /// # Errors
    /// [`StatementError`] when a file is absent, unknown or too large.
    pub fn new(files: impl IntoIterator<Item = (String, String)>) -> Result<Self, StatementError> {
        let mut texts = BTreeMap::new();
        for (name, text) in files {
            let Some(known) = FILES.into_iter().find(|file| *file == name) else {
                return Err(StatementError::UnknownFile { file: name });
            };
            if text.len() > MAX_MIB << 20 {
                return Err(StatementError::TooLarge { file: name });
            }
            texts.insert(known, text);
        }
        match FILES.into_iter().find(|file| !texts.contains_key(file)) {
            Some(file) => Err(StatementError::MissingFile { file }),
            None => Ok(Self(texts)),
        }
    }

    /// Reads the files of a folder; what is not a `.toml` file is left alone.
    ///
    /// # Errors
    /// [`StatementError`] when the folder or a file cannot be read, or is not a file of a statement.
    pub fn read_dir(folder: &Path) -> Result<Self, StatementError> {
        let unreadable = |path: &Path, error: &std::io::Error| StatementError::Unreadable {
            file: path.display().to_string(),
            kind: error.kind(),
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(|error| unreadable(folder, &error))? {
            let path = entry.map_err(|error| unreadable(folder, &error))?.path();
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let name = path
                .file_name()
                .map(|name| name.to_string_lossy().into_owned())
                .unwrap_or_default();
            let size = fs::metadata(&path).map_err(|error| unreadable(&path, &error))?;
            if size.len() > (MAX_MIB as u64) << 20 {
                return Err(StatementError::TooLarge { file: name });
            }
            let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error))?;
            let text = String::from_utf8(bytes).map_err(|error| {
                let valid = error.utf8_error().valid_up_to();
                let before = error.as_bytes().iter().take(valid);
                StatementError::NotText {
                    file: name.clone(),
                    line: 1 + before.filter(|byte| **byte == b'\n').count(),
                }
            })?;
            files.push((name, text));
        }
        Self::new(files)
    }

    /// Returns the statement of version 1, which is part of the program.
    pub(crate) fn v1() -> Self {
        let files = [
            ("meta.toml", include_str!("../data/v1/meta.toml")),
            (
                "commitments.toml",
                include_str!("../data/v1/commitments.toml"),
            ),
            ("clauses-u.toml", include_str!("../data/v1/clauses-u.toml")),
            ("clauses-r.toml", include_str!("../data/v1/clauses-r.toml")),
            ("controls.toml", include_str!("../data/v1/controls.toml")),
            ("purposes.toml", include_str!("../data/v1/purposes.toml")),
            (
                "categories.toml",
                include_str!("../data/v1/categories.toml"),
            ),
            ("cookies.toml", include_str!("../data/v1/cookies.toml")),
            ("regions.toml", include_str!("../data/v1/regions.toml")),
            ("retention.toml", include_str!("../data/v1/retention.toml")),
            ("rights.toml", include_str!("../data/v1/rights.toml")),
            ("contacts.toml", include_str!("../data/v1/contacts.toml")),
            ("partners.toml", include_str!("../data/v1/partners.toml")),
            (
                "exceptions.toml",
                include_str!("../data/v1/exceptions.toml"),
            ),
        ];
        Self(
            files
                .into_iter()
                .map(|(name, text)| (name, text.to_owned()))
                .collect(),
        )
    }

    /// Lists the files with their texts, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, text)| (*name, text.as_str()))
    }

    /// Parses one file.
    pub(crate) fn parse<T: DeserializeOwned>(
        &self,
        file: &'static str,
    ) -> Result<T, StatementError> {
        let text = self
            .0
            .get(file)
            .ok_or(StatementError::MissingFile { file })?;
        parse_toml(file, text)
    }
}

/// Parses a file of data and says where it is wrong.
pub(crate) fn parse_toml<T: DeserializeOwned>(
    file: &'static str,
    text: &str,
) -> Result<T, StatementError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start);
        let before = text.get(..at).unwrap_or(text);
        let column = before.chars().rev().take_while(|c| *c != '\n').count();
        StatementError::Malformed {
            file,
            line: before.matches('\n').count() + 1,
            column: column + 1,
            detail: error.message().replace('\n', " "),
        }
    })
}
