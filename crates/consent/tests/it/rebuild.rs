//! The log is the truth: whoever applies it gets the same index.

use std::collections::BTreeSet;

use proptest::prelude::*;
use yuntu_consent::{ConsentIndex, ConsentRecord, SubjectEvent};
use yuntu_terms::{ConsentKind, ConsentStatus, Operation, SubjectId};

use crate::build::{Log, at, enterprise, given, id, index, purpose, question};
use crate::property;

fn root(log: &[SubjectEvent]) -> yuntu_terms::Digest {
    index(log).snapshot(at(0)).root()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn rebuilding_from_the_log_gives_the_same_root(log in property::log(), question in property::question(), gaps in 1_u64..9) {
        let mut lived = ConsentIndex::new(enterprise());
        let mut seq = 0;
        for event in &log {
            seq += gaps;
            lived.apply(seq, event).unwrap();
            // Snapshots that were taken and used on the way leave no trace.
            let snapshot = lived.snapshot(at(5));
            prop_assert!(snapshot.allowed(&question).len() <= u64::from(question.population));
            prop_assert_eq!(snapshot.root(), lived.snapshot(at(6)).root());
        }
        prop_assert_eq!(lived.snapshot(at(0)).root(), root(&log));
        prop_assert_eq!(lived.snapshot(at(9)).root(), root(&log));
    }

    #[test]
    fn the_order_among_different_people_decides_nothing(log in property::log()) {
        let mut sorted = log.clone();
        sorted.sort_by_key(SubjectEvent::subject);
        prop_assert_eq!(root(&sorted), root(&log));
        let reversed: Log = {
            let subjects: BTreeSet<SubjectId> = log.iter().map(SubjectEvent::subject).collect();
            subjects
                .into_iter()
                .rev()
                .flat_map(|subject| log.iter().filter(move |event| event.subject() == subject).cloned())
                .collect()
        };
        prop_assert_eq!(root(&reversed), root(&log));
    }

    #[test]
    fn the_order_among_permitting_records_decides_nothing(log in property::log(), seed: u64) {
        let permitting = |event: &SubjectEvent| {
            matches!(event, SubjectEvent::Consent(record) if record.status.permits())
        };
        let log: Log = log.into_iter().filter(permitting).collect();
        let mut shuffled = log.clone();
        let len = shuffled.len();
        let entropy = yuntu_terms::SeededEntropy::new(seed);
        for place in (1..len).rev() {
            let other = usize::try_from(entropy.next_u64() % (place as u64 + 1)).unwrap();
            shuffled.swap(place, other);
        }
        prop_assert_eq!(root(&shuffled), root(&log));
    }

    #[test]
    fn what_changes_nothing_leaves_the_root(log in property::log()) {
        let neutral = [ConsentStatus::Unknown, ConsentStatus::Requested, ConsentStatus::Deferred];
        let deciding: Log = log
            .iter()
            .filter(|event| !matches!(event, SubjectEvent::Consent(record) if neutral.contains(&record.status)))
            .cloned()
            .collect();
        prop_assert_eq!(root(&deciding), root(&log));
    }
}

#[test]
fn whatever_decides_is_in_the_root() {
    let base = given(7);
    let record = SubjectEvent::Consent;
    let subject = SubjectId::new(7);
    let logs: Vec<Log> = vec![
        vec![],
        vec![record(base.clone())],
        vec![record(ConsentRecord {
            subject: SubjectId::new(8),
            ..base.clone()
        })],
        vec![record(ConsentRecord {
            purpose: purpose("p"),
            ..base.clone()
        })],
        vec![record(ConsentRecord {
            operation: Operation::Share,
            ..base.clone()
        })],
        vec![record(ConsentRecord {
            recipient: crate::build::partner(1),
            ..base.clone()
        })],
        vec![record(ConsentRecord {
            kind: ConsentKind::Explicit,
            ..base.clone()
        })],
        vec![record(ConsentRecord {
            from: at(1),
            ..base.clone()
        })],
        vec![record(ConsentRecord {
            until: Some(at(9)),
            ..base.clone()
        })],
        vec![record(ConsentRecord {
            status: ConsentStatus::Refused,
            ..base.clone()
        })],
        vec![SubjectEvent::Restricted {
            subject,
            recorded: at(0),
        }],
        vec![SubjectEvent::Erased {
            subject,
            recorded: at(0),
        }],
        vec![SubjectEvent::Minor {
            subject,
            until: at(3),
            recorded: at(0),
        }],
    ];
    let roots: BTreeSet<_> = logs.iter().map(|log| root(log)).collect();
    assert_eq!(roots.len(), logs.len());
    let elsewhere = ConsentIndex::new(id(77)).snapshot(at(0)).root();
    assert!(!roots.contains(&elsewhere));
}

#[test]
fn a_million_subjects_with_one_history_share_it() {
    let mut index = ConsentIndex::new(enterprise());
    let mut seq = 0;
    for subject in 0..1_000_000 {
        for kind in [ConsentKind::Expressed, ConsentKind::Separate] {
            seq += 1;
            let record = ConsentRecord {
                kind,
                ..given(subject)
            };
            index.apply(seq, &SubjectEvent::Consent(record)).unwrap();
        }
    }
    let snapshot = index.snapshot(at(1));
    assert_eq!(snapshot.allowed(&question(1_000_000)).len(), 1_000_000);
    // One withdrawal copies one shard and moves one subject.
    let no = ConsentRecord {
        status: ConsentStatus::Withdrawn,
        ..given(123_456)
    };
    index.apply(seq + 1, &SubjectEvent::Consent(no)).unwrap();
    let after = index.snapshot(at(1));
    let gone = snapshot
        .allowed(&question(1_000_000))
        .and_not(&after.allowed(&question(1_000_000)));
    assert_eq!(gone.iter().collect::<Vec<_>>(), [123_456]);
    assert_ne!(after.root(), snapshot.root());
}
