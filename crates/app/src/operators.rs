//! The people who work for the operator of the platform: their register, their way in, and what they may.
//!
//! An operator's account is of a realm of its own: it signs in at its own door, with a second factor always, and acts
//! for no enterprise. Nothing here reaches business data.

mod add;
mod enrol;
mod register;
mod sign_in;

pub(crate) use add::taken;
pub use add::{ENROLMENT_LIFE, NewOperator, OperatorAdded};
pub use enrol::{Enrolled, Enrolling, FirstFactor};
pub use register::ListedOperator;
pub use sign_in::OperatorCaller;
