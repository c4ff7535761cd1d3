//! The one form of an identifier that is hashed, so that two spellings of it lead to one person.

use sha2::{Digest as _, Sha256};
use yuntu_terms::{EmailAddress, PhoneNumber};
use zeroize::Zeroizing;

use crate::mapping::{IdentifierForm, IdentifierKind};
use crate::report::RowFault;

/// The bytes that the keyed hash is computed over: SHA-256 of the normal form, or the hash the enterprise supplied.
pub(crate) type Canonical = Zeroizing<[u8; 32]>;

/// Returns the domain of the keyed hash. SHA-256 shares the plain form's, since that is hashed so before it is keyed.
pub(crate) fn domain(kind: &IdentifierKind, form: IdentifierForm) -> String {
    match form {
        IdentifierForm::Plain | IdentifierForm::Sha256 => format!("identity:{}", kind.code()),
        IdentifierForm::Md5 => format!("identity:{}:md5", kind.code()),
    }
}

/// Brings an identifier to its canonical bytes; nothing when it stands for a missing one.
pub(crate) fn canonical(
    kind: &IdentifierKind,
    form: IdentifierForm,
    text: &str,
) -> Result<Option<Canonical>, RowFault> {
    match form {
        IdentifierForm::Plain => {
            let Some(normal) = normal(kind, text)? else {
                return Ok(None);
            };
            let mut canonical = Zeroizing::new([0; 32]);
            canonical.copy_from_slice(&Sha256::digest(normal.as_bytes()));
            Ok(Some(canonical))
        }
        IdentifierForm::Sha256 => unhex(text.trim(), 32).map(Some),
        IdentifierForm::Md5 => unhex(text.trim(), 16).map(Some),
    }
}

/// Brings a plain identifier to its normal form; nothing when it stands for a missing one.
pub(crate) fn normal(
    kind: &IdentifierKind,
    text: &str,
) -> Result<Option<Zeroizing<String>>, RowFault> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    match kind {
        IdentifierKind::Phone => PhoneNumber::normal(text)
            .map(Some)
            .map_err(|_why| RowFault::NotAPhone),
        IdentifierKind::Email => EmailAddress::normal(text)
            .map(Some)
            .map_err(|_why| RowFault::NotAnEmail),
        IdentifierKind::Oaid | IdentifierKind::Idfa => device(kind, text),
        IdentifierKind::MemberId | IdentifierKind::Other(_) => {
            if text.len() > 256 || text.chars().any(char::is_control) {
                return Err(RowFault::NotAnIdentifier);
            }
            Ok(Some(Zeroizing::new(text.to_owned())))
        }
    }
}

/// Lowers a device id; the id of all zeros is what a device gives when the person said no.
fn device(kind: &IdentifierKind, text: &str) -> Result<Option<Zeroizing<String>>, RowFault> {
    let plausible = match kind {
        IdentifierKind::Idfa => is_uuid(text),
        IdentifierKind::Phone
        | IdentifierKind::Email
        | IdentifierKind::MemberId
        | IdentifierKind::Oaid
        | IdentifierKind::Other(_) => {
            (8..=64).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        }
    };
    if !plausible {
        return Err(RowFault::NotADeviceId);
    }
    if text.bytes().all(|b| matches!(b, b'0' | b'-')) {
        return Ok(None);
    }
    Ok(Some(Zeroizing::new(text.to_ascii_lowercase())))
}

/// Says whether a text has the form of a UUID with its hyphens.
pub(crate) fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn unhex(text: &str, len: usize) -> Result<Canonical, RowFault> {
    let digit = |byte: u8| {
        char::from(byte)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != len || !rest.is_empty() {
        return Err(RowFault::NotAHash);
    }
    let mut canonical = Zeroizing::new([0; 32]);
    for (byte, [high, low]) in canonical.iter_mut().zip(pairs) {
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else {
            return Err(RowFault::NotAHash);
        };
        *byte = high << 4 | low;
    }
    Ok(canonical)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal_of(kind: &IdentifierKind, text: &str) -> Option<String> {
        normal(kind, text)
            .ok()
            .flatten()
            .map(|normal| normal.to_string())
    }

    #[test]
    fn spellings_of_a_phone_number_or_a_mail_address_meet() {
        for text in ["13812345678", "+86 138 1234 5678", "１３８１２３４５６７８"] {
            let normal = normal_of(&IdentifierKind::Phone, text);
            assert_eq!(normal.as_deref(), Some("13812345678"), "{text}");
        }
        let normal = normal_of(&IdentifierKind::Email, " Li.Lei@Example.CN ");
        assert_eq!(normal.as_deref(), Some("li.lei@example.cn"));
    }

    #[test]
    fn what_is_no_identifier_is_named_by_its_kind() {
        for (kind, bad, fault) in [
            (IdentifierKind::Phone, "1381234567x", RowFault::NotAPhone),
            (IdentifierKind::Email, "a@b", RowFault::NotAnEmail),
        ] {
            assert_eq!(normal(&kind, bad).err(), Some(fault));
            assert_eq!(normal_of(&kind, " "), None);
        }
    }

    #[test]
    fn a_device_id_of_zeros_is_a_missing_one() {
        let zeros = "00000000-0000-0000-0000-000000000000";
        assert!(matches!(normal(&IdentifierKind::Idfa, zeros), Ok(None)));
        let id = "6D92078A-8246-4BA4-AE5B-76104861E7DC";
        assert_eq!(
            normal_of(&IdentifierKind::Idfa, id),
            Some(id.to_lowercase())
        );
        assert_eq!(
            normal(&IdentifierKind::Idfa, "x").err(),
            Some(RowFault::NotADeviceId)
        );
    }

    #[test]
    fn a_plain_identifier_meets_its_sha256() {
        let kind = IdentifierKind::Phone;
        let plain = canonical(&kind, IdentifierForm::Plain, "+86 13812345678")
            .unwrap()
            .unwrap();
        let hex = yuntu_terms::Digest::new(*plain).to_string().to_uppercase();
        let hashed = canonical(&kind, IdentifierForm::Sha256, &hex)
            .unwrap()
            .unwrap();
        assert_eq!(plain, hashed);
        assert!(canonical(&kind, IdentifierForm::Sha256, "zz").is_err());
        assert_ne!(
            domain(&kind, IdentifierForm::Plain),
            domain(&kind, IdentifierForm::Md5)
        );
    }
}
