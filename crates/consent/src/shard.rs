use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest as _, Sha256};
use yuntu_terms::{ConsentKind, Digest, Operation, Purpose, Recipient};

use crate::key::{Keys, Lens};
use crate::profile::{Answer, Change, Profile};

/// How many subjects share a shard: one container of a roaring bitmap.
pub(crate) const SHARD_LEN: usize = 1 << 16;
/// The words of plain bits of one shard.
pub(crate) const SHARD_WORDS: usize = SHARD_LEN / 64;
// Bounds the memory of answers: 24 KiB each.
const ANSWERS_MAX: usize = 64;

/// The subjects whose numbers agree in the upper 16 bits.
///
/// A change copies one shard at most, however many subjects the enterprise has.
#[derive(Clone)]
pub(crate) struct Shard {
    /// The slot of the profile of each subject.
    of: Vec<u32>,
    slots: Vec<Slot>,
    unused: Vec<u32>,
    lookup: HashMap<Arc<Profile>, u32>,
    cache: Cache,
}

#[derive(Clone)]
struct Slot {
    profile: Arc<Profile>,
    subjects: u32,
}

/// What was worked out from the shard; a changed shard starts anew.
#[derive(Default)]
struct Cache {
    digest: OnceLock<Digest>,
    answers: Mutex<BTreeMap<CacheKey, Arc<Answers>>>,
}

type CacheKey = (Purpose, Operation, Recipient, ConsentKind);

impl Clone for Cache {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// The answers of one shard to one question, as plain bits.
pub(crate) struct Answers {
    /// Admitted by records of their own.
    pub(crate) own: Vec<u64>,
    /// Without a record of their own that bears on the purpose, and not barred.
    pub(crate) silent: Vec<u64>,
    /// Not barred.
    pub(crate) free: Vec<u64>,
    /// The last moment at or before the time asked at which an answer could change, and the first after it.
    window: (i64, i64),
}

impl Shard {
    pub(crate) fn new() -> Self {
        let nobody = Arc::new(Profile::default());
        Self {
            of: Vec::new(),
            slots: vec![Slot {
                profile: Arc::clone(&nobody),
                subjects: 0,
            }],
            unused: Vec::new(),
            lookup: HashMap::from([(nobody, 0)]),
            cache: Cache::default(),
        }
    }

    pub(crate) fn profile(&self, place: usize) -> Option<&Profile> {
        let slot = self.of.get(place).copied().unwrap_or(0);
        self.slots.get(slot as usize).map(|slot| &*slot.profile)
    }

    pub(crate) fn apply(&mut self, place: usize, change: Change, keys: &Keys) {
        let Some(old) = self.profile(place) else {
            return;
        };
        let mut new = old.clone();
        new.apply(change, keys);
        if new == *old {
            return;
        }
        self.cache = Cache::default();
        let slot = self.slot_for(new);
        if self.of.len() <= place {
            self.of.resize(place + 1, 0);
        }
        if let Some(of) = self.of.get_mut(place) {
            let left = std::mem::replace(of, slot);
            self.leave(left);
        }
    }

    fn slot_for(&mut self, profile: Profile) -> u32 {
        if let Some(&number) = self.lookup.get(&profile) {
            if let Some(slot) = self.slots.get_mut(number as usize) {
                slot.subjects += 1;
            }
            return number;
        }
        let profile = Arc::new(profile);
        let slot = Slot {
            profile: Arc::clone(&profile),
            subjects: 1,
        };
        let number = self.unused.pop().unwrap_or_else(|| {
            // INVARIANT: there is at most one slot more than subjects, so the number fits.
            u32::try_from(self.slots.len()).unwrap_or(u32::MAX)
        });
        match self.slots.get_mut(number as usize) {
            Some(free) => *free = slot,
            None => self.slots.push(slot),
        }
        self.lookup.insert(profile, number);
        number
    }

    fn leave(&mut self, number: u32) {
        // Slot 0 is everybody without an event and stays.
        if number == 0 {
            return;
        }
        if let Some(slot) = self.slots.get_mut(number as usize) {
            slot.subjects -= 1;
            if slot.subjects == 0 {
                self.lookup.remove(&slot.profile);
                slot.profile = Arc::default();
                self.unused.push(number);
            }
        }
    }

    /// Answers for every subject of the shard, from the cache while no answer can have changed.
    pub(crate) fn answers(&self, cache_key: &CacheKey, lens: &Lens<'_>) -> Arc<Answers> {
        let lock = || {
            self.cache
                .answers
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(answers) = lock().get(cache_key)
            && answers.window.0 <= lens.now
            && lens.now < answers.window.1
        {
            return Arc::clone(answers);
        }
        let answers = Arc::new(self.work_out(lens));
        let mut cached = lock();
        if cached.len() >= ANSWERS_MAX {
            cached.clear();
        }
        cached.insert(cache_key.clone(), Arc::clone(&answers));
        answers
    }

    fn work_out(&self, lens: &Lens<'_>) -> Answers {
        let verdicts: Vec<Answer> = self
            .slots
            .iter()
            .map(|slot| slot.profile.answer(lens))
            .collect();
        let nobody = verdicts.first().copied().unwrap_or(Answer::Silent);
        let mut answers = Answers {
            own: vec![0; SHARD_WORDS],
            silent: vec![0; SHARD_WORDS],
            free: vec![0; SHARD_WORDS],
            window: self.window(lens.now),
        };
        let words = answers
            .own
            .iter_mut()
            .zip(&mut answers.silent)
            .zip(&mut answers.free);
        let mut slots = self.of.chunks(64);
        for ((own, silent), free) in words {
            let Some(known) = slots.next() else {
                // Nobody from here on has an event.
                (*own, *silent, *free) = bits_of(nobody, u64::MAX);
                continue;
            };
            let rest = u64::MAX.checked_shl(u32::try_from(known.len()).unwrap_or(64));
            (*own, *silent, *free) = bits_of(nobody, rest.unwrap_or(0));
            for (bit, slot) in known.iter().enumerate() {
                let answer = verdicts.get(*slot as usize).copied().unwrap_or(nobody);
                let (o, s, f) = bits_of(answer, 1 << bit);
                *own |= o;
                *silent |= s;
                *free |= f;
            }
        }
        answers
    }

    /// Returns the moments around `now` between which no answer changes by time alone.
    pub(crate) fn window(&self, now: i64) -> (i64, i64) {
        let mut window = (i64::MIN, i64::MAX);
        for moment in self.slots.iter().flat_map(|slot| slot.profile.moments()) {
            if moment <= now {
                window.0 = window.0.max(moment);
            } else {
                window.1 = window.1.min(moment);
            }
        }
        window
    }

    /// Returns the digest of what decides; none where nothing does.
    pub(crate) fn digest(&self, keys: &Keys) -> Digest {
        *self.cache.digest.get_or_init(|| {
            // Slots are numbered by history, so their digests are ranked and each subject is written with its rank.
            let mut digests: Vec<([u8; 32], u32)> = Vec::new();
            let mut text = Vec::new();
            for (number, slot) in (0_u32..).zip(&self.slots).skip(1) {
                if slot.subjects > 0 {
                    text.clear();
                    slot.profile.write(keys, &mut text);
                    digests.push((Sha256::digest(&text).into(), number));
                }
            }
            digests.sort_unstable();
            let mut ranks = vec![0_u32; self.slots.len()];
            let mut hash = Sha256::new();
            for (rank, (digest, number)) in (1_u32..).zip(&digests) {
                hash.update(digest);
                if let Some(place) = ranks.get_mut(*number as usize) {
                    *place = rank;
                }
            }
            hash.update(b"subjects");
            for (place, slot) in (0_u32..).zip(&self.of).filter(|(_, slot)| **slot != 0) {
                hash.update(place.to_be_bytes());
                let rank = ranks.get(*slot as usize).copied().unwrap_or(0);
                hash.update(rank.to_be_bytes());
            }
            Digest::new(hash.finalize().into())
        })
    }

    /// Says whether nothing decides about any subject of the shard.
    pub(crate) fn is_blank(&self) -> bool {
        self.of.iter().all(|&slot| slot == 0)
    }

    pub(crate) fn profiles(&self) -> usize {
        self.slots.len() - self.unused.len()
    }
}

/// Puts the bits of subjects with one answer where they belong: own, silent, free.
const fn bits_of(answer: Answer, bits: u64) -> (u64, u64, u64) {
    match answer {
        Answer::Barred(_) => (0, 0, 0),
        Answer::Own(None) => (bits, 0, bits),
        Answer::Own(Some(_)) => (0, 0, bits),
        Answer::Silent => (0, bits, bits),
    }
}

impl fmt::Debug for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shard({} profiles)", self.profiles())
    }
}
