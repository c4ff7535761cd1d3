//! Reports of accounts that may be a minor's: taken from anybody, looked into by an operator, and followed by a fast
//! erasure.

mod decide;
mod erase;
mod report;
mod review;
mod watch;

pub use decide::{EraseWhen, ReportLinks, Uphold};
pub use report::{ReportAnswer, ReportTaken, ReportText, TypedReport};
pub use review::{Candidate, CandidateSeat, OpenedReport, ReportReview};
pub use watch::MinorWatch;
