//! The keyed hash under which the identity map knows an identifier.

use yuntu_terms::Digest;

/// The first 128 bits of the keyed hash of an identifier: 2^32 persons collide with a chance of 2^-65.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Mac(u128);

impl Mac {
    /// How many bytes it takes in a file.
    pub(super) const LEN: usize = 16;

    pub(crate) fn new(digest: &Digest) -> Self {
        Self::read(digest.as_bytes())
    }

    /// Takes the first bytes; what is too short counts as followed by zeros.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let mut all = [0; Self::LEN];
        all.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Self(u128::from_be_bytes(all))
    }

    pub(super) const fn to_bytes(self) -> [u8; Self::LEN] {
        self.0.to_be_bytes()
    }

    /// Returns the number that its first bits make: which of `2^bits` equal ranges it lies in.
    pub(super) fn range(self, bits: u32) -> usize {
        let shifted = self.0.checked_shr(u128::BITS - bits).unwrap_or(0);
        usize::try_from(shifted).unwrap_or(usize::MAX)
    }
}
