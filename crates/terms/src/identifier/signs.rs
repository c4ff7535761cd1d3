use zeroize::Zeroizing;

use super::IdentifierError;

/// Lists the signs of a text as they were meant, in half width, each with its place in what was typed, counted from 1.
///
/// Left out are the signs that nobody sees and that come along when a number is copied from an address book or a page.
pub(super) fn signs(text: &str) -> impl Iterator<Item = (usize, char)> {
    text.chars()
        .enumerate()
        .map(|(index, sign)| (index + 1, half_width(sign)))
        .filter(|(_, sign)| !is_invisible(*sign))
}

fn half_width(sign: char) -> char {
    match sign {
        // The full-width forms follow the order of ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0).unwrap_or(sign),
        '\u{3000}' | '\u{a0}' => ' ',
        '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
        _ => sign,
    }
}

/// Zero-width signs, direction marks and the soft hyphen.
const fn is_invisible(sign: char) -> bool {
    matches!(
        sign,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}

/// Says whether a sign only groups the digits of a number.
pub(super) fn is_separator(sign: char) -> bool {
    sign == '-' || sign.is_whitespace()
}

/// Collects the characters of a number without its separators; `accept` turns the character of an index (from 0) into
/// the one that is kept, or refuses it.
pub(super) fn collect(
    text: &str,
    (least, most): (usize, usize),
    accept: impl Fn(usize, char) -> Option<char>,
) -> Result<Zeroizing<String>, IdentifierError> {
    let mut kept = Zeroizing::new(String::with_capacity(most));
    let mut found = 0;
    for (place, sign) in signs(text).filter(|(_, sign)| !is_separator(*sign)) {
        // What lies beyond the end is only counted.
        if found < most {
            kept.push(accept(found, sign).ok_or(IdentifierError::Character { place })?);
        }
        found += 1;
    }
    match found {
        0 => Err(IdentifierError::Empty),
        _ if (least..=most).contains(&found) => Ok(kept),
        _ => Err(IdentifierError::Length { found, least, most }),
    }
}

/// Reads a number of so many digits as people type it: a code, a number of a kind that has no type of its own.
///
/// # Errors
/// Why it is no such number.
pub fn read_digits(text: &str, len: usize) -> Result<Zeroizing<String>, IdentifierError> {
    collect(text, (len, len), digit)
}

/// Accepts a decimal digit, for [`collect`].
pub(super) fn digit(_index: usize, sign: char) -> Option<char> {
    sign.is_ascii_digit().then_some(sign)
}

/// Returns the digits' values; a sign that is no digit counts as 0, so the caller checks first.
pub(super) fn values(digits: &str) -> impl DoubleEndedIterator<Item = u32> {
    digits.chars().map(|sign| sign.to_digit(10).unwrap_or(0))
}

/// Shows the first and the last signs with a star for each sign between.
pub(super) fn mask(text: &str, first: usize, last: usize) -> String {
    let count = text.chars().count();
    let shown = |index: usize| index < first || index >= count.saturating_sub(last);
    text.chars()
        .enumerate()
        .map(|(index, sign)| if shown(index) { sign } else { '*' })
        .collect()
}
