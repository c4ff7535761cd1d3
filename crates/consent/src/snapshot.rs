use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use roaring::RoaringBitmap;
use sha2::{Digest as _, Sha256};
use yuntu_terms::{ConsentKind, Digest, EnterpriseId, LegalBasis, SubjectId, Timestamp, clause};

use crate::funnel::WhatIf;
use crate::index::split;
use crate::joined::Joined;
use crate::key::{Keys, Lens};
use crate::profile::{Answer, FOREVER, Profile};
use crate::shard::{SHARD_LEN, SHARD_WORDS, Shard};
use crate::{Exclusion, Funnel, FunnelBase, Question, SubjectSet};

// A snapshot lives as long as a run; this bounds one that asks without end.
const SETS_MAX: usize = 64;

/// The consent of an enterprise's people at one version of the log and one moment.
///
/// # Clause
/// U4
#[derive(Debug)]
pub struct ConsentSnapshot {
    enterprise: EnterpriseId,
    version: u64,
    now: Timestamp,
    keys: Arc<Keys>,
    shards: Arc<BTreeMap<u16, Arc<Shard>>>,
    joined: Arc<Joined>,
    root: OnceLock<Digest>,
    sets: Mutex<BTreeMap<Question, Arc<SubjectSet>>>,
    reasons: Mutex<BTreeMap<Question, Arc<Reasons>>>,
}

/// Everybody up to the population who is not admitted, by reason.
type Reasons = BTreeMap<Exclusion, RoaringBitmap>;

impl ConsentSnapshot {
    pub(crate) const fn new(
        enterprise: EnterpriseId,
        version: u64,
        now: Timestamp,
        keys: Arc<Keys>,
        shards: Arc<BTreeMap<u16, Arc<Shard>>>,
        joined: Arc<Joined>,
    ) -> Self {
        Self {
            enterprise,
            version,
            now,
            keys,
            shards,
            joined,
            root: OnceLock::new(),
            sets: Mutex::new(BTreeMap::new()),
            reasons: Mutex::new(BTreeMap::new()),
        }
    }

    /// Returns the enterprise whose people these are.
    #[must_use]
    pub const fn enterprise(&self) -> EnterpriseId {
        self.enterprise
    }

    /// Returns the number of the last event of the log.
    #[must_use]
    pub const fn version(&self) -> u64 {
        self.version
    }

    /// Returns the moment the answers are for.
    #[must_use]
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Returns the digest of what decides: equal for every index built from the same log, whatever the moment.
    #[must_use]
    pub fn root(&self) -> Digest {
        *self.root.get_or_init(|| {
            let mut hash = Sha256::new();
            hash.update(b"yuntu consent root 1\n");
            hash.update(self.enterprise.uuid().as_bytes());
            for (number, shard) in self.shards.iter().filter(|(_, shard)| !shard.is_blank()) {
                hash.update(number.to_be_bytes());
                hash.update(shard.digest(&self.keys).as_bytes());
            }
            let mut joined = Vec::new();
            self.joined.write(&mut joined);
            if !joined.is_empty() {
                hash.update(b"joined");
                hash.update(&joined);
            }
            Digest::new(hash.finalize().into())
        })
    }

    /// Returns the first moment after [`now`](Self::now) at which an answer may change without a new event.
    #[must_use]
    pub fn next_change(&self) -> Option<Timestamp> {
        let now = self.now.as_micros();
        let next = self.shards.values().map(|shard| shard.window(now).1).min();
        next.filter(|&moment| moment != FOREVER)
            .map(Timestamp::from_micros)
    }

    /// Says whether the answers are those of this moment too, as long as the log has no newer event.
    #[must_use]
    pub fn holds_at(&self, moment: Timestamp) -> bool {
        self.now <= moment && self.next_change().is_none_or(|change| moment < change)
    }

    /// Returns the subjects to whom the question may be done.
    ///
    /// # Clause
    /// U4
    #[must_use]
    pub fn allowed(&self, question: &Question) -> Arc<SubjectSet> {
        clause::hit!(U4);
        once(&self.sets, question, || self.work_out(question))
    }

    /// Returns the allowed subjects whose sensitive values may be read too: those who consented separately (PIPL 29).
    ///
    /// Another ground than consent opens no sensitive value.
    #[must_use]
    pub fn sensitive(&self, question: &Question) -> Arc<SubjectSet> {
        let separate = question
            .clone()
            .with_kind(ConsentKind::Separate)
            .on_basis(LegalBasis::Consent);
        self.allowed(&separate)
    }

    /// Returns why the subject is not admitted, or nothing when it is.
    #[must_use]
    pub fn exclusion(&self, question: &Question, subject: SubjectId) -> Option<Exclusion> {
        let lens = self.lens(question);
        let default = self.default_answer(question);
        if subject.get() >= question.population {
            return Some(Exclusion::Purpose);
        }
        match self.joined.members(subject.get()) {
            [] => {
                let nobody = Profile::default();
                let profile = self.profile(subject.get()).unwrap_or(&nobody);
                verdict(profile, question, &lens, default)
            }
            members => self.together(members, question, &lens, default).exclusion,
        }
    }

    /// Returns these subjects with everybody who is one person with somebody among them.
    ///
    /// # Clause
    /// U4
    #[must_use]
    pub fn with_joined(&self, subjects: &Arc<SubjectSet>) -> Arc<SubjectSet> {
        let touched = |members: &&[u32]| members.iter().any(|it| subjects.contains(*it));
        let groups = self.joined.groups().map(|(_, members)| members);
        let mut joined = groups.filter(touched).flatten().peekable();
        if joined.peek().is_none() {
            return Arc::clone(subjects);
        }
        let mut all = subjects.bitmap().clone();
        all.extend(joined);
        Arc::new(SubjectSet::from_bitmap(all))
    }

    /// Returns what bars a person whatever is asked, if anything does.
    #[must_use]
    pub fn bar(&self, subject: SubjectId) -> Option<Exclusion> {
        let numbers = self.numbers_of(subject);
        let profiles = numbers.iter().filter_map(|it| self.profile(it.get()));
        strictest_bar(profiles, self.now.as_micros())
    }

    /// Lists those pairs of numbers that are not known for one person yet, and may be.
    #[must_use]
    pub fn new_joins(&self, pairs: &[(SubjectId, SubjectId)]) -> Vec<(SubjectId, SubjectId)> {
        let mut joined = Joined::clone(&self.joined);
        let mut joins = |one: SubjectId, other: SubjectId| joined.join(one.get(), other.get());
        let pairs = pairs.iter().copied();
        pairs.filter(|(one, other)| joins(*one, *other)).collect()
    }

    /// Lists the numbers of the person whom a number names, this one first.
    #[must_use]
    pub fn numbers_of(&self, subject: SubjectId) -> Vec<SubjectId> {
        let members = self.joined.members(subject.get()).iter();
        let others = members.filter(|other| **other != subject.get());
        let others = others.map(|other| SubjectId::new(*other));
        std::iter::once(subject).chain(others).collect()
    }

    /// Counts why subjects are missing.
    ///
    /// # Clause
    /// U4
    #[must_use]
    pub fn funnel(&self, question: &Question, base: FunnelBase<'_>) -> Funnel {
        let mut funnel = Funnel {
            uploaded: base.uploaded.len(),
            ..Funnel::default()
        };
        let undeclared = base.uploaded.and_not(base.declared);
        let declared = base.uploaded.and(base.declared);
        let inactive = declared.and_not(base.active);
        funnel.count(Some(Exclusion::Undeclared), undeclared.len());
        funnel.count(Some(Exclusion::Inactive), inactive.len());
        let asked = declared.and(base.active);
        let mut admitted = asked.len();
        let mut exclude = |reason, subjects| {
            funnel.count(Some(reason), subjects);
            admitted -= subjects;
        };
        for (reason, people) in &*once(&self.reasons, question, || self.reasons(question)) {
            exclude(*reason, asked.bitmap().intersection_len(people));
        }
        let known = asked.len_range(0..question.population);
        exclude(Exclusion::Purpose, asked.len() - known);
        funnel.count(None, admitted);
        funnel
    }

    fn reasons(&self, question: &Question) -> Reasons {
        let mut reasons = Reasons::new();
        let everybody = SubjectSet::from_range(0..question.population);
        self.each(question, &everybody, |subject, exclusion, _declined| {
            if let Some(reason) = exclusion {
                reasons.entry(reason).or_default().insert(subject);
            }
        });
        reasons
    }

    /// Asks another question of the same subjects, and says whom to ask for consent.
    #[must_use]
    pub fn what_if(&self, question: &Question, subjects: &SubjectSet) -> WhatIf {
        let mut sets: [RoaringBitmap; 4] = Default::default();
        let [admitted, to_ask, declined, barred] = &mut sets;
        self.each(question, subjects, |subject, exclusion, has_declined| {
            let set = match exclusion {
                None => &mut *admitted,
                Some(_) if subject >= question.population => &mut *barred,
                Some(reason) if !reason.is_for_want_of_consent() => &mut *barred,
                Some(_) if has_declined() => &mut *declined,
                Some(_) => &mut *to_ask,
            };
            set.insert(subject);
        });
        let [admitted, to_ask, declined, barred] = sets.map(SubjectSet::from_bitmap);
        WhatIf {
            admitted,
            to_ask,
            declined,
            barred,
        }
    }

    fn each(
        &self,
        question: &Question,
        subjects: &SubjectSet,
        mut f: impl FnMut(u32, Option<Exclusion>, &dyn Fn() -> bool),
    ) {
        let lens = self.lens(question);
        let default = self.default_answer(question);
        let nobody = Profile::default();
        let groups = self.joined.groups();
        let groups: BTreeMap<u32, Together> = groups
            .map(|(group, members)| (group, self.together(members, question, &lens, default)))
            .collect();
        let mut last: Option<(&Profile, Option<Exclusion>)> = None;
        let mut shard: Option<(u16, Option<&Arc<Shard>>)> = None;
        for subject in subjects.iter() {
            let group = self.joined.group_of(subject);
            if let Some(together) = group.and_then(|group| groups.get(&group)) {
                let known = subject < question.population;
                let exclusion = together.exclusion.filter(|_| known);
                let unknown = (!known).then_some(Exclusion::Purpose);
                f(subject, exclusion.or(unknown), &|| together.declined);
                continue;
            }
            let (number, place) = split(subject);
            let shard = match shard {
                Some((known, shard)) if known == number => shard,
                _ => shard.insert((number, self.shards.get(&number))).1,
            };
            let profile = shard
                .and_then(|shard| shard.profile(place))
                .unwrap_or(&nobody);
            let exclusion = if subject >= question.population {
                Some(Exclusion::Purpose)
            } else {
                match last {
                    Some((known, exclusion)) if std::ptr::eq(known, profile) => exclusion,
                    _ => {
                        let exclusion = verdict(profile, question, &lens, default);
                        last = Some((profile, exclusion));
                        exclusion
                    }
                }
            };
            f(subject, exclusion, &|| profile.declined(&lens));
        }
    }

    fn work_out(&self, question: &Question) -> SubjectSet {
        let by_consent = question.basis == LegalBasis::Consent;
        if !by_consent && question.hears_refusal() {
            return self.unopposed(question);
        }
        let lens = self.lens(question);
        let silent_too = !by_consent || self.default_answer(question).is_none();
        let population = question.population as usize;
        let mut words = vec![0_u64; population.div_ceil(64)];
        let cache_key = (
            question.purpose.clone(),
            question.operation,
            question.recipient,
            lens.kind,
        );
        for (number, part) in (0..=u16::MAX).zip(words.chunks_mut(SHARD_WORDS)) {
            let Some(shard) = self.shards.get(&number) else {
                part.fill(if silent_too { u64::MAX } else { 0 });
                continue;
            };
            let answers = shard.answers(&cache_key, &lens);
            let source = if by_consent {
                &answers.own
            } else {
                &answers.free
            };
            for (word, bits) in part.iter_mut().zip(source) {
                *word = *bits;
            }
            if by_consent && silent_too {
                for (word, bits) in part.iter_mut().zip(&answers.silent) {
                    *word |= *bits;
                }
            }
        }
        let default = self.default_answer(question);
        for (_, members) in self.joined.groups() {
            let together = self.together(members, question, &lens, default);
            for member in members {
                let place = *member as usize;
                if let Some(word) = words.get_mut(place / 64) {
                    let bit = 1 << (place % 64);
                    *word &= !bit;
                    if together.exclusion.is_none() {
                        *word |= bit;
                    }
                }
            }
        }
        if let Some(last) = words.last_mut()
            && !population.is_multiple_of(64)
        {
            *last &= u64::MAX >> (64 - population % 64);
        }
        debug_assert!(words.len() <= SHARD_LEN * SHARD_WORDS);
        SubjectSet::from_words(words)
    }

    fn profile(&self, subject: u32) -> Option<&Profile> {
        let (shard, place) = split(subject);
        self.shards.get(&shard)?.profile(place)
    }

    /// Judges the numbers of one person: the strictest of what they say counts.
    fn together(
        &self,
        members: &[u32],
        question: &Question,
        lens: &Lens<'_>,
        default: Option<Exclusion>,
    ) -> Together {
        let profiles = || members.iter().filter_map(|member| self.profile(*member));
        // No reason at all is the mildest, and of two the earlier one in the funnel is the stricter.
        let words = profiles().filter_map(|profile| match profile.word(lens) {
            Answer::Own(reason) => Some(reason),
            Answer::Silent | Answer::Barred(_) => None,
        });
        let own = words.reduce(|one, other| match (one, other) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        });
        let declined = profiles().any(|profile| profile.declined(lens));
        let consent = own.unwrap_or(default);
        // As of one number: who admits the use under each of hers has not refused it.
        let objects = declined && question.hears_refusal();
        let otherwise = || match question.basis {
            LegalBasis::Consent => consent,
            LegalBasis::LawfullyPublic
            | LegalBasis::Contract
            | LegalBasis::LegalDuty
            | LegalBasis::Emergency
            | LegalBasis::PublicInterestNews
            | LegalBasis::OtherLaw => consent
                .filter(|_reason| objects)
                .map(|_reason| Exclusion::Objected),
        };
        Together {
            exclusion: strictest_bar(profiles(), lens.now).or_else(otherwise),
            declined,
        }
    }

    /// Returns whom neither a bar nor a "no" of their own excludes, person by person.
    fn unopposed(&self, question: &Question) -> SubjectSet {
        let mut people = RoaringBitmap::new();
        let everybody = SubjectSet::from_range(0..question.population);
        self.each(question, &everybody, |subject, exclusion, _| {
            if exclusion.is_none() {
                people.insert(subject);
            }
        });
        SubjectSet::from_bitmap(people)
    }

    fn lens(&self, question: &Question) -> Lens<'_> {
        Lens::new(
            &self.keys,
            question,
            question.kind_required(),
            self.now.as_micros(),
        )
    }

    /// Returns what the declared default says about a subject without a record of their own.
    fn default_answer(&self, question: &Question) -> Option<Exclusion> {
        let Some(scope) = question
            .scope
            .as_ref()
            .filter(|scope| scope.in_period(self.now) && scope.covers_purpose(question))
        else {
            return Some(Exclusion::Purpose);
        };
        if !scope.operations.contains(&question.operation) {
            Some(Exclusion::Operation)
        } else if !scope.recipients.contains(&question.recipient) {
            Some(Exclusion::Recipient)
        } else if scope.kind < question.kind_required() {
            Some(Exclusion::Kind)
        } else {
            None
        }
    }
}

/// What the numbers of one person say together.
struct Together {
    exclusion: Option<Exclusion>,
    declined: bool,
}

/// Returns what bars a person of these numbers; under whichever of them a guardian said no, it bars the minor.
fn strictest_bar<'a>(
    profiles: impl Iterator<Item = &'a Profile> + Clone,
    now: i64,
) -> Option<Exclusion> {
    let refused = profiles.clone().any(|it| it.is_refused_by_guardian(now));
    profiles.filter_map(|it| it.bar(now, refused)).min()
}

/// Works something out once for a question.
fn once<T>(
    known: &Mutex<BTreeMap<Question, Arc<T>>>,
    question: &Question,
    work_out: impl FnOnce() -> T,
) -> Arc<T> {
    let lock = || known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(value) = lock().get(question) {
        return Arc::clone(value);
    }
    let value = Arc::new(work_out());
    let mut known = lock();
    if known.len() >= SETS_MAX {
        known.clear();
    }
    known.insert(question.clone(), Arc::clone(&value));
    value
}

fn verdict(
    profile: &Profile,
    question: &Question,
    lens: &Lens<'_>,
    default: Option<Exclusion>,
) -> Option<Exclusion> {
    match (profile.answer(lens), question.basis) {
        (Answer::Barred(reason), _) => Some(reason),
        (Answer::Own(reason), LegalBasis::Consent) => reason,
        (Answer::Silent, LegalBasis::Consent) => default,
        // Who admits the use herself has not refused it, whatever she said before.
        (Answer::Own(Some(_)), _) if question.hears_refusal() && profile.declined(lens) => {
            Some(Exclusion::Objected)
        }
        (
            Answer::Own(_) | Answer::Silent,
            LegalBasis::LawfullyPublic
            | LegalBasis::Contract
            | LegalBasis::LegalDuty
            | LegalBasis::Emergency
            | LegalBasis::PublicInterestNews
            | LegalBasis::OtherLaw,
        ) => None,
    }
}
