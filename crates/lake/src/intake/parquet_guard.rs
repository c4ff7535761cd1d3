//! Limits that a Parquet file must keep before anything in it is unpacked.

use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};

use crate::error::{Look, SourceFault};
use crate::mapping::COLUMNS_MAX;
use crate::source::Source;

const MAGIC: &[u8; 4] = b"PAR1";
const MAGIC_ENCRYPTED: &[u8; 4] = b"PARE";
/// The footer is unpacked whole, into several times its size.
const FOOTER_BYTES_MAX: u64 = 16 << 20;
/// A page is unpacked whole; writers make pages of about 1 MiB.
const PAGE_BYTES_MAX: u64 = 64 << 20;
/// What a file may unpack to: real data packs to a tenth, constant columns to a thousandth.
const UNPACKED_BYTES_MIN: u64 = 1 << 30;
const UNPACKED_PER_BYTE: u64 = 1_000;
/// How many rows a file may declare.
const ROWS_MIN: u64 = 1 << 20;
const ROWS_PER_BYTE: u64 = 1_000;
/// A page header holds four numbers and perhaps two statistics.
const HEADER_BYTES_MAX: usize = 64 << 10;
const NESTING_MAX: u32 = 8;

/// Checks the frame of the file: its marks and the length of its footer.
pub(crate) fn check_frame(source: &Source) -> Result<(), SourceFault> {
    let len = source.len();
    if len == 0 {
        return Err(SourceFault::Empty);
    }
    let mut head = [0; 4];
    let mut tail = [0; 8];
    if len < 12 || !fill(source, 0, &mut head)? || !fill(source, len - 8, &mut tail)? {
        return Err(SourceFault::Format("Parquet"));
    }
    let [a, b, c, d, magic @ ..] = tail;
    if magic == *MAGIC_ENCRYPTED {
        return Err(SourceFault::Parquet("it is encrypted"));
    }
    if head != *MAGIC {
        if let Some(found) = Look::of(&head) {
            let wanted = "Parquet";
            return Err(SourceFault::OtherFile { found, wanted });
        }
        return Err(SourceFault::Format("Parquet"));
    }
    if magic != *MAGIC {
        return Err(SourceFault::Parquet("its end is missing"));
    }
    let footer = u64::from(u32::from_le_bytes([a, b, c, d]));
    if footer > len - 12 {
        return Err(SourceFault::Parquet("its footer is longer than the file"));
    }
    if footer > FOOTER_BYTES_MAX {
        return Err(SourceFault::Bomb("its footer"));
    }
    Ok(())
}

/// Checks what the footer declares, and what each page declares, against the size of the file.
pub(crate) fn check_contents(
    source: &Source,
    metadata: &ParquetMetaData,
) -> Result<(), SourceFault> {
    let file = metadata.file_metadata();
    if file.schema_descr().num_columns() > COLUMNS_MAX {
        return Err(SourceFault::TooManyColumns);
    }
    let declared = positive(file.num_rows())?;
    if declared > ROWS_MIN.saturating_add(source.len().saturating_mul(ROWS_PER_BYTE)) {
        return Err(SourceFault::Bomb("the number of rows"));
    }
    let mut rows = 0_u64;
    let mut unpacked = 0_u64;
    for group in metadata.row_groups() {
        rows = rows.saturating_add(positive(group.num_rows())?);
        unpacked = unpacked.saturating_add(check_group(source, group)?);
    }
    if rows != declared {
        return Err(SourceFault::Parquet("its row groups do not add up"));
    }
    let limit = UNPACKED_BYTES_MIN.saturating_add(source.len().saturating_mul(UNPACKED_PER_BYTE));
    if unpacked > limit {
        return Err(SourceFault::Bomb("its pages together"));
    }
    Ok(())
}

fn check_group(source: &Source, group: &RowGroupMetaData) -> Result<u64, SourceFault> {
    let mut unpacked = 0_u64;
    for column in group.columns() {
        if column.column_descr().max_rep_level() == 0 && column.num_values() != group.num_rows() {
            return Err(SourceFault::Parquet(
                "a column has another number of values than rows",
            ));
        }
        let start = match column.dictionary_page_offset() {
            // Some writers leave a zero where there is no dictionary.
            Some(offset) if offset > 0 => offset.min(column.data_page_offset()),
            _ => column.data_page_offset(),
        };
        let start = positive(start)?;
        let end = start.saturating_add(positive(column.compressed_size())?);
        if start < 4 || end > source.len() {
            return Err(SourceFault::Parquet("a column lies outside the file"));
        }
        unpacked = unpacked.saturating_add(check_pages(source, start, end)?);
    }
    Ok(unpacked)
}

/// Walks over the headers of a column's pages without unpacking one.
fn check_pages(source: &Source, start: u64, end: u64) -> Result<u64, SourceFault> {
    let mut unpacked = 0_u64;
    let mut at = start;
    let mut window = vec![0; 256];
    while at < end {
        let header = loop {
            let left = usize::try_from(end - at).unwrap_or(usize::MAX);
            let size = window.len().min(left);
            let bytes = window.get_mut(..size).unwrap_or_default();
            if !fill(source, at, bytes)? {
                return Err(SourceFault::Parquet("a page lies outside the file"));
            }
            match PageHeader::read(bytes) {
                Some(header) => break header,
                None if size == left || window.len() >= HEADER_BYTES_MAX => {
                    return Err(SourceFault::Parquet("a page header is damaged"));
                }
                None => window.resize(window.len() * 4, 0),
            }
        };
        let packed = positive(header.packed)?;
        let size = positive(header.unpacked)?;
        if size > PAGE_BYTES_MAX {
            return Err(SourceFault::Bomb("one page"));
        }
        unpacked = unpacked.saturating_add(size);
        at = at.saturating_add(header.len).saturating_add(packed);
    }
    if at == end {
        Ok(unpacked)
    } else {
        Err(SourceFault::Parquet(
            "a page runs over the end of its column",
        ))
    }
}

fn positive(number: i64) -> Result<u64, SourceFault> {
    u64::try_from(number).map_err(|_negative| SourceFault::Parquet("a size is negative"))
}

fn fill(source: &Source, offset: u64, buffer: &mut [u8]) -> std::io::Result<bool> {
    let mut done = 0;
    while let Some(rest) = buffer.get_mut(done..).filter(|rest| !rest.is_empty()) {
        let at = offset + u64::try_from(done).unwrap_or(0);
        match source.read_at(at, rest)? {
            0 => return Ok(false),
            count => done += count,
        }
    }
    Ok(true)
}

/// The sizes in a page header, which is a struct in Thrift's compact form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct PageHeader {
    unpacked: i64,
    packed: i64,
    len: u64,
}

impl PageHeader {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let (mut unpacked, mut packed) = (None, None);
        let mut field = 0_i64;
        loop {
            let head = byte(&mut rest)?;
            if head == 0 {
                break;
            }
            let kind = head & 0x0f;
            field = match head >> 4 {
                0 => zigzag(varint(&mut rest)?),
                delta => field + i64::from(delta),
            };
            match (field, kind) {
                (2, 5) => unpacked = Some(zigzag(varint(&mut rest)?)),
                (3, 5) => packed = Some(zigzag(varint(&mut rest)?)),
                _ => skip(&mut rest, kind, 0)?,
            }
        }
        let len = u64::try_from(bytes.len() - rest.len()).ok()?;
        Some(Self {
            unpacked: unpacked?,
            packed: packed?,
            len,
        })
    }
}

fn byte(rest: &mut &[u8]) -> Option<u8> {
    let [first, tail @ ..] = *rest else {
        return None;
    };
    *rest = tail;
    Some(*first)
}

fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let next = byte(rest)?;
        value |= u64::from(next & 0x7f) << shift;
        if next & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

fn zigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

fn skip(rest: &mut &[u8], kind: u8, nesting: u32) -> Option<()> {
    if nesting > NESTING_MAX {
        return None;
    }
    match kind {
        // A boolean field is its own value.
        1 | 2 => {}
        3 => drop(byte(rest)?),
        4..=6 => drop(varint(rest)?),
        7 => *rest = rest.get(8..)?,
        8 => {
            let len = usize::try_from(varint(rest)?).ok()?;
            *rest = rest.get(len..)?;
        }
        9 | 10 => {
            let head = byte(rest)?;
            let count = match head >> 4 {
                15 => varint(rest)?,
                count => u64::from(count),
            };
            for _ in 0..count {
                // INVARIANT: an element takes a byte at least, so this ends with the input.
                match head & 0x0f {
                    1 | 2 => drop(byte(rest)?),
                    kind => skip(rest, kind, nesting + 1)?,
                }
            }
        }
        12 => loop {
            let head = byte(rest)?;
            if head == 0 {
                break;
            }
            if head >> 4 == 0 {
                varint(rest)?;
            }
            skip(rest, head & 0x0f, nesting + 1)?;
        },
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_header_gives_its_sizes() {
        // type 0, unpacked 300, packed 40, a data page header with four numbers, the end.
        let bytes = [
            0x15, 0x00, 0x15, 0xd8, 0x04, 0x15, 0x50, 0x2c, 0x15, 0x0a, 0x15, 0x00, 0x15, 0x06,
            0x15, 0x06, 0x00, 0x00, 0xff,
        ];
        let wanted = PageHeader {
            unpacked: 300,
            packed: 40,
            len: 18,
        };
        assert_eq!(PageHeader::read(&bytes), Some(wanted));
        for end in 0..18 {
            assert_eq!(PageHeader::read(&bytes[..end]), None);
        }
    }

    proptest! {
        #[test]
        fn reading_a_page_header_never_panics(bytes: Vec<u8>) {
            let _answer = PageHeader::read(&bytes);
        }
    }
}
