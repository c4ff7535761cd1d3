//! Random logs, trees, questions and moments against the oracle.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::sample::select;
use yuntu_consent::{
    ConsentIndex, ConsentRecord, DatasetScope, Exclusion, Funnel, FunnelBase, Question,
    SubjectEvent, SubjectSet,
};
use yuntu_terms::{
    ConsentKind, ConsentStatus, LegalBasis, Operation, Purpose, Recipient, SeededEntropy,
    SubjectId, Timestamp, clause,
};

use crate::build::{Log, at, enterprise, given, index, partner, purpose};
use crate::oracle;

const SUBJECTS: [u32; 6] = [0, 1, 63, 64, 300, 65_536];

fn moment() -> impl Strategy<Value = Timestamp> {
    (0_i64..12).prop_map(at)
}

fn end() -> impl Strategy<Value = Option<Timestamp>> {
    prop_oneof![2 => Just(None), 1 => moment().prop_map(Some)]
}

fn purposes() -> impl Strategy<Value = Purpose> {
    select(vec!["p", "p.q", "p.q.r", "p.s", "z"]).prop_map(purpose)
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![3 => Just(Operation::Process), 2 => Just(Operation::Share), 1 => select(Operation::ALL.to_vec())]
}

fn recipient() -> impl Strategy<Value = Recipient> {
    prop_oneof![
        3 => Just(Recipient::Enterprise),
        2 => Just(partner(1)),
        1 => select(vec![partner(2), Recipient::Public]),
    ]
}

fn kind() -> impl Strategy<Value = ConsentKind> {
    select(vec![
        ConsentKind::Expressed,
        ConsentKind::Explicit,
        ConsentKind::Separate,
    ])
}

fn status() -> impl Strategy<Value = ConsentStatus> {
    prop_oneof![
        3 => Just(ConsentStatus::Given),
        2 => Just(ConsentStatus::Withdrawn),
        2 => select(ConsentStatus::ALL.to_vec()),
    ]
}

fn record() -> impl Strategy<Value = ConsentRecord> {
    let what = (purposes(), operation(), recipient(), kind(), status());
    let when = (moment(), end(), moment());
    (select(SUBJECTS.to_vec()), what, when).prop_map(|(subject, what, (from, until, recorded))| {
        let (purpose, operation, recipient, kind, status) = what;
        ConsentRecord {
            purpose,
            operation,
            recipient,
            kind,
            status,
            from,
            until,
            recorded,
            ..given(subject)
        }
    })
}

fn event() -> impl Strategy<Value = SubjectEvent> {
    let subject = || select(SUBJECTS.to_vec()).prop_map(SubjectId::new);
    let guardian = (subject(), status(), moment(), end(), moment());
    prop_oneof![
        24 => record().prop_map(SubjectEvent::Consent),
        1 => (subject(), moment()).prop_map(|(subject, recorded)| SubjectEvent::Restricted { subject, recorded }),
        1 => (subject(), moment()).prop_map(|(subject, recorded)| SubjectEvent::Unrestricted { subject, recorded }),
        1 => (subject(), moment()).prop_map(|(subject, recorded)| SubjectEvent::Erased { subject, recorded }),
        2 => (subject(), moment(), moment())
            .prop_map(|(subject, until, recorded)| SubjectEvent::Minor { subject, until, recorded }),
        3 => (subject(), subject(), moment())
            .prop_map(|(subject, with, recorded)| SubjectEvent::Joined { subject, with, recorded }),
        2 => guardian.prop_map(|(subject, status, from, until, recorded)| SubjectEvent::Guardian {
            subject, status, from, until, recorded
        }),
    ]
}

pub(crate) fn log() -> impl Strategy<Value = Log> {
    prop::collection::vec(event(), 0..40)
}

fn scope() -> impl Strategy<Value = DatasetScope> {
    let sets = (
        prop::collection::btree_set(purposes(), 0..3),
        prop::collection::btree_set(operation(), 0..4),
        prop::collection::btree_set(recipient(), 0..4),
    );
    (sets, kind(), moment(), end()).prop_map(
        |((purposes, operations, recipients), kind, from, until)| DatasetScope {
            purposes,
            operations,
            recipients,
            kind,
            from,
            until,
        },
    )
}

pub(crate) fn question() -> impl Strategy<Value = Question> {
    let population = select(vec![0_u32, 1, 64, 301, 65_536, 65_537]);
    let basis = prop_oneof![6 => Just(LegalBasis::Consent), 4 => select(LegalBasis::ALL.to_vec())];
    let least = prop_oneof![3 => Just(ConsentKind::Expressed), 1 => kind()];
    let what = (purposes(), operation(), recipient(), least);
    let ground = (basis, any::<bool>());
    (what, ground, prop::option::of(scope()), population).prop_map(
        |((purpose, operation, recipient, kind), (basis, refusable), scope, population)| {
            Question::new(purpose, operation, recipient, population)
                .with_kind(kind)
                .with_scope(scope)
                .on_basis(basis)
                .refusable(refusable)
        },
    )
}

/// How often the index admitted what the oracle does not, and the other way round.
fn differences(log: &[SubjectEvent], index: &ConsentIndex, question: &Question, now: Timestamp) {
    let snapshot = index.snapshot(now);
    let separate = question
        .clone()
        .with_kind(ConsentKind::Separate)
        .on_basis(LegalBasis::Consent);
    let (allowed, sensitive) = (snapshot.allowed(question), snapshot.sensitive(question));
    assert!(sensitive.and_not(&allowed).is_empty());
    for subject in SUBJECTS.into_iter().chain([2, 65_535, 70_000]) {
        let expected = oracle::exclusion(log, question, now, subject);
        let found = snapshot.exclusion(question, SubjectId::new(subject));
        assert_eq!(found, expected, "subject {subject} at {now}");
        assert_eq!(
            allowed.contains(subject),
            expected.is_none(),
            "subject {subject} at {now}"
        );
        let expected = oracle::exclusion(log, &separate, now, subject);
        assert_eq!(
            sensitive.contains(subject),
            expected.is_none(),
            "sensitive of {subject} at {now}"
        );
    }
}

fn funnel_and_what_if(
    log: &[SubjectEvent],
    index: &ConsentIndex,
    question: &Question,
    now: Timestamp,
) {
    let snapshot = index.snapshot(now);
    let uploaded: SubjectSet = SUBJECTS.into_iter().chain([2, 65_535, 70_000]).collect();
    let declared: SubjectSet = uploaded.iter().filter(|subject| subject % 5 != 1).collect();
    let active: SubjectSet = declared.iter().filter(|subject| subject % 7 != 2).collect();
    let base = FunnelBase {
        uploaded: &uploaded,
        declared: &declared,
        active: &active,
    };
    let funnel = snapshot.funnel(question, base);
    let mut counted = Funnel {
        uploaded: uploaded.len(),
        ..Funnel::default()
    };
    for subject in uploaded.iter() {
        let exclusion = if !declared.contains(subject) {
            Some(Exclusion::Undeclared)
        } else if !active.contains(subject) {
            Some(Exclusion::Inactive)
        } else {
            oracle::exclusion(log, question, now, subject)
        };
        *match exclusion {
            None => &mut counted.admitted,
            Some(Exclusion::Undeclared) => &mut counted.undeclared,
            Some(Exclusion::Inactive) => &mut counted.inactive,
            Some(Exclusion::Erased) => &mut counted.erased,
            Some(Exclusion::Restricted) => &mut counted.restricted,
            Some(Exclusion::Minor) => &mut counted.minor,
            Some(Exclusion::Objected) => &mut counted.objected,
            Some(Exclusion::Purpose) => &mut counted.purpose,
            Some(Exclusion::Operation) => &mut counted.operation,
            Some(Exclusion::Recipient) => &mut counted.recipient,
            Some(Exclusion::Kind) => &mut counted.kind,
        } += 1;
    }
    assert_eq!(funnel, counted);
    assert!(funnel.adds_up());
    assert_eq!(
        funnel.steps().last().map(|(_, left)| left),
        Some(funnel.admitted)
    );
    let what_if = snapshot.what_if(question, &uploaded);
    for subject in uploaded.iter() {
        let exclusion = oracle::exclusion(log, question, now, subject);
        let wanting = subject < question.population
            && exclusion.is_some_and(Exclusion::is_for_want_of_consent);
        let declined = oracle::declined(log, question, now, subject);
        assert_eq!(what_if.admitted.contains(subject), exclusion.is_none());
        assert_eq!(what_if.to_ask.contains(subject), wanting && !declined);
        assert_eq!(what_if.declined.contains(subject), wanting && declined);
        assert_eq!(
            what_if.barred.contains(subject),
            exclusion.is_some() && !wanting
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_index_admits_exactly_whom_the_oracle_admits(
        log in log(),
        cut in 0_usize..40,
        first in question(),
        second in question(),
        moments in (0_i64..13, 0_i64..13),
    ) {
        let _mark = clause::check!(U4);
        let cut = cut.min(log.len());
        let mut index = index(&log[..cut]);
        // The same questions before and after, and at moments that go back, so that every cache is crossed.
        differences(&log[..cut], &index, &first, at(moments.0));
        let before = index.snapshot(at(moments.1));
        for (seq, event) in (cut as u64 + 1..).zip(&log[cut..]) {
            index.apply(seq, event).unwrap();
        }
        for question in [&first, &second] {
            for moment in [moments.0, moments.1] {
                differences(&log, &index, question, at(moment));
            }
        }
        // A snapshot does not move when the log goes on.
        for subject in SUBJECTS {
            let expected = oracle::exclusion(&log[..cut], &first, at(moments.1), subject);
            prop_assert_eq!(before.allowed(&first).contains(subject), expected.is_none());
        }
        prop_assert_eq!(before.version(), cut as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    /// Each number's own story keeps its order; how the stories lie among each other, and when who is who becomes known,
    /// decides nothing.
    #[test]
    fn whom_a_log_admits_does_not_depend_on_where_its_joins_stand(
        log in log(),
        question in question(),
        now in 0_i64..13,
        seed: u64,
    ) {
        let (joins, mut left): (Log, Log) = log
            .iter()
            .cloned()
            .partition(|event| matches!(event, SubjectEvent::Joined { .. }));
        let entropy = SeededEntropy::new(seed);
        let draw = |len: usize| usize::try_from(entropy.next_u64() % len as u64).unwrap();
        let mut moved = Log::new();
        while !left.is_empty() {
            let whose = left[draw(left.len())].subject();
            let next = left.iter().position(|event| event.subject() == whose).unwrap();
            moved.push(left.remove(next));
        }
        for join in joins {
            moved.insert(draw(moved.len() + 1), join);
        }
        let (one, other) = (index(&log).snapshot(at(now)), index(&moved).snapshot(at(now)));
        prop_assert_eq!(one.allowed(&question), other.allowed(&question));
        for subject in SUBJECTS.map(SubjectId::new) {
            prop_assert_eq!(one.exclusion(&question, subject), other.exclusion(&question, subject));
            prop_assert_eq!(one.bar(subject), other.bar(subject));
        }
        prop_assert_eq!(one.root(), other.root());
    }

    #[test]
    fn the_funnel_counts_what_the_oracle_counts(log in log(), question in question(), now in 0_i64..13) {
        funnel_and_what_if(&log, &index(&log), &question, at(now));
    }

    /// What is counted as "to ask" is what a yes of all of them adds, and the groups are everybody.
    #[test]
    fn whoever_can_be_asked_is_admitted_once_they_agree(log in log(), question in question(), now in 0_i64..13) {
        let question = question.on_basis(LegalBasis::Consent);
        let everybody: SubjectSet = SUBJECTS.into_iter().chain([2, 65_535]).collect();
        let mut index = index(&log);
        let before = index.snapshot(at(now));
        let found = before.what_if(&question, &everybody);
        let groups = [&found.admitted, &found.to_ask, &found.declined, &found.barred];
        prop_assert_eq!(groups.iter().map(|it| it.len()).sum::<u64>(), everybody.len());
        // Whoever is known under several numbers agrees under all of them.
        let asked = before.with_joined(&Arc::new(found.to_ask.clone()));
        for (seq, subject) in (log.len() as u64 + 1..).zip(asked.iter()) {
            let yes = ConsentRecord {
                purpose: question.purpose.clone(),
                operation: question.operation,
                recipient: question.recipient,
                kind: question.kind_required(),
                from: at(now),
                recorded: at(13),
                ..given(subject)
            };
            index.apply(seq, &SubjectEvent::Consent(yes)).unwrap();
        }
        let after = index.snapshot(at(now)).allowed(&question).and(&everybody);
        let expected: SubjectSet = found.admitted.iter().chain(found.to_ask.iter()).collect();
        prop_assert_eq!(after.iter().collect::<Vec<_>>(), expected.iter().collect::<Vec<_>>());
    }

    #[test]
    fn nothing_changes_before_the_moment_the_snapshot_names(log in log(), question in question(), now in 0_i64..13) {
        let index = index(&log);
        let snapshot = index.snapshot(at(now));
        let mut fixed = question;
        // The declared default has its own period, which the index does not know.
        fixed.scope = None;
        let until = snapshot.next_change().map_or(14, Timestamp::as_micros);
        prop_assert!(until > now);
        for later in now..until.min(14) {
            prop_assert_eq!(index.snapshot(at(later)).allowed(&fixed), snapshot.allowed(&fixed));
            prop_assert!(snapshot.holds_at(at(later)));
        }
        prop_assert!(!snapshot.holds_at(at(now - 1)));
        prop_assert!(snapshot.next_change().is_none_or(|change| !snapshot.holds_at(change)));
        prop_assert_eq!(snapshot.enterprise(), enterprise());
    }
}
