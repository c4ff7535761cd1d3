use anyhow::{Result, anyhow};
use data_encoding::BASE32_NOPAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use yuntu_terms::Timestamp;

/// The authenticator app on a person's phone (RFC 6238), written apart from the product's own.
#[derive(Debug, Clone)]
pub struct Authenticator(Vec<u8>);

impl Authenticator {
    /// Takes the secret as a person types it.
    ///
    /// # Errors
    /// When it is not base 32.
    pub fn read(typed: &str) -> Result<Self> {
        Ok(Self(BASE32_NOPAD.decode(typed.as_bytes())?))
    }

    /// Returns the secret.
    #[must_use]
    pub fn secret(&self) -> &[u8] {
        &self.0
    }

    /// Returns the six digits at this moment.
    ///
    /// # Errors
    /// When the moment is before 1970.
    pub fn code(&self, now: Timestamp) -> Result<String> {
        let step = u64::try_from(now.as_micros())? / 30_000_000;
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.0)?;
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let start = usize::from(hash.last().map_or(0, |byte| byte & 15));
        let bytes = hash
            .get(start..start + 4)
            .and_then(|it| it.first_chunk::<4>());
        let bytes = bytes.ok_or_else(|| anyhow!("the hash is too short"))?;
        let number = u32::from_be_bytes(*bytes) & 0x7fff_ffff;
        Ok(format!("{:06}", number % 1_000_000))
    }
}
