use yuntu_terms::{ConsentKind, ConsentStatus, Text};

/// Says what a record of consent says.
///
/// # Clause
/// U4
#[must_use]
pub fn consent_status_text(status: ConsentStatus) -> Text {
    let (zh, en) = match status {
        ConsentStatus::Unknown => ("未知", "unknown"),
        ConsentStatus::Requested => ("已征询", "asked"),
        ConsentStatus::Deferred => ("暂缓答复", "put off"),
        ConsentStatus::Refused => ("已拒绝", "refused"),
        ConsentStatus::Given => ("已同意", "given"),
        ConsentStatus::Renewed => ("已续期", "renewed"),
        ConsentStatus::Expired => ("已到期", "expired"),
        ConsentStatus::Withdrawn => ("已撤回", "withdrawn"),
        ConsentStatus::Revoked => ("被他人终止", "ended by another"),
        ConsentStatus::Invalidated => ("自始无效", "was never valid"),
    };
    Text::new(zh, en)
}

/// Says how consent was expressed.
///
/// # Clause
/// U4
#[must_use]
pub fn consent_kind_text(kind: ConsentKind) -> Text {
    let (zh, en) = match kind {
        ConsentKind::Expressed => ("同意", "expressed"),
        ConsentKind::Explicit => ("明示同意", "explicit"),
        ConsentKind::Separate => ("单独同意", "separate"),
    };
    Text::new(zh, en)
}
