use std::fmt;
use std::num::NonZeroUsize;
use std::sync::Arc;

use argon2::password_hash::{self, PasswordHasher as _, PasswordVerifier as _, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use yuntu_terms::{Entropy, EntropyFailure, ErrorKind, clause};
use zeroize::Zeroizing;

use super::Password;
use crate::Argon2Costs;

const SALT_LEN: usize = 16;

/// How many passwords are hashed at a time.
#[derive(Debug, Clone, Copy)]
pub struct HasherLimits {
    /// How many at once; each takes a core and the memory of the costs.
    pub parallel: NonZeroUsize,
    /// How many more may wait; who comes then is asked to try again.
    pub waiting: usize,
}

/// Hashes and verifies passwords with Argon2id, apart from the workers that answer requests and a few at a time, so that
/// a flood of sign-ins delays sign-ins only.
///
/// # Clause
/// R2, R22
pub struct PasswordHasher {
    costs: Argon2Costs,
    entropy: Arc<dyn Entropy>,
    admitted: Arc<Semaphore>,
    working: Arc<Semaphore>,
    /// The hash of a password that nobody has, verified in place of an account that does not exist.
    decoy: PasswordHash,
}

/// A password's hash in the PHC text form, with its costs and its salt; wiped when dropped, never printed.
///
/// It belongs into a sealed column: then a stolen database alone leaves nothing to guess at.
#[derive(Clone)]
pub struct PasswordHash(Zeroizing<String>);

/// Whether a password is the right one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordVerdict {
    /// It is not, or there is no such account.
    Wrong,
    /// It is.
    Right,
    /// It is, and its hash was made with lower costs than are used now: hash it again and store that.
    RightButOutdated,
}

/// Why no answer about a password was given.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// Too many are waiting; trying again may help.
    #[error("too many passwords are being checked at the moment")]
    Busy,
    /// The stored text is no hash of a kind and cost that are accepted.
    #[error("the stored password hash is damaged or of an unknown kind")]
    Damaged,
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyFailure),
    /// A primitive refused its input, or its worker stopped; a fault of ours.
    #[error("a password could not be hashed")]
    Primitive,
}

impl PasswordError {
    /// Says what the error means to a caller.
    #[must_use]
    pub const fn kind(&self) -> ErrorKind {
        match self {
            Self::Busy | Self::Entropy(_) => ErrorKind::Unavailable,
            Self::Damaged | Self::Primitive => ErrorKind::Internal,
        }
    }
}

impl PasswordHash {
    /// Takes a hash as it was stored.
    ///
    /// # Errors
    /// [`PasswordError::Damaged`] when it is not Argon2id within the accepted costs.
    pub fn parse(text: &str) -> Result<Self, PasswordError> {
        let hash = Self(Zeroizing::new(text.to_owned()));
        hash.costs()?;
        Ok(hash)
    }

    /// Lends the text, to be sealed and stored.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    fn read(&self) -> Result<password_hash::PasswordHash<'_>, PasswordError> {
        password_hash::PasswordHash::new(&self.0).map_err(|_form| PasswordError::Damaged)
    }

    fn costs(&self) -> Result<Argon2Costs, PasswordError> {
        let hash = self.read()?;
        let known = Algorithm::try_from(hash.algorithm) == Ok(Algorithm::Argon2id)
            && hash.version == Some(Version::V0x13.into())
            && hash.hash.is_some();
        let params = Params::try_from(&hash).map_err(|_range| PasswordError::Damaged)?;
        let costs = Argon2Costs::new(params.m_cost(), params.t_cost(), params.p_cost());
        // A forged row cannot make us work without end.
        if known && costs.are_accepted() {
            Ok(costs)
        } else {
            Err(PasswordError::Damaged)
        }
    }
}

impl PasswordHasher {
    /// Makes a hasher; [`Argon2Costs::LEAST`] are the costs for sign-ins.
    ///
    /// # Errors
    /// [`PasswordError::Entropy`], [`PasswordError::Primitive`].
    pub async fn new(
        costs: Argon2Costs,
        limits: HasherLimits,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, PasswordError> {
        let mut secret = Zeroizing::new([0; 32]);
        entropy.fill(secret.as_mut())?;
        let salt = draw_salt(&*entropy)?;
        let decoy = spawn_blocking(move || hash(costs, secret.as_ref(), &salt))
            .await
            .map_err(|_stopped| PasswordError::Primitive)??;
        let parallel = limits.parallel.get().min(Semaphore::MAX_PERMITS / 2);
        let waiting = limits.waiting.min(Semaphore::MAX_PERMITS / 2);
        Ok(Self {
            costs,
            entropy,
            admitted: Arc::new(Semaphore::new(parallel + waiting)),
            working: Arc::new(Semaphore::new(parallel)),
            decoy,
        })
    }

    /// Hashes a password with a salt of its own.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], [`PasswordError::Entropy`], [`PasswordError::Primitive`].
    pub async fn hash(&self, password: Password) -> Result<PasswordHash, PasswordError> {
        let turn = self.turn().await?;
        let salt = draw_salt(&*self.entropy)?;
        let costs = self.costs;
        spawn_blocking(move || {
            clause::hit!(R22);
            let hash = hash(costs, password.expose().as_bytes(), &salt);
            drop(turn);
            hash
        })
        .await
        .map_err(|_stopped| PasswordError::Primitive)?
    }

    /// Says whether the password is that of the hash; without a hash, because there is no such account, the same work is
    /// done for nothing.
    ///
    /// # Errors
    /// [`PasswordError::Busy`], [`PasswordError::Primitive`].
    pub async fn verify(
        &self,
        password: Password,
        stored: Option<PasswordHash>,
    ) -> Result<PasswordVerdict, PasswordError> {
        let turn = self.turn().await?;
        let exists = stored.is_some();
        let hash = stored.unwrap_or_else(|| self.decoy.clone());
        let outdated = hash.costs()?.fall_below(self.costs);
        let right = spawn_blocking(move || {
            let right = hash.read().map(|hash| {
                Argon2::default()
                    .verify_password(password.expose().as_bytes(), &hash)
                    .is_ok()
            });
            drop(turn);
            right
        })
        .await
        .map_err(|_stopped| PasswordError::Primitive)??;
        Ok(match (right && exists, outdated) {
            (false, _) => PasswordVerdict::Wrong,
            (true, false) => PasswordVerdict::Right,
            (true, true) => PasswordVerdict::RightButOutdated,
        })
    }

    /// Waits for a turn, which lasts until it is dropped: a caller who goes away does not free it before the work ends.
    async fn turn(&self) -> Result<[OwnedSemaphorePermit; 2], PasswordError> {
        let admitted = Arc::clone(&self.admitted)
            .try_acquire_owned()
            .map_err(|_full| PasswordError::Busy)?;
        let working = Arc::clone(&self.working)
            .acquire_owned()
            .await
            .map_err(|_closed| PasswordError::Primitive)?;
        Ok([admitted, working])
    }
}

impl fmt::Debug for PasswordHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHasher")
            .field("costs", &self.costs)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash([redacted])")
    }
}

fn draw_salt(entropy: &dyn Entropy) -> Result<SaltString, PasswordError> {
    let mut salt = [0; SALT_LEN];
    entropy.fill(&mut salt)?;
    SaltString::encode_b64(&salt).map_err(|_length| PasswordError::Primitive)
}

fn hash(
    costs: Argon2Costs,
    secret: &[u8],
    salt: &SaltString,
) -> Result<PasswordHash, PasswordError> {
    let params = costs.params().map_err(|_range| PasswordError::Primitive)?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2
        .hash_password(secret, salt)
        .map_err(|_range| PasswordError::Primitive)?;
    Ok(PasswordHash(Zeroizing::new(hash.to_string())))
}
