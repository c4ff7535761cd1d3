use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::Size;

/// Counts up when the rule below changes, so that an older file is made anew.
const VERSION: u32 = 1;

const EVENT_TYPES: &[&str] = &["view", "click", "search", "cart", "purchase"];
const CHANNELS: &[&str] = &["app", "web", "store", "mini", "mail"];
const SECONDS_PER_DAY: u64 = 86_400;
const DAYS: u64 = 365;
/// 2025-01-01T00:00:00Z.
const FIRST_SECOND: u64 = 1_735_689_600;

/// The files that every contestant reads: made once by a seeded rule, the same bytes on every machine.
#[derive(Debug)]
pub(super) struct Dataset {
    folder: PathBuf,
}

impl Dataset {
    /// Makes the files unless they are there.
    pub(super) fn prepare(folder: &Path, size: Size) -> Result<Self> {
        let dataset = Self {
            folder: folder.join(format!("data-{}-{VERSION}", size.name())),
        };
        let done = dataset.folder.join("done");
        if !done.exists() {
            fs::create_dir_all(&dataset.folder)?;
            write_events(BufWriter::new(File::create(dataset.events())?), size)?;
            write_consent(BufWriter::new(File::create(dataset.consent())?), size)?;
            File::create(done)?;
        }
        Ok(dataset)
    }

    /// Events in the order of time: `member,event_type,channel,amount,happened`.
    pub(super) fn events(&self) -> PathBuf {
        self.folder.join("events.csv")
    }

    /// The members who consent: `member`.
    pub(super) fn consent(&self) -> PathBuf {
        self.folder.join("consent.csv")
    }
}

fn write_events(mut file: impl Write, size: Size) -> Result<()> {
    let mut random = Random(0x5EED);
    writeln!(file, "member,event_type,channel,amount,happened")?;
    let events = u64::from(size.events());
    for event in 0..events {
        let member = member(random.below(u64::from(size.people())));
        // Steps of a funnel: each type is about half as frequent as the one before it.
        let step = random.next().trailing_ones() as usize % EVENT_TYPES.len();
        let event_type = EVENT_TYPES.get(step).unwrap_or(&"view");
        let channel = random.below(CHANNELS.len() as u64);
        let channel = usize::try_from(channel)
            .ok()
            .and_then(|at| CHANNELS.get(at));
        let amount = if *event_type == "purchase" {
            1 + random.below(50_000)
        } else {
            0
        };
        let second = FIRST_SECOND + event * (DAYS * SECONDS_PER_DAY) / events;
        writeln!(
            file,
            "{member},{event_type},{},{amount},{second}",
            channel.unwrap_or(&"app")
        )?;
    }
    file.flush()?;
    Ok(())
}

fn write_consent(mut file: impl Write, size: Size) -> Result<()> {
    let mut random = Random(0xC0_45E4);
    writeln!(file, "member")?;
    for person in 0..u64::from(size.people()) {
        if random.below(100) < 60 {
            writeln!(file, "{}", member(person))?;
        }
    }
    file.flush()?;
    Ok(())
}

/// Members have numbers of eight digits, so that a peer may keep them as integers.
const fn member(person: u64) -> u64 {
    10_000_000 + person
}

/// `SplitMix64`: small, seeded, good enough to spread events over people.
struct Random(u64);

impl Random {
    const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_the_same_every_time() {
        let make = || {
            let mut bytes = Vec::new();
            write_consent(&mut bytes, Size::S).unwrap();
            bytes
        };
        let one = make();
        assert_eq!(one, make());
        let members = String::from_utf8(one).unwrap().lines().count() - 1;
        assert!((59_000..61_000).contains(&members), "{members}");
        assert_eq!(Random(0x5EED).next(), Random(0x5EED).next());
    }
}
