//! Counts over time against a recount of one person after the other.

use proptest::prelude::*;
use yuntu_consent::{Question, Standings, SubjectEvent, SubjectSet, Tally};
use yuntu_terms::{ConsentStatus, LegalBasis, Operation, Recipient, Timestamp, clause};

use crate::build::{at, index};
use crate::oracle;
use crate::property::{log, question};

/// What the log told at a moment, without what bars a person for other reasons than her own word.
fn known(log: &[SubjectEvent], moment: Timestamp) -> Vec<SubjectEvent> {
    let consents = log.iter().filter(
        |event| matches!(event, SubjectEvent::Consent(record) if record.recorded <= moment),
    );
    consents.cloned().collect()
}

fn recount(
    log: &[SubjectEvent],
    question: &Question,
    moment: Timestamp,
    people: &SubjectSet,
) -> Standings {
    let known = known(log, moment);
    let mut counts = Standings::default();
    for subject in people.iter() {
        let erased = log.iter().any(|event| {
            matches!(event, SubjectEvent::Erased { subject: who, recorded }
                if who.get() == subject && *recorded <= moment)
        });
        if erased {
            continue;
        }
        if oracle::exclusion(&known, question, moment, subject).is_none() {
            counts.given += 1;
            continue;
        }
        let mut last = None;
        let mut over = false;
        for event in &known {
            let SubjectEvent::Consent(record) = event else {
                continue;
            };
            if record.subject.get() != subject
                || !record.purpose.covers(&question.purpose)
                || record.from > moment
            {
                continue;
            }
            let same =
                (record.operation, record.recipient) == (question.operation, question.recipient);
            let all =
                (record.operation, record.recipient) == (Operation::Process, Recipient::Enterprise);
            match record.status {
                ConsentStatus::Given | ConsentStatus::Renewed => {
                    let strong = record.kind >= question.kind_required();
                    over |= same && strong && record.until.is_some_and(|until| until <= moment);
                }
                ConsentStatus::Unknown | ConsentStatus::Requested | ConsentStatus::Deferred => {}
                ConsentStatus::Refused
                | ConsentStatus::Expired
                | ConsentStatus::Withdrawn
                | ConsentStatus::Revoked
                | ConsentStatus::Invalidated => {
                    if same || all {
                        last = Some(record.status);
                    }
                }
            }
        }
        match last {
            Some(ConsentStatus::Refused) => counts.refused += 1,
            Some(ConsentStatus::Expired) => counts.expired += 1,
            Some(_) => counts.withdrawn += 1,
            None if over => counts.expired += 1,
            None => counts.unknown += 1,
        }
    }
    counts
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
