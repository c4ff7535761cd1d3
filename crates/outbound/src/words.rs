//! The values that a message may hold; each is checked when made, so that no text can become a header or a tag.

use std::fmt;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop};

const LINE_CHARS_MAX: usize = 100;
const LINK_BYTES_MAX: usize = 1_000;
const CODE_DIGITS: usize = 6;

/// A value is not what a message may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidWord {
    /// The code is not six digits.
    #[error("not a code: expected 6 digits")]
    Code,
    /// The text is not one plain line.
    #[error(
        "not a line: expected 1 to 100 characters without line breaks, controls, invisible characters and addresses"
    )]
    Line,
    /// The address is not one that a message may point to.
    #[error(
        "not a link: expected https:// and at most 1000 characters without spaces, quotes and angle brackets"
    )]
    Link,
}

/// A verification code of six digits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(try_from = "String")]
pub struct Code(String);

/// One line of text that somebody typed, such as the name of an enterprise.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(try_from = "String")]
pub struct Line(String);

/// A page that a message points to: over TLS, or on this machine by its address.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[serde(try_from = "String")]
pub struct Link(String);

impl Code {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Line {
    /// Makes a line of any text, such as what a browser says of itself: what a line may not hold becomes a space, and
    /// the end is cut off.
    #[must_use]
    pub fn lossy(text: &str) -> Self {
        let spaced = text.replace("://", " ");
        let clean: String = spaced
            .chars()
            .map(|c| if is_hidden(c) { ' ' } else { c })
            .collect();
        let mut line = String::new();
        for word in clean.split_whitespace() {
            let gap = usize::from(!line.is_empty());
            let room = LINE_CHARS_MAX.saturating_sub(line.chars().count() + gap);
            if room == 0 {
                break;
            }
            if gap == 1 {
                line.push(' ');
            }
            line.extend(word.chars().take(room));
        }
        if line.is_empty() {
            line.push('–');
        }
        Self(line)
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Link {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for Code {
    type Error = InvalidWord;

    fn try_from(text: &str) -> Result<Self, InvalidWord> {
        let digits = text.len() == CODE_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidWord::Code)
    }
}

impl TryFrom<&str> for Line {
    type Error = InvalidWord;

    fn try_from(text: &str) -> Result<Self, InvalidWord> {
        let short = (1..=LINE_CHARS_MAX).contains(&text.chars().count());
        // A mail of ours must not carry a stranger's advertisement: programs turn such text into links.
        let plain = !text.chars().any(is_hidden) && !text.contains("://");
        let good = short && plain && text.trim() == text;
        good.then(|| Self(text.to_owned())).ok_or(InvalidWord::Line)
    }
}

impl TryFrom<&str> for Link {
    type Error = InvalidWord;

    fn try_from(text: &str) -> Result<Self, InvalidWord> {
        let clean = text.len() <= LINK_BYTES_MAX
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && !b"<>\"'`\\".contains(&byte));
        let safe = text.strip_prefix("https://").is_some_and(has_host)
            || text.strip_prefix("http://").is_some_and(is_loopback);
        (clean && safe)
            .then(|| Self(text.to_owned()))
            .ok_or(InvalidWord::Link)
    }
}

/// Says whether what follows the scheme begins with a host and without a name before it (`host@evil`).
fn has_host(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.starts_with(|c: char| c.is_ascii_alphanumeric()) && !authority.contains('@')
}

fn is_loopback(rest: &str) -> bool {
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    host == "localhost" || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Says whether the character ends a line, steers a terminal or changes the order in which text is read.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}')
}

macro_rules! guarded {
    ($($word:ident)*) => {$(
        impl TryFrom<String> for $word {
            type Error = InvalidWord;

            fn try_from(mut text: String) -> Result<Self, InvalidWord> {
                let word = Self::try_from(text.as_str());
                text.zeroize();
                word
            }
        }

        impl fmt::Debug for $word {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("[redacted]")
            }
        }
    )*};
}

guarded! { Code Line Link }

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_is_six_digits() {
        assert!(Code::try_from("004217").is_ok());
        for bad in ["", "12345", "1234567", "12345a", "１２３４５６", "12345\n"] {
            assert_eq!(Code::try_from(bad), Err(InvalidWord::Code), "{bad:?}");
        }
    }

    #[test]
    fn a_line_holds_no_break_no_hidden_character_and_no_address() {
        assert!(Line::try_from("上海某某科技有限公司 <R&D>").is_ok());
        for bad in [
            "",
            " x",
            "a\r\nBcc: b@example.cn",
            "a\nb",
            "a\0b",
            "a\u{2028}b",
            "abc\u{202e}cba",
            "win at https://evil.example",
        ] {
            assert_eq!(Line::try_from(bad), Err(InvalidWord::Line), "{bad:?}");
        }
        assert!(Line::try_from("长".repeat(100).as_str()).is_ok());
        assert!(Line::try_from("长".repeat(101).as_str()).is_err());
    }

    #[test]
    fn a_link_is_over_tls_or_on_this_machine() {
        for good in [
            "https://yuntu.example/invitations/a?b=c#d",
            "http://127.0.0.1:8080/x",
        ] {
            assert!(Link::try_from(good).is_ok(), "{good}");
        }
        for bad in [
            "http://yuntu.example/",
            "http://127.0.0.1.evil.example/",
            "http://127.0.0.1@evil.example/",
            "https://yuntu.example@evil.example/",
            "https:///x",
            "javascript:alert(1)",
            "https://yuntu.example/\"onclick=",
            "https://yuntu.example/\r\nBcc: x",
        ] {
            assert_eq!(Link::try_from(bad), Err(InvalidWord::Link), "{bad:?}");
        }
    }

    #[test]
    fn a_value_is_not_printed() {
        assert_eq!(format!("{:?}", Code::try_from("123456")), "Ok([redacted])");
    }

    proptest! {
        #[test]
        fn any_text_becomes_a_line(text: String) {
            let line = Line::lossy(&text);
            prop_assert!(Line::try_from(line.as_str()).is_ok(), "{:?}", line.as_str());
        }
    }
}
