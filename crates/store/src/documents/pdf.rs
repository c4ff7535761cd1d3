use super::fault::FileFault;

const END: &[u8] = b"%%EOF";
const XREF: &[u8] = b"startxref";
/// The trailer's last lines: the word, the place and the end.
const TRAILER_BYTES: usize = 64;
/// What a paper needs not: code, actions that start programs, other files, films.
const ACTIVE: [&[u8]; 4] = [b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/RichMedia"];

/// Looks at the frame: the header at the first byte, the trailer at the last, nothing after it. Then at the names that
/// a paper needs not. They can be hidden in compressed parts, so a file is handed out as a download all the same.
pub(super) fn inspect(bytes: &[u8]) -> Result<(), FileFault> {
    let version = bytes.strip_prefix(b"%PDF-").ok_or(FileFault::Damaged)?;
    if !matches!(version, [b'1' | b'2', b'.', b'0'..=b'9', ..]) {
        return Err(FileFault::Damaged);
    }
    let whole = bytes.trim_ascii_end();
    let Some(body) = whole.strip_suffix(END) else {
        let ends = bytes.windows(END.len()).any(|window| window == END);
        return Err(if ends {
            FileFault::Appended
        } else {
            FileFault::Damaged
        });
    };
    let tail = body
        .get(body.len().saturating_sub(TRAILER_BYTES)..)
        .unwrap_or_default();
    let place = tail
        .windows(XREF.len())
        .rposition(|window| window == XREF)
        .and_then(|place| tail.get(place + XREF.len()..))
        .and_then(|number| std::str::from_utf8(number).ok())
        .and_then(|number| number.trim().parse::<usize>().ok());
    if place.is_none_or(|place| place >= bytes.len()) {
        return Err(FileFault::Damaged);
    }
    let names = names_of(bytes);
    let holds = |name: &[u8]| names.windows(name.len()).any(|window| window == name);
    if ACTIVE.into_iter().any(holds) {
        return Err(FileFault::Active);
    }
    if holds(b"/Encrypt") {
        return Err(FileFault::Encrypted);
    }
    Ok(())
}

/// Writes names as they are meant: any of their bytes may stand as `#` and two digits.
fn names_of(bytes: &[u8]) -> Vec<u8> {
    let digit = |byte: Option<&u8>| char::from(*byte?).to_digit(16);
    let mut plain = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some((&first, after)) = rest.split_first() {
        let escaped = (first == b'#')
            .then(|| Some(digit(after.first())? * 16 + digit(after.get(1))?))
            .flatten()
            .and_then(|byte| u8::try_from(byte).ok());
        plain.push(escaped.unwrap_or(first));
        rest = if escaped.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    plain
}
