//! What a person does with an account of her own: one module for each act, all methods on [`Platform`](crate::Platform).
//!
//! Whoever asks for a code, or types one, gets the same answer, from the same work and the same rows, whether or not an
//! account has the address; what differs goes to the address alone.

pub(crate) mod address;
mod advice;
pub(crate) mod arrive;
mod ask;
mod choices;
mod contact;
mod deliver;
mod device;
mod error;
mod local;
pub(crate) mod notice;
mod own;
mod own_acts;
mod own_views;
mod password;
pub(crate) mod prove;
pub(crate) mod recover;
pub(crate) mod session;
pub(crate) mod sign_in;
mod sign_up;

pub use address::{Address, Nickname, Visit};
pub use advice::Advice;
pub use arrive::Asked;
pub use ask::{CodeAsked, CodeFor};
pub use choices::OptionalPurpose;
pub use deliver::Deliveries;
pub use device::Arrival;
pub use error::AccountError;
pub use local::{LocalMessage, LooksFrom};
pub use own::OwnValues;
pub use own_acts::{ActResult, OwnAct, OwnActs};
pub(crate) use own_views::OwnViews;
pub use prove::TypedIn;
pub use session::{
    OPERATOR_IDLE, OPERATOR_LONGEST, PROOF_FRESH_FOR, SESSION_IDLE, SESSION_LONGEST,
};
pub use sign_in::{SecondStep, SignInStep, SignedIn};
pub use sign_up::{Acceptance, SignUp};
