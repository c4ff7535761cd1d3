//! The ledger from outside: beside a second implementation and under tampering.

mod second;
mod support;
mod tamper;
