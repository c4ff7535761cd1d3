use serde::{Deserialize, Serialize};
use yuntu_terms::{Lang, Timestamp};
use zeroize::Zeroize;

use crate::notice::{Kind, Notice};
use crate::recipient::Medium;

/// The form of the payload; raised when an older program could not read a newer message rightly.
pub(super) const FORM: u8 = 1;

/// The most bytes that a message of ours can take.
pub(super) const PAYLOAD_BYTES_MAX: usize = 16 * 1_024;

/// What is not personal about a message.
#[derive(Clone, Copy)]
pub(super) struct About {
    pub(super) medium: Medium,
    pub(super) kind: Kind,
    pub(super) lang: Lang,
    pub(super) expires_at: Option<Timestamp>,
}

/// The whole message, as the outbox keeps it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    pub(super) form: u8,
    pub(super) medium: Medium,
    pub(super) lang: Lang,
    pub(super) to: String,
    pub(super) notice: Notice,
}

impl Content {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > PAYLOAD_BYTES_MAX {
            return None;
        }
        let content: Self = serde_json::from_slice(bytes).ok()?;
        (content.form == FORM && content.medium.accepts(&content.to)).then_some(content)
    }

    pub(super) fn nothing() -> Self {
        Self {
            form: FORM,
            medium: Medium::Mail,
            lang: Lang::En,
            to: String::new(),
            notice: Notice::PasswordChanged {
                at: Timestamp::from_micros(0),
            },
        }
    }

    pub(super) const fn about(&self) -> About {
        About {
            medium: self.medium,
            kind: self.notice.kind(),
            lang: self.lang,
            expires_at: self.notice.expires_at(),
        }
    }
}

impl Zeroize for Content {
    fn zeroize(&mut self) {
        self.to.zeroize();
        self.notice.zeroize();
    }
}
