//! Counts over time against a recount of one person after the other.

use proptest::prelude::*;
use yuntu_consent::{Question, Standings, SubjectEvent, SubjectSet, Tally};
use yuntu_terms::{ConsentStatus, LegalBasis, Operation, Recipient, Timestamp, clause};

use crate::build::{at, index};
use crate::oracle;
use crate::property::{log, question};

/// What the log told at a moment, without what bars a person for other reasons than her own word.
fn known(log: &[SubjectEvent], moment: Timestamp) -> Vec<SubjectEvent> {
    let known = log.iter().filter(|event| match event {
        SubjectEvent::Consent(record) => record.recorded <= moment,
        SubjectEvent::Joined { recorded, .. } => *recorded <= moment,
        SubjectEvent::Restricted { .. }
        | SubjectEvent::Unrestricted { .. }
        | SubjectEvent::Erased { .. }
        | SubjectEvent::Minor { .. }
        | SubjectEvent::Guardian { .. } => false,
    });
    known.cloned().collect()
}

fn recount(
    log: &[SubjectEvent],
    question: &Question,
    moment: Timestamp,
    people: &SubjectSet,
) -> Standings {
    let groups = oracle::groups(&known(log, moment));
    let mut counts = Standings::default();
    for subject in people.iter() {
        // The strictest of what the numbers say that say anything.
        let mut strictest = None;
        let mut erased = false;
        for number in oracle::numbers_of(&groups, subject) {
            let about = log.iter().filter(|event| event.subject().get() == number);
            let about: Vec<SubjectEvent> = about.cloned().collect();
            erased |= about.iter().any(|event| {
                matches!(event, SubjectEvent::Erased { recorded, .. } if *recorded <= moment)
            });
            let Some(rank) = rank(&known(&about, moment), question, moment, number) else {
                continue;
            };
            strictest = Some(strictest.map_or(rank, |other: u8| other.min(rank)));
        }
        if erased {
            continue;
        }
        *match strictest {
            Some(0) => &mut counts.withdrawn,
            Some(1) => &mut counts.refused,
            Some(2) => &mut counts.expired,
            Some(4) => &mut counts.given,
            _ => &mut counts.unknown,
        } += 1;
    }
    counts
}

/// How strict the records of one number are: withdrawn, refused, expired, nothing that counts, given; nothing at all where
/// none bears on the purpose.
fn rank(about: &[SubjectEvent], question: &Question, moment: Timestamp, number: u32) -> Option<u8> {
    let mut bears = false;
    let mut last = None;
    let mut over = false;
    for event in about {
        let SubjectEvent::Consent(record) = event else {
            continue;
        };
        if !record.purpose.covers(&question.purpose) {
            continue;
        }
        let same = (record.operation, record.recipient) == (question.operation, question.recipient);
        let all =
            (record.operation, record.recipient) == (Operation::Process, Recipient::Enterprise);
        match record.status {
            ConsentStatus::Given | ConsentStatus::Renewed => {
                bears = true;
                let strong = record.kind >= question.kind_required();
                let begun = record.from <= moment;
                over |=
                    begun && same && strong && record.until.is_some_and(|until| until <= moment);
            }
            ConsentStatus::Unknown | ConsentStatus::Requested | ConsentStatus::Deferred => {}
            ConsentStatus::Refused
            | ConsentStatus::Expired
            | ConsentStatus::Withdrawn
            | ConsentStatus::Revoked
            | ConsentStatus::Invalidated => {
                bears = true;
                if (same || all) && record.from <= moment {
                    last = Some(record.status);
                }
            }
        }
    }
    if !bears {
        return None;
    }
    if oracle::exclusion(about, question, moment, number).is_none() {
        return Some(4);
    }
    Some(match last {
        Some(ConsentStatus::Refused) => 1,
        Some(ConsentStatus::Expired) => 2,
        Some(_) => 0,
        None if over => 2,
        None => 3,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn counts_over_time_are_those_of_a_recount(
        log in log(),
        question in question(),
        moments in prop::collection::vec(0_i64..14, 1..4),
        people in prop::collection::btree_set(0_u32..400, 0..8),
    ) {
        let _mark = clause::check!(U4);
        let question = Question {
            basis: LegalBasis::Consent,
            scope: None,
            population: 100_000,
            ..question
        };
        let people: SubjectSet = people.into_iter().chain([0, 1, 63, 64, 300, 65_536]).collect();
        let moments: Vec<Timestamp> = moments.into_iter().map(at).collect();
        let mut tally = Tally::new(question.clone());
        for event in &log {
            tally.add(event);
        }
        let counted = tally.count(&people, &moments);
        for (counts, moment) in counted.iter().zip(&moments) {
            prop_assert_eq!(*counts, recount(&log, &question, *moment, &people));
        }
    }

    /// What the browser calls given is what a run admits, when nothing bars anybody and everything is known.
    #[test]
    fn given_is_what_a_run_admits(log in log(), question in question()) {
        let question = Question {
            basis: LegalBasis::Consent,
            scope: None,
            population: 65_537,
            ..question
        };
        let consents = known(&log, at(12));
        let mut tally = Tally::new(question.clone());
        for event in &consents {
            tally.add(event);
        }
        let everybody = SubjectSet::from_range(0..question.population);
        let counted = tally.count(&everybody, &[at(12)]);
        let admitted = index(&consents).snapshot(at(12)).allowed(&question).len();
        prop_assert_eq!(counted[0].given, admitted);
        prop_assert_eq!(counted[0].people(), everybody.len());
    }
}
