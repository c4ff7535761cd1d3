//! The engine over a real lake: hostile statements, an oracle, the doors.

#[cfg(test)]
mod doors;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod labels;
#[cfg(test)]
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::float_cmp,
    clippy::wildcard_enum_match_arm,
    reason = "drawn numbers are small and exact; a case that is not drawn panics"
)]
mod oracle;
#[cfg(test)]
mod products;
#[cfg(test)]
mod rig;
