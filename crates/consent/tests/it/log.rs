//! How the index takes the log.

use yuntu_consent::{ConsentError, ConsentIndex, ConsentRecord, SubjectEvent};
use yuntu_terms::{ConsentStatus, ErrorKind, SubjectId};

use crate::build::{at, covering, enterprise, given, id, index, question};

fn withdrawn(subject: u32) -> SubjectEvent {
    SubjectEvent::Consent(ConsentRecord {
        status: ConsentStatus::Withdrawn,
        ..given(subject)
    })
}

#[test]
fn an_event_that_is_not_newer_is_refused_and_changes_nothing() {
    let mut index = ConsentIndex::new(enterprise());
    index.apply(7, &SubjectEvent::Consent(given(1))).unwrap();
    let before = index.snapshot(at(1));
    for seq in [0, 6, 7] {
        let error = index.apply(seq, &withdrawn(1)).unwrap_err();
        assert_eq!(error, ConsentError::NotNewer { seq, version: 7 });
        assert_eq!(error.kind(), ErrorKind::Conflict);
    }
    let after = index.snapshot(at(1));
    assert_eq!((after.version(), after.root()), (7, before.root()));
    assert!(after.allowed(&question(2)).contains(1));
}

#[test]
fn a_number_that_was_erased_never_comes_back() {
    let subject = SubjectId::new(1);
    let recorded = at(0);
    let erased = SubjectEvent::Erased { subject, recorded };
    let again = SubjectEvent::Consent(given(1));
    let log = [
        SubjectEvent::Consent(given(1)),
        erased,
        again,
        SubjectEvent::Unrestricted { subject, recorded },
    ];
    let question = question(10);
    let with_default = question.clone().with_scope(Some(covering(&question)));
    let snapshot = index(&log).snapshot(at(5));
    assert!(!snapshot.allowed(&question).contains(1));
    assert!(!snapshot.allowed(&with_default).contains(1));
    assert!(snapshot.allowed(&with_default).contains(2));
}

#[test]
fn the_default_reaches_subjects_the_log_never_named_but_none_beyond_the_population() {
    let question = question(200_000);
    let with_default = question.clone().with_scope(Some(covering(&question)));
    let snapshot = index(&[withdrawn(70_000)]).snapshot(at(5));
    let allowed = snapshot.allowed(&with_default);
    assert_eq!(allowed.len(), 199_999);
    assert!(!allowed.contains(70_000) && allowed.contains(199_999) && !allowed.contains(200_000));
    assert!(snapshot.allowed(&question).is_empty());
}

#[test]
fn more_keys_than_can_be_numbered_are_refused_and_lose_nothing() {
    let mut index = ConsentIndex::new(enterprise());
    let record = |seed: u64| {
        SubjectEvent::Consent(ConsentRecord {
            recipient: yuntu_terms::Recipient::Partner(id(seed)),
            ..given(u32::try_from(seed).unwrap())
        })
    };
    for seed in 1..=65_536_u64 {
        index.apply(seed, &record(seed)).unwrap();
    }
    let root = index.snapshot(at(1)).root();
    let error = index.apply(65_537, &record(65_537)).unwrap_err();
    assert_eq!(error, ConsentError::TooManyKeys);
    assert_eq!(index.version(), 65_536);
    assert_eq!(index.snapshot(at(1)).root(), root);
    index.apply(65_537, &record(9)).unwrap();
}
