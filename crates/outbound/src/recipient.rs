use std::fmt;

use serde::{Deserialize, Serialize};
use yuntu_terms::{MobileNumber, Pii, Sink};

const MAIL_BYTES_MAX: usize = 254;
const LOCAL_BYTES_MAX: usize = 64;
const LABEL_BYTES_MAX: usize = 63;

/// How a message reaches a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Medium {
    /// By mail.
    Mail,
    /// By a text message to a mobile number of the mainland.
    Sms,
}

impl Medium {
    /// Returns where personal data leaves the program on this way.
    #[must_use]
    pub const fn sink(self) -> Sink {
        match self {
            Self::Mail => Sink::Mail,
            Self::Sms => Sink::Sms,
        }
    }

    pub(crate) fn accepts(self, address: &str) -> bool {
        match self {
            Self::Mail => is_mail(address),
            Self::Sms => MobileNumber::normal(address).is_ok_and(|number| *number == address),
        }
    }
}

/// A person's address, checked for its form.
pub struct Recipient {
    pub(crate) medium: Medium,
    pub(crate) address: Pii<String>,
}

/// The text is not an address to which a message can go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRecipient {
    /// Not a mail address.
    #[error("not a mail address: expected name@domain in ASCII, such as li@example.cn")]
    Mail,
    /// Not a mobile number of the mainland.
    #[error("not a mobile number: expected 11 digits that begin with 13 to 19")]
    Sms,
}

impl Recipient {
    /// Takes a mail address: a name without quotes and a domain, both in ASCII (a domain in other scripts comes as
    /// `xn--…`).
    ///
    /// # Errors
    /// [`InvalidRecipient::Mail`] for whatever else.
    pub fn mail(address: Pii<String>) -> Result<Self, InvalidRecipient> {
        Self::checked(Medium::Mail, address).ok_or(InvalidRecipient::Mail)
    }

    /// Takes a mobile number of the mainland, as people type it.
    ///
    /// # Errors
    /// [`InvalidRecipient::Sms`] for whatever else, numbers abroad among them (R13).
    pub fn sms(number: Pii<String>) -> Result<Self, InvalidRecipient> {
        let number = number.map(|text| {
            MobileNumber::normal(text)
                .map(|mut number| std::mem::take(&mut *number))
                .unwrap_or_default()
        });
        Self::checked(Medium::Sms, number).ok_or(InvalidRecipient::Sms)
    }

    fn checked(medium: Medium, address: Pii<String>) -> Option<Self> {
        let mut good = false;
        let address = address.map(|text| {
            good = medium.accepts(text);
            text.clone()
        });
        good.then_some(Self { medium, address })
    }

    /// Returns how a message reaches this address.
    #[must_use]
    pub const fn medium(&self) -> Medium {
        self.medium
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recipient")
            .field("medium", &self.medium)
            .finish_non_exhaustive()
    }
}

/// Says whether the text is a dot-atom, `@` and a domain (RFC 5321, without quoted names and address literals).
///
/// Neither part can hold a space, an angle bracket or a line break: whatever passes is safe in a command and a header.
pub(crate) fn is_mail(address: &str) -> bool {
    let Some((local, domain)) = address.split_once('@') else {
        return false;
    };
    let atom = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b))
    };
    address.len() <= MAIL_BYTES_MAX
        && local.len() <= LOCAL_BYTES_MAX
        && local.split('.').all(atom)
        && is_domain(domain)
}

/// Says whether the text is a name of at least two labels, the last of which is not a number.
pub(crate) fn is_domain(domain: &str) -> bool {
    let label = |part: &str| {
        (1..=LABEL_BYTES_MAX).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label)
        && !last.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(text: &str) -> Result<Recipient, InvalidRecipient> {
        Recipient::mail(Pii::new(text.to_owned()))
    }

    fn sms(text: &str) -> Result<Recipient, InvalidRecipient> {
        Recipient::sms(Pii::new(text.to_owned()))
    }

    #[test]
    fn an_address_cannot_carry_a_command_or_a_header() {
        for good in [
            "li@example.cn",
            "li.wei+x@mail.example.com",
            "a@xn--fiqs8s.cn",
        ] {
            assert!(mail(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "li",
            "@example.cn",
            "li@",
            "li@example",
            "li@127.0.0.1",
            "li@example.cn\r\nRCPT TO:<b@example.cn>",
            "li@example.cn\n",
            "li@example.cn> SIZE=1",
            "li wei@example.cn",
            "\"li\r\n\"@example.cn",
            "a@b@example.cn",
            "li@-example.cn",
            "li..wei@example.cn",
            "li@example.cn, b@example.cn",
            "li@例子.cn",
        ] {
            assert!(mail(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_number_is_a_mobile_of_the_mainland() {
        assert!(sms("13800000000").is_ok());
        assert!(sms("+8613800000000").is_ok());
        // The stored form is the 11 digits, and nothing else is taken from storage.
        assert!(Medium::Sms.accepts("13800000000"));
        assert!(!Medium::Sms.accepts("+8613800000000"));
        for bad in [
            "",
            "12800000000",
            "1380000000",
            "138000000000",
            "+85291234567",
            "13800000000,13900000000",
            "1380000000x",
        ] {
            assert!(sms(bad).is_err(), "{bad:?}");
        }
    }
}
