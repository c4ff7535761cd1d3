//! The ledger from outside: beside a second implementation and under tampering.

#[cfg(test)]
mod noise;
#[cfg(test)]
mod second;
#[cfg(test)]
mod support;
#[cfg(test)]
mod tamper;
