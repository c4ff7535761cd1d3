//! Requests that come again with their key: what was done once is answered alike, to whoever may still do it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use yuntu_policy::Action;
use yuntu_store::{RepeatClaim, Repeated};
use yuntu_terms::{Digest, clause};

use crate::caller::Caller;
use crate::error::AppError;
use crate::platform::Platform;

/// A request that is to be done once, and what was asked of whoever sent it.
#[derive(Debug, Clone)]
pub struct Once {
    pub(crate) claim: RepeatClaim,
    needed: Arc<Mutex<BTreeSet<Action>>>,
}

impl PartialEq for Once {
    fn eq(&self, other: &Self) -> bool {
        self.claim == other.claim
    }
}

impl Eq for Once {}

impl Once {
    fn of(claim: RepeatClaim) -> Self {
        Self {
            claim,
            needed: Arc::default(),
        }
    }

    /// Notes that the request was let through because the caller may do this.
    pub(crate) fn needs(&self, action: Action) {
        let mut needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        needed.insert(action);
    }

    fn needed(&self) -> BTreeSet<Action> {
        let needed = self.needed.lock().unwrap_or_else(PoisonError::into_inner);
        needed.clone()
    }
}

/// What a key stands for.
#[derive(Debug)]
pub enum Repeat {
    /// Nothing was done under it yet.
    New(Once),
    /// The same request was answered, and the caller may still do what it did.
    Answered {
        /// The status of the answer.
        status: u16,
        /// The body of the answer.
        body: String,
    },
    /// The same request did something, and its answer is not there: it still runs, or was interrupted.
    Unanswered,
    /// Another request came with it.
    Other,
}

/// An answer as it is kept: what whoever asks again must still be allowed to do, and the body.
#[derive(Serialize, Deserialize)]
struct Kept {
    needed: BTreeSet<Action>,
    body: String,
}

impl Platform {
    /// Says what the key stands for that came with a request of the caller; the request is what is asked, byte for byte.
    ///
    /// An answer is given again only to a caller who may still do what the request did.
    ///
    /// # Errors
    /// [`AppError::Refused`] when she may not any more; [`AppError::Store`] when the rows cannot be read.
    /// # Clause
    /// U2, U5
    pub async fn repeated(
        &self,
        caller: &Caller,
        key: &str,
        request: &[&[u8]],
    ) -> Result<Repeat, AppError> {
        clause::hit!(U2);
        let mut digest = Sha256::new();
        for part in request {
            // Its length before each part: no two requests run together alike.
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let request = Digest::new(digest.finalize().into());
        let key = Digest::new(Sha256::digest(key).into());
        let (enterprise, representative) = (caller.enterprise, caller.representative);
        let found = self
            .store()
            .repeated(enterprise, representative, key, request)
            .await?;
        Ok(match found {
            Repeated::New(claim) => Repeat::New(Once::of(claim)),
            Repeated::Unanswered => Repeat::Unanswered,
            Repeated::Other => Repeat::Other,
            Repeated::Answered { status, body } => {
                let Ok(kept) = serde_json::from_slice::<Kept>(&body) else {
                    return Ok(Repeat::Unanswered);
                };
                for action in kept.needed {
                    self.authorise(caller, action).await?;
                }
                let body = kept.body;
                Repeat::Answered { status, body }
            }
        })
    }

    /// Keeps the answer to a request that did something under its key, to be given to whoever repeats it.
    ///
    /// # Errors
    /// [`AppError::Store`] when it cannot be kept; what was done stays done.
    pub async fn keep_answer(&self, once: &Once, status: u16, body: &str) -> Result<(), AppError> {
        let kept = Kept {
            needed: once.needed(),
            body: body.to_owned(),
        };
        let kept = serde_json::to_vec(&kept).map_err(|_detail| AppError::Internal {
            what: "an answer as JSON",
        })?;
        Ok(self.store().keep_answer(&once.claim, status, &kept).await?)
    }
}
