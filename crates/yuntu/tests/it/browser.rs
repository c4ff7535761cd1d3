//! Journeys of people in a real browser against the running program, in both languages and on both databases; every page on the way is looked at (`Browser::look`) and leaves a picture in the tests' folder.

mod account;
mod certification;
mod consents;
mod deliveries;
pub(crate) mod desk;
mod doors;
pub(crate) mod exceptions;
mod gallery;
mod held;
mod help;
pub(crate) mod house;
pub(crate) mod instructions;
mod labels;
mod measures;
mod members;
mod minors;
mod operators;
mod partners;
mod passkey;
mod sessions;
mod sources;
mod visitor;
