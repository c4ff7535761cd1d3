//! What of a ledger everybody may have: hashes, never an entry.

use std::fs;
use std::io;
use std::path::Path;

/// The highest level of tiles that a log of 2^64 entries has.
const LEVEL_MAX: u8 = 63;

/// The name of a tile of hashes, as C2SP tlog-tiles writes it: `0/000`, `0/x001/234`, `1/000.p/17`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HashTile(String);

impl HashTile {
    /// Reads a name; anything else, a path out of the folder or a bundle of entries above all, is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (level, rest) = text.split_once('/')?;
        let number: u8 = level.parse().ok()?;
        if number > LEVEL_MAX || number.to_string() != level {
            return None;
        }
        let path = match rest.split_once(".p/") {
            Some((path, width)) => {
                let width: u8 = width.parse().ok().filter(|it| *it > 0)?;
                rest.ends_with(&format!(".p/{width}")).then_some(path)?
            }
            None => rest,
        };
        let mut parts = path.split('/').rev();
        let last = parts.next()?;
        let thousand = |part: &str| part.len() == 3 && part.bytes().all(|it| it.is_ascii_digit());
        let sound =
            thousand(last) && parts.all(|part| part.strip_prefix('x').is_some_and(thousand));
        sound.then(|| Self(text.to_owned()))
    }

    /// Reads the tile from the folder of a ledger, if it is there.
    ///
    /// # Errors
    /// [`io::Error`] when it is there and cannot be read.
    pub fn read(&self, ledger: &Path) -> io::Result<Option<Vec<u8>>> {
        match fs::read(ledger.join("tile").join(&self.0)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound
                        | io::ErrorKind::NotADirectory
                        | io::ErrorKind::IsADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_hash_tiles_are_read() {
        for name in [
            "0/000",
            "63/999",
            "0/x001/234",
            "1/x001/x002/003",
            "0/000.p/1",
            "2/x001/067.p/255",
        ] {
            assert_eq!(HashTile::parse(name), Some(HashTile(name.to_owned())));
        }
        for name in [
            "",
            "0",
            "0/",
            "entries/000",
            "64/000",
            "00/000",
            "+1/000",
            "0/00",
            "0/0000",
            "0/x000",
            "0/000/000",
            "0/../000",
            "0/..",
            "/0/000",
            "0//000",
            "0/x001/../000",
            "0/000.p/0",
            "0/000.p/256",
            "0/000.p/01",
            "0/000.p/",
            "0/000.p/1.p/1",
            "0/00a",
            "0/٠٠٠",
            "0/000\0",
        ] {
            assert_eq!(HashTile::parse(name), None, "{name:?}");
        }
    }
}
