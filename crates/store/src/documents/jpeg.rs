use super::fault::FileFault;

const MARK: u8 = 0xff;
const START: u8 = 0xd8;
const END: u8 = 0xd9;
const SCAN: u8 = 0xda;

/// Walks the segments and scans: a start, at least one scan, and nothing after the end.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), FileFault> {
    let mut rest = bytes
        .strip_prefix(&[MARK, START])
        .ok_or(FileFault::Damaged)?;
    let mut scans = 0;
    loop {
        let (kind, after) = marker(rest)?;
        match kind {
            END if scans == 0 => return Err(FileFault::Damaged),
            END if after.is_empty() => return Ok(()),
            END => return Err(FileFault::Appended),
            // A second start, and marks without a length that stand in scans alone.
            START | 0x00 | 0x01 | 0xd0..=0xd7 => return Err(FileFault::Damaged),
            _ => {}
        }
        let (length, _body) = after.split_first_chunk::<2>().ok_or(FileFault::Damaged)?;
        let length = usize::from(u16::from_be_bytes(*length));
        // The length counts its own two bytes.
        let (_segment, next) = (length >= 2)
            .then(|| after.split_at_checked(length))
            .flatten()
            .ok_or(FileFault::Damaged)?;
        rest = next;
        if kind == SCAN {
            scans += 1;
            rest = after_scan(next)?;
        }
    }
}

fn marker(bytes: &[u8]) -> Result<(u8, &[u8]), FileFault> {
    let mut rest = bytes.strip_prefix(&[MARK]).ok_or(FileFault::Damaged)?;
    loop {
        let (kind, after) = rest.split_first().ok_or(FileFault::Damaged)?;
        // A mark may be filled with more of its first byte.
        if *kind != MARK {
            return Ok((*kind, after));
        }
        rest = after;
    }
}

/// Passes the pixels of a scan, in which a mark is a stuffed byte or a restart.
fn after_scan(bytes: &[u8]) -> Result<&[u8], FileFault> {
    let place = bytes
        .windows(2)
        .position(|pair| matches!(pair, [MARK, 0x01..=0xcf | 0xd8..=0xfe]));
    place
        .and_then(|place| bytes.get(place..))
        .ok_or(FileFault::Damaged)
}
