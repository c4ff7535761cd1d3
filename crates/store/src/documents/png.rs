use super::fault::FileFault;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// The chunks that a reader must understand; a file with another of that kind is no common PNG.
const CRITICAL: [&[u8; 4]; 4] = [b"IHDR", b"PLTE", b"IDAT", b"IEND"];

/// Walks the chunks: the header first, each with its checksum, and nothing after the end.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), FileFault> {
    let mut rest = bytes.strip_prefix(SIGNATURE).ok_or(FileFault::Damaged)?;
    let (mut first, mut pixels) = (true, false);
    loop {
        let (length, after) = rest.split_first_chunk::<4>().ok_or(FileFault::Damaged)?;
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
        let end = length.checked_add(4).ok_or(FileFault::Damaged)?;
        let (checked, after) = after.split_at_checked(end).ok_or(FileFault::Damaged)?;
        let (sum, after) = after.split_first_chunk::<4>().ok_or(FileFault::Damaged)?;
        let (kind, _content) = checked.split_first_chunk::<4>().ok_or(FileFault::Damaged)?;
        let right = crc32(checked) == u32::from_be_bytes(*sum);
        let additional =
            matches!(kind, [b'a'..=b'z', ..]) && kind.iter().all(u8::is_ascii_alphabetic);
        let known = additional || CRITICAL.contains(&kind);
        if !right || !known || first != (kind == b"IHDR") {
            return Err(FileFault::Damaged);
        }
        pixels |= kind == b"IDAT";
        if kind == b"IEND" {
            if !pixels || length != 0 {
                return Err(FileFault::Damaged);
            }
            return if after.is_empty() {
                Ok(())
            } else {
                Err(FileFault::Appended)
            };
        }
        (first, rest) = (false, after);
    }
}

/// The checksum of the standard (ISO 3309).
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let sum = bytes.iter().fold(u32::MAX, |sum, byte| {
        (0..8).fold(sum ^ u32::from(*byte), |sum, _bit| {
            let carried = if sum & 1 == 1 { 0xedb8_8320 } else { 0 };
            sum >> 1 ^ carried
        })
    });
    !sum
}
