//! Consent of the people in an enterprise's data: the records, the rule that joins them, and who may be used for what.
//!
//! The append-only log of [`SubjectEvent`]s is the truth. [`ConsentIndex`] keeps what decides; a [`ConsentSnapshot`]
//! answers a [`Question`] with a [`SubjectSet`]. Nothing here does I/O or reads a clock.
//!
//! # The rule
//! A subject is admitted for purpose *p*, operation *o*, recipient *r* at moment *t* when
//! 1. no bar stands: the subject is not erased, not restricted, and no minor without a guardian's consent in force; and
//! 2. some **permitting** record (given, renewed) names a purpose that covers *p*, exactly *o* and exactly *r*, was
//!    expressed at least as strongly as asked, and `from <= t < until`; and
//! 3. no **negative** record (refused, expired, withdrawn, revoked, invalidated) ends it: one whose purpose covers *p*, in
//!    force (`from <= t`; a "no" has no end), about the same operation and recipient or about processing by the
//!    enterprise (which every other operation presupposes), and **later** than the permitting record. Later is: after it
//!    in the log, or recorded later at its source, whichever is stricter.
//! 4. Records that are unknown, requested or deferred change nothing.
//! 5. Only a subject without any permitting or negative record whose purpose covers *p* (of whatever operation, recipient
//!    and time) is judged by the dataset's declared default, the [`DatasetScope`].
//!
//! 6. Numbers of subjects that turned out to be one person ([`SubjectEvent::Joined`]) are admitted together or not at all:
//!    when no bar stands against any of them, and each that has records bearing on *p* is admitted by them; the default
//!    speaks only when none has. Events after the joining are events of all of them.
//!
//! A record below *p* does not bear on *p*. Providing, transferring and publishing ask for separate consent, and so does
//! each sensitive value. On another ground than consent only the bars exclude and, where the ground leaves room for it, a
//! "no" that speaks against the question and that no consent of her own has overtaken: of what is lawfully public
//! (PIPL 27), and for a purpose that may be refused, as marketing is (PIPL 24), on every ground but those of a law and an
//! emergency. `golden/verdicts.txt` is the truth table.

mod error;
mod funnel;
mod index;
mod joined;
mod key;
mod profile;
mod record;
mod scope;
mod set;
mod shard;
mod snapshot;
mod tally;

pub use error::ConsentError;
pub use funnel::{Exclusion, Funnel, FunnelBase, WhatIf};
pub use index::ConsentIndex;
pub use record::{ConsentRecord, ConsentSource, SubjectEvent};
pub use scope::{DatasetScope, Question, hears_refusal, kind_for};
pub use set::SubjectSet;
pub use snapshot::ConsentSnapshot;
pub use tally::{Standings, Tally};
