use std::collections::{BTreeMap, VecDeque};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use yuntu_terms::Timestamp;

use crate::key::RootKey;
use crate::{KeyScope, Suite, VaultError};

/// How long an unwrapped key is used before the shelf is asked again: a key destroyed by another process ends here
/// within this time.
pub const LEASE: Duration = Duration::from_mins(1);

/// The shelf is asked again when less than this is left of a lease, so that who takes a handle has time to use it.
const RESERVE: Duration = Duration::from_secs(30);

const RINGS_MAX: usize = 65_536;
const EVICTIONS_MAX: usize = 4_096;

/// One version of a scope's key.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) number: u32,
    pub(crate) suite: Suite,
    pub(crate) root: RootKey,
}

/// The unwrapped versions of one scope's key, and until when they may be used.
pub(crate) struct Ring {
    scope: KeyScope,
    first: Version,
    later: Vec<Version>,
    since: Timestamp,
    /// Shared with the rings of the scope that this one renews, whose handles may still be about.
    revoked: Arc<AtomicBool>,
    /// Whether it was forgotten: handles on it go on, and no new one is given.
    stale: AtomicBool,
}

impl Ring {
    /// Takes versions in ascending order; `since` is a moment before the shelf was asked, here and above.
    pub(crate) fn new(scope: KeyScope, versions: Vec<Version>, since: Timestamp) -> Option<Self> {
        let mut versions = versions.into_iter();
        Some(Self {
            scope,
            first: versions.next()?,
            later: versions.collect(),
            since,
            revoked: Arc::default(),
            stale: AtomicBool::new(false),
        })
    }

    pub(crate) const fn scope(&self) -> KeyScope {
        self.scope
    }

    pub(crate) const fn since(&self) -> Timestamp {
        self.since
    }

    /// The version that keyed hashes come from, for as long as the scope lives.
    pub(crate) const fn first(&self) -> &Version {
        &self.first
    }

    /// The version that seals.
    pub(crate) fn latest(&self) -> &Version {
        self.later.last().unwrap_or(&self.first)
    }

    pub(crate) fn version(&self, number: u32) -> Option<&Version> {
        std::iter::once(&self.first)
            .chain(&self.later)
            .find(|version| version.number == number)
    }

    /// Fails when the keys may not be used any more; a clock that runs backwards ends the lease too.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), VaultError> {
        if self.revoked.load(Ordering::SeqCst) {
            return Err(VaultError::LeaseEnded);
        }
        if now < self.since || now >= self.since.plus(LEASE) {
            return Err(VaultError::LeaseEnded);
        }
        Ok(())
    }

    /// Says whether it may be handed out: enough of the lease is left, and it was not forgotten.
    fn serves(&self, now: Timestamp) -> bool {
        let fresh = now < self.since.plus(LEASE.saturating_sub(RESERVE));
        fresh && !self.stale.load(Ordering::SeqCst)
    }

    fn revoke(&self) {
        self.revoked.store(true, Ordering::SeqCst);
    }
}

impl fmt::Debug for Ring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ring")
            .field("scope", &self.scope)
            .field("latest", &self.latest().number)
            .finish_non_exhaustive()
    }
}

/// The rings of this process. A ring loaded before an eviction of its scope never enters after it.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    rings: BTreeMap<KeyScope, Arc<Ring>>,
    /// The latest evictions; the last one has the number `evicted`.
    evictions: VecDeque<KeyScope>,
    evicted: u64,
}

/// How many evictions there had been when a load began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ticket(u64);

impl Cache {
    pub(crate) fn get(&self, scope: KeyScope, now: Timestamp) -> Option<Arc<Ring>> {
        let mut inner = self.lock();
        let ring = inner.rings.get(&scope)?;
        if ring.check(now).is_err() {
            inner.rings.remove(&scope);
            return None;
        }
        ring.serves(now).then(|| Arc::clone(ring))
    }

    /// Asked before the shelf is.
    pub(crate) fn ticket(&self) -> Ticket {
        Ticket(self.lock().evicted)
    }

    /// Keeps a ring and gives it back, unless its scope was evicted since the ticket was drawn.
    pub(crate) fn put(&self, mut ring: Ring, ticket: Ticket, now: Timestamp) -> Option<Arc<Ring>> {
        let mut inner = self.lock();
        if inner.evicted_since(ticket, ring.scope) {
            return None;
        }
        if inner.rings.len() >= RINGS_MAX {
            inner.make_room(now);
        }
        if let Some(before) = inner.rings.get(&ring.scope) {
            ring.revoked = Arc::clone(&before.revoked);
        }
        let ring = Arc::new(ring);
        inner.rings.insert(ring.scope, Arc::clone(&ring));
        Some(ring)
    }

    /// Drops the rings of a scope and of all below it, and ends the handles on them.
    pub(crate) fn evict(&self, scope: KeyScope) {
        let mut inner = self.lock();
        match scope {
            KeyScope::Platform | KeyScope::Enterprise(_) => {
                inner.rings.retain(|held, ring| {
                    let stays = !scope.covers(*held);
                    if !stays {
                        ring.revoke();
                    }
                    stays
                });
            }
            // Nothing lies below these, and they are erased by the thousand.
            KeyScope::Part(..)
            | KeyScope::Subject(..)
            | KeyScope::Representative(_)
            | KeyScope::Account(_) => {
                if let Some(ring) = inner.rings.remove(&scope) {
                    ring.revoke();
                }
            }
        }
        inner.note(scope);
    }

    /// Drops the ring of a scope so that the shelf is asked again; handles on it go on until their lease ends.
    pub(crate) fn forget(&self, scope: KeyScope) {
        let mut inner = self.lock();
        // It stays until another takes its place, so that an eviction then ends its handles too.
        if let Some(ring) = inner.rings.get(&scope) {
            ring.stale.store(true, Ordering::SeqCst);
        }
        inner.note(scope);
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn note(&mut self, scope: KeyScope) {
        self.evicted += 1;
        if self.evictions.len() >= EVICTIONS_MAX {
            self.evictions.pop_front();
        }
        self.evictions.push_back(scope);
    }

    fn evicted_since(&self, ticket: Ticket, scope: KeyScope) -> bool {
        let missed = self.evicted.saturating_sub(ticket.0);
        let missed = usize::try_from(missed).unwrap_or(usize::MAX);
        // What was forgotten counts as a hit.
        missed > self.evictions.len()
            || self
                .evictions
                .iter()
                .rev()
                .take(missed)
                .any(|evicted| evicted.covers(scope))
    }

    /// Drops what has ended, and the older half when that is not enough.
    fn make_room(&mut self, now: Timestamp) {
        self.rings.retain(|_, ring| ring.check(now).is_ok());
        if self.rings.len() < RINGS_MAX {
            return;
        }
        let mut ages: Vec<_> = self.rings.values().map(|ring| ring.since).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        let mut left = RINGS_MAX / 2;
        self.rings.retain(|_, ring| {
            let stays = ring.since > median || left > 0;
            left = left.saturating_sub(usize::from(stays));
            stays
        });
    }
}

#[cfg(test)]
mod tests;
