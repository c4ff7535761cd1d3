//! The identifiers beside implementations by others.

#[cfg(test)]
mod peer;
#[cfg(test)]
mod peers_agree;
