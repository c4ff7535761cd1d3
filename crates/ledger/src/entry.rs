use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use yuntu_terms::{ClauseId, Digest, InvalidDigest, Timestamp};

use crate::error::{InvalidEntryKind, LeafError};
use crate::{canonical, tree};

/// One fact in the log: what happened, when, under which clauses, by whom, and the particulars.
///
/// The body is whole numbers, text, lists and maps; fractional numbers are refused, because their text form is not
/// one. It holds no personal data: persons appear as [`Pseudonym`]s only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// What happened.
    pub kind: EntryKind,
    /// When it happened.
    pub at: Timestamp,
    /// The clauses of the statement that it answers to, in the order of the writer.
    pub clauses: Vec<ClauseId>,
    /// Who did it.
    pub actor: Pseudonym,
    /// The particulars; the log never looks inside.
    pub body: Value,
}

impl Entry {
    /// Writes the entry in its one canonical form.
    ///
    /// # Errors
    /// [`LeafError`] when the body holds a fraction, is nested too deeply, or the whole is longer than 65535 bytes.
    pub fn to_leaf(&self) -> Result<Leaf, LeafError> {
        // Written by hand because every entry passes here twice: the keys are in order, and no value but the body holds
        // a character to escape.
        let mut bytes = format!(
            "{{\"actor\":\"{}\",\"at\":\"{}\",\"body\":",
            self.actor, self.at
        )
        .into_bytes();
        canonical::write(&self.body, canonical::LEAF_DEPTH_MAX, &mut bytes)?;
        let mut rest = String::from(",\"clauses\":[");
        for (place, clause) in self.clauses.iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            // Writing to a string does not fail.
            write!(rest, "{comma}\"{clause}\"").unwrap_or_default();
        }
        write!(rest, "],\"kind\":\"{}\"}}", self.kind).unwrap_or_default();
        bytes.extend_from_slice(rest.as_bytes());
        if bytes.len() > Leaf::BYTES_MAX {
            return Err(LeafError::TooLong);
        }
        Ok(Leaf(bytes))
    }
}

/// The bytes of an entry in canonical JSON, which is what the log hashes and keeps.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Leaf(Vec<u8>);

impl Leaf {
    /// The longest leaf that the format's two length bytes can announce.
    pub const BYTES_MAX: usize = u16::MAX as usize;

    /// Takes bytes that were written by [`Entry::to_leaf`].
    ///
    /// # Errors
    /// [`LeafError`] when they are not an entry in canonical form: reading and writing them must give the same bytes.
    pub fn from_bytes(bytes: Vec<u8>) -> Result<Self, LeafError> {
        if bytes.len() > Self::BYTES_MAX {
            return Err(LeafError::TooLong);
        }
        let leaf = Self(bytes);
        leaf.entry()?;
        Ok(leaf)
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Returns the bytes, to be stored.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    /// Reads the entry.
    ///
    /// # Errors
    /// [`LeafError::NotCanonical`] never happens for a leaf that this crate made.
    pub fn entry(&self) -> Result<Entry, LeafError> {
        parse(&self.0)
    }

    /// Returns the hash of the leaf in the tree (RFC 6962: SHA-256 of a zero byte and the leaf).
    #[must_use]
    pub fn hash(&self) -> Digest {
        tree::leaf_hash(&self.0)
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Leaf({} bytes, {})", self.0.len(), self.hash())
    }
}

/// Reads an entry and refuses bytes that writing it again would not give.
pub(crate) fn parse(bytes: &[u8]) -> Result<Entry, LeafError> {
    let entry: Entry =
        serde_json::from_slice(bytes).map_err(|_malformed| LeafError::NotCanonical)?;
    if entry.to_leaf()?.0 == bytes {
        Ok(entry)
    } else {
        Err(LeafError::NotCanonical)
    }
}

/// What an entry tells: lower-case words joined by full stops, such as `permit.recorded`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EntryKind(Cow<'static, str>);

impl EntryKind {
    /// The longest kind.
    pub const BYTES_MAX: usize = 64;

    /// Makes a kind that is known when the program is compiled.
    ///
    /// # Panics
    /// At compile time, when used in a constant with a text that is not a kind.
    #[must_use]
    pub const fn known(text: &'static str) -> Self {
        assert!(is_kind(text.as_bytes()), "not an entry kind");
        Self(Cow::Borrowed(text))
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

const fn is_kind(mut text: &[u8]) -> bool {
    if text.len() > EntryKind::BYTES_MAX {
        return false;
    }
    let mut word_open = false;
    while let [first, rest @ ..] = text {
        match *first {
            b'a'..=b'z' => word_open = true,
            b'0'..=b'9' | b'_' if word_open => {}
            b'.' if word_open => word_open = false,
            _ => return false,
        }
        text = rest;
    }
    word_open
}

impl fmt::Display for EntryKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for EntryKind {
    type Err = InvalidEntryKind;

    fn from_str(text: &str) -> Result<Self, InvalidEntryKind> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for EntryKind {
    type Error = InvalidEntryKind;

    fn try_from(text: String) -> Result<Self, InvalidEntryKind> {
        if is_kind(text.as_bytes()) {
            Ok(Self(Cow::Owned(text)))
        } else {
            Err(InvalidEntryKind(()))
        }
    }
}

impl From<EntryKind> for String {
    fn from(kind: EntryKind) -> Self {
        kind.0.into_owned()
    }
}

/// A person in the log: a keyed hash made by the vault; destroying the key makes it point to nobody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Pseudonym(Digest);

impl Pseudonym {
    /// Takes the value of the vault's keyed hash; an unkeyed hash of an identifier is not a pseudonym.
    #[must_use]
    pub const fn from_mac(mac: Digest) -> Self {
        Self(mac)
    }

    /// Returns the keyed hash.
    #[must_use]
    pub const fn as_digest(&self) -> &Digest {
        &self.0
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Pseudonym {
    type Err = InvalidDigest;

    fn from_str(text: &str) -> Result<Self, InvalidDigest> {
        text.parse().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn entry() -> Entry {
        Entry {
            kind: EntryKind::known("permit.recorded"),
            at: Timestamp::from_micros(1_000_001),
            clauses: vec![ClauseId::r(22), ClauseId::u(4)],
            actor: Pseudonym::from_mac(Digest::new([7; 32])),
            body: json!({"rows": 3, "a": [true]}),
        }
    }

    #[test]
    fn a_leaf_is_sorted_and_reads_back() {
        let leaf = entry().to_leaf().unwrap();
        let text = format!(
            "{{\"actor\":\"{}\",\"at\":\"1970-01-01T00:00:01.000001Z\",\"body\":{{\"a\":[true],\"rows\":3}},\
             \"clauses\":[\"R22\",\"U4\"],\"kind\":\"permit.recorded\"}}",
            "07".repeat(32)
        );
        assert_eq!(leaf.as_bytes(), text.as_bytes());
        assert_eq!(leaf.entry(), Ok(entry()));
        assert_eq!(Leaf::from_bytes(leaf.clone().into_bytes()), Ok(leaf));
    }

    #[test]
    fn a_leaf_in_another_spelling_is_refused() {
        let good = String::from_utf8(entry().to_leaf().unwrap().into_bytes()).unwrap();
        for bad in [
            good.replace(".000001Z", ".0000010Z"),
            good.replace("Z\"", "+00:00\""),
            good.replace("\"R22\"", "\"R022\""),
            good.replace("{\"a\"", "{ \"a\""),
            good.replace("\"kind\"", "\"extra\":1,\"kind\""),
            good.replace("permit.recorded", "Permit.recorded"),
            good.replace("0707", "07 7"),
        ] {
            assert_ne!(bad, good);
            assert_eq!(
                Leaf::from_bytes(bad.into_bytes()),
                Err(LeafError::NotCanonical)
            );
        }
    }

    #[test]
    fn a_leaf_longer_than_its_length_field_is_refused() {
        let mut long = entry();
        long.body = json!("x".repeat(Leaf::BYTES_MAX));
        assert_eq!(long.to_leaf(), Err(LeafError::TooLong));
        long.body = json!(1.5);
        assert_eq!(long.to_leaf(), Err(LeafError::Fraction));
    }

    #[test]
    fn kinds_are_words_joined_by_full_stops() {
        for good in ["a", "a.b", "permit.recorded", "a1_b.c"] {
            assert!(good.parse::<EntryKind>().is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "A",
            "1",
            "a b",
            "中",
            &"a".repeat(65),
        ] {
            assert!(bad.parse::<EntryKind>().is_err(), "{bad}");
        }
    }
}
