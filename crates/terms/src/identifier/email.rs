use zeroize::Zeroizing;

use super::IdentifierError;
use super::signs::{mask, signs};
use crate::{Pii, clause};

/// The longest mail address that a server must take (RFC 5321), in bytes.
const LEN_MAX: usize = 254;
const LOCAL_LEN_MAX: usize = 64;
const LABEL_LEN_MAX: usize = 63;

/// A mail address, kept in lower case: no provider in use tells two people apart by the case of a letter, and people
/// type it either way.
///
/// Whether it is anybody's is shown by a code sent to it. Quoted names and addresses of machines (`user@[192.0.2.1]`)
/// are not taken.
///
/// # Clause
/// U1
#[derive(Debug)]
pub struct EmailAddress(Pii<String>);

impl EmailAddress {
    /// Brings an address to its normal form: half width, lower case.
    ///
    /// # Errors
    /// Why it is no mail address.
    pub fn normal(text: &str) -> Result<Zeroizing<String>, IdentifierError> {
        let text = text.trim();
        let mut address = Zeroizing::new(String::with_capacity(text.len()));
        let mut in_domain = false;
        for (place, sign) in signs(text) {
            let sign = match sign {
                '@' if !in_domain => {
                    in_domain = true;
                    sign
                }
                // The full stops of Chinese typing (IDNA).
                '\u{3002}' | '\u{ff61}' if in_domain => '.',
                _ if is_allowed(sign, in_domain) => sign,
                _ => return Err(IdentifierError::Character { place }),
            };
            address.extend(sign.to_lowercase());
        }
        if address.is_empty() {
            return Err(IdentifierError::Empty);
        }
        let (local, domain) = address.split_once('@').ok_or(IdentifierError::MailForm)?;
        let labels = || domain.split('.');
        let well_formed = (1..=LOCAL_LEN_MAX).contains(&local.len())
            && labels().count() >= 2
            && labels().all(is_label)
            && labels()
                .next_back()
                .is_some_and(|last| !last.bytes().all(|b| b.is_ascii_digit()));
        if !well_formed {
            return Err(IdentifierError::MailForm);
        }
        if address.len() > LEN_MAX {
            let (found, least, most) = (address.len(), 6, LEN_MAX);
            return Err(IdentifierError::Length { found, least, most });
        }
        Ok(address)
    }

    /// Takes an address that a person typed.
    ///
    /// # Errors
    /// Why it is no mail address.
    pub fn parse(text: &str) -> Result<Self, IdentifierError> {
        clause::hit!(U1);
        Self::normal(text).map(|mut address| Self(Pii::new(std::mem::take(&mut *address))))
    }

    /// Shows the first sign of the name and the domain, the rest of the name hidden.
    #[must_use]
    pub fn masked(&self) -> String {
        self.0.digest(|address| match address.split_once('@') {
            // A name of one sign would be shown whole.
            Some((local, domain)) if local.chars().count() > 1 => {
                format!("{}@{domain}", mask(local, 1, 0))
            }
            Some((_, domain)) => format!("*@{domain}"),
            None => mask(address, 0, 0),
        })
    }

    /// Lends the address under its protection.
    #[must_use]
    pub const fn as_pii(&self) -> &Pii<String> {
        &self.0
    }

    /// Returns the address under its protection.
    #[must_use]
    pub fn into_pii(self) -> Pii<String> {
        self.0
    }
}

fn is_allowed(sign: char, in_domain: bool) -> bool {
    if in_domain {
        return sign.is_alphanumeric() || matches!(sign, '-' | '.');
    }
    // The signs that RFC 5322 gives a meaning of their own need quotes, which nobody's address has.
    !sign.is_whitespace() && !sign.is_control() && !"()<>[]:;@\\,\"".contains(sign)
}

fn is_label(label: &str) -> bool {
    (1..=LABEL_LEN_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn error(text: &str) -> IdentifierError {
        EmailAddress::parse(text).unwrap_err()
    }

    #[test]
    fn spellings_of_a_mail_address_meet() {
        let _mark = clause::check!(U1);
        for spelling in [
            "li.lei@example.cn",
            " Li.Lei@Example.CN ",
            "ｌｉ．ｌｅｉ＠ｅｘａｍｐｌｅ．ｃｎ",
            "li.lei@example。cn",
            "\u{200b}li.lei@example.cn",
        ] {
            let address = EmailAddress::parse(spelling).unwrap();
            address
                .as_pii()
                .digest(|address| assert_eq!(address, "li.lei@example.cn", "{spelling}"));
        }
        for good in [
            "a+b@x.example",
            "李雷@例子.中国",
            "a..b@docomo.example",
            "o'neil@x-y.example",
        ] {
            assert_eq!(EmailAddress::normal(good).unwrap().as_str(), good);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(error(" "), IdentifierError::Empty);
        assert_eq!(
            error("a b@example.cn"),
            IdentifierError::Character { place: 2 }
        );
        assert_eq!(
            error("a@@example.cn"),
            IdentifierError::Character { place: 3 }
        );
        assert_eq!(
            error("a@example.cn\r\nBcc: b"),
            IdentifierError::Character { place: 13 }
        );
        assert_eq!(
            error("<a@example.cn>"),
            IdentifierError::Character { place: 1 }
        );
        assert_eq!(
            error("a@exa_mple.cn"),
            IdentifierError::Character { place: 6 }
        );
        let long_name = format!("{}@example.cn", "a".repeat(65));
        let long_label = format!("a@{}.cn", "a".repeat(64));
        for bad in [
            "example.cn",
            "@example.cn",
            "a@",
            "a@b",
            "a@example..cn",
            "a@.cn",
            "a@-x.cn",
            "a@192.0.2.1",
            &long_name,
            &long_label,
        ] {
            assert_eq!(error(bad), IdentifierError::MailForm, "{bad}");
        }
        let long = format!("a@{}cn", "abcdefgh.".repeat(30));
        assert_eq!(
            error(&long),
            IdentifierError::Length {
                found: 274,
                least: 6,
                most: 254
            }
        );
    }

    #[test]
    fn an_address_is_not_printed_and_shown_masked() {
        let address = EmailAddress::parse("li.lei@example.cn").unwrap();
        assert_eq!(format!("{address:?}"), "EmailAddress([redacted])");
        assert_eq!(address.masked(), "l*****@example.cn");
        assert_eq!(
            EmailAddress::parse("l@example.cn").unwrap().masked(),
            "*@example.cn"
        );
    }

    proptest! {
        #[test]
        fn a_normal_form_is_its_own_normal_form(text in "[\\PC]{1,12}@[\\PC]{1,12}\\.[\\PC]{1,4}") {
            if let Ok(normal) = EmailAddress::normal(&text) {
                prop_assert_eq!(EmailAddress::normal(&normal).unwrap(), normal);
            }
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,40}") {
            let _answer = EmailAddress::parse(&text);
        }
    }
}
