//! A mail as it travels (RFC 5322 and MIME), all of it ASCII.

use mail_builder::MessageBuilder;
use mail_builder::headers::address::Address;
use mail_builder::headers::date::Date;
use mail_builder::headers::raw::Raw;
use mail_builder::headers::text::Text;
use yuntu_terms::{Lang, OutboxId, Timestamp};
use zeroize::Zeroizing;

use crate::error::{Cause, Failure, SendError};
use crate::letter::Letter;

/// The longest line of a mail without its end (RFC 5322, 2.1.1).
const LINE_BYTES_MAX: usize = 998;

/// Writes the mail.
///
/// Its id is that of the outbox row: a mail that is sent a second time, because the reply to the first was lost, can be
/// told for what it is.
///
/// # Errors
/// [`SendError::Permanent`] when the result is not what a header-safe mail looks like.
pub(crate) fn write(
    id: OutboxId,
    from: &str,
    lang: Lang,
    letter: &Letter,
    now: Timestamp,
) -> Result<Zeroizing<Vec<u8>>, SendError> {
    let malformed = || SendError::Permanent(Failure::of(Cause::Malformed));
    let (Some(subject), Some(html)) = (&letter.subject, &letter.html) else {
        return Err(malformed());
    };
    let domain = from.rsplit_once('@').map_or(from, |(_, domain)| domain);
    let bytes = MessageBuilder::new()
        .from(Address::new_address(Some(lang.pick("云图", "Yuntu")), from))
        .to(Address::new_address(None::<&str>, letter.to.as_str()))
        .subject(Text::new(subject.as_str()))
        .date(Date::new(now.as_micros().div_euclid(1_000_000)))
        .message_id(format!("{id}@{domain}"))
        .header("Content-Language", Raw::new(lang.tag()))
        // Keeps programs that answer for people from answering (RFC 3834).
        .header("Auto-Submitted", Raw::new("auto-generated"))
        .text_body(letter.text.as_str())
        .html_body(html.as_str())
        .write_to_vec()
        .map(Zeroizing::new)
        .map_err(|_no_detail| malformed())?;
    if is_clean(&bytes) {
        Ok(bytes)
    } else {
        Err(malformed())
    }
}

/// Says whether every line is short, ASCII and ended by CR LF, so that each server sees the same lines.
fn is_clean(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else {
        return false;
    };
    text.is_ascii()
        && text
            .split("\r\n")
            .all(|line| line.len() <= LINE_BYTES_MAX && !line.contains(['\r', '\n', '\0']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_line_end_is_not_clean() {
        assert!(is_clean(b"a: b\r\n\r\nc\r\n"));
        for bad in [
            &b"a\nb"[..],
            b"a\rb",
            b"a\0b",
            "云".as_bytes(),
            &[b'x'; 999],
            b"\xff",
        ] {
            assert!(!is_clean(bad), "{bad:?}");
        }
    }
}
